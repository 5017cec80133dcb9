"""The clocks as expressions read them: `sla.resolution.due_at`, `sla.first_response.missed`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from desk.sla.models import SlaClock
from desk.sla.operations import clocks_of


def load_sla(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The clocks of the process's ticket by kind; None before there are any."""
    number = data.get("ticket_id")
    found = clocks_of(session, int(number)) if number is not None else []
    return {str(clock.kind): _seen(clock) for clock in found} or None


def _seen(clock: SlaClock) -> dict[str, Any]:
    return {
        "policy": clock.policy,
        "calendar": clock.calendar,
        "due_at": clock.due_at,
        "met_at": clock.met_at,
        "paused": clock.paused_at is not None,
        "paused_at": clock.paused_at,
        "missed": clock.missed,
        "over": clock.over,
    }


# What the composition root registers with the engine.
RECORDS = {"sla": load_sla}
