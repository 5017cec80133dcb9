"""Events start, interrupt, wait, throw and end as BPMN 2.0, 10.5 and 13.5 say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import incidents, modification, scheduler, tables
from engine.bpmn.tokens import UncaughtError
from engine.errors import DeployRefused, DiagramError, MessageRefused
from engine.statements import Query
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import (
    diagram,
    extension,
    message,
    on_message,
    person,
    script,
    service,
    timer,
)

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ERROR = '<error id="er" errorCode="E1"/>'


def boundary(name: str, host: str, definition: str, interrupting: bool = True) -> str:
    flag = "true" if interrupting else "false"
    return (
        f'<boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{flag}">'
        f"{definition}</boundaryEvent>"
    )


def event_subprocess(name: str, definition: str, inside: str, interrupting: bool = True) -> str:
    flag = "true" if interrupting else "false"
    return (
        f'<subProcess id="{name}" triggeredByEvent="true">'
        f'<startEvent id="{name}_s" isInterrupting="{flag}">{definition}</startEvent>'
        f'{inside}<endEvent id="{name}_e"/></subProcess>'
    )


def test_a_message_reaches_only_the_instance_with_its_key(rig: Rig) -> None:
    catch = f'<intermediateCatchEvent id="c">{on_message("paid")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + catch + "s->c c->e", outside=message("paid", "=order")))
    first, second = rig.start(order=1), rig.start(order=2)
    delivery = rig.message("paid", {"amount": 5}, correlation="2")
    assert delivery.instances == (second,)
    assert rig.status(first) == "active"
    assert rig.status(second) == "completed"
    assert rig.data(second)["amount"] == 5
    assert not rig.message("paid", correlation="3").anywhere


def test_what_a_message_brings_is_kept_as_the_start_event_says(rig: Rig) -> None:
    mapped = extension('<l:output name="sum" value="=amount * 2"/>')
    data = (
        '<dataOutput id="o" name="amount"/><dataOutputAssociation><sourceRef>o</sourceRef>'
        "<targetRef>total</targetRef></dataOutputAssociation>"
        "<outputSet><dataOutputRefs>o</dataOutputRefs></outputSet>"
    )
    for key, more, event in (("p", mapped, "startEvent"), ("q", data, "startEvent")):
        start = f'<{event} id="s">{more}{on_message(key)}</{event}><dataObject id="total"/>'
        body = start + '<endEvent id="e"/>' + person("a") + "s->a a->e"
        rig.deploy(diagram(body, key=key, outside=message(key)))
    for key, expected in (("p", {"sum": 10}), ("q", {"total": 5})):
        (instance,) = rig.message(key, {"amount": 5, "secret": 1}).started
        assert rig.data(instance) == expected
    receive = f'<receiveTask id="s" messageRef="m_r" instantiate="true">{mapped}</receiveTask>'
    rig.deploy(diagram(receive + person("a") + "s->a", key="r", outside=message("r")))
    (instance,) = rig.message("r", {"amount": 5, "secret": 1}).started
    assert rig.data(instance) == {"sum": 10}


def test_assignments_of_data_associations_are_made(rig: Rig) -> None:
    def assignment(origin: str, to: str) -> str:
        return f"<assignment><from>{origin}</from><to>{to}</to></assignment>"

    catch = (
        '<intermediateCatchEvent id="c"><dataOutput id="o" name="amount"/><dataOutputAssociation>'
        f'<sourceRef>o</sourceRef><targetRef>total</targetRef>{assignment("amount * 2", "doubled")}'
        "</dataOutputAssociation><outputSet><dataOutputRefs>o</dataOutputRefs></outputSet>"
        f'{on_message("in")}</intermediateCatchEvent>'
    )
    throw = (
        '<endEvent id="e"><dataInput id="i" name="amount"/><dataInputAssociation>'
        f'<sourceRef>total</sourceRef><targetRef>i</targetRef>{assignment("doubled + 1", "more")}'
        "</dataInputAssociation><inputSet><dataInputRefs>i</dataInputRefs></inputSet>"
        f'{on_message("out")}</endEvent>'
    )
    body = '<startEvent id="s"/><dataObject id="total"/>' + catch + throw + "s->c c->e"
    rig.deploy(diagram(body, outside=message("in") + message("out")))
    instance = rig.start()
    rig.message("in", {"amount": 5})
    assert rig.data(instance) == {"total": 5, "doubled": 10}
    (thrown,) = rig.jobs()
    assert thrown.parameters["payload"] == {"amount": 5, "more": 11}


def test_a_key_that_is_too_long_is_refused_in_words(rig: Rig) -> None:
    catch = f'<intermediateCatchEvent id="c">{on_message("paid")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + catch + "s->c c->e", outside=message("paid", "=k")))
    with pytest.raises(DiagramError, match="over 255 characters"):
        rig.start(k="k" * 256)


def test_a_message_is_not_thrown_under_a_key_that_is_null(rig: Rig) -> None:
    throw = f'<endEvent id="e">{on_message("out")}</endEvent>'
    rig.deploy(diagram('<startEvent id="s"/>' + throw + "s->e", outside=message("out", "=order")))
    with pytest.raises(DiagramError, match="is null"):
        rig.start()


def test_a_message_that_comes_early_is_kept_for_its_time(rig: Rig) -> None:
    catch = f'<intermediateCatchEvent id="c">{on_message("paid")}</intermediateCatchEvent>'
    rig.deploy(
        diagram(ENDS + person("a") + catch + "s->a a->c c->e", outside=message("paid", "=k"))
    )
    assert rig.message("paid", correlation="1", time_to_live=timedelta(hours=1)).kept
    instance = rig.start(k="1")
    rig.complete("a")
    rig.later(seconds=1)
    assert rig.status(instance) == "completed"
    assert rig.message("paid", correlation="2", time_to_live=timedelta(hours=1)).kept
    rig.now += timedelta(hours=2)
    late = rig.start(k="2")
    rig.complete("a")
    rig.later(seconds=1)
    assert rig.status(late) == "active"


def test_a_kept_message_that_cannot_be_taken_holds_up_nothing_and_becomes_an_incident(
    rig: Rig,
) -> None:
    catch = f'<intermediateCatchEvent id="c">{on_message("paid")}</intermediateCatchEvent>'
    ways = '<exclusiveGateway id="g"/><task id="x"/><task id="y"/>'
    body = ENDS + person("a") + catch + ways + "s->a a->c c->g g->x[ok = 1] g->y[ok = 2] x->e y->e"
    wait = f'<intermediateCatchEvent id="w">{timer("Duration", "PT1M")}</intermediateCatchEvent>'
    rig.deploy(
        diagram(body, outside=message("paid", "=k")), diagram(ENDS + wait + "s->w w->e", key="q")
    )
    rig.message("paid", correlation="1", time_to_live=timedelta(days=9))
    stuck, other = rig.start(k="1"), rig.start("q")
    rig.complete("a")
    assert rig.later(minutes=1) == 1
    assert rig.status(other) == "completed"
    for _ in range(6):
        rig.work()
        rig.later(hours=1)
    (incident,) = rig.incidents()
    with rig.database.transaction() as session:
        modification.edit_variables(
            rig.engine, session, stuck, {"ok": 1}, actor=ALICE, reason="mended"
        )
        incidents.retry(rig.engine, session, incident.id, actor=ALICE, reason="mended")
    rig.work()
    assert rig.status(stuck) == "completed"


def test_booleans_may_be_written_as_digits(rig: Rig) -> None:
    edge = boundary("b", "a", timer("Duration", "PT1H")).replace('"true"', '" 1 "')
    beside = boundary("c", "a", timer("Duration", "PT2M")).replace('"true"', '"0"')
    body = ENDS + person("a") + edge + beside + service("n", "test.note", text="beside")
    content = diagram(body + "s->a a->e b->e c->n n->e")
    rig.deploy(content.replace(b'isExecutable="true"', b'isExecutable="1"'))
    instance = rig.start()
    rig.later(minutes=2)
    assert rig.active(instance) == ["a"]
    rig.later(hours=1)
    assert rig.status(instance) == "completed"
    assert rig.trace == ["beside"]


def test_the_same_dedupe_key_counts_once(rig: Rig) -> None:
    start = f'<startEvent id="s">{on_message("order")}</startEvent><endEvent id="e"/>'
    rig.deploy(diagram(start + "s->e", outside=message("order")))
    assert len(rig.message("order", dedupe_key="a").started) == 1
    assert rig.message("order", dedupe_key="a").duplicate
    assert len(rig.message("order", dedupe_key="b").started) == 1


def test_a_start_condition_is_asked_before_there_is_an_instance(rig: Rig) -> None:
    start = (
        '<startEvent id="s"><extensionElements><l:startCondition>=amount &gt; 10</l:startCondition>'
        f'</extensionElements>{on_message("order")}</startEvent><endEvent id="e"/>'
    )
    rig.deploy(diagram(start + "s->e", outside=message("order")))
    assert not rig.message("order", {"amount": 5}).started
    assert len(rig.message("order", {"amount": 50}).started) == 1


def test_a_new_version_takes_over_the_start_event(rig: Rig) -> None:
    start = f'<startEvent id="s">{on_message("order")}</startEvent><endEvent id="e"/>'
    rig.deploy(diagram(start + "s->e", outside=message("order")))
    rig.deploy(diagram(start + '<task id="new"/>s->new new->e', outside=message("order")))
    (instance,) = rig.message("order").started
    assert "new" in rig.passed(instance)


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_boundary_message_interrupts_or_comes_again_and_again(
    rig: Rig, interrupting: bool
) -> None:
    body = ENDS + person("a") + boundary("b", "a", on_message("ping"), interrupting)
    body += service("n", "test.note", text="ping") + '<endEvent id="e2"/>s->a a->e b->n n->e2'
    rig.deploy(diagram(body, outside=message("ping")))
    instance = rig.start()
    rig.message("ping")
    if interrupting:
        assert rig.status(instance) == "completed"
        assert not rig.message("ping").anywhere
    else:
        rig.message("ping")
        rig.message("ping")
        assert rig.trace == ["ping"] * 3
        rig.complete("a")
        assert rig.status(instance) == "completed"


@pytest.mark.parametrize("kind", ["signals", "conditions"])
def test_an_interrupting_event_fires_once_though_two_come_at_once(rig: Rig, kind: str) -> None:
    """Two signals, or two conditions, within one step: the second finds nobody who still waits."""
    signal = '<signalEventDefinition signalRef="sg"/>'
    conditions = "".join(
        f"<conditionalEventDefinition><condition>{name}</condition></conditionalEventDefinition>"
        for name in ("x", "y")
    )
    edge = boundary("b", "w", signal if kind == "signals" else conditions)
    throws = "".join(
        f'<intermediateThrowEvent id="{name}">{signal}</intermediateThrowEvent>'
        for name in ("t1", "t2")
    )
    body = ENDS + '<parallelGateway id="f"/><parallelGateway id="f2"/>' + person("w") + person("go")
    body += edge + throws + service("n", "test.note", text="once")
    flows = "s->f f->w f->go go->f2 f2->t1 f2->t2 t1->e t2->e w->e b->n n->e"
    rig.deploy(diagram(body + flows, outside='<signal id="sg" name="alarm"/>'))
    instance = rig.start(x=False, y=False)
    rig.complete("go", x=True, y=True)
    assert rig.trace == ["once"]
    assert rig.status(instance) == "completed"


def test_a_boundary_timer_interrupts_once_due_and_not_before(rig: Rig) -> None:
    body = ENDS + person("a") + boundary("b", "a", timer("Duration", "PT1H"))
    rig.deploy(diagram(body + '<task id="late"/>s->a a->e b->late late->e'))
    instance = rig.start()
    assert rig.later(minutes=59) == 0
    assert rig.later(minutes=1) == 1
    assert "late" in rig.passed(instance)
    assert "a" not in rig.passed(instance)


def test_a_cycle_fires_again_and_after_downtime_once(rig: Rig) -> None:
    body = ENDS + person("a") + boundary("b", "a", timer("Cycle", "R/PT10M"), interrupting=False)
    body += service("n", "test.note", text="tick") + '<endEvent id="e2"/>s->a a->e b->n n->e2'
    rig.deploy(diagram(body))
    rig.start()
    for _ in range(3):
        rig.later(minutes=10)
    assert rig.trace == ["tick"] * 3
    assert rig.later(hours=5) == 1
    assert rig.later(minutes=9) == 0
    assert rig.later(minutes=1) == 1


def test_what_becomes_due_beside_a_backlog_does_not_wait_for_its_end(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each firing takes a second; the backlog of six would keep the punctual one waiting for five."""
    monkeypatch.setattr(scheduler, "_OLDEST", limited(scheduler._OLDEST, 2))
    catch = f'<intermediateCatchEvent id="t">{timer("Date", "=due")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + catch + service("n", "test.note", text="=who") + "s->t t->n n->e"))
    for number in range(6):
        rig.start(due=rig.now + timedelta(minutes=number), who=str(number))
    rig.start(due=rig.now + timedelta(hours=1, seconds=1), who="punctual")

    def passes(_step: object) -> None:
        rig.now += timedelta(seconds=1)

    rig.engine.stepped = passes
    assert rig.later(hours=1) == 7
    assert rig.trace == ["0", "1", "punctual", "2", "3", "4", "5"]


def limited(query: Query, count: int) -> Query:
    """The same, of fewer rows."""
    return Query(query.statement.limit(count))  # type: ignore[attr-defined]


def test_a_bounded_cycle_ends(rig: Rig) -> None:
    body = ENDS + person("a") + boundary("b", "a", timer("Cycle", "R2/PT10M"), interrupting=False)
    rig.deploy(diagram(body + '<task id="t"/><endEvent id="e2"/>s->a a->e b->t t->e2'))
    instance = rig.start()
    fired = sum(rig.later(minutes=10) for _ in range(5))
    assert fired == 2
    assert rig.passed(instance).count("t") == 2


def test_a_timer_start_event_starts_instances(rig: Rig) -> None:
    start = f'<startEvent id="s">{timer("Cycle", "R/PT1H")}</startEvent><endEvent id="e"/>'
    rig.deploy(diagram(start + service("n", "test.note", text="hour") + "s->n n->e"))
    rig.later(hours=1)
    rig.later(hours=1)
    assert rig.trace == ["hour", "hour"]


def test_a_start_every_month_goes_back_to_its_day_after_a_short_month(rig: Rig) -> None:
    start = f'<startEvent id="s">{timer("Cycle", "R/P1M")}</startEvent><endEvent id="e"/>'
    rig.now = datetime(2026, 1, 31, 9, tzinfo=UTC)
    rig.deploy(diagram(start + "s->e"))
    due = []
    for _ in range(4):
        with rig.database.reading() as session:
            due.append(session.scalars(select(tables.timer.c.due_at)).one())
        rig.now = due[-1]
        rig.later()
    assert [f"{d:%d.%m.}" for d in due] == ["28.02.", "31.03.", "30.04.", "31.05."]


def test_of_several_plain_starts_the_caller_names_one(rig: Rig) -> None:
    body = '<startEvent id="s1"/><startEvent id="s2"/><endEvent id="e"/>' + person("a")
    rig.deploy(diagram(body + "s1->a s2->a a->e"))
    with pytest.raises(DiagramError, match="several start events without trigger: s1, s2"):
        rig.start()
    with pytest.raises(DiagramError, match="no start event 'a'"):
        begin(rig, "a")
    instance = begin(rig, "s2")
    assert rig.passed(instance) == ["s2"]
    assert rig.active(instance) == ["a"]


def begin(rig: Rig, start: str) -> UUID:
    with rig.database.transaction() as session:
        return rig.engine.start(session, "p", {}, actor=ALICE, start=start)


@pytest.mark.parametrize("long", ["correlation", "dedupe_key", "name"])
def test_what_comes_from_outside_under_too_long_a_name_is_refused_in_words(rig: Rig, long: str) -> None:
    given: dict[str, Any] = {"name": "go", "time_to_live": timedelta(hours=1)} | {long: "x" * 256}
    with pytest.raises(MessageRefused, match="over 255 characters"):
        rig.message(**given)
    rig.message(**given | {long: "x" * 255})


def test_a_diagram_throws_under_no_key_that_nobody_could_wait_for(rig: Rig) -> None:
    throw = f'<intermediateThrowEvent id="t">{on_message("go")}</intermediateThrowEvent>'
    rig.deploy(diagram(ENDS + throw + "s->t t->e", outside=message("go", "=order")))
    with pytest.raises(DiagramError, match="t: the key is over 255 characters"):
        rig.start(order="x" * 256)


def test_names_that_the_tables_cannot_hold_are_refused_at_deploy(rig: Rig) -> None:
    name = "x" * 256
    for wrong in (
        diagram(ENDS + f'<task id="{name}"/>s->{name} {name}->e'),
        diagram(ENDS + "s->e", outside=f'<message id="m" name="{name}"/>'),
        diagram(ENDS + "s->e", outside=f'<dataStore id="{name}"/>'),
        diagram(ENDS + "s->e", key=name),
    ):
        with pytest.raises(DeployRefused, match="over 255 characters"):
            rig.deploy(wrong)


def test_an_event_gateway_takes_the_first_and_disarms_the_others(rig: Rig) -> None:
    arms = (
        f'<intermediateCatchEvent id="m">{on_message("go")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="t1">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="t2">{timer("Duration", "PT10M")}</intermediateCatchEvent>'
    )
    rig.deploy(
        diagram(
            ENDS + '<eventBasedGateway id="g"/>' + arms + "s->g g->m g->t1 g->t2 m->e t1->e t2->e",
            outside=message("go"),
        )
    )
    by_timer, by_message = rig.start(), None
    assert rig.later(minutes=10) == 1
    assert "t2" in rig.passed(by_timer)
    by_message = rig.start()
    rig.message("go")
    assert "m" in rig.passed(by_message)
    assert rig.later(hours=2) == 0


@pytest.mark.parametrize(
    "more",
    [
        '<ioSpecification><dataOutput id="o" name="got"/><inputSet/><outputSet><dataOutputRefs>o'
        "</dataOutputRefs></outputSet></ioSpecification>",
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>",
    ],
)
def test_a_receive_task_with_data_or_rounds_decides_an_event_gateway(rig: Rig, more: str) -> None:
    body = ENDS + '<eventBasedGateway id="g"/>'
    body += f'<receiveTask id="m" messageRef="m_go">{more}</receiveTask>'
    body += f'<intermediateCatchEvent id="t">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    body += service("n", "test.note", text="heard") + service("l", "test.note", text="late")
    rig.deploy(diagram(body + " s->g g->m g->t m->n t->l n->e l->e", outside=message("go")))
    instance = rig.start()
    assert rig.active(instance) == ["g"]
    rig.message("go")
    rig.message("go")
    assert rig.later(hours=2) == 0
    assert rig.trace == ["heard"]
    assert rig.status(instance) == "completed"


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_subprocess_interrupts_or_runs_beside(rig: Rig, interrupting: bool) -> None:
    inside = service("n", "test.note", text="inside") + "es_s->n n->es_e"
    body = ENDS + person("a") + event_subprocess("es", on_message("ping"), inside, interrupting)
    rig.deploy(diagram(body + "s->a a->e", outside=message("ping")))
    instance = rig.start()
    rig.message("ping")
    if interrupting:
        assert rig.status(instance) == "completed"
        assert "a" not in rig.passed(instance)
    else:
        rig.message("ping")
        assert rig.active(instance) == ["a"]
        rig.complete("a")
        assert rig.status(instance) == "completed"
    assert rig.trace == ["inside"] * (1 if interrupting else 2)


def test_what_an_event_subprocess_is_told_stays_inside(rig: Rig) -> None:
    inside = script("t", ("doubled", "n * 2")) + "es_s->t t->es_e"
    body = ENDS + person("a") + event_subprocess("es", on_message("ping"), inside, False)
    rig.deploy(diagram(body + "s->a a->e", outside=message("ping")))
    instance = rig.start()
    rig.message("ping", {"n": 4})
    with rig.database.reading() as session:
        (task,) = rig.engine.open_tasks(session, instance)
        assert rig.engine.task(session, task).data == {"doubled": 8}


def test_a_listener_without_a_key_yet_is_armed_once_its_data_is_there(rig: Rig) -> None:
    inside = service("n", "test.note", text="heard") + "es_s->n n->es_e"
    body = ENDS + person("a") + script("k", ("key", "&quot;k&quot; + string(number)")) + person("b")
    body += event_subprocess("es", on_message("ping"), inside, False)
    rig.deploy(diagram(body + "s->a a->k k->b b->e", outside=message("ping", "=key")))
    rig.start()
    assert not rig.message("ping", correlation="k7").anywhere
    rig.complete("a", number=7)
    assert rig.message("ping", correlation="k7").anywhere
    assert rig.trace == ["heard"]


def test_of_two_keys_the_one_that_is_known_is_heard_and_the_other_waits(rig: Rig) -> None:
    inside = service("n", "test.note", text="heard") + "es_s->n n->es_e"
    both = on_message("known") + on_message("unknown")
    body = ENDS + person("a") + person("b") + event_subprocess("es", both, inside, False)
    outside = message("known", "=one") + message("unknown", "=two")
    rig.deploy(diagram(body + "s->a a->b b->e", outside=outside))
    rig.start(one="1")
    assert rig.message("known", correlation="1").anywhere
    assert not rig.message("unknown").anywhere
    rig.complete("a", two="2")
    assert rig.message("unknown", correlation="2").anywhere
    assert rig.trace == ["heard"] * 2


def test_an_event_subprocess_may_have_properties(rig: Rig) -> None:
    inside = (
        '<subProcess id="es" triggeredByEvent="true"><property id="mine"/>'
        f'<startEvent id="x" isInterrupting="false">{on_message("ping")}</startEvent><endEvent id="y"/>'
        + script("t", ("mine", "1"), ("ours", "mine + 1")) + "x->t t->y</subProcess>"
    )  # fmt: skip
    rig.deploy(diagram(ENDS + person("a") + inside + "s->a a->e", outside=message("ping")))
    instance = rig.start()
    rig.message("ping")
    with rig.database.reading() as session:
        (task,) = rig.engine.open_tasks(session, instance)
        assert rig.engine.task(session, task).data == {"ours": 2}


def test_an_error_is_caught_by_code_at_the_nearest_edge(rig: Rig) -> None:
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/>' + service("t", "test.throw", code="E1")
        + '<endEvent id="se"/>ss->t t->se</subProcess>'
    )  # fmt: skip
    catch = boundary("b", "sub", '<errorEventDefinition errorRef="er"/>')
    rig.deploy(diagram(ENDS + sub + catch + '<task id="c"/>s->sub sub->e b->c c->e', outside=ERROR))
    assert "c" in rig.passed(rig.start())


def test_an_error_end_event_leaves_its_subprocess(rig: Rig) -> None:
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/><parallelGateway id="f"/>' + person("w")
        + '<endEvent id="x"><errorEventDefinition errorRef="er"/></endEvent><endEvent id="se"/>'
        + "ss->f f->w f->x w->se</subProcess>"
    )  # fmt: skip
    catch = boundary("b", "sub", "<errorEventDefinition/>")
    rig.deploy(diagram(ENDS + sub + catch + '<task id="c"/>s->sub sub->e b->c c->e', outside=ERROR))
    instance = rig.start()
    assert rig.status(instance) == "completed"
    assert "c" in rig.passed(instance)


def test_an_error_that_nothing_catches_is_no_silent_end(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + service("t", "test.throw", code="E9") + "s->t t->e"))
    with pytest.raises(UncaughtError, match="E9"):
        rig.start()


def test_an_escalation_goes_outwards_and_may_go_unheard(rig: Rig) -> None:
    throw = '<intermediateThrowEvent id="x"><escalationEventDefinition escalationRef="es1"/></intermediateThrowEvent>'
    sub = (
        f'<subProcess id="sub"><startEvent id="ss"/>{throw}{person("w")}<endEvent id="se"/>'
        "ss->x x->w w->se</subProcess>"
    )
    catch = boundary("b", "sub", '<escalationEventDefinition escalationRef="es1"/>', False)
    outside = '<escalation id="es1" escalationCode="X"/>'
    rig.deploy(
        diagram(
            ENDS + sub + catch + '<task id="c"/><endEvent id="e2"/>s->sub sub->e b->c c->e2',
            outside=outside,
        )
    )
    instance = rig.start()
    assert "c" in rig.passed(instance)
    assert rig.active(instance) == ["sub", "w"]
    rig.deploy(diagram(ENDS + throw + "s->x x->e", key="q", outside=outside))
    assert rig.status(rig.start("q")) == "completed"


def test_links_jump_within_their_scope(rig: Rig) -> None:
    links = (
        '<intermediateThrowEvent id="out"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="in"><linkEventDefinition name="L"/></intermediateCatchEvent>'
    )
    rig.deploy(diagram(ENDS + links + '<task id="t"/>s->out in->t t->e'))
    assert rig.passed(rig.start())[-2:] == ["t", "e"]


def test_terminate_ends_its_scope_only(rig: Rig) -> None:
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/><parallelGateway id="f"/>' + person("w")
        + '<endEvent id="x"><terminateEventDefinition/></endEvent><endEvent id="se"/>ss->f f->w f->x w->se</subProcess>'
    )  # fmt: skip
    rig.deploy(diagram(ENDS + sub + person("after") + "s->sub sub->after after->e"))
    assert rig.active(rig.start()) == ["after"]


def test_a_condition_fires_when_it_becomes_true_whoever_made_it_so(rig: Rig) -> None:
    condition = "<conditionalEventDefinition><condition>level &gt; 3</condition></conditionalEventDefinition>"
    body = ENDS + '<parallelGateway id="f"/>' + person("a") + person("b")
    body += f'<intermediateCatchEvent id="c">{condition}</intermediateCatchEvent><task id="t"/>'
    rig.deploy(diagram(body + "s->f f->a a->b b->e f->c c->t t->e"))
    instance = rig.start(level=1)
    rig.complete("a", level=2)
    assert "t" not in rig.passed(instance)
    rig.complete("b", level=4)
    assert "t" in rig.passed(instance)


def test_a_signal_reaches_all_and_starts_all(rig: Rig) -> None:
    outside = '<signal id="sg" name="alarm"/>'
    event = '<signalEventDefinition signalRef="sg"/>'
    catch = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
    rig.deploy(
        diagram(ENDS + catch + "s->c c->e", outside=outside),
        diagram(
            f'<startEvent id="s">{event}</startEvent><endEvent id="e"/>s->e',
            key="q",
            outside=outside,
        ),
    )
    waiting = [rig.start() for _ in range(3)]
    delivery = rig.signal("alarm")
    assert set(delivery.instances) == set(waiting)
    assert len(delivery.started) == 1
    assert {rig.status(i) for i in waiting} == {"completed"}


def test_a_thrown_message_starts_another_process_after_the_commit(rig: Rig) -> None:
    throw = f'<endEvent id="e">{on_message("done")}</endEvent>'
    start = f'<startEvent id="s">{on_message("done")}</startEvent><endEvent id="e"/>'
    rig.deploy(
        diagram('<startEvent id="s"/>' + throw + "s->e", outside=message("done")),
        diagram(
            start + service("n", "test.note", text="second") + "s->n n->e",
            key="q",
            outside=message("done"),
        ),
    )
    rig.start()
    assert rig.trace == []
    rig.work()
    assert rig.trace == ["second"]


def test_two_processes_that_trigger_each_other_end_in_an_incident(rig: Rig) -> None:
    def ping(key: str, hears: str, says: str) -> bytes:
        body = f'<startEvent id="s">{on_message(hears)}</startEvent><endEvent id="e">{on_message(says)}</endEvent>'
        return diagram(body + "s->e", key=key, outside=message(hears) + message(says))

    rig.deploy(ping("p", "a", "b"), ping("q", "b", "a"))
    rig.message("a")
    for _ in range(10):
        rig.work()
        rig.now += timedelta(hours=1)
    (incident,) = rig.incidents()
    assert "chain of causes" in incident.message
    assert len(rig.jobs()) <= 51


def test_a_diagram_that_turns_in_a_circle_without_waiting_is_stopped(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<exclusiveGateway id="m"/><task id="t"/><exclusiveGateway id="x"/>'
            "s->m m->t t->x x->m[true] x->>e"
        )  # fmt: skip
    )
    with pytest.raises(DiagramError, match="no wait in"):
        rig.start()
