"""Printing for programs: one ticket as PDF, many as background work."""

from typing import Any

from flask import Response, abort
from flask_babel import get_locale
from marshmallow import Schema, fields
from marshmallow.validate import Length

from desk.application import current_desk
from desk.background.models import BackgroundJob
from desk.background.operations import submit
from desk.background.schemas import BackgroundJobSchema
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.tickets.queries import TicketFilter, list_tickets
from desk.tickets.scope import visible
from desk.web.api import ApiBlueprint
from printing.documents import default_layout, print_ticket
from printing.pages.ticket import offered_layouts, pdf_response, visible_ticket
from printing.press import PrintRefused
from printing.queries import layouts
from printing.works import KIND, MOST

blueprint = ApiBlueprint("printing", description="Tickets as PDF")


class PdfQuery(Schema):
    """Which layout; by default that of the ticket's type."""

    layout = fields.String(load_default=None, validate=Length(max=64))


class BatchOrder(Schema):
    """Tickets that become one PDF, in this order."""

    ids = fields.List(fields.Integer(strict=True), required=True, validate=Length(1, MOST))
    layout = fields.String(required=True, validate=Length(max=64))


@blueprint.route("/tickets/<int:ticket_id>/pdf")
@requires("ticket.read")
@blueprint.arguments(PdfQuery, location="query")
@blueprint.response(200, content_type="application/pdf")
def get_ticket_pdf(query: dict[str, Any], ticket_id: int) -> Response:
    """A ticket as PDF, in the caller's language; 422 with words for a layout that cannot be printed."""
    desk = current_desk()
    with desk.reading() as session:
        ticket = visible_ticket(session, ticket_id)
        if ticket is None:
            abort(404)
        offered = offered_layouts(session)
        wanted = query["layout"] or default_layout(session, ticket, offered).key
    layout = next((one for one in offered if one.key == wanted), None)
    if layout is None:
        abort(404)
    try:
        _, sheet = print_ticket(
            desk, ticket_id, layout, actor=current_actor(), locale=str(get_locale())
        )
    except LookupError:
        abort(404)
    except PrintRefused as error:
        abort(422, error.words.in_(str(get_locale())))
    return pdf_response(sheet.pdf, f"{ticket.number}-{layout.key}.pdf", download=True)


@blueprint.route("/prints", methods=["POST"])
@requires("ticket.read", "ticket.export")
@blueprint.arguments(BatchOrder)
@blueprint.response(202, BackgroundJobSchema)
def print_many(order: dict[str, Any]) -> BackgroundJob:
    """Print many tickets as one PDF; the answer is the background work, whose file is the PDF.

    Tickets that are not there for the caller are left out; 404 when none is left or there is no such layout.
    """
    user = current_user()
    with current_desk().database.transaction() as session:
        layout = next((one for one in layouts(session) if one.key == order["layout"]), None)
        if layout is None or (layout.kind.permission and not can(user, layout.kind.permission)):
            abort(404)
        wanted = TicketFilter(ids=tuple(order["ids"]), seen=visible(session, user))
        there = {row.id for row in list_tickets(session, wanted, limit=MOST).rows}
        ids = sorted(there, key=order["ids"].index)
        if not ids:
            abort(404)
        parameters = {"ids": ids, "layout": layout.key, "locale": str(get_locale())}
        job = submit(session, KIND, parameters, actor=current_actor(), total=len(ids))
        return session.get_one(BackgroundJob, job)
