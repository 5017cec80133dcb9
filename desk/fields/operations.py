"""What can be done with fields, their groups and dictionaries. Every change is an entry of the log.

Nothing that tickets have is deleted: fields and entries are withdrawn, groups and dictionaries go when
nothing is in them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.fields.forms import FROM_DICTIONARY, entries_of
from desk.fields.models import (
    Catalogue,
    Dictionary,
    DictionaryEntry,
    Field,
    FieldGroup,
    FieldValue,
    Held,
    Kind,
)
from desk.fields.tables import MOST_COLUMNS, NUMBERS, Column, ColumnKind, Fills
from desk.forms.patterns import UnsafePattern, compile_pattern
from desk.people.errors import PeopleError
from desk.people.log import record
from desk.people.models import Team, User
from desk.tickets.models import TicketType
from desk.tickets.statuses import KEY as STATUSES
from engine.actors import Actor
from engine.expressions import compiled
from engine.feel import FeelSyntaxError

KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
ENTRY_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
DEPTH: Final = 5  # levels of a dictionary


class FieldError(PeopleError):
    """Something cannot be kept like that; `field` names the control, `message` says why."""


@dataclass(frozen=True)
class FieldSettings:
    """What can be set of a field; texts are {"zh": …, "en": …}. Its kind lasts, as its key does."""

    label: Mapping[str, str]
    kind: str = Kind.LINE
    help: Mapping[str, str] = field(default_factory=dict)
    group_id: int | None = None
    dictionary_id: int | None = None
    expression: str = ""
    pattern: str = ""
    columns: Sequence[Column] = ()
    catalogue_id: int | None = None
    required: bool = False
    held: str = Held.NOBODY
    held_ids: Sequence[int] = ()
    in_list: bool = False
    searchable: bool = False
    types: Sequence[str] = ()
    active: bool = True


# -- fields --------------------------------------------------------------------------------------


def create_field(session: Session, key: str, settings: FieldSettings, *, actor: Actor) -> Field:
    """Add a field; an empty key is made up (`field_7`). Raises FieldError."""
    key = key.strip().lower() or _free_key(session)
    if not KEY.fullmatch(key):
        raise FieldError("key", _l("Use small letters, digits and underscores, a letter first."))
    if session.scalar(select(Field.id).where(Field.key == key)) is not None:
        raise FieldError("key", _l("There is a field with this key already."))
    if settings.kind not in set(Kind):
        raise FieldError("kind", _l("Choose one of the list."))
    made = Field(key=key, kind=str(settings.kind), position=_last(session, Field) + 1)
    _keep(session, made, settings)
    session.add(made)
    session.flush()
    _note(session, "field_created", made.key, actor, new=_filled(made))
    return made


def change_field(session: Session, found: Field, settings: FieldSettings, *, actor: Actor) -> None:
    """Change a field, or withdraw it with `active=False`; what tickets have stays. Raises FieldError."""
    old = _said(found)
    _keep(session, found, settings)
    session.flush()
    _note(session, "field_changed", found.key, actor, old=old, new=_said(found))


def delete_field(session: Session, found: Field, *, actor: Actor) -> None:
    """Take away a field in which no ticket has anything. Raises FieldError for one that is used."""
    if has_values(session, found):
        raise FieldError("active", _l("Tickets have values in it: withdraw it instead."))
    session.delete(found)
    session.flush()
    _note(session, "field_deleted", found.key, actor, old=_filled(found))


def has_values(session: Session, found: Field) -> bool:
    """Whether any ticket has something in the field."""
    used = select(FieldValue.id).where(FieldValue.field_id == found.id).limit(1)
    return session.scalar(used) is not None


def order_fields(session: Session, keys: Sequence[str], *, actor: Actor) -> None:
    """Put the fields in this order, each in its group. Those not named come after them, as they were."""
    before = sorted(session.scalars(select(Field)), key=lambda one: one.position)
    wanted = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    after = sorted(before, key=lambda one: wanted.get(one.key, len(wanted)))
    for place, one in enumerate(after):
        one.position = place
    session.flush()
    if before != after:
        _note(session, "field_order", "order", actor, new={"fields": [one.key for one in after]})


def _free_key(session: Session) -> str:
    taken = set(session.scalars(select(Field.key).where(Field.key.startswith("field_"))))
    return next(key for number in range(1, len(taken) + 2) if (key := f"field_{number}") not in taken)


def _keep(session: Session, found: Field, settings: FieldSettings) -> None:
    found.label = _title(settings.label, "label_zh")
    found.help = {lang: " ".join(text.split())[:400] for lang, text in settings.help.items()}
    if settings.group_id is not None and session.get(FieldGroup, settings.group_id) is None:
        raise FieldError("group_id", _l("Choose one of the list."))
    found.group_id = settings.group_id
    found.dictionary_id = _dictionary(session, found.kind, settings.dictionary_id)
    found.expression = _expression(found.kind, settings.expression)
    found.pattern = _pattern(found.kind, settings.pattern)
    found.columns = _columns(session, found.kind, settings.columns)
    found.catalogue_id = _catalogue(session, found.kind, settings.catalogue_id)
    found.required = settings.required and found.kind != Kind.COMPUTED
    found.held, found.held_ids = _held(session, settings)
    found.in_list, found.searchable = settings.in_list, settings.searchable
    found.types = _types(session, settings.types)
    found.active = settings.active


def _dictionary(session: Session, kind: str, number: int | None) -> int | None:
    if kind not in FROM_DICTIONARY:
        return None
    if number is None or session.get(Dictionary, number) is None:
        raise FieldError("dictionary_id", _l("Choose the dictionary that it takes its values from."))
    return number


def _expression(kind: str, text: str) -> str:
    if kind != Kind.COMPUTED:
        return ""
    text = text.strip().removeprefix("=").strip()
    if not text:
        raise FieldError("expression", _l("Say what is to be computed."))
    try:
        compiled(text)
    except FeelSyntaxError as error:
        raise FieldError(
            "expression", _l("This is no FEEL: %(reason)s", reason=error.message["en"])
        ) from error
    return text


def _pattern(kind: str, text: str) -> str:
    if kind != Kind.PATTERN:
        return ""
    if not text.strip() or len(text) > 256:
        raise FieldError("pattern", _l("Write the pattern that the text has to match."))
    try:
        compile_pattern(f"^(?:{text})$")
    except (re.error, UnsafePattern) as error:
        raise FieldError("pattern", _l("This pattern cannot be used: %(reason)s", reason=str(error))) from error
    return text


def _columns(session: Session, kind: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
    if kind != Kind.TABLE:
        return []
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise FieldError(
            "columns", _l("A table has between one and %(most)s columns.", most=MOST_COLUMNS)
        )
    kept, keys = list[dict[str, Any]](), set[str]()
    for number, column in enumerate(columns, 1):
        try:
            kept.append(_column(session, column).as_json())
            if column.key in keys:
                raise FieldError("key", _l("There is a column with this key already."))
        except FieldError as error:
            reason = _l("Column %(number)s: %(reason)s", number=number, reason=error.words)
            raise FieldError("columns", reason) from error
        keys.add(column.key)
    return kept


def _column(session: Session, column: Column) -> Column:
    """The column as it is kept: without what its kind has no use for. Raises FieldError."""
    if not KEY.fullmatch(column.key):
        raise FieldError("key", _l("Use small letters, digits and underscores, a letter first."))
    if column.kind not in set(ColumnKind) or column.fills not in set(Fills):
        raise FieldError("kind", _l("Choose one of the list."))
    chooses, computes = column.kind == ColumnKind.CHOICE, column.kind == ColumnKind.COMPUTED
    named = select(Dictionary.id).where(Dictionary.key == column.dictionary)
    if chooses and session.scalar(named) is None:
        raise FieldError("dictionary", _l("Choose the dictionary that it takes its values from."))
    return Column(
        key=column.key,
        title=_title(column.title, "title"),
        kind=str(column.kind),
        dictionary=column.dictionary if chooses else "",
        expression=_expression(Kind.COMPUTED, column.expression) if computes else "",
        required=column.required and not computes,
        total=column.total and column.kind in NUMBERS,
        fills="" if chooses or computes else str(column.fills),
    )


def _catalogue(session: Session, kind: str, number: int | None) -> int | None:
    if kind != Kind.TABLE or number is None:
        return None
    if session.get(Catalogue, number) is None:
        raise FieldError("catalogue_id", _l("Choose one of the list."))
    return number


def _held(session: Session, settings: FieldSettings) -> tuple[str, list[int]]:
    if settings.held not in set(Held):
        raise FieldError("held", _l("Choose one of the list."))
    if settings.held not in (Held.TEAMS, Held.PEOPLE):
        return str(settings.held), []
    table: Any = Team if settings.held == Held.TEAMS else User
    numbers = sorted(set(session.scalars(select(table.id).where(table.id.in_(settings.held_ids)))))
    if not numbers:
        raise FieldError("held", _l("Say for which of them."))
    return str(settings.held), numbers


def _types(session: Session, wanted: Sequence[str]) -> list[str]:
    known = list(session.scalars(select(TicketType.key).order_by(TicketType.position)))
    if set(wanted) - set(known):
        raise FieldError("types", _l("Choose types of the list."))
    return [key for key in known if key in wanted]


def _said(found: Field) -> dict[str, Any]:
    """What the log keeps of a field."""
    names = ("label", "group_id", "dictionary_id", "expression", "pattern", "columns", "catalogue_id",
             "required", "held", "in_list", "searchable", "types", "active")  # fmt: skip
    kept = {name: getattr(found, name) for name in names}
    return {"key": found.key, "kind": found.kind, **kept}


def _filled(found: Field) -> dict[str, Any]:
    """The same without what was left as it is anyway."""
    return {name: value for name, value in _said(found).items() if value}


# -- groups --------------------------------------------------------------------------------------


def create_group(
    session: Session, title: Mapping[str, str], note: str = "", *, actor: Actor
) -> FieldGroup:
    """Add a group behind the others. Raises FieldError without a title."""
    made = FieldGroup(
        title=_title(title, "title_zh"), note=_note_text(note), position=_last(session, FieldGroup) + 1
    )
    session.add(made)
    session.flush()
    _note(session, "field_group_changed", f"group-{made.id}", actor, new=_group_said(made))
    return made


def change_group(
    session: Session, found: FieldGroup, title: Mapping[str, str], note: str, *, actor: Actor
) -> None:
    """Change title and note. Raises FieldError without a title."""
    old = _group_said(found)
    found.title, found.note = _title(title, "title_zh"), _note_text(note)
    session.flush()
    _note(session, "field_group_changed", f"group-{found.id}", actor, old=old, new=_group_said(found))


def delete_group(session: Session, found: FieldGroup, *, actor: Actor) -> None:
    """Take away a group; its fields stand in none then."""
    for one in session.scalars(select(Field).where(Field.group_id == found.id)):
        one.group_id = None
    session.flush()
    session.delete(found)
    session.flush()
    _note(session, "field_group_changed", f"group-{found.id}", actor, old=_group_said(found))


def order_groups(session: Session, numbers: Sequence[int]) -> None:
    """Put the groups in this order."""
    known = {one.id: one for one in session.scalars(select(FieldGroup))}
    for position, number in enumerate(number for number in numbers if number in known):
        known[number].position = position
    session.flush()


def _group_said(found: FieldGroup) -> dict[str, Any]:
    return {"name": found.title, "note": found.note}


# -- dictionaries --------------------------------------------------------------------------------


def create_dictionary(
    session: Session, key: str, title: Mapping[str, str], note: str = "", *, actor: Actor
) -> Dictionary:
    """Add an empty dictionary. Raises FieldError: key taken or unusable, no title."""
    key = key.strip().lower()
    if not KEY.fullmatch(key):
        raise FieldError("key", _l("Use small letters, digits and underscores, a letter first."))
    if session.scalar(select(Dictionary.id).where(Dictionary.key == key)) is not None:
        raise FieldError("key", _l("There is a dictionary with this key already."))
    made = Dictionary(key=key, title=_title(title, "title_zh"), note=_note_text(note))
    session.add(made)
    session.flush()
    _note(session, "dictionary_changed", key, actor, new=_dictionary_said(made))
    return made


def change_dictionary(
    session: Session, found: Dictionary, title: Mapping[str, str], note: str, *, actor: Actor
) -> None:
    """Change title and note. Raises FieldError without a title."""
    old = _dictionary_said(found)
    found.title, found.note = _title(title, "title_zh"), _note_text(note)
    session.flush()
    _note(session, "dictionary_changed", found.key, actor, old=old, new=_dictionary_said(found))


def create_entry(
    session: Session,
    found: Dictionary,
    key: str,
    title: Mapping[str, str],
    note: str = "",
    *,
    parent: DictionaryEntry | None = None,
    actor: Actor,
) -> DictionaryEntry:
    """Add a value behind the others; an empty key is made up. Raises FieldError."""
    entries = entries_of(session, found.id)
    key = key.strip().lower() or _free_entry_key(entries)
    if not ENTRY_KEY.fullmatch(key):
        raise FieldError("key", _l("Use small letters, digits, dots, hyphens and underscores."))
    if any(one.key == key for one in entries):
        raise FieldError("key", _l("The dictionary has a value with this key already."))
    if found.key == STATUSES and (parent is None or parent.parent_id is not None):
        raise FieldError("parent", _l("Say to which of the six states it belongs."))
    if parent is not None and (parent.dictionary_id != found.id or _depth(entries, parent) >= DEPTH):
        raise FieldError("parent", _l("It cannot stand below this value."))
    made = DictionaryEntry(
        dictionary_id=found.id,
        parent_id=parent.id if parent else None,
        key=key,
        title=_title(title, "title_zh"),
        note=_note_text(note),
        position=max((one.position for one in entries), default=-1) + 1,
    )
    session.add(made)
    session.flush()
    _note(session, "dictionary_changed", found.key, actor, new=_entry_said(made))
    return made


def change_entry(
    session: Session,
    found: DictionaryEntry,
    title: Mapping[str, str],
    note: str,
    *,
    active: bool,
    actor: Actor,
) -> None:
    """Change a value, or withdraw it; tickets that have it keep it. Raises FieldError without a title."""
    of = session.get_one(Dictionary, found.dictionary_id)
    if of.key == STATUSES and found.parent_id is None and not active:
        raise FieldError("active", _l("The six states stay; withdraw statuses of your own."))
    old = _entry_said(found)
    found.title, found.note, found.active = _title(title, "title_zh"), _note_text(note), active
    session.flush()
    _note(session, "dictionary_changed", of.key, actor, old=old, new=_entry_said(found))


def order_entries(session: Session, found: Dictionary, keys: Sequence[str], *, actor: Actor) -> None:
    """Put the values in this order; each still stands below its parent."""
    known = {one.key: one for one in entries_of(session, found.id)}
    named = [known[key] for key in keys if key in known]
    if [one.key for one in named] == list(known):
        return
    for position, one in enumerate(named):
        one.position = position
    session.flush()
    _note(session, "dictionary_changed", found.key, actor, new={"order": [one.key for one in named]})


def _depth(entries: Sequence[DictionaryEntry], entry: DictionaryEntry) -> int:
    by_id = {one.id: one for one in entries}
    depth, at = 1, entry
    while at.parent_id is not None:
        depth, at = depth + 1, by_id[at.parent_id]
    return depth


def _free_entry_key(entries: Sequence[DictionaryEntry]) -> str:
    taken = {one.key for one in entries}
    return next(key for number in range(1, len(taken) + 2) if (key := str(number)) not in taken)


def _dictionary_said(found: Dictionary) -> dict[str, Any]:
    return {"key": found.key, "name": found.title, "note": found.note}


def _entry_said(found: DictionaryEntry) -> dict[str, Any]:
    return {"key": found.key, "name": found.title, "note": found.note, "active": found.active}


# -- what they share -----------------------------------------------------------------------------

Placed = TypeVar("Placed", Field, FieldGroup)


def _last(session: Session, of: type[Placed]) -> int:
    return session.scalar(select(func.max(of.position))) or 0


def _title(texts: Mapping[str, str], control: str) -> dict[str, str]:
    kept = {lang: " ".join(text.split())[:120] for lang, text in texts.items()}
    if not any(kept.values()):
        raise FieldError(control, _l("Give it a name."))
    return {lang: text for lang, text in kept.items() if text}


def _note_text(note: str) -> str:
    return " ".join(note.split())[:400]


def _note(
    session: Session,
    action: str,
    key: str,
    actor: Actor,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    """An entry of the log, of what differs."""
    if old is not None and new is not None:
        differs = [name for name in new if old.get(name) != new[name]]
        if not differs:
            return
        old, new = ({name: side.get(name) for name in differs} for side in (old, new))
    record(session, action, actor=actor, subject=f"field:{key}", old=old, new=new)
