"""The clocks on the ticket's page, and saying that a ticket waits for its customer."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.events.emitting import emit
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.sla import listening  # noqa: F401 - hears of calendars that change
from desk.sla.queries import ClockView, next_of, views
from desk.tickets.models import Ticket
from desk.tickets.scope import may_see
from engine.timestamps import utc_now

blueprint = Blueprint("sla", "desk.sla")
OPEN = ("running", "held", "late")


def clocks_context(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the block of clocks on the ticket's page needs."""
    user = current_user()
    here = "sla.clocks" in current_app.view_functions
    shown = views(session, ticket.id, utc_now())
    is_open = any(view.state in OPEN for view in shown)
    return {
        "clocks": shown,
        "clocks_held": any(view.is_held for view in shown),
        "clocks_url": url_for("sla.clocks", ticket_id=ticket.id) if here else None,
        "waiting_url": url_for("sla.set_waiting", ticket_id=ticket.id) if here else None,
        "may_wait": here
        and is_open
        and ticket.merged_into_id is None
        and (can(user, "ticket.process") or can(user, "ticket.dispatch")),
    }


def next_clock(session: Session, ticket: Ticket) -> ClockView | None:
    """The promise that is due first, for the ticket's head; None when none is due."""
    found = next_of(session, [ticket.id], utc_now()).get(ticket.id)
    return found if found is not None and found.due_at is not None else None


@blueprint.get("/tickets/<int:ticket_id>/clocks")
@requires("ticket.read")
def clocks(ticket_id: int) -> str:
    """The block of clocks alone, for live pages."""
    with current_desk().reading() as session:
        ticket = _found(session, ticket_id)
        return render_template(
            "sla/_clocks.html", ticket=ticket, topic=f"ticket:{ticket.id}",
            **clocks_context(session, ticket),
        )  # fmt: skip


@blueprint.post("/tickets/<int:ticket_id>/waiting")
@requires("ticket.read")
def set_waiting(ticket_id: int) -> Response:
    """Say that the ticket waits for its customer (`waiting=1`) or waits no more: the diagram holds the clocks."""
    user = current_user()
    if not (can(user, "ticket.process") or can(user, "ticket.dispatch")):
        abort(403)
    waiting = request.form.get("waiting") == "1"
    with current_desk().database.transaction() as session:
        say_waiting(session, _found(session, ticket_id), waiting=waiting)
    flash(
        _("The clocks are being held until the customer writes.")
        if waiting
        else _("The clocks go on."),
        "success",
    )
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id, panel="sla"), 303)


def say_waiting(session: Session, ticket: Ticket, *, waiting: bool) -> None:
    """Tell the diagrams that the ticket waits for its customer, or waits no more."""
    emit(
        session,
        current_desk().engine,
        "ticket.waiting",
        {"waiting": waiting},
        actor=current_actor(),
        ticket_id=ticket.id,
    )


def _found(session: Session, ticket_id: int) -> Ticket:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not may_see(session, current_user(), ticket):
        abort(404)
    return ticket
