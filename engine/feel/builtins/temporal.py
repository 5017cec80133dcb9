"""Functions on dates and times (DMN 1.5 §10.3.4.8 and §10.3.4.3)."""

from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.runtime import Run
from engine.feel.temporal import Date, DateTime, YearsMonths
from engine.feel.temporal_math import months_between
from engine.feel.values import to_feel

built_ins = BuiltIns()
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ONE = "date: date or date and time"


def _date(value: Date | DateTime) -> Date:
    return value if isinstance(value, Date) else value.date


@built_ins.add("now", "")
def now(run: Run) -> Any:
    """The clock's moment, one for the whole evaluation."""
    return to_feel(run.now())


@built_ins.add("today", "")
def today(run: Run) -> Any:
    return to_feel(run.now().date())


@built_ins.add("day of year", _ONE)
def day_of_year(value: Date | DateTime) -> Decimal:
    return Decimal(_date(value).day_of_year)


@built_ins.add("day of week", _ONE)
def day_of_week(value: Date | DateTime) -> str:
    return _DAYS[_date(value).weekday - 1]


@built_ins.add("month of year", _ONE)
def month_of_year(value: Date | DateTime) -> str:
    return _MONTHS[_date(value).month - 1]


@built_ins.add("week of year", _ONE)
def week_of_year(value: Date | DateTime) -> Decimal:
    return Decimal(_date(value).iso_week)


@built_ins.add(
    "years and months duration", "from: date or date and time, to: date or date and time"
)
def years_and_months_duration(start: Date | DateTime, end: Date | DateTime) -> YearsMonths | None:
    return months_between(start, end)
