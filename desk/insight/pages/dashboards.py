"""Dashboards as people look at them."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.insight import boards, operations
from desk.insight.models import Dashboard
from desk.insight.pages import addresses, blueprint
from desk.insight.periods import LastDays, Period
from desk.insight.views import View
from desk.people.access import current_actor, current_user, requires
from desk.people.models import User
from desk.people.permissions import can
from desk.web.localisation import words


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
    """One dashboard, whose tiles ask one by one; `?days=`, `?from=&to=` look at another period.

    With `?whole=1` all answers come at once.
    """
    chosen = addresses.period(request.args)
    user = current_user()
    with current_desk().reading() as session:
        board = found(session, board_id)
        whole = "whole" in request.args
        views = _answered(session, board, chosen) if whole else _outlined(board, chosen)
        order = operations.report_of(session, board, user)
    return render_template(
        "insight/dashboard.html",
        board=board,
        views=views,
        whole=whole,
        address=chosen.address if chosen else {},
        period=addresses.period_fields(chosen or LastDays(board.days)),
        may_change=boards.may_change(user, board),
        may_copy=can(user, "report.edit"),
        cycles=[(key, words(one.title)) for key, one in operations.CYCLES.items()],
        mailed=next(
            (k for k, one in operations.CYCLES.items() if order and one.cron == order.cycle), ""
        ),
    )


@blueprint.get("/insight/<int:board_id>/tiles/<int:position>")
@requires("ticket.read")
def tile(board_id: int, position: int) -> str:
    """One tile with its answer."""
    with current_desk().reading() as session:
        views = _answered(session, found(session, board_id), addresses.period(request.args), position)
    if not views:
        abort(404)
    return render_template("insight/_tiles.html", views=views)


@blueprint.get("/insight/<int:board_id>/wall")
@requires("report.read")
def wall(board_id: int) -> str:
    """The dashboard for a screen on the wall: nothing else on it, large, and new when tickets change."""
    with current_desk().reading() as session:
        board = found(session, board_id)
    return render_template("insight/wall.html", board=board, views=_outlined(board))


@blueprint.get("/insight/<int:board_id>/wall/tiles")
@requires("report.read")
def wall_tiles(board_id: int) -> str:
    """The tiles of the wall, read again when there is news."""
    with current_desk().reading() as session:
        views = _answered(session, found(session, board_id))
    return render_template("insight/_tiles.html", views=views)


@blueprint.post("/insight/<int:board_id>/mail")
@requires("ticket.read")
def mail(board_id: int) -> Any:
    """Have it mailed to the reader at chosen times, or no more where none is chosen."""
    desk, cycle = current_desk(), request.form.get("cycle", "")
    try:
        with desk.database.transaction() as session:
            board, user = found(session, board_id), session.get_one(User, current_user().id)
            if cycle:
                operations.subscribe(
                    session, desk, board, user=user, cycle=cycle, actor=current_actor()
                )
            else:
                operations.unsubscribe(session, desk, board, user=user, actor=current_actor())
    except operations.DashboardRefused as refused:
        flash(words(refused.words), "error")
    else:
        said = _("You get this dashboard by mail.") if cycle else _("It is mailed to you no more.")
        flash(said, "success")
    return redirect(url_for("insight.show", board_id=board_id), 303)


def found(session: Session, board_id: int) -> Dashboard:
    """The dashboard, for who may see it; 404 for anybody else."""
    board = boards.board(session, current_user(), board_id)
    if board is None:
        abort(404)
    return board


def _outlined(board: Dashboard, period: Period | None = None) -> list[View]:
    return boards.outlined(board, locale=addresses.locale(), period=period)


def _answered(
    session: Session, board: Dashboard, period: Period | None = None, position: int | None = None
) -> list[View]:
    return boards.answered(
        addresses.setting(session), current_user(), board, addresses.zone(), locale=addresses.locale(),
        link=addresses.behind, period=period, position=position,
    )  # fmt: skip
