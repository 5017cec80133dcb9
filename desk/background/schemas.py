"""Background work as programs see it."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

STATUSES = ["waiting", "running", "done", "failed", "cancelled"]


class BackgroundJobSchema(Schema):
    """One piece of work. `file` is the address of the result once `status` is `done`, if it has one."""

    id = fields.UUID()
    kind = fields.String()
    name = fields.Dict(keys=fields.String(), values=fields.String())
    status = fields.String(validate=OneOf(STATUSES))
    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    result = fields.Dict(keys=fields.String())
    error = fields.String(allow_none=True)
    file_name = fields.String(allow_none=True)
    file_size = fields.Integer(allow_none=True)
    file = fields.Function(
        lambda job: f"/api/v1/background/{job.id}/file" if job.file_key else None,
        metadata={"type": ["string", "null"]},
    )
    created_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
