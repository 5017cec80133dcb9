"""Who else has a ticket open: pages say that they are there, and read who is."""

from typing import cast

from flask import abort, render_template, request

from desk.application import current_desk
from desk.people.access import current_user, requires
from desk.tickets.models import Ticket
from desk.tickets.pages import blueprint
from desk.tickets.presence import Doing, Present, beat, present
from desk.tickets.scope import may_see

GONE = "gone"


@blueprint.get("/tickets/<int:ticket_id>/presence")
@requires("ticket.read")
def who_is_there(ticket_id: int) -> str:
    """The others who have the ticket open, as a part of its page."""
    _check(ticket_id)
    return _others(present(current_desk(), ticket_id))


@blueprint.post("/tickets/<int:ticket_id>/presence")
@requires("ticket.read")
def still_there(ticket_id: int) -> str:
    """`tab` is the page, `doing` is looking, writing or gone; answers as GET."""
    _check(ticket_id)
    doing, tab = request.form.get("doing", ""), request.form.get("tab", "")
    if doing not in ("looking", "writing", GONE) or not tab.isalnum():
        abort(400)
    now = None if doing == GONE else cast(Doing, doing)
    return _others(beat(current_desk(), ticket_id, current_user(), tab, now))


def _check(ticket_id: int) -> None:
    with current_desk().reading() as session:
        ticket = session.get(Ticket, ticket_id)
        if ticket is None or not may_see(session, current_user(), ticket):
            abort(404)


def _others(people: list[Present]) -> str:
    mine = current_user().id
    return render_template(
        "tickets/_presence.html", people=[who for who in people if who.user_id != mine]
    )
