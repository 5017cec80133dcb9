"""What was said and done on a ticket, in order: messages, with lines of the trail between them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from desk.tickets.models import Message, TrailEntry
from desk.tickets.trail import MESSAGE_ACTIONS

PAGE = 50
MOST_LINES = 200


@dataclass(frozen=True)
class Talk:
    """The newest messages and the trail lines that fall among them, each oldest first."""

    messages: list[Message]
    lines: list[TrailEntry]
    earlier: int | None  # the id before which earlier messages are found

    def merged(self) -> list[Message | TrailEntry]:
        """All in the order in which it happened."""
        everything: list[Any] = [*self.messages, *self.lines]
        return sorted(everything, key=lambda item: (_at(item), isinstance(item, TrailEntry)))


def _at(item: Message | TrailEntry) -> datetime:
    return item.at if isinstance(item, TrailEntry) else item.created_at


def conversation(
    session: Session,
    ticket_id: int,
    *,
    before: int | None = None,
    limit: int = PAGE,
    kinds: tuple[str, ...] | None = None,
) -> Talk:
    """The last `limit` messages (before the message `before`), with their attachments.

    `kinds` narrows it to what somebody may see: a customer sees no notes. A ticket with nine
    thousand messages costs as much as one with fifty.
    """
    statement = select(Message).where(Message.ticket_id == ticket_id)
    if before is not None:
        statement = statement.where(Message.id < before)
    if kinds is not None:
        statement = statement.where(Message.kind.in_(kinds))
    found = list(
        session.scalars(
            statement.order_by(Message.id.desc())
            .limit(limit + 1)
            .options(selectinload(Message.attachments))
        )
    )
    more, messages = len(found) > limit, found[:limit][::-1]
    lines = select(TrailEntry).where(
        TrailEntry.ticket_id == ticket_id, TrailEntry.action.not_in(MESSAGE_ACTIONS)
    )
    if more:
        lines = lines.where(TrailEntry.at >= messages[0].created_at)
    if before is not None:
        newest = session.scalar(select(Message.created_at).where(Message.id == before))
        if newest is not None:
            lines = lines.where(TrailEntry.at < newest)
    return Talk(
        messages,
        list(session.scalars(lines.order_by(TrailEntry.id.desc()).limit(4 * limit)))[::-1],
        messages[0].id if more else None,
    )


def trail(session: Session, ticket_id: int, *, limit: int = MOST_LINES) -> list[TrailEntry]:
    """The newest lines of the trail, newest first."""
    return list(
        session.scalars(
            select(TrailEntry)
            .where(TrailEntry.ticket_id == ticket_id)
            .order_by(TrailEntry.id.desc())
            .limit(limit)
        )
    )
