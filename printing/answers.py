"""A filled form as lines of a document: labels, values as they are read, choices, tables."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.forms import Form, FormSchemaError
from desk.forms.fields.base import Input, Place, Situation
from desk.forms.fields.choice import Checkbox, OptionInput
from desk.forms.fields.container import Components, DynamicList, Group
from desk.forms.fields.file import FilePicker
from desk.forms.tree import MISSING, get
from desk.tickets.models import Ticket
from desk.tickets.steps import form_options
from engine.tables import process_instance
from engine.timestamps import utc_now
from printing.pictures import Pictures

Line = dict[str, Any]
MOST_ROWS = 200
LONG = "textarea"


def form_of_ticket(session: Session, desk: Desk, ticket: Ticket) -> Form | None:
    """The form by which the ticket was asked for, as its version of the process has it."""
    return form_named(session, desk, ticket.instance_id, ticket.form_key)


def form_named(session: Session, desk: Desk, instance_id: Any, key: str | None) -> Form | None:
    """A form of the version that an instance runs; None where there is none that can be read."""
    if not key:
        return None
    library = desk.engine.library
    version_id = session.scalar(
        select(process_instance.c.version_id).where(process_instance.c.id == instance_id)
    )
    if version_id is None:
        return None
    schema = library.form(session, library.version(session, version_id), key)
    try:
        return Form.from_schema(schema) if schema else None
    except FormSchemaError:
        return None  # a form of an older desk: its answers are shown plainly


def lines(
    session: Session,
    desk: Desk,
    form: Form | None,
    values: Mapping[str, Any],
    *,
    locale: str,
    empty: bool = False,
    pictures: Pictures | None = None,
) -> list[Line]:
    """What was answered, in the order of the form; with `empty` also what was not.

    A line: key, label, value (text), required, help, long, choices [{label, chosen}], pictures [{name, address}] as far
    as `pictures` gives them, and for tables columns and rows.
    Values that the form does not know follow under their names.
    """
    found: list[Line] = []
    if form is not None:
        zone = ZoneInfo(desk.settings.timezone)
        options = form_options(session, form)
        situation = Situation(locale, utc_now().astimezone(zone), options)
        found = list(_lines(form.components, situation.place(values), values, situation, pictures))
    known = form.keys if form else frozenset()
    for name, value in values.items():
        if name not in known and value not in (None, "", [], {}):
            found.append({"key": name, "label": name, "value": _text(value), "rows": []})
    return found if empty else [line for line in found if line["value"] or line["rows"]]


def _lines(
    components: Components,
    place: Place,
    values: Mapping[str, Any],
    situation: Situation,
    pictures: Pictures | None,
) -> Iterator[Line]:
    for component in components:
        if not component.visible(place):
            continue
        if isinstance(component, Input):
            line = _line(component, place, values, situation)
            if pictures and isinstance(component, FilePicker):
                line["pictures"] = pictures.of(_answer(component, place, values))
            yield line
        elif isinstance(component, Group):
            inner = component.place(place)
            yield from _lines(component.components, inner, values, situation, pictures)
        elif isinstance(component, DynamicList):
            yield _table(component, place, values, situation)


def _line(item: Input, place: Place, values: Mapping[str, Any], situation: Situation) -> Line:
    value = _answer(item, place, values)
    return {
        "key": ".".join(item.key),
        "label": item.heading(place.scope, situation.locale) or item.key[-1],
        "value": _shown(item, value, place, situation),
        "required": item.required,
        "help": item.description.say(place.scope, situation.locale),
        "long": item.type == LONG,
        "choices": _choices(item, value, place, situation),
        "pictures": [],
        "rows": [],
    }


def _answer(item: Input, place: Place, values: Mapping[str, Any]) -> Any:
    value = get(dict(values), (*place.path, *item.key))
    return None if value is MISSING else value


def _shown(item: Input, value: Any, place: Place, situation: Situation) -> str:
    """The value as people read it. What does not fit its field any more is shown as it was kept."""
    if value in (None, "", []):
        return ""
    try:
        texts = [text for text in item.display(value, place.scope, situation) if text]
    except (TypeError, ValueError, LookupError, AttributeError):
        return _text(value)
    return ("、" if situation.locale.startswith("zh") else ", ").join(texts)


def _choices(item: Input, value: Any, place: Place, situation: Situation) -> list[dict[str, Any]]:
    if not isinstance(item, OptionInput) or isinstance(item, Checkbox):
        return []
    chosen = value if isinstance(value, list) else [value]
    offered = item.offered(place.scope, situation).values()
    return [
        {"label": option.say(situation.locale), "chosen": option.value in chosen}
        for option in offered
    ]


def _table(
    component: DynamicList, place: Place, values: Mapping[str, Any], situation: Situation
) -> Line:
    rows = get(dict(values), (*place.path, *component.path))
    rows = rows[:MOST_ROWS] if isinstance(rows, list) else []
    inputs = list(component.inputs())
    cells = []
    for number, row in enumerate(rows):
        inner = component.row(place, number, row)
        cells.append([_line(item, inner, values, situation)["value"] for item in inputs])
    scope, locale = place.scope, situation.locale
    return {
        "key": ".".join(component.path),
        "label": component.label.say(scope, locale),
        "value": "",
        "columns": [item.heading(scope, locale) or item.key[-1] for item in inputs],
        "rows": cells,
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return str(value.get("name") or ", ".join(f"{k}: {_text(v)}" for k, v in value.items()))
    return str(value)
