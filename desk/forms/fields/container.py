"""Components that hold others: group, and dynamiclist, whose rows repeat them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from markupsafe import Markup

from desk.forms import limits
from desk.forms.expressions import Text
from desk.forms.fields.base import Component, Input, Place, Rejected, common
from desk.forms.schema import Reader
from desk.forms.tree import MISSING, Json, get, put
from desk.forms.words import say

if TYPE_CHECKING:
    from desk.forms.rendering import Rendering

Components = tuple[Component, ...]


@dataclass(frozen=True, kw_only=True)
class Container(Component):
    """What a group and a list have in common."""

    label: Text
    path: tuple[str, ...]
    components: Components
    outlined: bool
    alignment: str

    def inputs(self) -> Iterator[Input]:
        for component in self.components:
            yield from component.inputs()


@dataclass(frozen=True, kw_only=True)
class Group(Container):
    """Components under one heading; with a `path` their values are an object of the data."""

    @classmethod
    def read(cls, reader: Reader, component_id: str, components: Components) -> Self:
        return cls(
            **common(reader, component_id, "group"),
            label=reader.text("label"),
            path=reader.key("path"),
            components=components,
            outlined=reader.boolean("showOutline"),
            alignment=reader.one_of("verticalAlignment", ("start", "center", "end"), "start"),
        )

    def place(self, place: Place) -> Place:
        return Place((*place.path, *self.path), place.scope)

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        return rendering.template(
            "group.html",
            label=self.label.say(place.scope, rendering.situation.locale),
            outlined=self.outlined,
            content=rendering.components(self.components, self.place(place), self.alignment),
        )


@dataclass(frozen=True, kw_only=True)
class DynamicList(Container):
    """Rows of the same components; its value is a list of objects.

    Without JavaScript rows are added and removed by submit buttons named `__action`. Custom
    properties: `least` and `most` rows, `as` = "table" for rows that look like those of one.
    """

    description: Text
    may_change: bool
    repetitions: int
    collapsed_after: int | None
    least: int
    most: int
    table: bool

    @classmethod
    def read(cls, reader: Reader, component_id: str, components: Components) -> Self:
        path = reader.key("path")
        if not path:
            reader.fail("a dynamic list needs a path", "动态列表必须有 path")
        may_change = reader.boolean("allowAddRemove", True)
        nested = [item for component in components for item in component.inputs()]
        if may_change and any(item.readonly.ever or item.disabled.ever for item in nested):
            reader.fail(
                "fields that cannot be changed cannot stand in a list whose rows can be removed:"
                " set “allowAddRemove” to false",
                "可增删行的列表中不能有只读或禁用的字段，请将“allowAddRemove”设为 false",
            )
        collapsible = not reader.boolean("disableCollapse")
        collapsed_after = reader.integer("nonCollapsedItems", 1, limits.ROWS) or 5
        repetitions = reader.integer("defaultRepetitions", 0, limits.ROWS)
        return cls(
            **common(reader, component_id, "dynamiclist"),
            label=reader.text("label"),
            path=path or (component_id,),
            components=components,
            outlined=reader.boolean("showOutline", True),
            alignment=reader.one_of("verticalAlignment", ("start", "center", "end"), "start"),
            description=reader.text("description"),
            may_change=may_change,
            least=_rows(reader, "least", 0),
            most=_rows(reader, "most", limits.ROWS),
            table=reader.custom("as") == "table",
            repetitions=1 if repetitions is None else repetitions,
            collapsed_after=collapsed_after if collapsible else None,
        )

    def row(self, place: Place, number: int, row: Json) -> Place:
        """The place inside row `number`, counted from 0."""
        return Place((*place.path, *self.path, number), place.scope.row(row, number))

    def check_rows(self, count: int) -> None:
        """Raises Rejected for too few rows; for too many they are refused as they are read."""
        if self.may_change and count < self.least:
            raise Rejected("required_rows" if self.least == 1 else "too_few_rows", limit=self.least)

    def new_row(self) -> dict[str, Json]:
        return initial_values(self.components, {})

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        locale = rendering.situation.locale
        name = place.name(*self.path)
        label = self.label.say(place.scope, locale)
        rows = rendering.value((*place.path, *self.path))
        rows = rows[: limits.ROWS] if isinstance(rows, list) else []
        changing = self.may_change and not rendering.readonly
        return rendering.template(
            "dynamiclist.html",
            id=rendering.id(name),
            path=name,
            label=label,
            help=self.description.say(place.scope, locale),
            table=self.table,
            required=changing and self.least > 0,
            error=rendering.errors.get(name, ""),
            outlined=self.outlined,
            collapsed_after=self.collapsed_after,
            may_add=changing and len(rows) < self.most,
            may_remove=changing,
            submits=not rendering.readonly,
            add=say("add", locale),
            remove=say("remove", locale),
            rows=[
                {
                    "title": say("row", locale, label=label, number=number + 1)
                    if label
                    else say("row_plain", locale, number=number + 1),
                    "content": rendering.components(
                        self.components, self.row(place, number, row), self.alignment
                    ),
                }
                for number, row in enumerate(rows)
            ],
        )


def _rows(reader: Reader, name: str, otherwise: int) -> int:
    """A number of rows that a custom property names."""
    said = reader.custom(name)
    if not said:
        return otherwise
    if not said.isascii() or not said.isdigit() or int(said) > limits.ROWS:
        reader.fail(
            f"custom property “{name}” must be a whole number up to {limits.ROWS}",
            f"自定义属性“{name}”必须是不超过 {limits.ROWS} 的整数",
        )
        return otherwise
    return int(said)


def initial_values(components: Components, source: Mapping[str, Json]) -> dict[str, Json]:
    """What inputs start with: what `source` holds, else their defaults (form-js does the same)."""
    values: dict[str, Json] = {}
    _fill(components, (), source, values)
    return values


def _fill(
    components: Components,
    base: tuple[str, ...],
    source: Mapping[str, Json],
    values: dict[str, Json],
) -> None:
    for component in components:
        if isinstance(component, Input):
            path = (*base, *component.key)
            put(values, path, component.initial(get(source, path)))
        elif isinstance(component, Group):
            _fill(component.components, (*base, *component.path), source, values)
        elif isinstance(component, DynamicList):
            path = (*base, *component.path)
            rows = get(source, path)
            if rows is MISSING or not isinstance(rows, list):
                rows = [{} for _ in range(component.repetitions)]
            put(
                values,
                path,
                [
                    initial_values(component.components, row if isinstance(row, Mapping) else {})
                    for row in rows[: limits.ROWS]
                ],
            )
