"""Settings: how people take tickets: capacity, skills, states to choose from, absences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import queries, work
from desk.people.access import current_actor, requires
from desk.people.errors import PeopleError
from desk.people.log import ACTIONS
from desk.people.models import Absence, AgentState, AgentWork, Skill, User, UserSkill
from desk.people.pages import blueprint
from desk.people.rota import on_duty
from desk.people.states import all_states
from desk.web import navigation
from engine.timestamps import utc_now

navigation.register_setting(
    navigation.SettingsTab("agents", _l("Taking tickets"), "people.agent_list", "people.read", 21)
)


@blueprint.get("/settings/agents")
@requires("people.read")
def agent_list() -> str:
    """Everybody who works on tickets: whether they take some now, how many at once, and what they know."""
    return _list_page(None)


def _list_page(error: PeopleError | None) -> str:
    with current_desk().reading() as session:
        people = queries.people_who_can(session, "ticket.process")
        ids = [user.id for user in people]
        states = {state.key: state for state in all_states(session)}
        return render_template(
            "people/agents.html",
            people=people,
            states=states,
            on_duty=on_duty(session, ids, utc_now()),
            works={row.user_id: row for row in session.scalars(select(AgentWork))},
            skills_of=_skills_of(session, ids),
            skills=session.scalars(select(Skill).order_by(Skill.name)).all(),
            own_states=session.scalars(select(AgentState).where(AgentState.active)).all(),
            error=error,
            form=request.form,
        )


@blueprint.post("/settings/agents/skills")
@requires("calendar.edit")
def new_skill() -> tuple[str, int] | Response:
    """Add a skill."""
    try:
        with current_desk().database.transaction() as session:
            work.create_skill(session, name=request.form.get("name", ""), actor=current_actor())
    except PeopleError as error:
        return _list_page(error), 422
    return redirect(url_for("people.agent_list", _anchor="skills"), 303)


@blueprint.post("/settings/agents/skills/<int:skill_id>")
@requires("calendar.edit")
def change_skill(skill_id: int) -> tuple[str, int] | Response:
    """Take a skill out of use, or offer it again."""
    with current_desk().database.transaction() as session:
        skill = session.get(Skill, skill_id) or abort(404)
        active = request.form.get("active") == "1"
        work.change_skill(session, skill, name=skill.name, active=active, actor=current_actor())
    return redirect(url_for("people.agent_list", _anchor="skills"), 303)


@blueprint.post("/settings/agents/states")
@requires("calendar.edit")
def new_state() -> tuple[str, int] | Response:
    """Add a state to choose from."""
    try:
        with current_desk().database.transaction() as session:
            work.create_state(
                session,
                key=request.form.get("key", ""),
                name_en=request.form.get("name_en", ""),
                name_zh=request.form.get("name_zh", ""),
                takes_work=request.form.get("takes_work") == "1",
                actor=current_actor(),
            )
    except PeopleError as error:
        return _list_page(error), 422
    return redirect(url_for("people.agent_list", _anchor="states"), 303)


@blueprint.post("/settings/agents/states/<int:state_id>/close")
@requires("calendar.edit")
def close_state(state_id: int) -> Response:
    """Offer a state no more."""
    with current_desk().database.transaction() as session:
        state = session.get(AgentState, state_id) or abort(404)
        work.close_state(session, state, actor=current_actor())
    return redirect(url_for("people.agent_list", _anchor="states"), 303)


@blueprint.get("/settings/agents/<int:user_id>")
@requires("people.read")
def agent(user_id: int) -> str:
    """How one person takes tickets."""
    return _agent_page(user_id, None)


@blueprint.post("/settings/agents/<int:user_id>")
@requires("calendar.edit")
def change_agent(user_id: int) -> tuple[str, int] | Response:
    """Save capacity, share, rota, place and skills."""
    try:
        with current_desk().database.transaction() as session:
            user, actor = _user(session, user_id), current_actor()
            work.change_work(
                session,
                user,
                capacity=_whole("capacity"),
                share=_share(),
                on_rota=request.form.get("on_rota") == "1",
                latitude=_degrees("latitude"),
                longitude=_degrees("longitude"),
                actor=actor,
            )
            levels = {
                int(name.removeprefix("skill-")): _level(value)
                for name, value in request.form.items()
                if name.startswith("skill-") and name[6:].isdecimal() and value.strip()
            }
            work.set_skills(session, user, levels, actor=actor)
    except PeopleError as error:
        return _agent_page(user_id, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("people.agent", user_id=user_id), 303)


@blueprint.post("/settings/agents/<int:user_id>/absences")
@requires("calendar.edit")
def add_absence(user_id: int) -> tuple[str, int] | Response:
    """Enter an absence, in the desk's zone."""
    try:
        with current_desk().database.transaction() as session:
            work.add_absence(
                session,
                _user(session, user_id),
                start=_moment("start"),
                end=_moment("end"),
                reason=request.form.get("reason", ""),
                actor=current_actor(),
            )
    except PeopleError as error:
        return _agent_page(user_id, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("people.agent", user_id=user_id), 303)


@blueprint.post("/settings/agents/absences/<int:absence_id>/remove")
@requires("calendar.edit")
def remove_absence(absence_id: int) -> Response:
    """Somebody is not away after all."""
    with current_desk().database.transaction() as session:
        absence = session.get(Absence, absence_id) or abort(404)
        work.remove_absence(session, absence, actor=current_actor())
    return redirect(url_for("people.agent", user_id=absence.user_id), 303)


def _agent_page(user_id: int, error: PeopleError | None) -> str:
    now = utc_now()
    with current_desk().reading() as session:
        user = _user(session, user_id)
        kept = session.scalar(select(AgentWork).where(AgentWork.user_id == user_id))
        skills = session.scalars(select(Skill).order_by(Skill.name)).all()
        levels = {
            row.skill_id: row.level
            for row in session.scalars(select(UserSkill).where(UserSkill.user_id == user_id))
        }
        absences = session.scalars(
            select(Absence)
            .where(Absence.user_id == user_id, Absence.end > now)
            .order_by(Absence.start)
        ).all()
        ready = user_id in on_duty(session, [user_id], now)
        states = {state.key: state for state in all_states(session)}
        lines = queries.log_of(session, f"user:{user_id}", limit=20)
    values: dict[str, Any] = {
        name: getattr(kept, name, None)
        for name in ("capacity", "share", "on_rota", "latitude", "longitude")
    }
    if kept is None:
        values["share"] = 1
    if request.method == "POST" and "share" in request.form:
        values = {**request.form.to_dict(), "on_rota": request.form.get("on_rota") == "1"}
        levels = {
            int(name[6:]): _level(text)
            for name, text in request.form.items()
            if name.startswith("skill-") and name[6:].isdecimal() and text.strip()
        }
    return render_template(
        "people/agent.html",
        person=user,
        values=values,
        skills=[skill for skill in skills if skill.active or skill.id in levels],
        levels=levels,
        absences=absences,
        ready=ready,
        state=states.get(user.state),
        log=lines,
        error=error,
        form=request.form,
        actions=ACTIONS,
    )


def _skills_of(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    rows = session.execute(
        select(UserSkill.user_id, Skill.name, UserSkill.level)
        .join(Skill)
        .where(UserSkill.user_id.in_(ids), Skill.active)
        .order_by(UserSkill.level.desc(), Skill.name)
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for user_id, name, level in rows:
        found.setdefault(user_id, []).append((name, level))
    return found


def _user(session: Session, user_id: int) -> User:
    return queries.user_by_id(session, user_id) or abort(404)


def _whole(field: str) -> int | None:
    text = request.form.get(field, "").strip()
    if not text:
        return None
    if not text.isdecimal():
        raise PeopleError(field, _("Give a whole number."))
    return int(text[:9])


def _level(text: str) -> int:
    return int(text) if text.strip().isdecimal() else -1


def _degrees(field: str) -> float | None:
    text = request.form.get(field, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise PeopleError(field, _("Give degrees such as 31.2304.")) from error
    return value if abs(value) <= 360 else 999.0  # NaN and infinity are refused with the rest


def _moment(field: str) -> datetime:
    zone = ZoneInfo(current_desk().settings.timezone)
    try:
        return datetime.fromisoformat(request.form.get(field, "")).replace(tzinfo=zone)
    except ValueError as error:
        raise PeopleError(field, _("Give a day and a time.")) from error


def _share() -> int:
    given = _whole("share")
    return 1 if given is None else given
