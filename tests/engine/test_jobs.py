"""Jobs are done at least once, and a bad one always ends in an incident."""

from datetime import timedelta

from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from engine import incidents, jobs
from engine.actors import SYSTEM
from engine.operators import BpmnError, OperatorError, PermanentFailure
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, service

BODY = '<startEvent id="s"/><endEvent id="e"/>' + service("t", "test.work") + "s->t t->e"


def test_a_job_completes_its_token_with_the_result(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    assert rig.active(instance) == ["t"]
    assert rig.work() == 1
    assert rig.status(instance) == "completed"
    assert rig.data(instance) == {"worked": 1}
    assert rig.work() == 0


def test_a_failing_job_is_tried_again_later_with_the_same_key(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    rig.fail = [OperatorError("no line")]
    rig.work()
    assert rig.work() == 0  # not before its time
    rig.now += timedelta(seconds=13)
    rig.work()
    assert rig.status(instance) == "completed"
    assert len({r.idempotency_key for r in rig.runs}) == 1
    assert [r.attempt for r in rig.runs] == [1, 2]


def test_who_was_in_anothers_way_is_tried_again_at_once(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    rig.fail = [OperationalError("UPDATE", {}, DeadlockDetected())]
    assert rig.work() == 2
    assert rig.status(instance) == "completed"
    assert [r.attempt for r in rig.runs] == [1, 2]


def test_the_last_failure_is_an_incident_that_can_be_retried(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    rig.fail = [OperatorError("no line")] * 3
    for _ in range(5):
        rig.work()
        rig.now += timedelta(hours=1)
    (incident,) = rig.incidents()
    assert "no line" in incident.message
    assert "OperatorError" in incident.detail
    assert rig.active(instance) == ["t"]
    with rig.database.transaction() as session:
        assert incidents.retry(rig.engine, session, incident.id, actor=ALICE, reason="line is back")
        assert not incidents.retry(rig.engine, session, incident.id, actor=ALICE, reason="twice")
    rig.work()
    assert rig.status(instance) == "completed"
    (incident,) = rig.incidents()
    assert (incident.resolution, incident.reason) == ("retried", "line is back")


def test_a_permanent_failure_is_not_tried_again(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    rig.start()
    rig.fail = [PermanentFailure("550 no such user")]
    rig.work()
    assert len(rig.incidents()) == 1


def test_a_worker_that_dies_counts_as_a_try(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    rig.start()
    for _ in range(3):
        assert (
            len(jobs.claim(rig.engine, rig.database, "engine", 10)) == 1
        )  # and never reports back
        assert jobs.claim(rig.engine, rig.database, "engine", 10) == []
        rig.now += jobs.LEASE + timedelta(seconds=1)
    assert jobs.claim(rig.engine, rig.database, "engine", 10) == []
    (incident,) = rig.incidents()
    assert "died or hung" in incident.message


def test_a_worker_that_comes_back_too_late_changes_nothing(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    (slow,) = jobs.claim(rig.engine, rig.database, "engine", 10)
    rig.now += jobs.LEASE + timedelta(seconds=1)
    assert rig.work() == 1
    jobs.perform(rig.engine, rig.database, slow)
    assert rig.passed(instance).count("t") == 1


def test_a_bpmn_error_of_a_job_is_caught_in_the_diagram(rig: Rig) -> None:
    catch = (
        '<boundaryEvent id="b" attachedToRef="t"><errorEventDefinition errorRef="er"/></boundaryEvent>'
        '<task id="c"/>b->c c->e'
    )
    rig.deploy(diagram(BODY + catch, outside='<error id="er" errorCode="gone"/>'))
    instance = rig.start()
    rig.fail = [BpmnError("gone")]
    rig.work()
    assert "c" in rig.passed(instance)
    rig.start()
    rig.fail = [BpmnError("other")]
    rig.work()
    (incident,) = rig.incidents()
    assert "other" in incident.message


def test_a_cancelled_instance_takes_its_jobs_along(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    with rig.database.transaction() as session:
        rig.engine.cancel(session, instance, actor=SYSTEM, reason="test")
    assert rig.work() == 0
    assert [j.status for j in rig.jobs()] == ["cancelled"]
    assert rig.status(instance) == "cancelled"


def test_back_off_grows_with_jitter_up_to_a_day() -> None:
    for tries in range(1, 30):
        seconds = jobs.backoff(10, tries).total_seconds()
        nominal = min(86400, 10 * 2 ** (tries - 1))
        assert 0.8 * nominal <= seconds <= 1.2 * nominal
