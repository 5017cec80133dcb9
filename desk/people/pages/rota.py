"""Settings: the rota, a week at a time, and its shifts; and everybody's own shifts [000 §2.10.4]."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import queries, rota, work
from desk.people.access import current_actor, current_user, requires
from desk.people.errors import PeopleError
from desk.people.models import Absence, RotaEntry, Shift, User
from desk.people.pages import blueprint
from desk.web import navigation
from engine.timestamps import utc_now

navigation.register_setting(
    navigation.SettingsTab("rota", _l("Rota"), "people.rota_week", "people.read", 22)
)

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@blueprint.get("/settings/rota")
@requires("people.read")
def rota_week() -> str:
    """Who works which shift; `?week=2026-03-02&team=3`."""
    return _week_page(None)


@blueprint.post("/settings/rota")
@requires("calendar.edit")
def plan() -> tuple[str, int] | Response:
    """Put people on a shift on days of the week shown (`people`, `days`, `shift`), or copy the week before (`copy`)."""
    actor, first = current_actor(), _first_day()
    with current_desk().database.transaction() as session:
        if request.form.get("copy"):
            ids = [user.id for user in _people(session)]
            work.copy_week(session, ids, first - WEEK, first, actor=actor)
        else:
            shift = session.get(Shift, request.form.get("shift", 0, type=int)) or abort(404)
            chosen = queries.users_by_ids(session, request.form.getlist("people", type=int))
            for user in chosen:
                for number in sorted(set(request.form.getlist("days", type=int)) & set(range(7))):
                    work.plan(session, user, shift, first + number * DAY, actor=actor)
    return redirect(_here(first), 303)


@blueprint.post("/settings/rota/<int:entry_id>/remove")
@requires("calendar.edit")
def unplan(entry_id: int) -> Response:
    """Take somebody off a shift."""
    with current_desk().database.transaction() as session:
        entry = session.get(RotaEntry, entry_id) or abort(404)
        work.unplan(session, entry, actor=current_actor())
    return redirect(_here(_first_day()), 303)


@blueprint.post("/settings/rota/shifts")
@requires("calendar.edit")
def new_shift() -> tuple[str, int] | Response:
    """Add a shift, in the desk's zone."""
    try:
        with current_desk().database.transaction() as session:
            work.create_shift(
                session,
                name=request.form.get("name", ""),
                hours=request.form.get("hours", ""),
                zone=current_desk().settings.timezone,
                actor=current_actor(),
            )
    except PeopleError as error:
        return _week_page(error), 422
    flash(_("Saved."), "success")
    return redirect(_here(_first_day()), 303)


@blueprint.post("/settings/rota/shifts/<int:shift_id>/close")
@requires("calendar.edit")
def close_shift(shift_id: int) -> Response:
    """Offer a shift no more."""
    with current_desk().database.transaction() as session:
        shift = session.get(Shift, shift_id) or abort(404)
        work.close_shift(session, shift, actor=current_actor())
    return redirect(_here(_first_day()), 303)


@blueprint.get("/me/shifts")
@requires()
def my_shifts() -> str:
    """The own shifts of the next four weeks."""
    today = _today()
    with current_desk().reading() as session:
        entries = rota.entries(session, [current_user().id], today, today + 4 * WEEK)
    return render_template("people/my_shifts.html", entries=entries, today=today)


def _week_page(error: PeopleError | None) -> str:
    first = _first_day()
    zone = ZoneInfo(current_desk().settings.timezone)
    with current_desk().reading() as session:
        people = _people(session)
        ids = [user.id for user in people]
        planned = rota.entries(session, ids, first, first + 6 * DAY)
        away = session.scalars(
            select(Absence).where(Absence.user_id.in_(ids), Absence.end > utc_now() - 400 * DAY)
        ).all()
        shifts = session.scalars(select(Shift).where(Shift.active).order_by(Shift.name)).all()
        teams = queries.active_teams(session)
    cells: dict[tuple[int, date], list[RotaEntry]] = {}
    for entry in planned:
        cells.setdefault((entry.user_id, entry.day), []).append(entry)
    absent = {
        (one.user_id, first + n * DAY)
        for one in away
        for n in range(7)
        if one.start.astimezone(zone).date() <= first + n * DAY
        and (one.end - timedelta(seconds=1)).astimezone(zone).date() >= first + n * DAY
    }
    return render_template(
        "people/rota.html",
        people=people,
        days=[first + number * DAY for number in range(7)],
        today=_today(),
        cells=cells,
        absent=absent,
        shifts=shifts,
        teams=teams,
        team=request.values.get("team", type=int),
        earlier=first - WEEK,
        later=first + WEEK,
        first=first,
        error=error,
        form=request.form,
    )


def _people(session: Session) -> list[User]:
    """Those who work on tickets, of the team that was chosen."""
    team = request.values.get("team", type=int)
    found = queries.people_who_can(session, "ticket.process")
    return [user for user in found if team is None or team in {t.id for t in user.teams}]


def _today() -> date:
    return utc_now().astimezone(ZoneInfo(current_desk().settings.timezone)).date()


def _first_day() -> date:
    """The Monday of the week that was asked for, else of this one."""
    try:
        asked = date.fromisoformat(request.values.get("week", ""))
    except ValueError:
        asked = _today()
    asked = min(max(asked, date(1990, 1, 8)), date(2190, 1, 1))
    return asked - asked.weekday() * DAY


def _here(first: date) -> str:
    return url_for(
        "people.rota_week", week=first.isoformat(), team=request.values.get("team") or None
    )
