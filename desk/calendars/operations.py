"""What can be done with calendars. Every function takes the caller's write session and leaves a line in the log.

What is due by a calendar is moved when the calendar changes: whoever keeps such moments registers with `on_change`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.calendars.building import built
from desk.calendars.models import Calendar, CalendarDay
from desk.calendars.public import COUNTRIES
from desk.people.errors import PeopleError
from desk.people.log import record
from desk.people.models import Team
from engine.actors import Actor
from engine.feel.temporal import zone_exists
from engine.functions import Workday

KEY = re.compile(r"[a-z][a-z0-9-]{0,63}")
WEEKDAYS = 7
MOST_DAYS = 2000  # days of their own that one calendar may have

Listener = Callable[[Session, Calendar, Actor], None]
_listeners: list[Listener] = []


def on_change(listener: Listener) -> Listener:
    """Call `listener(session, calendar, actor)` in the transaction of every change of a calendar."""
    _listeners.append(listener)
    return listener


def create(
    session: Session,
    *,
    key: str,
    title: str,
    zone: str,
    week: Sequence[str],
    public: str | None = None,
    team_id: int | None = None,
    actor: Actor,
) -> Calendar:
    """Add a calendar. Raises PeopleError naming the field: key taken or unusable, no title, unknown zone, hours that
    cannot be read, no working time at all."""
    key = key.strip().lower()
    if not KEY.fullmatch(key):
        raise PeopleError("key", _l("Use small letters, digits and hyphens, a letter first."))
    if session.scalar(select(Calendar.id).where(Calendar.key == key)) is not None:
        raise PeopleError("key", _l("There is a calendar with this key already."))
    row = Calendar(
        key=key,
        title=_title(title),
        zone=_zone(zone),
        week=_week(week),
        public=_public(public),
        team_id=_team(session, team_id),
        active=True,
        revision=1,
    )
    session.add(row)
    session.flush()
    _keep_working_time(session, row)
    record(session, "calendar_created", actor=actor, subject=f"calendar:{row.id}", new=_seen(row))
    _tell(session, row, actor)
    return row


def change(
    session: Session,
    row: Calendar,
    *,
    title: str,
    zone: str,
    week: Sequence[str],
    public: str | None,
    team_id: int | None,
    active: bool,
    actor: Actor,
) -> None:
    """Change a calendar; what is due by it moves with it. Raises PeopleError as create."""
    old = _seen(row)
    row.title, row.zone, row.week = _title(title), _zone(zone), _week(week)
    row.public, row.team_id, row.active = _public(public), _team(session, team_id), active
    session.flush()
    _keep_working_time(session, row)
    _changed(session, row, old, actor)


def set_days(
    session: Session,
    row: Calendar,
    *,
    first: date,
    last: date,
    hours: str = "",
    title: str = "",
    actor: Actor,
) -> None:
    """Make the days from first to last holidays (no hours) or working days (with hours), whatever they were.

    Raises PeopleError: hours that cannot be read, an end before the beginning, no working time left.
    """
    if last < first:
        raise PeopleError("last", _l("The last day is before the first."))
    if (last - first).days + 1 + len(row.days) > MOST_DAYS:
        raise PeopleError("last", _l("These are too many days at once."))
    hours, title = _hours("hours", hours), title.strip()[:120]
    old = _seen(row)
    known = {day.day: day for day in row.days}
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        if day in known:
            known[day].hours, known[day].title = hours, title
        else:
            row.days.append(CalendarDay(day=day, hours=hours, title=title))
    session.flush()
    _keep_working_time(session, row)
    _changed(session, row, old, actor)


def remove_day(session: Session, row: Calendar, day_id: int, *, actor: Actor) -> None:
    """Let a day be again what the week and the public holidays say. Raises PeopleError when no working time is left."""
    old = _seen(row)
    row.days = [day for day in row.days if day.id != day_id]
    session.flush()
    _keep_working_time(session, row)
    _changed(session, row, old, actor)


def _changed(session: Session, row: Calendar, old: dict[str, Any], actor: Actor) -> None:
    new = _seen(row)
    if new == old:
        return
    row.revision += 1
    names = [name for name in new if new[name] != old[name]]
    record(
        session,
        "calendar_changed",
        actor=actor,
        subject=f"calendar:{row.id}",
        old={name: old[name] for name in names},
        new={name: new[name] for name in names},
    )
    _tell(session, row, actor)


def _tell(session: Session, row: Calendar, actor: Actor) -> None:
    for listener in _listeners:
        listener(session, row, actor)


def _seen(row: Calendar) -> dict[str, Any]:
    """What of a calendar the log shows."""
    return {
        "key": row.key,
        "name": row.title,
        "zone": row.zone,
        "hours": " | ".join(hours or "–" for hours in row.week),
        "public": row.public,
        "team": row.team_id,
        "active": row.active,
        "days": ", ".join(f"{d.day} {d.hours or '–'}" for d in sorted(row.days, key=_by_day)),
    }


def _by_day(day: CalendarDay) -> date:
    return day.day


def _keep_working_time(session: Session, row: Calendar) -> None:
    """Refuse what nothing could become due by. The rota alone is no working time that lasts."""
    days = tuple((day.day, day.hours) for day in sorted(row.days, key=_by_day))
    if built(row.key, row.zone, tuple(row.week), row.public, days).empty and row.team_id is None:
        raise PeopleError(
            "week",
            _l(
                "This calendar would have no working time, and nothing could ever become due by it."
            ),
        )


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 1 <= len(title) <= 120:
        raise PeopleError("title", _l("Give a name of up to 120 characters."))
    return title


def _zone(zone: str) -> str:
    if not zone_exists(zone):
        raise PeopleError("zone", _l("There is no such time zone."))
    return zone


def _week(week: Sequence[str]) -> list[str]:
    if len(week) != WEEKDAYS:
        raise PeopleError("week", _l("A week has seven days."))
    return [_hours(f"week-{number}", hours) for number, hours in enumerate(week)]


def _hours(field: str, text: str) -> str:
    """The hours in one way of writing; Chinese punctuation and dashes are understood."""
    plain = text.strip().translate(str.maketrans("，、；;：－–—~～", ",,,,:-----"))
    try:
        day = Workday.read(plain)
    except ValueError as error:
        raise PeopleError(
            field, _l("Write hours as 09:00-12:00, 13:00-18:00; leave a free day empty.")
        ) from error
    return ",".join(str(one) for one in day.hours)


def _public(country: str | None) -> str | None:
    if country and country not in COUNTRIES:
        raise PeopleError("public", _l("The public holidays of this country are not known here."))
    return country or None


def _team(session: Session, team_id: int | None) -> int | None:
    if team_id is not None and session.get(Team, team_id) is None:
        raise PeopleError("team_id", _l("There is no such team."))
    return team_id
