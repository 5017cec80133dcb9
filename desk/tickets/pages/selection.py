"""What is done with many tickets at once [004 §4.10.2]: the rows that were ticked, or all that the filters find."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from desk.application import Desk, current_desk
from desk.people.access import current_actor, requires
from desk.tickets.changes import TicketDeleted, delete_ticket
from desk.tickets.export import csv_of
from desk.tickets.models import Ticket
from desk.tickets.pages import blueprint
from desk.tickets.pages.lists import chosen_filters, chosen_order, list_filter
from desk.tickets.queries import TicketFilter, count_tickets, list_tickets
from engine.actors import Actor
from engine.errors import StateUnreadable

MOST_DELETED = 200  # at once; what is confirmed is what was seen


@dataclass(frozen=True)
class Selection:
    """The tickets meant: by `?id=` for each that was ticked, or by the filters with `?scope=found`."""

    wanted: TicketFilter
    words: str  # the filters as they stand in the address, for the log
    list_href: str

    @property
    def is_empty(self) -> bool:
        """Nothing was ticked."""
        return self.wanted.ids == ()


def selection() -> Selection:
    """What the request selects."""
    chosen, state = chosen_filters()
    address: dict[str, Any] = {**chosen, **({"state": state} if state else {})}
    with current_desk().reading() as session:
        wanted, words = list_filter(session, chosen, state), urlencode(address)
    if request.args.get("scope") != "found":
        ids = tuple(dict.fromkeys(request.args.getlist("id", type=int)))
        # a tick is a tick, whatever the state of the ticket has become since
        wanted = TicketFilter(ids=ids, deleted=wanted.deleted, seen=wanted.seen, zone=wanted.zone)
        words = urlencode([("id", number) for number in ids])
    return Selection(wanted, words, url_for("tickets.ticket_list", **address))


@blueprint.get("/tickets/export.csv")
@requires("ticket.read", "ticket.export")
def export_tickets() -> Response:
    """The selection as a file for Excel; who took how many tickets is in the log."""
    chosen = selection()
    if chosen.is_empty:
        return nothing_ticked(chosen)
    sort, ascending = chosen_order()
    return csv_of(chosen.wanted, chosen.words, sort=sort, ascending=ascending)


@blueprint.get("/tickets/delete")
@requires("ticket.delete")
def confirm_deletion() -> Any:
    """What would be deleted, and why it should be."""
    chosen = selection()
    return nothing_ticked(chosen) if chosen.is_empty else _confirm(chosen)


@blueprint.post("/tickets/delete")
@requires("ticket.delete")
def delete_tickets() -> Any:
    """Delete exactly the tickets that were shown; each is a transaction of its own."""
    ids = tuple(dict.fromkeys(request.form.getlist("id", type=int)))[:MOST_DELETED]
    reason = request.form.get("reason", "").strip()[:2000]
    list_href = url_for("tickets.ticket_list")
    if ids and not reason:
        return _confirm(
            Selection(TicketFilter(ids=ids), "", list_href),
            {"reason": _("Say why; it stays in the log.")},
        )
    desk, actor = current_desk(), current_actor()
    deleted = sum(delete_one(desk, number, reason=reason, actor=actor) for number in ids)
    flash(
        ngettext("One ticket was deleted.", "%(num)d tickets were deleted.", deleted),
        "success" if deleted else "warning",
    )
    return redirect(list_href, 303)


def delete_one(desk: Desk, ticket_id: int, *, reason: str, actor: Actor) -> bool:
    """Delete a ticket; False when it is gone, or when its process cannot be read and so not be ended."""
    try:
        with desk.database.transaction() as session:
            ticket = session.get(Ticket, ticket_id)
            if ticket is None or ticket.deleted_at is not None:
                return False
            delete_ticket(session, desk, ticket, reason=reason, actor=actor)
    except (TicketDeleted, StateUnreadable):
        return False
    return True


def _confirm(chosen: Selection, errors: Mapping[str, str] | None = None) -> Any:
    wanted = replace(chosen.wanted, deleted=False)
    with current_desk().reading() as session:
        rows = list_tickets(session, wanted, limit=MOST_DELETED).rows
        found = count_tickets(session, wanted)
    html = render_template(
        "tickets/delete.html",
        rows=rows,
        left=found - len(rows),
        list_href=chosen.list_href,
        errors=errors or {},
    )
    return html, 422 if errors else 200


def nothing_ticked(chosen: Selection) -> Response:
    """Back to the list, with the word that nothing was ticked."""
    flash(_("Tick tickets in the list first, or choose all that were found."), "warning")
    return redirect(chosen.list_href, 303)
