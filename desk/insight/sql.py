"""What SQLite and PostgreSQL say differently: seconds between two moments, and the local day, week or month of one."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Float, String, case, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from engine.database import is_sqlite

GRAINS: Final = ("day", "week", "month")


class seconds_between(FunctionElement[float]):
    """`seconds_between(earlier, later)`: seconds, exact to a millisecond."""

    name = "seconds_between"
    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(one, **options) for one in element.clauses)
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"


@compiles(seconds_between, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(extract(epoch FROM ({later} - {earlier})) AS double precision)"


def local_date(
    session: Session, moment: Any, grain: str, zone: ZoneInfo, since: datetime, until: datetime
) -> ColumnElement[str]:
    """The day (`2026-03-02`), the Monday of the week, or the month (`2026-03`) of a moment as the zone's clock has it.

    SQLite knows no zones, so the clock changes between `since` and `until` are written out.
    """
    if not is_sqlite(session):
        local = func.date_trunc(grain, func.timezone(zone.key, moment))
        return func.to_char(local, "YYYY-MM" if grain == "month" else "YYYY-MM-DD", type_=String())
    spans = _offsets(zone, since, until)
    whens = [(moment < end, _on_grain(moment, grain, seconds)) for end, seconds in spans[:-1]]
    last = _on_grain(moment, grain, spans[-1][1])
    return case(*whens, else_=last) if whens else last


def _on_grain(moment: Any, grain: str, seconds: int) -> ColumnElement[str]:
    shift = f"{seconds:+d} seconds"
    if grain == "month":
        return func.strftime("%Y-%m", moment, shift, type_=String())
    # to the Sunday that ends the week, and back to its Monday
    more = ("weekday 0", "-6 days") if grain == "week" else ()
    return func.date(moment, shift, *more, type_=String())


def _offsets(zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """(end, seconds ahead of UTC) of each stretch in which the clock of the zone is not changed, to the minute."""
    found: list[tuple[datetime, int]] = []
    begin, offset = since, _offset(zone, since)
    while begin < until:
        ahead = min(begin + timedelta(days=7), until)
        if (then := _offset(zone, ahead)) != offset:
            low, high = begin, ahead
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            changed = high.replace(second=0, microsecond=0)
            found.append((changed, offset))
            offset, ahead = then, max(ahead, high)
        begin = ahead
    return [*found, (until, offset)]


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    ahead = moment.astimezone(zone).utcoffset()
    assert ahead is not None
    return round(ahead.total_seconds())
