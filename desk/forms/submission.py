"""Reads what a page or a program sent back, holds it against the form's rules, keeps the rest."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from werkzeug.datastructures import FileStorage

from desk.forms import limits
from desk.forms.expressions import Scope
from desk.forms.fields.base import Component, Input, Place, Rejected, Situation
from desk.forms.fields.container import Components, DynamicList, Group, initial_values
from desk.forms.fields.file import FilePicker
from desk.forms.sources import Source
from desk.forms.tree import Json, Path, dotted, get, merged, put
from desk.forms.words import say

REFRESH: Final = "refresh"


@dataclass(frozen=True)
class Submission:
    """What came back.

    `values`: what the form writes, hidden and disabled fields left out. Where `errors` has a
    path, it holds the entry as it was written, so that rendering the form with `merged(data)`
    and `errors` shows everything again.
    `files`: (path, file) of everything that was uploaded and accepted.
    `action`: not None when the page is to be shown again rather than to be done: "add:<list>",
    "remove:<list>.<row>" or "refresh" because a button asked for it (then there are no errors,
    and `values` holds the change); or "refresh" because a condition now shows fields that the
    person has not seen, which `notice` says in words.
    """

    values: dict[str, Json]
    files: list[tuple[str, FileStorage]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    action: str | None = None
    notice: str = ""

    @property
    def complete(self) -> bool:
        """Nothing is wrong and nothing more is asked."""
        return not self.errors and self.action is None

    def merged(self, data: Mapping[str, Json]) -> dict[str, Json]:
        """`data` with the values laid on top: objects are merged, lists replaced."""
        return merged(data, self.values)


class _Spot(NamedTuple):
    """One occurrence of a component in the data as it is now."""

    component: Component
    place: Place
    visible: bool
    unseen: bool


class _Rows(NamedTuple):
    """The rows of one list: where they are now, and as what they were sent."""

    component: DynamicList
    path: Path
    sent: str
    numbers: list[int]


class Reading:
    """One submission being read.

    First all entries are collected as they are, so that conditions, bounds and option lists can
    be evaluated over the whole; then what cannot be changed is put back; then every visible
    entry is checked.
    """

    def __init__(
        self,
        components: Components,
        source: Source,
        *,
        data: Mapping[str, Json],
        situation: Situation,
    ) -> None:
        self._components = components
        self._source = source
        self._data = data
        self._situation = situation
        self._before = initial_values(components, data)
        self._entries: dict[str, Json] = deepcopy(self._before)
        self._uploads: dict[Path, list[FileStorage]] = {}
        self._lists: list[_Rows] = []
        self._not_shown: set[Path] = set()
        self._rows_left = limits.ROWS_IN_ALL
        self._refused: dict[Path, Rejected] = {}
        self._accepted: list[tuple[str, FileStorage]] = []
        self._unseen: set[Path] = set()

    def submission(self, action: str | None = None) -> Submission:
        """Do all steps; `action` is the value of the button that sent the page."""
        self._collect(self._components, (), ())
        self._put_back()
        done = self._act(action)
        values = self._check()
        if done is not None:
            return Submission(values, files=self._accepted, action=done)
        locale = self._situation.locale
        errors = {
            dotted(path): refusal.say(locale)
            for path, refusal in self._refused.items()
            if path not in self._unseen
        }
        return Submission(
            values,
            files=self._accepted,
            errors=errors,
            action=REFRESH if self._unseen else None,
            notice=say("new_fields", locale) if self._unseen else "",
        )

    # -- collecting ----------------------------------------------------------------------------

    def _collect(self, components: Components, path: Path, sent: Path) -> None:
        """`path` is where values go; `sent` where the source has them (rows keep their number)."""
        nowhere = self._situation.place({}, sent)
        for component in components:
            if component.hide.ever and not self._source.shown(component, nowhere):
                self._not_shown.add((*path, component.id))
            elif isinstance(component, Group):
                own = component.path
                self._collect(component.components, (*path, *own), (*sent, *own))
            elif isinstance(component, DynamicList):
                own = component.path
                self._collect_rows(component, (*path, *own), (*sent, *own))
            elif isinstance(component, Input):
                own = component.key
                self._collect_entry(component, (*path, *own), (*sent, *own))

    def _collect_entry(self, component: Input, path: Path, sent: Path) -> None:
        before = get(self._entries, path)
        try:
            entry = self._source.read(component, sent, before, self._situation)
        except Rejected as refusal:
            self._refused[path] = refusal
            entry = self._source.raw(component, sent)
        put(self._entries, path, entry)
        if isinstance(component, FilePicker):
            self._uploads[path] = self._source.files(sent)

    def _collect_rows(self, component: DynamicList, path: Path, sent: Path) -> None:
        before = get(self._entries, path)
        try:
            numbers = self._source.rows(sent, before)
        except Rejected as refusal:
            self._refused[path] = refusal
            return
        most = min(component.most, self._rows_left)
        if not component.may_change:
            if not self._source.agrees_on_rows(sent, len(before)):
                self._refused[path] = Rejected("fixed_rows", count=len(before))
            numbers = list(range(len(before)))
        elif len(numbers) > most:
            self._refused[path] = Rejected("too_many_rows", limit=most)
            numbers = numbers[:most]
        self._rows_left -= len(numbers)
        if component.may_change:
            # Rows have no identity beyond their number, which changes as rows are removed:
            # nothing of the rows that stood here before may slip into the new ones.
            put(self._entries, path, [component.new_row() for _ in numbers])
        self._lists.append(_Rows(component, path, dotted(sent), numbers))
        for row, number in enumerate(numbers):
            self._collect(component.components, (*path, row), (*sent, number))

    def _put_back(self) -> None:
        """In fields that cannot be changed the desk's own value counts, not the one sent."""
        for component, place, _, _ in list(self._spots()):
            if not isinstance(component, Input) or not _fixed(component, place):
                continue
            path = (*place.path, *component.key)
            before = get(self._before, path)
            self._refused.pop(path, None)
            if not self._source.agrees(path, before):
                self._refused[path] = Rejected("read_only")
            put(self._entries, path, before)

    # -- walking -------------------------------------------------------------------------------

    def _spots(self) -> Iterator[_Spot]:
        """All occurrences, in the scopes of the entries as they are now."""
        place = self._situation.place(merged(self._data, self._entries))
        return self._walk(self._components, place, True, False)

    def _walk(
        self, components: Components, place: Place, shown: bool, new: bool
    ) -> Iterator[_Spot]:
        for component in components:
            visible = shown and component.visible(place)
            unseen = new or (*place.path, component.id) in self._not_shown
            yield _Spot(component, place, visible, unseen)
            if isinstance(component, Group):
                inner = component.place(place)
                yield from self._walk(component.components, inner, visible, unseen)
            elif isinstance(component, DynamicList):
                rows = get(self._entries, (*place.path, *component.path))
                for number, row in enumerate(rows):
                    inner = component.row(place, number, row)
                    yield from self._walk(component.components, inner, visible, unseen)

    # -- acting and checking -------------------------------------------------------------------

    def _act(self, action: str | None) -> str | None:
        """Do what an add or remove button asks; None if it is no action of this form."""
        if not action or action == REFRESH:
            return action or None
        verb, _, name = action.partition(":")
        for component, path, sent, numbers in self._lists:
            rows = get(self._entries, path)
            if not component.may_change:
                continue
            if verb == "add" and name == sent:
                if len(rows) < component.most:
                    rows.append(component.new_row())
                return action
            for row, number in enumerate(numbers):
                if verb == "remove" and name == f"{sent}.{number}":
                    del rows[row]
                    return action
        return None

    def _check(self) -> dict[str, Json]:
        """The values of all visible entries; what is wrong with them is left in `_refused`."""
        values: dict[str, Json] = {}
        checked: list[Path] = []
        for component, place, visible, unseen in self._spots():
            if isinstance(component, DynamicList) and visible:
                path = (*place.path, *component.path)
                rows = get(self._entries, path)
                put(values, path, [{} for _ in rows])
                checked.append(path)
                try:
                    component.check_rows(len(rows))
                except Rejected as refusal:
                    self._refused.setdefault(path, refusal)
                if unseen:
                    self._unseen.add(path)
            elif isinstance(component, Input) and visible:
                path = (*place.path, *component.key)
                checked.append(path)
                if component.disabled.holds(place.scope):
                    continue
                entry = get(self._entries, path)
                if not component.readonly.holds(place.scope):
                    if unseen:
                        self._unseen.add(path)
                    entry = self._checked(component, path, entry, place.scope)
                put(values, path, entry)
        self._refused = {path: self._refused[path] for path in checked if path in self._refused}
        return values

    def _checked(self, component: Input, path: Path, entry: Json, scope: Scope) -> Json:
        """The value, or where it is refused the entry as it was written."""
        if path in self._refused:
            return entry
        files = self._uploads.get(path, [])
        try:
            if isinstance(component, FilePicker) and files:
                component.check_files(files, scope, self._situation)
                self._accepted += [(dotted(path), file) for file in files]
                return entry
            return component.check(entry, scope, self._situation)
        except Rejected as refusal:
            self._refused[path] = refusal
            return entry


def _fixed(component: Input, place: Place) -> bool:
    return component.readonly.holds(place.scope) or component.disabled.holds(place.scope)
