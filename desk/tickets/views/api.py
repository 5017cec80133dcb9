"""Views for programs: which there are, and how many tickets each is of. `GET /tickets?view=` has the tickets."""

from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from marshmallow import fields

from desk.application import current_desk
from desk.people.access import current_user, requires
from desk.tickets.api import blueprint
from desk.tickets.queries import MOST_COUNTED
from desk.tickets.views.queries import counted, views_of


class TicketViewLine(ma.Schema):
    """A view that the caller sees."""

    id = fields.Integer()
    key = fields.String(allow_none=True, metadata={"description": "Of one that came with the desk"})
    name = fields.Dict(keys=fields.String(), values=fields.String())
    note = fields.String()
    category = fields.String()
    sort = fields.String(metadata={"description": "How the desk's own list sorts it"})
    group_by = fields.String(allow_none=True)
    count = fields.Integer(
        metadata={"description": f"Tickets of it that the caller sees; {MOST_COUNTED} stands for that or more"}
    )


class TicketViewList(ma.Schema):
    """All of them, in the order in which they are listed."""

    items = fields.List(fields.Nested(TicketViewLine))


@blueprint.route("/ticket-views")
@requires("ticket.read")
@blueprint.response(200, TicketViewList)
def list_views() -> dict[str, Any]:
    """The open views that the caller sees, with their counts."""
    zone = ZoneInfo(current_desk().settings.timezone)
    with current_desk().reading() as session:
        user = current_user()
        found = counted(session, user, views_of(session, user), zone)
        lines = [{**vars(one.view), "count": one.count} for one in found]
    return {"items": lines}
