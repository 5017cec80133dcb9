"""Writes into a kept form only what the form editor has changed in it; keys that it does not know stay.

As `grafting.py` for XML: what differs between the editor's text before and after is what the person has done.
"""

import json
import re
from typing import Any

from designer_api.files.contents import encoding_of, text_of
from designer_api.files.grafting import NotGraftable

Json = Any
_INDENT = re.compile(r"^[\[{]\r?\n([ \t]+)")


def graft_form(kept: bytes, before: str, content: str) -> bytes:
    """`kept` with what is different between `before` and `content`. Raises NotGraftable."""
    text = text_of(kept)
    try:
        stock, old, new = (
            json.loads(each.removeprefix("\ufeff")) for each in (text, before, content)
        )
    except (ValueError, RecursionError) as error:
        raise NotGraftable(str(error)) from error
    if not all(isinstance(each, dict) for each in (stock, old, new)):
        raise NotGraftable("no form")
    return _written(_Merge(stock, old).of(stock, old, new), text).encode(encoding_of(kept))


class _Merge:
    """One graft. `read` are the editor's components by id with what they are in the kept file."""

    def __init__(self, stock: Json, old: Json) -> None:
        self.read: dict[str, tuple[Json, Json]] = {}
        self._pair(stock, old)

    def _pair(self, stock: Json, old: Json) -> None:
        """The editor gives an id to what has none; in its first text each component still stands in its place."""
        if isinstance(stock, dict) and isinstance(old, dict):
            if isinstance(old.get("id"), str):
                self.read[old["id"]] = stock, old
            for key in old.keys() & stock.keys():
                self._pair(stock[key], old[key])
        elif isinstance(stock, list) and isinstance(old, list):
            for mine, theirs in _together(stock, old):
                self._pair(mine, theirs)

    def of(self, stock: Json, old: Json, new: Json) -> Json:
        """What is new of the two, written into the first."""
        if old == new and type(old) is type(new):
            return stock
        if all(isinstance(each, dict) for each in (stock, old, new)):
            return self._object(stock, old, new)
        if all(isinstance(each, list) for each in (stock, old, new)):
            return self._list(stock, old, new)
        return new

    def _object(self, stock: Json, old: Json, new: Json) -> Json:
        made = {
            key: self.of(value, old[key], new[key]) if key in old and key in new else value
            for key, value in stock.items()
            if key in new or key not in old
        }
        for key, value in new.items():
            if key not in old or (key not in stock and old[key] != value):
                made[key] = value
        return made

    def _list(self, stock: Json, old: Json, new: Json) -> Json:
        known = {id(theirs): mine for mine, theirs in _together(stock, old)}
        by_name = {_name(item): item for item in old if _name(item) is not None}
        made = []
        for item in new:
            was = by_name.get(_name(item)) if _name(item) is not None else None
            if was is not None and id(was) in known:
                made.append(self.of(known[id(was)], was, item))
            elif isinstance(item, dict) and item.get("id") in self.read:
                made.append(self.of(*self.read[item["id"]], item))  # from another group
            else:
                made.append(item)
        return made


def _together(stock: Json, old: Json) -> list[tuple[Json, Json]]:
    """Items of the kept list with the editor's: by place where none is left out, else by name."""
    if len(stock) == len(old):
        return list(zip(stock, old, strict=True))
    by_name = {_name(item): item for item in stock if _name(item) is not None}
    return [(by_name[_name(item)], item) for item in old if _name(item) in by_name]


def _name(item: Json) -> tuple[str, Json] | None:
    """By what an item is known in its list: a component by its id, a choice by its value."""
    for key in ("id", "value", "key"):
        if isinstance(item, dict) and isinstance(item.get(key), str | int):
            return key, item[key]
    return None


def _written(form: Json, text: str) -> str:
    """The form in the manner of the file: its indent, its line ends and its end."""
    body = text.removeprefix("\ufeff")
    indent = _INDENT.match(body.lstrip())
    made = json.dumps(form, ensure_ascii=False, indent=indent[1] if indent else None)
    made += body[len(body.rstrip()) :]
    if "\r\n" in body:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    return ("\ufeff" if text.startswith("\ufeff") else "") + made
