"""The other desks of a ticket as expressions read them: `vendors.came_from`, `vendors.given_to`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from desk.vendors.queries import came_from, transfers_of


def load_vendors(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Keys of the vendor that a ticket came from, and of the one that has it or had it last; None before there is one.

    A vendor that did not take the ticket, or sent it back, has not had it.
    """
    number = data.get("ticket_id")
    if number is None:
        return None
    origin = came_from(session, int(number))
    given = [t for t in transfers_of(session, int(number)) if t.direction == "out"]
    taken = next((t for t in given if t.status not in ("refused", "returned", "withdrawn")), None)
    return {
        "came_from": origin.vendor.key if origin is not None else None,
        "given_to": taken.vendor.key if taken is not None else None,
    }


# What the composition root registers with the engine.
RECORDS = {"vendors": load_vendors}
