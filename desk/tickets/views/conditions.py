"""The conditions of a view as one WHERE on tickets: what the rules ask of one ticket, asked of all at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Numeric, and_, case, false, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from desk.contacts.models import Company, Contact, ContactAddress
from desk.fields.lists import having
from desk.fields.models import Field as TicketField
from desk.fields.models import FieldValue, Kind
from desk.fields.values import all_fields
from desk.people.models import User
from desk.rules.conditions import WITHOUT_VALUE, ConditionRefused, operators_for
from desk.rules.fields import OWN, Custom, Field
from desk.rules.rule import Condition
from desk.sla.queries import late
from desk.tickets.models import Message, Ticket, TicketWatcher
from desk.tickets.queries import anything, customer_named, digits_of
from desk.tickets.views.fields import ME, MINE, askable
from desk.tickets.views.models import TicketView
from desk.vendors.models import Transfer, Vendor
from engine.operators import Text

_DENIED: Final = {"is_not": "is", "contains_not": "contains", "has_not": "has", "empty": "filled"}
_LOST: Final = ("refused", "returned", "withdrawn")  # transfers after which a vendor has not had a ticket
_LARGEST: Final = 2**63
_LONGEST: Final = 1_000_000  # hours or days from now


@dataclass(frozen=True)
class Reader:
    """For whom tickets are asked for, and when."""

    user_id: int
    team_ids: tuple[int, ...]
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, user: User, zone: ZoneInfo, now: datetime) -> "Reader":
        """Needs `user.teams`."""
        return cls(user.id, tuple(team.id for team in user.teams), zone, now)


@dataclass(frozen=True, eq=False)
class Source:
    """What is compared: a column of the ticket, or one of other rows that `around` ties to it."""

    column: Any
    around: Callable[[ColumnElement[bool]], ColumnElement[bool]] | None = None
    zone: ZoneInfo | None = None  # in which a moment's day is asked for; None: the reader's


def _contact(column: Any) -> Source:
    return Source(column, lambda test: Ticket.contact_id.in_(select(Contact.id).where(test)))


def _company(column: Any) -> Source:
    return Source(column, lambda test: Ticket.company_id.in_(select(Company.id).where(test)))


def _address(kind: str) -> Source:
    def around(test: ColumnElement[bool]) -> ColumnElement[bool]:
        has = select(ContactAddress.contact_id).where(ContactAddress.kind == kind, test)
        return Ticket.contact_id.in_(has)

    return Source(ContactAddress.value, around)


def _vendor(direction: str) -> Source:
    def around(test: ColumnElement[bool]) -> ColumnElement[bool]:
        went = select(Transfer.ticket_id).join(Vendor, Vendor.id == Transfer.vendor_id)
        had = Transfer.status.not_in(_LOST) if direction == "out" else true()
        return Ticket.id.in_(
            went.where(Transfer.direction == direction, Transfer.ticket_id.is_not(None), had, test)
        )

    return Source(Vendor.key, around)


def _watched(test: ColumnElement[bool]) -> ColumnElement[bool]:
    return Ticket.id.in_(select(TicketWatcher.ticket_id).where(test))


def _of_field(field: TicketField) -> Source:
    column: Any = FieldValue.start
    if field.kind in (Kind.CHOICES, Kind.LINE, Kind.TEXT):
        column = FieldValue.text
    elif field.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.STARS):
        column = FieldValue.number
    elif field.kind in (Kind.DATE, Kind.DATETIME):
        column = FieldValue.moment
    zone = ZoneInfo("UTC") if field.kind == Kind.DATE else None
    return Source(column, lambda test: having(field, test), zone)


# The newest word is the customer's: nobody has answered it.
_LAST_WORD: Final = (
    select(Message.kind)
    .where(Message.ticket_id == Ticket.id, Message.kind.in_(("customer", "reply")))
    .order_by(Message.id.desc())
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)
_CREATOR: Final = case(
    (Ticket.created_by["kind"].as_string() == "user", Ticket.created_by["id"].as_integer())
)
_SOURCES: Final[Mapping[str, Source]] = {
    **{
        f"ticket.{name}": Source(getattr(Ticket, name))
        for name in (
            "type", "state", "status", "priority", "channel", "title", "number", "team_id", "assignee_id", "rating",
            "rating_comment", "created_at", "processed_at", "last_message_at", "first_response_at", "ended_at",
            "deadline", "overdue_at",
        )
    },
    "ticket.creator_id": Source(_CREATOR),
    "ticket.watcher_id": Source(TicketWatcher.user_id, _watched),
    "ticket.created_day": Source(Ticket.created_at),
    "ticket.processed_day": Source(Ticket.processed_at),
    "ticket.deadline_day": Source(Ticket.deadline),
    **{f"ticket.contact.{name}": _contact(getattr(Contact, name)) for name in ("name", "level", "owner_id")},
    **{f"ticket.contact.{kind}": _address(kind) for kind in ("mail", "phone")},
    **{f"ticket.company.{name}": _company(getattr(Company, name)) for name in ("name", "level", "domain", "address")},
    "vendors.came_from": _vendor("in"),
    "vendors.given_to": _vendor("out"),
}  # fmt: skip
_WORDS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    "ticket.words": anything,
    "ticket.customer": customer_named,
}


class Asking:
    """Turns conditions into SQL for one reader. It reads the desk's own fields once."""

    def __init__(self, session: Session, reader: Reader) -> None:
        self.known: Custom = askable(session)
        self._own = {field.key: field for field in all_fields(session)}
        self._reader = reader

    def where(self, view: TicketView) -> ColumnElement[bool]:
        """The tickets that a view is of. A condition on what is gone holds for none."""
        parts = [self._kept(one) for one in conditions_of(view.all_of)]
        if others := [self._kept(one) for one in conditions_of(view.any_of)]:
            parts.append(or_(*others))
        if view.type:
            parts.append(Ticket.type == view.type)
        return and_(true(), *parts)

    def _kept(self, condition: Condition) -> ColumnElement[bool]:
        try:
            return self.clause(condition)
        except ConditionRefused:
            return false()

    def clause(self, condition: Condition) -> ColumnElement[bool]:
        """One condition. Raises ConditionRefused."""
        field, operator = self.known.get(condition.field), condition.operator
        if field is None:
            raise ConditionRefused(Text("Choose what is asked about.", "请选择条件字段。"))
        if operator not in operators_for(field):
            raise ConditionRefused(Text("Choose how it is compared.", "请选择比较方式。"))
        values = [value for value in condition.values if value.strip()]
        if operator not in WITHOUT_VALUE and not values:
            raise ConditionRefused(Text("Say what it is compared with.", "请填写比较的值。"))
        denied = operator in _DENIED
        asked = _DENIED.get(operator, operator)
        if field.path in ("ticket.awaits_reply", "ticket.sla_late"):
            fact = self._fact(field.path)
            return not_(fact) if denied or values[:1] == ["false"] else fact
        if words := _WORDS.get(field.path):
            return words(values[0]).is_not(True) if denied else words(values[0])
        source = self._source(field)
        test = self._test(field, source, asked, values)
        if source.around is not None:
            found = source.around(test)
            return found.is_not(True) if denied else found
        return or_(source.column.is_(None), not_(test)) if denied else test

    def _fact(self, path: str) -> ColumnElement[bool]:
        return _LAST_WORD.is_not_distinct_from("customer") if path == "ticket.awaits_reply" else late(self._reader.now)

    def _source(self, field: Field) -> Source:
        if not field.path.startswith(OWN):
            return _SOURCES[field.path]
        return _of_field(self._own[field.path.removeprefix(OWN).removesuffix(".address")])

    def _test(
        self, field: Field, source: Source, operator: str, values: list[str]
    ) -> ColumnElement[bool]:
        """What the column must be, with nothing said of tickets that have none."""
        column = source.column
        if operator == "filled":
            if field.path.startswith(OWN):
                return true()  # no row, no value
            words = field.kind in ("text", "choice")
            return and_(column.is_not(None), column != "") if words else column.is_not(None)
        match field.kind:
            case "text" if operator in ("contains", "starts"):
                phone = field.path.endswith(".phone") and operator == "contains"
                text = (digits_of(values[0]) if phone else "") or values[0]
                of = column.icontains if operator == "contains" else column.istartswith
                return _is(of(text, autoescape=True))
            case "several":
                return or_(*(column.contains(f"|{one}|", autoescape=True) for one in values))
            case "number":
                return _compared(column, operator, _numbers(values))
            case "number_choice":
                return _is(column.in_(self._ids(values)))
            case "moment":
                return self._from_now(column, operator, timedelta(hours=_length(values[0])))
            case "day":
                return self._on_days(source, operator, values[0])
            case "computed":
                return self._computed(field, operator, values)
        return _compared(column, operator, values)  # choices, texts, flags, times

    def _ids(self, values: Iterable[str]) -> list[int]:
        found: list[int] = []
        for one in values:
            if one == ME:
                found.append(self._reader.user_id)
            elif one == MINE:
                found += self._reader.team_ids
            else:
                found.append(int(_number(one)))
        return found

    def _from_now(self, column: Any, operator: str, length: timedelta) -> ColumnElement[bool]:
        now = self._reader.now
        try:
            if operator == "within":
                return _is(column <= now + length)
            return _is(column <= now - length if operator == "older" else column > now - length)
        except OverflowError:
            raise _no_number() from None

    def _on_days(self, source: Source, operator: str, value: str) -> ColumnElement[bool]:
        zone, column = source.zone or self._reader.zone, source.column
        today = self._reader.now.astimezone(self._reader.zone).date()

        def begin(day: date) -> datetime:
            return datetime.combine(day, time(), zone).astimezone(UTC)

        try:
            if operator == "days_ago":
                return _is(column < begin(today - timedelta(days=_length(value) - 1)))
            if operator == "within_days":
                return _is(column < begin(today + timedelta(days=_length(value) + 1)))
            day = date.fromisoformat(value)
            if operator == "less":
                return _is(column < begin(day))
            begins, ends = begin(day), begin(day + timedelta(days=1))
        except (ValueError, OverflowError):
            raise ConditionRefused(
                Text("A day is wanted here: 2026-05-31.", "此处需要填写日期：2026-05-31。")
            ) from None
        return _is(column >= ends) if operator == "more" else and_(column >= begins, column < ends)

    def _computed(self, field: Field, operator: str, values: list[str]) -> ColumnElement[bool]:
        """By number where one is meant, else by words."""
        try:
            return _compared(FieldValue.number, operator, _numbers(values))
        except ConditionRefused:
            return _compared(FieldValue.start, operator, values)


def conditions_of(kept: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Conditions as a view keeps them."""
    return tuple(Condition(one["field"], one["operator"], tuple(one["values"])) for one in kept)


def _compared(column: Any, operator: str, values: list[Any]) -> ColumnElement[bool]:
    match operator:
        case "more":
            return _is(column > values[0])
        case "at_least":
            return _is(column >= values[0])
        case "less":
            return _is(column < values[0])
        case "at_most":
            return _is(column <= values[0])
    return _is(column == values[0] if len(values) == 1 else column.in_(values))


def _is(test: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = test
    return found


def _no_number() -> ConditionRefused:
    return ConditionRefused(Text("A number is wanted here.", "此处需要填写数字。"))


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _no_number() from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise _no_number()
    return number


def _numbers(values: Iterable[str]) -> list[Any]:
    """To compare whole columns with as well as others."""
    return [literal(_number(one), Numeric(30, 10)) for one in values]


def _length(text: str) -> int:
    number = _number(text)
    if number != int(number) or abs(number) > _LONGEST:
        raise _no_number()
    return int(number)
