"""Incidents as programs see them."""

from typing import Any
from uuid import UUID

from flask_smorest import abort

from desk.application import current_desk
from desk.cockpit.cursors import BadCursor
from desk.incidents import operations, queries
from desk.incidents.schemas import (
    BatchCreated,
    IncidentAction,
    IncidentDetail,
    IncidentPage,
    IncidentQuery,
    ManyIncidents,
)
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.web.api import ApiBlueprint
from desk.web.api.changing import changing
from engine.errors import DiagramError, NothingToDo
from engine.incidents import can_retry

blueprint = ApiBlueprint("incidents", description="What went wrong and waits for a person")


@blueprint.route("/incidents")
@requires("incident.read")
@blueprint.arguments(IncidentQuery, location="query")
@blueprint.response(200, IncidentPage)
def list_incidents(query: dict[str, Any]) -> dict[str, Any]:
    """Open or resolved incidents, newest first."""
    limit, after = query.pop("limit"), query.pop("after")
    wanted = queries.IncidentFilter(text=query.pop("q"), **query)
    try:
        with current_desk().reading() as session:
            page = queries.list_incidents(session, current_user(), wanted, after=after, limit=limit)
    except BadCursor:
        abort(422, message="`after` is not a cursor of this list.")
    return {"items": page.rows, "next": page.next}


@blueprint.route("/incidents/<uuid:incident_id>")
@requires("incident.read")
@blueprint.response(200, IncidentDetail)
def get_incident(incident_id: UUID) -> dict[str, Any]:
    """One incident; the stack only for those who may resolve it."""
    user = current_user()
    with current_desk().reading() as session:
        row = queries.find_incident(session, user, incident_id)
    if row is None:
        abort(404, message="There is no such incident.")
    seen = dict(row._mapping) | {"can_retry": can_retry(row)}
    if not can(user, "incident.resolve"):
        del seen["detail"]
    return seen


@blueprint.route("/incidents/<uuid:incident_id>", methods=["POST"])
@requires("incident.resolve")
@blueprint.arguments(IncidentAction)
@blueprint.response(204)
def act_on_incident(values: dict[str, Any], incident_id: UUID) -> None:
    """Try again (with these variables), or resolve by hand. 409 when somebody has dealt with it, or it cannot be."""
    desk, actor = current_desk(), current_actor()
    if values["variables"] and values["action"] != "retry":
        abort(422, message="Variables are set for a retry only.")
    with changing(NothingToDo, DiagramError) as session:
        if queries.find_incident(session, current_user(), incident_id) is None:
            abort(404, message="There is no such incident.")
        if values["action"] == "retry":
            done = operations.retry(
                session, desk, incident_id, actor=actor, reason=values["reason"],
                variables=values["variables"],
            )  # fmt: skip
        else:
            done = operations.resolve(
                session, desk, incident_id, actor=actor, reason=values["reason"]
            )
    if not done:
        abort(409, message="Somebody has dealt with it already.")


@blueprint.route("/incidents/batches", methods=["POST"])
@requires("incident.resolve")
@blueprint.arguments(ManyIncidents)
@blueprint.response(202, BatchCreated)
def act_on_incidents(values: dict[str, Any]) -> dict[str, Any]:
    """Retry or resolve many; the work goes on in the background."""
    desk, actor, user = current_desk(), current_actor(), current_user()
    if (values["ids"] is None) == (values["cause"] is None):
        abort(422, message="Say either ids or a cause.")
    with desk.database.transaction() as session:
        ids = values["ids"]
        if ids is None:
            wanted = queries.IncidentFilter(cause=values["cause"])
            ids = queries.ids_of(session, user, wanted)
        if not ids:
            abort(404, message="No open incident has this cause.")
        batch_id = operations.act_on_many(
            session, desk, ids, retry=values["action"] == "retry", actor=actor,
            reason=values["reason"],
        )  # fmt: skip
    return {"id": batch_id}
