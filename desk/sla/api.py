"""The clocks of tickets as programs see them."""

from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import OneOf
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.people.access import current_user, requires
from desk.sla.models import ClockKind
from desk.sla.pages import say_waiting
from desk.sla.queries import as_json, views
from desk.tickets.models import Ticket
from desk.tickets.scope import may_see
from desk.web.api import ApiBlueprint
from engine.timestamps import utc_now

blueprint = ApiBlueprint("sla-api", description="Service levels of tickets")

STATES = ["running", "held", "late", "met", "missed", "dropped"]


class ClockSchema(ma.Schema):
    """One promise. Times in working time are seconds; `left_seconds` is there while the clock is held."""

    clock = fields.String(validate=OneOf([str(kind) for kind in ClockKind]))
    state = fields.String(validate=OneOf(STATES))
    policy = fields.String()
    calendar = fields.String()
    target_seconds = fields.Integer(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    met_at = fields.AwareDateTime(allow_none=True)
    missed_at = fields.AwareDateTime(allow_none=True)
    paused_at = fields.AwareDateTime(allow_none=True)
    left_seconds = fields.Integer(allow_none=True)


class ClocksSchema(ma.Schema):
    """The clocks of one ticket, first response first; empty: no service level applies."""

    items = fields.List(fields.Nested(ClockSchema))


class Waiting(ma.Schema):
    """Whether the ticket waits for its customer."""

    waiting = fields.Boolean(required=True)


@blueprint.route("/tickets/<int:ticket_id>/sla")
@requires("ticket.read")
@blueprint.response(200, ClocksSchema)
def clocks_of_ticket(ticket_id: int) -> dict[str, Any]:
    """The clocks of a ticket as they stand now."""
    with current_desk().reading() as session:
        ticket = _found(session, ticket_id)
        return {"items": [as_json(view) for view in views(session, ticket.id, utc_now())]}


@blueprint.route("/tickets/<int:ticket_id>/waiting", methods=["PUT"])
@requires("ticket.process")
@blueprint.arguments(Waiting)
@blueprint.response(202, Waiting)
def set_waiting(given: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """Say that the ticket waits for its customer, or waits no more; the diagram holds the clocks soon after."""
    with current_desk().database.transaction() as session:
        say_waiting(session, _found(session, ticket_id), waiting=given["waiting"])
    return given


def _found(session: Session, ticket_id: int) -> Ticket:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not may_see(session, current_user(), ticket):
        raise NotFound
    return ticket
