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


class DiffOldNewSchema(ma.Schema):
    """A text on both sides; null where that side has none."""

    old = fields.String(allow_none=True)
    new = fields.String(allow_none=True)


class DiffColumnSchema(ma.Schema):
    """The heading of a column on both sides; null where that side has none."""

    old = words(allow_none=True)
    new = words(allow_none=True)
    kind = fields.String(validate=OneOf(["input", "output", "annotation"]))


class DiffRuleSchema(ma.Schema):
    """A rule of either side; its numbers are null where that side has none."""

    old_number = fields.Integer(allow_none=True)
    new_number = fields.Integer(allow_none=True)
    moved = fields.Boolean()
    cells = fields.List(fields.Nested(DiffOldNewSchema))


class DiffTableSchema(ma.Schema):
    """A decision table of both sides in one: all columns, all rules, each cell as it was and as it is."""

    decision = fields.String()
    name = words()
    hit_policy = fields.Nested(DiffOldNewSchema)
    columns = fields.List(fields.Nested(DiffColumnSchema))
    rules = fields.List(fields.Nested(DiffRuleSchema))


class DiffFieldSchema(ma.Schema):
    """A form's field as it was and as it is (as form-js writes it, without what is in it); null where a side has none.

    `level` is how deep it is nested; `changed` names the properties that differ.
    """

    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)
    level = fields.Integer()
    moved = fields.Boolean()
    changed = fields.List(fields.String())


class DiffSchema(ma.Schema):
    """All differences, one by one, and in words."""

    changes = fields.List(fields.Nested(DiffChangeSchema))
    words = fields.List(words())
    cells = fields.List(fields.Nested(DiffCellSchema))
    tables = fields.List(
        fields.Nested(DiffTableSchema),
        metadata={
            "description": "Of decisions: each table with a difference, as a picture of both"
        },
    )
    form_fields = fields.List(
        fields.Nested(DiffFieldSchema),
        metadata={"description": "Of a form: all fields of both sides, in order"},
    )
    left = fields.String(metadata={"description": "The content on the left"})
    right = fields.String()
