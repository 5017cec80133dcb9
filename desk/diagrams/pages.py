"""The flow of a ticket as a picture that needs no script: to be saved, printed, or put into a mail."""

from flask import Blueprint, Response, abort, make_response, request

from desk.application import current_desk
from desk.diagrams.canvas import THEMES
from desk.diagrams.drawing import DrawingTooLarge, NoDrawing
from desk.diagrams.instance import instance_picture
from desk.people.access import current_user, requires
from desk.tickets.queries import ticket_by_id
from desk.tickets.scope import may_see
from desk.web.localisation import select_locale

blueprint = Blueprint("diagrams", __name__)


@blueprint.get("/tickets/<int:ticket_id>/flow.svg")
@requires("ticket.read")
def ticket_flow(ticket_id: int) -> Response:
    """The ticket's diagram with its path and tokens; `?theme=dark` for dark paper. 404 where there is no drawing."""
    desk, user = current_desk(), current_user()
    theme = request.args.get("theme", "light")
    with desk.reading() as session:
        ticket = ticket_by_id(session, ticket_id)
        if ticket is None or not may_see(session, user, ticket):
            abort(404)
        try:
            svg = instance_picture(
                session,
                desk.engine,
                ticket.instance_id,
                locale=select_locale(),
                theme=theme if theme in THEMES else "light",
            )
        except (NoDrawing, DrawingTooLarge):
            abort(404)
    response = make_response(svg)
    response.content_type = "image/svg+xml; charset=utf-8"
    return response
