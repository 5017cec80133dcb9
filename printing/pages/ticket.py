"""Printing one ticket: choose a layout, look at it, take it away as PDF."""

from typing import Any

from flask import Response, abort, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.tickets import actions
from desk.tickets.models import Ticket
from desk.tickets.scope import may_see
from desk.web.localisation import select_locale
from printing.documents import default_layout, print_ticket, ticket_order, tickets
from printing.pages import blueprint
from printing.pages.showing import PICTURES, font_problem, layout_words, preview, refused_words
from printing.press import PrintRefused, press
from printing.queries import Layout, layouts

actions.register(
    actions.Action("print", _l("Print"), "printing.ticket_print", "printer", "ticket.read")
)


@blueprint.get("/tickets/<int:ticket_id>/print")
@requires("ticket.read")
def ticket_print(ticket_id: int) -> str:
    """The layouts to choose from, and what the chosen one looks like."""
    with current_desk().reading() as session:
        ticket = _found(session, ticket_id)
        offered = offered_layouts(session)
        chosen = _chosen(session, ticket, offered)
    return render_template(
        "printing/ticket.html",
        ticket=ticket,
        layouts=[(one, layout_words(one)) for one in offered],
        chosen=chosen,
        preview_url=url_for("printing.ticket_preview", ticket_id=ticket.id, layout=chosen.key),
        pdf_url=url_for("printing.ticket_pdf", ticket_id=ticket.id, key=chosen.key),
        fonts=font_problem(),
    )


@blueprint.get("/tickets/<int:ticket_id>/print/preview")
@requires("ticket.read")
def ticket_preview(ticket_id: int) -> str:
    """The first pages as pictures; a part of the page."""
    desk = current_desk()
    with desk.reading() as session:
        ticket = _found(session, ticket_id)
        chosen = _chosen(session, ticket, offered_layouts(session))
        order = ticket_order(
            session, desk, ticket, chosen, actor=current_actor(), locale=select_locale()
        )
    looked_at = order.with_pictures(PICTURES)
    return render_template("printing/_preview.html", **preview(lambda: press().prints(looked_at)))


@blueprint.get("/tickets/<int:ticket_id>/print/<key>.pdf")
@requires("ticket.read")
def ticket_pdf(ticket_id: int, key: str) -> Any:
    """The PDF, shown by the browser or with `?download=1` saved; who took it is in the log."""
    desk = current_desk()
    with desk.reading() as session:
        _found(session, ticket_id)
        layout = next((one for one in offered_layouts(session) if one.key == key), None)
    if layout is None:
        abort(404)
    try:
        ticket, sheet = print_ticket(
            desk, ticket_id, layout, actor=current_actor(), locale=select_locale()
        )
    except LookupError:
        abort(404)
    except PrintRefused as error:
        return render_template("printing/refused.html", words=refused_words(error)), 422
    return pdf_response(
        sheet.pdf, f"{ticket.number}-{layout.key}.pdf", download="download" in request.args
    )


def pdf_response(pdf: bytes, name: str, *, download: bool) -> Response:
    """A PDF under a file name of ASCII characters; kept by no cache."""
    response = make_response(pdf)
    response.content_type = "application/pdf"
    how = "attachment" if download else "inline"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def offered_layouts(session: Session) -> list[Layout]:
    """The layouts that the reader may print one ticket with."""
    user = current_user()
    return [
        one
        for one in layouts(session)
        if not one.kind.many and (one.kind.permission is None or can(user, one.kind.permission))
    ]


def visible_ticket(session: Session, ticket_id: int) -> Ticket | None:
    """The ticket with all that is printed of it; None where it is not there for the reader."""
    user = current_user()
    for ticket in tickets(session, [ticket_id]):
        if may_see(session, user, ticket):
            return ticket
    return None


def _chosen(session: Session, ticket: Ticket, offered: list[Layout]) -> Layout:
    wanted = request.args.get("layout")
    named = next((one for one in offered if one.key == wanted), None)
    return named or default_layout(session, ticket, offered)


def _found(session: Session, ticket_id: int) -> Ticket:
    ticket = visible_ticket(session, ticket_id)
    if ticket is None:
        abort(404)
    return ticket
