"""Search everything: tickets and customers, as a page and as the palette's short list."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.contacts.queries import ContactFilter, list_contacts
from desk.people.access import current_user, requires
from desk.people.permissions import can
from desk.tickets.pages import blueprint
from desk.tickets.queries import TicketFilter, list_tickets, ticket_by_number
from desk.tickets.scope import may_see, visible
from desk.tickets.searching import excerpts

SHORT = 6


@blueprint.get("/search")
@requires("ticket.read")
def search() -> str | Response:
    """`?q=`: a whole ticket number leads straight to its ticket."""
    text = request.args.get("q", "").strip()[:200]
    in_palette = request.headers.get("HX-Request-Type") == "partial"
    limit = SHORT if in_palette else 25
    with current_desk().reading() as session:
        wanted = TicketFilter(text=text, seen=visible(session, current_user()))
        exact = ticket_by_number(session, text) if text else None
        if exact is not None and not in_palette and may_see(session, current_user(), exact):
            return redirect(url_for("tickets.ticket_page", ticket_id=exact.id))
        tickets = list_tickets(session, wanted, limit=limit).rows if text else ()
        said = excerpts(session, text, [row.id for row in tickets])
        knows_customers = can(current_user(), "contact.read")
        contacts = (
            list_contacts(session, ContactFilter(text=text), limit=limit).rows
            if text and knows_customers
            else ()
        )
    template = "tickets/_found.html" if in_palette else "tickets/search.html"
    return render_template(template, text=text, tickets=tickets, said_of=said, contacts=contacts)
