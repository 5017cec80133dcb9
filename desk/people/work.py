"""How people take work: skills, capacity, states, shifts, rota and absences. What can be done with them.

Every function takes the caller's write session and the actor, and leaves a line in the people's log.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from desk.people.errors import PeopleError
from desk.people.log import record
from desk.people.models import (
    Absence,
    AgentState,
    AgentWork,
    RotaEntry,
    Shift,
    Skill,
    Team,
    User,
    UserSkill,
)
from desk.people.states import FACTORY
from engine.actors import Actor
from engine.feel.temporal import zone_exists
from engine.functions import Workday

LEVELS = range(10)  # 0 lowest, 9 highest [004 §4.15.4.1]
KEY = re.compile(r"[a-z][a-z0-9-]{0,15}")
MOST_OPEN = 1000
LONGEST_ABSENCE = timedelta(days=3 * 366)

# listener(session, user, reason, start, end, actor): somebody takes no more work; reason is "left" or "absence"
Listener = Callable[[Session, User, str, datetime | None, datetime | None, Actor], None]
_listeners: list[Listener] = []


def on_unavailable(listener: Listener) -> Listener:
    """Call the listener in the transaction in which an account is closed or an absence entered."""
    _listeners.append(listener)
    return listener


def tell_unavailable(
    session: Session,
    user: User,
    reason: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    actor: Actor,
) -> None:
    """Say that somebody takes no more work, from `start` (None: now) to `end` (None: for good)."""
    for listener in _listeners:
        listener(session, user, reason, start, end, actor)


def work_of(session: Session, user_id: int) -> AgentWork:
    """How somebody takes work; made with its defaults at the first question. For write sessions."""
    found = session.scalar(select(AgentWork).where(AgentWork.user_id == user_id))
    if found is None:
        found = AgentWork(user_id=user_id, share=1, on_rota=False, assigned=0)
        session.add(found)
        session.flush()
    return found


def change_work(
    session: Session,
    user: User,
    *,
    capacity: int | None,
    share: int,
    on_rota: bool,
    latitude: float | None,
    longitude: float | None,
    actor: Actor,
) -> None:
    """Set how somebody takes work. A new share lets all shares count from now. Raises PeopleError naming the field."""
    if capacity is not None and not 0 <= capacity <= MOST_OPEN:
        raise PeopleError("capacity", _l("Give a number from 0 to 1000, or leave it empty."))
    if not 0 <= share <= 100:
        raise PeopleError("share", _l("Give a share from 0 to 100."))
    if (latitude is None) != (longitude is None):
        raise PeopleError("latitude", _l("A place needs latitude and longitude."))
    if latitude is not None and not (abs(latitude) <= 90 and abs(longitude or 0) <= 180):
        raise PeopleError("latitude", _l("Latitude is up to 90, longitude up to 180 degrees."))
    row = work_of(session, user.id)
    new = {
        "capacity": capacity, "share": share, "on_rota": on_rota,
        "latitude": latitude, "longitude": longitude,
    }  # fmt: skip
    old = {name: getattr(row, name) for name in new}
    changed = {name: value for name, value in new.items() if old[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(row, name, value)
    if "share" in changed:
        session.execute(update(AgentWork).values(assigned=0))
    record(
        session, "work_changed", actor=actor, subject=f"user:{user.id}",
        old={name: old[name] for name in changed}, new=changed,
    )  # fmt: skip


def set_skills(session: Session, user: User, levels: Mapping[int, int], *, actor: Actor) -> None:
    """Make exactly these somebody's skills: {skill id: level}. Raises PeopleError for a level or skill there is not."""
    if any(level not in LEVELS for level in levels.values()):
        raise PeopleError("skills", _l("A level is a number from 0 to 9."))
    known = {row.id: row.name for row in session.scalars(select(Skill))}
    if unknown := set(levels) - known.keys():
        raise PeopleError("skills", _l("There is no skill %(id)s.", id=min(unknown)))
    kept = {
        row.skill_id: row
        for row in session.scalars(select(UserSkill).where(UserSkill.user_id == user.id))
    }
    old = {number: row.level for number, row in kept.items()}
    if old == dict(levels):
        return
    for number in kept.keys() - levels.keys():
        session.delete(kept[number])
    for number, level in levels.items():
        if number in kept:
            kept[number].level = level
        else:
            session.add(UserSkill(user_id=user.id, skill_id=number, level=level))
    session.flush()
    record(
        session, "skills_changed", actor=actor, subject=f"user:{user.id}",
        old={"skills": _named(old, known)}, new={"skills": _named(levels, known)},
    )  # fmt: skip


def _named(levels: Mapping[int, int], names: Mapping[int, str]) -> str:
    return ", ".join(sorted(f"{names[number]} {level}" for number, level in levels.items()))


def create_skill(session: Session, *, name: str, actor: Actor) -> Skill:
    """Add a skill. Raises PeopleError if the name is empty or taken."""
    skill = Skill(name=_free_name(session, Skill, name, None), active=True)
    session.add(skill)
    session.flush()
    record(
        session, "skill_changed", actor=actor, subject=f"skill:{skill.id}", new={"name": skill.name}
    )
    return skill


def change_skill(session: Session, skill: Skill, *, name: str, active: bool, actor: Actor) -> None:
    """Rename a skill or take it out of use: it is no longer offered, and assignments ignore it."""
    old = {"name": skill.name, "active": skill.active}
    skill.name, skill.active = _free_name(session, Skill, name, skill.id), active
    new = {"name": skill.name, "active": skill.active}
    if new != old:
        record(session, "skill_changed", actor=actor, subject=f"skill:{skill.id}", old=old, new=new)


def create_state(
    session: Session, *, key: str, name_en: str, name_zh: str, takes_work: bool, actor: Actor
) -> AgentState:
    """Add a state to choose from [000 §5.2.4]. Raises PeopleError for a key that is taken or a missing name."""
    key = key.strip().lower()
    taken = {state.key for state in FACTORY} | set(session.scalars(select(AgentState.key)))
    if not KEY.fullmatch(key) or key in taken:
        raise PeopleError("key", _l("Use a new key of small letters, digits and hyphens."))
    state = AgentState(
        key=key, name_en=_name("name_en", name_en), name_zh=_name("name_zh", name_zh),
        takes_work=takes_work, active=True,
    )  # fmt: skip
    session.add(state)
    session.flush()
    new = {"key": key, "name": state.name_en, "takes_work": takes_work}
    record(session, "state_changed", actor=actor, subject=f"state:{state.id}", new=new)
    return state


def close_state(session: Session, state: AgentState, *, actor: Actor) -> None:
    """Offer a state no more; whoever is in it is away until they choose another."""
    state.active = False
    session.execute(update(User).where(User.state == state.key).values(state="away"))
    record(
        session, "state_changed", actor=actor, subject=f"state:{state.id}", new={"active": False}
    )


def create_shift(session: Session, *, name: str, hours: str, zone: str, actor: Actor) -> Shift:
    """Add a shift. Raises PeopleError: name empty or taken, hours that cannot be read, unknown zone."""
    shift = Shift(
        name=_free_name(session, Shift, name, None), hours=_hours(hours), zone=_zone(zone),
        active=True,
    )  # fmt: skip
    session.add(shift)
    session.flush()
    new = {"name": shift.name, "hours": shift.hours, "zone": zone}
    record(session, "shift_changed", actor=actor, subject=f"shift:{shift.id}", new=new)
    return shift


def close_shift(session: Session, shift: Shift, *, actor: Actor) -> None:
    """Offer a shift no more; what is planned with it stays planned."""
    shift.active = False
    record(
        session, "shift_changed", actor=actor, subject=f"shift:{shift.id}", new={"active": False}
    )


def plan(session: Session, user: User, shift: Shift, day: date, *, actor: Actor) -> None:
    """Put somebody on a shift that begins on a day; nothing happens when they are on it."""
    entry = select(RotaEntry.id).where(
        RotaEntry.user_id == user.id, RotaEntry.day == day, RotaEntry.shift_id == shift.id
    )
    if session.scalar(entry) is not None:
        return
    session.add(RotaEntry(user_id=user.id, day=day, shift_id=shift.id))
    session.flush()
    new = {"day": str(day), "shift": shift.name}
    record(session, "rota_changed", actor=actor, subject=f"user:{user.id}", new=new)


def unplan(session: Session, entry: RotaEntry, *, actor: Actor) -> None:
    """Take somebody off a shift."""
    old = {"day": str(entry.day), "shift": entry.shift.name}
    session.delete(entry)
    session.flush()
    record(session, "rota_changed", actor=actor, subject=f"user:{entry.user_id}", old=old)


def copy_week(
    session: Session, user_ids: list[int], source: date, target: date, *, actor: Actor
) -> int:
    """Plan the week that begins at `target` as the one at `source`; what was planned there stays. How many shifts."""
    rows = session.scalars(
        select(RotaEntry).where(
            RotaEntry.user_id.in_(user_ids),
            RotaEntry.day >= source,
            RotaEntry.day < source + timedelta(days=7),
        )
    ).all()
    for row in rows:
        user = session.get_one(User, row.user_id)
        plan(session, user, row.shift, target + (row.day - source), actor=actor)
    return len(rows)


def add_absence(
    session: Session, user: User, *, start: datetime, end: datetime, reason: str = "", actor: Actor
) -> Absence:
    """Somebody is away from start to end (aware). Whoever listens hears of it. Raises PeopleError for an end that is
    not after the start, or an absence of more than three years."""
    if end <= start:
        raise PeopleError("end", _l("The end is not after the beginning."))
    if end - start > LONGEST_ABSENCE:
        raise PeopleError("end", _l("This is too long: close the account instead."))
    absence = Absence(user_id=user.id, start=start, end=end, reason=reason.strip()[:200])
    session.add(absence)
    session.flush()
    new = {"start": str(start), "end": str(end), "reason": absence.reason}
    record(session, "absence_added", actor=actor, subject=f"user:{user.id}", new=new)
    tell_unavailable(session, user, "absence", start=start, end=end, actor=actor)
    return absence


def remove_absence(session: Session, absence: Absence, *, actor: Actor) -> None:
    """Somebody is not away after all."""
    old = {"start": str(absence.start), "end": str(absence.end)}
    session.execute(delete(Absence).where(Absence.id == absence.id))
    record(session, "absence_removed", actor=actor, subject=f"user:{absence.user_id}", old=old)


def set_assignment(
    session: Session, team: Team, *, automatic: bool, lead_id: int | None, actor: Actor
) -> None:
    """Whether a team's tickets are given to its people by the diagram, and who leads it. Raises PeopleError."""
    if lead_id is not None and session.get(User, lead_id) is None:
        raise PeopleError("lead_id", _l("There is no such person."))
    old = {"automatic": team.automatic, "lead": team.lead_id}
    team.automatic, team.lead_id = automatic, lead_id
    new = {"automatic": automatic, "lead": lead_id}
    if new != old:
        record(session, "team_changed", actor=actor, subject=f"team:{team.id}", old=old, new=new)


def _free_name(
    session: Session, kind: type[Skill] | type[Shift], name: str, mine: int | None
) -> str:
    name = _name("name", name)
    taken = session.scalar(select(kind.id).where(kind.name == name))
    if taken is not None and taken != mine:
        raise PeopleError("name", _l("This name is taken."))
    return name


def _name(field: str, name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        raise PeopleError(field, _l("Give a name of up to 60 characters."))
    return name


def _hours(text: str) -> str:
    try:
        day = Workday.read(text.translate(str.maketrans("，、；：－–—", ",,,:---")))
    except ValueError:
        day = Workday()
    if not day.worked:
        raise PeopleError("hours", _l("Write hours as 09:00-12:00, 13:00-18:00."))
    return ",".join(str(one) for one in day.hours)


def _zone(zone: str) -> str:
    if not zone_exists(zone):
        raise PeopleError("zone", _l("There is no such time zone."))
    return zone
