"""What is done with a run through tickets: start, go on, skip, pause, resume, end.

A run opens the tickets with a step for its person, in their order. It moves no ticket itself: the person does, by
the steps that the diagram offers; a ticket that offers them none any more is passed over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import candidates_of
from desk.tickets.models import OVER as ENDED
from desk.tickets.models import Ticket
from desk.tickets.scope import visible
from desk.tickets.task_mode.models import (
    DONE,
    OPEN,
    OVER,
    PASSED,
    PAUSED,
    SKIPPED,
    WAITING,
    TaskRun,
    TaskRunTicket,
)
from desk.tickets.tasks import names_of, waits_for
from engine.tables import human_task

MOST: Final = 500
Reason = Literal["ended", "taken", "gone", "nothing"]
Result = Literal["done", "failed"]


@dataclass(frozen=True)
class PassedOver:
    """A ticket that is no longer for the person of the run; `who` has `taken` it."""

    number: str
    reason: Reason
    who: str | None


@dataclass(frozen=True)
class Onward:
    """Where a run goes on: at a ticket, or nowhere, because it is over."""

    run_id: int
    ticket_id: int | None
    passed: tuple[PassedOver, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a run is; `place` counts from 1."""

    run_id: int
    status: str
    total: int
    counts: Mapping[str, int]  # by the states of desk.tickets.task_mode.models
    since: datetime

    @property
    def past(self) -> int:
        """How many tickets are behind."""
        return self.total - self.counts.get(WAITING, 0)

    @property
    def place(self) -> int:
        """Which ticket is open or comes next."""
        return min(self.past + 1, self.total)


def with_a_step(session: Session, user: User, tickets: Collection[int]) -> set[int]:
    """Those of the tickets that this person sees and that have a step for them."""
    mine = waits_for(candidates_of(user), f"user:{user.id}")
    found = session.scalars(
        select(Ticket.id)
        .join(human_task, human_task.c.instance_id == Ticket.instance_id)
        .where(
            Ticket.id.in_(tickets), Ticket.deleted_at.is_(None), Ticket.merged_into_id.is_(None),
            mine, visible(session, user),
        )
    )  # fmt: skip
    return set(found)


def start(session: Session, user: User, tickets: Sequence[int]) -> Onward | None:
    """Begin a run through the tickets, as far as they have a step for this person; None where none has.

    Side effects: a run that was open is paused; the ones of this person that are over are forgotten.
    """
    mine = with_a_step(session, user, tickets[:MOST])
    wanted = [ticket for ticket in dict.fromkeys(tickets[:MOST]) if ticket in mine]
    if not wanted:
        return None
    session.execute(delete(TaskRun).where(TaskRun.user_id == user.id, TaskRun.status == OVER))
    _pause_others(session, user)
    run = TaskRun(user_id=user.id)
    session.add(run)
    session.flush()
    session.add_all(
        TaskRunTicket(run_id=run.id, position=place, ticket_id=ticket)
        for place, ticket in enumerate(wanted)
    )
    session.flush()
    return Onward(run.id, wanted[0])


def resume(session: Session, user: User, run: TaskRun) -> Onward:
    """Go on where the run was paused. Side effect: another run that was open is paused."""
    _pause_others(session, user)
    return _go_on(session, user, run)


def pause(session: Session, run: TaskRun) -> None:
    """Let the run rest; it can be resumed at any time."""
    if run.status == OPEN:
        run.status = PAUSED


def end(session: Session, run: TaskRun) -> None:
    """End the run for good; tickets that wait in it stay as they are."""
    run.status = OVER


def finished(session: Session, user: User, ticket_id: int) -> Onward | None:
    """This person has done a step of the ticket: where their run goes on, if the ticket is the one open in it."""
    return _leave(session, user, run_at(session, user, ticket_id), ticket_id, DONE)


def skip(session: Session, user: User, run: TaskRun, ticket_id: int) -> Onward:
    """Leave the ticket for later and go on; one that has no step for the person any more is passed over."""
    if run_at(session, user, ticket_id) is not run or not with_a_step(session, user, [ticket_id]):
        return resume(session, user, run)
    return _leave(session, user, run, ticket_id, SKIPPED) or resume(session, user, run)


def again(session: Session, user: User, run: TaskRun) -> Onward:
    """Go through the tickets that were skipped."""
    skipped = TaskRunTicket.run_id == run.id, TaskRunTicket.state == SKIPPED
    session.execute(update(TaskRunTicket).where(*skipped).values(state=WAITING))
    return resume(session, user, run)


def note_result(session: Session, user: User, ticket_id: int, result: Result) -> None:
    """Keep what came of an operation on the ticket, for the macros that ask, while it is open in a run."""
    run = run_at(session, user, ticket_id)
    if run is not None:
        run.last_result = result


def run_at(session: Session, user: User, ticket_id: int) -> TaskRun | None:
    """The open run of this person in which the ticket is the one to be worked on now."""
    run = session.scalars(
        select(TaskRun).where(TaskRun.user_id == user.id, TaskRun.status == OPEN)
    ).first()
    return run if run is not None and _next_of(session, run) == ticket_id else None


def run_of(session: Session, user: User, run_id: int) -> TaskRun | None:
    """A run, if it is this person's."""
    run = session.get(TaskRun, run_id)
    return run if run is not None and run.user_id == user.id else None


def progress_of(session: Session, run: TaskRun) -> Progress:
    """How far the run is."""
    counts = session.execute(
        select(TaskRunTicket.state, func.count())
        .where(TaskRunTicket.run_id == run.id)
        .group_by(TaskRunTicket.state)
    )
    by_state: dict[str, int] = {row.state: row[1] for row in counts}
    return Progress(run.id, run.status, sum(by_state.values()), by_state, run.created_at)


def runs_of(session: Session, user: User) -> list[Progress]:
    """The runs of this person that are not over, the newest first."""
    runs = session.scalars(
        select(TaskRun)
        .where(TaskRun.user_id == user.id, TaskRun.status != OVER)
        .order_by(TaskRun.id.desc())
    )
    return [progress_of(session, run) for run in runs]


def tickets_of(session: Session, user: User, run: TaskRun) -> list[tuple[TaskRunTicket, Ticket]]:
    """The run's tickets in their order, as far as they are shown to its person."""
    rows = session.execute(
        select(TaskRunTicket, Ticket)
        .join(Ticket, Ticket.id == TaskRunTicket.ticket_id)
        .where(
            TaskRunTicket.run_id == run.id, Ticket.deleted_at.is_(None), visible(session, user)
        )
        .order_by(TaskRunTicket.position)
    )
    return [(place, ticket) for place, ticket in rows]


def _pause_others(session: Session, user: User) -> None:
    mine = TaskRun.user_id == user.id, TaskRun.status == OPEN
    session.execute(update(TaskRun).where(*mine).values(status=PAUSED))


def _next_of(session: Session, run: TaskRun) -> int | None:
    return session.scalar(
        select(TaskRunTicket.ticket_id)
        .where(TaskRunTicket.run_id == run.id, TaskRunTicket.state == WAITING)
        .order_by(TaskRunTicket.position)
        .limit(1)
    )


def _leave(
    session: Session, user: User, run: TaskRun | None, ticket_id: int, state: str
) -> Onward | None:
    if run is None:
        return None
    session.execute(
        update(TaskRunTicket)
        .where(
            TaskRunTicket.run_id == run.id, TaskRunTicket.ticket_id == ticket_id,
            TaskRunTicket.state == WAITING,
        )
        .values(state=state)
    )  # fmt: skip
    return _go_on(session, user, run)


def _go_on(session: Session, user: User, run: TaskRun) -> Onward:
    """To the next ticket with a step for the person; those before it are passed over, each with a reason."""
    run.last_result = None
    waiting = session.scalars(
        select(TaskRunTicket)
        .where(TaskRunTicket.run_id == run.id, TaskRunTicket.state == WAITING)
        .order_by(TaskRunTicket.position)
    ).all()
    mine = with_a_step(session, user, [place.ticket_id for place in waiting])
    first = next((n for n, place in enumerate(waiting) if place.ticket_id in mine), len(waiting))
    passed = _pass_over(session, user, waiting[:first])
    run.status = OPEN if first < len(waiting) else OVER
    session.flush()
    return Onward(run.id, waiting[first].ticket_id if first < len(waiting) else None, passed)


def _pass_over(
    session: Session, user: User, places: Sequence[TaskRunTicket]
) -> tuple[PassedOver, ...]:
    if not places:
        return ()
    ids = [place.ticket_id for place in places]
    tickets = {
        ticket.id: ticket for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))
    }
    shown = set(
        session.scalars(
            select(Ticket.id).where(
                Ticket.id.in_(ids), Ticket.deleted_at.is_(None), visible(session, user)
            )
        )
    )
    holders = session.execute(
        select(Ticket.id, func.min(human_task.c.assignee).label("holder"))
        .join(human_task, human_task.c.instance_id == Ticket.instance_id)
        .where(Ticket.id.in_(ids), human_task.c.status == "open")
        .group_by(Ticket.id)
    )
    held: dict[int, str | None] = {row.id: row.holder for row in holders}
    names = names_of(session, held.values())
    found = []
    for place in places:
        ticket, holder = tickets[place.ticket_id], held.get(place.ticket_id)
        reason: Reason = "nothing"
        if ticket.id not in shown:
            reason = "gone"
        elif ticket.state in ENDED:
            reason = "ended"
        elif holder is not None:
            reason = "taken"
        place.state, place.reason = PASSED, reason
        place.who = names.get(holder or "") if reason == "taken" else None
        found.append(PassedOver(ticket.number, reason, place.who))
    return tuple(found)
