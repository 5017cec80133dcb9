"""By what figures are grouped and narrowed: fields of the ticket, its customer, its form, its process, and time."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import Session

from desk.cockpit.models import ProjectedInstance
from desk.contacts.models import Company, Contact
from desk.fields.models import Field, FieldValue, Kind
from desk.fields.values import active_fields, shown
from desk.insight.sql import GRAINS
from desk.insight.variants import names_of_paths
from desk.people.models import Team, User
from desk.rules.fields import CHANNELS, LEVELS, PRIORITIES, STATES
from desk.tickets.models import Ticket, TicketType
from desk.tickets.statuses import statuses
from engine.operators import Text

FORM: Final = "form:"  # and the name of an answer
FIELD: Final = "field:"  # and the key of a field that the desk defines
_ANSWER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
LOOKED_AT: Final = 300  # of the newest tickets, to find out which answers there are
MOST_ANSWERS: Final = 40

Names = Callable[[Session, list[str]], Mapping[str, Text]]


@dataclass(frozen=True)
class Dimension:
    """`column` is an expression on Ticket, joined with Contact; `names` gives the words of its values.

    `joined`: the table it is of, where that is to be joined by Ticket.instance_id. `read` makes a
    value of what an address says; ValueError for what is none.
    """

    key: str
    title: Text
    column: Any
    names: Names
    read: Callable[[str], Any] = str
    joined: Any = None


def _same(text: str) -> Text:
    return Text(text, text)


def _fixed(words: Mapping[str, Text]) -> Names:
    return lambda _session, _keys: words


def _types(session: Session, _keys: list[str]) -> Mapping[str, Text]:
    rows = session.execute(select(TicketType.key, TicketType.name))
    return {
        row.key: Text(row.name.get("en") or row.key, row.name.get("zh") or row.key) for row in rows
    }


def _statuses(session: Session, _keys: list[str]) -> Mapping[str, Text]:
    return {
        one.key: Text(one.title.get("en") or one.key, one.title.get("zh") or one.title.get("en") or one.key)
        for one in statuses(session).values()
    }


def _named(record: Any) -> Names:
    def names(session: Session, keys: list[str]) -> Mapping[str, Text]:
        ids = [int(key) for key in keys]
        rows = session.execute(select(record.id, record.name).where(record.id.in_(ids)))
        return {str(row.id): _same(row.name) for row in rows}

    return names


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise ValueError(text)
    return int(text)


def _ways(session: Session, keys: list[str]) -> Mapping[str, Text]:
    found = names_of_paths(session, [UUID(key) for key in keys])
    return {
        str(path): Text(*(" → ".join(names[locale]) for locale in ("en", "zh")))
        for path, names in found.items()
    }


DIMENSIONS: Final[dict[str, Dimension]] = {
    one.key: one
    for one in (
        Dimension("type", Text("Ticket type", "工单类型"), Ticket.type, _types),
        Dimension("priority", Text("Priority", "优先级"), Ticket.priority, _fixed(PRIORITIES)),
        Dimension("channel", Text("Channel", "渠道"), Ticket.channel, _fixed(CHANNELS)),
        Dimension("state", Text("State", "状态"), Ticket.state, _fixed(STATES)),
        Dimension("status", Text("Status", "细分状态"), Ticket.status, _statuses),
        Dimension("team", Text("Team", "团队"), Ticket.team_id, _named(Team), _number),
        Dimension("assignee", Text("Person", "处理人"), Ticket.assignee_id, _named(User), _number),
        Dimension("company", Text("Company", "客户公司"), Ticket.company_id, _named(Company), _number),
        Dimension("level", Text("Customer level", "客户级别"), Contact.level, _fixed(LEVELS)),
        Dimension("variant", Text("Variant of the process", "流程变体"), ProjectedInstance.path_id, _ways, UUID,
                  ProjectedInstance),
    )
}  # fmt: skip
TIMES: Final[dict[str, Text]] = {
    "day": Text("Day", "按天"),
    "week": Text("Week", "按周"),
    "month": Text("Month", "按月"),
}
NOTHING: Final = Text("none", "无")
assert tuple(TIMES) == GRAINS


def dimension(key: str) -> Dimension | None:
    """A field by its key; `form:city` is the answer `city` of the form, `field:city` a field that the desk defines.

    None for what is no field.
    """
    if key.startswith(FIELD):
        name = key.removeprefix(FIELD)
        return _own(name) if _ANSWER.fullmatch(name) else None
    if key.startswith(FORM):
        name = key.removeprefix(FORM)
        if not _ANSWER.fullmatch(name):
            return None
        column = cast(Ticket.form_data[name].as_string(), String)
        return Dimension(key, _same(name), column, lambda _s, keys: {k: _same(k) for k in keys})
    return DIMENSIONS.get(key)


def _own(key: str) -> Dimension:
    """A drop-down that the desk defines: values by their keys, in the words of its dictionary."""
    column = (
        select(FieldValue.text)
        .join(Field, Field.id == FieldValue.field_id)
        .where(FieldValue.ticket_id == Ticket.id, Field.key == key)
        .correlate(Ticket)
        .scalar_subquery()
    )

    def names(session: Session, keys: list[str]) -> Mapping[str, Text]:
        field = session.scalars(select(Field).where(Field.key == key)).one_or_none()
        if field is None:
            return {}
        said = {value: shown(session, field, value) for value in keys}
        return {value: Text(words["en"], words["zh"]) for value, words in said.items()}

    return Dimension(f"{FIELD}{key}", _same(key), column, names)


def own_fields(session: Session) -> list[tuple[str, Mapping[str, str]]]:
    """The drop-downs that the desk defines, as keys of dimensions, with their labels."""
    return [
        (f"{FIELD}{field.key}", field.label)
        for field in active_fields(session)
        if field.kind in (Kind.CHOICE, Kind.CASCADE)
    ]


def condition(key: str, value: str) -> ColumnElement[bool] | None:
    """That a field has this value, `""` for none; None when it can have no such value."""
    found = dimension(key)
    if found is None:
        return None
    if value == "":
        empty: ColumnElement[bool] = found.column.is_(None)
        return empty
    try:
        equal: ColumnElement[bool] = found.column == found.read(value)
    except ValueError:
        return None
    return equal


def answers(session: Session) -> list[str]:
    """The keys of the answers that the newest tickets have: single texts, numbers and choices, not lists or files."""
    newest = session.scalars(select(Ticket.form_data).order_by(Ticket.id.desc()).limit(LOOKED_AT))
    return sorted(set(_answers(newest)))[:MOST_ANSWERS]


def _answers(forms: Iterable[Mapping[str, object]]) -> Iterable[str]:
    for form in forms:
        for name, value in (form or {}).items():
            short = isinstance(value, str | int | float) and len(str(value)) <= 60
            if short and _ANSWER.fullmatch(name):
                yield f"{FORM}{name}"
