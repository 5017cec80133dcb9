"""Imports as programs see them."""


import marshmallow as ma
from flask_smorest.fields import Upload
from marshmallow import fields

from desk.background.schemas import BackgroundJobSchema


class ImportFile(ma.Schema):
    """The workbook, as a part of multipart/form-data."""

    file = Upload(required=True)


class ImportForm(ma.Schema):
    """How it is read. `mapping` is JSON: by a column's letter or heading the key of a field; guessed without it."""

    class Meta:
        unknown = ma.EXCLUDE

    mapping = fields.String(load_default="", metadata={"description": '{"A": "title", "电话": "phone"}'})
    header = fields.Boolean(load_default=True)
    type = fields.String(load_default="basic")
    skip_known = fields.Boolean(load_default=True)


class Refusal(ma.Schema):
    """A row of which no ticket can be made, and why."""

    row = fields.Integer()
    column = fields.String(allow_none=True, metadata={"description": "A, B, …; null: the row as a whole"})
    reason = fields.String()


class ImportSchema(ma.Schema):
    """An import that was started; `refused` are the rows that are known to fail, at most 100."""

    id = fields.Integer()
    rows = fields.Integer()
    mapping = fields.Dict(keys=fields.String(), values=fields.String())
    refused = fields.List(fields.Nested(Refusal))
    job = fields.Nested(BackgroundJobSchema)


