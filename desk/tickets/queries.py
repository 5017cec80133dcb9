"""What is asked about tickets: the list with its filters [004 §4.10.2], and single tickets.

Made for a hundred thousand tickets and more: pages are cut by key, not by offset; nothing counts a
whole table; every order and every common filter has its index in desk.tickets.models.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from desk.contacts.models import Company, Contact, ContactAddress
from desk.fields.lists import order_by, saying
from desk.people.models import Team, User
from desk.sla.queries import late
from desk.tickets.models import Ticket, TicketState, TicketWatcher
from desk.tickets.searching import holding
from engine.timestamps import UtcDateTime, utc_now

PAGE = 50
MOST_COUNTED = 1000
OPEN_STATES = (
    TicketState.PENDING,
    TicketState.DISPATCHED,
    TicketState.PROCESSING,
    TicketState.RETURNED,
)

# Name in the address → column. Only the deadline can be empty for long; empty ones come last.
SORTS = {
    "created": Ticket.created_at,
    "processed": Ticket.processed_at,
    "updated": Ticket.last_message_at,
    "deadline": Ticket.deadline,
}


_OWN_COLUMNS = (
    "id", "number", "type", "overdue_at", "title", "state", "status", "priority", "channel", "created_at",
    "processed_at", "deadline", "ended_at", "last_message_at", "contact_id", "assignee_id", "team_id", "created_by",
)  # fmt: skip


class BadCursor(ValueError):
    """A paging cursor that this list did not give out."""


@dataclass(frozen=True, eq=False)
class TicketFilter:
    """What the list is narrowed to. Days are whole days in `zone`, both ends included."""

    state: str | None = None
    status: str | None = None  # of the desk's own
    # Number, title, customer or company, what was said or filled in; digits also find a phone number.
    text: str | None = None
    number: str | None = None
    customer: str | None = None
    phone: str | None = None
    contact_id: int | None = None
    company_id: int | None = None
    assignee_id: int | None = None
    unassigned: bool = False
    team_id: int | None = None
    priority: str | None = None
    channel: str | None = None
    created_from: date | None = None
    created_to: date | None = None
    processed_from: date | None = None
    processed_to: date | None = None
    deadline_from: date | None = None
    deadline_to: date | None = None
    creator_id: int | None = None  # the person of the desk who opened it
    address: str | None = None  # the address of the customer's company
    ids: tuple[int, ...] | None = None  # these tickets only
    type: str | None = None
    overdue: bool = False  # a step of theirs takes longer than it may
    sla_late: bool = False  # a promise of the service level is open and its moment has passed
    watched_by: int | None = None  # copied to this person, or followed by them
    merged: bool = False  # those that are part of another, instead of those that are not
    # of the desk's own fields (desk.fields.lists.conditions), of a view (desk.tickets.views)
    conditions: tuple[ColumnElement[bool], ...] = ()
    seen: ColumnElement[bool] | None = None  # what the reader sees: desk.tickets.scope.visible
    deleted: bool = False  # those that were deleted, instead of those that were not
    zone: ZoneInfo = ZoneInfo("UTC")


@dataclass(frozen=True)
class TicketRow:
    """A line of the list: columns of the ticket, and names of what it points to."""

    id: int
    number: str
    type: str
    overdue_at: datetime | None
    title: str
    state: str
    status: str | None
    priority: str
    channel: str
    created_at: datetime
    processed_at: datetime | None
    deadline: datetime | None
    ended_at: datetime | None
    last_message_at: datetime | None
    contact_id: int | None
    assignee_id: int | None
    team_id: int | None
    created_by: dict[str, Any]
    customer: str | None
    customer_level: str | None
    phone: str | None
    company: str | None
    address: str | None
    assignee: str | None
    team: str | None


@dataclass(frozen=True)
class TicketPage:
    """Rows, and the cursors of the pages before and after them (None where there are none)."""

    rows: tuple[TicketRow, ...]
    previous: str | None
    next: str | None


def list_tickets(
    session: Session,
    wanted: TicketFilter,
    *,
    sort: str = "created",
    ascending: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> TicketPage:
    """A page of tickets, newest first unless asked otherwise. Raises BadCursor.

    `sort` is a name of SORTS, or `f.<key>` of a field that lists show.

    The order is total (the id breaks ties), so that no ticket is left out or shown twice while new
    ones arrive.
    """
    order = None if sort in SORTS else order_by(session, sort)
    column: Any = order.column if order else SORTS.get(sort, Ticket.created_at)
    edge = _read_cursor(cursor, column) if cursor else None
    backwards = edge is not None and edge.back
    # Going back is the same walk in the opposite direction, turned round at the end.
    up = ascending != backwards
    found: list[tuple[TicketRow, Any]] = []
    for condition in _stretches(column, edge, up=up):
        if len(found) <= limit:
            statement = _rows(wanted).add_columns(column.label("sorted_by"))
            if order is not None:
                statement = order.join(statement)
            statement = statement.where(condition).limit(limit + 1 - len(found))
            ends = (column.asc(), Ticket.id.asc()) if up else (column.desc(), Ticket.id.desc())
            for row in session.execute(statement.order_by(*ends)):
                columns = dict(row._mapping)
                value = columns.pop("sorted_by")
                found.append((TicketRow(**columns), value))
    more, rows = len(found) > limit, found[:limit]
    if backwards:
        rows.reverse()
    if not rows:
        return TicketPage((), None, None)
    before = more if backwards else edge is not None
    after = backwards or more
    (first, least), (last, most) = rows[0], rows[-1]
    return TicketPage(
        tuple(row for row, _value in rows),
        _cursor(least, first.id, back=True) if before else None,
        _cursor(most, last.id, back=False) if after else None,
    )


def count_states(
    session: Session, seen: ColumnElement[bool], states: Sequence[str] = OPEN_STATES
) -> dict[str, int]:
    """How many tickets the reader sees in each state, counted to MOST_COUNTED at most: nobody reads beyond."""
    counts = count_capped(session, seen, [Ticket.state == state for state in states])
    return dict(zip(map(str, states), counts, strict=True))


def count_tickets(session: Session, wanted: TicketFilter) -> int:
    """How many tickets fit. It looks at all of them: for exports, not for pages."""
    statement = select(func.count()).select_from(Ticket).where(*_conditions(wanted))
    return session.scalar(statement) or 0


@dataclass(frozen=True)
class TicketGroup:
    """Tickets that have the same in a column: what, how many there are, and the ids of the first."""

    value: Any
    count: int
    ids: tuple[int, ...]


def group_tickets(
    session: Session, wanted: TicketFilter, by: Any, *, sort: str, ascending: bool, each: int
) -> list[TicketGroup]:
    """The tickets that fit, by what they have in `by` (an expression on Ticket; None for those without).

    One walk over all that fit: `each` is how many ids a group has at most, in the list's order.
    """
    order = None if sort in SORTS else order_by(session, sort)
    column: Any = order.column if order else SORTS.get(sort, Ticket.created_at)
    ends = (column.asc(), Ticket.id.asc()) if ascending else (column.desc(), Ticket.id.desc())
    place = func.row_number().over(partition_by=by, order_by=(column.is_(None), *ends))
    size = func.count().over(partition_by=by)
    statement = select(Ticket.id, by.label("has"), place.label("place"), size.label("size"))
    if order is not None:
        statement = order.join(statement)
    placed = statement.where(*_conditions(wanted)).subquery()
    firsts = select(placed.c.has, placed.c.size, placed.c.id).where(placed.c.place <= each)
    found: dict[Any, tuple[int, list[int]]] = {}
    for value, count, number in session.execute(firsts.order_by(placed.c.place)):
        found.setdefault(value, (count, []))[1].append(number)
    return [TicketGroup(value, count, tuple(ids)) for value, (count, ids) in found.items()]


def rows_of(session: Session, wanted: TicketFilter, ids: Sequence[int]) -> dict[int, TicketRow]:
    """Lines of the list by the ids of their tickets, as far as these still fit."""
    found = session.execute(_rows(replace(wanted, ids=tuple(ids))))
    return {row.id: TicketRow(**row._mapping) for row in found}


def count_capped(
    session: Session, seen: ColumnElement[bool], questions: Sequence[ColumnElement[bool]]
) -> list[int]:
    """How many tickets the reader sees fit each question, in one statement, counted to MOST_COUNTED at most."""
    if not questions:
        return []
    parts = [
        select(literal(number), func.count()).select_from(
            select(Ticket.id)
            .where(question, seen, Ticket.deleted_at.is_(None), Ticket.merged_into_id.is_(None))
            .limit(MOST_COUNTED)
            .subquery()
        )
        for number, question in enumerate(questions)
    ]
    found = {row[0]: row[1] for row in session.execute(union_all(*parts))}
    return [found[number] for number in range(len(questions))]


def walk_tickets(
    reading: Callable[[], AbstractContextManager[Session]],
    wanted: TicketFilter,
    *,
    sort: str = "created",
    ascending: bool = False,
    at_once: int = 500,
) -> Iterator[TicketRow]:
    """All tickets that fit, in the list's order, a page a session: nothing is held for long."""
    cursor: str | None = None
    while True:
        with reading() as session:
            page = list_tickets(
                session, wanted, sort=sort, ascending=ascending, cursor=cursor, limit=at_once
            )
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return


def ticket_by_id(session: Session, number: int) -> Ticket | None:
    """The ticket with its contact (company and addresses), company, team and assignee."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.id == number)
        .options(
            joinedload(Ticket.contact).joinedload(Contact.company),
            joinedload(Ticket.contact).selectinload(Contact.addresses),
            joinedload(Ticket.company),
            joinedload(Ticket.team),
            joinedload(Ticket.assignee),
        )
    ).one_or_none()


def ticket_by_number(session: Session, number: str) -> Ticket | None:
    """The ticket with this number as people write it (any case, spaces around)."""
    return session.scalars(
        select(Ticket).where(Ticket.number == number.strip().upper(), Ticket.deleted_at.is_(None))
    ).one_or_none()


def other_tickets(
    session: Session, ticket: Ticket, seen: ColumnElement[bool], *, limit: int = 5
) -> list[Ticket]:
    """The customer's newest other tickets that the reader sees."""
    if ticket.contact_id is None:
        return []
    return list(
        session.scalars(
            select(Ticket)
            .where(
                Ticket.contact_id == ticket.contact_id,
                Ticket.id != ticket.id,
                Ticket.deleted_at.is_(None),
                seen,
            )
            .order_by(Ticket.id.desc())
            .limit(limit)
        )
    )


def active_teams(session: Session) -> list[Team]:
    """Teams that tickets can be dispatched to, by name."""
    return list(
        session.scalars(
            select(Team)
            .where(Team.active)
            .order_by(Team.name)
            .options(selectinload(Team.members).load_only(User.id))
        )
    )


def _rows(wanted: TicketFilter) -> Select[Any]:
    assignee, team = aliased(User), aliased(Team)
    phone = (
        select(func.min(ContactAddress.value))
        .where(ContactAddress.contact_id == Ticket.contact_id, ContactAddress.kind == "phone")
        .scalar_subquery()
    )
    return (
        select(
            *(getattr(Ticket, name) for name in _OWN_COLUMNS),
            Contact.name.label("customer"),
            Contact.level.label("customer_level"),
            phone.label("phone"),
            Company.name.label("company"),
            Company.address.label("address"),
            assignee.name.label("assignee"),
            team.name.label("team"),
        )
        .outerjoin(Contact, Contact.id == Ticket.contact_id)
        .outerjoin(Company, Company.id == Ticket.company_id)
        .outerjoin(assignee, assignee.id == Ticket.assignee_id)
        .outerjoin(team, team.id == Ticket.team_id)
        .where(*_conditions(wanted))
    )


def _conditions(wanted: TicketFilter) -> list[Any]:
    """Sub-selects, not joined columns: the ticket's index leads, names are looked up after."""
    conditions: list[Any] = []
    for column, value in (
        (Ticket.state, wanted.state),
        (Ticket.status, wanted.status),
        (Ticket.priority, wanted.priority),
        (Ticket.channel, wanted.channel),
        (Ticket.contact_id, wanted.contact_id),
        (Ticket.company_id, wanted.company_id),
        (Ticket.assignee_id, wanted.assignee_id),
        (Ticket.team_id, wanted.team_id),
        (Ticket.type, wanted.type),
    ):
        if value is not None:
            conditions.append(column == value)
    gone = Ticket.deleted_at.is_not(None) if wanted.deleted else Ticket.deleted_at.is_(None)
    conditions.append(gone)
    if wanted.seen is not None:
        conditions.append(wanted.seen)
    conditions += wanted.conditions
    if wanted.sla_late:
        conditions.append(late(utc_now()))
    if wanted.overdue:
        conditions.append(Ticket.overdue_at.is_not(None))
    if wanted.watched_by is not None:
        watched = select(TicketWatcher.ticket_id).where(TicketWatcher.user_id == wanted.watched_by)
        conditions.append(Ticket.id.in_(watched))
    if wanted.merged:
        conditions.append(Ticket.merged_into_id.is_not(None))
    elif wanted.ids is None and not wanted.deleted and not _names_one(wanted):
        conditions.append(Ticket.merged_into_id.is_(None))
    if wanted.ids is not None:
        conditions.append(Ticket.id.in_(wanted.ids))
    if wanted.creator_id is not None:
        conditions.append(Ticket.created_by["kind"].as_string() == "user")
        conditions.append(Ticket.created_by["id"].as_integer() == wanted.creator_id)
    if wanted.address:
        found = Company.address.icontains(wanted.address.strip(), autoescape=True)
        conditions.append(Ticket.company_id.in_(select(Company.id).where(found)))
    if wanted.unassigned:
        conditions.append(Ticket.assignee_id.is_(None))
    if wanted.number:
        conditions.append(_number(wanted.number))
    if wanted.customer:
        conditions.append(customer_named(wanted.customer))
    if wanted.phone and (digits := digits_of(wanted.phone)):
        conditions.append(Ticket.contact_id.in_(_contacts_by_phone(digits)))
    if wanted.text:
        conditions.append(anything(wanted.text))
    conditions += _between(Ticket.created_at, wanted.created_from, wanted.created_to, wanted.zone)
    conditions += _between(
        Ticket.processed_at, wanted.processed_from, wanted.processed_to, wanted.zone
    )
    conditions += _between(Ticket.deadline, wanted.deadline_from, wanted.deadline_to, wanted.zone)
    return conditions


def _names_one(wanted: TicketFilter) -> bool:
    """Whether somebody looks for a ticket by its whole number: then a merged one is found, too."""
    return _is_number(wanted.number or wanted.text or "")


def _between(column: Any, first: date | None, last: date | None, zone: ZoneInfo) -> list[Any]:
    """The first and the last day of the calendar are no bounds: who types a year passes by 0001."""
    conditions = []
    if first and first > date.min:
        conditions.append(column >= datetime.combine(first, time(), zone))
    if last and last < date.max:
        conditions.append(column < datetime.combine(last + timedelta(days=1), time(), zone))
    return conditions


def anything(text: str) -> ColumnElement[bool]:
    """What the search box looks for: number, title, customer, what was said or filled in, a phone number."""
    text = text.strip()
    if _is_number(text):
        return _number(text)
    found = [
        _number(text), Ticket.title.icontains(text, autoescape=True), customer_named(text), saying(text),
    ]  # fmt: skip
    if (words := holding(text)) is not None:
        found.append(words)
    digits = digits_of(text)
    if len(digits) >= 4 and len(digits) >= len(text) // 2:
        found.append(Ticket.contact_id.in_(_contacts_by_phone(digits)))
    return or_(*found)


def _number(text: str) -> Any:
    """A whole number is found by its index; a part of it (`000123`) by looking."""
    text = text.strip().upper()
    return (
        Ticket.number == text if _is_number(text) else Ticket.number.contains(text, autoescape=True)
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{1,6}-\d{8}-\d{6,}", text.strip().upper(), re.ASCII) is not None


def customer_named(text: str) -> ColumnElement[bool]:
    """The customer or their company is called so."""
    return or_(
        Ticket.contact_id.in_(
            select(Contact.id).where(Contact.name.icontains(text, autoescape=True))
        ),
        Ticket.company_id.in_(
            select(Company.id).where(Company.name.icontains(text, autoescape=True))
        ),
    )


def _contacts_by_phone(digits: str) -> Any:
    return select(ContactAddress.contact_id).where(
        ContactAddress.kind == "phone", ContactAddress.value.contains(digits)
    )


def digits_of(text: str) -> str:
    """What phone numbers are found by: the digits, without zeros in front."""
    return "".join(c for c in text if c.isdecimal() and c.isascii()).lstrip("0")


def _stretches(column: Any, edge: "_Edge | None", *, up: bool) -> list[Any]:
    """The conditions of the walk's parts, in order: rows with a value, then those without.

    Each part has its index, where `column IS NULL, column` as an order would sort the whole table.
    """
    filled, empty = column.is_not(None), column.is_(None)
    if edge is None:
        return [filled, empty]
    beyond = Ticket.id > edge.id if up else Ticket.id < edge.id
    if edge.value is None:
        rest = and_(empty, beyond)
        return [rest, filled] if edge.back else [rest]
    mine, theirs = (
        tuple_(column, Ticket.id),
        tuple_(literal(edge.value, column.type), literal(edge.id)),
    )
    rest = mine > theirs if up else mine < theirs
    return [rest] if edge.back else [rest, empty]


@dataclass(frozen=True)
class _Edge:
    """Where a page was cut: the sorted value and the id of its last row, and the direction."""

    value: datetime | Decimal | int | str | None
    id: int
    back: bool


def _cursor(value: Any, number: int, *, back: bool) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else value
    kept = plain if isinstance(plain, int) or plain is None else str(plain)
    packed = json.dumps([kept, number, int(back)])
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, column: Any) -> _Edge:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        value, number, back = json.loads(raw)
        return _Edge(_sorted_value(value, column), int(number), bool(back))
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise BadCursor(cursor[:80]) from error


def _sorted_value(value: Any, column: Any) -> datetime | Decimal | int | str | None:
    """The value of a cursor as its column has it. Raises ValueError and its kin."""
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if isinstance(column.type, Integer):
        return int(value)
    return Decimal(value) if isinstance(column.type, Numeric) else str(value)
