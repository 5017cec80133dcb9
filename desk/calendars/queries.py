"""What is asked of calendars: lists, one with its days, and the days of a month as people see them."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from desk.calendars.models import Calendar
from desk.calendars.public import public_days
from engine.functions import WorkingCalendar
from engine.operators import Text

DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayView:
    """One day of a month.

    `look` is "work", "free", "special" (worked otherwise than the week says) or "holiday"; `why` is its name.
    """

    day: date
    look: str
    worked: timedelta
    why: Text | None


def calendars() -> Select[Calendar]:
    """All calendars with their days, unordered."""
    return select(Calendar).options(selectinload(Calendar.days))


def calendar_by_id(session: Session, number: int) -> Calendar | None:
    """One calendar with its days."""
    return session.scalars(calendars().where(Calendar.id == number)).one_or_none()


def month(
    found: WorkingCalendar, first: date, *, row: Calendar | None = None
) -> Sequence[Sequence[DayView | None]]:
    """The weeks of the month that begins at `first`, Monday first; None where another month's days stand."""
    named = {day.day: day.title for day in row.days} if row is not None else {}
    public = public_days(row.public) if row is not None and row.public else None
    days: list[DayView | None] = [None] * first.weekday()
    for number in range(monthrange(first.year, first.month)[1]):
        day = first + number * DAY
        why = None
        if day in named:
            why = Text(named[day], named[day]) if named[day] else None
        elif public is not None:
            why = public.holidays.get(day) or public.make_up_days.get(day)
        worked = _worked(found, day)
        unlike = day in found.special or day in found.holidays
        look = "free" if not worked else "special" if unlike else "work"
        if not worked and unlike:
            look = "holiday"
        days.append(DayView(day, look, worked, why))
    days += [None] * (-len(days) % 7)
    return [days[at : at + 7] for at in range(0, len(days), 7)]


def _worked(found: WorkingCalendar, day: date) -> timedelta:
    """How long is worked between two midnights of the calendar's zone."""
    zone = ZoneInfo(found.zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + DAY
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    worked = found.between(midnight.astimezone(UTC), end.astimezone(UTC))
    return worked or timedelta()
