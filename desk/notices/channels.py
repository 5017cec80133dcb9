"""The channels that can reach a customer. A diagram names none or one by key; a new channel changes no diagram.

A channel is one operator that a worker does. A connector registers it from its own `operators` module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from desk.tickets.models import Ticket
from engine.operators import Text


@dataclass(frozen=True)
class Channel:
    """How a customer is reached.

    `operator` is the job that sends; `parameters(ticket, subject, text)` what it is given; `reaches(session, ticket)`
    whether this customer can be reached so. The channel with the lowest `order` that reaches them is taken.
    """

    key: str
    title: Text
    operator: str
    parameters: Callable[[Ticket, str, str], Mapping[str, Any]]
    reaches: Callable[[Session, Ticket], bool]
    order: int = 50


CHANNELS: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Add a channel; its key is unique."""
    if channel.key in CHANNELS:
        raise ValueError(f"channel {channel.key} is registered twice")
    CHANNELS[channel.key] = channel


def channel_for(session: Session, ticket: Ticket, wanted: str) -> Channel | None:
    """The channel with that key, or the first that reaches the customer when `wanted` is "auto"."""
    if wanted != "auto":
        chosen = CHANNELS.get(wanted)
        return chosen if chosen and chosen.reaches(session, ticket) else None
    for channel in sorted(CHANNELS.values(), key=lambda c: (c.order, c.key)):
        if channel.reaches(session, ticket):
            return channel
    return None
