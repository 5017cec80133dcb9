"""Splitting a ticket (拆单) into 1 to 15 tickets of their own, which report back to it [000 §5.2.21].

It can be done again, and to the parts as well. Each part runs the process of its own type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.events import emit
from desk.tickets.dispatching import dispatch_now
from desk.tickets.events import request_ticket
from desk.tickets.models import OVER, Ticket, TicketType
from desk.tickets.operations import write_trail
from desk.tickets.records import handler
from desk.tickets.relations.linking import open_children, survivor
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import tell_people, tell_watchers
from engine.actors import Actor
from engine.timestamps import utc_now

MOST_PARTS = 15
MOST_LEVELS = 5  # of parts of parts; a diagram that splits without end is stopped here


@dataclass(frozen=True)
class Part:
    """One ticket to be made. Without team and person it waits for dispatch."""

    title: str
    text: str = ""
    kind: TicketType | None = None
    priority: str = "normal"
    team_id: int | None = None
    person_id: int | None = None


def split(
    session: Session, desk: Any, ticket: Ticket, parts: Sequence[Part], *, actor: Actor
) -> list[Ticket]:
    """Make a ticket of each part, for the same customer. All or none.

    Side effects: a process and a ticket each, dispatched where somebody is named; a line in all
    trails; the event ticket.split for each. Raises Refused, NobodyWaits and what their diagrams
    raise.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise Refused(
            f"A ticket is split into 1 to {MOST_PARTS} parts at a time.",
            f"一次可拆为 1 至 {MOST_PARTS} 张。",
            "count",
        )
    if ticket.deleted_at is not None or ticket.merged_into_id is not None or ticket.state in OVER:
        raise Refused("Only an open ticket can be split.", "只有未结束的工单可以拆单。")
    if any(not part.title.strip() for part in parts):
        raise Refused("Every part needs a title.", "每张子单都需要标题。", "title")
    if _level(session, ticket) >= MOST_LEVELS:
        raise Refused(
            f"This is a part of a part already, {MOST_LEVELS} levels deep.",
            f"拆单最多 {MOST_LEVELS} 层。",
        )
    made = []
    for part in parts:
        child = request_ticket(
            session,
            desk.engine,
            actor=actor,
            title=part.title,
            text=part.text,
            contact_id=ticket.contact_id,
            priority=part.priority,
            kind=part.kind,
            more={"parent_id": ticket.id},
        )
        child.parent_id = ticket.id
        session.flush()
        origin = {"other": ticket.number}
        write_trail(session, child, at=utc_now(), actor=actor, action="split_off", data=origin)
        made.append(child)
    for child in made:
        emit(session, desk.engine, "ticket.split",
             {"parent_id": ticket.id, "number_of_children": len(made)},
             actor=actor, ticket_id=child.id)  # fmt: skip
    data = {"others": [child.number for child in made], "count": len(made)}
    write_trail(session, ticket, at=utc_now(), actor=actor, action="split", data=data)
    told = {"ticket_id": ticket.id, "state": str(ticket.state)}
    desk.live.publish(session, f"ticket:{ticket.id}", "ticket.changed", told)
    for part, child in zip(parts, made, strict=True):
        if part.team_id is not None or part.person_id is not None:
            dispatch_now(
                session, desk, child, team_id=part.team_id, person_id=part.person_id, actor=actor
            )
    return made


def report_to_parent(
    session: Session, desk: Any, ticket: Ticket, *, result: str, actor: Actor
) -> None:
    """A part has ended (or goes on again): its parent hears of it, every time.

    Side effects: a line of the parent's trail, ticket.child_ended or ticket.child_reopened to its
    process, a notice to its handler. The parent may have been merged since: then the other hears.
    """
    parent = session.get(Ticket, ticket.parent_id) if ticket.parent_id is not None else None
    if parent is None:
        return
    parent = survivor(session, parent)
    over = ticket.state in OVER
    session.flush()  # this ticket's own state counts, too
    left = open_children(session, parent.id)
    action = "child_ended" if over else "child_reopened"
    data = {"other": ticket.number, "left": left}
    write_trail(session, parent, at=utc_now(), actor=actor, action=action, remark=result, data=data)
    payload = {
        "child_id": ticket.id,
        "child_number": ticket.number,
        "child_state": str(ticket.state),
        "child_result": result,
        "open_children": left,
    }
    emit(session, desk.engine, f"ticket.{action}", payload, actor=actor, ticket_id=parent.id)
    told = {"ticket_id": parent.id, "state": str(parent.state)}
    desk.live.publish(session, f"ticket:{parent.id}", "ticket.changed", told)
    if over:
        en, zh = (
            f"{ticket.number} has ended, {left} still open",
            f"{ticket.number} 已结束，尚余 {left} 张",
        )
    else:
        en, zh = f"{ticket.number} goes on again", f"{ticket.number} 重新处理"
    tell_people(session, desk, parent, [handler(parent)], en, zh, actor)
    tell_watchers(session, desk, parent, en, zh, actor, but=(handler(parent),))


def _level(session: Session, ticket: Ticket) -> int:
    """How many tickets stand above this one."""
    level, seen = 0, {ticket.id}
    above = ticket.parent_id
    while above is not None and above not in seen:
        seen.add(above)
        level += 1
        above = session.scalar(select(Ticket.parent_id).where(Ticket.id == above))
    return level
