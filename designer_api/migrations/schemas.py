"""What programs send and get about moving running instances to another version."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, Range

from designer_api.files.schemas import words


class MigrationDraftIn(ma.Schema):
    """From which version of a process to which."""

    source = fields.UUID(required=True)
    target = fields.UUID(required=True)


class MigrationElementSchema(ma.Schema):
    """An element of a version."""

    id = fields.String()
    type = fields.String()
    names = words()
    tokens = fields.Integer(metadata={"description": "Tokens of active instances that stand there"})


class MigrationDraft(ma.Schema):
    """A proposed map, with what it could not place, and the elements of both versions."""

    mapping = fields.Dict(keys=fields.String(), values=fields.String())
    unmapped = fields.List(fields.String())
    source_elements = fields.List(fields.Nested(MigrationElementSchema))
    target_elements = fields.List(fields.Nested(MigrationElementSchema))
    instances = fields.Integer()


class MigrationCheckIn(MigrationDraftIn):
    """A map to try on instances without moving them; all of the source version's when none are named."""

    mapping = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    instances = fields.List(fields.UUID(), load_default=None, allow_none=True)
    limit = fields.Integer(load_default=500, validate=Range(1, 2000))


class StayReasonSchema(ma.Schema):
    """Why an instance would stay."""

    element = fields.String()
    words = words()


class CheckedSchema(ma.Schema):
    """One instance; it can move when there are no reasons against it."""

    instance = fields.UUID()
    ticket_number = fields.String(allow_none=True)
    business_key = fields.String(allow_none=True)
    reasons = fields.List(fields.Nested(StayReasonSchema))


class MigrationCheck(ma.Schema):
    """The dry run. `items` are those that would stay; `unchecked` were past the limit."""

    total = fields.Integer()
    movable = fields.Integer()
    unchecked = fields.Integer()
    items = fields.List(fields.Nested(CheckedSchema))


class MigrationIn(MigrationCheckIn):
    """Move them."""

    reason = fields.String(required=True, validate=Length(1, 2000))


class RevertIn(ma.Schema):
    """Why it goes back."""

    reason = fields.String(required=True, validate=Length(1, 2000))


class MigrationBatchSchema(ma.Schema):
    """How far a migration is. `failures` are those that stayed."""

    id = fields.UUID()
    kind = fields.String()
    status = fields.String()
    total = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    todo = fields.Integer()
    failures = fields.List(fields.Nested(CheckedSchema))
