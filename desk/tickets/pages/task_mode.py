"""Task mode: tickets one after the other, with a bar that says how far one is."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people.access import current_user, requires
from desk.tickets.models import Ticket
from desk.tickets.pages import blueprint
from desk.tickets.pages.lists import chosen_order
from desk.tickets.pages.selection import nothing_ticked, selection
from desk.tickets.queries import list_tickets
from desk.tickets.task_mode import operations
from desk.tickets.task_mode.models import TaskRun
from desk.tickets.task_mode.operations import MOST, Onward, Progress

STATES: dict[str, tuple[Any, str]] = {  # words, and the tone of the badge
    "waiting": (_l("to do"), "waiting"),
    "done": (_l("done"), "done"),
    "skipped": (_l("skipped"), "back"),
    "passed": (_l("passed over"), "off"),
}
FEW = 5  # tickets that are named when they are passed over


@blueprint.app_context_processor
def run_of_ticket() -> dict[str, Any]:
    """`task_mode(ticket)` for its page: how far the reader's run is in which it is open now, else None."""

    def task_mode(ticket: Ticket) -> Progress | None:
        known: dict[int, Progress | None] = g.setdefault("task_mode", {})
        if ticket.id not in known:
            with current_desk().reading() as session:
                run = operations.run_at(session, current_user(), ticket.id)
                known[ticket.id] = operations.progress_of(session, run) if run else None
        return known[ticket.id]

    return {"task_mode": task_mode}


@blueprint.get("/tickets/task-mode")
@requires("ticket.process")
def task_mode_page() -> Any:
    """Which of the tickets that were ticked or found a run would go through."""
    chosen = selection()
    if chosen.is_empty:
        return nothing_ticked(chosen)
    sort, ascending = chosen_order()
    with current_desk().reading() as session:
        rows = list_tickets(session, chosen.wanted, sort=sort, ascending=ascending, limit=MOST).rows
        mine = operations.with_a_step(session, current_user(), [row.id for row in rows])
    return render_template(
        "tickets/task_mode.html",
        rows=[row for row in rows if row.id in mine],
        left=len(rows) - len(mine),
        list_href=chosen.list_href,
    )


@blueprint.post("/tickets/task-mode")
@requires("ticket.process")
def start_task_mode() -> Any:
    """Start a run through exactly the tickets that were shown, in their order."""
    ids = list(dict.fromkeys(request.form.getlist("id", type=int)))[:MOST]
    with current_desk().database.transaction() as session:
        onward = operations.start(session, current_user(), ids)
    if onward is None:
        flash(_("None of these tickets has a step for you now."), "warning")
        return redirect(url_for("tickets.ticket_list"), 303)
    return go_on(onward)


@blueprint.get("/tasks/runs/<int:task_run_id>")
@requires("ticket.process")
def run_page(task_run_id: int) -> Any:
    """What became of each ticket of a run."""
    with current_desk().reading() as session:
        run = _found(session, task_run_id)
        return render_template(
            "tickets/run.html",
            progress=operations.progress_of(session, run),
            tickets=operations.tickets_of(session, current_user(), run),
            states=STATES,
            why=_why,
        )


@blueprint.post("/tasks/runs/<int:task_run_id>")
@requires("ticket.process")
def act_on_run(task_run_id: int) -> Any:
    """`do` is resume, skip (with the `ticket` that was shown), pause, again (those skipped) or end."""
    user = current_user()
    with current_desk().database.transaction() as session:
        run = _found(session, task_run_id)
        match request.form.get("do"):
            case "resume":
                onward = operations.resume(session, user, run)
            case "skip":
                ticket = request.form.get("ticket", 0, type=int)
                onward = operations.skip(session, user, run, ticket)
            case "again":
                onward = operations.again(session, user, run)
            case "pause":
                operations.pause(session, run)
                return _to_tasks(_("Task mode is paused. Go on here whenever you like."))
            case "end":
                operations.end(session, run)
                return _to_tasks(_("Task mode has ended. What was left stays as it is."))
            case _:
                abort(422)
    return go_on(onward)


def go_on(onward: Onward) -> Response:
    """To the ticket that comes next, or to what became of them all; says what was passed over."""
    if onward.passed:
        said = ngettext(
            "One ticket was passed over:", "%(num)d tickets were passed over:", len(onward.passed)
        )
        named = [f"{one.number} ({_why(one.reason, one.who)})" for one in onward.passed[:FEW]]
        more = ["…"] if len(onward.passed) > FEW else []
        flash(f"{said} {' · '.join([*named, *more])}", "warning")
    if onward.ticket_id is None:
        flash(_("That was the last one."), "success")
        return redirect(url_for("tickets.run_page", task_run_id=onward.run_id), 303)
    return redirect(url_for("tickets.ticket_page", ticket_id=onward.ticket_id), 303)


def _why(reason: str | None, who: str | None) -> str:
    """Why a ticket was passed over."""
    if reason == "taken" and who:
        return str(_("%(name)s has taken it", name=who))
    said = {
        "ended": _("it has ended"),
        "taken": _("somebody else has taken it"),
        "gone": _("it is not yours to see any more"),
    }
    return str(said.get(reason or "", _("no step of it is yours any more")))


def _to_tasks(said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("tickets.task_list"), 303)


def _found(session: Session, task_run_id: int) -> TaskRun:
    return operations.run_of(session, current_user(), task_run_id) or abort(404)
