"""Every measure says what its help says, by any field, on both databases."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.cockpit import projection
from desk.fields.models import FieldValue
from desk.fields.operations import (
    FieldSettings,
    create_dictionary,
    create_entry,
    create_field,
)
from desk.insight.dimensions import own_fields
from desk.insight.measures import MEASURES
from desk.insight.periods import Dates, LastDays, Period, from_address
from desk.insight.queries import CannotAsk, Question, figures, tickets_behind
from desk.insight.sql import local_date
from desk.people import queries as people
from desk.surveys.models import Survey
from desk.tickets.models import Ticket
from engine import inspection, modification
from engine.actors import SYSTEM
from tests.desk.insight.conftest import NOW, SHANGHAI, Shop

H, D = timedelta(hours=1), timedelta(days=1)
WAY_BACK = "s → write → check → g → write → check → g → e"
MARCH = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def one(found: list[Any]) -> tuple[float | None, int]:
    """A single figure: its value, rounded, and what it is made of."""
    (figure,) = found
    return (None if figure.value is None else round(figure.value, 4)), figure.count


def by(found: list[Any]) -> dict[str, tuple[float | None, int]]:
    """Rows by key."""
    return {f.key: (None if f.value is None else round(f.value, 4), f.count) for f in found}


def test_tickets_are_counted_by_a_drop_down_that_the_desk_defines(shop: Shop) -> None:
    ticket, _other = shop.ticket(MARCH), shop.ticket(MARCH)
    with shop.desk.database.transaction() as session:
        regions = create_dictionary(session, "regions", {"zh": "区域"}, actor=SYSTEM)
        create_entry(session, regions, "east", {"zh": "华东", "en": "East"}, actor=SYSTEM)
        settings = FieldSettings({"zh": "区域"}, kind="choice", dictionary_id=regions.id)
        field = create_field(session, "region", settings, actor=SYSTEM)
        session.add(FieldValue(ticket_id=ticket, field_id=field.id, value="east", text="east"))
        session.flush()
        assert own_fields(session) == [("field:region", {"zh": "区域"})]
    found = shop.ask("opened", "field:region")
    assert by(found) == {"east": (1, 1), "": (1, 1)}
    assert {f.key: (f.name.zh, f.name.en) for f in found if f.key} == {"east": ("华东", "East")}
    assert one(shop.ask("opened", **{"field:region": "east"})) == (1, 1)
    assert one(shop.ask("opened", **{"field:region": ""})) == (1, 1)
    assert one(shop.ask("opened", **{"field:region": "west"})) == (0, 0)


def test_tickets_are_counted_by_every_field(shop: Shop, make_team: Callable[..., Any]) -> None:
    team = make_team("Support")
    shop.ticket(MARCH, priority="high", level="vip", team_id=team.id, form_data={"city": "上海"})
    shop.ticket(MARCH, ended=2 * H, type="refund", level="normal", form_data={"city": "上海"})
    shop.ticket(MARCH - 60 * D, priority="urgent")
    assert one(shop.ask("opened")) == (2, 2)
    assert one(shop.ask("opened", days=120)) == (3, 3)
    assert one(shop.ask("ended")) == (1, 1)
    assert one(shop.ask("open", days=1)) == (2, 2)  # the period is no matter
    assert by(shop.ask("opened", "priority")) == {"high": (1, 1), "normal": (1, 1)}
    assert by(shop.ask("opened", "type")) == {"basic": (1, 1), "refund": (1, 1)}
    assert by(shop.ask("opened", "state")) == {"processing": (1, 1), "ended": (1, 1)}
    assert by(shop.ask("opened", "channel")) == {"mail": (2, 2)}
    assert by(shop.ask("opened", "level")) == {"vip": (1, 1), "normal": (1, 1)}
    assert by(shop.ask("opened", "team")) == {str(team.id): (1, 1), "": (1, 1)}
    assert by(shop.ask("opened", "assignee")) == {"": (2, 2)}
    assert by(shop.ask("opened", "company")) == {"": (2, 2)}
    assert by(shop.ask("opened", "form:city")) == {"上海": (2, 2)}
    assert by(shop.ask("opened", "form:country")) == {"": (2, 2)}
    names = {f.key: f.name.zh for f in shop.ask("opened", "team")}
    assert names == {str(team.id): "Support", "": "无"}
    assert one(shop.ask("opened", priority="high", team=str(team.id))) == (1, 1)
    assert one(shop.ask("opened", team="")) == (1, 1)
    nowhere: dict[str, Any] = {"form:city": "北京"}
    assert one(shop.ask("opened", **nowhere)) == (0, 0)


def test_days_weeks_and_months_are_those_of_the_desk(shop: Shop) -> None:
    shop.ticket(datetime(2026, 3, 29, 15, 59, tzinfo=UTC))  # Sunday, a minute before midnight
    shop.ticket(datetime(2026, 3, 29, 16, 0, tzinfo=UTC))  # Monday
    shop.ticket(datetime(2026, 2, 28, 16, 0, tzinfo=UTC))  # 1 March
    assert by(shop.ask("opened", "day", 3)) == {
        "2026-03-29": (1, 1), "2026-03-30": (1, 1), "2026-03-31": (0, 0),
    }  # fmt: skip
    assert by(shop.ask("opened", "week", 9)) == {"2026-03-23": (1, 1), "2026-03-30": (1, 1)}
    assert by(shop.ask("opened", "month", 90)) == {
        "2026-01": (0, 0), "2026-02": (0, 0), "2026-03": (3, 3),
    }  # fmt: skip
    assert by(shop.ask("first_response", "day", 1)) == {"2026-03-31": (None, 0)}


def test_a_period_from_a_day_to_a_day_has_both(shop: Shop) -> None:
    shop.ticket(datetime(2026, 3, 9, 15, 59, tzinfo=UTC))  # a minute before the 10th
    shop.ticket(datetime(2026, 3, 9, 16, 0, tzinfo=UTC))
    shop.ticket(datetime(2026, 3, 11, 15, 59, tzinfo=UTC))
    shop.ticket(datetime(2026, 3, 11, 16, 0, tzinfo=UTC))  # the 12th
    days = Dates(date(2026, 3, 10), date(2026, 3, 11))
    assert one(shop.ask("opened", days=days)) == (2, 2)
    assert by(shop.ask("opened", "day", days)) == {"2026-03-10": (1, 1), "2026-03-11": (1, 1)}
    assert by(shop.ask("opened", "month", days)) == {"2026-03": (2, 2)}


@pytest.mark.parametrize(
    ("address", "period"),
    [
        ({}, None), ({"days": "7"}, LastDays(7)), ({"days": "7", "from": "2026-01-01"}, LastDays(7)),
        ({"days": "0"}, None), ({"days": "x"}, None), ({"from": "x"}, None), ({"to": "99999-01-01"}, None),
        ({"from": "2026-01-02", "to": "2026-01-09"}, Dates(date(2026, 1, 2), date(2026, 1, 9))),
        ({"from": "2026-01-09", "to": "2026-01-02"}, Dates(date(2026, 1, 2), date(2026, 1, 9))),
        ({"from": "2026-03-01"}, Dates(date(2026, 3, 1), date(2026, 3, 31))),
        ({"to": "2026-01-30"}, Dates(date(2026, 1, 1), date(2026, 1, 30))),
        ({"days": "dates"}, Dates(date(2026, 3, 2), date(2026, 3, 31))),
        ({"from": "2001-01-01", "to": "2026-03-31"}, Dates(date(2024, 4, 1), date(2026, 3, 31))),
    ],
)  # fmt: skip
def test_the_period_of_an_address(address: dict[str, str], period: Period | None) -> None:
    assert from_address(address, date(2026, 3, 31)) == period


def test_the_clock_is_put_forward(desk: Desk, shop: Shop) -> None:
    berlin = ZoneInfo("Europe/Berlin")  # 29 March 2026, 01:00 UTC
    moments = [
        datetime(2026, 3, 28, 22, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    ]  # fmt: skip
    for moment in moments:
        shop.ticket(moment)
    with desk.reading() as session:
        since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
        for grain, kind in (("day", "%Y-%m-%d"), ("month", "%Y-%m")):
            said = local_date(session, Ticket.created_at, grain, berlin, since, until)
            found = session.scalars(select(said).order_by(Ticket.id)).all()
            assert found == [f"{moment.astimezone(berlin):{kind}}" for moment in moments]


@pytest.mark.parametrize("measure", ["first_response", "resolution"])
def test_percentiles_are_the_value_at_a_rank(shop: Shop, measure: str) -> None:
    minutes = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]
    for number, took in enumerate(minutes):
        length = timedelta(minutes=took)
        shop.ticket(MARCH, answered=length, ended=length, priority="high" if number % 2 else "low")

    def rank(values: list[int], share: float) -> float:
        return values[math.ceil(share * len(values)) - 1] * 60.0

    assert one(shop.ask(measure)) == (rank(minutes, 0.5), 11)
    assert one(shop.ask(f"{measure}_p90")) == (rank(minutes, 0.9), 11)
    assert by(shop.ask(f"{measure}_p90", "priority")) == {
        "low": (rank(minutes[::2], 0.9), 6), "high": (rank(minutes[1::2], 0.9), 5),
    }  # fmt: skip


def test_promises_that_were_kept(shop: Shop) -> None:
    shop.ticket(MARCH, clock=True, priority="high")
    shop.ticket(MARCH, clock=False, priority="high")
    shop.ticket(MARCH, clock=True)
    shop.ticket(MARCH)
    assert one(shop.ask("sla")) == (0.6667, 3)
    assert by(shop.ask("sla_resolution", "priority")) == {"high": (0.5, 2), "normal": (1.0, 1)}
    assert one(shop.ask("sla_first_response")) == (None, 0)


def test_solved_at_the_first_contact(shop: Shop) -> None:
    shop.ticket(MARCH, ended=2 * H, replies=1)
    shop.ticket(MARCH, ended=2 * H)
    shop.ticket(MARCH, ended=2 * H, replies=2)
    shop.ticket(MARCH, ended=2 * H, replies=1, reopened=3 * D)
    late = shop.ticket(MARCH, ended=2 * H, replies=1, reopened=8 * D)
    assert one(shop.ask("first_contact")) == (0.6, 5)
    assert one(shop.ask("reopened")) == (0.2, 5)
    with shop.desk.database.transaction() as session:
        shop._trail(session, late, "ended", MARCH + 9 * D)
    assert one(shop.ask("first_contact")) == (0.5, 6)  # its second end is no first contact
    assert one(shop.ask("reopened")) == (0.1667, 6)


def test_what_machines_did(shop: Shop) -> None:
    touched = shop.floor.start("review")
    shop.floor.complete(touched)
    shop.floor.complete(touched)
    alone = shop.floor.start("calls", number="+49")
    shop.floor.work()
    now = shop.floor.now
    shop.ticket(now, instance=touched, ended=H)
    shop.ticket(now, instance=alone, ended=H, priority="high")
    assert one(shop.ask("automation")) == (0.3333, 3)
    assert by(shop.ask("automation", "priority")) == {"normal": (0.0, 2), "high": (1.0, 1)}
    assert one(shop.ask("untouched")) == (0.5, 2)


def test_tasks_count_on_the_day_they_were_done(shop: Shop) -> None:
    floor = shop.floor
    floor.now = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    shop.ticket(floor.now, instance=(instance := floor.start("review")))
    floor.complete(instance)
    projection.catch_up(shop.desk.engine, shop.desk.database, SHANGHAI.key)
    floor.complete(instance, again=True)
    floor.complete(instance, after=2 * 3600)
    projection.catch_up(shop.desk.engine, shop.desk.database, SHANGHAI.key)
    days = Dates(date(2026, 3, 9), date(2026, 3, 10))
    assert by(shop.ask("automation", "day", days)) == {"2026-03-09": (0, 2), "2026-03-10": (0, 1)}


def test_the_way_that_tickets_took(shop: Shop) -> None:
    floor = shop.floor
    straight, again = floor.start("review"), floor.start("review")
    for instance, rounds in ((straight, 1), (again, 2)):
        for last in range(rounds):
            floor.complete(instance)
            floor.complete(instance, again=last + 1 < rounds)
    floor.work()
    shop.ticket(MARCH, instance=straight, ended=H)
    shop.ticket(MARCH, instance=again, ended=3 * H)
    shop.ticket(MARCH, instance=(moved := floor.start("review")), ended=5 * H)
    figures = {f.name.en: f for f in shop.ask("resolution", "variant")}
    assert set(figures) == {"none", "s → write → check → g → e", WAY_BACK}
    assert figures[WAY_BACK].value == 3 * 3600
    shares = [f.share for f in shop.ask("opened", "variant")]
    assert shares == [1 / 3] * 3
    assert one(shop.ask("opened", variant=figures[WAY_BACK].key)) == (1, 1)
    assert one(shop.ask("opened", variant="")) == (1, 1)

    assert one(shop.ask("as_drawn")) == (1.0, 3)
    with shop.desk.database.transaction() as session:
        (token,) = inspection.look(shop.desk.engine, session, moved).tokens
        modification.move_token(
            shop.desk.engine, session, moved, token.id, "e", actor=SYSTEM, reason="solved by phone"
        )
    floor.work()
    assert one(shop.ask("as_drawn")) == (0.6667, 3)
    assert by(shop.ask("as_drawn", "type")) == {"basic": (0.6667, 3)}


def test_satisfaction_is_of_surveys_and_ratings(shop: Shop) -> None:
    first = shop.ticket(MARCH, rating=3, rated_at=MARCH)
    with shop.desk.database.transaction() as session:
        session.add(Survey(ticket_id=first, asked_at=MARCH, answered_at=MARCH, score=5))
        session.add(Survey(ticket_id=first, asked_at=MARCH))
    assert one(shop.ask("satisfaction")) == (4.0, 2)


def test_the_tickets_behind_a_row(shop: Shop) -> None:
    high = shop.ticket(MARCH, clock=False, priority="high")
    shop.ticket(MARCH, clock=True)
    shop.ticket(MARCH + D, clock=True)

    def behind(measure: str, by: str | None, key: str | None) -> list[tuple[int, float]]:
        with shop.desk.reading() as session:
            asked = Question(measure, by, LastDays(31))
            user = people.user_by_login(session, "reader")
            assert user is not None
            found = tickets_behind(shop.setting(session), user, asked, SHANGHAI, key)
            return [(row.id, row.value) for row in found]

    assert behind("sla", "priority", "high") == [(high, 0.0)]
    assert [row[0] for row in behind("sla", None, None)] == [high + 2, high + 1, high]
    assert [row[0] for row in behind("sla", "day", "2026-03-11")] == [high + 2]
    assert behind("sla", "team", "") == behind("sla", None, None)
    with pytest.raises(CannotAsk):
        behind("sla", "team", "nobody")


def test_everybody_sees_the_own_figures(
    shop: Shop, make_user: Callable[..., Any], make_team: Callable[..., Any]
) -> None:
    agent = make_user("agent", roles=["agent"])
    lead = make_user("lead", roles=["supervisor"])
    own, other = make_team("Own", [lead]), make_team("Other")
    shop.ticket(MARCH, team_id=own.id)
    shop.ticket(MARCH, team_id=other.id)
    shop.ticket(MARCH)
    shop.ticket(MARCH, team_id=other.id, assignee_id=agent.id)
    gone = shop.ticket(MARCH, assignee_id=agent.id)
    shop.change(gone, deleted_at=NOW)
    for measure in ("opened", "open"):
        assert one(shop.ask_as("reader", measure)) == (4, 4)
        assert one(shop.ask_as("lead", measure)) == (2, 2)
        assert one(shop.ask_as("agent", measure)) == (1, 1)


def test_every_measure_answers_by_everything(shop: Shop) -> None:
    shop.ticket(MARCH, answered=H, ended=2 * H, replies=1, clock=True, rating=4, rated_at=MARCH)
    for measure in MEASURES:
        for field in (None, "day", "month", "type", "assignee", "level", "variant", "form:city"):
            assert all(f.count >= 0 for f in shop.ask(measure, field))


@pytest.mark.parametrize(
    "asked",
    [
        Question("nothing"), Question("open", by="colour"), Question("open", period=LastDays(0)),
        Question("open", by="form:a'b"), Question("open", filters={"team": "1; drop"}),
        Question("open", filters={"colour": "red"}), Question("open", filters={"variant": "1"}),
        Question("open", period=Dates(date(2026, 2, 1), date(2026, 1, 1))),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(shop: Shop, asked: Question) -> None:
    with shop.desk.reading() as session, pytest.raises(CannotAsk):
        figures(shop.setting(session), shop.reader, asked, SHANGHAI)
