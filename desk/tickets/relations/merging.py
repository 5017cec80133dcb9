"""Merging tickets of one customer into one, without loss and with undo [000 §5.2.3].

The merged ticket's process rests where it stands, its messages move, and whoever comes by its old
number, mail thread or tracking link is led to the ticket that goes on. Undone, everything is where
it was.
"""

from contextlib import suppress

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.events import emit
from desk.tickets.delivery import being_sent
from desk.tickets.models import OVER, Message, Ticket, TicketMerge, TicketWatcher
from desk.tickets.operations import write_trail
from desk.tickets.records import handler
from desk.tickets.relations.linking import last_merge, survivor
from desk.tickets.relations.refusal import STILL_SENDING, Refused
from desk.tickets.relations.watching import tell_people, tell_watchers, watchers
from engine import modification
from engine.actors import Actor
from engine.errors import InstanceGone, InstanceSuspended
from engine.timestamps import utc_now


def merge(
    session: Session, desk: Desk, ticket: Ticket, into: Ticket, *, reason: str = "", actor: Actor
) -> TicketMerge:
    """Join `ticket` into `into`. Both must be of the same known customer: their words become one talk.

    Side effects: the process is suspended (open steps leave the lists, timers and jobs wait), its
    messages and watchers move, a line in both trails, the event ticket.merged, notices. Raises
    Refused.
    """
    running = _stop(session, desk, ticket, into, actor)
    for one in sorted((ticket, into), key=lambda t: t.id):
        session.refresh(one, with_for_update={"of": Ticket})
    _check(ticket, into)
    moved = list(session.scalars(select(Message.id).where(Message.ticket_id == ticket.id)))
    session.execute(update(Message).where(Message.ticket_id == ticket.id).values(ticket_id=into.id))
    joined = _join_watchers(session, ticket, into)
    now = utc_now()
    ticket.merged_into_id = into.id
    times = [t for t in (ticket.last_message_at, into.last_message_at) if t is not None]
    into.last_message_at = max(times) if times else None
    found = TicketMerge(
        from_id=ticket.id,
        into_id=into.id,
        at=now,
        by=actor.as_json(),
        reason=reason,
        messages=moved,
        watchers=joined,
        was_running=running,
    )
    session.add(found)
    session.flush()
    names = {"other": into.number, "count": len(moved)}
    write_trail(session, ticket, at=now, actor=actor, action="merged", remark=reason, data=names)
    names = {"other": ticket.number, "count": len(moved)}
    write_trail(session, into, at=now, actor=actor, action="absorbed", remark=reason, data=names)
    emit(session, desk.engine, "ticket.merged", {"into_id": into.id},
         actor=actor, ticket_id=ticket.id)  # fmt: skip
    _tell_pages(session, desk, ticket, into)
    en, zh = f"Merged into {into.number}", f"已并入 {into.number}"
    tell_people(session, desk, ticket, [handler(ticket)], en, zh, actor)
    tell_watchers(session, desk, into, f"{ticket.number} was merged into this ticket",
                  f"{ticket.number} 已并入此工单", actor)  # fmt: skip
    return found


def undo_merge(session: Session, desk: Desk, ticket: Ticket, *, actor: Actor) -> Ticket:
    """Take a merged ticket out again; the ticket it was part of.

    Messages that came after the merging stay where they were said. Side effects: the reverse of
    `merge`: the process goes on where it stood, timers that were due meanwhile fire once. Raises
    Refused.
    """
    found = last_merge(session, ticket)
    if ticket.merged_into_id is None or found is None:
        raise Refused("This ticket is not part of another one.", "该工单未被合并。")
    if found.was_running:
        with suppress(InstanceGone):
            modification.resume(
                desk.engine, session, ticket.instance_id, actor=actor, reason="merge undone"
            )
    into = session.get_one(Ticket, found.into_id)
    for one in sorted((ticket, into), key=lambda t: t.id):
        session.refresh(one, with_for_update={"of": Ticket})
    session.refresh(found)
    if found.undone_at is not None:
        raise Refused("Somebody was faster: it is undone already.", "他人已撤销了这次合并。")
    holder = survivor(session, ticket)  # the other may have been merged further since
    session.execute(
        update(Message)
        .where(Message.id.in_(found.messages), Message.ticket_id == holder.id)
        .values(ticket_id=ticket.id)
    )
    for watcher in watchers(session, into):
        if watcher.user_id in found.watchers:
            session.delete(watcher)
    now = utc_now()
    ticket.merged_into_id = None
    found.undone_at, found.undone_by = now, actor.as_json()
    session.flush()
    for one, other in ((ticket, into), (into, ticket)):
        data = {"other": other.number}
        write_trail(session, one, at=now, actor=actor, action="unmerged", data=data)
    emit(session, desk.engine, "ticket.unmerged", {"from_id": into.id},
         actor=actor, ticket_id=ticket.id)  # fmt: skip
    _tell_pages(session, desk, ticket, into)
    tell_people(session, desk, ticket, [handler(ticket)], "On its own again", "已撤销合并", actor)
    return into


def _stop(session: Session, desk: Desk, ticket: Ticket, into: Ticket, actor: Actor) -> bool:
    """Let the process rest; False when it had ended or was resting before."""
    _check(ticket, into)  # nothing is stopped for a merge that cannot be
    if being_sent(session, ticket):
        raise Refused(*STILL_SENDING)
    reason = f"merged into {into.number}"
    try:
        modification.suspend(desk.engine, session, ticket.instance_id, actor=actor, reason=reason)
    except (InstanceGone, InstanceSuspended):
        return False
    return True


def _check(ticket: Ticket, into: Ticket) -> None:
    if ticket.id == into.id:
        raise Refused("This is the ticket itself.", "不能并入工单自身。", "number")
    for one in (ticket, into):
        if one.deleted_at is not None:
            raise Refused("There is no ticket with this number.", "没有该编号的工单。", "number")
    if ticket.merged_into_id is not None:
        raise Refused("This ticket is part of another one already.", "该工单已被合并。")
    if into.merged_into_id is not None:
        raise Refused(
            f"{into.number} is itself part of another ticket; merge into that one.",
            f"{into.number} 已并入其他工单，请并入那一张。",
            "number",
        )
    if ticket.contact_id is None or ticket.contact_id != into.contact_id:
        raise Refused(
            "Only tickets of the same customer can be merged: each may read all that was said.",
            "只能合并同一客户的工单：合并后客户可看到全部往来内容。",
            "number",
        )
    if into.state in OVER:
        raise Refused(
            f"{into.number} is over. Merge into one that goes on.",
            f"{into.number} 已结束，请并入仍在处理的工单。",
            "number",
        )
    if into.id == ticket.parent_id or ticket.id == into.parent_id:
        raise Refused(
            "A ticket is not merged with one that was split from it.",
            "原单与拆出的子单之间不能合并。",
            "number",
        )


def _join_watchers(session: Session, ticket: Ticket, into: Ticket) -> list[int]:
    known = {w.user_id for w in watchers(session, into)}
    new = [w for w in watchers(session, ticket) if w.user_id not in known]
    session.add_all(
        TicketWatcher(
            ticket_id=into.id, user_id=w.user_id, kind=w.kind, view_only=w.view_only, by=w.by
        )
        for w in new
    )
    return [w.user_id for w in new]


def _tell_pages(session: Session, desk: Desk, *tickets: Ticket) -> None:
    for ticket in tickets:
        data = {"ticket_id": ticket.id, "state": str(ticket.state)}
        desk.live.publish(session, f"ticket:{ticket.id}", "ticket.changed", data)
        desk.live.publish(session, f"ticket:{ticket.id}", "message.added", data)
    desk.live.publish(session, "tickets", "ticket.changed", {})
