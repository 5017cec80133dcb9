"""The functions of the desk, and its zone, wherever a diagram has an expression."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.actors import SYSTEM
from engine.errors import DeployRefused
from engine.functions import Workday, WorkingCalendar
from engine.functions.working_calendar import FREE
from engine.runtime import Engine
from engine.tables import human_task, timer
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, extension, message, on_message, person, script

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENDS = '<startEvent id="s"/><endEvent id="e"/>'
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


def hotline(_session: Session, name: str) -> WorkingCalendar | None:
    """A provider: one calendar, around the clock but on Sundays; another that has no hours."""
    if name == "hotline":
        return WorkingCalendar(name, "UTC", (Workday.read("0:00-24:00"),) * 6 + (FREE,))
    return WorkingCalendar(name, "UTC", (FREE,) * 7) if name == "closed" else None


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """An engine at a desk in China."""
    rig.now = MONDAY.astimezone(UTC)
    rig.engine = Engine(
        rig.engine.operators, clock=lambda: rig.now, zone="Asia/Shanghai", calendars=hotline
    )
    return rig


def catch(kind: str, text: str) -> str:
    return (
        f'<intermediateCatchEvent id="c"><timerEventDefinition><{kind}>{text}</{kind}>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )


def due(rig: Rig) -> datetime:
    """When the one timer is due, as the desk's clock shows it."""
    with rig.database.reading() as session:
        (moment,) = session.scalars(select(timer.c.due_at))
    return moment.astimezone(SHANGHAI)


def value(rig: Rig, text: str) -> object:
    """The value of an expression in a script task, as the history has it."""
    rig.deploy(diagram(ENDS + script("t", ("x", f"={text}")) + "s->t t->e"))
    return rig.data(rig.start()).get("x")


def test_now_and_today_are_those_of_the_desk(rig: Rig) -> None:
    rig.now = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    assert value(rig, "today()") == "2026-03-03"
    assert value(rig, "now().hour") == 4
    assert value(rig, "string(now())") == "2026-03-03T04:30:00@Asia/Shanghai"


def test_calendars_come_from_the_provider(rig: Rig) -> None:
    added = "string(add business duration(@&quot;2026-03-07T12:00:00Z&quot;, &quot;PT24H&quot;, &quot;%s&quot;))"
    assert value(rig, added % "hotline") == "2026-03-09T12:00:00@UTC"
    assert value(rig, added % "closed") is None
    assert value(rig, added % "nobody's") is None


def test_a_calendar_is_read_once_a_step(rig: Rig) -> None:
    read: list[str] = []

    def provider(session: Session, name: str) -> WorkingCalendar | None:
        read.append(name)
        return hotline(session, name)

    rig.engine = Engine(rig.engine.operators, clock=lambda: rig.now, calendars=provider)
    call = "is working time(now(), &quot;hotline&quot;)"
    assert value(rig, f"{call} and {call}") is True
    assert read == ["hotline"]


def test_without_a_provider_there_are_office_hours(rig: Rig) -> None:
    rig.engine = Engine(rig.engine.operators, clock=lambda: rig.now, zone="Asia/Shanghai")
    assert value(rig, "is working time(now())") is True
    rig.now += timedelta(hours=3)
    assert value(rig, "is working time(now())") is False
    assert value(rig, "is working time(now(), &quot;hotline&quot;)") is None


@pytest.mark.parametrize("kind", ["timeDuration", "timeDate"])
def test_a_timer_counts_working_hours(rig: Rig, kind: str) -> None:
    rig.now = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
    text = '=business duration("PT8H", "hotline")'
    rig.deploy(diagram(ENDS + catch(kind, text) + "s->c c->e"))
    instance = rig.start()
    assert due(rig) == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    assert rig.later(hours=31) == 0
    assert rig.later(hours=1) == 1
    assert rig.status(instance) == "completed"


def test_a_due_date_in_working_hours(rig: Rig) -> None:
    human = person("t", due="=business duration(&quot;PT8H&quot;, &quot;hotline&quot;)")
    rig.deploy(diagram(ENDS + human + "s->t t->e"))
    rig.start()
    with rig.database.reading() as session:
        assert session.scalar(select(human_task.c.due_at)) == MONDAY + timedelta(hours=8)


def test_a_date_without_a_zone_is_one_of_the_desk(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + catch("timeDate", "2026-03-05T09:00:00") + "s->c c->e"))
    rig.start()
    assert due(rig) == MONDAY + timedelta(days=3)


def test_a_cron_timer_follows_the_clock_of_the_desk(rig: Rig) -> None:
    start = '<startEvent id="s"><timerEventDefinition><timeCycle>30 9 * * MON-FRI</timeCycle>'
    ending = '</timerEventDefinition></startEvent><endEvent id="e"/>s->e'
    rig.deploy(diagram(start + ending))
    assert due(rig) == MONDAY.replace(minute=30)
    assert rig.later(minutes=30) == 1
    assert due(rig) == MONDAY.replace(day=3, minute=30)
    rig.now = datetime(2026, 3, 6, 1, 45, tzinfo=UTC)  # after downtime it fires once
    assert rig.later() == 1
    assert due(rig) == MONDAY.replace(day=9, minute=30)
    assert rig.later() == 0


def test_a_cron_timer_goes_on_in_an_instance(rig: Rig) -> None:
    boundary = (
        '<boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><timerEventDefinition>'
        "<timeCycle>0 */2 * * *</timeCycle></timerEventDefinition></boundaryEvent>"
    )
    after = script("again", ("times", "=if times = null then 1 else times + 1"))
    rig.deploy(diagram(ENDS + person("t") + boundary + after + "s->t t->e b->again again->e"))
    instance = rig.start(times=0)
    for hour in (10, 12, 14):
        assert due(rig) == MONDAY.replace(hour=hour)
        rig.now = MONDAY.replace(hour=hour).astimezone(UTC)
        assert rig.later() == 1
    assert rig.data(instance)["times"] == 3


def test_a_cron_expression_that_never_comes_is_refused(rig: Rig) -> None:
    start = '<startEvent id="s"><timerEventDefinition><timeCycle>0 0 31 4 *</timeCycle>'
    with pytest.raises(DeployRefused, match="never comes"):
        rig.deploy(diagram(start + '</timerEventDefinition></startEvent><endEvent id="e"/>s->e'))


def test_conditions_of_flows_and_starts_know_the_functions(rig: Rig) -> None:
    condition = 'contains any(subject, ["refund"])'
    start = (
        f'<startEvent id="s">{extension(f"<l:startCondition>={condition}</l:startCondition>")}'
        f'{on_message("mail")}</startEvent><exclusiveGateway id="g"/><endEvent id="a"/><endEvent id="z"/>'
    )
    flows = 's->g g->a[business duration between(now(), now(), "hotline") = @"PT0S"] g->>z'
    rig.deploy(diagram(start + flows, outside=message("mail")))
    assert not rig.message("mail", {"subject": "Hello"}).started
    (instance,) = rig.message("mail", {"subject": "REFUND!"}).started
    assert isinstance(instance, UUID)
    assert "a" in rig.passed(instance)


def test_decisions_know_the_functions(rig: Rig) -> None:
    model = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="d">'
        '<decision id="open" name="open"><variable name="open"/><literalExpression>'
        '<text>is working time(now(), "hotline")</text></literalExpression></decision></definitions>'
    )
    ask = extension('<l:decision key="open" result="x"/>')
    task = f'<businessRuleTask id="t">{ask}</businessRuleTask>'
    with rig.database.transaction() as session:
        resources = {"p.bpmn": diagram(ENDS + task + "s->t t->e"), "d.dmn": model.encode()}
        rig.engine.deploy(session, resources, actor=SYSTEM)
    assert rig.data(rig.start())["x"] is True
    rig.now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert rig.data(rig.start())["x"] is False
