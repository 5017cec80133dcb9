"""What programs send and get about working calendars."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.calendars.public import COUNTRIES
from desk.web.api import PageQuery, page_schema

_HOURS = {
    "description": "09:00-12:00,13:00-18:00; empty: nobody works; 22:00-06:00 ends the day after"
}


class DaySchema(ma.Schema):
    """A day that is not as the week says."""

    id = fields.Integer(dump_only=True)
    day = fields.Date(required=True)
    hours = fields.String(load_default="", validate=Length(max=200), metadata=_HOURS)
    title = fields.String(load_default="", validate=Length(max=120))


class CalendarSchema(ma.Schema):
    """When people work."""

    id = fields.Integer()
    key = fields.String()
    title = fields.String()
    zone = fields.String()
    week = fields.List(
        fields.String(), metadata={"description": "Seven, Monday first. " + _HOURS["description"]}
    )
    public = fields.String(allow_none=True, validate=OneOf(list(COUNTRIES)))
    team_id = fields.Integer(allow_none=True)
    active = fields.Boolean()
    revision = fields.Integer()
    days = fields.List(fields.Nested(DaySchema))


class NewCalendar(ma.Schema):
    """A calendar to add."""

    key = fields.String(required=True, validate=Length(1, 64))
    title = fields.String(required=True, validate=Length(1, 120))
    zone = fields.String(required=True)
    week = fields.List(
        fields.String(validate=Length(max=200)), required=True, validate=Length(equal=7)
    )
    public = fields.String(load_default=None, allow_none=True)
    team_id = fields.Integer(load_default=None, allow_none=True)


class CalendarChange(ma.Schema):
    """What changes; what is left out stays."""

    title = fields.String(validate=Length(1, 120))
    zone = fields.String()
    week = fields.List(fields.String(validate=Length(max=200)), validate=Length(equal=7))
    public = fields.String(allow_none=True)
    team_id = fields.Integer(allow_none=True)
    active = fields.Boolean()


class DaysSchema(ma.Schema):
    """Days to enter, from first to last."""

    first = fields.Date(required=True)
    last = fields.Date(load_default=None, allow_none=True)
    hours = fields.String(load_default="", validate=Length(max=200), metadata=_HOURS)
    title = fields.String(load_default="", validate=Length(max=120))


class Question(ma.Schema):
    """From a moment so much working time, or up to another moment."""

    start = fields.AwareDateTime(required=True, default_timezone=None)
    seconds = fields.Integer(
        load_default=None, metadata={"description": "Working time to add, may be negative"}
    )
    end = fields.AwareDateTime(load_default=None)


class AnswerSchema(ma.Schema):
    """`due`: when the seconds are worked, null when never. `seconds`: what is worked between start and end."""

    due = fields.AwareDateTime(allow_none=True)
    seconds = fields.Integer(allow_none=True)


CalendarPage = page_schema(CalendarSchema)
CalendarQuery = PageQuery
