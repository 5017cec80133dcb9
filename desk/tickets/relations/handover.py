"""Handing a ticket over (流转) to another person or team, with the open steps that were theirs [000 §5.2.3]."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.events import emit
from desk.people.models import Team, User
from desk.tickets.models import OVER, Ticket
from desk.tickets.operations import write_trail
from desk.tickets.records import handler
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import tell_people, tell_watchers
from engine import modification
from engine.actors import Actor
from engine.errors import InstanceGone
from engine.tables import human_task, human_task_candidate
from engine.timestamps import utc_now


def hand_over(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    *,
    team_id: int | None = None,
    person_id: int | None = None,
    remark: str = "",
    actor: Actor,
    seen: str | None = None,
) -> bool:
    """Give the ticket to a team, a person, or a person of a team; False when it is theirs already.

    `seen` is the handler that whoever asks had before them (`user:7`): somebody else's hand-over
    meanwhile is not overwritten. Side effects: open steps of the old handler become the new one's,
    the process's `handler` follows, a line of the trail, the event ticket.assigned, notices to both
    and to who watches. Raises Refused.
    """
    old = handler(ticket)
    if old is None:
        raise Refused(
            "Nobody has this ticket yet. Dispatch it instead.",
            "工单尚未派发，请先派发。",
        )
    # The process first, then the ticket: the order in which steps lock them too.
    new = reference(team_id, person_id)
    if new is not None and ticket.state not in OVER:
        with suppress(InstanceGone):
            modification.edit_variables(
                desk.engine,
                session,
                ticket.instance_id,
                {"handler": new},
                actor=actor,
                reason=f"handed over from {old} to {new}",
            )
    session.refresh(ticket, with_for_update={"of": Ticket})
    if seen is not None and seen != handler(ticket):
        raise Refused(
            "Somebody else handed this ticket over meanwhile. Nothing was changed.",
            "工单已被他人流转，未做任何修改。",
        )
    if ticket.deleted_at is not None or ticket.state in OVER:
        raise Refused("This ticket is over; nobody has to do anything.", "工单已结束，无需流转。")
    if ticket.merged_into_id is not None:
        raise Refused("This ticket is part of another one.", "工单已并入另一张工单。")
    return place(session, desk, ticket, team_id, person_id, remark=remark, actor=actor)


def place(
    session: Session,
    desk: Any,
    ticket: Ticket,
    team_id: int | None,
    person_id: int | None,
    *,
    remark: str,
    actor: Actor,
    now: datetime | None = None,
) -> bool:
    """The hand-over itself, for callers that hold the process already: the operators. Raises Refused."""
    names = chosen_names(session, team_id, person_id)
    old, new = handler(ticket), reference(team_id, person_id)
    if old == new and ticket.team_id == team_id:
        return False
    ticket.team_id, ticket.assignee_id = team_id, person_id
    write_trail(
        session,
        ticket,
        at=now or utc_now(),
        actor=actor,
        action="reassigned",
        remark=remark,
        data=names,
    )
    if old is not None and new is not None:
        for task_id in offer_anew(session, ticket.instance_id, old, new):
            for whom in (old, new):
                desk.live.publish(session, whom, "tasks.changed", {"task_id": str(task_id)})
    emit(
        session, desk.engine, "ticket.assigned", {"old": old, "new": new},
        actor=actor, ticket_id=ticket.id,
    )  # fmt: skip
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    for topic in (f"ticket:{ticket.id}", "tickets"):
        desk.live.publish(session, topic, "ticket.changed", data)
    tell_people(
        session, desk, ticket, [old], "Handed over to somebody else", "已转派给其他人", actor
    )
    tell_people(session, desk, ticket, [new], "Handed over to you", "已转派给您", actor)
    tell_watchers(session, desk, ticket, "Handed over", "工单已流转", actor, but=(old, new))
    return True


def offer_anew(session: Session, instance_id: UUID, old: str, new: str) -> list[UUID]:
    """Open steps that wait for `old` wait for `new` from now on; steps of others stay theirs."""
    tasks = select(human_task.c.id, human_task.c.assignee, human_task.c.claimed).where(
        human_task.c.instance_id == instance_id, human_task.c.status == "open"
    )
    moved = []
    for task in session.execute(tasks).all():
        named = dict(
            session.execute(
                select(human_task_candidate.c.candidate, human_task_candidate.c.excluded).where(
                    human_task_candidate.c.task_id == task.id
                )
            ).all()
        )
        offered = {name for name, excluded in named.items() if not excluded}
        if (task.assignee != old and offered != {old}) or named.get(new):
            continue
        moved.append(task.id)
        session.execute(
            update(human_task)
            .where(human_task.c.id == task.id)
            .values(assignee=new if new.startswith("user:") else None, claimed=False)
        )
        if offered:
            session.execute(
                delete(human_task_candidate).where(
                    human_task_candidate.c.task_id == task.id, ~human_task_candidate.c.excluded
                )
            )
            session.execute(insert(human_task_candidate), [{"task_id": task.id, "candidate": new}])
    return moved


def reference(team_id: int | None, person_id: int | None) -> str | None:
    """`user:7`, else `team:3`, as a candidate of a step."""
    if person_id is not None:
        return f"user:{person_id}"
    return f"team:{team_id}" if team_id is not None else None


def chosen_names(session: Session, team_id: int | None, person_id: int | None) -> dict[str, Any]:
    """The names of a team and a person, for the trail. Raises Refused for one that takes no tickets."""
    if team_id is None and person_id is None:
        raise Refused("Choose a team or a person.", "请选择团队或人员。", "person")
    names: dict[str, Any] = {}
    if team_id is not None:
        team = session.get(Team, team_id)
        if team is None or not team.active:
            raise Refused("This team is not active any more.", "该团队已停用。", "team")
        names["team"] = team.name
    if person_id is not None:
        user = session.get(User, person_id)
        if user is None or not user.active:
            raise Refused("This person does not work here any more.", "该人员已停用。", "person")
        names["assignee"] = user.name
    return names
