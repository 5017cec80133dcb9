"""What programs send to ask for an export."""

from datetime import UTC, datetime

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from desk.exports.wanted import FORMATS, SOURCES

# Further out, the same instant in another zone is no date any more.
TIMES = Range(datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC))


class ExportRequest(ma.Schema):
    """What is wanted; times with their zone, `until` not included."""

    format = fields.String(load_default="jsonl", validate=OneOf(list(FORMATS)))
    source = fields.String(load_default="history", validate=OneOf(list(SOURCES)))
    since = fields.AwareDateTime(load_default=None, allow_none=True, validate=TIMES)
    until = fields.AwareDateTime(load_default=None, allow_none=True, validate=TIMES)
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
