"""How people take work: the pages of agents, skills, states, rota and absences, and who is on duty."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.people import queries, rota, work
from desk.people.errors import PeopleError
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
from engine.actors import SYSTEM
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def boss(make_user: MakeUser, browser: Browser) -> User:
    """A supervisor, signed in."""
    user = make_user("boss", roles=["supervisor"])
    browser.sign_in("boss")
    return user


@pytest.mark.usefixtures("boss")
def test_capacity_skills_and_place_are_kept(
    browser: Browser, make_user: MakeUser, desk: Desk
) -> None:
    li = make_user("li", name="李雷")
    browser.get("/settings/agents")
    browser.post("/settings/agents/skills", {"name": "德语"})
    with desk.reading() as session:
        skill = session.scalars(select(Skill)).one()
    form = {
        "capacity": "8", "share": "2", "on_rota": "1", "latitude": "31.23",
        "longitude": "121.47", f"skill-{skill.id}": "7",
    }  # fmt: skip
    assert browser.post(f"/settings/agents/{li.id}", form).status_code == 303
    with desk.reading() as session:
        kept = session.scalars(select(AgentWork)).one()
        assert (kept.capacity, kept.share, kept.on_rota, kept.latitude) == (8, 2, True, 31.23)
        assert session.scalars(select(UserSkill.level)).all() == [7]
        log = {line.action for line in queries.log_of(session, f"user:{li.id}")}
        assert {"work_changed", "skills_changed"} <= log
    page = browser.get("/settings/agents").text
    assert "德语 7" in page
    assert "not on duty" in page, "by the rota, and no shift is planned"


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("capacity", "-1", "whole number"),
        ("capacity", "5000", "from 0 to 1000"),
        ("share", "101", "from 0 to 100"),
        ("latitude", "north", "degrees"),
        ("latitude", "91", "up to 90"),
        ("latitude", "nan", "up to 90"),
        ("longitude", "", "latitude and longitude"),
        ("skill-4711", "5", "no skill 4711"),
        ("skill-1", "12", "from 0 to 9"),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    browser: Browser, make_user: MakeUser, desk: Desk, field: str, value: str, words: str
) -> None:
    li = make_user("li")
    with desk.database.transaction() as session:
        work.create_skill(session, name="德语", actor=SYSTEM)
    browser.get(f"/settings/agents/{li.id}")
    form = {"capacity": "3", "share": "1", "latitude": "31", "longitude": "121", field: value}
    answer = browser.post(f"/settings/agents/{li.id}", form)
    assert answer.status_code == 422
    assert words in answer.text
    with desk.reading() as session:
        assert session.scalars(select(AgentWork)).all() == []


@pytest.mark.usefixtures("boss")
def test_states_of_ones_own_are_offered_in_the_menu(browser: Browser, desk: Desk) -> None:
    browser.get("/settings/agents")
    new = {"key": "training", "name_en": "In training", "name_zh": "培训中"}
    assert browser.post("/settings/agents/states", new).status_code == 303
    assert browser.post("/settings/agents/states", new).status_code == 422
    assert browser.post("/settings/agents/states", {**new, "key": "busy"}).status_code == 422
    assert "In training" in browser.get("/me").text
    assert browser.post("/me/preferences", {"state": "training"}).status_code == 303
    with desk.reading() as session:
        boss = session.scalars(select(User).where(User.login == "boss")).one()
        assert boss.state == "training"
        assert rota.on_duty(session, [boss.id], datetime.now(UTC)) == set()
        state = session.scalars(select(AgentState)).one()
    browser.post(f"/settings/agents/states/{state.id}/close")
    with desk.reading() as session:
        assert session.get_one(User, boss.id).state == "away"
    assert browser.post("/me/preferences", {"state": "training"}).status_code == 400


@pytest.mark.usefixtures("boss")
def test_a_week_is_planned_copied_and_unplanned(
    browser: Browser, make_user: MakeUser, desk: Desk
) -> None:
    li, han = make_user("li", name="李雷"), make_user("han", name="韩梅梅")
    browser.get("/settings/rota?week=2026-03-04")
    shift = {"name": "早班", "hours": "08:00-16:00"}
    assert browser.post("/settings/rota/shifts", shift).status_code == 303
    assert browser.post("/settings/rota/shifts", shift).status_code == 422
    with desk.reading() as session:
        number = session.scalars(select(Shift.id)).one()
    plan = {"week": "2026-03-02", "shift": number, "people": [li.id, han.id], "days": [0, 2]}
    browser.post("/settings/rota", plan)
    browser.post("/settings/rota", plan)
    browser.post("/settings/rota", {"week": "2026-03-09", "copy": "1"})
    with desk.reading() as session:
        days = session.scalars(
            select(RotaEntry.day).where(RotaEntry.user_id == li.id).order_by(RotaEntry.day)
        ).all()
        assert [day.day for day in days] == [2, 4, 9, 11]
        entry = session.scalars(select(RotaEntry).order_by(RotaEntry.id)).first()
        assert entry is not None
    assert browser.get("/settings/rota?week=2026-03-09").text.count("早班</") == 0
    assert "早班" in browser.get("/settings/rota?week=2026-03-09").text
    browser.post(f"/settings/rota/{entry.id}/remove", {"week": "2026-03-02"})
    with desk.reading() as session:
        assert session.get(RotaEntry, entry.id) is None
    assert browser.get("/settings/rota?week=nonsense&team=x").status_code == 200


def test_people_see_their_own_shifts(browser: Browser, make_user: MakeUser, desk: Desk) -> None:
    li = make_user("li")
    browser.sign_in("li")
    assert "No shifts planned" in browser.get("/me/shifts").text
    with desk.database.transaction() as session:
        shift = work.create_shift(
            session, name="晚班", hours="15:00-23:00", zone="Asia/Shanghai", actor=SYSTEM
        )
        today = datetime.now(UTC).date() + timedelta(days=3)
        work.plan(session, session.get_one(User, li.id), shift, today, actor=SYSTEM)
    assert "晚班" in browser.get("/me/shifts").text
    assert browser.get("/settings/rota").status_code == 403


@pytest.mark.usefixtures("boss")
def test_absences_are_entered_and_removed(
    browser: Browser, make_user: MakeUser, desk: Desk
) -> None:
    li = make_user("li")
    path = f"/settings/agents/{li.id}"
    browser.get(path)
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    late = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    given = {"start": soon, "end": late, "reason": "年假"}
    assert browser.post(f"{path}/absences", given).status_code == 303
    assert "年假" in browser.get(path).text
    refused = browser.post(f"{path}/absences", {"start": late, "end": soon})
    assert (refused.status_code, "not after the beginning" in refused.text) == (422, True)
    assert browser.post(f"{path}/absences", {"start": "x", "end": "y"}).status_code == 422
    with desk.reading() as session:
        absence = session.scalars(select(Absence)).one()
    browser.post(f"/settings/agents/absences/{absence.id}/remove")
    with desk.reading() as session:
        assert session.scalars(select(Absence)).all() == []


def test_on_duty_needs_a_state_a_shift_and_no_absence(desk: Desk, make_user: MakeUser) -> None:
    li, han, night = make_user("li"), make_user("han"), make_user("night")
    ids = [li.id, han.id, night.id]
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # half past seven on Tuesday in Shanghai
    with desk.database.transaction() as session:
        shift = work.create_shift(
            session, name="夜班", hours="22:00-06:00", zone="Europe/Berlin", actor=SYSTEM
        )
        for user in (han, night):
            work.change_work(
                session, session.get_one(User, user.id), capacity=None, share=1, on_rota=True,
                latitude=None, longitude=None, actor=SYSTEM,
            )  # fmt: skip
        work.plan(session, session.get_one(User, night.id), shift, date(2026, 3, 2), actor=SYSTEM)
    with desk.reading() as session:
        assert rota.on_duty(session, ids, late) == {li.id, night.id}
        assert rota.on_duty(session, ids, late + timedelta(hours=6)) == {li.id}
        assert rota.next_duty(session, ids, datetime(2026, 3, 2, 12, tzinfo=UTC)) == datetime(
            2026, 3, 2, 21, tzinfo=UTC
        )
    with desk.database.transaction() as session:
        work.add_absence(
            session, session.get_one(User, night.id), start=late, end=late + timedelta(hours=1),
            actor=SYSTEM,
        )  # fmt: skip
        session.get_one(User, li.id).state = "busy"
    with desk.reading() as session:
        assert rota.on_duty(session, ids, late) == set()
        assert rota.on_duty(session, ids, late + timedelta(hours=1)) == {night.id}


def test_the_night_in_which_the_clock_changes_has_nine_hours(
    desk: Desk, make_user: MakeUser
) -> None:
    user = make_user("night")
    with desk.database.transaction() as session:
        shift = work.create_shift(
            session, name="夜班", hours="22:00-06:00", zone="Europe/Berlin", actor=SYSTEM
        )
        work.plan(session, session.get_one(User, user.id), shift, date(2026, 10, 24), actor=SYSTEM)
    with desk.reading() as session:
        (entry,) = rota.entries(session, [user.id], date(2026, 10, 24), date(2026, 10, 24))
        ((start, end),) = rota.moments_of(entry)
        assert end - start == timedelta(hours=9)


def test_a_team_has_a_lead_and_may_be_automatic(
    browser: Browser, make_user: MakeUser, make_team: Callable[..., Team], desk: Desk
) -> None:
    make_user("root", roles=["administrator"])
    li = make_user("li")
    team = make_team("一线", [li])
    browser.sign_in("root")
    page = browser.get(f"/settings/teams/{team.id}").text
    version = page.split('name="version" value="')[1].split('"')[0]
    form: dict[str, Any] = {
        "version": version, "name": "一线", "active": "1", "members": [li.id],
        "automatic": "1", "lead_id": li.id,
    }  # fmt: skip
    assert browser.post(f"/settings/teams/{team.id}", form).status_code == 303
    with desk.reading() as session:
        kept = session.get_one(Team, team.id)
        assert (kept.automatic, kept.lead_id) == (True, li.id)
    assert browser.post(f"/settings/teams/{team.id}", form).status_code == 422, "an old form"


def test_shares_count_anew_when_one_is_changed(desk: Desk, make_user: MakeUser) -> None:
    li, han = make_user("li"), make_user("han")
    with desk.database.transaction() as session:
        for user in (li, han):
            work.work_of(session, user.id).assigned = 40
        work.change_work(
            session, session.get_one(User, li.id), capacity=None, share=3, on_rota=False,
            latitude=None, longitude=None, actor=SYSTEM,
        )  # fmt: skip
    with desk.reading() as session:
        assert session.scalars(select(AgentWork.assigned)).all() == [0, 0]
    with desk.database.transaction() as session, pytest.raises(PeopleError):
        work.set_skills(session, session.get_one(User, li.id), {99: 1}, actor=SYSTEM)
