"""Figures of a measure by a field or over time, and the tickets behind one of them.

One statement each, all of it in the database, and the same on both: percentiles are the value at a rank (the smallest
that so many per cent do not exceed), days are those of the desk's zone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, select
from sqlalchemy.orm import Session

from desk.contacts.models import Contact
from desk.insight.dimensions import NOTHING, TIMES, condition, dimension
from desk.insight.measures import MEASURES, Measure, Setting
from desk.insight.periods import LONGEST_DAYS, LastDays, Period, bounds
from desk.insight.scope import counted
from desk.insight.sql import local_date
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.operators import Text

MOST_ROWS: Final = 50  # of a field's values
MOST_TICKETS: Final = 200


class CannotAsk(ValueError):
    """There is no such measure, field or value."""


@dataclass(frozen=True)
class Question:
    """A measure of a period, by a field, `day`, `week`, `month`, or as one figure.

    `filters`: values of fields, `""` for none.
    """

    measure: str
    by: str | None = None
    period: Period = LastDays()
    filters: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raises CannotAsk."""
        if self.measure not in MEASURES:
            raise CannotAsk(f"there is no measure {self.measure!r}")
        if self.by is not None and self.by not in TIMES and dimension(self.by) is None:
            raise CannotAsk(f"there is no field {self.by!r}")
        if not 1 <= self.period.length <= LONGEST_DAYS:
            raise CannotAsk(f"a period has 1 to {LONGEST_DAYS} days")
        for key, value in self.filters.items():
            if condition(key, value) is None:
                raise CannotAsk(f"{key!r} cannot be {value!r}")


@dataclass(frozen=True)
class Figure:
    """One row: `value` is None where nothing was there to measure; `count` is how many facts it is made of.

    `share`: of what is counted by a field, this row's part of it all.
    """

    key: str
    name: Text
    value: float | None
    count: int
    share: float | None = None


@dataclass(frozen=True)
class Behind:
    """A ticket behind a figure, with its share of it: the mean of its values."""

    id: int
    number: str
    title: str
    state: str
    status: str | None
    priority: str
    at: datetime
    value: float


def figures(setting: Setting, user: User, asked: Question, zone: ZoneInfo) -> list[Figure]:
    """The answer: by time in its order without gaps, by a field the largest first. Raises CannotAsk."""
    asked.check()
    measure = MEASURES[asked.measure]
    rows = {
        str(row.key) if row.key is not None else "": row
        for row in setting.session.execute(_aggregate(measure, _facts(setting, user, asked, zone)))
    }
    if asked.by is None:
        row = rows.get("all")
        return [_figure("all", measure.title, row, measure)]
    if asked.by in TIMES:
        keys = sorted(rows) if measure.now else list(_times(asked, setting.now, zone))
        return [_figure(key, Text(key, key), rows.get(key), measure) for key in keys]
    field = dimension(asked.by)
    assert field is not None
    most = sorted(rows, key=lambda key: (-rows[key].number, key))[:MOST_ROWS]
    names = field.names(setting.session, [key for key in most if key])
    found = [
        _figure(key, names.get(key, Text(key, key)) if key else NOTHING, rows[key], measure)
        for key in most
    ]
    if measure.how != "count":
        return found
    whole = sum(row.number for row in rows.values())
    return [replace(one, share=one.count / whole) for one in found]


def tickets_behind(
    setting: Setting, user: User, asked: Question, zone: ZoneInfo, key: str | None = None
) -> Sequence[Behind]:
    """The newest tickets of a figure (of the row `key` of it), MOST_TICKETS at most. Raises CannotAsk."""
    if key is not None and asked.by is not None and asked.by not in TIMES:
        asked = replace(asked, filters={**asked.filters, asked.by: key}, by=None)
    asked.check()
    facts = _facts(setting, user, asked, zone).subquery()
    at = func.max(facts.c.at, type_=facts.c.at.type).label("at")
    own = select(facts.c.ticket_id, at, _mean(facts).label("value"))
    if key is not None and asked.by is not None:
        own = own.where(facts.c.key == key)
    newest = own.group_by(facts.c.ticket_id).order_by(at.desc(), facts.c.ticket_id.desc())
    found = newest.limit(MOST_TICKETS).subquery()
    rows = setting.session.execute(
        select(
            Ticket.id, Ticket.number, Ticket.title, Ticket.state, Ticket.status, Ticket.priority,
            found.c.at, found.c.value,
        )
        .join_from(found, Ticket, Ticket.id == found.c.ticket_id)
        .order_by(found.c.at.desc(), Ticket.id.desc())
    )  # fmt: skip
    return [Behind(**{**row._mapping, "value": float(row.value)}) for row in rows]


# ----------------------------------------------------------------------------------------------------------------------


def _facts(setting: Setting, user: User, asked: Question, zone: ZoneInfo) -> Select[Any]:
    """Rows of `ticket_id`, `at`, `value`, `number` and `key`: the value of the field it is grouped by."""
    measure = MEASURES[asked.measure]
    facts = measure.facts(setting).subquery()
    since, until = bounds(asked.period, setting.now, zone)
    first = _first(setting.session, since) if measure.now else since
    found = (
        select(
            facts.c.ticket_id, facts.c.at, facts.c.value, facts.c.number,
            _key(setting.session, asked.by, facts.c.at, zone, first, until).label("key"),
        )
        .join_from(facts, Ticket, Ticket.id == facts.c.ticket_id)
        .outerjoin(Contact, Contact.id == Ticket.contact_id)
        .where(*counted(setting.session, user))
    )  # fmt: skip
    asked_of = filter(None, map(dimension, filter(None, (asked.by, *asked.filters))))
    for joined in {one.joined for one in asked_of if one.joined is not None}:
        found = found.outerjoin(joined, joined.instance_id == Ticket.instance_id)
    if not measure.now:
        found = found.where(facts.c.at >= since, facts.c.at < until)
    for key, value in asked.filters.items():
        wanted = condition(key, value)
        assert wanted is not None
        found = found.where(wanted)
    return found


def _first(session: Session, since: datetime) -> datetime:
    """When the oldest ticket was opened: what is open now may be older than any period."""
    oldest = session.scalar(select(func.min(Ticket.created_at)))
    return min(oldest, since) if oldest is not None else since


def _key(
    session: Session, by: str | None, at: Any, zone: ZoneInfo, since: datetime, until: datetime
) -> ColumnElement[Any]:
    if by is None:
        return literal("all")
    if by in TIMES:
        return local_date(session, at, by, zone, since, until)
    field = dimension(by)
    assert field is not None
    column: ColumnElement[Any] = field.column
    return column


def _aggregate(measure: Measure, facts: Select[Any]) -> Select[Any]:
    """`key`, `value`, `number` of each group."""
    rows = facts.subquery()
    if isinstance(measure.how, str):
        number = func.sum(rows.c.number)
        value = number if measure.how == "count" else _mean(rows)
        return select(rows.c.key, value.label("value"), number.label("number")).group_by(rows.c.key)
    ranked = select(
        rows.c.key,
        rows.c.value,
        func.row_number().over(partition_by=rows.c.key, order_by=rows.c.value).label("rank"),
        func.count().over(partition_by=rows.c.key).label("number"),
    ).subquery()
    wanted = cast((ranked.c.number * measure.how + 99) // 100, Integer)
    at_rank = case((ranked.c.rank == wanted, ranked.c.value))
    return select(
        ranked.c.key, func.max(at_rank).label("value"), func.max(ranked.c.number).label("number")
    ).group_by(ranked.c.key)


def _mean(rows: Any) -> ColumnElement[Any]:
    return func.sum(rows.c.value) / func.sum(rows.c.number)


def _figure(key: str, name: Text, row: Any, measure: Measure) -> Figure:
    if row is None:
        return Figure(key, name, 0.0 if measure.how == "count" else None, 0)
    return Figure(key, name, None if row.value is None else float(row.value), row.number)


def _times(asked: Question, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """All days, Mondays or months of the period, as `local_date` writes them."""
    day, last = asked.period.dates(now.astimezone(zone).date())
    before = ""
    while day <= last:
        key = _in_grain(day, asked.by)
        if key != before:
            yield key
        before, day = key, day + timedelta(days=1)


def _in_grain(day: date, grain: str | None) -> str:
    if grain == "month":
        return f"{day:%Y-%m}"
    return (day - timedelta(days=day.weekday())).isoformat() if grain == "week" else day.isoformat()
