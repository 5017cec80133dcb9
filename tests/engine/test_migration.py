"""Running instances move to another version, keep their tasks and timers, and can go back."""

from uuid import UUID

import pytest
from sqlalchemy import select

from engine import inspection, migration, modification
from engine.errors import MigrationRefused
from engine.library import Version
from engine.tables import human_task, process_instance, timer
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, message, on_message, person, service
from tests.engine.diagrams import timer as timed

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
OLD = ENDS + person("a", due="PT5H") + person("b") + "s->a a->b b->e"


def versions(rig: Rig, instance: UUID) -> tuple[Version, Version]:
    with rig.database.reading() as session:
        row = session.execute(
            select(process_instance).where(process_instance.c.id == instance)
        ).one()
        return rig.engine.library.version(session, row.version_id), rig.engine.library.latest(
            session, "p"
        )


def move(rig: Rig, instance: UUID, **changes: str) -> None:
    old, new = versions(rig, instance)
    mapping = migration.draft(old, new).mapping | changes
    with rig.database.transaction() as session:
        migration.migrate(rig.engine, session, instance, new, mapping, actor=ALICE, reason="better")


def test_an_instance_goes_on_in_the_new_version(rig: Rig) -> None:
    rig.deploy(diagram(OLD))
    instance = rig.start()
    with rig.database.reading() as session:
        before = session.execute(select(human_task)).one()
    rig.deploy(diagram(ENDS + person("a", due="PT9H") + person("c") + "s->a a->c c->e"))
    move(rig, instance)
    with rig.database.reading() as session:
        after = session.execute(select(human_task)).one()
    assert (after.id, after.due_at) == (before.id, before.due_at)
    rig.complete("a")
    assert rig.active(instance) == ["c"]
    with rig.database.reading() as session:
        assert "migrated" in {r["event"] for r in inspection.history_of(session, instance)}


def test_a_renamed_element_is_found_by_its_name_or_told(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + '<userTask id="a" name="受理"/>s->a a->e'))
    instance = rig.start()
    rig.deploy(diagram(ENDS + '<userTask id="accept" name="受理"/>s->accept accept->e'))
    move(rig, instance)
    assert rig.active(instance) == ["accept"]
    rig.deploy(diagram(ENDS + '<userTask id="other" name="接单"/>s->other other->e'))
    with pytest.raises(MigrationRefused, match="accept"):
        move(rig, instance)
    move(rig, instance, accept="other")
    assert rig.active(instance) == ["other"]
    rig.complete("other")
    assert rig.status(instance) == "completed"


def test_a_dry_run_gives_reasons_and_changes_nothing(rig: Rig) -> None:
    rig.deploy(diagram(OLD))
    instance = rig.start()
    rig.deploy(diagram(ENDS + service("a", "test.note", text="x") + "s->a a->e"))
    old, new = versions(rig, instance)
    with rig.database.reading() as session:
        reasons = migration.check(
            rig.engine, session, instance, new, migration.draft(old, new).mapping
        )
        assert [r.element for r in reasons] == ["a"]
        wrong = migration.check(rig.engine, session, instance, new, {"a": "a"})
    assert "different kinds" in wrong[0].en
    assert versions(rig, instance)[0].number == 1


def test_timers_keep_their_due_time_and_new_ones_begin(rig: Rig) -> None:
    def process(extra: str) -> bytes:
        edge = (
            '<boundaryEvent id="{0}" attachedToRef="a" cancelActivity="false">{1}</boundaryEvent>'
        )
        body = ENDS + person("a") + edge.format("t1", timed("Duration", "PT4H")) + extra
        return diagram(body + '<task id="x"/><endEvent id="e2"/>s->a a->e t1->x x->e2')

    rig.deploy(process(""))
    instance = rig.start()
    with rig.database.reading() as session:
        (due,) = session.scalars(select(timer.c.due_at))
    rig.later(hours=1)
    edge = '<boundaryEvent id="t2" attachedToRef="a" cancelActivity="false">{0}</boundaryEvent>'
    rig.deploy(process(edge.format(timed("Duration", "PT1H")) + "t2->x"))
    move(rig, instance)
    with rig.database.reading() as session:
        dues = sorted(session.scalars(select(timer.c.due_at)))
    assert len(dues) == 2
    assert due in dues
    assert rig.later(hours=1) == 1
    assert rig.later(hours=2) == 1
    assert rig.passed(instance).count("x") == 2


def test_a_listener_of_the_new_version_hears(rig: Rig) -> None:
    rig.deploy(diagram(OLD))
    instance = rig.start()
    es = (
        '<subProcess id="es" triggeredByEvent="true"><startEvent id="es_s" isInterrupting="false">'
        f"{on_message('ping')}</startEvent>{service('n', 'test.note', text='heard')}"
        '<endEvent id="es_e"/>es_s->n n->es_e</subProcess>'
    )
    rig.deploy(diagram(OLD + es, outside=message("ping")))
    move(rig, instance)
    rig.message("ping")
    assert rig.trace == ["heard"]


def test_tokens_at_a_join_and_in_a_subprocess_move_along(rig: Rig) -> None:
    def process(join: str, sub: str) -> bytes:
        inside = (
            f'<subProcess id="{sub}" name="分支"><startEvent id="ss"/>{person("w")}'
            '<endEvent id="se"/>ss->w w->se</subProcess>'
        )
        return diagram(
            ENDS + f'<parallelGateway id="f"/><parallelGateway id="{join}" name="汇合"/>' + inside
            + '<task id="q"/>' + f"s->f f->q q->{join} f->{sub} {sub}->{join} {join}->e"
        )  # fmt: skip

    rig.deploy(process("j", "sub"))
    instance = rig.start()
    rig.deploy(process("j2", "sub2"))
    move(rig, instance)
    assert rig.active(instance) == ["j2", "sub2", "w"]
    rig.complete("w")
    assert rig.status(instance) == "completed"


def test_a_boundary_event_that_waits_for_something_else_begins_anew(rig: Rig) -> None:
    def at_edge(definition: str, outside: str = "") -> bytes:
        edge = f'<boundaryEvent id="b" attachedToRef="a">{definition}</boundaryEvent>'
        return diagram(ENDS + person("a") + edge + " s->a a->e b->e", outside=outside)

    rig.deploy(at_edge(on_message("go"), message("go")))
    instance = rig.start(k="1")
    rig.deploy(at_edge(timed("Duration", "PT1H")))
    move(rig, instance)
    assert not rig.message("go").anywhere
    rig.deploy(at_edge(on_message("go"), message("go", "=k")))
    move(rig, instance)
    assert rig.later(hours=2) == 0
    assert rig.message("go", correlation="1").anywhere
    assert rig.status(instance) == "completed"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (timed("Duration", "PT1H"), on_message("go"), "another kind of event"),
        (on_message("go"), on_message("keyed"), "another key"),
    ],
)
def test_what_waits_for_another_event_there_stays(rig: Rig, old: str, new: str, words: str) -> None:
    def waiting(definition: str) -> bytes:
        catch = f'<intermediateCatchEvent id="c">{definition}</intermediateCatchEvent>'
        return diagram(ENDS + catch + "s->c c->e", outside=message("go") + message("keyed", "=k"))

    rig.deploy(waiting(old))
    instance = rig.start(k="1")
    rig.deploy(waiting(new))
    with pytest.raises(MigrationRefused) as refused:
        move(rig, instance)
    assert [(r.element, words in r.en) for r in refused.value.reasons] == [("c", True)]


def test_work_that_is_under_way_is_not_taken_for_other_work(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + service("t", "test.work") + "s->t t->e"))
    instance = rig.start()
    rig.deploy(diagram(ENDS + service("t", "test.note", text="x") + "s->t t->e"))
    with pytest.raises(MigrationRefused, match="another operator"):
        move(rig, instance)


def test_a_join_that_waits_for_nobody_more_goes_on(rig: Rig) -> None:
    gateways = '<parallelGateway id="f"/><parallelGateway id="j"/>' + person("a") + person("b")
    way = "s->f f->a f->b a->j b->j j->e "
    rig.deploy(diagram(ENDS + gateways + '<receiveTask id="c" messageRef="m_x"/>' + way + "f->d d->c c->j"
                       + '<task id="d"/>', outside=message("x")))  # fmt: skip
    instance = rig.start()
    rig.complete("a")
    rig.complete("b")
    rig.deploy(diagram(ENDS + gateways + '<receiveTask id="c" messageRef="m_x"/><endEvent id="e2"/>' + way
                       + "f->c c->e2", outside=message("x")))  # fmt: skip
    move(rig, instance)
    assert rig.passed(instance)[-1] == "e"
    with pytest.raises(MigrationRefused), rig.database.transaction() as session:
        migration.revert(rig.engine, session, instance, actor=ALICE, reason="oops")
    rig.message("x")
    assert rig.status(instance) == "completed"


def test_a_join_keeps_no_token_of_a_flow_that_is_gone(rig: Rig) -> None:
    gateways = '<parallelGateway id="f"/><parallelGateway id="j"/>' + person("a") + person("b")
    rig.deploy(diagram(ENDS + gateways + "s->f f->a f->b a->j b->j j->e"))
    instance = rig.start()
    rig.complete("a")
    rig.deploy(
        diagram(ENDS + gateways + person("c") + "s->f f->a f->b a->e f->c c->j b->j j->e")
    )
    with pytest.raises(MigrationRefused, match="is not there"):
        move(rig, instance)


def test_what_an_ad_hoc_subprocess_has_still_to_do_is_renamed(rig: Rig) -> None:
    def version(second: str) -> bytes:
        inside = person("a") + person(second)
        return diagram(
            f'{ENDS}<adHocSubProcess id="h" ordering="Sequential">{inside}'
            "<completionCondition>enough</completionCondition></adHocSubProcess>s->h h->e"
        )

    rig.deploy(version("b"))
    instance = rig.start(enough=False)
    rig.deploy(version("c"))
    move(rig, instance, b="c")
    rig.complete("a")
    rig.complete("c")
    rig.deploy(version("d"))
    move(rig, instance, c="d")  # all is done: it waits for its condition
    act = {"actor": ALICE, "reason": "enough"}
    with rig.database.transaction() as session:
        modification.edit_variables(rig.engine, session, instance, {"enough": True}, **act)
    assert rig.status(instance) == "completed"


def test_the_way_back_is_open_until_the_instance_moves_on(rig: Rig) -> None:
    rig.deploy(diagram(OLD))
    instance = rig.start()
    rig.deploy(diagram(ENDS + person("a2") + "s->a2 a2->e"))
    move(rig, instance, a="a2")

    def back() -> None:
        with rig.database.transaction() as session:
            migration.revert(rig.engine, session, instance, actor=ALICE, reason="oops")

    back()
    assert rig.active(instance) == ["a"]
    with pytest.raises(MigrationRefused):
        back()
    rig.complete("a")
    assert rig.active(instance) == ["b"]


def test_an_instance_inside_a_called_process_goes_on_in_its_newest_version(rig: Rig) -> None:
    called = '<extensionElements><l:called version="latest"/></extensionElements>'
    call = f'<callActivity id="c" calledElement="q">{called}</callActivity>'
    rig.deploy(diagram(OLD, key="q"))
    rig.deploy(diagram(ENDS + call + "s->c c->e"))
    instance = rig.start()
    rig.deploy(diagram(ENDS + person("a") + person("z") + "s->a a->z z->e", key="q"))
    assert set(rig.active(instance)) == {"a", "c"}
    move(rig, instance)
    rig.complete("a")
    assert set(rig.active(instance)) == {"z", "c"}
    rig.complete("z")
    assert rig.status(instance) == "completed"
