"""What a one-time link can ask for, and the form that is made of what was chosen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk.contacts.models import Contact
from desk.fields.forms import CONTAINER, options_of, schema_of
from desk.fields.models import Field, Kind
from desk.fields.values import held_for, ticket_fields, values_of
from desk.forms import Form
from desk.forms.tree import Json, put
from desk.imports import cells
from desk.tickets.models import Ticket
from desk.tickets.types import form_of_type, type_by_key
from engine.operators import Text
from engine.runtime import Engine

Mode = Literal["open", "required", "shown"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
NEVER: Final = (Kind.COMPUTED, Kind.FILE, Kind.POSITION)
# Kinds of a request form's components that one value in a page fills.
SIMPLE: Final = frozenset(
    {"textfield", "textarea", "number", "select", "radio", "checkbox", "checklist", "datetime"}
)
OWN: Final = frozenset({"name", "mail", "phone", "title", "text"})  # of a request form: asked for here


@dataclass(frozen=True)
class Offer:
    """A field that may be chosen. `component` is form-js, `field` the desk's own, where it is one."""

    key: str
    label: Text
    component: Mapping[str, Any]
    field: Field | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """Where its value stands in the data."""
        return tuple(self.key.removeprefix("form.").split("."))


@dataclass(frozen=True)
class Asked:
    """A field that was chosen: how, and what stands in it beforehand."""

    key: str
    mode: Mode = "open"
    value: Json = None

    def as_json(self) -> dict[str, Json]:
        """As it is kept with the link."""
        return {"key": self.key, "mode": self.mode, "value": self.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Asked":
        """What `as_json` made."""
        return cls(kept["key"], kept["mode"], kept.get("value"))


def offers(session: Session, engine: Engine, type_key: str, *, on_ticket: bool) -> list[Offer]:
    """What a link may ask for: of a ticket's customer what the ticket lacks, of anybody a whole request."""
    found = [] if on_ticket else [_standard("title", "textfield", "标题", "Title", maxLength=400)]
    found.append(_standard("text", "textarea", "说明", "Your words", maxLength=8_000))
    found += [
        _standard("contact.name", "textfield", "姓名", "Name", maxLength=200),
        _standard("contact.phone", "textfield", "手机", "Mobile", validationType="phone", maxLength=40),
        _standard("contact.landline", "textfield", "座机", "Landline", validationType="phone", maxLength=40),
        _standard("contact.mail", "textfield", "邮箱", "Mail", validationType="email", maxLength=254),
        _standard("contact.note", "textarea", "备注", "Note", maxLength=2_000),
    ]
    fields = [field for field in ticket_fields(session, type_key) if field.kind not in NEVER]
    keys = {field.key for field in fields}
    if not on_ticket:
        found += _of_form(session, engine, type_key, keys)
    return [*found, *(_of_field(field) for field in fields)]


def form_of(
    session: Session, offered: Sequence[Offer], asked: Sequence[Asked]
) -> tuple[Form, dict[str, Json], dict[str, Any]]:
    """The form of what was chosen, in its order; what stands in it; and what its fields choose from.

    A field that is not offered any more, such as a withdrawn one, is left out.
    """
    known = {offer.key: offer for offer in offered}
    used = [(known[one.key], one) for one in asked if one.key in known]
    own = [offer.field for offer, _one in used if offer.field is not None]
    held = held_for(own, None)
    components, data = [], dict[str, Json]()
    for place, (offer, one) in enumerate(used):
        if offer.field is not None and offer.field.kind == Kind.TABLE:
            components.append(_rows(offer.field, one.mode, held))
            if one.value is not None:
                put(data, offer.path, one.value)
            continue
        component = deepcopy(dict(offer.component))
        if component["type"] == "group":
            component["id"] = f"once-{place}"
        shown = one.mode == "shown" or (offer.field is not None and offer.field.key in held)
        inner = component["components"][0] if component["type"] == "group" else component
        rules = {**inner.get("validate", {}), "required": one.mode == "required" and not shown}
        inner |= {"validate": rules, "readonly": shown}
        components.append(component)
        if one.value is not None:
            put(data, offer.path, one.value)
    schema = {"type": "default", "schemaVersion": 19, "components": components}
    return Form.from_schema(schema), data, options_of(session, own)


def value_of(session: Session, offer: Offer, text: str, zone: ZoneInfo) -> Json:
    """What stands in a field beforehand, of what somebody of the desk wrote. Raises CellWrong."""
    if offer.field is not None:
        return cells.value(offer.field, text, cells.options_by_name(offer.field, session), zone)
    choices = {
        str(word): one["value"]
        for one in offer.component.get("values", ())
        for word in (one["value"], one.get("label"), one.get("label:en"))
    }
    if choices:
        if text not in choices:
            raise cells.CellWrong("There is no such value to choose.", "没有这个选项。")
        return choices[text]
    return text


def known_values(session: Session, ticket: Ticket) -> dict[str, Json]:
    """What is known of a ticket and its customer, by the key of an offer."""
    found: dict[str, Json] = {
        f"{CONTAINER}.{key}": value for key, value in values_of(session, [ticket.id])[ticket.id].items()
    }
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    if contact is not None:
        found |= {"contact.name": contact.name}
        for address in contact.addresses:
            found.setdefault(f"contact.{address.kind}", address.value)
    return found


def _standard(key: str, kind: str, zh: str, en: str, **validate: Any) -> Offer:
    component = {
        "type": kind, "id": f"once-{key}", "key": key, "label": zh, "properties": {"label:en": en},
        "validate": validate,
    }  # fmt: skip
    return Offer(key, Text(en, zh), component)


def _of_form(
    session: Session, engine: Engine, type_key: str, taken: set[str]
) -> Iterator[Offer]:
    """The fields of the type's request form that one value fills."""
    kind = type_by_key(session, type_key)
    schema = form_of_type(session, engine, kind) if kind else None
    for component in (schema or {}).get("components", ()):
        key, more = component.get("key", ""), component.get("properties", {})
        simple = component.get("type") in SIMPLE and "." not in key and "source" not in more
        if not simple or key in OWN | taken | {"contact", CONTAINER}:
            continue
        plain = {name: part for name, part in component.items() if name not in ("layout", "conditional")}
        label = str(component.get("label", key))
        yield Offer(f"form.{key}", Text(more.get("label:en", label), label), plain)


def _rows(field: Field, mode: Mode, held: Collection[str]) -> dict[str, Any]:
    """A table in its place among all fields: to be filled in, or only shown."""
    fixed = mode == "shown" or field.key in held
    group = schema_of([field], held=[field.key] if fixed else [])["components"][0]
    (rows,) = group["components"]
    rows["properties"] |= {"least": "1" if mode == "required" and not fixed else "0"}
    return {**group, "id": f"once-{field.key}"}


def _of_field(field: Field) -> Offer:
    label = Text(
        field.label.get("en") or field.label.get("zh") or field.key,
        field.label.get("zh") or field.label.get("en") or field.key,
    )
    return Offer(f"{CONTAINER}.{field.key}", label, schema_of([field])["components"][0], field)
