"""Dashboards as people look at them."""

from flask import abort, render_template, request
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.insight import boards
from desk.insight.models import Dashboard
from desk.insight.pages import addresses, blueprint
from desk.people.access import current_user, requires
from desk.people.permissions import can


@blueprint.get("/insight")
@requires("ticket.read")
def index() -> str:
    """The dashboards that the reader may see."""
    with current_desk().reading() as session:
        found = boards.boards(session, current_user())
    return render_template("insight/index.html", boards=found, user=current_user())


@blueprint.get("/insight/<int:board_id>")
@requires("ticket.read")
def show(board_id: int) -> str:
    """One dashboard with its answers; `?days=` looks at another period."""
    chosen = request.args.get("days", "")
    user = current_user()
    with current_desk().reading() as session:
        board = found(session, board_id)
        views = boards.answered(
            addresses.setting(session), user, board, addresses.zone(),
            locale=addresses.locale(), link=addresses.behind,
            days=int(chosen) if chosen in addresses.DAYS else None,
        )  # fmt: skip
    return render_template(
        "insight/dashboard.html",
        board=board,
        views=views,
        days=chosen or str(board.days),
        periods=addresses.DAYS.items(),
        may_change=boards.may_change(user, board),
        may_copy=can(user, "report.edit"),
    )


def found(session: Session, board_id: int) -> Dashboard:
    """The dashboard, for who may see it; 404 for anybody else."""
    board = boards.board(session, current_user(), board_id)
    if board is None:
        abort(404)
    return board
