"""Deployments from the flow library, and versions of processes."""

from typing import Any

from designer_api.checking.api import shaped
from designer_api.deployments import operations, planning
from designer_api.deployments.operations import ScenariosFailed
from designer_api.deployments.schemas import (
    DeploymentIn,
    DeploymentResult,
    FlowVersionList,
    PlanSchema,
)
from designer_api.files import queries
from designer_api.refusals import missing, refuse
from designer_api.runs.scenarios import shaped as shaped_outcome
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint
from engine.errors import DeployRefused

blueprint = ApiBlueprint("designer_deployments", description="Deployments of the flow library")


@blueprint.route("/designer/deployments/plan", methods=["POST"])
@requires("process.design")
@blueprint.arguments(DeploymentIn)
@blueprint.response(200, PlanSchema)
def plan(values: dict[str, Any]) -> dict[str, Any]:
    """What deploying these files would change, and what speaks against it. Nothing is kept."""
    desk = current_desk()
    with desk.reading() as session:
        items = planning.plan(session, desk.engine, _files(session, values["files"]))
    for item in items:
        item["problems"] = shaped(item["problems"])
    return {"items": items, "deployable": all(item["deployable"] for item in items)}


@blueprint.route("/designer/deployments", methods=["POST"])
@requires("process.deploy")
@blueprint.arguments(DeploymentIn)
@blueprint.response(201, DeploymentResult)
def deploy(values: dict[str, Any]) -> Any:
    """Deploy the folders of these files, all or none; 422 with the problems or the scenarios that failed."""
    desk, actor = current_desk(), current_actor()
    try:
        with desk.database.transaction() as session:
            deployed, played = operations.deploy_files(
                session,
                desk.engine,
                _files(session, values["files"]),
                note=values["note"],
                demand_scenarios=values["demand_scenarios"],
                actor=actor,
            )
    except DeployRefused as refused:
        refuse(
            422,
            str(refused),
            problems=shaped(refused.problems),
            words={
                "en": "Nothing was deployed: the problems say why.",
                "zh": "未发布：原因见问题列表。",
            },
        )
    except ScenariosFailed as failed:
        refuse(
            422,
            str(failed),
            scenarios=[shaped_outcome(path, outcome) for path, outcome in failed.outcomes],
            words={
                "en": "Nothing was deployed: scenarios that must hold are missing or have failed.",
                "zh": "未发布：要求通过的场景缺失或未通过。",
            },
        )
    return {
        "items": [
            {
                "folder": one.folder,
                "id": one.deployment.id,
                "created": list(one.deployment.created),
                "versions": one.deployment.versions,
                "warnings": shaped(
                    operations.in_folder(p, one.folder) for p in one.deployment.warnings
                ),
            }
            for one in deployed
        ],
        "scenarios": [shaped_outcome(path, outcome) for path, outcome in played],
    }


@blueprint.route("/designer/processes/<string:key>/versions")
@requires("process.read")
@blueprint.response(200, FlowVersionList)
def list_versions(key: str) -> dict[str, Any]:
    """All versions of a process with how many instances are on each."""
    with current_desk().reading() as session:
        found = planning.versions(session, key)
    if not found:
        missing(f"no process {key!r} is deployed")
    return {"items": found}


def _files(session: Any, ids: list[int]) -> Any:
    """The files of these numbers. Answers 404 when one is missing."""
    found = queries.by_ids(session, ids)
    if len(found) != len(set(ids)):
        missing()
    return found
