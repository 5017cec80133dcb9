"""What programs send and get about dry runs and scenarios."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from designer_api.files.schemas import words

ACTIONS = [
    "start", "complete", "message", "signal", "advance", "next_timer", "work", "throw", "undo",
]  # fmt: skip


class RunIn(ma.Schema):
    """What to try. `files` are the bundle by path; those of the folder that are not given are read from the library.

    A process whose start event has a trigger is not started: send its message as the first step. `records` are what
    expressions read (`ticket.priority`), `operators` what operators return, `stores` what data stores hold; all default
    to those of the first scenario in the folder.
    """

    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    process = fields.String(required=True, validate=Length(1, 255))
    data = fields.Dict(load_default=dict)
    records = fields.Dict(load_default=None, allow_none=True)
    operators = fields.Dict(load_default=None, allow_none=True)
    stores = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)
    clock = fields.AwareDateTime(load_default=None, allow_none=True)


class StepIn(ma.Schema):
    """One thing that happens. Which fields count depends on `do`:

    start {start event?, payload} · complete {element, outcome, payload} · message {name, correlation, payload} ·
    signal {name, payload} · advance {duration} · next_timer · work (all jobs that wait; {results: {operator: value}}) ·
    throw {element or operator, code, message}: the job fails with a BPMN error, without code for good · undo
    """

    do = fields.String(required=True, validate=OneOf(ACTIONS))
    element = fields.String(load_default=None, allow_none=True)
    outcome = fields.String(load_default=None, allow_none=True)
    name = fields.String(load_default=None, allow_none=True)
    correlation = fields.String(load_default=None, allow_none=True)
    payload = fields.Dict(load_default=dict)
    duration = fields.String(load_default=None, allow_none=True)
    results = fields.Dict(load_default=dict)
    code = fields.String(load_default=None, allow_none=True)
    message = fields.String(load_default="")


class RunTokenSchema(ma.Schema):
    """Where a token stands."""

    element = fields.String()
    name = words()
    instance = fields.Integer(metadata={"description": "1 is the first instance of the run"})


class WaitSchema(ma.Schema):
    """What could happen next. Which fields are filled depends on `kind`."""

    kind = fields.String(validate=OneOf(["task", "message", "signal", "timer", "job", "start"]))
    element = fields.String()
    name = fields.Raw(metadata={"description": "Words of a task; the name of a message or signal"})
    instance = fields.Integer(allow_none=True)
    correlation = fields.String(allow_none=True)
    due = fields.AwareDateTime(allow_none=True)
    form = fields.Dict(allow_none=True)
    outcomes = fields.List(fields.Dict())
    candidates = fields.List(fields.String())
    assignee = fields.String(allow_none=True)
    operator = fields.String(allow_none=True)
    data = fields.Dict()


class EffectSchema(ma.Schema):
    """What an operator would have done."""

    step = fields.Integer()
    element = fields.String()
    operator = fields.String()
    title = words()
    parameters = fields.Dict()
    result = fields.Raw(allow_none=True)
    at = fields.AwareDateTime()


class RunStoreSchema(ma.Schema):
    """What a data store of the run holds."""

    key = fields.String()
    name = words()
    value = fields.Raw(allow_none=True)


class LogRow(ma.Schema):
    """A line of the run's history."""

    step = fields.Integer()
    instance = fields.Integer()
    event = fields.String()
    element = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    data = fields.Dict()


class RunSchema(ma.Schema):
    """A dry run as it stands. `error` says in words what stopped the last step; the run stays as it was before it."""

    id = fields.UUID()
    process = fields.String()
    clock = fields.AwareDateTime()
    started = fields.AwareDateTime()
    tokens = fields.List(fields.Nested(RunTokenSchema))
    passed = fields.Dict(metadata={"description": "{elements: [ids], flows: [ids]} passed so far"})
    waiting = fields.List(fields.Nested(WaitSchema))
    effects = fields.List(fields.Nested(EffectSchema))
    data = fields.Dict()
    stores = fields.List(fields.Nested(RunStoreSchema))
    log = fields.List(fields.Nested(LogRow))
    steps = fields.Integer()
    ended = fields.Boolean()
    error = words(allow_none=True)


class ScenarioText(ma.Schema):
    """A run as a scenario file."""

    content = fields.String()
    path = fields.String()


class ScenarioQuery(ma.Schema):
    """What the scenario is called."""

    zh = fields.String(load_default="")
    en = fields.String(load_default="")


class ScenariosIn(ma.Schema):
    """A bundle with its scenario files, by path; those of the folder that are not given are read from the library."""

    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ScenarioOutcome(ma.Schema):
    """How one scenario went."""

    path = fields.String()
    name = words()
    held = fields.Boolean()
    failure = words(allow_none=True)


class CoverageSchema(ma.Schema):
    """What of the diagrams the scenarios passed."""

    elements = fields.List(fields.String())
    flows = fields.List(fields.String())
    untouched = fields.List(fields.String())
    total = fields.Integer()


class ScenarioResults(ma.Schema):
    """All scenarios of a bundle. `error` says why none could be run."""

    results = fields.List(fields.Nested(ScenarioOutcome))
    coverage = fields.Nested(CoverageSchema)
    error = words(allow_none=True)
