"""What diagrams combine: event sub-processes in rounds in calls, compensation of rounds, events through several levels,
joins in loops, data of nested scopes; and what SpiffWorkflow does otherwise than drawn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import migration, modification, scheduler
from engine.errors import InstanceGone
from engine.tables import human_task, process_instance, subscription
from engine.tables import timer as timers
from tests.engine.bpmn.test_activities import looped, multi
from tests.engine.bpmn.test_compensation import throw, tie
from tests.engine.bpmn.test_events import boundary, event_subprocess
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, message, on_message, person, script, service, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
SIGNAL = '<signal id="sg" name="go"/>'
ON_SIGNAL = '<signalEventDefinition signalRef="sg"/>'
ERROR = '<error id="er" errorCode="E"/>'
ON_ERROR = '<errorEventDefinition errorRef="er"/>'
ESCALATION = '<escalation id="up" escalationCode="UP"/>'
ON_ESCALATION = '<escalationEventDefinition escalationRef="up"/>'


def note(name: str, text: str = "") -> str:
    return service(name, "test.note", text=text or name)


def thrown(name: str, definition: str) -> str:
    return f'<intermediateThrowEvent id="{name}">{definition}</intermediateThrowEvent>'


def sub(name: str, inside: str, more: str = "") -> str:
    """A sub-process; its start and end are `<name>_s` and `<name>_e`."""
    ends = f'<startEvent id="{name}_s"/><endEvent id="{name}_e"/>'
    return f'<subProcess id="{name}">{more}{ends}{inside}</subProcess>'


def seen(rig: Rig, instance: UUID) -> dict[str, object]:
    """The data of an instance as its only open task sees it."""
    with rig.database.reading() as session:
        (task,) = rig.engine.open_tasks(session, instance)
        return rig.engine.task(session, task).data


def state_size(rig: Rig, instance: UUID) -> int:
    with rig.database.reading() as session:
        wanted = process_instance.c.id == instance
        return len(session.scalars(select(process_instance.c.state).where(wanted)).one() or b"")


def test_an_event_subprocess_listens_in_each_round_of_a_called_process(rig: Rig) -> None:
    heard = note("n", "=item") + "es_s->n n->es_e"
    inside = person("w") + event_subprocess("es", on_message("ping"), heard, False)
    rounds = multi(collection="items", element="item")
    called = ENDS + sub("o", inside + "o_s->w w->o_e", rounds) + "s->o o->e"
    rig.deploy(
        diagram(ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e'),
        diagram(called, key="q", outside=message("ping", "=item")),
    )
    instance = rig.start(items=["x", "y"])
    for key in ("y", "y", "x"):
        rig.message("ping", correlation=key)
    assert rig.trace == ["y", "y", "x"]
    rig.complete("w")
    assert not rig.message("ping", correlation="x").anywhere
    assert rig.message("ping", correlation="y").anywhere
    rig.complete("w")
    assert rig.status(instance) == "completed"


def test_rounds_are_undone_with_their_own_data_the_latest_first(rig: Rig) -> None:
    work = looped(note("a", "=item"), multi("sequential", collection="items", element="item"))
    handler = note("undo_a", "=&quot;undo &quot; + item").replace(
        "<serviceTask ", '<serviceTask isForCompensation="true" '
    )
    edge = '<boundaryEvent id="b_a" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
    rig.deploy(diagram(ENDS + work + edge + handler + throw() + "s->a a->x x->e" + tie("a")))
    rig.start(items=["1", "2", "3"])
    assert rig.trace == ["1", "2", "3", "undo 3", "undo 2", "undo 1"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_leaves_two_scopes_or_a_round_of_a_call(
    rig: Rig, interrupting: bool
) -> None:
    inner = sub("i", thrown("x", ON_ESCALATION) + person("w") + "i_s->x x->w w->i_e")
    outer = sub("o", inner + "o_s->i i->o_e")
    catch = boundary("b", "o", ON_ESCALATION, interrupting) + note("n") + '<endEvent id="e2"/>'
    rig.deploy(diagram(ENDS + outer + catch + "s->o o->e b->n n->e2", outside=ESCALATION))
    rounds = multi(inside="<loopCardinality>2</loopCardinality>")
    call = looped('<callActivity id="o" calledElement="r"></callActivity>', rounds)
    called = ENDS + thrown("x", ON_ESCALATION) + person("w") + "s->x x->w w->e"
    rig.deploy(
        diagram(ENDS + call + catch + "s->o o->e b->n n->e2", key="q", outside=ESCALATION),
        diagram(called, key="r", outside=ESCALATION),
    )
    nested, repeated = rig.start(), rig.start("q")
    assert rig.trace == ["n"] * (2 if interrupting else 3)
    assert rig.status(nested) == rig.status(repeated) == ("completed" if interrupting else "active")


def test_terminate_in_an_event_subprocess_ends_it_and_nothing_around(rig: Rig) -> None:
    end = '<endEvent id="t"><terminateEventDefinition/></endEvent><parallelGateway id="g"/>'
    inside = end + person("p2") + "es_s->g g->p2 g->t p2->es_e"
    body = ENDS + person("a") + event_subprocess("es", on_message("ping"), inside, False)
    rig.deploy(diagram(body + "s->a a->e", outside=message("ping")))
    instance = rig.start()
    for _ in range(2):
        rig.message("ping")
        assert rig.active(instance) == ["a"]
    rig.complete("a")
    assert rig.status(instance) == "completed"


def test_links_of_one_name_lead_within_their_own_scopes(rig: Rig) -> None:
    def links(name: str) -> str:
        link = '<linkEventDefinition name="L"/>'
        catch = f'<intermediateCatchEvent id="{name}_in">{link}</intermediateCatchEvent>'
        return thrown(f"{name}_out", link) + catch

    inside = links("i") + note("n") + "o_s->i_out i_in->n n->o_e"
    rig.deploy(
        diagram(ENDS + sub("o", inside) + links("u") + note("m") + "s->o o->u_out u_in->m m->e")
    )
    assert rig.status(rig.start()) == "completed"
    assert rig.trace == ["n", "m"]


@pytest.mark.parametrize("place", ["edge", "event sub-process"])
def test_a_cycle_of_three_rounds_fires_three_times(rig: Rig, place: str) -> None:
    cycle = timer("Cycle", "R3/PT1H")
    if place == "edge":
        more = boundary("b", "a", cycle, False) + note("n") + '<endEvent id="e2"/>b->n n->e2 '
    else:
        more = event_subprocess("es", cycle, note("n") + "es_s->n n->es_e", False)
    rig.deploy(diagram(ENDS + person("a") + more + "s->a a->e"))
    instance = rig.start()
    assert [rig.later(hours=1) for _ in range(5)] == [1, 1, 1, 0, 0]
    rig.complete("a")
    assert rig.status(instance) == "completed"


def test_an_inclusive_join_in_a_loop_waits_for_what_can_still_come(rig: Rig) -> None:
    gateways = '<inclusiveGateway id="f"/><inclusiveGateway id="j"/><exclusiveGateway id="x"/>'
    body = ENDS + '<exclusiveGateway id="m"/>' + gateways + person("a") + person("b") + note("n")
    flows = "s->m m->f f->a[both] f->b[true] a->j b->j j->n n->x x->m[again] x->>e"
    rig.deploy(diagram(body + flows))
    instance = rig.start(both=True, again=True)
    rig.complete("a")
    assert rig.trace == []
    rig.complete("b", both=False)
    assert rig.trace == ["n"]
    rig.complete("b", again=False)
    assert rig.status(instance) == "completed"
    assert rig.trace == ["n", "n"]


def test_a_complex_gateway_in_a_loop_is_ready_again_when_all_have_come(rig: Rig) -> None:
    gateway = (
        '<complexGateway id="j"><activationCondition>activationCount &gt;= 2</activationCondition>'
        '</complexGateway><exclusiveGateway id="m"/><parallelGateway id="f"/><exclusiveGateway id="x"/>'
    )
    people = person("a") + person("b") + person("c") + person("w")
    flows = "s->m m->f f->a f->b f->c a->j b->j c->j j->n n->w w->x x->m[again] x->>e"
    rig.deploy(diagram(ENDS + gateway + people + note("n") + flows))
    instance = rig.start(again=True)
    rig.complete("a")
    rig.complete("b")
    rig.complete("c")
    assert rig.trace == ["n"]
    rig.complete("w")
    rig.complete("a")
    rig.complete("c", again=False)
    rig.complete("w")
    assert rig.trace == ["n", "n"]
    assert rig.active(instance) == ["b"]
    rig.complete("b")
    assert rig.status(instance) == "completed"


def test_a_data_object_of_a_subprocess_hides_the_one_around_it(rig: Rig) -> None:
    inside = '<dataObject id="d" name="x"/>' + script("t", ("x", "around + 1"), ("y", "x"))
    rig.deploy(diagram(ENDS + sub("o", inside + "o_s->t t->o_e") + person("a") + "s->o o->a a->e"))
    assert seen(rig, rig.start(around=1, x=100)) == {"around": 1, "x": 100, "y": 2}


def test_an_error_is_handled_inside_and_goes_on_outwards(rig: Rig) -> None:
    handler = (
        f'<subProcess id="es" triggeredByEvent="true"><startEvent id="h">{ON_ERROR}</startEvent>'
        f'{note("handled")}<endEvent id="again">{ON_ERROR}</endEvent>h->handled handled->again</subProcess>'
    )
    inside = service("w", "test.throw", code="E") + handler + "o_s->w w->o_e"
    body = ENDS + sub("o", inside) + boundary("b", "o", ON_ERROR) + note("left")
    rig.deploy(diagram(body + "s->o o->e b->left left->e", outside=ERROR))
    assert rig.status(rig.start()) == "completed"
    assert rig.trace == ["handled", "left"]


def test_a_condition_and_an_escalation_start_event_subprocesses(rig: Rig) -> None:
    condition = "<conditionalEventDefinition><condition>level &gt; 3</condition></conditionalEventDefinition>"
    body = ENDS + person("a") + person("c") + thrown("x", ON_ESCALATION)
    body += event_subprocess("one", condition, note("high") + "one_s->high high->one_e", False)
    body += event_subprocess("two", ON_ESCALATION, note("up1") + "two_s->up1 up1->two_e", False)
    rig.deploy(diagram(body + "s->a a->x x->c c->e", outside=ESCALATION))
    instance = rig.start(level=1)
    rig.complete("a", level=5)
    assert sorted(rig.trace) == ["high", "up1"]
    rig.complete("c", level=2)
    assert rig.status(instance) == "completed"


def test_a_signal_end_event_reaches_this_instance_and_others(rig: Rig) -> None:
    end = f'<endEvent id="x">{ON_SIGNAL}</endEvent><parallelGateway id="f"/>'
    catch = f'<intermediateCatchEvent id="c">{ON_SIGNAL}</intermediateCatchEvent>'
    rig.deploy(
        diagram(ENDS + end + catch + person("a") + "s->f f->a f->c a->x c->e", outside=SIGNAL),
        diagram(ENDS + catch + "s->c c->e", key="q", outside=SIGNAL),
    )
    thrower, other = rig.start(), rig.start("q")
    rig.complete("a")
    assert rig.status(thrower) == "completed"
    rig.work()
    assert rig.status(other) == "completed"


def test_two_events_that_only_together_fire_do_so_again(rig: Rig) -> None:
    both = on_message("one") + on_message("two")
    edge = boundary("b", "a", both, False).replace("cancelActivity", 'parallelMultiple="true" cancelActivity')
    body = ENDS + person("a") + edge + note("n") + '<endEvent id="e2"/>s->a a->e b->n n->e2'
    rig.deploy(diagram(body, outside=message("one") + message("two")))
    rig.start()
    for name in ("one", "one", "two"):
        rig.message(name)
    assert rig.trace == ["n"]
    for name in ("two", "one"):
        rig.message(name)
    assert rig.trace == ["n", "n"]


def test_the_edge_of_a_call_keeps_its_time_when_the_called_process_is_migrated(rig: Rig) -> None:
    def files(called: str, text: str) -> tuple[bytes, bytes]:
        edge = boundary("b", "c", timer("Duration", "PT1H")) + note("late", text)
        outer = ENDS + '<callActivity id="c" calledElement="q"/>' + edge + "s->c c->e b->late late->e"
        return diagram(outer), diagram(ENDS + called, key="q")

    rig.deploy(*files(person("a") + "s->a a->e", "old"))
    instance = rig.start()
    rig.later(minutes=30)
    rig.deploy(*files(person("a") + person("z") + "s->a a->z z->e", "new"))
    with rig.database.transaction() as session:
        row = session.execute(select(process_instance)).one()
        old = rig.engine.library.version(session, row.version_id)
        new = rig.engine.library.latest(session, "p")
        mapping = migration.draft(old, new).mapping
        migration.migrate(rig.engine, session, instance, new, mapping, actor=ALICE, reason="new")
    rig.complete("a")
    assert rig.active(instance) == ["c", "z"]
    assert rig.later(minutes=29) == 0
    assert rig.later(minutes=1) == 1
    assert rig.trace == ["new"]
    assert rig.status(instance) == "completed"


def test_a_process_calls_itself(rig: Rig) -> None:
    mapped = '<extensionElements><l:input name="n" value="=n - 1"/></extensionElements>'
    call = f'<callActivity id="c" calledElement="p">{mapped}</callActivity>'
    body = ENDS + '<exclusiveGateway id="g"/>' + call + note("n0", "=string(n)")
    rig.deploy(diagram(body + "s->g g->c[n > 0] g->>n0 c->e n0->e"))
    assert rig.status(rig.start(n=3)) == "completed"
    assert rig.trace == ["0"]


def test_a_loop_with_an_edge_and_a_join_has_no_depth(rig: Rig) -> None:
    """SpiffWorkflow stops after 1,000 levels, or 200 rounds such as these."""
    gateways = '<exclusiveGateway id="m"/><exclusiveGateway id="x"/><parallelGateway id="f"/><parallelGateway id="j"/>'
    body = ENDS + gateways + person("a") + boundary("b", "a", timer("Duration", "P1D"))
    body += script("t", ("n", "n + 1")) + '<task id="u"/><endEvent id="late"/>'
    rig.deploy(diagram(body + "s->m m->a a->f f->t f->u t->j u->j j->x x->m[n < 220] x->>e b->late"))
    instance = rig.start(n=0)
    small = state_size(rig, instance)
    for _ in range(219):
        rig.complete("a")
    assert state_size(rig, instance) <= small + 8
    rig.complete("a")
    assert rig.status(instance) == "completed"


def test_a_loop_of_scripts_runs_far_within_one_step(rig: Rig) -> None:
    body = ENDS + '<exclusiveGateway id="m"/><exclusiveGateway id="x"/>' + script("t", ("n", "n + 1"))
    rig.deploy(diagram(body + "s->m m->t t->x x->m[n < 1100] x->>e"))
    instance = rig.start(n=0)
    assert rig.status(instance) == "completed"
    assert rig.data(instance)["n"] == 1100


def test_data_may_be_called_whatever_it_likes(rig: Rig) -> None:
    """A key `typename` makes an instance unreadable for SpiffWorkflow's own serializer."""
    rig.deploy(diagram(ENDS + person("a") + person("b") + "s->a a->b b->e"))
    given = {"typename": "datetime", "deep": {"typename": None, "__bytes__": [1, {"type": "x"}]}}
    instance = rig.start(**given)
    rig.complete("a")
    assert seen(rig, instance) == given


@pytest.mark.parametrize("tag", ["task", "subProcess"])
def test_an_activity_that_declares_no_data_copies_it_all_the_same(rig: Rig, tag: str) -> None:
    inside = '<startEvent id="x"/><endEvent id="y"/>x->y ' if tag == "subProcess" else ""
    copies = "".join(
        f'<data{kind}Association id="{kind}"><sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>'
        f"</data{kind}Association>"
        for kind, source, target in (("Input", "a", "b"), ("Output", "b", "c"))
    )
    objects = "".join(f'<dataObject id="{name}"/>' for name in "abc")
    body = ENDS + objects + f'<{tag} id="t">{copies}{inside}</{tag}>' + person("u")
    rig.deploy(diagram(body + "s->t t->u u->e"))
    instance = rig.start(a=5)
    assert seen(rig, instance) == {"a": 5, "b": 5, "c": 5}


def test_what_is_cut_off_in_every_scope_leaves_nothing_behind(rig: Rig) -> None:
    """Rounds of a called process with jobs, timers and event sub-processes: suspended, gone on, cut off at the edge."""
    heard = person("h") + "es_s->h h->es_e"
    inside = service("w", "test.work") + boundary("b", "w", timer("Duration", "PT1H"))
    inside += person("late") + event_subprocess("es", on_message("ping"), heard)
    rounds = multi(collection="items", element="item")
    called = ENDS + sub("o", inside + "o_s->w w->o_e b->late late->o_e", rounds) + "s->o o->e"
    calling = '<callActivity id="c" calledElement="q"/>' + boundary("cb", "c", ON_SIGNAL) + person("out")
    rig.deploy(
        diagram(ENDS + calling + "s->c c->e cb->out out->e", outside=SIGNAL),
        diagram(called, key="q", outside=message("ping", "=item")),
    )
    instance = rig.start(items=["a", "b", "c"])
    rig.message("ping", correlation="b")
    with rig.database.transaction() as session:
        modification.suspend(rig.engine, session, instance, actor=ALICE, reason="wait")
    assert (rig.later(hours=2), rig.work()) == (0, 0)
    assert rig.message("ping", correlation="c").kept
    with rig.database.transaction() as session:
        modification.resume(rig.engine, session, instance, actor=ALICE, reason="on")
    assert rig.later(seconds=1) == 1  # of the round that nobody has called
    assert [rig.passed(instance).count(e) for e in ("es_s", "b")] == [2, 1]
    rig.signal("go")
    assert rig.active(instance) == ["out"]
    with rig.database.reading() as session:
        open_tasks = session.scalars(select(human_task.c.element_id).where(human_task.c.status == "open"))
        assert open_tasks.all() == ["out"]
        assert not session.execute(select(timers)).all()
        waiting = select(subscription).where(subscription.c.instance_id.is_not(None))
        assert not session.execute(waiting).all()
    assert {job.status for job in rig.jobs()} == {"cancelled"}
    rig.complete("out")
    assert rig.status(instance) == "completed"


def test_a_message_goes_to_who_has_waited_longest_in_whichever_scope(rig: Rig) -> None:
    old = f'<intermediateCatchEvent id="old">{on_message("go")}</intermediateCatchEvent>'
    new = f'<intermediateCatchEvent id="new">{on_message("go")}</intermediateCatchEvent>'
    body = ENDS + '<parallelGateway id="g"/><parallelGateway id="j"/>' + new + person("u")
    body += sub("o", old + "o_s->old old->o_e") + "s->g g->o g->u u->new new->j o->j j->e"
    rig.deploy(diagram(body, outside=message("go")))
    instance = rig.start()
    rig.later(hours=1)
    rig.complete("u")
    rig.message("go")
    assert "old" in rig.passed(instance)
    assert rig.active(instance) == ["j", "new"]


def test_cancelling_and_firing_at_once_ends_each_instance_one_way(rig: Rig) -> None:
    wait = f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + wait + "s->w w->e"))
    instances = [rig.start() for _ in range(12)]
    rig.now += timedelta(hours=1)

    def cancel(instance: UUID) -> int:
        try:
            with rig.database.transaction() as session:
                rig.engine.cancel(session, instance, actor=ALICE, reason="chance")
        except InstanceGone:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        rounds = [pool.submit(scheduler.run_due, rig.engine, rig.database) for _ in range(2)]
        cancelled = sum(pool.map(cancel, instances))
    fired = sum(one.result()[0] for one in rounds)
    assert cancelled + fired == 12
    statuses = [rig.status(i) for i in instances]
    assert (statuses.count("cancelled"), statuses.count("completed")) == (cancelled, fired)
    assert (rig.later(), rig.incidents()) == (0, [])
