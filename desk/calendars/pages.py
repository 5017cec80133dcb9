"""Settings: the working calendars, each with its week, its holidays and make-up days, and a look at the months."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.calendars import operations, queries
from desk.calendars.building import DEFAULT, OFFICE_WEEK, office, working_calendar
from desk.calendars.models import Calendar
from desk.calendars.public import COUNTRIES, country_of, public_days
from desk.people.access import current_actor, requires
from desk.people.errors import PeopleError
from desk.people.pages.versions import form_version
from desk.people.queries import active_teams
from desk.web import navigation
from engine.feel.temporal_text import parse_duration
from engine.timestamps import utc_now

blueprint = Blueprint("calendars", "desk.calendars", template_folder="templates")

navigation.register_setting(
    navigation.SettingsTab(
        "calendars", _l("Working calendars"), "calendars.calendar_list", "people.read", 30
    )
)

MONTHS = 3  # shown at once
READY: Mapping[str, tuple[Any, tuple[str, ...], bool]] = {
    "office": (_l("Office hours, Monday to Friday"), OFFICE_WEEK, True),
    "six": (_l("Six days a week, 09:00 to 21:00"), ("09:00-21:00",) * 6 + ("",), True),
    "always": (_l("Around the clock, every day"), ("00:00-24:00",) * 7, False),
}


@blueprint.get("/settings/calendars")
@requires("people.read")
def calendar_list() -> str:
    """All calendars, and what "default" means until there is one of that name."""
    with current_desk().reading() as session:
        found = session.scalars(queries.calendars().order_by(Calendar.title)).all()
    zone = current_desk().settings.timezone
    return render_template(
        "calendars/list.html",
        calendars=found,
        built_in=None if any(row.key == DEFAULT for row in found) else office(zone),
        country=COUNTRIES.get(country_of(zone) or ""),
        week_of=_week_words,
        office_week=OFFICE_WEEK,
        ready=READY,
    )


@blueprint.route("/settings/calendars/new", methods=["GET", "POST"])
@requires("calendar.edit")
def new_calendar() -> str | tuple[str, int] | Response:
    """Add a calendar; `?from=` chooses a ready-made one to begin with."""
    if request.method == "POST":
        try:
            with current_desk().database.transaction() as session:
                row = operations.create(
                    session,
                    key=request.form.get("key", ""),
                    **_given(request.form),
                    actor=current_actor(),
                )
        except PeopleError as error:
            return _page(None, error), 422
        flash(_("Saved."), "success")
        return redirect(url_for("calendars.calendar", calendar_id=row.id), 303)
    return _page(None, None)


@blueprint.get("/settings/calendars/<int:calendar_id>")
@requires("people.read")
def calendar(calendar_id: int) -> str:
    """One calendar; `?month=2026-10` is where the months begin, `?from=&length=` tries a calculation."""
    return _page(calendar_id, None)


@blueprint.post("/settings/calendars/<int:calendar_id>")
@requires("calendar.edit")
def change_calendar(calendar_id: int) -> tuple[str, int] | Response:
    """Save the form; refused when somebody changed the calendar since it was opened."""
    with _answering(calendar_id) as answer, current_desk().database.transaction() as session:
        row = _row(session, calendar_id)
        if request.form.get("version") != version_of(row):
            raise PeopleError(
                None,
                _(
                    "Somebody changed this calendar while you were writing. Your entries are still here: "
                    "compare, and save again if they are right."
                ),
            )
        operations.change(
            session,
            row,
            **_given(request.form),
            active=request.form.get("active") == "1",
            actor=current_actor(),
        )
    return answer[0]


@blueprint.post("/settings/calendars/<int:calendar_id>/days")
@requires("calendar.edit")
def set_days(calendar_id: int) -> tuple[str, int] | Response:
    """Enter holidays (no hours) or make-up days (with hours)."""
    with _answering(calendar_id) as answer:
        first = _day("first")
        with current_desk().database.transaction() as session:
            operations.set_days(
                session,
                _row(session, calendar_id),
                first=first,
                last=_day("last") if request.form.get("last") else first,
                hours=request.form.get("hours", ""),
                title=request.form.get("day_title", ""),
                actor=current_actor(),
            )
    return answer[0]


@blueprint.post("/settings/calendars/<int:calendar_id>/days/<int:day_id>/remove")
@requires("calendar.edit")
def remove_day(calendar_id: int, day_id: int) -> tuple[str, int] | Response:
    """Let a day be again what the week says."""
    with _answering(calendar_id) as answer, current_desk().database.transaction() as session:
        operations.remove_day(session, _row(session, calendar_id), day_id, actor=current_actor())
    return answer[0]


@contextmanager
def _answering(calendar_id: int) -> Iterator[list[Any]]:
    """`[answer]`: back to the calendar, or the page with what was refused."""
    answer: list[Any] = [redirect(url_for("calendars.calendar", calendar_id=calendar_id), 303)]
    try:
        yield answer
        flash(_("Saved."), "success")
    except PeopleError as error:
        answer[0] = _page(calendar_id, error), 422


def version_of(row: Calendar) -> str:
    """Changes whenever something changes that the form shows."""
    return form_version(row.revision)


def _given(form: MultiDict[str, str]) -> dict[str, Any]:
    return {
        "title": form.get("title", ""),
        "zone": form.get("zone", ""),
        "week": [form.get(f"week-{number}", "") for number in range(operations.WEEKDAYS)],
        "public": form.get("public") or None,
        "team_id": form.get("team_id", type=int),
    }


def _page(calendar_id: int | None, error: PeopleError | None) -> str:
    with current_desk().reading() as session:
        row = None if calendar_id is None else _row(session, calendar_id)
        teams = active_teams(session)
        found = None if row is None else working_calendar(session, row)
    if request.method == "POST" and "title" in request.form:
        values = {**_given(request.form), "key": request.form.get("key", "")}
        values["active"] = request.form.get("active") == "1"
    elif row is not None:
        values = {
            name: getattr(row, name)
            for name in ("key", "title", "zone", "week", "public", "team_id", "active")
        }
    else:
        _title, week, with_public = READY.get(request.args.get("from", ""), READY["office"])
        zone = current_desk().settings.timezone
        values = {
            "key": "", "title": "", "zone": zone, "week": week, "active": True, "team_id": None,
            "public": country_of(zone) if with_public else None,
        }  # fmt: skip
    first = _first_month()
    return render_template(
        "calendars/calendar.html",
        row=row,
        values=values,
        error=error,
        version=version_of(row) if row is not None else None,
        zones=sorted(available_timezones()),
        countries=COUNTRIES,
        known_until=public_days(row.public).until if row is not None and row.public else None,
        teams=teams,
        days=sorted(row.days, key=lambda d: d.day) if row is not None else [],
        months=[
            (month, queries.month(found, month, row=row)) for month in _following(first, MONTHS)
        ]
        if found is not None
        else [],
        earlier=_shifted(first, -MONTHS),
        later=_shifted(first, MONTHS),
        today=utc_now().astimezone(ZoneInfo(values["zone"])).date() if found else None,
        trial=_trial(found) if found is not None else {},
    )


def _trial(found: Any) -> dict[str, Any]:
    """What somebody tries out: from a moment, so much working time."""
    length, zone = request.args.get("length", ""), ZoneInfo(found.zone)
    start = _moment(request.args.get("from", "")) or utc_now().astimezone(zone).replace(tzinfo=None)
    given = {"from": start.isoformat(timespec="minutes"), "length": length or "PT8H"}
    if not length:
        return given
    parsed = parse_duration(length.upper() if length[:1] in "pP-" else f"PT{length.upper()}")
    if parsed is None or not hasattr(parsed, "nanos") or abs(parsed.nanos) > 10**18:
        return {**given, "refused": True}
    due = found.add(start.replace(tzinfo=zone), timedelta(microseconds=parsed.nanos // 1000))
    return {**given, "due": due.astimezone(zone) if due else None, "none": due is None}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _first_month() -> date:
    """The month asked for, else this one; what cannot be read is this month."""
    try:
        found = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        found = utc_now().date().replace(day=1)
    return min(max(found, date(1990, 1, 1)), date(2190, 1, 1))


def _following(first: date, count: int) -> list[date]:
    return [_shifted(first, number) for number in range(count)]


def _shifted(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _day(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError as error:
        raise PeopleError(field, _("Give a day.")) from error


def _row(session: Session, calendar_id: int) -> Calendar:
    row = queries.calendar_by_id(session, calendar_id)
    if row is None:
        abort(404)
    return row


def _week_words(week: Any) -> list[tuple[str, str]]:
    """(days, hours) with neighbouring days of the same hours made one; the days are numbers 0–6 as "0-4"."""
    rows: list[tuple[list[int], str]] = []
    for number, hours in enumerate(week):
        if rows and rows[-1][1] == hours:
            rows[-1][0].append(number)
        else:
            rows.append(([number], hours))
    return [(f"{days[0]}-{days[-1]}", hours) for days, hours in rows if hours]
