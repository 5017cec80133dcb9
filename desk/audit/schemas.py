"""The log as programs see it."""

import marshmallow as ma
from marshmallow import fields

from desk.web.api import PageQuery, page_schema


class AuditEntrySchema(ma.Schema):
    """One entry of the audit log."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.Dict(keys=fields.String())
    address = fields.String(allow_none=True)
    action = fields.String()
    subject = fields.String()
    ticket_id = fields.Integer(allow_none=True)
    old = fields.Dict(keys=fields.String())
    new = fields.Dict(keys=fields.String())
    reason = fields.String(allow_none=True)
    words = fields.String(metadata={"description": "The entry in words, in English"})


class AuditQuery(PageQuery):
    """Filters of the log."""

    person = fields.String(metadata={"description": "`user:7` or `system`"})
    action = fields.String()
    subject = fields.String(
        metadata={"description": "`user:7`, `team:3`, `process:ticket-basic` …"}
    )
    ticket_id = fields.Integer()
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()


AuditPage = page_schema(AuditEntrySchema)
