"""Tickets find somebody, on the real engine: the shipped diagrams, tables and operators."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from desk.application import Desk
from desk.notices.models import Notice
from desk.people import operations as people
from desk.people import work
from desk.people.models import AgentWork, Shift, Skill, Team, User
from desk.tickets.models import Ticket
from desk.tickets.steps import open_steps
from engine.actors import SYSTEM
from engine.tables import incident
from tests.desk.sla.conftest import World

Dispatch = Callable[..., Ticket]
Handler = Callable[[Ticket], int | None]


def told(desk: Desk, user: User) -> list[str]:
    with desk.reading() as session:
        notices = session.scalars(
            select(Notice).where(Notice.user_id == user.id).order_by(Notice.id)
        )
        return [notice.text["zh"] for notice in notices]


def choose_state(desk: Desk, user: User, state: str) -> None:
    with desk.database.transaction() as session:
        people.change_preferences(session, session.get_one(User, user.id), state=state)


def test_tickets_of_an_automatic_team_go_round(
    dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, desk: Desk
) -> None:
    tickets = [dispatched(sender_mail=f"kunde{n}@acme.cn") for n in range(4)]
    got = [handler(ticket) for ticket in tickets]
    assert sorted(got) == sorted([automatic.lilei.id, automatic.hanmei.id] * 2)
    with desk.reading() as session:  # the step waits for that person, in their team still
        kept = session.get_one(Ticket, tickets[0].id)
        assert kept.team_id == automatic.team.id
        mine = open_steps(
            session, desk.engine, kept.instance_id, session.get_one(User, kept.assignee_id)
        )
        assert [task.element_id for task in mine.mine] == ["accept"]


def test_a_team_that_is_not_automatic_keeps_its_tickets(
    world: World, crew: SimpleNamespace, mailed: Callable[..., Ticket], handler: Handler
) -> None:
    ticket = mailed()
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, team=f"team:{crew.team.id}")
    assert handler(ticket) is None


def test_nobody_available_is_a_path_of_the_diagram(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace
) -> None:
    for user in (automatic.lilei, automatic.hanmei):
        choose_state(world.desk, user, "away")
    ticket = dispatched()
    assert handler(ticket) is None
    world.wait(minutes=20)
    choose_state(world.desk, automatic.hanmei, "available")
    world.wait(minutes=15)
    assert handler(ticket) == automatic.hanmei.id
    choose_state(world.desk, automatic.hanmei, "busy")
    late = dispatched(sender_mail="other@acme.cn")
    world.wait(hours=3)
    assert handler(late) is None
    assert any("暂无人可接单" in text for text in told(world.desk, automatic.dispatcher))
    with world.desk.reading() as session:
        assert session.scalars(select(incident.c.message)).all() == [], "an answer, not an error"


def test_capacity_shifts_and_own_states_decide_who_takes_work(
    world: World,
    dispatched: Dispatch,
    handler: Handler,
    automatic: SimpleNamespace,
    limit: Callable[..., None],
) -> None:
    limit(automatic.lilei, capacity=1)
    limit(automatic.hanmei, on_rota=True)
    with world.desk.database.transaction() as session:
        work.create_state(
            session, key="training", name_en="Training", name_zh="培训", takes_work=False,
            actor=SYSTEM,
        )  # fmt: skip
        late = work.create_shift(
            session, name="晚班", hours="11:00-22:00", zone="Asia/Shanghai", actor=SYSTEM
        )
        hanmei = session.get_one(User, automatic.hanmei.id)
        work.plan(session, hanmei, late, date(2026, 3, 2), actor=SYSTEM)
    first, second = dispatched(), dispatched(sender_mail="b@acme.cn")
    assert handler(first) == automatic.lilei.id
    assert handler(second) is None, "one is full, the other's shift begins at eleven"
    world.wait(hours=1, minutes=1)
    assert handler(second) == automatic.hanmei.id
    choose_state(world.desk, automatic.hanmei, "training")
    third = dispatched(sender_mail="c@acme.cn")
    assert handler(third) is None


def test_when_nobody_is_on_duty_it_is_tried_as_the_next_shift_begins(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, limit: Callable[..., None]
) -> None:
    choose_state(world.desk, automatic.lilei, "away")
    limit(automatic.hanmei, on_rota=True)
    with world.desk.database.transaction() as session:
        late = work.create_shift(
            session, name="晚班", hours="11:07-22:00", zone="Asia/Shanghai", actor=SYSTEM
        )
        hanmei = session.get_one(User, automatic.hanmei.id)
        work.plan(session, hanmei, late, date(2026, 3, 2), actor=SYSTEM)
    ticket = dispatched()
    world.wait(hours=1, minutes=6)
    assert handler(ticket) is None
    world.wait(minutes=2)
    assert handler(ticket) == automatic.hanmei.id


def test_who_is_late_for_a_shift_is_not_waited_for_until_the_next(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, limit: Callable[..., None]
) -> None:
    for user in (automatic.lilei, automatic.hanmei):
        choose_state(world.desk, user, "away")
        limit(user, on_rota=True)
    with world.desk.database.transaction() as session:
        early = work.create_shift(
            session, name="早班", hours="09:00-18:00", zone="Asia/Shanghai", actor=SYSTEM
        )
        hanmei = session.get_one(User, automatic.hanmei.id)
        for day in (2, 3):
            work.plan(session, hanmei, early, date(2026, 3, day), actor=SYSTEM)
    ticket = dispatched()
    choose_state(world.desk, automatic.hanmei, "available")
    world.wait(minutes=16)
    assert handler(ticket) == automatic.hanmei.id


def test_without_a_rota_it_is_tried_again_when_working_time_begins(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace
) -> None:
    world.at += timedelta(days=5)  # Saturday
    for user in (automatic.lilei, automatic.hanmei):
        choose_state(world.desk, user, "away")
    ticket = dispatched()
    choose_state(world.desk, automatic.hanmei, "available")
    world.wait(hours=46, minutes=55)
    assert handler(ticket) is None
    world.wait(minutes=10)  # Monday, nine o'clock
    assert handler(ticket) == automatic.hanmei.id


def test_a_customer_returns_to_who_served_them_last(
    dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, limit: Callable[..., None]
) -> None:
    first = handler(dispatched())
    other = handler(dispatched(sender_mail="b@acme.cn"))
    assert {first, other} == {automatic.lilei.id, automatic.hanmei.id}
    for _ in range(3):
        assert handler(dispatched()) == first


def test_skills_that_a_rule_asks_for(
    world: World, crew: SimpleNamespace, mailed: Callable[..., Ticket]
) -> None:
    """The operator, as a rule with a skill would call it."""
    from desk.assignment.operations import Wish, give

    ticket = mailed()
    with world.desk.database.transaction() as session:
        german = work.create_skill(session, name="德语", actor=SYSTEM)
        hanmei, lilei = (session.get_one(User, u.id) for u in (crew.hanmei, crew.lilei))
        work.set_skills(session, hanmei, {german.id: 3}, actor=SYSTEM)
        work.set_skills(session, lilei, {german.id: 7}, actor=SYSTEM)

    def ask(**wish: Any) -> Any:
        with world.desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            return give(
                session, world.desk, kept, Wish(**wish), held=False, at=world.at, actor=SYSTEM
            )

    assert ask(skill="法语").why == "no_skill"
    assert ask(skill="德语", level=8).why == "no_skill"
    given = ask(skill="德语", level=3, ways=("level",))
    assert (given.result, given.user_id) == ("given", crew.lilei.id)
    assert ask(skill="德语").result == "settled"
    with world.desk.reading() as session:  # it was dispatched by the step of its own diagram
        assert session.get_one(Ticket, ticket.id).state == "dispatched"
        assert session.scalars(select(Skill.name)).all() == ["德语"]


def test_each_way_to_prefer_asks_what_the_desk_knows(
    world: World, crew: SimpleNamespace, mailed: Callable[..., Ticket], limit: Callable[..., None]
) -> None:
    """Of two who can take a ticket 李雷 comes first by number; each way has its own reason for 韩梅梅."""
    from desk.assignment.operations import Wish, give

    asked = iter(range(100))

    def chosen(way: str, *, in_turn: bool = False, **form: Any) -> int:
        """Who gets a ticket of a customer who has others with 韩梅梅; `in_turn`: who had one last is remembered."""
        ticket = mailed(sender_mail="kunde@acme.cn", text=f"{next(asked)}")
        with world.desk.database.transaction() as session:
            if not in_turn:
                session.execute(update(AgentWork).values(last_assigned_at=None))
            kept = session.get_one(Ticket, ticket.id)
            kept.form_data = form
            session.flush()
            wish = Wish(team=crew.team.name, ways=(way,))
            give(session, world.desk, kept, wish, held=False, at=world.at, actor=SYSTEM)
            found = kept.assignee_id
            assert found is not None
            kept.assignee_id = hanmei  # whoever was chosen, the load is hers
            return found

    lilei, hanmei = crew.lilei.id, crew.hanmei.id
    assert chosen("owner") == lilei
    with world.desk.database.transaction() as session:
        contact = session.scalars(select(Ticket)).one().contact
        assert contact is not None
        contact.owner_id = hanmei
        german = work.create_skill(session, name="德语", actor=SYSTEM)
        work.set_skills(session, session.get_one(User, hanmei), {german.id: 3}, actor=SYSTEM)
    assert chosen("owner") == hanmei
    assert chosen("last_served") == hanmei
    assert chosen("level") == hanmei
    limit(crew.lilei, latitude=39.9, longitude=116.4)
    limit(crew.hanmei, latitude=31.2, longitude=121.5)
    assert chosen("nearest", latitude="31.3", longitude="120.6") == hanmei
    world.at += timedelta(minutes=1)
    assert chosen("round_robin") == lilei
    world.at += timedelta(minutes=1)
    assert chosen("least_load", in_turn=True) == lilei, "though it is the other's turn"
    assert chosen("round_robin", in_turn=True) == hanmei, "whose turn is longer ago"
    limit(crew.lilei, share=1)
    limit(crew.hanmei, share=3)
    shares = [chosen("percentage") for _ in range(8)]
    assert (shares.count(lilei), shares.count(hanmei)) == (2, 6)


def test_open_tickets_of_a_closed_account_find_others(
    world: World,
    dispatched: Dispatch,
    handler: Handler,
    automatic: SimpleNamespace,
    limit: Callable[..., None],
    visit: Callable[..., Any],
    make_user: Callable[..., User],
) -> None:
    limit(automatic.hanmei, capacity=0)
    mine = [dispatched(), dispatched(sender_mail="b@acme.cn")]
    world.complete(mine[0], "accept", "accept", automatic.lilei)
    assert [handler(ticket) for ticket in mine] == [automatic.lilei.id] * 2
    limit(automatic.hanmei, capacity=1)
    make_user("root", roles=["administrator"])
    browser = visit(SimpleNamespace(login="root"))
    browser.get(f"/settings/people/{automatic.lilei.id}")
    browser.post(f"/settings/people/{automatic.lilei.id}/active", {"active": "0"})
    world.wait(minutes=1)
    assert handler(mine[0]) == automatic.hanmei.id
    assert handler(mine[1]) is None, "nobody else has room: the whole team is offered it again"
    with world.desk.reading() as session:
        kept = session.get_one(Ticket, mine[1].id)
        assert kept.team_id == automatic.team.id
        hanmei = session.get_one(User, automatic.hanmei.id)
        for ticket, element in zip(mine, ("process", "accept"), strict=True):
            instance = session.get_one(Ticket, ticket.id).instance_id
            steps = open_steps(session, world.desk.engine, instance, hanmei)
            assert [task.element_id for task in steps.mine] == [element]
    assert "李雷 不在岗，已转派工单：2" in told(world.desk, automatic.dispatcher)


def test_what_a_person_alone_had_goes_to_their_team(
    world: World,
    crew: SimpleNamespace,
    mailed: Callable[..., Ticket],
    handler: Handler,
    app: Any,
) -> None:
    """Not to anybody who may work on tickets: supervisors may, too."""
    tickets = [mailed(sender_mail=f"k{n}@acme.cn") for n in range(3)]
    for ticket in tickets:
        world.complete(
            ticket, "dispatch", "dispatch", crew.dispatcher, person=f"user:{crew.lilei.id}"
        )
    with app.app_context(), world.desk.database.transaction() as session:
        people.deactivate_user(session, session.get_one(User, crew.lilei.id), actor=SYSTEM)
    world.wait(minutes=1)
    assert [handler(ticket) for ticket in tickets] == [crew.hanmei.id] * 3


def test_tickets_are_reassigned_when_an_absence_begins(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, app: Any
) -> None:
    ticket = dispatched()
    first = handler(ticket)
    assert first is not None

    def away(user_id: int, hours: int, start: datetime) -> None:
        with app.app_context(), world.desk.database.transaction() as session:
            work.add_absence(
                session, session.get_one(User, user_id), start=start,
                end=start + timedelta(hours=hours), actor=SYSTEM,
            )  # fmt: skip

    away(first, 2, world.at)
    world.wait(minutes=5)
    assert handler(ticket) == first, "the table keeps tickets for two hours"
    away(first, 48, world.at + timedelta(days=1))
    world.wait(hours=23)
    assert handler(ticket) == first
    world.wait(hours=2)
    second = handler(ticket)
    assert second not in (None, first)


def test_who_came_back_keeps_the_tickets(
    world: World, dispatched: Dispatch, handler: Handler, automatic: SimpleNamespace, app: Any
) -> None:
    ticket = dispatched()
    first = handler(ticket)
    with app.app_context(), world.desk.database.transaction() as session:
        user = session.get_one(User, first)
        start = world.at + timedelta(days=1)
        absence = work.add_absence(
            session, user, start=start, end=start + timedelta(days=2), actor=SYSTEM
        )
    world.work()
    with world.desk.database.transaction() as session:
        work.remove_absence(session, absence, actor=SYSTEM)
    world.wait(days=2)
    assert handler(ticket) == first


def test_a_shift_and_a_team_stay_in_the_log(world: World, automatic: SimpleNamespace) -> None:
    with world.desk.database.transaction() as session:
        shift = work.create_shift(
            session, name="早班", hours="8:00－16：00", zone="Asia/Shanghai", actor=SYSTEM
        )
        assert session.get_one(Shift, shift.id).hours == "08:00-16:00"
        assert session.get_one(Team, automatic.team.id).automatic
        for hours in ("", "16:00", "08:00-08:99"):
            with pytest.raises(people.PeopleError):
                work.create_shift(session, name="x", hours=hours, zone="UTC", actor=SYSTEM)
