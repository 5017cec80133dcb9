"""By what a view groups its tickets: what figures are grouped by, as far as a list shows it [000 §5.1.5]."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from desk.insight import dimensions
from desk.insight.dimensions import NOTHING, Dimension, dimension, own_fields
from desk.tickets.queries import TicketGroup
from desk.web.localisation import words
from engine.operators import Text

KEYS: Final = ("state", "priority", "assignee", "team", "type")
NONE: Final = "none"  # in an address: those that have nothing
# Most states are in the order of a ticket's life, priorities the urgent first; all else by name.
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "state": ("pending", "dispatched", "processing", "returned", "cancelled", "ended"),
    "priority": ("urgent", "high", "normal", "low"),
}


def groupings(session: Session) -> dict[str, str]:
    """What can be grouped by: keys of dimensions, with their names in the reader's language."""
    own = {key: words(label) for key, label in own_fields(session)}
    return {**{key: words(_known(key).title) for key in KEYS}, **own}


def _known(key: str) -> Dimension:
    found = dimension(key)
    assert found is not None
    return found


def condition(key: str, raw: str) -> ColumnElement[bool] | None:
    """The tickets of the group that an address calls so; None for what is no group."""
    return dimensions.condition(key, "" if raw == NONE else raw)


def named(session: Session, key: str, found: Sequence[TicketGroup]) -> list[tuple[str, str, TicketGroup]]:
    """The groups in their order, each with what an address calls it and its name in the reader's language."""
    by = dimensions.dimension(key)
    values = [str(one.value) for one in found if one.value not in (None, "")]
    names = by.names(session, values) if by is not None else {}
    order = _ORDERS.get(key, ())

    def place(one: tuple[str, str, TicketGroup]) -> tuple[bool, int, str]:
        raw, name, _group = one
        return raw == NONE, order.index(raw) if raw in order else len(order), name.casefold()

    lines = []
    for one in found:
        empty = one.value in (None, "")
        raw = NONE if empty else str(one.value)
        lines.append((raw, words(NOTHING if empty else names.get(raw, Text(raw, raw))), one))
    return sorted(lines, key=place)
