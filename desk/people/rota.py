"""Who is on duty: shifts in the rota, absences, and the moments that follow from them [000 §2.10.4]."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.people.models import Absence, AgentWork, RotaEntry, TeamMember, User
from desk.people.states import working_states
from engine.functions import Workday
from engine.timestamps import utc_now

Moments = tuple[datetime, datetime]  # from, to (outside); aware, UTC
KEPT_BACK = timedelta(days=400)  # how far back shifts count for working time
_LONGEST = timedelta(days=2)  # a shift ends at most so long after the beginning of its day


def moments_of(entry: RotaEntry) -> list[Moments]:
    """From when to when a rota entry is worked, by the wall clock of its shift's zone."""
    midnight = datetime.combine(entry.day, time())
    zone = ZoneInfo(entry.shift.zone)
    return [
        (_at(midnight, start, zone), _at(midnight, end, zone))
        for start, end in Workday.read(entry.shift.hours).worked
    ]


def _at(midnight: datetime, seconds: int, zone: ZoneInfo) -> datetime:
    return (midnight + timedelta(seconds=seconds)).replace(tzinfo=zone).astimezone(UTC)


def entries(session: Session, user_ids: Iterable[int], first: date, last: date) -> list[RotaEntry]:
    """The rota of people from day to day (inside), by day and shift."""
    return list(
        session.scalars(
            select(RotaEntry)
            .where(
                RotaEntry.user_id.in_(list(user_ids)),
                RotaEntry.day >= first,
                RotaEntry.day <= last,
            )
            .options(joinedload(RotaEntry.shift))
            .order_by(RotaEntry.day, RotaEntry.shift_id, RotaEntry.user_id)
        )
    )


def shifts_of_team(session: Session, team_id: int, zone: str) -> Sequence[Moments]:
    """When somebody of a team is on a shift, from KEPT_BACK ago on; for a calendar in `zone`."""
    since = (utc_now() - KEPT_BACK).astimezone(ZoneInfo(zone)).date()
    found = session.scalars(
        select(RotaEntry)
        .join(TeamMember, TeamMember.user_id == RotaEntry.user_id)
        .join(User, User.id == RotaEntry.user_id)
        .where(TeamMember.team_id == team_id, RotaEntry.day >= since, User.active)
        .options(joinedload(RotaEntry.shift))
    )
    return sorted({moments for entry in found for moments in moments_of(entry)})


def absent(session: Session, user_ids: Iterable[int], at: datetime) -> set[int]:
    """Who of these people is away at a moment."""
    return set(
        session.scalars(
            select(Absence.user_id).where(
                Absence.user_id.in_(list(user_ids)), Absence.start <= at, Absence.end > at
            )
        )
    )


def on_shift(session: Session, user_ids: Iterable[int], at: datetime) -> set[int]:
    """Who of these people works a shift at a moment."""
    first, last = (at - _LONGEST).date(), (at + timedelta(days=1)).date()
    return {
        entry.user_id
        for entry in entries(session, user_ids, first, last)
        if any(start <= at < end for start, end in moments_of(entry))
    }


def on_duty(session: Session, user_ids: Iterable[int], at: datetime) -> set[int]:
    """Who of these people takes work at a moment: active, in a state that takes work, not absent, and on a shift if
    they work by the rota."""
    wanted = list(user_ids)
    ready = set(
        session.scalars(
            select(User.id).where(
                User.id.in_(wanted), User.active, User.state.in_(working_states(session))
            )
        )
    )
    by_rota = set(
        session.scalars(
            select(AgentWork.user_id).where(AgentWork.user_id.in_(ready), AgentWork.on_rota)
        )
    )
    off_shift = by_rota - on_shift(session, by_rota, at) if by_rota else set()
    return ready - off_shift - absent(session, ready, at)


def next_duty(session: Session, user_ids: Iterable[int], at: datetime) -> datetime | None:
    """When the next shift of any of these people begins after a moment, within 14 days; None when there is none."""
    planned = entries(session, user_ids, at.date(), (at + timedelta(days=14)).date())
    starts = [start for entry in planned for start, _end in moments_of(entry) if start > at]
    return min(starts, default=None)
