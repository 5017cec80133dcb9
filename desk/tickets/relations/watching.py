"""Who is told what happens to a ticket: people it was copied to (抄送), and people who follow it [000 §5.2.3]."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.orm import Session, joinedload

from desk.application import Desk
from desk.events import emit
from desk.notices.operations import notify
from desk.people.models import User
from desk.people.permissions import can
from desk.tickets.models import Ticket, TicketWatcher
from desk.tickets.operations import write_trail
from desk.tickets.relations.refusal import Refused
from engine.actors import Actor
from engine.statements import Query, run
from engine.timestamps import utc_now

_WATCHER = cast(Table, TicketWatcher.__table__)
# Every step of every ticket asks: made once.
_WATCHING = Query(select(_WATCHER.c.user_id).where(_WATCHER.c.ticket_id == bindparam("of_ticket")))
MOST_COPIES = 50  # people on the copy list of one ticket


def copy_to(
    session: Session,
    desk: Any,
    ticket: Ticket,
    people: Sequence[int],
    *,
    view_only: bool = True,
    actor: Actor,
) -> list[User]:
    """Put people on the copy list; who is on it already gets the new `view_only`. Returns the new ones.

    Side effects: a line of the trail with their names, the event ticket.copied, a notice to each.
    Raises Refused.
    """
    known = {w.user_id: w for w in watchers(session, ticket)}
    new = []
    for number in dict.fromkeys(people):
        user = session.get(User, number)
        if user is None or not user.active or not can(user, "ticket.read"):
            raise Refused(
                "One of these people cannot see tickets.", "所选人员中有人不能查看工单。", "people"
            )
        watcher = known.get(number)
        if watcher is None:
            watcher = TicketWatcher(ticket_id=ticket.id, user_id=number, by=actor.as_json())
            session.add(watcher)
            new.append(user)
        elif watcher.kind != "copied":
            new.append(user)
        watcher.kind, watcher.view_only = "copied", view_only
    if len(known) + len(new) > MOST_COPIES:
        raise Refused(
            f"A ticket is copied to {MOST_COPIES} people at most.",
            f"每张工单最多抄送 {MOST_COPIES} 人。",
            "people",
        )
    session.flush()
    if new:
        names = [user.name for user in new]
        references = [f"user:{user.id}" for user in new]
        write_trail(
            session, ticket, at=utc_now(), actor=actor, action="copied", data={"names": names}
        )
        emit(session, desk.engine, "ticket.copied", {"to": references},
             actor=actor, ticket_id=ticket.id)  # fmt: skip
        tell_people(session, desk, ticket, references, "Copied to you", "抄送给您", actor)
        _changed(session, desk, ticket)
    return new


def follow(session: Session, ticket: Ticket, user: User, *, actor: Actor) -> bool:
    """Be told what happens; False for somebody who is told already."""
    if _watcher(session, ticket, user.id) is not None:
        return False
    session.add(
        TicketWatcher(
            ticket_id=ticket.id, user_id=user.id, kind="follows", view_only=False,
            by=actor.as_json(),
        )
    )  # fmt: skip
    session.flush()
    return True


def unwatch(session: Session, desk: Desk, ticket: Ticket, user_id: int, *, actor: Actor) -> None:
    """Take somebody off the list. Of others it is a line of the trail. Nothing for who is not on it."""
    watcher = _watcher(session, ticket, user_id)
    if watcher is None:
        return
    if actor.reference != f"user:{user_id}":
        names = [watcher.user.name]
        write_trail(
            session, ticket, at=utc_now(), actor=actor, action="uncopied", data={"names": names}
        )
    session.execute(delete(TicketWatcher).where(TicketWatcher.id == watcher.id))
    _changed(session, desk, ticket)


def watchers(session: Session, ticket: Ticket) -> list[TicketWatcher]:
    """Who is told, with their names; those it was copied to first."""
    return list(
        session.scalars(
            select(TicketWatcher)
            .where(TicketWatcher.ticket_id == ticket.id)
            .order_by(TicketWatcher.kind, TicketWatcher.id)
            .options(joinedload(TicketWatcher.user))
        )
    )


def only_looks(session: Session, ticket: Ticket, user: User) -> bool:
    """Whether the ticket was copied to this person to read along only, and is not theirs to work on."""
    if ticket.assignee_id == user.id:
        return False
    watcher = _watcher(session, ticket, user.id)
    return watcher is not None and watcher.view_only


def tell_watchers(
    session: Session,
    desk: Any,
    ticket: Ticket,
    en: str,
    zh: str,
    actor: Actor,
    *,
    but: Iterable[str | None] = (),
) -> None:
    """A notice to all who watch, but not to those who are told anyway, or did it themselves."""
    rows = run(session, _WATCHING, {"of_ticket": ticket.id})
    told = set(but)
    whom = [r for r in (f"user:{row.user_id}" for row in rows) if r not in told]
    tell_people(session, desk, ticket, whom, en, zh, actor)


def tell_people(
    session: Session,
    desk: Any,
    ticket: Ticket,
    whom: Iterable[str | None],
    en: str,
    zh: str,
    actor: Actor,
) -> None:
    """A line in the bell of `user:7`, or of everybody in `team:3`; nobody is told of their own doing."""
    text = {
        "en": f"{en}: {ticket.number} {ticket.title}",
        "zh": f"{zh}：{ticket.number} {ticket.title}",
    }
    notify(session, desk.live, whom, text, href=f"/tickets/{ticket.id}", but=actor.reference)


def _watcher(session: Session, ticket: Ticket, user_id: int) -> TicketWatcher | None:
    return session.scalars(
        select(TicketWatcher).where(
            TicketWatcher.ticket_id == ticket.id, TicketWatcher.user_id == user_id
        )
    ).one_or_none()


def _changed(session: Session, desk: Any, ticket: Ticket) -> None:
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    desk.live.publish(session, f"ticket:{ticket.id}", "ticket.changed", data)
