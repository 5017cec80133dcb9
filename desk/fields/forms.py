"""Definitions of fields as a form-js schema: desk.forms renders them and holds entries to their rules.

In the data all fields are in one object, `{"fields": {"<key>": value}}`, so that their names meet no
other name of a page.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.fields.models import Dictionary, DictionaryEntry, Field, Kind
from desk.fields.tables import MOST_ROWS, Column, ColumnKind, columns_of, rows_of
from desk.forms import Form, Option
from desk.forms.tree import Json

CONTAINER: Final = "fields"
SOURCE: Final = "dictionary:"  # before the key of a dictionary: a source of options
STARS: Final = 5
FROM_DICTIONARY: Final = (Kind.CHOICE, Kind.CHOICES, Kind.CASCADE)

# kind → type of component, and what it needs besides
_COMPONENTS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    Kind.CHOICE: ("select", {}),
    Kind.CHOICES: ("checklist", {}),
    Kind.CASCADE: ("select", {"searchable": True}),
    Kind.LINE: ("textfield", {}),
    Kind.TEXT: ("textarea", {}),
    Kind.INTEGER: ("number", {"decimalDigits": 0}),
    Kind.DECIMAL: ("number", {}),
    Kind.CHECK: ("checkbox", {}),
    Kind.DATE: ("datetime", {"subtype": "date"}),
    Kind.DATETIME: ("datetime", {"subtype": "datetime", "timeSerializingFormat": "utc_offset"}),
    Kind.TIME: ("datetime", {"subtype": "time"}),
    Kind.PATTERN: ("textfield", {}),
    Kind.STARS: (
        "select",
        {
            "values": [
                {"value": count, "label": "★" * count + "☆" * (STARS - count)}
                for count in range(STARS, 0, -1)
            ]
        },
    ),
    Kind.PHONE: ("textfield", {}),
    Kind.FILE: ("filepicker", {"multiple": True}),
    Kind.COMPUTED: ("textfield", {"readonly": True}),
}
_CELLS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    ColumnKind.LINE: ("textfield", {}),
    ColumnKind.INTEGER: ("number", {"decimalDigits": 0}),
    ColumnKind.DECIMAL: ("number", {}),
    ColumnKind.CHOICE: ("select", {}),
}


def form_of_fields(fields: Sequence[Field], *, held: Collection[str] = ()) -> Form:
    """The form of these fields, in their order; those whose keys are in `held` are only shown."""
    return Form.from_schema(schema_of(fields, held=held))


def schema_of(fields: Sequence[Field], *, held: Collection[str] = ()) -> dict[str, Any]:
    """The same as form-js JSON (schemaVersion 19)."""
    return {
        "type": "default",
        "schemaVersion": 19,
        "components": [
            {
                "type": "group",
                "id": CONTAINER,
                "path": CONTAINER,
                "components": [_component(field, field.key in held) for field in fields],
            }
        ],
    }


def _component(field: Field, held: bool) -> dict[str, Any]:
    if field.kind == Kind.POSITION:
        return _position(field, held)
    if field.kind == Kind.TABLE:
        return _table(field, held)
    kind, more = _COMPONENTS[field.kind]
    validate: dict[str, Any] = {} if field.kind == Kind.COMPUTED else {"required": field.required}
    if field.kind == Kind.PHONE:
        validate["validationType"] = "phone"
    if field.kind == Kind.PATTERN and field.pattern:
        # The whole text, as an administrator expects of a rule for a text; form-js searches.
        validate |= {"validationType": "custom", "pattern": f"^(?:{field.pattern})$"}
    found: dict[str, Any] = {
        "type": kind,
        "id": f"field-{field.key}",
        "key": field.key,
        **_texts("label", field.label),
        "description": _first(field.help),
        "validate": validate,
        **more,
        "properties": {**_others("label", field.label), **_others("description", field.help)},
    }
    if held:
        found["readonly"] = True
    if field.kind in FROM_DICTIONARY and field.dictionary is not None:
        found["properties"]["source"] = SOURCE + field.dictionary.key
    return found


def _position(field: Field, held: bool) -> dict[str, Any]:
    """An address with its latitude and longitude (WGS 84, degrees)."""
    parts: list[dict[str, Any]] = [
        {
            "type": "textfield",
            "key": "address",
            "label": "地址",
            "description": _first(field.help),
            "validate": {"required": field.required},
            "properties": {"label:en": "Address", **_others("description", field.help)},
        },
        {
            "type": "number",
            "key": "lat",
            "label": "纬度",
            "validate": {"min": -90, "max": 90},
            "layout": {"row": f"{field.key}-degrees"},
            "properties": {"label:en": "Latitude"},
        },
        {
            "type": "number",
            "key": "lon",
            "label": "经度",
            "validate": {"min": -180, "max": 180},
            "layout": {"row": f"{field.key}-degrees"},
            "properties": {"label:en": "Longitude"},
        },
    ]
    for part in parts:
        part["id"] = f"field-{field.key}-{part['key']}"
        if held:
            part["readonly"] = True
    return {
        "type": "group",
        "id": f"field-{field.key}",
        "path": field.key,
        **_texts("label", field.label),
        "components": parts,
        "properties": _others("label", field.label),
    }


def _table(field: Field, held: bool) -> dict[str, Any]:
    """Rows of one line each. What is computed is shown as it was when the page was made."""
    columns = columns_of(field)
    rules = {"most": str(MOST_ROWS), "least": "1" if field.required else "0", "as": "table"}
    return {
        "type": "dynamiclist",
        "id": f"field-{field.key}",
        "path": field.key,
        **_texts("label", field.label),
        "description": _first(field.help),
        "components": [_cell(field, column, held) for column in columns],
        "allowAddRemove": not held,
        "defaultRepetitions": 1 if field.required and not held else 0,
        "disableCollapse": True,
        "showOutline": False,
        "properties": rules | _others("label", field.label) | _others("description", field.help),
    }


def _cell(field: Field, column: Column, held: bool) -> dict[str, Any]:
    shared = {"id": f"field-{field.key}-{column.key}", "layout": {"row": f"{field.key}-row"}}
    if column.kind == ColumnKind.COMPUTED:
        says = "{{" + _over_row(field, column) + "}}"
        others = {name: f"{text}\n\n{says}" for name, text in _others("text", column.title).items()}
        return {
            "type": "text",
            **shared,
            "text": f"{_first(column.title) or column.key}\n\n{says}",
            "properties": others,
        }
    kind, more = _CELLS[column.kind]
    found: dict[str, Any] = {
        "type": kind,
        **shared,
        "key": column.key,
        "label": _first(column.title) or column.key,
        "validate": {"required": column.required},
        **more,
        "properties": _others("label", column.title),
    }
    if held:
        found["readonly"] = True
    if column.kind == ColumnKind.CHOICE:
        found["properties"]["source"] = SOURCE + column.dictionary
    return found


def _over_row(field: Field, wanted: Column) -> str:
    """A computed cell as FEEL of the form, where names of the row are `this.name`."""
    names = []
    for column in columns_of(field):
        computed = column.kind == ColumnKind.COMPUTED
        names.append(f"{column.key}: " + (f"({column.expression})" if computed else f"this.{column.key}"))
        if column.key == wanted.key:
            break
    names.append(f'_said: if {wanted.key} = null then "–" else string({wanted.key})')
    # Two braces end a template: between those of FEEL a blank changes nothing.
    return ("{" + ", ".join(names) + "}._said").replace("}}", "} }").replace("{{", "{ {")


def _first(texts: Mapping[str, str]) -> str:
    """Chinese stands in the schema, English beside it; either where the other is missing."""
    return _plain(texts.get("zh") or texts.get("en") or "")


def _texts(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {name: _first(texts)}


def _others(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}:en": _plain(texts["en"])} if texts.get("en") else {}


def _plain(text: str) -> str:
    """What an administrator types is words: never a template."""
    return text.replace("{{", "{ {")


def options_of(
    session: Session, fields: Iterable[Field], values: Mapping[str, Json] | None = None
) -> dict[str, list[Option]]:
    """What the form of these fields offers. What a ticket has stays to choose when it was withdrawn: `values`."""
    found: dict[str, list[Option]] = {}
    for field in fields:
        for key, keep in _chosen_from(field, (values or {}).get(field.key)):
            name = SOURCE + key
            offered = leaves(entries_named(session, key), keep)
            known = {option.value for option in found.get(name, ())}
            found.setdefault(name, []).extend(one for one in offered if one.value not in known)
    return found


def _chosen_from(field: Field, has: Json) -> Iterator[tuple[str, set[str]]]:
    """The dictionaries that a field chooses from, by key, each with what is chosen."""
    if field.kind == Kind.TABLE:
        for column in columns_of(field):
            if column.kind == ColumnKind.CHOICE:
                yield column.dictionary, {str(row.get(column.key)) for row in rows_of(has)}
    elif field.kind in FROM_DICTIONARY and field.dictionary is not None:
        chosen = has if isinstance(has, list) else [has]
        yield field.dictionary.key, {str(one) for one in chosen if one is not None}


def entries_named(session: Session, key: str) -> list[DictionaryEntry]:
    """The same as `entries_of`, by the key of the dictionary; none where there is no such dictionary."""
    number = session.scalar(select(Dictionary.id).where(Dictionary.key == key))
    return entries_of(session, number) if number is not None else []


def entries_of(session: Session, dictionary_id: int) -> list[DictionaryEntry]:
    """All entries in their order, withdrawn ones too."""
    order = (DictionaryEntry.position, DictionaryEntry.id)
    return list(
        session.scalars(
            select(DictionaryEntry)
            .where(DictionaryEntry.dictionary_id == dictionary_id)
            .order_by(*order)
        )
    )


def leaves(entries: Sequence[DictionaryEntry], keep: Collection[str] = ()) -> list[Option]:
    """The entries that can be chosen, depth first, named by their whole path: “Hardware / Printer”.

    Withdrawn ones, and those below a withdrawn one, are left out unless their key is in `keep`.
    """
    below: dict[int | None, list[DictionaryEntry]] = {}
    for entry in entries:
        below.setdefault(entry.parent_id, []).append(entry)
    found: list[Option] = []

    def walk(parent: int | None, zh: tuple[str, ...], en: tuple[str, ...], open_: bool) -> None:
        for entry in below.get(parent, ()):
            offered = open_ and entry.active
            names_zh = (*zh, entry.title.get("zh") or entry.title.get("en") or entry.key)
            names_en = (*en, entry.title.get("en") or entry.title.get("zh") or entry.key)
            children = any(child.active for child in below.get(entry.id, ()))
            if (offered and not children) or entry.key in keep:
                found.append(Option(entry.key, " / ".join(names_zh), {"en": " / ".join(names_en)}))
            walk(entry.id, names_zh, names_en, offered)

    walk(None, (), (), True)
    return found
