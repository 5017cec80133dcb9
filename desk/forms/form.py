"""A form: form-js JSON, parsed once, rendered to HTML and holding submissions to its rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict

from desk.forms import limits
from desk.forms.build import build
from desk.forms.fields.base import Component, Input, Situation
from desk.forms.fields.choice import OptionInput
from desk.forms.fields.container import (
    Components,
    Container,
    DynamicList,
    Group,
    initial_values,
)
from desk.forms.fields.file import FilePicker
from desk.forms.options import Option
from desk.forms.rendering import Rendering, control_id, environment
from desk.forms.sources import ACTION, JsonSource, PageSource, strays
from desk.forms.submission import Reading, Submission
from desk.forms.tree import Json, Shape, deeper_than, dotted, merged
from desk.forms.words import say
from desk.settings import Settings

Options = Mapping[str, Sequence[Option]]
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Form:
    """Immutable: one parsed form serves all requests, so it can be cached by its version.

    Names on the page are the dotted data paths ("customer.name", "items.0.name"). Names that
    begin with "__" are the form's own ("__action", "__shown") or the caller's, never a field's.
    """

    components: Components
    shape: Shape

    @classmethod
    def from_schema(cls, schema: Mapping[str, Any]) -> Self:
        """Raises FormSchemaError, with every reason, for what cannot be rendered as drawn."""
        return cls(*build(schema))

    # -- what the form is ----------------------------------------------------------------------

    @property
    def keys(self) -> frozenset[str]:
        """The names in the data that a submission may write (of paths the first step)."""
        return frozenset(self.shape)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All inputs, those in groups and rows too."""
        return tuple(item for component in self.components for item in component.inputs())

    @property
    def sources(self) -> frozenset[str]:
        """The option sources that the caller has to pass ("people", "teams", …)."""
        return frozenset(
            item.source.name
            for item in self.inputs
            if isinstance(item, OptionInput) and item.source.name
        )

    @property
    def has_files(self) -> bool:
        """Whether the <form> needs enctype="multipart/form-data"."""
        return any(isinstance(item, FilePicker) for item in self.inputs)

    # -- showing -------------------------------------------------------------------------------

    def render(
        self,
        data: Mapping[str, Json],
        *,
        locale: str,
        errors: Mapping[str, str] = _NONE,
        options: Options = _NONE,
        id_prefix: str = "f",
        readonly: bool = False,
        zone: tzinfo | None = None,
    ) -> Markup:
        """The fields as HTML, without a <form> element and without outcome buttons.

        `data` may hold what was wrongly entered (Submission.merged): it is shown as it is.
        `errors` are texts by path. `zone` is where times are meant, by default the desk's.
        Raises MissingOptions, and FEEL's budget error if a condition takes too long.
        """
        values = initial_values(self.components, data)
        rendering = Rendering(
            situation=_situation(locale, zone, options),
            values=values,
            errors=errors,
            id_prefix=id_prefix,
            readonly=readonly,
        )
        place = rendering.situation.place(merged(data, values))
        everything = list(_all(self.components))
        return rendering.template(
            "form.html",
            content=rendering.components(self.components, place),
            conditional=not readonly and any(component.hide.ever for component in everything),
            adding=not readonly
            and any(isinstance(item, DynamicList) and item.may_change for item in everything),
        )

    def error_summary(
        self, errors: Mapping[str, str], locale: str, *, id_prefix: str = "f"
    ) -> Markup:
        """What is wrong, above the fields, with links to them; empty when nothing is."""
        if not errors:
            return Markup("")
        count = len(errors)
        items = []
        for name, text in errors.items():
            label = self.label(name, locale)
            items.append(
                {
                    "href": f"#{control_id(id_prefix, name)}" if label is not None else "",
                    "text": say("summary_item", locale, label=label, text=text) if label else text,
                }
            )
        html = (
            environment()
            .get_template("forms/error_summary.html")
            .render(
                id=f"{id_prefix}--errors",
                title=say("summary_one" if count == 1 else "summary_many", locale, count=count),
                kept=say("summary_files" if self.has_files else "summary_kept", locale),
                items=items,
            )
        )
        return Markup(html)  # noqa: S704 - rendered with autoescape

    # -- reading -------------------------------------------------------------------------------

    def parse(
        self,
        fields: "MultiDict[str, str]",
        files: "MultiDict[str, FileStorage]",
        *,
        data: Mapping[str, Json] = _NONE,
        locale: str,
        options: Options = _NONE,
        zone: tzinfo | None = None,
    ) -> Submission:
        """What a page sent. Fields that the form does not have are ignored.

        `data` must be what the page was first rendered with: it holds what cannot be changed.
        """
        reading = Reading(
            self.components,
            PageSource(fields, files),
            data=data,
            situation=_situation(locale, zone, options),
        )
        return reading.submission(fields.get(ACTION))

    def validate_json(
        self,
        payload: Mapping[str, Json],
        *,
        locale: str,
        data: Mapping[str, Json] = _NONE,
        options: Options = _NONE,
        zone: tzinfo | None = None,
    ) -> Submission:
        """What a program sent, by the same rules; fields that the form does not have are errors.

        What is absent keeps its value of `data` or its default; null empties a field.
        """
        if not isinstance(payload, Mapping):
            return Submission({}, errors={"": say("expects_object", locale)})
        if deeper_than(payload, limits.JSON_DEPTH):
            return Submission({}, errors={"": say("too_deep", locale)})
        done = Reading(
            self.components,
            JsonSource(payload),
            data=data,
            situation=_situation(locale, zone, options),
        ).submission()
        wrong = {dotted(path): why.say(locale) for path, why in strays(payload, self.shape)}
        return Submission(done.values, files=done.files, errors={**done.errors, **wrong})

    def label(self, name: str, locale: str) -> str | None:
        """The label of the field or list at a dotted path; None if there is no such field."""
        for component, shape in _paths(self.components, ()):
            steps = name.split(".")
            if len(steps) != len(shape):
                continue
            pairs = list(zip(steps, shape, strict=True))
            if all(step.isdecimal() if want is None else step == want for step, want in pairs):
                row = "".join(
                    say("row_plain", locale, number=int(step) + 1) + " · "
                    for step, want in pairs
                    if want is None
                )
                scope = _situation(locale, None, _NONE).place({}).scope
                if isinstance(component, Input):
                    return row + (component.heading(scope, locale) or component.key[-1])
                return row + component.label.say(scope, locale)
        return None


def present(zone: tzinfo) -> datetime:
    """The time that a form takes for now."""
    return datetime.now(zone)


def _situation(locale: str, zone: tzinfo | None, options: Options) -> Situation:
    return Situation(locale, present(zone or _desk_zone()), options)


@cache
def _desk_zone() -> tzinfo:
    return ZoneInfo(Settings.from_environment().timezone)


def _all(components: Components) -> Iterator[Component]:
    for component in components:
        yield component
        if isinstance(component, Container):
            yield from _all(component.components)


def _paths(
    components: Components, base: tuple[str | None, ...]
) -> Iterator[tuple[Input | DynamicList, tuple[str | None, ...]]]:
    """Inputs and lists with their data paths; None stands for the number of a row."""
    for component in components:
        if isinstance(component, Input):
            yield component, (*base, *component.key)
        elif isinstance(component, Group):
            yield from _paths(component.components, (*base, *component.path))
        elif isinstance(component, DynamicList):
            yield component, (*base, *component.path)
            yield from _paths(component.components, (*base, *component.path, None))
