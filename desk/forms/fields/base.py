"""What all components share: their place in the data, how inputs are read, checked and shown."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from markupsafe import Markup

from desk.forms.expressions import Flag, Scope, Text
from desk.forms.options import Option
from desk.forms.schema import Reader
from desk.forms.tree import MISSING, Json, Path, dotted
from desk.forms.words import say

if TYPE_CHECKING:
    from desk.forms.rendering import Rendering


class Rejected(Exception):
    """An entry is not acceptable.

    `key` is what to say, in desk.forms.words; `own` are the form's own words, if it has any.
    """

    def __init__(self, key: str, own: str = "", **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.own = own
        self.values = values

    def say(self, locale: str) -> str:
        return self.own or say(self.key, locale, **self.values)


@dataclass(frozen=True)
class Situation:
    """Who reads the form, and where: language, time zone, and the options of outside sources."""

    locale: str
    now: datetime
    """Aware, in the zone in which times on the page are meant."""
    options: Mapping[str, Sequence[Option]]

    @property
    def zone(self) -> tzinfo:
        assert self.now.tzinfo is not None
        return self.now.tzinfo

    @property
    def today(self) -> date:
        return self.now.date()

    def place(self, data: Mapping[str, Json], path: Path = ()) -> "Place":
        """A place outside of lists, over `data`."""
        return Place(path, Scope.root(data, self.now))


@dataclass(frozen=True)
class Place:
    """Where a component stands: the path of its container in the data, and the scope there."""

    path: Path
    scope: Scope

    def name(self, *steps: str | int) -> str:
        """The name of a control at this place, "items.0.name"."""
        return dotted((*self.path, *steps))


@dataclass(frozen=True)
class Layout:
    """form-js puts components with the same `row` side by side; `columns` of 16, None shares."""

    row: str = ""
    columns: int | None = None


@dataclass(frozen=True, kw_only=True)
class Component(ABC):
    """Anything that stands on a form. Frozen: one parsed form serves all requests."""

    id: str
    type: str
    layout: Layout
    hide: Flag
    properties: Mapping[str, str]

    @abstractmethod
    def render(self, place: Place, rendering: "Rendering") -> Markup:
        """The component as HTML, without the column it stands in."""

    def inputs(self) -> Iterator["Input"]:
        """The inputs in it, itself included; those inside dynamic lists too."""
        return iter(())

    def visible(self, place: Place) -> bool:
        return not self.hide.holds(place.scope)


def common(reader: Reader, component_id: str, kind: str) -> dict[str, Any]:
    """The arguments that every Component takes, read from the schema."""
    reader.accept("id", "type")
    layout = reader.part("layout")
    conditional = reader.part("conditional")
    return {
        "id": component_id,
        "type": kind,
        "layout": Layout(layout.string("row"), layout.integer("columns", 1, 16)),
        "hide": conditional.flag("hide"),
        "properties": reader.properties,
    }


@dataclass(frozen=True)
class Control:
    """One input as its template sees it. Ids end in "--…" so that no data path can equal them."""

    id: str
    name: str
    label: str
    help: str
    error: str
    required: bool
    disabled: bool
    prefix: str = ""
    suffix: str = ""

    @property
    def described_by(self) -> str | None:
        parts = [
            f"{self.id}--{part}"
            for part, text in (
                ("prefix", self.prefix),
                ("suffix", self.suffix),
                ("help", self.help),
                ("error", self.error),
            )
            if text
        ]
        return " ".join(parts) or None

    def attributes(self, **more: Any) -> dict[str, Any]:
        """HTML attributes of the control; those that are None are left out by `xmlattr`."""
        return {
            "id": self.id,
            "name": self.name,
            "required": "" if self.required else None,
            "disabled": "" if self.disabled else None,
            "aria-invalid": "true" if self.error else None,
            "aria-describedby": self.described_by,
            **more,
        }


@dataclass(frozen=True, kw_only=True)
class Input(Component):
    """A component that writes one value into the data."""

    key: tuple[str, ...]
    label: Text
    description: Text
    required: bool
    readonly: Flag
    disabled: Flag
    default: Json

    empty: ClassVar[Json] = None
    missing: ClassVar[str] = "required"
    """What to say when a required input is empty."""

    def inputs(self) -> Iterator["Input"]:
        yield self

    # -- reading -------------------------------------------------------------------------------

    def initial(self, value: Json) -> Json:
        """What the field starts with, given what the data holds (or MISSING)."""
        if value is not MISSING:
            return value
        return self.empty if self.default is None else self.default

    @abstractmethod
    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        """The value of what a page submitted (no texts: nothing); raises Rejected."""

    @abstractmethod
    def accept(self, value: Json, situation: Situation) -> Json:
        """The value of what a program sent; raises Rejected when the type is wrong."""

    @abstractmethod
    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        """The value as it goes into the data, after all rules; raises Rejected."""

    def require(self, value: Json) -> None:
        """Raises Rejected if nothing was given although something must be."""
        if self.required and (value == self.empty or value is None):
            raise Rejected(self.missing)

    # -- showing -------------------------------------------------------------------------------

    @abstractmethod
    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        """The value as texts for a page on which nothing can be changed."""

    @abstractmethod
    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        """What the template needs besides the control."""

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        situation, scope = rendering.situation, place.scope
        control = self._control(place, rendering)
        value = rendering.value((*place.path, *self.key))
        if rendering.readonly or self.readonly.holds(scope):
            texts = [text for text in self.display(value, scope, situation) if text]
            return rendering.template("readonly.html", field=control, texts=texts)
        return rendering.template(
            f"{self.type}.html", field=control, **self.view(control, value, scope, situation)
        )

    def heading(self, scope: Scope, locale: str) -> str:
        """The label as shown."""
        return self.label.say(scope, locale)

    def adorners(self, scope: Scope, locale: str) -> tuple[str, str]:
        """Text before and after the control."""
        return "", ""

    def _control(self, place: Place, rendering: "Rendering") -> Control:
        scope, locale = place.scope, rendering.situation.locale
        name = place.name(*self.key)
        prefix, suffix = self.adorners(scope, locale)
        return Control(
            id=rendering.id(name),
            name=name,
            label=self.heading(scope, locale) or self.key[-1],
            help=self.description.say(scope, locale),
            error=rendering.errors.get(name, ""),
            required=self.required,
            disabled=self.disabled.holds(scope),
            prefix=prefix,
            suffix=suffix,
        )


def input_common(reader: Reader, component_id: str, kind: str) -> dict[str, Any]:
    """The arguments that every Input takes; `validate` and `defaultValue` are the family's."""
    key = reader.key("key")
    if not key and not reader.raw.get("key"):
        reader.fail("an input needs a key", "输入组件必须有 key")
    return {
        **common(reader, component_id, kind),
        "key": key or (component_id,),
        "label": reader.text("label"),
        "description": reader.text("description"),
        "readonly": reader.flag("readonly"),
        "disabled": reader.flag("disabled"),
    }
