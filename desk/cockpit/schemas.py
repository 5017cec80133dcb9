"""What programs send and get about instances, their figures, and batches."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.cockpit.filters import STATUSES
from desk.web.api import PageQuery, page_schema
from engine.batch_acts import ACTS


def words() -> fields.Dict:
    """A field of words by language."""
    return fields.Dict(metadata={"description": 'Words by language: {"zh": …, "en": …}'})


class InstanceSchema(ma.Schema):
    """A process instance."""

    id = fields.UUID()
    key = fields.String()
    version = fields.Integer()
    status = fields.String(validate=OneOf(STATUSES))
    business_key = fields.String(allow_none=True)
    started_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


InstancePage = page_schema(InstanceSchema)


class StandingSchema(ma.Schema):
    """A token: `beside` are those of boundary events and event sub-processes that wait."""

    id = fields.UUID()
    element = fields.String()
    at = fields.String(metadata={"description": "Where a person would point to"})
    since = fields.AwareDateTime()
    beside = fields.Boolean()
    hosts = fields.Boolean(metadata={"description": "A sub-process or call: its tokens are inside"})


class InstanceDetail(InstanceSchema):
    """An instance with where its tokens stand."""

    active = fields.List(fields.String())
    done = fields.List(fields.String())
    awaits = fields.List(fields.String())
    tasks = fields.List(fields.UUID())
    tokens = fields.List(fields.Nested(StandingSchema))
    variables = fields.Dict(metadata={"description": "Of the process, as they are now"})
    unreadable = fields.String(
        metadata={"description": "Why its state cannot be read; tokens and variables are then as the history knows"}
    )


class FilterFields(ma.Schema):
    """Which instances."""

    process = fields.String(load_default=None, metadata={"description": "Its key"})
    version = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=OneOf([*STATUSES, "running"]))
    element = fields.String(load_default=None, metadata={"description": "A token waits there"})
    incidents = fields.Boolean(load_default=False, metadata={"description": "Open ones only"})
    text = fields.String(
        load_default=None, metadata={"description": "Business key, ticket number, value or id"}
    )
    started_from = fields.AwareDateTime(load_default=None)
    started_to = fields.AwareDateTime(load_default=None)
    ticket_type = fields.String(load_default=None)
    priority = fields.String(load_default=None)
    channel = fields.String(load_default=None)
    team = fields.Integer(load_default=None)
    assignee = fields.Integer(load_default=None)
    variable = fields.String(load_default=None)
    value = fields.String(load_default=None)


class InstanceQuery(PageQuery, FilterFields):
    """Which instances, and which page of them."""


class HeatQuery(FilterFields):
    """Which instances' passes, and of what time."""

    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class ElementSchema(ma.Schema):
    """What is known of an element or sequence flow. Durations in milliseconds."""

    element = fields.String()
    waiting = fields.Integer(metadata={"description": "Tokens that wait here now"})
    incidents = fields.Integer()
    passes = fields.Integer()
    again = fields.Integer(metadata={"description": "Passes by instances that had passed before"})
    mean = fields.Float()
    median = fields.Float(metadata={"description": "To 5 %"})
    p90 = fields.Float(metadata={"description": "To 5 %"})
    longest = fields.Integer()


class HeatSchema(ma.Schema):
    """The figures of a process."""

    items = fields.List(fields.Nested(ElementSchema))
    until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Up to when the history is in the figures"}
    )


class HistoryRow(ma.Schema):
    """A line of the history; `hash` covers it and the line before."""

    seq = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.Dict()
    event = fields.String()
    element_id = fields.String(allow_none=True)
    token_id = fields.UUID(allow_none=True)
    data = fields.Dict()
    hash = fields.Function(lambda row: row["hash"].hex())


class HistoryList(ma.Schema):
    """The whole history of an instance."""

    items = fields.List(fields.Nested(HistoryRow))


class Reason(ma.Schema):
    """Why; kept in the history."""

    reason = fields.String(required=True, validate=Length(1, 2000))


class Variables(Reason):
    """Variables of the process to set."""

    variables = fields.Dict(keys=fields.String(validate=Length(1, 255)), required=True)


class TokenMove(Reason):
    """Where a token shall go; without `token` a new one is made."""

    token = fields.UUID(load_default=None)
    to = fields.String(required=True)


class Migration(Reason):
    """To which version; steps are paired by id, else by name."""

    version = fields.UUID(required=True)


class BatchIn(Reason):
    """What shall be done to which: ids, or all that a filter finds (instances only)."""

    kind = fields.String(required=True, validate=OneOf(list(ACTS)))
    parameters = fields.Dict(
        load_default=dict,
        metadata={
            "description": "migrate: version, mapping; move: from, to; set_variables and "
            "retry_incident: variables"
        },
    )
    ids = fields.List(fields.UUID(), load_default=None, validate=Length(1, 100_000))
    filter = fields.Nested(FilterFields, load_default=None)


class BatchSchema(ma.Schema):
    """How far a batch is: todo + done + failed + stopped = total."""

    id = fields.UUID()
    kind = fields.String()
    parameters = fields.Dict()
    actor = fields.Function(lambda batch: batch.actor.as_json())
    reason = fields.String()
    at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    total = fields.Integer()
    todo = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    stopped = fields.Integer()


class ItemQuery(ma.Schema):
    """Which items: those behind a position, of one status where it is named."""

    status = fields.String(load_default=None, validate=OneOf(["todo", "done", "failed", "stopped"]))
    after = fields.Integer(load_default=0, validate=ma.validate.Range(0))
    limit = fields.Integer(load_default=100, validate=ma.validate.Range(1, 1000))


class WhyNotSchema(ma.Schema):
    """Why one could not be done."""

    element = fields.String()
    en = fields.String()
    zh = fields.String()


class ItemSchema(ma.Schema):
    """One instance (or incident) of a batch."""

    position = fields.Integer()
    id = fields.UUID(attribute="subject")
    status = fields.String()
    reasons = fields.List(fields.Nested(WhyNotSchema))
    at = fields.AwareDateTime(allow_none=True)


class ItemList(ma.Schema):
    """Items in the order they were given."""

    items = fields.List(fields.Nested(ItemSchema))
