"""What administrators and implementers see of incidents, and what they can do about them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import Desk, current_desk
from desk.cockpit import variables
from desk.cockpit.cursors import BadCursor
from desk.cockpit.refusals import refusal
from desk.incidents import operations, queries
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.web import navigation
from desk.web.localisation import words
from engine.errors import DiagramError, NothingToDo, StateUnreadable
from engine.incidents import can_retry
from engine.inspection import Look, look
from engine.operators import Text
from engine.timestamps import utc_now

blueprint = Blueprint("incidents", __name__, template_folder="templates")

navigation.register(
    navigation.Entry(
        "incidents", _l("Incidents"), "incidents.index", "alert-triangle", "incident.read",
        count=queries.count_open, order=80,
    )
)  # fmt: skip

FILTERS = ("kind", "process", "element", "operator", "cause", "since", "q")
KINDS = {
    "job": _l("Background work"),
    "timer": _l("Timer"),
    "loop": _l("Chain of events"),
    "error": _l("Ended in an error"),
    "mail": _l("Mail"),
    "event": _l("Event"),
}
SINCE = {"1": _l("Last 24 hours"), "7": _l("Last 7 days"), "30": _l("Last 30 days")}


@blueprint.get("/incidents")
@requires("incident.read")
def index() -> str:
    """Open incidents with what they have in common, or the resolved ones."""
    user = current_user()
    resolved = request.args.get("show") == "resolved"
    chosen = _chosen()
    wanted = _filter(chosen, resolved)
    with current_desk().reading() as session:
        try:
            page = queries.list_incidents(session, user, wanted, after=request.args.get("after"))
        except BadCursor:
            abort(404)
        causes = [] if resolved or chosen else queries.causes(session, user)
        operators = queries.operators(session)
    address: dict[str, Any] = {**chosen, **({"show": "resolved"} if resolved else {})}
    return render_template(
        "incidents/index.html",
        page=page,
        causes=[cause for cause in causes if cause.number > 1],
        resolved=resolved,
        is_first="after" not in request.args and not resolved,
        chosen=chosen,
        address=address,
        kinds=KINDS,
        since=SINCE,
        operators=[(name, name) for name in operators],
        next=url_for("incidents.index", **address, after=page.next) if page.next else None,
        may_resolve=can(user, "incident.resolve"),
    )


@blueprint.get("/incidents/<uuid:incident_id>")
@requires("incident.read")
def show(incident_id: UUID) -> str:
    """One incident; the stack only for those who may resolve it."""
    desk = current_desk()
    with desk.reading() as session:
        row = _found(session, incident_id)
        return _page(session, desk, row)


@blueprint.post("/incidents/<uuid:incident_id>")
@requires("incident.resolve")
def act(incident_id: UUID) -> Any:
    """Retry (with the variables as edited) or resolve by hand; both need a reason, which is kept."""
    reason = request.form.get("reason", "").strip()
    desk, actor = current_desk(), current_actor()
    with desk.reading() as session:
        row = _found(session, incident_id)
        wanted, errors = variables.changes(request.form, _variables(session, desk, row))
        if not reason:
            errors["reason"] = _("Say why: the reason is kept with the incident.")
        if errors:
            return _page(session, desk, row, errors), 422
    try:
        with desk.database.transaction() as session:
            if request.form.get("action") == "retry":
                done = operations.retry(
                    session, desk, incident_id, actor=actor, reason=reason, variables=wanted
                )
                said = _("It is being tried again.")
            else:
                done = operations.resolve(session, desk, incident_id, actor=actor, reason=reason)
                said = _("Resolved.")
    except NothingToDo as refused:
        return _again(incident_id, words(Text(refused.en, refused.zh)))
    except DiagramError as error:
        return _again(incident_id, _("It cannot be tried again like this: %(why)s", why=str(error)))
    except StateUnreadable as error:
        return _again(incident_id, refusal(error))
    flash(said if done else _("Somebody has resolved it already."))
    return redirect(url_for("incidents.index"), 303)


@blueprint.post("/incidents/many")
@requires("incident.resolve")
def act_on_many() -> Response:
    """Retry or resolve the ticked ones, or all of a cause, as a batch."""
    desk, actor = current_desk(), current_actor()
    reason = request.form.get("reason", "").strip()
    cause = request.form.get("cause")
    back = redirect(url_for("incidents.index"), 303)
    if not reason:
        flash(_("Say why: the reason is kept with the incident."), "error")
        return back
    try:
        ids = [UUID(text) for text in request.form.getlist("id")]
    except ValueError:
        abort(400)
    with desk.database.transaction() as session:
        if cause:
            ids = queries.ids_of(session, current_user(), queries.IncidentFilter(cause=cause))
        else:
            seen = queries.ids_of(session, current_user(), queries.IncidentFilter())
            ids = [i for i in ids if i in set(seen)]
        if not ids:
            flash(_("Tick incidents in the list first."), "warning")
            return back
        batch_id = operations.act_on_many(
            session, desk, ids, retry=request.form.get("action") == "retry", actor=actor,
            reason=reason,
        )  # fmt: skip
    flash(ngettext("One incident is worked on.", "%(num)d incidents are worked on.", len(ids)))
    return redirect(url_for("cockpit.batch_page", batch_id=batch_id), 303)


# ----------------------------------------------------------------------------------------------------------------------


def _chosen() -> dict[str, str]:
    return {
        name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()
    }


def _filter(chosen: dict[str, str], resolved: bool) -> queries.IncidentFilter:
    days = chosen.get("since", "")
    return queries.IncidentFilter(
        resolved=resolved,
        kind=chosen.get("kind"),
        process=chosen.get("process"),
        element=chosen.get("element"),
        operator=chosen.get("operator"),
        cause=chosen.get("cause"),
        since=utc_now() - timedelta(days=int(days)) if days in SINCE else None,
        text=chosen.get("q"),
    )


def _found(session: Session, incident_id: UUID) -> Any:
    row = queries.find_incident(session, current_user(), incident_id)
    if row is None:
        abort(404)
    return row


def _look(session: Session, desk: Desk, row: Any) -> Look | None:
    if row.instance_id is None or desk.engine is None:
        return None
    return look(desk.engine, session, row.instance_id)


def _variables(session: Session, desk: Desk, row: Any) -> dict[str, Any]:
    seen = _look(session, desk, row)
    room = seen.room_of(row.element_id) if seen else None
    return seen.seen_from(room) if seen and room else {}


def _page(session: Session, desk: Desk, row: Any, errors: dict[str, str] | None = None) -> str:
    user = current_user()
    seen = _look(session, desk, row)
    element = seen.version.program.nodes.get(row.element_id) if seen and row.element_id else None
    return render_template(
        "incidents/show.html",
        incident=row,
        kind=KINDS.get(row.kind, row.kind),
        step=words(element.name) if element else row.element_id,
        same=queries.same_cause(session, user, row.cause) - 1 if not row.resolved_at else 0,
        variables=_variables(session, desk, row) if not row.resolved_at else {},
        written=variables.written,
        form=request.form,
        errors=errors or {},
        can_retry=can_retry(row),
        unreadable=seen.unreadable if seen else "",
        may_resolve=can(user, "incident.resolve"),
    )


def _again(incident_id: UUID, problem: str) -> Any:
    flash(problem, "error")
    return redirect(url_for("incidents.show", incident_id=incident_id), 303)
