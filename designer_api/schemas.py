"""What programs send and get about diagrams, deployments and messages."""

import marshmallow as ma
from flask_smorest.fields import Upload
from marshmallow import fields
from marshmallow.validate import Length, OneOf


def words() -> fields.Dict:
    """A field of words by language."""
    return fields.Dict(metadata={"description": 'Words by language: {"zh": …, "en": …}'})


class BundleFiles(ma.Schema):
    """Diagrams (*.bpmn), decisions (*.dmn) and forms (*.form) that are deployed together."""

    files = fields.List(Upload(), required=True, validate=Length(min=1))


class DeployQuery(ma.Schema):
    """Why this is deployed."""

    note = fields.String(load_default="")


class LintProblemSchema(ma.Schema):
    """What a lint rule found."""

    rule = fields.String()
    severity = fields.String(validate=OneOf(["error", "warning"]))
    resource = fields.String()
    element = fields.String()
    line = fields.Integer()
    message = words()


class ProblemList(ma.Schema):
    """Everything that was found."""

    problems = fields.List(fields.Nested(LintProblemSchema))


class DeploymentSchema(ma.Schema):
    """A deployment; `created` names the processes that got a new version."""

    id = fields.UUID(allow_none=True)
    versions = fields.Dict(keys=fields.String(), values=fields.UUID())
    created = fields.List(fields.String())
    warnings = fields.List(fields.Nested(LintProblemSchema))


class ProcessSchema(ma.Schema):
    """The latest version of a process."""

    id = fields.UUID()
    key = fields.String()
    version = fields.Integer()
    name = words()
    at = fields.AwareDateTime()
    running = fields.Integer()


class VersionSchema(ProcessSchema):
    """A version with who deployed it and why."""

    latest = fields.Boolean()
    resource = fields.String()
    note = fields.String()
    actor = fields.Dict()


class ProcessList(ma.Schema):
    """All processes."""

    items = fields.List(fields.Nested(ProcessSchema))


class VersionList(ma.Schema):
    """All versions of one process, newest first."""

    items = fields.List(fields.Nested(VersionSchema))


class MessageIn(ma.Schema):
    """A message for whoever waits for it."""

    name = fields.String(required=True, validate=Length(1, 255))
    correlation = fields.String(load_default=None, validate=Length(max=255))
    payload = fields.Dict(load_default=dict)
    dedupe_key = fields.String(load_default=None, validate=Length(max=200))
    time_to_live_seconds = fields.Integer(load_default=0, validate=ma.validate.Range(0, 30 * 86400))


class DeliverySchema(ma.Schema):
    """What became of a message."""

    instances = fields.List(fields.UUID())
    started = fields.List(fields.UUID())
    kept = fields.Boolean()
    duplicate = fields.Boolean()
