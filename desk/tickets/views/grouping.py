"""By what a view groups its tickets: what figures are grouped by, as far as a list shows it [000 §5.1.5]."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from desk.insight import dimensions
from desk.insight.dimensions import NOTHING, Dimension, dimension, own_fields
from desk.tickets.queries import TicketFilter, count_groups
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


def groups(session: Session, wanted: TicketFilter, key: str) -> list[tuple[str, str, int]]:
    """The groups of the tickets that fit: as an address calls them, their names and how many there are."""
    by = dimension(key)
    if by is None:
        return []
    counts = count_groups(session, wanted, by.column)
    values = [str(value) for value in counts if value not in (None, "")]
    names = by.names(session, values)
    order = _ORDERS.get(key, ())
    found = [
        (raw, words(names.get(raw, Text(raw, raw))), count)
        for value, count in counts.items()
        if (raw := str(value)) in values
    ]
    found.sort(key=lambda one: (order.index(one[0]) if one[0] in order else len(order), one[1].casefold()))
    without = sum(count for value, count in counts.items() if value in (None, ""))
    return [*found, (NONE, words(NOTHING), without)] if without else found
