"""Giving a ticket to somebody: who can take it, who is preferred, and that two tickets never take the same last slot.

The rows of `agent_work` of all who come into question are locked, in the order of their numbers, before loads are
counted: whoever assigns at the same time waits, then counts what was given meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from desk.assignment.ranking import Candidate, Place, ranked, ways_of
from desk.people.models import AgentWork, Skill, Team, User, UserSkill
from desk.people.queries import people_who_can
from desk.people.rota import next_duty, on_duty, on_shift
from desk.tickets.dispatching import dispatch_now
from desk.tickets.models import OVER, Ticket, TicketState
from desk.tickets.operations import lock
from desk.tickets.relations.handover import hand_over
from desk.tickets.relations.handover import place as place_ticket
from engine.actors import Actor
from engine.database import is_sqlite

UNDISPATCHED = (TicketState.PENDING, TicketState.RETURNED)

# given: somebody has it now. nobody: none can take it now. settled: it needs nobody (any more).
Result = Literal["given", "nobody", "settled"]


@dataclass(frozen=True)
class Wish:
    """Whom a ticket is for. Empty fields do not narrow; names of teams and skills as people write them."""

    team: str | None = None
    skill: str | None = None
    level: int = 0
    ways: tuple[str, ...] = ()
    without: int | None = None  # somebody it is taken from


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    result: Result
    user_id: int | None = None
    name: str | None = None
    why: str | None = None  # nobody: no_team, no_skill, off_duty, full
    again_at: datetime | None = None  # off_duty: when the next shift begins; None while one goes on


def give(
    session: Session,
    desk: Any,
    ticket: Ticket,
    wish: Wish,
    *,
    held: bool,
    at: datetime,
    actor: Actor,
) -> Answer:
    """Give the ticket to whoever is preferred of those who can take it now.

    `held`: the caller runs in the ticket's own process. Side effects: as of a dispatch or a hand-over; the turn and the
    count of who got it. Raises UnknownWay, LookupError for a team there is not.
    """
    ways = ways_of(wish.ways)
    if held:
        session.refresh(ticket, with_for_update={"of": Ticket})
    else:
        lock(session, ticket)
    if _settled(ticket, wish.without):
        return Answer("settled")
    team = _team(session, wish, ticket)
    members = _eligible(session, team, wish)
    if not members:
        return Answer("nobody", why="no_skill" if wish.skill else "no_team")
    duty = on_duty(session, members, at)
    if not duty:
        # While somebody's shift goes on they may come any moment; else nothing changes before the next one.
        begun = on_shift(session, members, at)
        again_at = None if begun else next_duty(session, members, at)
        return Answer("nobody", why="off_duty", again_at=again_at)
    found = candidates(session, ticket, sorted(duty), skill=wish.skill)
    free = [candidate for candidate in found if candidate.free]
    if not free:
        return Answer("nobody", why="full")
    chosen = ranked(free, ways, _place_of(ticket))[0]
    _hand(session, desk, ticket, team, chosen.user_id, held=held, actor=actor)
    row = session.scalars(select(AgentWork).where(AgentWork.user_id == chosen.user_id)).one()
    row.last_assigned_at, row.assigned = at, row.assigned + 1
    session.flush()
    return Answer("given", chosen.user_id, chosen.name)


def give_back(
    session: Session, desk: Any, ticket: Ticket, *, held: bool, actor: Actor
) -> int | None:
    """Offer the ticket to its whole team again; the team, None when it has none and stays where it is."""
    team_id = ticket.team_id
    if team_id is None and ticket.assignee is not None:
        team_id = next((team.id for team in ticket.assignee.teams if team.active), None)
    if team_id is None or ticket.assignee_id is None or ticket.state in OVER:
        return team_id
    team = session.get_one(Team, team_id)
    if not team.active:
        return None
    _move(session, desk, ticket, team_id, None, held=held, actor=actor)
    return team_id


def open_tickets(session: Session, user_id: int) -> list[int]:
    """The tickets that somebody has and that are not over, oldest first."""
    return list(
        session.scalars(
            select(Ticket.id)
            .where(
                Ticket.assignee_id == user_id,
                Ticket.state.not_in(OVER),
                Ticket.deleted_at.is_(None),
            )
            .order_by(Ticket.id)
        )
    )


def loads(session: Session, user_ids: Iterable[int]) -> Mapping[int, int]:
    """How many open tickets each of these people has; who has none is left out."""
    rows = session.execute(
        select(Ticket.assignee_id, func.count())
        .where(
            Ticket.assignee_id.in_(list(user_ids)),
            Ticket.state.not_in(OVER),
            Ticket.deleted_at.is_(None),
        )
        .group_by(Ticket.assignee_id)
    )
    return {user_id: count for user_id, count in rows if user_id is not None}


def candidates(
    session: Session, ticket: Ticket, user_ids: list[int], *, skill: str | None = None
) -> list[Candidate]:
    """These people with what the ways to prefer ask of them. Locks their rows until the end of the transaction."""
    works = _locked(session, user_ids)
    load = loads(session, user_ids)
    asked = select(User.id, User.name).where(User.id.in_(user_ids))
    names = {row.id: row.name for row in session.execute(asked)}
    levels = _levels(session, user_ids, skill)
    owner = ticket.contact.owner_id if ticket.contact is not None else None
    last = _served_last(session, ticket)
    return [
        Candidate(
            user_id,
            names[user_id],
            load.get(user_id, 0),
            work.capacity,
            work.share,
            work.assigned,
            work.last_assigned_at,
            levels.get(user_id, 0),
            Place(work.latitude, work.longitude)
            if work.latitude is not None and work.longitude is not None
            else None,
            owner=user_id == owner,
            served_last=user_id == last,
        )
        for user_id, work in works.items()
    ]


def _locked(session: Session, user_ids: list[int]) -> dict[int, AgentWork]:
    """The rows of these people, made where they are missing, locked in the order of their numbers."""
    dialect = sqlite if is_sqlite(session) else postgresql
    kept = set(session.scalars(select(AgentWork.user_id).where(AgentWork.user_id.in_(user_ids))))
    missing = [number for number in sorted(user_ids) if number not in kept]
    if missing:
        session.execute(
            dialect.insert(AgentWork)
            .values([{"user_id": n, "share": 1, "on_rota": False, "assigned": 0} for n in missing])
            .on_conflict_do_nothing(index_elements=["user_id"])
        )
    rows = session.scalars(
        select(AgentWork)
        .where(AgentWork.user_id.in_(user_ids))
        .order_by(AgentWork.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.user_id: row for row in rows}


def _levels(session: Session, user_ids: Iterable[int], skill: str | None) -> dict[int, int]:
    """The level of the skill that was asked for; without one, the highest that somebody has."""
    query = (
        select(UserSkill.user_id, func.max(UserSkill.level).label("level"))
        .join(Skill)
        .where(UserSkill.user_id.in_(list(user_ids)), Skill.active)
        .group_by(UserSkill.user_id)
    )
    if skill:
        query = query.where(Skill.name == skill)
    return {row.user_id: row.level for row in session.execute(query)}


def _served_last(session: Session, ticket: Ticket) -> int | None:
    """Who had the customer's latest other ticket."""
    if ticket.contact_id is None:
        return None
    return session.scalar(
        select(Ticket.assignee_id)
        .where(
            Ticket.contact_id == ticket.contact_id,
            Ticket.id != ticket.id,
            Ticket.assignee_id.is_not(None),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    )


def _settled(ticket: Ticket, without: int | None) -> bool:
    """Whether the ticket needs nobody: it is over, or somebody has it (but the one it is taken from)."""
    if ticket.deleted_at is not None or ticket.state in OVER or ticket.merged_into_id is not None:
        return True
    return ticket.assignee_id is not None and ticket.assignee_id != without


def _team(session: Session, wish: Wish, ticket: Ticket) -> Team | None:
    """The team named, else the ticket's, else one of whom it is taken from. Raises LookupError."""
    if wish.team:
        found = session.scalars(select(Team).where(Team.name == wish.team)).one_or_none()
        if found is None or not found.active:
            raise LookupError(f"there is no active team {wish.team!r:.80}")
        return found
    if ticket.team is not None and ticket.team.active:
        return ticket.team
    user = session.get(User, wish.without) if wish.without is not None else None
    return next((team for team in user.teams if team.active), None) if user is not None else None


def _eligible(session: Session, team: Team | None, wish: Wish) -> list[int]:
    """Who may work on tickets, is in the team, and has the skill at the level."""
    people = people_who_can(session, "ticket.process")
    ids = {user.id for user in people if team is None or team.id in {t.id for t in user.teams}}
    ids.discard(wish.without or 0)
    if wish.skill:
        levels = _levels(session, ids, wish.skill)
        ids = {number for number in ids if levels.get(number, -1) >= wish.level}
    return sorted(ids)


def _place_of(ticket: Ticket) -> Place | None:
    """Where the customer is: `latitude` and `longitude` among the answers of the ticket's form."""
    given = ticket.form_data or {}
    try:
        return Place(float(str(given["latitude"])), float(str(given["longitude"])))
    except (KeyError, ValueError):
        return None


def _hand(
    session: Session,
    desk: Any,
    ticket: Ticket,
    team: Team | None,
    user_id: int,
    *,
    held: bool,
    actor: Actor,
) -> None:
    """Dispatch a ticket that waits for it by the step of its diagram that does so; hand any other over."""
    team_id = team.id if team is not None else ticket.team_id
    waits = ticket.state in UNDISPATCHED and not held
    if waits and dispatch_now(
        session, desk, ticket, team_id=team_id, person_id=user_id, actor=actor
    ):
        return
    _move(session, desk, ticket, team_id, user_id, held=held, actor=actor)


def _move(
    session: Session,
    desk: Any,
    ticket: Ticket,
    team_id: int | None,
    user_id: int | None,
    *,
    held: bool,
    actor: Actor,
) -> None:
    """A hand-over; the ticket's own process is told of the new handler unless it is the one that asks."""
    if held or (ticket.team_id is None and ticket.assignee_id is None):
        place_ticket(session, desk, ticket, team_id, user_id, remark="", actor=actor)
    else:
        hand_over(session, desk, ticket, team_id=team_id, person_id=user_id, actor=actor)
