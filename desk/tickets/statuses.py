"""The ticket status dictionary [004 §4.10.1]: what a desk calls its tickets within the six states.

It is a dictionary whose first level is the states, which stay; each value below one of them is a status that tickets in
that state may have. A ticket loses its status when it moves to another state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from desk.application import Desk
from desk.events import emit
from desk.fields.models import Dictionary, DictionaryEntry
from desk.tickets.models import Ticket
from desk.tickets.operations import write_trail
from engine.actors import Actor

KEY: Final = "ticket_status"
_STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "pending": {"zh": "待派发", "en": "Waiting for dispatch"},
    "dispatched": {"zh": "已派发", "en": "Dispatched"},
    "cancelled": {"zh": "已取消", "en": "Cancelled"},
    "processing": {"zh": "处理中", "en": "In progress"},
    "returned": {"zh": "已退回", "en": "Returned"},
    "ended": {"zh": "已结束", "en": "Ended"},
}


@dataclass(frozen=True)
class Status:
    """A status of the desk's own, of tickets in `state`. Withdrawn ones remain with the tickets that have them."""

    key: str
    state: str
    title: Mapping[str, str]
    active: bool


def statuses(session: Session) -> dict[str, Status]:
    """By key, in their order; withdrawn ones too."""
    base = aliased(DictionaryEntry)
    rows = session.execute(
        select(DictionaryEntry, base.key)
        .join(base, base.id == DictionaryEntry.parent_id)
        .join(Dictionary, Dictionary.id == DictionaryEntry.dictionary_id)
        .where(Dictionary.key == KEY)
        .order_by(base.position, DictionaryEntry.position, DictionaryEntry.id)
    )
    return {one.key: Status(one.key, state, one.title, one.active) for one, state in rows}


class NoSuchStatus(LookupError):
    """There is no status with this key, or it was withdrawn."""


def set_status(
    session: Session, desk: Desk, ticket: Ticket, status: str | None, *, actor: Actor, at: datetime
) -> bool:
    """Give a ticket a status within its state, or take it away; False where nothing changes, as in another state.

    Side effects: a line of the trail, open pages are told, the event `ticket.changed`. Raises NoSuchStatus.
    """
    known = statuses(session)
    wanted = known.get(status) if status else None
    if status and (wanted is None or not wanted.active):
        raise NoSuchStatus(status)
    before, after = ticket.status, status or None
    if before == after or (wanted is not None and wanted.state != ticket.state):
        return False
    ticket.status = after
    shown = {key: one.title for key, one in known.items()}
    data = {"field": "status", "old": shown.get(before or ""), "new": shown.get(after or "")}
    write_trail(session, ticket, at=at, actor=actor, action="edited", data=data)
    for topic in (f"ticket:{ticket.id}", "tickets"):
        told = {"ticket_id": ticket.id, "state": str(ticket.state)}
        desk.live.publish(session, topic, "ticket.changed", told)
    changed = {"fields": ["status"], "old": {"status": before}, "new": {"status": after}}
    emit(session, desk.engine, "ticket.changed", changed, actor=actor, ticket_id=ticket.id)
    return True


def ensure_statuses(session: Session) -> None:
    """Make the dictionary with the six states, where it is not there yet."""
    if session.scalar(select(Dictionary.id).where(Dictionary.key == KEY)) is not None:
        return
    made = Dictionary(key=KEY, title={"zh": "工单状态", "en": "Ticket statuses"})
    session.add(made)
    session.flush()
    session.add_all(
        DictionaryEntry(dictionary_id=made.id, key=key, title=dict(title), position=position)
        for position, (key, title) in enumerate(_STATES.items())
    )
