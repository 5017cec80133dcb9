"""Of what time a question is: the last days, or from one day to another. Days are whole, and of the desk's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

LONGEST_DAYS: Final = 730
BETWEEN: Final = "dates"  # `days` of an address that names the days themselves


@dataclass(frozen=True)
class LastDays:
    """The last so many days; today is one of them."""

    days: int = 30

    def dates(self, today: date) -> tuple[date, date]:
        """The first and the last day."""
        return today - timedelta(days=self.days - 1), today

    @property
    def length(self) -> int:
        """Days."""
        return self.days

    @property
    def address(self) -> dict[str, Any]:
        """As parameters of an address, and as a tile keeps it."""
        return {"days": self.days}


@dataclass(frozen=True)
class Dates:
    """From a day to a day; both count."""

    first: date
    last: date

    def dates(self, today: date) -> tuple[date, date]:
        """The first and the last day."""
        return self.first, self.last

    @property
    def length(self) -> int:
        """Days; 0 or less where the last is before the first."""
        return (self.last - self.first).days + 1

    @property
    def address(self) -> dict[str, Any]:
        """As parameters of an address, and as a tile keeps it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


Period = LastDays | Dates


def bounds(period: Period, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of its first day to (not including) that of the day after its last."""
    first, last = period.dates(now.astimezone(zone).date())
    return (
        datetime.combine(first, time.min, zone),
        datetime.combine(last + timedelta(days=1), time.min, zone),
    )


def from_address(given: Mapping[str, str], today: date) -> Period | None:
    """The period of an address: `days`, or `from` and `to`; None where it names none.

    A day that is left out is today, or the first of the 30 days up to the other one; days in the wrong order change
    places, and of too many the last are taken.
    """
    days, first, last = given.get("days", ""), _day(given.get("from")), _day(given.get("to"))
    if days.isdecimal() and 1 <= int(days[:9]) <= LONGEST_DAYS:
        return LastDays(int(days))
    if days != BETWEEN and (days or first is None and last is None):
        return None
    if last is None:
        last = max(today, first or today)
    if first is None:
        first, _last = LastDays().dates(last)
    first, last = min(first, last), max(first, last)
    return Dates(max(first, LastDays(LONGEST_DAYS).dates(last)[0]), last)


def from_json(kept: Mapping[str, Any]) -> Period | None:
    """The period that a tile keeps; None: that of its dashboard. Raises ValueError for what is no day."""
    if kept.get("from") and kept.get("to"):
        return Dates(date.fromisoformat(kept["from"]), date.fromisoformat(kept["to"]))
    return LastDays(int(kept["days"])) if kept.get("days") else None


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 9000 else None  # others have no days before or after
