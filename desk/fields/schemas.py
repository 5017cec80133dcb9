"""What programs get about fields and dictionaries."""

from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.fields.models import Held, Kind
from desk.fields.tables import ColumnKind, Fills

KINDS = [str(kind) for kind in Kind]
HELD = [str(held) for held in Held]


def _texts(**more: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "{zh, en}"}, **more
    )


class ColumnSchema(ma.Schema):
    """A column of a table."""

    key = fields.String(required=True, validate=Length(max=63))
    title = _texts(required=True)
    kind = fields.String(load_default="line", validate=OneOf([str(kind) for kind in ColumnKind]))
    dictionary = fields.String(load_default="", metadata={"description": "Its key, of a drop-down"})
    expression = fields.String(
        load_default="", metadata={"description": "FEEL over the row, of a computed one"}
    )
    required = fields.Boolean(load_default=False)
    total = fields.Boolean(load_default=False)
    fills = fields.String(
        load_default="",
        validate=OneOf([str(fills) for fills in Fills]),
        metadata={"description": "What of an item of the catalogue it takes over"},
    )


class FieldChange(ma.Schema):
    """What is set of a field. It is withdrawn with `active: false`."""

    label = _texts(required=True)
    help = _texts(load_default=dict)
    group_id = fields.Integer(load_default=None, allow_none=True)
    dictionary = fields.String(
        load_default=None,
        allow_none=True,
        attribute="dictionary.key",
        metadata={"description": "The key of the dictionary that it takes its values from"},
    )
    expression = fields.String(load_default="", metadata={"description": "FEEL, of a computed one"})
    pattern = fields.String(load_default="", validate=Length(max=256))
    columns = fields.List(
        fields.Nested(ColumnSchema),
        load_default=list,
        metadata={"description": "Of a table: a value is a list of objects by the keys of its columns"},
    )
    catalogue_id = fields.Integer(load_default=None, allow_none=True)
    required = fields.Boolean(load_default=False)
    held = fields.String(
        load_default="nobody",
        validate=OneOf(HELD),
        metadata={"description": "For whom it is read-only"},
    )
    held_ids = fields.List(fields.Integer(), load_default=list)
    in_list = fields.Boolean(load_default=False)
    searchable = fields.Boolean(load_default=False)
    types = fields.List(
        fields.String(), load_default=list, metadata={"description": "Ticket types; empty: all"}
    )
    active = fields.Boolean(load_default=True)


class FieldSchema(FieldChange):
    """A field of tickets."""

    key = fields.String(load_default="", validate=Length(max=63))
    kind = fields.String(required=True, validate=OneOf(KINDS))


class FieldList(ma.Schema):
    """All fields in their order, withdrawn ones too."""

    items = fields.List(fields.Nested(FieldSchema))


class EntrySchema(ma.Schema):
    """A value of a dictionary."""

    key = fields.String()
    parent = fields.String(
        allow_none=True, metadata={"description": "The key of the value above it"}
    )
    title = _texts()
    note = fields.String()
    active = fields.Boolean()


class DictionarySchema(ma.Schema):
    """Values to choose from."""

    key = fields.String()
    title = _texts()
    note = fields.String()
    entries = fields.List(fields.Nested(EntrySchema))


class DictionaryList(ma.Schema):
    """All dictionaries with their values."""

    items = fields.List(fields.Nested(DictionarySchema))
