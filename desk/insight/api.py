"""Figures and dashboards for programs."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, NotFound

from desk.application import current_desk
from desk.insight import boards, operations
from desk.insight.measures import MEASURES, Setting
from desk.insight.models import Dashboard
from desk.insight.operations import DashboardOutdated, DashboardRefused
from desk.insight.periods import LastDays
from desk.insight.queries import CannotAsk, Question, figures
from desk.insight.schemas import DashboardIn, DashboardSchema, FigureQuery, FiguresSchema
from desk.insight.views import as_json
from desk.people.access import current_actor, current_user, requires
from desk.people.models import User
from desk.web.api import ApiBlueprint
from desk.web.api.changing import changing

blueprint = ApiBlueprint("insight", description="Figures and dashboards")


@blueprint.route("/insight/figures")
@requires("ticket.read")
@blueprint.arguments(FigureQuery, location="query")
@blueprint.response(200, FiguresSchema)
def read_figures(query: dict[str, Any]) -> dict[str, Any]:
    """A measure by a field or over time, of the tickets that the caller may see."""
    pairs = [part.partition(":") for part in query["where"].split(",") if part]
    # an answer of the form is two parts itself: form:city:Berlin
    filters = {
        f"form:{value.partition(':')[0]}" if key == "form" else key:
        value.partition(":")[2] if key == "form" else value
        for key, _, value in pairs
    }  # fmt: skip
    asked = Question(query["measure"], query["by"], query["period"] or LastDays(), filters)
    desk = current_desk()
    with desk.reading() as session:
        zone = ZoneInfo(desk.settings.timezone)
        try:
            rows = figures(Setting.of(desk, session), current_user(), asked, zone)
        except CannotAsk as error:
            abort(422, message=str(error))
    return {"measure": asked.measure, "unit": MEASURES[asked.measure].unit, "rows": as_json(rows)}


@blueprint.route("/insight/dashboards")
@requires("ticket.read")
@blueprint.response(200, DashboardSchema(many=True))
def list_dashboards() -> Sequence[Dashboard]:
    """The dashboards that the caller may see."""
    with current_desk().reading() as session:
        return boards.boards(session, current_user())


@blueprint.route("/insight/dashboards", methods=["POST"])
@requires("report.edit")
@blueprint.arguments(DashboardIn)
@blueprint.response(201, DashboardSchema)
def create_dashboard(given: dict[str, Any]) -> Dashboard:
    """Make a dashboard of the caller's own."""
    with changing(DashboardRefused) as session:
        return operations.create(
            session, name=given["name"], owner=session.get_one(User, current_user().id),
            actor=current_actor(), days=given["days"],
            tiles=given["tiles"], shares=given["shares"],
        )  # fmt: skip


@blueprint.route("/insight/dashboards/<int:board_id>")
@requires("ticket.read")
@blueprint.response(200, DashboardSchema)
def read_dashboard(board_id: int) -> Dashboard:
    """One dashboard."""
    with current_desk().reading() as session:
        return _found(session, board_id)


@blueprint.route("/insight/dashboards/<int:board_id>", methods=["PUT"])
@requires("report.edit")
@blueprint.arguments(DashboardIn)
@blueprint.response(200, DashboardSchema)
def change_dashboard(given: dict[str, Any], board_id: int) -> Dashboard:
    """Replace what it is; 409 when `revision` is not the newest."""
    with changing(DashboardRefused, DashboardOutdated) as session:
        found = _own(session, board_id)
        operations.change(
            session, found, seen=given["revision"] or 0, actor=current_actor(),
            name=given["name"], days=given["days"], shares=given["shares"],
            tiles=given["tiles"],
        )  # fmt: skip
        return found


@blueprint.route("/insight/dashboards/<int:board_id>", methods=["DELETE"])
@requires("report.edit")
@blueprint.response(204)
def delete_dashboard(board_id: int) -> None:
    """Take a dashboard away."""
    desk = current_desk()
    with desk.database.transaction() as session:
        operations.delete(session, desk.storage, _own(session, board_id), actor=current_actor())


def _found(session: Session, board_id: int) -> Dashboard:
    found = boards.board(session, current_user(), board_id)
    if found is None:
        raise NotFound
    return found


def _own(session: Session, board_id: int) -> Dashboard:
    found = _found(session, board_id)
    if not boards.may_change(current_user(), found):
        raise Forbidden
    return found
