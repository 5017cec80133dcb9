"""What programs send to ask for an export."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Regexp

from desk.exports.wanted import FORMATS, SOURCES


class ExportRequest(ma.Schema):
    """What is wanted; times with their zone, `until` not included."""

    format = fields.String(load_default="jsonl", validate=OneOf(list(FORMATS)))
    source = fields.String(load_default="history", validate=OneOf(list(SOURCES)))
    since = fields.AwareDateTime(load_default=None, allow_none=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)
    processes = fields.List(fields.String(validate=Length(1, 255)), load_default=list)
    person = fields.String(
        load_default=None, allow_none=True, validate=Regexp(r"^(user|contact):\d+$|^system$")
    )
    ticket = fields.String(load_default=None, allow_none=True, validate=Length(1, 32))
    locale = fields.String(load_default="en", validate=OneOf(["en", "zh_CN"]))
    anew = fields.Boolean(
        load_default=False,
        metadata={"description": "Make a new file though the same was asked for"},
    )
