"""What a row asks for, and what is wrong with it: the same for the preview and for the work itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.contacts.addresses import InvalidAddress, normal_mail, normal_phone
from desk.fields.forms import CONTAINER, form_of_fields, options_of
from desk.fields.models import Field
from desk.fields.values import held_for
from desk.forms.tree import Json
from desk.imports import cells
from desk.imports.cells import CellWrong
from desk.imports.columns import CUSTOM, custom_fields
from desk.imports.models import ImportedRow
from desk.imports.sheet import Line, plain
from desk.people.models import User
from desk.people.permissions import can
from desk.people.queries import active_teams, people_who_can
from desk.tickets.models import Ticket
from desk.tickets.types import open_types
from engine.operators import Text

LONGEST: Final[Mapping[str, int]] = {
    "title": 400, "text": 100_000, "name": 200, "company": 200, "external": 120, "mail": 254,
}  # fmt: skip
PRIORITIES: Final[Mapping[str, str]] = {
    "low": "low", "低": "low", "normal": "normal", "medium": "normal", "普通": "normal", "一般": "normal",
    "中": "normal", "标准": "normal", "high": "high", "高": "high", "重要": "high", "urgent": "urgent",
    "紧急": "urgent", "critical": "urgent",
}  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """Something wrong in a row; `column` counts from 0, None is the row as a whole."""

    column: int | None
    words: Text


@dataclass
class Row:
    """A row as values; `wrong` is empty where a ticket can be opened of it."""

    number: int
    title: str = ""
    text: str = ""
    priority: str | None = None
    type: str = ""
    deadline: datetime | None = None
    team: int | None = None
    person: int | None = None
    name: str = ""
    phone: str | None = None
    mail: str | None = None
    company: str = ""
    external: str | None = None
    fields: dict[str, Json] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def has_customer(self) -> bool:
        """Whether it names anybody."""
        return bool(self.name or self.phone or self.mail or self.company)


@dataclass(frozen=True)
class Known:
    """What cells may name, read once for all rows."""

    zone: ZoneInfo
    types: Mapping[str, str]
    teams: Mapping[str, int | None]  # None: two are called so
    people: Mapping[str, int | None]
    fields: Mapping[str, Field]
    held: frozenset[str]  # keys of fields that this person may only read
    options: Mapping[str, dict[str, str]]
    may_dispatch: bool

    @classmethod
    def of(cls, session: Session, user: User, zone: str, type_key: str) -> "Known":
        """As this person may use it; the fields are those of the type."""
        kinds = open_types(session, user)
        fields = {f.key: f for f in custom_fields(session, type_key)}
        people: dict[str, int | None] = {}
        agents = people_who_can(session, "ticket.process")
        for one in agents:
            people[_name(one.name)] = one.id if _name(one.name) not in people else None
        people |= {_name(one.login): one.id for one in agents}
        return cls(
            ZoneInfo(zone),
            {_name(word): kind.key for kind in kinds for word in (*kind.name.values(), kind.key)},
            {_name(team.name): team.id for team in active_teams(session)},
            people,
            fields,
            held_for(fields.values(), user),
            {key: cells.options_by_name(f, session) for key, f in fields.items()},
            can(user, "ticket.dispatch"),
        )


def read_row(line: Line, mapping: Sequence[str], type_key: str, known: Known) -> Row:
    """The row by its columns; what is wrong is said in it."""
    row = Row(line.number, type=type_key)
    for column, key in enumerate(mapping):
        text = line.cell(column)
        if not key or not text:
            continue
        try:
            if text in cells.ERRORS:
                raise CellWrong(f"This cell holds an error: {text}", f"单元格中是错误值：{text}")
            _take(row, key, text, known)
        except CellWrong as wrong:
            row.wrong.append(Wrong(column, wrong.words))
    _whole(row, mapping)
    return row


def known_numbers(session: Session, rows: Sequence[Row]) -> dict[str, str]:
    """Of the numbers elsewhere in these rows those that have a ticket: its number by them."""
    wanted = sorted({row.external for row in rows if row.external})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        by_import = (
            select(ImportedRow.external, Ticket.number)
            .join(Ticket, Ticket.id == ImportedRow.ticket_id)
            .where(ImportedRow.external.in_(part), Ticket.deleted_at.is_(None))
        )
        found |= {str(external): number for external, number in session.execute(by_import)}
        own = select(Ticket.number).where(Ticket.number.in_(part), Ticket.deleted_at.is_(None))
        found |= {number: number for number in session.scalars(own)}
    return found


def refuse_known(rows: Sequence[Row], numbers: Mapping[str, str], mapping: Sequence[str]) -> None:
    """Say in each row that its number has a ticket already, or stands in an earlier row."""
    column = mapping.index("external") if "external" in mapping else None
    seen: dict[str, int] = {}
    for row in rows:
        if row.external is None:
            continue
        if number := numbers.get(row.external):
            row.wrong.append(Wrong(column, _there(number)))
        elif earlier := seen.get(row.external):
            said = Text(f"Row {earlier} has the same number.", f"与第 {earlier} 行编号相同。")
            row.wrong.append(Wrong(column, said))
        seen.setdefault(row.external, row.number)


def check_fields(session: Session, row: Row, mapping: Sequence[str], known: Known) -> None:
    """Hold the row's own fields to their rules; what is wrong is said in it."""
    given = [known.fields[key] for key in row.fields]
    if not given:
        return
    form = form_of_fields(given)
    options = options_of(session, given)
    en, zh = (
        form.validate_json({CONTAINER: row.fields}, locale=locale, options=options)
        for locale in ("en", "zh_CN")
    )
    for name, words in en.errors.items():
        place = CUSTOM + name.split(".")[1] if "." in name else ""
        column = mapping.index(place) if place in mapping else None
        row.wrong.append(Wrong(column, Text(words, zh.errors.get(name, words))))


def _there(number: str) -> Text:
    return Text(f"There is a ticket already: {number}", f"已有工单：{number}")


def _take(row: Row, key: str, text: str, known: Known) -> None:
    """Put a cell's value into the row. Raises CellWrong."""
    if len(text) > LONGEST.get(key, 100_000):
        most = LONGEST.get(key, 100_000)
        raise CellWrong(f"At most {most} characters.", f"最多 {most} 个字符。")
    if key.startswith(CUSTOM):
        name = key.removeprefix(CUSTOM)
        if name not in known.fields:
            raise CellWrong("There is no such field.", "没有此字段。")
        if name in known.held:
            raise CellWrong("You may only read this field.", "您只能查看此字段。")
        chosen = known.options.get(name, {})
        row.fields[name] = cells.value(known.fields[name], text, chosen, known.zone)
        return
    setattr(row, key, _READ[key](text, known) if key in _READ else text)


def _whole(row: Row, mapping: Sequence[str]) -> None:
    """What is wrong with a row though each of its cells may be right."""
    if not row.title and not any(w.column == _place(mapping, "title") for w in row.wrong):
        said = Text("The title is missing.", "缺少标题。")
        row.wrong.append(Wrong(_place(mapping, "title"), said))
    if row.name and not (row.phone or row.mail or row.company) and not row.wrong:
        said = Text(
            "A name alone does not say who it is: add a phone number, mail address or company.",
            "仅凭姓名无法确定客户：请补充电话、邮箱或公司。",
        )
        row.wrong.append(Wrong(_place(mapping, "name"), said))


def _place(mapping: Sequence[str], key: str) -> int | None:
    return mapping.index(key) if key in mapping else None


def _name(text: str) -> str:
    return plain(text).casefold()


def _priority(text: str, _known: Known) -> str:
    found = PRIORITIES.get(_name(text))
    if found is None:
        raise CellWrong("Low, Normal, High or Urgent.", "请填写：低、普通、高或紧急。")
    return found


def _type(text: str, known: Known) -> str:
    found = known.types.get(_name(text))
    if found is None:
        raise CellWrong("You can open no ticket of such a type.", "没有此工单类型，或您不能新建。")
    return found


def _one_of(text: str, names: Mapping[str, int | None], en: str, zh: str) -> int:
    if _name(text) not in names:
        raise CellWrong(en, zh)
    found = names[_name(text)]
    if found is None:
        raise CellWrong("Two people are called so: write the login.", "有重名：请填写登录名。")
    return found


def _team(text: str, known: Known) -> int:
    _may_dispatch(known)
    return _one_of(text, known.teams, "There is no such team.", "没有此团队。")


def _person(text: str, known: Known) -> int:
    _may_dispatch(known)
    return _one_of(text, known.people, "Nobody of that name works on tickets.", "没有此受理人。")


def _may_dispatch(known: Known) -> None:
    if not known.may_dispatch:
        raise CellWrong("You may not dispatch tickets.", "您不能派发工单。")


def _phone(text: str, _known: Known) -> str:
    try:
        return normal_phone(plain(text))
    except InvalidAddress:
        raise CellWrong("This is not a phone number.", "这不是电话号码。") from None


def _mail(text: str, _known: Known) -> str:
    try:
        return normal_mail(text)
    except InvalidAddress:
        raise CellWrong("This is not a mail address.", "这不是邮箱地址。") from None


_READ: Final[Mapping[str, Callable[[str, Known], Any]]] = {
    "priority": _priority,
    "type": _type,
    "deadline": lambda text, known: cells.moment(text, known.zone),
    "team": _team,
    "person": _person,
    "phone": _phone,
    "mail": _mail,
    "external": lambda text, _known: plain(text),
}
