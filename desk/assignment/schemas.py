"""What programs send and get about taking tickets."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, Range

_LEVELS = fields.Dict(
    keys=fields.String(),
    values=fields.Integer(validate=Range(0, 9)),
    metadata={"description": "Name of a skill → level, 0 lowest to 9 highest"},
)


class WorkChange(ma.Schema):
    """How somebody takes tickets; what is left out stays."""

    capacity = fields.Integer(
        allow_none=True, metadata={"description": "Open tickets at once; null: no limit"}
    )
    share = fields.Integer(metadata={"description": "Weight when tickets go by percentage, 0–100"})
    on_rota = fields.Boolean(metadata={"description": "Gets tickets during planned shifts only"})
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    skills = _LEVELS


class AgentSchema(ma.Schema):
    """Somebody who works on tickets. `on_duty`: tickets are given to them now."""

    id = fields.Integer()
    name = fields.String()
    state = fields.String()
    on_duty = fields.Boolean()
    open_tickets = fields.Integer()
    capacity = fields.Integer(allow_none=True)
    share = fields.Integer()
    on_rota = fields.Boolean()
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    last_assigned_at = fields.AwareDateTime(allow_none=True)
    skills = _LEVELS


class AgentList(ma.Schema):
    """Everybody who works on tickets, by name."""

    items = fields.List(fields.Nested(AgentSchema))


class AbsenceSchema(ma.Schema):
    """Somebody is away from start to end (outside)."""

    id = fields.Integer(dump_only=True)
    user_id = fields.Integer(dump_only=True)
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    reason = fields.String(load_default="", validate=Length(max=200))


class AbsenceList(ma.Schema):
    """Absences, the next first."""

    items = fields.List(fields.Nested(AbsenceSchema))


class RotaQuery(ma.Schema):
    """From day to day, both inside."""

    first = fields.Date(required=True)
    last = fields.Date(required=True)


class RotaRequest(ma.Schema):
    """Somebody works a shift that begins on a day; `shift` is its name."""

    user_id = fields.Integer(required=True)
    day = fields.Date(required=True)
    shift = fields.String(required=True)


class TimesSchema(ma.Schema):
    """From when to when."""

    start = fields.AwareDateTime()
    end = fields.AwareDateTime()


class RotaSchema(RotaRequest):
    """A line of the rota, with its times."""

    id = fields.Integer()
    times = fields.List(fields.Nested(TimesSchema))


class RotaList(ma.Schema):
    """Lines of the rota, by day."""

    items = fields.List(fields.Nested(RotaSchema))
