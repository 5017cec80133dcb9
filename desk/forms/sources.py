"""Where entries come from: the controls of a page, or the JSON of a program."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Final

from werkzeug.datastructures import FileStorage, MultiDict

from desk.forms.fields.base import Component, Input, Place, Rejected, Situation
from desk.forms.fields.file import FilePicker
from desk.forms.rendering import address
from desk.forms.tree import MISSING, Json, Path, Shape, dotted, get

ACTION: Final = "__action"
SHOWN: Final = "__shown"


class Source(ABC):
    """Paths here are those of the source: rows have the number they had on the page."""

    @abstractmethod
    def read(self, component: Input, path: Path, before: Json, situation: Situation) -> Json:
        """The typed entry; `before` if the source says nothing about it. Raises Rejected."""

    @abstractmethod
    def raw(self, component: Input, path: Path) -> Json:
        """The entry as it was written, to be shown again; MISSING if there is none."""

    @abstractmethod
    def rows(self, path: Path, before: list[Json]) -> list[int]:
        """The numbers of the rows of a list. Raises Rejected if it is no list."""

    @abstractmethod
    def shown(self, component: Component, place: Place) -> bool:
        """Whether a conditional component was in front of the person."""

    def files(self, path: Path) -> list[FileStorage]:
        """What was uploaded for a filepicker."""
        return []

    def agrees(self, path: Path, before: Json) -> bool:
        """Whether what is sent for a fixed field is `before`, or nothing: else it is refused."""
        return True

    def agrees_on_rows(self, path: Path, count: int) -> bool:
        """The same for the number of rows of a list to which none can be added."""
        return True


class PageSource(Source):
    """Entries of an HTML form: named texts. What a shown control does not send is empty."""

    def __init__(self, fields: "MultiDict[str, str]", files: "MultiDict[str, FileStorage]") -> None:
        self._fields = fields
        self._files = files
        self._shown = set(fields.getlist(SHOWN)) if SHOWN in fields else None
        self._rows: dict[str, set[int]] = {}
        for name in fields:
            for match in re.finditer(r"\.(\d{1,4})(?=\.)", name, re.ASCII):
                self._rows.setdefault(name[: match.start()], set()).add(int(match[1]))

    def read(self, component: Input, path: Path, before: Json, situation: Situation) -> Json:
        if isinstance(component, FilePicker):
            return before
        return component.decode(self._fields.getlist(dotted(path)), situation)

    def raw(self, component: Input, path: Path) -> Json:
        texts = self._fields.getlist(dotted(path))
        return texts[0] if texts else MISSING

    def rows(self, path: Path, before: list[Json]) -> list[int]:
        name = dotted(path)
        marked = (text for text in self._fields.getlist(name) if re.fullmatch("[0-9]{1,4}", text))
        return sorted({*map(int, marked), *self._rows.get(name, ())})

    def shown(self, component: Component, place: Place) -> bool:
        return self._shown is None or address(component, place) in self._shown

    def files(self, path: Path) -> list[FileStorage]:
        return [file for file in self._files.getlist(dotted(path)) if file.filename]


class JsonSource(Source):
    """Entries of a JSON object. What is absent stays as it is; null empties."""

    def __init__(self, payload: Mapping[str, Json]) -> None:
        self._payload = payload

    def read(self, component: Input, path: Path, before: Json, situation: Situation) -> Json:
        value = get(self._payload, path)
        return before if value is MISSING else component.accept(value, situation)

    def raw(self, component: Input, path: Path) -> Json:
        return get(self._payload, path)

    def rows(self, path: Path, before: list[Json]) -> list[int]:
        rows = get(self._payload, path)
        if rows is MISSING:
            return list(range(len(before)))
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise Rejected("expects_rows")
        return list(range(len(rows)))

    def shown(self, component: Component, place: Place) -> bool:
        return True

    def agrees(self, path: Path, before: Json) -> bool:
        value = get(self._payload, path)
        return value is MISSING or value == before

    def agrees_on_rows(self, path: Path, count: int) -> bool:
        rows = get(self._payload, path)
        return rows is MISSING or (isinstance(rows, list) and len(rows) == count)


def strays(
    payload: Mapping[str, Json], shape: Shape, base: Path = ()
) -> Iterator[tuple[Path, Rejected]]:
    """What of `payload` the form has no field for, or no object where it has one."""
    for key, value in payload.items():
        path = (*base, key)
        if key not in shape:
            yield path, Rejected("unknown_field")
            continue
        inner = shape[key]
        if isinstance(inner, dict):
            if isinstance(value, Mapping):
                yield from strays(value, inner, path)
            else:
                yield path, Rejected("expects_object")
        elif isinstance(inner, list) and isinstance(value, list):
            for number, row in enumerate(value):
                if isinstance(row, Mapping):
                    yield from strays(row, inner[0], (*path, number))
