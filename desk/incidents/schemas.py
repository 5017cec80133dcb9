"""What programs send and get about incidents."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.web.api import PageQuery, page_schema


class IncidentSchema(ma.Schema):
    """What went wrong and waits for a person."""

    id = fields.UUID()
    kind = fields.String(metadata={"description": "job, timer, error, mail …: where it arose"})
    message = fields.String()
    cause = fields.String(metadata={"description": "The same for what can be mended together"})
    operator = fields.String(allow_none=True)
    element_id = fields.String(allow_none=True)
    instance_id = fields.UUID(allow_none=True)
    process = fields.String(attribute="key", allow_none=True)
    version = fields.Integer(allow_none=True)
    ticket_id = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime(allow_none=True)
    resolution = fields.String(
        allow_none=True, metadata={"description": "retried, resolved or overtaken"}
    )
    reason = fields.String(allow_none=True)


class IncidentDetail(IncidentSchema):
    """An incident with what its list leaves out."""

    tries = fields.Integer(allow_none=True)
    can_retry = fields.Boolean()
    detail = fields.String(metadata={"description": "The stack, for those who may resolve it"})


IncidentPage = page_schema(IncidentSchema)


class IncidentQuery(PageQuery):
    """Which incidents."""

    resolved = fields.Boolean(load_default=False)
    kind = fields.String(load_default=None)
    process = fields.String(load_default=None)
    element = fields.String(load_default=None)
    operator = fields.String(load_default=None)
    cause = fields.String(load_default=None)
    instance = fields.UUID(load_default=None)
    since = fields.AwareDateTime(load_default=None)
    q = fields.String(load_default=None, metadata={"description": "In message or ticket number"})


class IncidentAction(ma.Schema):
    """Try again, or resolve by hand."""

    action = fields.String(required=True, validate=OneOf(["retry", "resolve"]))
    reason = fields.String(required=True, validate=Length(min=1, max=2000))
    variables = fields.Dict(
        keys=fields.String(),
        load_default=None,
        metadata={"description": "Retry only: set before, as seen from where the token stands"},
    )


class ManyIncidents(ma.Schema):
    """Retry or resolve many: by id, or all open ones of a cause."""

    action = fields.String(required=True, validate=OneOf(["retry", "resolve"]))
    reason = fields.String(required=True, validate=Length(min=1, max=2000))
    ids = fields.List(fields.UUID(), load_default=None, validate=Length(min=1, max=10_000))
    cause = fields.String(load_default=None)


class BatchCreated(ma.Schema):
    """Where to look for the progress."""

    id = fields.UUID(metadata={"description": "GET /batches/{id}"})
