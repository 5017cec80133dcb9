"""What tickets have in their fields: read for pages, lists and programs; checked, set and told here.

`ticket_fields`, `values_of` and `set_values` are what the rest of the desk calls.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.events import emit
from desk.fields import tables
from desk.fields.forms import (
    CONTAINER,
    FROM_DICTIONARY,
    STARS,
    entries_named,
    entries_of,
    form_of_fields,
    leaves,
    options_of,
)
from desk.fields.models import DictionaryEntry, Field, FieldGroup, FieldValue, Held, Kind
from desk.forms import Option
from desk.forms.tree import Json
from desk.people.models import User
from desk.tickets.models import Attachment, Message, Ticket
from desk.tickets.operations import write_trail
from engine.actors import Actor
from engine.operators import Text
from engine.tables import process_instance
from engine.timestamps import utc_now

EMPTY: Final[tuple[Json, ...]] = (None, "", [], {})
_NO_SUCH: Final = Text("There is no such field.", "没有此字段。")
_NOT_HERE: Final = Text(
    "Tickets of this type do not have this field.", "此类型的工单没有这个字段。"
)
_COMPUTED: Final = Text("This field is computed.", "此字段由系统计算。")
_WITHDRAWN: Final = Text("This field was withdrawn.", "此字段已停用。")
_FILES: Final = Text("Name files of this ticket by their numbers.", "请填写此工单附件的编号。")


class FieldRefused(ValueError):
    """A value cannot be kept. `key` names the field, `reason` says why, for people."""

    def __init__(self, key: str, reason: Text) -> None:
        super().__init__(f"{key}: {reason.en}")
        self.key, self.reason = key, reason


@dataclass(frozen=True)
class Changed:
    """A field of a ticket that has another value now; None where it has, or had, nothing."""

    field: Field
    old: Json
    new: Json

    @property
    def name(self) -> str:
        """As events, trails and rules call it: `fields.<key>`."""
        return f"{CONTAINER}.{self.field.key}"


# -- reading -------------------------------------------------------------------------------------


def all_fields(session: Session) -> list[Field]:
    """Every field in order of its group and within it, withdrawn ones too."""
    return list(
        session.scalars(
            select(Field)
            .outerjoin(FieldGroup, FieldGroup.id == Field.group_id)
            .order_by(
                FieldGroup.position.is_(None), FieldGroup.position, FieldGroup.id,
                Field.position, Field.id,
            )
        )
    )  # fmt: skip


def active_fields(session: Session) -> list[Field]:
    """Those in use, in their order."""
    return [field for field in all_fields(session) if field.active]


def ticket_fields(session: Session, type_key: str) -> list[Field]:
    """The fields of tickets of a type, in their order; withdrawn ones left out."""
    return [field for field in active_fields(session) if belongs(field, type_key)]


def belongs(field: Field, type_key: str) -> bool:
    """Whether tickets of the type have the field."""
    return not field.types or type_key in field.types


def values_of(session: Session, ticket_ids: Collection[int]) -> dict[int, dict[str, Json]]:
    """By ticket what it has, by key; every ticket is there, a field without a value is not."""
    found: dict[int, dict[str, Json]] = {number: {} for number in ticket_ids}
    if found:
        rows = session.execute(
            select(FieldValue.ticket_id, Field.key, FieldValue.value)
            .join(Field, Field.id == FieldValue.field_id)
            .where(FieldValue.ticket_id.in_(found))
        )
        for ticket_id, key, value in rows:
            found[ticket_id][key] = value
    return found


def held_for(fields: Iterable[Field], user: User | None) -> frozenset[str]:
    """Keys of the fields that this person may only read; None is a customer. Computed ones always are."""
    return frozenset(
        field.key for field in fields if field.kind == Kind.COMPUTED or _held(field, user)
    )


def _held(field: Field, user: User | None) -> bool:
    if user is None:
        return field.held == Held.CUSTOMERS
    if field.held == Held.TEAMS:
        return any(team.id in field.held_ids for team in user.teams)
    if field.held == Held.PEOPLE:
        return user.id in field.held_ids
    return field.held == Held.AGENTS


def shown(session: Session, field: Field, value: Json) -> dict[str, str]:
    """A value as people read it, in both languages; empty texts where there is none."""
    return said(field, value, names_of(session, field))


def names_of(session: Session, field: Field) -> Mapping[str, Option]:
    """What the keys of its dictionary are called, each by its whole path; nothing for other kinds.

    Of a table with drop-downs `<column>:<key>`.
    """
    if field.kind == Kind.TABLE:
        return {
            f"{column.key}:{key}": name
            for column in tables.columns_of(field)
            if column.kind == tables.ColumnKind.CHOICE
            for key, name in _names(entries_named(session, column.dictionary)).items()
        }
    if field.kind not in FROM_DICTIONARY or field.dictionary_id is None:
        return {}
    return _names(entries_of(session, field.dictionary_id))


def _names(entries: Sequence[DictionaryEntry]) -> dict[str, Option]:
    return {one.token: one for one in leaves(entries, {entry.key for entry in entries})}


def said(field: Field, value: Json, names: Mapping[str, Option]) -> dict[str, str]:
    """The same for many values of one field: `names` are its `names_of`."""
    if value in EMPTY:
        return {"zh": "", "en": ""}
    if field.kind == Kind.TABLE:
        return tables.in_words(field, value, names)
    if field.kind in FROM_DICTIONARY:
        keys = [str(one) for one in (value if isinstance(value, list) else [value])]
        zh, en = (
            [names[key].say(locale) if key in names else key for key in keys]
            for locale in ("zh", "en")
        )
        return {"zh": "、".join(zh), "en": ", ".join(en)}
    if isinstance(value, bool):
        return {"zh": "是", "en": "yes"} if value else {"zh": "否", "en": "no"}
    text = _plain(field, value)
    return {"zh": text, "en": text}


def _plain(field: Field, value: Json) -> str:
    if field.kind == Kind.TABLE:
        return tables.in_words(field, value, {})["zh"]
    if field.kind == Kind.STARS and isinstance(value, int):
        return "★" * value + "☆" * (STARS - value)
    if isinstance(value, list):
        return ", ".join(
            str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in value
        )
    if isinstance(value, dict):
        degrees = [str(value[name]) for name in ("lat", "lon") if value.get(name) is not None]
        return " · ".join(filter(None, (str(value.get("address") or ""), ", ".join(degrees))))
    if field.kind == Kind.DATETIME:
        return str(value)[:16].replace("T", " ")
    return str(value)


def feel_value(field: Field, value: Json) -> Any:
    """A value as expressions read it: exact numbers, dates and times as such."""
    if value is None:
        return None
    if field.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.STARS):
        return Decimal(str(value))
    if field.kind == Kind.TABLE:
        columns = tables.columns_of(field)
        return [tables.feel_row(columns, row) for row in tables.rows_of(value)]
    if field.kind == Kind.DATE:
        return datetime.fromisoformat(str(value)).date()
    if field.kind == Kind.DATETIME:
        return datetime.fromisoformat(str(value))
    if field.kind == Kind.TIME:
        return time.fromisoformat(str(value))
    if field.kind == Kind.POSITION and isinstance(value, dict):
        return {
            name: Decimal(str(part)) if isinstance(part, (int, float)) else part
            for name, part in value.items()
        }
    return value


def feel_values(session: Session, ticket_id: int) -> dict[str, Any]:
    """What a ticket has, by key, as expressions read it: `ticket.fields.<key>`."""
    rows = session.execute(
        select(Field, FieldValue.value)
        .join(FieldValue, FieldValue.field_id == Field.id)
        .where(FieldValue.ticket_id == ticket_id)
    )
    return {field.key: feel_value(field, value) for field, value in rows}


def words_of(session: Session, ticket_id: int) -> list[tuple[Field, dict[str, str]]]:
    """What a ticket has, as people read it, in the order of the fields."""
    has = values_of(session, [ticket_id])[ticket_id]
    if not has:
        return []
    return [
        (field, shown(session, field, has[field.key]))
        for field in all_fields(session)
        if field.key in has
    ]


# -- setting -------------------------------------------------------------------------------------


def set_values(
    session: Session, desk: Desk, ticket: Ticket, wanted: Mapping[str, Json], *, actor: Actor
) -> list[str]:
    """Set the fields in `wanted` that differ, by key; null empties one. Returns the keys that changed.

    Computed fields follow. Whether this actor may change them is the caller's question (`held_for`).
    Side effects: the ticket is locked; a line of the trail for each change, with old and new in
    words; timers and conditions of its process that read the ticket are worked out anew; open pages
    are told, and `ticket.changed` is emitted with fields named `fields.<key>`, of tables without what they
    hold. Raises FieldRefused; nothing is set then.
    """
    session.refresh(ticket, with_for_update={"of": Ticket})
    changes = _put(session, desk.settings.timezone, ticket, wanted)
    return _tell(session, desk, ticket, changes, actor)


def _tell(
    session: Session, desk: Desk, ticket: Ticket, changes: Sequence[Changed], actor: Actor
) -> list[str]:
    """The side effects of `set_values` besides the values. Returns the keys that changed."""
    if not changes:
        return []
    now = utc_now()
    for change in changes:
        old, new = _change_said(session, change)
        write_trail(
            session, ticket, at=now, actor=actor, action="edited",
            data={"field": change.name, "label": change.field.label, "old": old, "new": new},
        )  # fmt: skip
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    for topic in (f"ticket:{ticket.id}", "tickets"):
        desk.live.publish(session, topic, "ticket.changed", data)
    desk.engine.reconsider(session, ticket.instance_id)
    # A table is too long for the data of a process; who needs it reads it at the ticket.
    small = [change for change in changes if change.field.kind != Kind.TABLE]
    told = {
        "fields": [change.name for change in changes],
        "old": {change.name: change.old for change in small},
        "new": {change.name: change.new for change in small},
    }
    emit(session, desk.engine, "ticket.changed", told, actor=actor, ticket_id=ticket.id)
    return [change.field.key for change in changes]


def first_values(
    session: Session, zone: str, ticket: Ticket, answers: Mapping[str, Any], *, actor: Actor
) -> None:
    """What a new ticket begins with, of answers of a form; neither trail nor event. `zone` is the desk's."""
    if usable := _usable(session, ticket, answers, actor):
        _keep(session, zone, ticket, usable)


def keep_answers(
    session: Session, desk: Desk, ticket: Ticket, answers: Mapping[str, Any], *, actor: Actor
) -> list[str]:
    """Let the ticket's fields follow the answers of a step's form. Returns the keys that changed.

    Side effects: those of `set_values`. The ticket's process is locked first, as every step does it.
    """
    usable = _usable(session, ticket, answers, actor)
    if not usable:
        return []
    session.execute(
        select(process_instance.c.id)
        .where(process_instance.c.id == ticket.instance_id)
        .with_for_update()
    )
    session.refresh(ticket, with_for_update={"of": Ticket})
    changes = _keep(session, desk.settings.timezone, ticket, usable)
    return _tell(session, desk, ticket, changes, actor)


def _usable(
    session: Session, ticket: Ticket, answers: Mapping[str, Any], actor: Actor
) -> dict[str, Json]:
    """Answers whose key is that of a field, as it keeps them, where it can: the form has asked by its own rules."""
    if not answers:
        return {}
    fields = {field.key: field for field in ticket_fields(session, ticket.type)}
    customer = held_for(fields.values(), None) if actor.kind == "contact" else frozenset()
    found: dict[str, Json] = {}
    for key in answers.keys() & fields.keys() - customer:
        if fields[key].kind in (Kind.COMPUTED, Kind.FILE) or answers[key] in EMPTY:
            continue
        with suppress(FieldRefused):
            found |= _checked(session, [fields[key]], {key: answers[key]}, {})
    return found


def _change_said(
    session: Session, change: Changed
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Old and new in words; of a table the rows that differ."""
    names = names_of(session, change.field)
    if change.field.kind == Kind.TABLE:
        return tables.changed_words(change.field, change.old, change.new, names)
    old, new = (
        None if value in EMPTY else said(change.field, value, names)
        for value in (change.old, change.new)
    )
    return old, new


def _put(session: Session, zone: str, ticket: Ticket, wanted: Mapping[str, Json]) -> list[Changed]:
    """Check and write; what has changed, computed fields last. Raises FieldRefused."""
    fields = {field.key: field for field in all_fields(session)}
    for key in wanted:
        _require(fields.get(key), key, ticket)
    has = values_of(session, [ticket.id])[ticket.id]
    asked = [field for field in fields.values() if field.key in wanted]
    checked = _checked(session, asked, wanted, has)
    _check_files(session, ticket, asked, checked)
    return _write_all(session, zone, ticket, list(fields.values()), has, checked)


def _keep(
    session: Session, zone: str, ticket: Ticket, checked: Mapping[str, Json]
) -> list[Changed]:
    """Write what `_usable` gave; what has changed."""
    has = values_of(session, [ticket.id])[ticket.id]
    return _write_all(session, zone, ticket, all_fields(session), has, checked)


def _write_all(
    session: Session,
    zone: str,
    ticket: Ticket,
    fields: Sequence[Field],
    has: Mapping[str, Json],
    checked: Mapping[str, Json],
) -> list[Changed]:
    """Write checked values, and what is computed of them; what has changed, in the order of `fields`."""
    now = {**has, **checked}
    for field in fields:
        if field.kind == Kind.TABLE and field.key in checked:
            now[field.key] = _rows(field, checked[field.key], zone)
    here = [field for field in fields if field.active and belongs(field, ticket.type)]
    for field in here:
        if field.kind == Kind.COMPUTED:
            now[field.key] = compute(field, here, now, zone)
    changes = [
        Changed(field, has.get(field.key), None if now[field.key] in EMPTY else now[field.key])
        for field in fields
        if field.key in now and _differs(has.get(field.key), now[field.key])
    ]
    for change in changes:
        _write(session, ticket, change)
    return changes


def _differs(old: Json, new: Json) -> bool:
    if old in EMPTY and new in EMPTY:
        return False
    return old != new or type(old) is not type(new)


def _require(field: Field | None, key: str, ticket: Ticket) -> None:
    if field is None:
        raise FieldRefused(key, _NO_SUCH)
    if not field.active:
        raise FieldRefused(key, _WITHDRAWN)
    if not belongs(field, ticket.type):
        raise FieldRefused(key, _NOT_HERE)
    if field.kind == Kind.COMPUTED:
        raise FieldRefused(key, _COMPUTED)


def _checked(
    session: Session, fields: Sequence[Field], wanted: Mapping[str, Json], has: Mapping[str, Json]
) -> dict[str, Json]:
    """The values as they are kept, by the rules of the form of these fields. Raises FieldRefused."""
    by_form = [
        field
        for field in fields
        if field.kind != Kind.FILE
        and not (field.kind == Kind.POSITION and wanted[field.key] is None and not field.required)
    ]
    values: dict[str, Json] = {field.key: None for field in fields}
    for field in fields:
        if field.kind == Kind.FILE:
            values[field.key] = wanted[field.key] or None
    if not by_form:
        return values
    form = form_of_fields(by_form)
    payload = {CONTAINER: {field.key: as_entered(field, wanted[field.key]) for field in by_form}}
    options = options_of(session, by_form, has)
    done = form.validate_json(payload, locale="en", options=options)
    zh = form.validate_json(payload, locale="zh_CN", options=options) if done.errors else done
    for name, words in done.errors.items():
        steps = name.split(".")
        key = steps[1] if len(steps) > 1 else name
        reason = Text(words, zh.errors.get(name, words))
        if len(steps) > 3:  # a cell: which one
            where = ".".join(steps[1:])
            at = Text(form.label(name, "en") or where, form.label(name, "zh_CN") or where)
            reason = Text(f"{at.en}: {reason.en}", f"{at.zh}：{reason.zh}")
        raise FieldRefused(key, reason)
    for key, value in done.values[CONTAINER].items():
        values[key] = _tidy(value)
    return values


def _tidy(value: Json) -> Json:
    """A value without its empty parts: an address without degrees, nothing at all."""
    if isinstance(value, dict):
        kept = {name: part for name, part in value.items() if part not in EMPTY}
        return kept or None
    return None if value in EMPTY else value


def as_entered(field: Field, value: Json) -> Json:
    """What a program or a page gives, as the form of the field takes it: a table without what it computes."""
    if field.kind != Kind.TABLE:
        return value
    return tables.as_entered(field, [] if value is None else value)


def _rows(field: Field, value: Json, zone: str) -> Json:
    """The rows as they are kept. Raises FieldRefused where one is needed and nothing stands in any."""
    rows = tables.worked_out(field, value, zone)
    if field.required and not rows:
        raise FieldRefused(field.key, Text("Please add at least one entry.", "请至少添加一项。"))
    return rows or None


def _check_files(
    session: Session, ticket: Ticket, fields: Sequence[Field], values: dict[str, Json]
) -> None:
    """Files are attachments of the ticket; they are kept with their names. Raises FieldRefused."""
    for field in fields:
        if field.kind != Kind.FILE:
            continue
        given = values[field.key]
        if given is None:
            if field.required:
                raise FieldRefused(field.key, Text("Choose a file.", "请选择文件。"))
            continue
        numbers = [_number(field, one) for one in (given if isinstance(given, list) else [given])]
        names = dict(
            session.execute(
                select(Attachment.id, Attachment.filename)
                .join(Message, Message.id == Attachment.message_id)
                .where(Attachment.id.in_(numbers), Message.ticket_id == ticket.id)
            ).all()
        )
        if set(numbers) - names.keys():
            raise FieldRefused(field.key, _FILES)
        values[field.key] = [{"id": number, "name": names[number]} for number in numbers]


def _number(field: Field, file: Json) -> int:
    """The number of an attachment, also as it was kept. Raises FieldRefused."""
    number = file.get("id") if isinstance(file, dict) else file
    if not isinstance(number, int) or isinstance(number, bool):
        raise FieldRefused(field.key, _FILES)
    return number


def compute(field: Field, fields: Sequence[Field], values: Mapping[str, Json], zone: str) -> Json:
    """What a computed field says: FEEL over the fields of the ticket by their keys.

    Those without a value are null. An expression that cannot be worked out is nothing.
    """
    names = {one.key: feel_value(one, values.get(one.key)) for one in fields}
    return tables.evaluated(field.expression, names, zone)


def _write(session: Session, ticket: Ticket, change: Changed) -> None:
    where = (FieldValue.ticket_id == ticket.id, FieldValue.field_id == change.field.id)
    if change.new is None:
        session.execute(delete(FieldValue).where(*where))
        return
    row = session.scalars(select(FieldValue).where(*where)).one_or_none()
    if row is None:
        row = FieldValue(ticket_id=ticket.id, field_id=change.field.id)
        session.add(row)
    row.value = change.new
    row.text, row.number, row.moment = indexed(change.field, change.new)
    row.start = row.text[:100]
    session.flush()


def indexed(field: Field, value: Json) -> tuple[str, Decimal | None, datetime | None]:
    """What lists filter and sort a value by: text, number, moment."""
    if field.kind == Kind.CHOICES and isinstance(value, list):
        return "|" + "".join(f"{one}|" for one in value), None, None
    if isinstance(value, bool):
        return ("true" if value else "false"), Decimal(value), None
    if isinstance(value, (int, float)):
        return str(value), _kept(Decimal(str(value))), None
    text = _plain(field, value)
    if field.kind == Kind.TABLE:
        total = next(iter(tables.totals(field, value).values()), None)
        return text, _kept(total) if total is not None else None, None
    if field.kind == Kind.DATE:
        day = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        return text, None, day
    if field.kind == Kind.DATETIME:
        return text, None, datetime.fromisoformat(str(value)).astimezone(UTC)
    return text, None, None


def _kept(number: Decimal) -> Decimal | None:
    """As far as the column takes it; None for one that is too large."""
    number = round(number, 10)
    return number if abs(number) < 10**20 else None
