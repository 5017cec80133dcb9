"""Dashboards as people make them: plain forms, one change each."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.insight import boards, operations
from desk.insight.measures import MEASURES
from desk.insight.models import Dashboard
from desk.insight.operations import DashboardOutdated, DashboardRefused, tiles_of
from desk.insight.pages import addresses, blueprint
from desk.insight.pages.dashboards import found
from desk.insight.tiles import Tile
from desk.insight.views import CHARTS, SIZES, by_words
from desk.insight.words import period_words
from desk.people.access import current_actor, current_user, requires
from desk.people.models import User
from desk.people.permissions import ROLES
from desk.people.queries import active_teams
from desk.web.localisation import words


@blueprint.post("/insight")
@requires("report.edit")
def create() -> Any:
    """A new, empty dashboard of the reader's, to be filled."""
    return _made(request.form.get("name", ""))


@blueprint.post("/insight/<int:board_id>/copy")
@requires("report.edit")
def copy(board_id: int) -> Any:
    """The same as a dashboard of the reader's own."""
    with current_desk().reading() as session:
        board = found(session, board_id)
    name = _("Copy of %(name)s", name=words(board.name))
    return _made(name, board)


@blueprint.get("/insight/<int:board_id>/edit")
@requires("report.edit")
def edit(board_id: int) -> str:
    """The name, the period, with whom it is shared, and its tiles."""
    with current_desk().reading() as session:
        return _page(session, _own(session, board_id), {})


@blueprint.post("/insight/<int:board_id>/edit")
@requires("report.edit")
def save(board_id: int) -> Any:
    """Keep name, period and shares."""
    name, days = request.form.get("name", ""), request.form.get("days", "")
    return _change(
        board_id,
        name={"zh": name, "en": name},
        days=int(days) if days.isdecimal() and len(days) < 5 else 0,
        shares=request.form.getlist("shares"),
    )


@blueprint.post("/insight/<int:board_id>/tiles")
@requires("report.edit")
def add_tile(board_id: int) -> Any:
    """One more tile, at the end."""
    form = request.form
    title = form.get("title", "").strip()
    tile = Tile(
        form.get("measure", ""), form.get("by") or None, addresses.filters(form.to_dict()),
        form.get("chart", ""), form.get("size", "half"), {"zh": title, "en": title} if title else {},
        addresses.period(form),
    )  # fmt: skip
    with current_desk().reading() as session:
        board = _own(session, board_id)
        tiles = tiles_of(board)
    return _change(board_id, tiles=[*tiles, tile], seen=board.revision if "any" in form else None)


@blueprint.post("/insight/<int:board_id>/tiles/<int:position>")
@requires("report.edit")
def move_tile(board_id: int, position: int) -> Any:
    """Move a tile up or down, give it another size, or take it away."""
    with current_desk().reading() as session:
        tiles = tiles_of(_own(session, board_id))
    if position >= len(tiles):
        abort(404)
    act = request.form.get("act", "")
    if act == "remove":
        del tiles[position]
    elif act in ("up", "down"):
        other = max(0, min(len(tiles) - 1, position + (1 if act == "down" else -1)))
        tiles[position], tiles[other] = tiles[other], tiles[position]
    elif act in SIZES:
        tiles[position] = replace(tiles[position], size=act)
    else:
        abort(400)
    return _change(board_id, tiles=tiles)


@blueprint.post("/insight/<int:board_id>/delete")
@requires("report.edit")
def delete(board_id: int) -> Any:
    """Take the dashboard away."""
    desk = current_desk()
    with desk.database.transaction() as session:
        operations.delete(session, desk.storage, _own(session, board_id), actor=current_actor())
    flash(_("The dashboard was deleted."), "success")
    return redirect(url_for("insight.index"), 303)


# ----------------------------------------------------------------------------------------------------------------------


def _own(session: Session, board_id: int) -> Dashboard:
    board = found(session, board_id)
    if not boards.may_change(current_user(), board):
        abort(403)
    return board


def _made(name: str, source: Dashboard | None = None) -> Any:
    try:
        with current_desk().database.transaction() as session:
            made = operations.create(
                session, name={"zh": name, "en": name}, owner=session.get_one(User, current_user().id),
                actor=current_actor(), days=source.days if source else 30,
                tiles=tiles_of(source) if source else (),
            )  # fmt: skip
            number = made.id
    except DashboardRefused as refused:
        flash(words(refused.words), "error")
        return redirect(url_for("insight.index"), 303)
    return redirect(url_for("insight.edit", board_id=number), 303)


def _change(board_id: int, *, seen: int | None = None, **changes: Any) -> Any:
    """`seen`: the revision, where the form was not made from the dashboard itself."""
    revision = request.form.get("revision", "")
    looked_at = seen if seen is not None else int(revision) if revision.isdecimal() else 0
    try:
        with current_desk().database.transaction() as session:
            operations.change(
                session, _own(session, board_id), seen=looked_at, actor=current_actor(), **changes
            )
    except DashboardOutdated as refused:
        flash(words(refused.words), "warning")
    except DashboardRefused as refused:
        with current_desk().reading() as session:
            errors = {refused.field: words(refused.words)}
            return _page(session, _own(session, board_id), errors), 422
    return redirect(url_for("insight.edit", board_id=board_id), 303)


def _page(session: Session, board: Dashboard, errors: dict[str, str]) -> str:
    tiles = [
        {
            "title": words(tile.title) or words(MEASURES[tile.measure].title),
            "by": words(by_words(tile.by)) if tile.by else "",
            "filters": [words(by_words(key)) for key in tile.filters],
            "period": words(period_words(tile.period)) if tile.period else "",
            "size": tile.size,
        }
        for tile in tiles_of(board)
    ]
    teams = [(f"team:{team.id}", team.name) for team in active_teams(session)]
    roles = [(f"role:{key}", words(role.name)) for key, role in ROLES.items()]
    return render_template(
        "insight/edit.html",
        board=board,
        tiles=tiles,
        errors=errors,
        days=request.form.get("days", str(board.days)),
        name=request.form.get("name", words(board.name)),
        periods=addresses.DAYS.items(),
        tile_periods=addresses.PERIODS.items(),
        candidates=[*roles, *teams],
        shared={one.candidate for one in board.shares},
        offered=addresses.choices(session),
        charts=[(key, words(text)) for key, text in CHARTS.items()],
        sizes=[(key, words(text)) for key, text in SIZES.items()],
    )
