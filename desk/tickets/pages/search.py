"""Search everything: tickets and customers, as a page and as the palette's short list."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.contacts.queries import ContactFilter, list_contacts
from desk.people.access import current_user, requires
from desk.people.permissions import can
from desk.tickets.pages import blueprint
from desk.tickets.queries import TicketFilter, list_tickets, ticket_by_number

SHORT = 6


@blueprint.get("/search")
@requires("ticket.read")
def search() -> str | Response:
    """`?q=`: a whole ticket number leads straight to its ticket."""
    text = request.args.get("q", "").strip()[:200]
    in_palette = request.headers.get("HX-Request-Type") == "partial"
    limit = SHORT if in_palette else 25
    with current_desk().reading() as session:
        exact = ticket_by_number(session, text) if text else None
        if exact is not None and not in_palette:
            return redirect(url_for("tickets.ticket_page", ticket_id=exact.id))
        tickets = list_tickets(session, TicketFilter(text=text), limit=limit).rows if text else ()
        may_see = can(current_user(), "contact.read")
        contacts = (
            list_contacts(session, ContactFilter(text=text), limit=limit).rows
            if text and may_see
            else ()
        )
    template = "tickets/_found.html" if in_palette else "tickets/search.html"
    return render_template(template, text=text, tickets=tickets, contacts=contacts)
