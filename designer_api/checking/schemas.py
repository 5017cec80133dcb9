"""What programs send and get about problems, imports, pickers and words."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from designer_api.files.schemas import words


class LintIn(ma.Schema):
    """A file as it is in the editor. `files` are others as they are in open tabs, by path."""

    path = fields.String(required=True, validate=Length(1, 255))
    content = fields.String(required=True)
    files = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)


class DesignProblemSchema(ma.Schema):
    """What a rule found. `page` is the page of the manual, as an address of this desk; null where there is none."""

    rule = fields.String()
    severity = fields.String(validate=OneOf(["error", "warning"]))
    path = fields.String()
    element = fields.String()
    line = fields.Integer()
    message = words()
    page = fields.String(allow_none=True)


class LintResult(ma.Schema):
    """All problems, errors first, and one sentence whether and why the file can run."""

    problems = fields.List(fields.Nested(DesignProblemSchema))
    executable = fields.Boolean()
    sentence = words()


class ImportIn(ma.Schema):
    """Any BPMN 2.0 file."""

    content = fields.String(required=True)
    path = fields.String(load_default="import.bpmn", validate=Length(1, 255))


class ImportResult(LintResult):
    """What a file is before it is added.

    `content` is byte for byte what was sent; only where it had no layout (BPMNDI) one is written into it (`laid_out`).

    `too_large` says why it is not opened for drawing; `foreign` are the namespaces of extensions that are kept unread.
    """

    content = fields.String()
    laid_out = fields.Boolean()
    elements = fields.Integer()
    too_large = words(allow_none=True)
    foreign = fields.List(fields.String())


class ParameterSchema(ma.Schema):
    """An input of an operator."""

    name = fields.String()
    kind = fields.String()
    required = fields.Boolean()
    default = fields.Raw(allow_none=True)
    choices = fields.List(fields.String())
    title = words()
    help = words(allow_none=True)


class OperatorSchema(ma.Schema):
    """What a service task may call."""

    name = fields.String()
    group = fields.String()
    kind = fields.String(validate=OneOf(["inline", "job"]))
    title = words()
    help = words()
    icon = fields.String()
    permission = fields.String(allow_none=True)
    tries = fields.Integer()
    backoff = fields.String()
    parameters = fields.List(fields.Nested(ParameterSchema))


class FunctionSchema(ma.Schema):
    """A function for expressions; `family` is null for those of FEEL itself."""

    name = fields.String()
    signature = fields.String()
    result = fields.String(allow_none=True)
    title = words(allow_none=True)
    help = words(allow_none=True)
    family = words(allow_none=True)
    examples = fields.List(fields.Dict())


class CatalogueEventSchema(ma.Schema):
    """A message or signal that the desk or a diagram sends. `payload`: [{name, type, title}]."""

    name = fields.String()
    kind = fields.String(validate=OneOf(["message", "signal"]))
    title = words()
    payload = fields.List(fields.Dict())
    correlation = fields.String(allow_none=True)
    source = fields.String(validate=OneOf(["desk", "diagram"]))


class PickSchema(ma.Schema):
    """Something to pick: `value` is what the diagram holds (`team:3`, a process key …)."""

    value = fields.String()
    names = words()
    path = fields.String(allow_none=True)
    detail = fields.Dict(load_default=dict)


class CatalogueRecordSchema(ma.Schema):
    """A record that expressions may read, with its fields."""

    name = fields.String()
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields")


class CatalogueSchema(ma.Schema):
    """Everything there is to pick."""

    operators = fields.List(fields.Nested(OperatorSchema))
    functions = fields.List(fields.Nested(FunctionSchema))
    events = fields.List(fields.Nested(CatalogueEventSchema))
    records = fields.List(fields.Nested(CatalogueRecordSchema))
    forms = fields.List(fields.Nested(PickSchema))
    decisions = fields.List(fields.Nested(PickSchema))
    processes = fields.List(fields.Nested(PickSchema))
    stores = fields.List(fields.Nested(PickSchema))
    teams = fields.List(fields.Nested(PickSchema))
    roles = fields.List(fields.Nested(PickSchema))
    people = fields.List(fields.Nested(PickSchema))
    calendars = fields.List(fields.Nested(PickSchema))


class WordsIn(ma.Schema):
    """A timer or an expression, as the diagram holds it (`=` starts FEEL)."""

    kind = fields.String(
        required=True, validate=OneOf(["duration", "date", "cycle", "expression", "unary"])
    )
    text = fields.String(required=True, validate=Length(max=10_000))
    variables = fields.Dict(load_default=dict)


class WordsOut(ma.Schema):
    """What it means. `error` says what is wrong, `next` are the next moments at which a timer would fire."""

    sentence = words(allow_none=True)
    error = words(allow_none=True)
    at = fields.Integer(allow_none=True, metadata={"description": "Offset of the fault, from 0"})
    next = fields.List(fields.AwareDateTime())
    value = fields.Raw(allow_none=True)
