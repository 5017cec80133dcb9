"""Diagrams, deployments and messages, as programs see them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import abort
from werkzeug.datastructures import FileStorage

from designer_api import queries
from designer_api.schemas import (
    BundleFiles,
    DeliverySchema,
    DeploymentSchema,
    DeployQuery,
    MessageIn,
    ProblemList,
    ProcessList,
    VersionList,
)
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint
from engine import bundles
from engine.errors import DeployRefused, DiagramError

blueprint = ApiBlueprint("processes", description="Diagrams, deployments, messages")


def _resources(files: list[FileStorage]) -> dict[str, bytes]:
    """The uploaded files by name; folders in names are kept, anything that climbs out of them is refused."""
    resources = {}
    for file in files:
        name = (file.filename or "").replace("\\", "/").lstrip("/")
        if not name.endswith((".bpmn", ".form", ".dmn")) or ".." in name.split("/"):
            abort(
                422, message=f"{name or 'a file'}: only *.bpmn, *.dmn and *.form files are deployed"
            )
        resources[name] = file.read()
    return resources


@blueprint.route("/deployments/check", methods=["POST"])
@requires("process.design")
@blueprint.arguments(BundleFiles, location="files")
@blueprint.response(200, ProblemList)
def check(files: dict[str, Any]) -> dict[str, Any]:
    """Lint a bundle without deploying it."""
    desk = current_desk()
    with desk.reading() as session:
        _, problems = bundles.check(desk.engine, session, _resources(files["files"]))
    return {"problems": problems}


@blueprint.route("/deployments", methods=["POST"])
@requires("process.deploy")
@blueprint.arguments(DeployQuery, location="query")
@blueprint.arguments(BundleFiles, location="files")
@blueprint.response(201, DeploymentSchema)
def deploy(query: dict[str, Any], files: dict[str, Any]) -> Any:
    """Deploy a bundle as a new version of each process that changed; 422 with the problems when it is refused."""
    desk, actor = current_desk(), current_actor()
    try:
        with desk.database.transaction() as session:
            return desk.engine.deploy(
                session, _resources(files["files"]), actor=actor, note=query["note"]
            )
    except DeployRefused as refused:
        found = [
            {
                "rule": p.rule,
                "element": p.element,
                "line": p.line,
                "resource": p.resource,
                **p.message,
            }
            for p in refused.problems
        ]
        return abort(422, message=str(refused), errors={"problems": found})


@blueprint.route("/processes")
@requires("process.read")
@blueprint.response(200, ProcessList)
def list_processes() -> dict[str, Any]:
    """The latest version of every process."""
    with current_desk().reading() as session:
        return {"items": queries.processes(session)}


@blueprint.route("/processes/<string:key>/versions")
@requires("process.read")
@blueprint.response(200, VersionList)
def list_versions(key: str) -> dict[str, Any]:
    """All versions of a process."""
    with current_desk().reading() as session:
        found = queries.versions(session, key)
    if not found:
        abort(404, message=f"no process {key!r} is deployed")
    return {"items": found}


@blueprint.route("/process-versions/<uuid:version_id>/diagram")
@requires("process.read")
@blueprint.response(200, content_type="application/xml")
def get_diagram(version_id: UUID) -> Response:
    """The BPMN file, byte for byte as it was deployed."""
    with current_desk().reading() as session:
        content = queries.diagram(session, version_id)
    if content is None:
        abort(404, message="there is no such version")
    return Response(content, mimetype="application/xml")


@blueprint.route("/messages", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(MessageIn)
@blueprint.response(200, DeliverySchema)
def send_message(values: dict[str, Any]) -> Any:
    """Deliver a message to who waits for it, start what starts with it, or keep it for its time to live."""
    desk, actor = current_desk(), current_actor()
    try:
        with desk.database.transaction() as session:
            return desk.engine.message(
                session,
                values["name"],
                values["payload"],
                actor=actor,
                correlation=values["correlation"],
                dedupe_key=values["dedupe_key"],
                time_to_live=timedelta(seconds=values["time_to_live_seconds"]),
            )
    except DiagramError as error:
        return abort(422, message=str(error))
