"""How people take tickets, as programs see it: load and limits, skills, absences, the rota."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_smorest import abort
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.assignment import listening  # noqa: F401 - hears of people who are away
from desk.assignment.operations import loads
from desk.assignment.schemas import (
    AbsenceList,
    AbsenceSchema,
    AgentList,
    AgentSchema,
    RotaList,
    RotaQuery,
    RotaRequest,
    RotaSchema,
    WorkChange,
)
from desk.people import queries, rota, work
from desk.people.access import current_actor, requires
from desk.people.errors import PeopleError
from desk.people.models import Absence, AgentWork, RotaEntry, Shift, Skill, User, UserSkill
from desk.web.api import ApiBlueprint
from desk.web.api.changing import changing
from engine.timestamps import utc_now

blueprint = ApiBlueprint("assignment-api", description="Who takes tickets, and when")


@blueprint.route("/agents")
@requires("people.read")
@blueprint.response(200, AgentList)
def list_agents() -> dict[str, Any]:
    """Everybody who works on tickets, with load, limit, skills, and whether they take some now."""
    with current_desk().reading() as session:
        people = queries.people_who_can(session, "ticket.process")
        return {"items": _agents(session, people)}


@blueprint.route("/agents/<int:user_id>")
@requires("people.read")
@blueprint.response(200, AgentSchema)
def get_agent(user_id: int) -> dict[str, Any]:
    """One person."""
    with current_desk().reading() as session:
        return _agents(session, [_user(session, user_id)])[0]


@blueprint.route("/agents/<int:user_id>", methods=["PATCH"])
@requires("calendar.edit")
@blueprint.arguments(WorkChange)
@blueprint.response(200, AgentSchema)
def change_agent(given: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Change limit, share, rota, place or skills; what is left out stays."""
    skills = given.pop("skills", None)
    with changing(PeopleError) as session:
        user = _user(session, user_id)
        row = work.work_of(session, user.id)
        names = ("capacity", "share", "on_rota", "latitude", "longitude")
        kept = {name: getattr(row, name) for name in names}
        work.change_work(session, user, **{**kept, **given}, actor=current_actor())
        if skills is not None:
            known = {name: number for number, name in session.execute(select(Skill.id, Skill.name))}
            if unknown := next((name for name in skills if name not in known), None):
                abort(422, errors={"json": {"skills": [f"There is no skill {unknown!r}."]}})
            levels = {known[name]: level for name, level in skills.items()}
            work.set_skills(session, user, levels, actor=current_actor())
    with current_desk().reading() as session:
        return _agents(session, [_user(session, user_id)])[0]


@blueprint.route("/agents/<int:user_id>/absences")
@requires("people.read")
@blueprint.response(200, AbsenceList)
def list_absences(user_id: int) -> dict[str, Any]:
    """Absences that are not over, the next first."""
    with current_desk().reading() as session:
        query = select(Absence).where(Absence.user_id == user_id, Absence.end > utc_now())
        return {"items": session.scalars(query.order_by(Absence.start)).all()}


@blueprint.route("/agents/<int:user_id>/absences", methods=["POST"])
@requires("calendar.edit")
@blueprint.arguments(AbsenceSchema)
@blueprint.response(201, AbsenceSchema)
def add_absence(given: dict[str, Any], user_id: int) -> Absence:
    """Enter an absence; open tickets go to others as the diagram says."""
    with changing(PeopleError) as session:
        return work.add_absence(session, _user(session, user_id), **given, actor=current_actor())


@blueprint.route("/absences/<int:absence_id>", methods=["DELETE"])
@requires("calendar.edit")
@blueprint.response(204)
def remove_absence(absence_id: int) -> None:
    """Somebody is not away after all."""
    with changing(PeopleError) as session:
        absence = session.get(Absence, absence_id)
        if absence is None:
            raise NotFound
        work.remove_absence(session, absence, actor=current_actor())


@blueprint.route("/rota")
@requires("people.read")
@blueprint.arguments(RotaQuery, location="query")
@blueprint.response(200, RotaList)
def list_rota(query: dict[str, Any]) -> dict[str, Any]:
    """Who works which shift, from day to day (at most 62 days)."""
    if not 0 <= (query["last"] - query["first"]).days <= 62:
        abort(422, errors={"query": {"last": ["Ask for 1 to 63 days."]}})
    with current_desk().reading() as session:
        ids = [user.id for user in queries.people_who_can(session, "ticket.process")]
        found = rota.entries(session, ids, query["first"], query["last"])
        return {"items": [_shown(entry) for entry in found]}


@blueprint.route("/rota", methods=["POST"])
@requires("calendar.edit")
@blueprint.arguments(RotaRequest)
@blueprint.response(201, RotaSchema)
def plan(given: dict[str, Any]) -> dict[str, Any]:
    """Put somebody on a shift; a repetition changes nothing."""
    with changing(PeopleError) as session:
        user = _user(session, given["user_id"])
        shift = session.scalars(
            select(Shift).where(Shift.name == given["shift"], Shift.active)
        ).one_or_none()
        if shift is None:
            raise PeopleError("shift", _l("There is no such shift."))
        work.plan(session, user, shift, given["day"], actor=current_actor())
        entry = select(RotaEntry).where(
            RotaEntry.user_id == user.id,
            RotaEntry.day == given["day"],
            RotaEntry.shift_id == shift.id,
        )
        return _shown(session.scalars(entry).one())


@blueprint.route("/rota/<int:entry_id>", methods=["DELETE"])
@requires("calendar.edit")
@blueprint.response(204)
def unplan(entry_id: int) -> None:
    """Take somebody off a shift."""
    with changing(PeopleError) as session:
        entry = session.get(RotaEntry, entry_id)
        if entry is None:
            raise NotFound
        work.unplan(session, entry, actor=current_actor())


def _shown(entry: RotaEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "user_id": entry.user_id,
        "day": entry.day,
        "shift": entry.shift.name,
        "times": [{"start": start, "end": end} for start, end in rota.moments_of(entry)],
    }


def _agents(session: Session, people: list[User]) -> list[dict[str, Any]]:
    ids = [user.id for user in people]
    works = {
        row.user_id: row
        for row in session.scalars(select(AgentWork).where(AgentWork.user_id.in_(ids)))
    }
    ready, load = rota.on_duty(session, ids, utc_now()), loads(session, ids)
    skills: dict[int, dict[str, int]] = {}
    rows = session.execute(
        select(UserSkill.user_id, Skill.name, UserSkill.level)
        .join(Skill)
        .where(UserSkill.user_id.in_(ids), Skill.active)
    )
    for user_id, name, level in rows:
        skills.setdefault(user_id, {})[name] = level
    return [
        {
            "id": user.id,
            "name": user.name,
            "state": user.state,
            "on_duty": user.id in ready,
            "open_tickets": load.get(user.id, 0),
            "capacity": getattr(works.get(user.id), "capacity", None),
            "share": getattr(works.get(user.id), "share", 1),
            "on_rota": getattr(works.get(user.id), "on_rota", False),
            "latitude": getattr(works.get(user.id), "latitude", None),
            "longitude": getattr(works.get(user.id), "longitude", None),
            "last_assigned_at": getattr(works.get(user.id), "last_assigned_at", None),
            "skills": skills.get(user.id, {}),
        }
        for user in people
    ]


def _user(session: Session, user_id: int) -> User:
    user = queries.user_by_id(session, user_id)
    if user is None:
        raise NotFound
    return user
