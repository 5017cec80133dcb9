"""What a person does about an incident: retry (also with other variables), resolve, and what is overtaken."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from engine import incidents, inspection, modification
from engine.errors import NothingToDo
from engine.operators import PermanentFailure
from engine.tables import timer as timer_table
from engine.trouble import cause_of
from tests.engine.conftest import ALICE, BOB, Rig
from tests.engine.diagrams import diagram, person, script, service, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ERROR = '<error id="er" errorCode="E1" name="E1"/>'


def failing(rig: Rig, **data: Any) -> tuple[UUID, Any]:
    """An instance whose job has failed for good, and its incident."""
    rig.deploy(diagram(ENDS + service("j", "test.work", "w", text="=word") + "s->j j->e"))
    rig.fail = [PermanentFailure("no such address 'x@y'")]
    instance = rig.start(**data)
    rig.work()
    (incident,) = rig.incidents()
    return instance, incident


def retry(rig: Rig, incident_id: UUID, **how: Any) -> bool:
    with rig.database.transaction() as session:
        return incidents.retry(
            rig.engine, session, incident_id, actor=ALICE, reason="mended", **how
        )


def last_row(rig: Rig, instance: UUID, event: str) -> dict[str, Any]:
    with rig.database.reading() as session:
        return [r for r in inspection.history_of(session, instance) if r["event"] == event][-1]


def test_a_retry_with_another_variable_works_with_it(rig: Rig) -> None:
    instance, incident = failing(rig, word="wrong")
    assert retry(rig, incident.id, variables={"word": "right"})
    key = rig.runs[0].idempotency_key
    rig.work()
    assert rig.status(instance) == "completed"
    assert rig.trace == ["right"]
    assert rig.runs[-1].idempotency_key == key
    row = last_row(rig, instance, "retried")
    assert row["actor"] == ALICE.as_json()
    assert row["data"]["before"] == {"word": "wrong"}
    assert row["data"]["set"] == {"word": "right"}
    assert (row["data"]["reason"], row["data"]["incident"]) == ("mended", str(incident.id))
    (seen,) = rig.incidents()
    assert (seen.resolution, seen.reason, seen.resolved_at) == ("retried", "mended", rig.now)


def test_a_retry_sees_what_was_edited_meanwhile(rig: Rig) -> None:
    instance, incident = failing(rig, word="wrong")
    with rig.database.transaction() as session:
        modification.edit_variables(
            rig.engine, session, instance, {"word": "new"}, actor=BOB, reason="typo"
        )
    assert retry(rig, incident.id)
    assert not retry(rig, incident.id)
    rig.work()
    assert rig.trace == ["new"]


def test_the_job_of_a_suspended_instance_waits_with_it(rig: Rig) -> None:
    instance, incident = failing(rig, word="w")
    with rig.database.transaction() as session:
        modification.suspend(rig.engine, session, instance, actor=BOB, reason="stop")
    assert retry(rig, incident.id)
    assert rig.work() == 0
    with rig.database.transaction() as session:
        modification.resume(rig.engine, session, instance, actor=BOB, reason="go")
    rig.work()
    assert rig.status(instance) == "completed"


def test_resolving_leaves_the_cause_and_is_in_the_history(rig: Rig) -> None:
    instance, incident = failing(rig, word="w")
    with rig.database.transaction() as session:
        assert incidents.resolve(rig.engine, session, incident.id, actor=BOB, reason="by phone")
        assert not incidents.resolve(rig.engine, session, incident.id, actor=BOB, reason="again")
    assert rig.work() == 0
    assert rig.active(instance) == ["j"]
    assert last_row(rig, instance, "resolved")["data"]["reason"] == "by phone"


def test_an_incident_whose_token_has_gone_is_overtaken(rig: Rig) -> None:
    instance, incident = failing(rig, word="w")
    with rig.database.transaction() as session:
        rig.engine.cancel(session, instance, actor=BOB, reason="over")
    (seen,) = rig.incidents()
    assert (seen.resolution, seen.resolved_by) == ("overtaken", BOB.as_json())
    assert not retry(rig, incident.id)


def test_a_suspended_instance_can_be_cancelled(rig: Rig) -> None:
    instance, _incident = failing(rig, word="w")
    with rig.database.transaction() as session:
        modification.suspend(rig.engine, session, instance, actor=BOB, reason="stop")
    with rig.database.transaction() as session:
        rig.engine.cancel(session, instance, actor=BOB, reason="over")
    assert rig.status(instance) == "cancelled"
    assert [j.status for j in rig.jobs()] == ["cancelled"]
    assert [i.resolution for i in rig.incidents()] == ["overtaken"]


def test_a_timer_that_could_not_fire_is_tried_again(rig: Rig) -> None:
    wait = f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    body = ENDS + wait + person("q") + '<exclusiveGateway id="g"/>'
    rig.deploy(diagram(body + "s->w w->g g->e[ok = true] g->q[ok = false] q->e"))
    instance = rig.start()
    assert rig.later(hours=2) == 0
    (incident,) = rig.incidents()
    assert incident.kind == "timer"
    assert retry(rig, incident.id, variables={"ok": True})
    assert rig.later(minutes=0) == 1
    assert rig.status(instance) == "completed"


def test_a_timer_whose_token_has_gone_on_is_not_tried_again(rig: Rig) -> None:
    edge = f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{timer("Duration", "PT1H")}</boundaryEvent>'
    body = ENDS + person("a") + edge + service("no", "test.refuse") + person("z")
    rig.deploy(diagram(body + "s->a a->z z->e b->no no->e"))
    rig.start()
    rig.later(hours=1)
    (incident,) = rig.incidents()
    rig.complete("a")
    with pytest.raises(NothingToDo, match="gone on"):
        retry(rig, incident.id)


def test_a_timer_that_nothing_waits_for_does_not_hold_up_the_others(rig: Rig) -> None:
    """Whatever put it on the list, it is taken off: found due again and again, it would be the only one."""
    wait = f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + wait + "s->w w->e"))
    instance = rig.start()
    with rig.database.transaction() as session:
        lost = {"due_at": rig.now, "instance_id": instance, "element_id": "w", "trigger": 0}
        session.execute(insert(timer_table), {"id": uuid4(), "token_id": uuid4(), **lost})
    assert rig.later(hours=1) == 1
    assert rig.status(instance) == "completed"


def test_what_cannot_be_tried_again_says_so(rig: Rig) -> None:
    with rig.database.transaction() as session:
        incident_id = incidents.open_incident(session, "mail", "cannot be read")
    with pytest.raises(NothingToDo, match="resolve it by hand"):
        retry(rig, incident_id)


def test_an_error_end_event_that_nobody_catches_ends_the_process(rig: Rig) -> None:
    end = '<endEvent id="x"><errorEventDefinition errorRef="er"/></endEvent>'
    body = '<startEvent id="s"/><parallelGateway id="f"/>' + person("a") + person("b") + end
    rig.deploy(diagram(body + "s->f f->a f->b a->x b->x", outside=ERROR))
    instance = rig.start()
    rig.complete("a")
    assert rig.status(instance) == "failed"
    (incident,) = rig.incidents()
    assert (incident.kind, incident.element_id, incident.instance_id) == ("error", "x", instance)
    with rig.database.reading() as session:
        assert rig.engine.open_tasks(session, instance) == []
        rows = inspection.history_of(session, instance)
    assert (rows[-1]["event"], rows[-1]["data"]) == ("failed", {"error": "E1"})
    assert "cancelled" in {r["event"] for r in rows if r["element_id"] == "b"}


def test_it_ends_also_from_within_a_subprocess(rig: Rig) -> None:
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/>' + person("w")
        + '<endEvent id="x"><errorEventDefinition errorRef="er"/></endEvent>ss->w w->x</subProcess>'
    )  # fmt: skip
    rig.deploy(diagram(ENDS + sub + person("q") + '<parallelGateway id="f"/>'
                       "s->f f->sub f->q sub->e q->e", outside=ERROR))  # fmt: skip
    instance = rig.start()
    rig.complete("w")
    assert rig.status(instance) == "failed"


def test_a_start_cycle_with_three_rounds_starts_three(rig: Rig) -> None:
    start = f'<startEvent id="s">{timer("Cycle", "R3/PT1H")}</startEvent>'
    rig.deploy(diagram(start + '<endEvent id="e"/>s->e'))
    assert [rig.later(hours=1) for _ in range(5)] == [1, 1, 1, 0, 0]


def test_a_start_date_that_has_come_does_not_come_again_with_the_next_version(rig: Rig) -> None:
    start = f'<startEvent id="s">{timer("Date", "2026-03-02T10:00:00Z")}</startEvent><endEvent id="e"/>'
    rig.deploy(diagram(start + "s->e"))
    assert rig.later(hours=2) == 1
    rig.deploy(diagram(start + '<task id="new"/>s->new new->e'))
    assert rig.later(hours=1) == 0
    moved = start.replace("10:00", "11:00")  # a date that was not there before has still to come
    rig.deploy(diagram(moved + "s->e"))
    assert rig.later(hours=1) == 1


def test_a_missed_round_of_a_start_cycle_counts(rig: Rig) -> None:
    start = f'<startEvent id="s">{timer("Cycle", "R4/PT1H")}</startEvent>'
    rig.deploy(diagram(start + '<endEvent id="e"/>s->e'))
    assert rig.later(hours=2.5) == 1
    assert [rig.later(hours=1) for _ in range(4)] == [1, 1, 0, 0]


def test_a_timer_follows_the_date_it_is_computed_from(rig: Rig) -> None:
    edge = (
        '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">'
        + timer("Date", "=deadline - duration(&quot;PT1H&quot;)") + "</boundaryEvent>"
    )  # fmt: skip
    rig.deploy(diagram(ENDS + person("a") + edge + script("n", ("warned", "true"))
                       + '<endEvent id="e2"/>s->a a->e b->n n->e2'))  # fmt: skip
    instance = rig.start(deadline=rig.now + timedelta(hours=3))

    def edit(value: Any) -> None:
        with rig.database.transaction() as session:
            modification.edit_variables(
                rig.engine, session, instance, {"deadline": value}, actor=BOB, reason="later"
            )

    edit(rig.now + timedelta(hours=6))
    assert rig.later(hours=4) == 0
    edit(None)
    assert rig.later(hours=4) == 0
    edit(rig.now + timedelta(hours=2))
    assert rig.later(hours=0.5) == 0
    assert rig.later(hours=1) == 1
    assert rig.data(instance)["warned"] is True


def test_a_timer_follows_a_record_when_told(rig: Rig) -> None:
    record = {"due": rig.now + timedelta(hours=1)}
    rig.engine.records["ticket"] = lambda _session, _variables: record
    wait = f'<intermediateCatchEvent id="w">{timer("Date", "=ticket.due")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + wait + "s->w w->e"))
    instance = rig.start()
    record["due"] = rig.now + timedelta(hours=5)
    with rig.database.transaction() as session:
        rig.engine.reconsider(session, instance)
    rig.work()
    assert rig.later(hours=2) == 0
    assert rig.later(hours=4) == 1
    assert rig.status(instance) == "completed"


def test_a_cause_leaves_out_what_is_particular() -> None:
    first = cause_of("job", "j", "mail.send: no mailbox 'a@b.example' (550 5.1.1)")
    second = cause_of("job", "j", "mail.send: no mailbox 'c@d.example' (551 5.1.2)")
    assert first == second
    assert first != cause_of("job", "k", "mail.send: no mailbox 'a@b.example' (550 5.1.1)")
    assert first != cause_of("job", "j", "mail.send: the line is busy")
