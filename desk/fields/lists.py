"""Fields in lists of tickets: columns, filters and orders, and the words in them.

In addresses a field is `f.<key>`, the ends of a range `f.<key>.from` and `f.<key>.to`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, aliased

from desk.fields.forms import FROM_DICTIONARY, entries_of
from desk.fields.models import DictionaryEntry, Field, FieldValue, Kind
from desk.fields.values import active_fields, names_of, said, values_of
from desk.forms import Option
from desk.tickets.models import Ticket
from desk.web.localisation import words

NAME: Final = re.compile(r"f\.(?P<key>[a-z][a-z0-9_]*)(?P<end>\.from|\.to)?")
NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})
DAYS: Final = frozenset({Kind.DATE, Kind.DATETIME})
WORDS: Final = frozenset(
    {Kind.LINE, Kind.TEXT, Kind.PATTERN, Kind.PHONE, Kind.POSITION, Kind.COMPUTED, Kind.TIME,
     Kind.TABLE}
)


@dataclass(frozen=True)
class FilterControl:
    """A filter as the page shows it. `options` None: something to type, of an HTML `type`."""

    name: str
    label: str
    type: str
    options: Sequence[tuple[str, str]] | None = None


@dataclass(frozen=True)
class FieldOrder:
    """What a list is sorted by: a column, and what joins it to the tickets."""

    column: Any
    join: Callable[[Select[Any]], Select[Any]]


# -- columns -------------------------------------------------------------------------------------


def columns(fields: Iterable[Field]) -> list[Field]:
    """Those of the fields that lists can show."""
    return [field for field in fields if field.in_list]


class Names:
    """What keys of dictionaries are called; each dictionary is read once, when it is asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Mapping[str, Option]] = {}

    def of(self, field: Field) -> Mapping[str, Option]:
        """`names_of` the field."""
        if field.key not in self._known:
            self._known[field.key] = names_of(self._session, field)
        return self._known[field.key]


def texts(
    session: Session, fields: Iterable[Field], ticket_ids: Collection[int], names: Names
) -> dict[int, dict[str, str]]:
    """What tickets have in these fields, by ticket and key, in the reader's language."""
    has = values_of(session, ticket_ids)
    found: dict[int, dict[str, str]] = {number: {} for number in has}
    for field in fields:
        for number, values in has.items():
            if field.key in values:
                found[number][field.key] = words(said(field, values[field.key], names.of(field)))
    return found


# -- filters -------------------------------------------------------------------------------------


def controls(fields: Iterable[Field], names: Names) -> list[FilterControl]:
    """The filters of those of the fields that are searchable."""
    found: list[FilterControl] = []
    for field in fields:
        if not field.searchable or field.kind == Kind.FILE:
            continue
        name, label = f"f.{field.key}", words(field.label)
        if field.kind in FROM_DICTIONARY and field.dictionary_id is not None:
            found.append(FilterControl(name, label, "select", _offered(names.of(field))))
        elif field.kind == Kind.CHECK:
            found.append(FilterControl(name, label, "select", [("1", _("yes")), ("0", _("no"))]))
        elif field.kind == Kind.STARS:
            stars = [(str(count), "★" * count + "☆" * (5 - count)) for count in range(5, 0, -1)]
            found.append(FilterControl(name, label, "select", stars))
        elif field.kind in DAYS | NUMBERS:
            kind = "date" if field.kind in DAYS else "text"
            found.append(FilterControl(f"{name}.from", _("%(name)s from", name=label), kind))
            found.append(FilterControl(f"{name}.to", _("%(name)s until", name=label), kind))
        else:
            found.append(FilterControl(name, label, "search"))
    return found


def _offered(names: Mapping[str, Option]) -> list[tuple[str, str]]:
    """All entries by their path, also those that others stand below: they mean all of these."""
    return [
        (key, words({"zh": option.label, **option.labels}))
        for key, option in names.items()
    ]


def conditions(
    session: Session, wanted: Mapping[str, str], zone: ZoneInfo
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of an address's filters; what makes no sense there filters nothing."""
    asked = [(match, text) for name, text in wanted.items() if (match := NAME.fullmatch(name))]
    if not asked:
        return ()
    fields = {field.key: field for field in active_fields(session) if field.searchable}
    found: list[ColumnElement[bool]] = []
    for match, text in asked:
        field = fields.get(match["key"])
        condition = _condition(session, field, match["end"], text, zone) if field else None
        if field is not None and condition is not None:
            found.append(condition)
    return tuple(found)


def _condition(
    session: Session, field: Field, end: str | None, text: str, zone: ZoneInfo
) -> ColumnElement[bool] | None:
    if field.kind in NUMBERS:
        return _ranged(field, FieldValue.number, end, _number(text))
    if field.kind in DAYS:
        return _ranged(field, FieldValue.moment, end, _moment(field, end, text, zone))
    if end is not None:
        return None
    if field.kind == Kind.CHECK:
        ticked = having(field, FieldValue.start == "true")
        return {"1": ticked, "0": ~ticked}.get(text)
    if field.kind == Kind.STARS:
        return having(field, FieldValue.start == text)
    if field.kind in FROM_DICTIONARY and field.dictionary_id is not None:
        keys = below(entries_of(session, field.dictionary_id), text)
        if field.kind == Kind.CHOICES:
            return having(field, FieldValue.text.contains(f"|{text}|", autoescape=True))
        return having(field, FieldValue.start.in_(keys))
    return having(field, FieldValue.text.icontains(text.strip(), autoescape=True))


def _ranged(field: Field, column: Any, end: str | None, value: Any) -> ColumnElement[bool] | None:
    if value is None or end is None:
        return None
    if end == ".from":
        return having(field, column >= value)
    return having(field, column < value if field.kind in DAYS else column <= value)


def having(field: Field, condition: Any) -> ColumnElement[bool]:
    """The tickets that have a value in the field of which the condition (on FieldValue) holds."""
    has = select(FieldValue.ticket_id).where(FieldValue.field_id == field.id, condition)
    return Ticket.id.in_(has)


def below(entries: Sequence[DictionaryEntry], key: str) -> list[str]:
    """The keys of an entry and of all that stand below it."""
    ids = {entry.id for entry in entries if entry.key == key}
    while more := {one.id for one in entries if one.parent_id in ids} - ids:
        ids |= more
    return [entry.key for entry in entries if entry.id in ids] or [key]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(field: Field, end: str | None, text: str, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day, or of the day after it, where the day is a range's end."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1 if end == ".to" else 0)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), UTC if field.kind == Kind.DATE else zone).astimezone(UTC)


def saying(text: str) -> ColumnElement[bool]:
    """The condition that a searchable field of a ticket holds the words."""
    has = (
        select(FieldValue.ticket_id)
        .join(Field, Field.id == FieldValue.field_id)
        .where(
            Field.searchable,
            Field.kind.in_(WORDS),
            FieldValue.text.icontains(text, autoescape=True),
        )
    )
    return Ticket.id.in_(has)


# -- order ---------------------------------------------------------------------------------------


def order_by(session: Session, name: str) -> FieldOrder | None:
    """The order `f.<key>`; None for a name that lists cannot sort by."""
    match = NAME.fullmatch(name)
    if match is None or match["end"]:
        return None
    field = next((one for one in columns(active_fields(session)) if one.key == match["key"]), None)
    if field is None:
        return None
    own = aliased(FieldValue)
    its = and_(own.ticket_id == Ticket.id, own.field_id == field.id)
    if field.kind in (Kind.CHOICE, Kind.CASCADE):
        entry = aliased(DictionaryEntry)
        of = and_(entry.dictionary_id == field.dictionary_id, entry.key == own.start)
        return FieldOrder(
            entry.position, lambda rows: rows.outerjoin(own, its).outerjoin(entry, of)
        )
    column: Any = own.start
    if field.kind in NUMBERS or field.kind in (Kind.STARS, Kind.TABLE):
        column = own.number
    elif field.kind in DAYS:
        column = own.moment
    return FieldOrder(column, lambda rows: rows.outerjoin(own, its))
