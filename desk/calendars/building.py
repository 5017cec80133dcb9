"""From rows to what can be calculated with: engine.functions.WorkingCalendar."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from desk.calendars.models import Calendar
from desk.calendars.public import country_of, public_days
from desk.people.rota import shifts_of_team
from engine.functions import Workday, WorkingCalendar

DEFAULT = "default"
OFFICE_WEEK = ("09:00-12:00,13:00-18:00",) * 5 + ("", "")
Days = tuple[tuple[date, str], ...]
Shifts = tuple[tuple[datetime, datetime], ...]


class NoWorkingTime(ValueError):
    """A calendar has no working time at all: nothing could ever become due by it."""


@lru_cache(maxsize=256)
def built(
    key: str,
    zone: str,
    week: tuple[str, ...],
    public: str | None = None,
    days: Days = (),
    shifts: Shifts = (),
) -> WorkingCalendar:
    """The calendar of these values; equal values give the same object, which remembers the days it has computed.

    A make-up day on a day of the week that is free has the hours of the first day that is not. Raises ValueError for
    hours, a zone or a week that cannot be understood.
    """
    plan = tuple(Workday.read(hours) for hours in week)
    worked = next((day for day in plan if day.worked), Workday())
    holidays: set[date] = set()
    special: dict[date, Workday] = {}
    if public is not None:
        known = public_days(public)
        holidays = set(known.holidays)
        special = {
            day: plan[day.weekday()] if plan[day.weekday()].worked else worked
            for day in known.make_up_days
        }
    for day, hours in days:
        special[day] = Workday.read(hours)
    return WorkingCalendar(key, zone, plan, frozenset(holidays), special, shifts)


def working_calendar(session: Session, row: Calendar) -> WorkingCalendar:
    """The calendar of a row, with the shifts of its team as they stand in the rota now."""
    days = tuple((day.day, day.hours) for day in row.days)
    shifts = shifts_of_team(session, row.team_id, row.zone) if row.team_id is not None else ()
    return built(row.key, row.zone, tuple(row.week), row.public, days, tuple(shifts))


def office(zone: str) -> WorkingCalendar:
    """What "default" means until somebody draws one up: office hours in the desk's zone, with its public holidays."""
    return built(DEFAULT, zone, OFFICE_WEEK, country_of(zone))


def find(session: Session, name: str) -> Calendar | None:
    """The calendar of that key that is in use."""
    return session.scalars(
        select(Calendar)
        .where(Calendar.key == name, Calendar.active)
        .options(selectinload(Calendar.days))
    ).one_or_none()


def provider(zone: str) -> Callable[[Session, str], WorkingCalendar | None]:
    """What the engine asks: the calendar of a name, None when there is none. `zone` is the desk's."""

    def provide(session: Session, name: str) -> WorkingCalendar | None:
        row = find(session, name)
        if row is not None:
            return working_calendar(session, row)
        return office(zone) if name == DEFAULT else None

    return provide


def all_names(session: Session) -> Sequence[tuple[str, str]]:
    """(key, title) of every calendar in use, by title; the built-in one is not among them."""
    rows = session.execute(
        select(Calendar.key, Calendar.title).where(Calendar.active).order_by(Calendar.title)
    )
    return [(key, title) for key, title in rows]
