"""Jobs are done at least once, and a bad one always ends in an incident."""

from datetime import timedelta

from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from engine import incidents, jobs, modification
from engine.actors import SYSTEM
from engine.operators import BpmnError, JobRun, OperatorError, PermanentFailure
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, service

BODY = '<startEvent id="s"/><endEvent id="e"/>' + service("t", "test.work") + "s->t t->e"
CATCH = (
    '<boundaryEvent id="b" attachedToRef="t"><errorEventDefinition errorRef="er"/></boundaryEvent>'
    '<task id="c"/>b->c c->e'
)
GONE = '<error id="er" errorCode="gone"/>'


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
        assert len(jobs.claim(rig.engine, rig.database, "engine", 10)) == 1  # never reports back
        assert jobs.claim(rig.engine, rig.database, "engine", 10) == []
        rig.now += jobs.LEASE + timedelta(seconds=1)
    assert jobs.claim(rig.engine, rig.database, "engine", 10) == []
    (incident,) = rig.incidents()
    assert "died or hung" in incident.message


def test_a_job_that_kills_its_worker_takes_no_other_along(rig: Rig) -> None:
    """What was claimed with it and never began has all its tries left."""
    rig.deploy(diagram(BODY))
    rig.start()
    rig.now += timedelta(seconds=1)
    innocent = rig.start()
    for _ in range(3):
        assert len(jobs.claim(rig.engine, rig.database, "engine", 10)) == 2  # the worker is gone
        rig.now += jobs.LEASE + timedelta(seconds=1)
    rig.work()
    assert len(rig.incidents()) == 1
    assert rig.status(innocent) == "completed"


def test_a_job_whose_lease_ran_out_behind_others_is_done_once(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instances = [rig.start() for _ in range(3)]

    def slow(_run: JobRun) -> None:
        if len(rig.runs) < 3:
            rig.now += jobs.LEASE * 0.6
        if len(rig.runs) == 2:
            rig.work()  # another worker comes by: the lease of the third has run out

    rig.during = slow
    rig.work()
    assert [r.attempt for r in rig.runs] == [1, 1, 1]
    assert {rig.status(i) for i in instances} == {"completed"}


def test_a_worker_that_comes_back_too_late_changes_nothing(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start()
    (slow,) = jobs.claim(rig.engine, rig.database, "engine", 10)
    rig.now += jobs.LEASE + timedelta(seconds=1)
    assert rig.work() == 1
    jobs.perform(rig.engine, rig.database, slow)
    assert rig.passed(instance).count("t") == 1


def test_a_bpmn_error_of_a_job_is_caught_in_the_diagram(rig: Rig) -> None:
    rig.deploy(diagram(BODY + CATCH, outside=GONE))
    instance = rig.start()
    rig.fail = [BpmnError("gone")]
    rig.work()
    assert "c" in rig.passed(instance)
    rig.start()
    rig.fail = [BpmnError("other")]
    rig.work()
    (incident,) = rig.incidents()
    assert "other" in incident.message


def test_a_bpmn_error_that_comes_while_suspended_is_thrown_when_the_instance_goes_on(
    rig: Rig,
) -> None:
    rig.deploy(diagram(BODY + CATCH, outside=GONE))
    instance = rig.start()

    def suspend(_run: JobRun) -> None:
        with rig.database.transaction() as session:
            modification.suspend(rig.engine, session, instance, actor=ALICE, reason="stop")

    rig.during = suspend
    rig.fail = [BpmnError("gone"), BpmnError("gone")]
    rig.work()
    assert [(j.status, j.tries) for j in rig.jobs()] == [("held", 0)]
    rig.during = lambda _run: None
    with rig.database.transaction() as session:
        modification.resume(rig.engine, session, instance, actor=ALICE, reason="go on")
    rig.work()
    assert "c" in rig.passed(instance)


def test_a_bpmn_error_whose_way_is_broken_ends_in_an_incident(rig: Rig) -> None:
    lost = CATCH.replace("b->c", '<exclusiveGateway id="g"/><task id="d"/>b->g g->c[x] g->d[y] d->e')
    rig.deploy(diagram(BODY + lost, outside=GONE))
    rig.start()
    rig.fail = [BpmnError("gone")] * 3
    for _ in range(3):
        rig.work()
        rig.now += timedelta(hours=1)
    (incident,) = rig.incidents()
    assert "no outgoing flow is true" in incident.message


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
