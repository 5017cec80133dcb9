"""Settings: the fields of tickets in their groups, and the dictionaries that they choose from."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, request

PERMISSION = "ticket_type.edit"

blueprint = Blueprint("fields", "desk.fields", template_folder="templates")


def texts(name: str) -> Mapping[str, str]:
    """What was entered in both languages: `label_zh`, `label_en`."""
    return {lang: request.form.get(f"{name}_{lang}", "").strip() for lang in ("zh", "en")}


def moved(keys: Sequence[str]) -> list[str]:
    """The keys in the order that was sent; `move` (up or down, and a key) changes places with a neighbour."""
    found = list(keys)
    way, _space, key = request.form.get("move", "").partition(" ")
    if key in found:
        here = found.index(key)
        there = min(max(here + (-1 if way == "up" else 1), 0), len(found) - 1)
        found[here], found[there] = found[there], found[here]
    return found


from desk.fields.pages import catalogues, definitions, dictionaries  # noqa: E402, F401 - they add their routes
