"""Data stores: what processes share outlives them, and is written by one step at a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import migration, modification, store_acts
from engine.actors import SYSTEM, Actor
from engine.bpmn.tokens import DiagramError
from engine.errors import StoreRefused
from engine.rehearsal import rehearse
from engine.sandbox import Sandbox
from engine.tables import human_task, job, subscription
from tests.engine.bpmn.test_activities import multi
from tests.engine.bpmn.test_events import event_subprocess
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

STORE = '<dataStore id="Visits"/>'
HERE = '<dataStoreReference id="visits" dataStoreRef="Visits"/>'
COUNT = script("n", ("Visits", "if Visits = null then 1 else Visits + 1"))
ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def counting(key: str = "p", store: str = STORE) -> bytes:
    """A process that adds 1 to the store."""
    return diagram(ENDS + HERE + COUNT + "s->n n->e", key=key, outside=store)


def value(rig: Rig, key: str = "Visits") -> Any:
    """What a store holds."""
    with rig.database.reading() as session:
        found = store_acts.store(session, key)
    return found and found.value


def changes(rig: Rig, key: str = "Visits") -> list[store_acts.Change]:
    """What it was given, newest first."""
    with rig.database.reading() as session:
        return store_acts.changes(session, key)


def edit(rig: Rig, wanted: Any, revision: int, key: str = "Visits") -> None:
    """Set it by hand."""
    with rig.database.transaction() as session:
        store_acts.edit(
            rig.engine, session, key, wanted, revision=revision, actor=ALICE, reason="miscounted"
        )


def test_the_next_instance_finds_what_the_last_has_written(rig: Rig) -> None:
    rig.deploy(counting())
    assert value(rig) is None
    first, second = rig.start(), rig.start()
    assert value(rig) == 2
    newest, oldest = changes(rig)
    assert (oldest.instance_id, oldest.element_id, oldest.value) == (first, "n", 1)
    assert (newest.instance_id, newest.revision, newest.value) == (second, 2, 2)
    assert rig.data(second)["Visits"] == 2


def test_another_process_shares_it_by_its_id_also_from_another_file(rig: Rig) -> None:
    elsewhere = diagram(ENDS + HERE + COUNT + "s->n n->e", key="q")  # it has no dataStore of its own
    rig.deploy(counting(), elsewhere)
    rig.start("p")
    rig.start("q")
    assert value(rig) == 2


def test_a_new_version_and_a_new_bundle_keep_what_is_in_it(rig: Rig) -> None:
    rig.deploy(counting())
    rig.start()
    rig.deploy(counting(store='<dataStore id="Visits" capacity="3"/>'))
    rig.start()
    assert value(rig) == 2


def test_its_name_is_what_expressions_call_it(rig: Rig) -> None:
    named = '<dataStore id="st_1" name="Visits"/>'
    here = '<dataStoreReference id="a" name="Once" dataStoreRef="st_1"/>'
    here += '<dataStoreReference id="b" name="Twice" dataStoreRef="st_1"/>'
    rig.deploy(diagram(ENDS + here + COUNT + "s->n n->e", outside=named))
    rig.start()
    assert value(rig, "st_1") == 1


def test_values_keep_their_kind(rig: Rig) -> None:
    body = ENDS + HERE + person("a")
    body += script("n", ("Visits", "{at: date(&quot;2026-03-02&quot;), sum: 0.10, list: [1, null]}"))
    body += script("m", ("day", "Visits.at + duration(&quot;P1D&quot;)"), ("sum", "Visits.sum"))
    rig.deploy(diagram(body + "s->n n->a a->m m->e", outside=STORE))
    instance = rig.start()
    rig.complete("a")
    assert rig.data(instance) | {"Visits": None} == {
        "Visits": None, "day": "2026-03-03", "sum": "0.10",
    }  # fmt: skip


ASSOCIATED = (
    '<userTask id="a">'
    + extension("<l:humanTask/>")
    + '<ioSpecification><dataInput id="in" name="before"/><dataOutput id="out" name="after"/>'
    "<inputSet><dataInputRefs>in</dataInputRefs></inputSet>"
    "<outputSet><dataOutputRefs>out</dataOutputRefs></outputSet></ioSpecification>"
    '<dataInputAssociation id="i"><sourceRef>visits</sourceRef><targetRef>in</targetRef></dataInputAssociation>'
    '<dataOutputAssociation id="o"><sourceRef>out</sourceRef><targetRef>visits</targetRef></dataOutputAssociation>'
    "</userTask>"
)


def test_a_persons_step_reads_when_it_begins_and_writes_when_it_is_completed(rig: Rig) -> None:
    """Two persons at it: the last one wins."""
    rig.deploy(diagram(ENDS + HERE + ASSOCIATED + "s->a a->e", outside=STORE), counting("q"))
    rig.start("q")
    rig.start("p")
    rig.start("q")
    rig.start("p")
    with rig.database.reading() as session:
        ids = session.scalars(select(human_task.c.id).order_by(human_task.c.created_at)).all()
        seen = [rig.engine.task(session, one).data["before"] for one in ids]
    assert sorted(seen) == [1, 2]
    rig.complete("a", after=seen[0] + 10)
    rig.complete("a", after=seen[1] + 20)
    assert value(rig) == seen[1] + 20


def test_start_data_and_called_processes_do_not_write_it_by_the_way(rig: Rig) -> None:
    """A call that maps nothing hands all variables in and out; a data store is none of them."""
    called = diagram(ENDS + person("w") + "s->w w->e", key="c")
    body = ENDS + HERE + COUNT + '<callActivity id="k" calledElement="c"/>' + "s->n n->k k->e"
    rig.deploy(diagram(body, outside=STORE), called, counting("q"))
    rig.start("p", Visits=99)
    rig.start("q")
    rig.complete("w")
    assert value(rig) == 2


def test_a_step_that_fails_writes_nothing(rig: Rig) -> None:
    body = ENDS + HERE + COUNT + '<serviceTask id="bad">'
    body += extension('<l:operator name="test.refuse"/>') + "</serviceTask>"
    rig.deploy(diagram(body + "s->n n->bad bad->e", outside=STORE))
    with pytest.raises(Exception, match="cannot"):
        rig.start()
    assert (value(rig), changes(rig)) == (None, [])


def test_a_store_is_small(rig: Rig) -> None:
    rig.deploy(
        diagram(ENDS + HERE + script("n", ("Visits", "text")) + "s->n n->e", outside=STORE)
    )
    with pytest.raises(DiagramError, match="16 KB"):
        rig.start(text="x" * 17_000)


def test_the_capacity_is_how_long_a_list_may_be(rig: Rig) -> None:
    bounded = '<dataStore id="Visits" capacity="2" isUnlimited="false"/>'
    append = script("n", ("Visits", "if Visits = null then [1] else append(Visits, 1)"))
    rig.deploy(diagram(ENDS + HERE + append + "s->n n->e", outside=bounded))
    rig.start()
    rig.start()
    with pytest.raises(DiagramError, match="2 entries"):
        rig.start()
    assert value(rig) == [1, 1]


def test_many_instances_at_once_lose_no_count(rig: Rig) -> None:
    """Eight at a time read, add one and write; two stores, named in either order."""
    other = '<dataStore id="Calls"/>'
    there = '<dataStoreReference id="calls" dataStoreRef="Calls"/>'
    calls = script("m", ("Calls", "if Calls = null then 1 else Calls + 1"))
    rig.deploy(
        diagram(ENDS + HERE + there + COUNT + calls + "s->n n->m m->e", outside=STORE + other),
        diagram(ENDS + there + HERE + calls + COUNT + "s->m m->n n->e", key="q"),
    )
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rig.start, ["p", "q"] * 40))
    assert (value(rig), value(rig, "Calls")) == (80, 80)
    assert [c.revision for c in changes(rig)] == list(range(80, 30, -1))


def test_one_signal_to_many_instances_waits_for_nobody_in_a_circle(rig: Rig) -> None:
    """Each step of the signal's transaction writes the store, while people complete tasks of the same instances."""
    on_signal = '<signalEventDefinition signalRef="sig"/>'
    handler = '<subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="false">'
    handler += f'{on_signal}</startEvent><endEvent id="he"/>{COUNT.replace(chr(34) + "n", chr(34) + "c")}'
    body = ENDS + HERE + handler + "hs->c c->he</subProcess>" + person("a") + COUNT + "s->a a->n n->e"
    rig.deploy(diagram(body, outside=STORE + '<signal id="sig" name="go"/>'))
    for _ in range(12):
        rig.start("p")
    with rig.database.reading() as session:
        tasks = session.scalars(select(human_task.c.id).order_by(human_task.c.instance_id)).all()

    def complete(task: UUID) -> None:
        with rig.database.transaction() as session:
            rig.engine.complete(session, task, {}, outcome=None, actor=ALICE)

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(rig.signal, "go")]
        for task in reversed(tasks):
            futures += [pool.submit(complete, task), pool.submit(rig.signal, "go")]
        heard = [f.result() for f in futures]
    counted = sum(len(delivery.instances) for delivery in heard if delivery is not None)
    assert value(rig) == 12 + counted


WATCHING = (
    '<intermediateCatchEvent id="w"><conditionalEventDefinition><condition>Visits &gt;= 2</condition>'
    "</conditionalEventDefinition></intermediateCatchEvent>"
)


def test_a_condition_that_reads_it_is_asked_when_another_instance_writes(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + HERE + WATCHING + "s->w w->e", outside=STORE), counting("q"))
    waiting = [rig.start("p") for _ in range(3)]
    rig.start("q")
    rig.work()
    assert [rig.status(i) for i in waiting] == ["active"] * 3
    rig.start("q")
    assert rig.status(waiting[0]) == "active"  # not in the writer's transaction
    rig.work()
    assert [rig.status(i) for i in waiting] == ["completed"] * 3
    with rig.database.reading() as session:
        assert not session.scalars(select(subscription.c.id)).all()
    rig.start("q")
    with rig.database.reading() as session:
        waits = session.scalars(select(job.c.id).where(job.c.status == "waiting"))
        assert not waits.all(), "nobody watches any more, so nobody is told"


def test_a_timer_moves_with_the_store_that_it_is_computed_from(rig: Rig) -> None:
    late = f'<intermediateCatchEvent id="w">{timer("Date", "=date and time(Visits)")}</intermediateCatchEvent>'
    setting = diagram(
        ENDS + HERE + script("n", ("Visits", "at")) + "s->n n->e", key="q", outside=STORE
    )
    rig.deploy(diagram(ENDS + HERE + late + "s->w w->e"), setting)
    rig.start("q", at="2026-03-05T09:00:00Z")
    instance = rig.start("p")
    rig.start("q", at="2026-03-02T10:00:00Z")
    rig.work()
    assert rig.later(minutes=59) == 0
    assert rig.later(minutes=2) == 1
    assert rig.status(instance) == "completed"


def test_two_processes_that_wake_each_other_end_in_one_incident(rig: Rig) -> None:
    """Each adds one when the other has: the chain of causes is limited as for other events."""

    def follower(key: str, rest: int) -> bytes:
        condition = f"Visits != null and modulo(Visits, 2) = {rest}"
        catch = f'<conditionalEventDefinition><condition>{condition}</condition></conditionalEventDefinition>'
        sub = f'<subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="false">{catch}'
        sub += f'</startEvent><endEvent id="he"/>{COUNT}hs->n n->he</subProcess>'
        return diagram(ENDS + HERE + sub + person("a") + "s->a a->e", key=key, outside=STORE)

    rig.deploy(follower("odd", 1), follower("even", 0))
    rig.start("odd")
    rig.start("even")
    edit(rig, 0, 0)
    rig.work()
    assert [i.kind for i in rig.incidents()] == ["loop"]
    assert 40 < value(rig) < 60


def test_a_condition_that_stopped_holding_fires_again_when_it_holds_again(rig: Rig) -> None:
    edge = '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><conditionalEventDefinition>'
    edge += "<condition>Visits &gt;= 2</condition></conditionalEventDefinition></boundaryEvent>"
    body = ENDS + HERE + person("a") + edge + '<endEvent id="f"/>'
    body += '<task id="t"/>s->a a->e b->t t->f'
    rig.deploy(diagram(body, outside=STORE))
    instance = rig.start()
    for revision, number in enumerate([2, 1, 3, 4]):
        edit(rig, number, revision)
        rig.work()
    assert rig.passed(instance).count("t") == 2


def test_a_suspended_instance_asks_when_it_goes_on(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + HERE + WATCHING + "s->w w->e", outside=STORE))
    instance = rig.start()
    with rig.database.transaction() as session:
        modification.suspend(rig.engine, session, instance, actor=ALICE, reason="wait")
    edit(rig, 2, 0)
    rig.work()
    assert rig.status(instance) == "suspended"
    with rig.database.transaction() as session:
        modification.resume(rig.engine, session, instance, actor=ALICE, reason="on")
    assert rig.status(instance) == "completed"


def test_a_value_set_by_hand_has_a_reason_and_refuses_a_late_one(rig: Rig) -> None:
    rig.deploy(counting())
    rig.start()
    edit(rig, 7, 1)
    with pytest.raises(StoreRefused, match="meanwhile"):
        edit(rig, 8, 1)
    with pytest.raises(StoreRefused, match="16 KB"):
        edit(rig, "x" * 17_000, 2)
    rig.start()
    assert value(rig) == 8
    by_hand = changes(rig)[1]
    assert (by_hand.value, by_hand.reason, by_hand.instance_id) == (7, "miscounted", None)
    assert Actor.from_json(dict(by_hand.actor)) == ALICE


def test_a_dry_run_has_stores_of_its_own(rig: Rig) -> None:
    rig.deploy(counting())
    rig.start()
    sandbox = Sandbox({"p.bpmn": counting()}, rig.engine.operators)
    sandbox.start("p", {})
    sandbox.start("p", {})
    assert sandbox.data["Visits"] == 2
    sandbox.clear()
    sandbox.start("p", {})
    assert sandbox.data["Visits"] == 1
    sandbox.close()
    assert value(rig) == 1


def test_a_rehearsal_neither_reads_nor_writes_the_real_one(rig: Rig) -> None:
    rig.deploy(counting())
    rig.start()
    with rig.database.reading() as session:
        version = rig.engine.library.latest(session, "p")
        seen = rehearse(rig.engine, session, version.program, {}, version=version)
    assert seen.passed == ["s", "n", "e"]
    assert value(rig) == 1


def test_without_a_data_store_each_instance_has_its_own(rig: Rig) -> None:
    """A reference that names none is data of the instance, and lint says so."""
    own = '<dataStoreReference id="d" name="Visits"/>'
    rig.deploy(diagram(ENDS + own + COUNT + "s->n n->e"))
    rig.start()
    second = rig.start()
    assert rig.data(second)["Visits"] == 1
    with rig.database.reading() as session:
        assert store_acts.stores(session) == []


@pytest.mark.parametrize("shared", [True, False])
def test_a_migration_to_or_from_a_store_watches_what_is_meant_there(rig: Rig, shared: bool) -> None:
    own = '<dataObject id="Visits"/>'
    versions = [diagram(ENDS + HERE + WATCHING + "s->w w->e", outside=STORE),
                diagram(ENDS + own + WATCHING + "s->w w->e")]  # fmt: skip
    if shared:
        versions.reverse()
    rig.deploy(versions[0])
    instance, other = rig.start(), rig.start()
    rig.deploy(versions[1])
    with rig.database.transaction() as session:
        target = rig.engine.library.latest(session, "p")
        migration.migrate(
            rig.engine, session, instance, target, {"w": "w"}, actor=ALICE, reason="new version"
        )
        if not shared:
            modification.edit_variables(
                rig.engine, session, instance, {"Visits": 2}, actor=ALICE, reason="miscounted"
            )
    if shared:
        edit(rig, 2, 0)
        rig.work()
    assert [rig.status(instance), rig.status(other)] == ["completed", "active"]
    with rig.database.transaction() as session:
        rig.engine.cancel(session, other, actor=ALICE, reason="over")
        assert not session.scalars(select(subscription.c.id)).all()


def test_conditions_in_rounds_of_a_called_process_are_asked(rig: Rig) -> None:
    """Each round has an event sub-process with a condition of its own on the store, which only the called one names."""
    heard = service("n", "test.note", text="=string(item)") + "es_s->n n->es_e"
    when = "<conditionalEventDefinition><condition>Visits &gt; item</condition></conditionalEventDefinition>"
    inside = person("w") + event_subprocess("es", when, heard, False)
    rounds = multi(collection="items", element="item")
    room = f'<subProcess id="o">{rounds}<startEvent id="o_s"/><endEvent id="o_e"/>{inside}o_s->w w->o_e</subProcess>'
    rig.deploy(
        diagram(ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e'),
        diagram(ENDS + HERE + room + "s->o o->e", key="q", outside=STORE),
    )
    rig.start(items=[1, 2, 3])
    edit(rig, 3, 0)
    rig.work()
    assert sorted(rig.trace) == ["1", "2"]


def test_what_was_counted_is_taken_back_by_compensation(rig: Rig) -> None:
    undo = script("undo", ("Visits", "Visits - 1")).replace(" id=", ' isForCompensation="true" id=')
    body = ENDS + HERE + COUNT + undo + person("a")
    body += '<boundaryEvent id="b" attachedToRef="n"><compensateEventDefinition/></boundaryEvent>'
    body += '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    tied = '<association id="x" associationDirection="One" sourceRef="b" targetRef="undo"/>'
    rig.deploy(diagram(body + "s->n n->a a->t t->e" + tied, outside=STORE))
    rig.start()
    rig.start()
    rig.complete("a")
    assert [(c.value, c.element_id) for c in changes(rig)] == [(1, "undo"), (2, "n"), (1, "n")]


def test_rounds_of_one_step_write_it_once(rig: Rig) -> None:
    rounds = multi(collection="items", element="item")
    add = script("n", ("Visits", "if Visits = null then item else Visits + item"))
    add = add.replace("</scriptTask>", f"{rounds}</scriptTask>")
    rig.deploy(diagram(ENDS + HERE + add + "s->n n->e", outside=STORE))
    rig.start(items=[1, 2, 3])
    rig.start(items=[4])
    assert [(c.revision, c.value) for c in changes(rig)] == [(2, 10), (1, 6)]


def test_a_message_event_writes_what_it_brings(rig: Rig) -> None:
    event = (
        f'<intermediateCatchEvent id="w"><dataOutput id="got" name="n"/><dataOutputAssociation id="o">'
        "<sourceRef>got</sourceRef><targetRef>visits</targetRef></dataOutputAssociation>"
        f"<outputSet><dataOutputRefs>got</dataOutputRefs></outputSet>{on_message('told')}</intermediateCatchEvent>"
    )
    rig.deploy(diagram(ENDS + HERE + event + "s->w w->e", outside=STORE + message("told")))
    rig.start()
    with rig.database.transaction() as session:
        rig.engine.message(session, "told", {"n": 5}, actor=SYSTEM)
    assert value(rig) == 5
