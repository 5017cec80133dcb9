"""What programs send and get about differences."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import OneOf

from designer_api.files.schemas import words


class DiffQuery(ma.Schema):
    """Two states of a file: a revision's number, `draft`, `deployed` or `latest` (the newest revision)."""

    file = fields.Integer(required=True)
    left = fields.String(required=True)
    right = fields.String(required=True)


class DiffIn(ma.Schema):
    """Two contents that need not be stored."""

    path = fields.String(required=True)
    left = fields.String(required=True)
    right = fields.String(required=True)


class DiffChangeSchema(ma.Schema):
    """One difference. `property` is empty for what was added, removed or moved."""

    kind = fields.String(validate=OneOf(["added", "removed", "moved", "changed"]))
    element = fields.String()
    type = fields.String(metadata={"description": "userTask, sequenceFlow, rule, field …"})
    name = words()
    property = fields.String(allow_none=True)
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)
    words = words()


class DiffCellSchema(ma.Schema):
    """A cell of a decision table. `row` is the rule's id (null: the head), `column` the id of the input or output."""

    decision = fields.String()
    row = fields.String(allow_none=True)
    row_number = fields.Integer(allow_none=True)
    column = fields.String(allow_none=True)
    kind = fields.String(validate=OneOf(["added", "removed", "changed", "moved"]))
    old = fields.String(allow_none=True)
    new = fields.String(allow_none=True)


class DiffSchema(ma.Schema):
    """All differences, one by one, and in words."""

    changes = fields.List(fields.Nested(DiffChangeSchema))
    words = fields.List(words())
    cells = fields.List(fields.Nested(DiffCellSchema))
    left = fields.String(metadata={"description": "The content on the left"})
    right = fields.String()
