"""Renders the components of one form for one reader; holds the Jinja environment of this room."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from desk.forms.fields.base import Component, Place, Situation
from desk.forms.tree import MISSING, Json, Path, get

_COLUMNS: Final = 16
"""form-js divides a row into 16 columns, Bootstrap into 12."""


@cache
def environment() -> Environment:
    return Environment(
        loader=PackageLoader("desk.forms", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Rendering:
    """What is the same for all components while one form is rendered."""

    def __init__(
        self,
        *,
        situation: Situation,
        values: Mapping[str, Json],
        errors: Mapping[str, str],
        id_prefix: str,
        readonly: bool,
    ) -> None:
        self.situation = situation
        self.errors = errors
        self.readonly = readonly
        self._values = values
        self._id_prefix = id_prefix

    def id(self, name: str) -> str:
        """The HTML id of the control `name`: "items.0.name" -> "f-items-0-name"."""
        return control_id(self._id_prefix, name)

    def value(self, path: Path) -> Json:
        value = get(self._values, path)
        return None if value is MISSING else value

    def template(self, name: str, **context: Any) -> Markup:
        html = environment().get_template(f"forms/{name}").render(context)
        return Markup(html)  # noqa: S704 - rendered with autoescape

    def components(
        self, components: Sequence[Component], place: Place, alignment: str = "start"
    ) -> Markup:
        """The visible ones in their rows, each in its column."""
        rows = []
        for row in _rows(components):
            cells = [
                (component, html)
                for component in row
                if component.visible(place) and (html := self._marked(component, place))
            ]
            if cells:
                widths = twelfths([component.layout.columns for component, _ in cells])
                rows.append([(width, html) for width, (_, html) in zip(widths, cells, strict=True)])
        return self.template("rows.html", rows=rows, alignment=alignment)

    def _marked(self, component: Component, place: Place) -> Markup:
        """The component, with a note for the server that a conditional one was shown."""
        html = component.render(place, self)
        if self.readonly or not component.hide.ever or not any(component.inputs()):
            return html
        return html + self.template("shown.html", address=address(component, place))


def control_id(prefix: str, name: str) -> str:
    """Keys hold no hyphen, so different names have different ids."""
    return f"{prefix}-{name.replace('.', '-')}"


def address(component: Component, place: Place) -> str:
    """What names one occurrence of a component, with the rows it stands in."""
    return f"{place.name()}:{component.id}"


def _rows(components: Iterable[Component]) -> Iterable[list[Component]]:
    """Components grouped by their layout's row, in the order of the first of each."""
    rows: dict[object, list[Component]] = {}
    alone = count()
    for component in components:
        rows.setdefault(component.layout.row or next(alone), []).append(component)
    return rows.values()


def twelfths(columns: Sequence[int | None]) -> list[int | None]:
    """Widths of 16 as widths of 12 that fit one row whenever the originals do; None shares."""
    fixed = [width for width in columns if width]
    budget = round(sum(fixed) * 12 / _COLUMNS) if sum(fixed) <= _COLUMNS else None
    widths = [max(1, width * 12 // _COLUMNS) if width else None for width in columns]
    if budget is None:
        return widths
    # Largest remainder: who lost most by rounding down gets the spare twelfths.
    order = sorted(
        (index for index, width in enumerate(columns) if width),
        key=lambda index: -((columns[index] or 0) * 12 % _COLUMNS),
    )
    spare = budget - sum(filter(None, widths))
    for index in order[: max(0, spare)]:
        widths[index] = (widths[index] or 0) + 1
    return widths
