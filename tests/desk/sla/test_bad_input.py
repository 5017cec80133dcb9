"""What is wrong has a right answer: calendars without working time, tables without a row, words that make no sense."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from desk.calendars import operations as calendars
from desk.calendars.building import OFFICE_WEEK
from desk.calendars.models import Calendar
from desk.notices.models import Notice
from desk.people import work
from desk.people.errors import PeopleError
from desk.people.models import RotaEntry, User
from desk.sla import clocks
from desk.sla.clocks import TargetRefused
from desk.sla.models import SlaClock
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.functions import Workday, WorkingCalendar
from engine.tables import incident
from lanedesk.deploying import LIBRARY
from tests.desk.sla.conftest import World

Arrive = Callable[..., Ticket]
ALWAYS = WorkingCalendar("always", "UTC", (Workday.read("0:00-24:00"),) * 7)


def draw(world: World, **changes: Any) -> None:
    given = {
        "key": "default", "title": "班", "zone": "Asia/Shanghai", "week": OFFICE_WEEK,
        "actor": SYSTEM, **changes,
    }  # fmt: skip
    with world.desk.database.transaction() as session:
        calendars.create(session, **given)


def test_a_new_ticket_whose_calendar_has_no_working_time(
    world: World, crew: SimpleNamespace, arrived: Arrive
) -> None:
    """Its hours are those of a rota that is empty: the supervisors are told, and nothing stops."""
    draw(world, week=("",) * 7, team_id=crew.team.id)
    ticket = arrived()
    assert world.clocks(ticket) == {}
    with world.desk.reading() as session:
        told = session.scalars(select(Notice).where(Notice.user_id == crew.dispatcher.id)).all()
        assert any("没有工作时间" in notice.text["zh"] for notice in told)
        assert session.scalars(select(incident.c.message)).all() == []


def test_a_calendar_that_loses_its_working_time_under_running_clocks(
    world: World, crew: SimpleNamespace, arrived: Arrive
) -> None:
    """What then happens to the ticket ends in an incident that says which calendar to put right; and goes on after."""
    draw(world, week=("",) * 7, team_id=crew.team.id)
    with world.desk.database.transaction() as session:
        shift = work.create_shift(
            session, name="日班", hours="08:00-20:00", zone="Asia/Shanghai", actor=SYSTEM
        )
        lilei = session.get_one(User, crew.lilei.id)
        work.plan(session, lilei, shift, date(2026, 3, 2), actor=SYSTEM)
    ticket = arrived()
    assert world.clocks(ticket)["resolution"].due_at is not None
    with world.desk.database.transaction() as session:
        session.execute(delete(RotaEntry))
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, world.desk, kept, {"priority": "low"}, actor=SYSTEM)
    for _ in range(8):
        world.wait(hours=1)
    with world.desk.reading() as session:
        (message, *_more) = session.scalars(select(incident.c.message)).all()
    assert "“default”" in message
    assert "no working time" in message


def test_a_calendar_that_clocks_count_by_stays_in_use(
    world: World, arrived: Arrive, app: Flask
) -> None:
    draw(world)
    arrived()
    with app.app_context(), world.desk.database.transaction() as session:
        row = session.scalars(select(Calendar)).one()
        row.key = "hotline"  # so that nothing stands in for it
        session.execute(SlaClock.__table__.update().values(calendar="hotline"))
        with pytest.raises(PeopleError) as refused:
            calendars.change(
                session, row, title="x", zone="UTC", week=OFFICE_WEEK, public=None, team_id=None,
                active=False, actor=SYSTEM,
            )  # fmt: skip
        session.rollback()
    assert refused.value.field == "active"


def test_a_holiday_moves_what_is_due(world: World, arrived: Arrive, app: Flask) -> None:
    draw(world)
    ticket = arrived(text="x")
    with world.desk.database.transaction() as session:
        edit_ticket(
            session,
            world.desk,
            session.get_one(Ticket, ticket.id),
            {"priority": "low"},
            actor=SYSTEM,
        )
    world.work()
    due = world.clocks(ticket)["resolution"].due_at
    assert due == datetime.fromisoformat("2026-03-04T10:00:00+08:00")
    with app.app_context(), world.desk.database.transaction() as session:
        row = session.scalars(select(Calendar)).one()
        calendars.set_days(
            session, row, first=date(2026, 3, 3), last=date(2026, 3, 3), title="搬家", actor=SYSTEM
        )
    world.work()
    assert world.clocks(ticket)["resolution"].due_at == datetime.fromisoformat(
        "2026-03-05T10:00:00+08:00"
    )


def test_a_table_without_a_matching_row(
    world: World, crew: SimpleNamespace, arrived: Arrive
) -> None:
    table = (LIBRARY / "sla/ticket-sla/sla-targets.dmn").read_text().replace('"low"', '"nobody"')
    with world.desk.database.transaction() as session:
        world.desk.engine.deploy(session, {"sla-targets.dmn": table.encode()}, actor=SYSTEM)
    ticket = arrived()
    assert world.clocks(ticket)["resolution"].due_at is not None
    with world.desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, world.desk, kept, {"priority": "low"}, actor=SYSTEM)
    world.work()
    assert {clock.due_at for clock in world.clocks(ticket).values()} == {None}
    world.wait(days=30)
    with world.desk.reading() as session:
        assert session.scalars(select(incident.c.message)).all() == []
    with world.desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, world.desk, kept, {"priority": "high"}, actor=SYSTEM)
    world.work()
    assert world.clocks(ticket)["resolution"].due_at is not None, "it is promised again"


@pytest.mark.parametrize("words", ["soon", "-PT1H", "PT0S", "P1Y", "P9999D", 7])
def test_a_length_of_time_that_is_none_is_refused(words: object) -> None:
    with pytest.raises(TargetRefused, match="resolution"):
        clocks.target_of({"resolution": words}, "resolution")


@pytest.mark.parametrize("when", ["later", "P1Y", "80", "eighty%", None])
def test_a_link_of_the_chain_that_says_no_time_is_refused(when: object) -> None:
    clock = SlaClock(
        ticket_id=1, kind="resolution", target_seconds=3600, worked_seconds=0, steps_done=0,
        calendar="default", policy="",
    )  # fmt: skip
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    clocks.run(clock, ALWAYS, now)
    with pytest.raises(TargetRefused):
        clocks.coming(clock, ALWAYS, [{"when": when}], now)
