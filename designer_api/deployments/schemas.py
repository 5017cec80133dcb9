"""What programs send and get about deployments and versions."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length

from designer_api.checking.schemas import DesignProblemSchema
from designer_api.files.schemas import AuthorSchema, words
from designer_api.runs.schemas import ScenarioOutcome


class DeploymentIn(ma.Schema):
    """Which files go live. Their drafts become revisions; the other files of their folders go as last kept."""

    files = fields.List(fields.Integer(), required=True, validate=Length(1, 500))
    note = fields.String(load_default="", validate=Length(max=2000))
    demand_scenarios = fields.Boolean(load_default=False)


class PlannedSchema(ma.Schema):
    """What a deploy will change, before it does."""

    folder = fields.String()
    files = fields.List(fields.String())
    changed = fields.List(fields.String())
    processes = fields.List(
        fields.Dict(), metadata={"description": "[{key, names, from, to, running}]"}
    )
    problems = fields.List(fields.Nested(DesignProblemSchema))
    deployable = fields.Boolean()


class PlanSchema(ma.Schema):
    """What a deploy will change, folder by folder."""

    items = fields.List(fields.Nested(PlannedSchema))
    deployable = fields.Boolean()


class DeployedSchema(ma.Schema):
    """One folder that went live. `created`: the processes that got a new version; empty when nothing had changed."""

    folder = fields.String()
    id = fields.UUID(allow_none=True)
    created = fields.List(fields.String())
    versions = fields.Dict(keys=fields.String(), values=fields.UUID())
    warnings = fields.List(fields.Nested(DesignProblemSchema))


class DeploymentResult(ma.Schema):
    """All folders of a deploy, and the scenarios that were run."""

    items = fields.List(fields.Nested(DeployedSchema))
    scenarios = fields.List(fields.Nested(ScenarioOutcome))


class FlowVersionSchema(ma.Schema):
    """A version of a process with how many instances are on it."""

    id = fields.UUID()
    key = fields.String()
    version = fields.Integer()
    names = words()
    at = fields.AwareDateTime()
    by = fields.Nested(AuthorSchema)
    note = fields.String()
    latest = fields.Boolean()
    deployment = fields.UUID()
    resource = fields.String()
    active = fields.Integer()
    suspended = fields.Integer()
    ended = fields.Integer()
    diagram = fields.String(metadata={"description": "Where the BPMN file is"})


class FlowVersionList(ma.Schema):
    """All versions of a process, newest first."""

    items = fields.List(fields.Nested(FlowVersionSchema))
