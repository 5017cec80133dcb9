"""Instances are suspended, resumed, edited, and their tokens moved by hand, always with a reason in the history."""

from datetime import timedelta
from uuid import UUID

import pytest

from engine import inspection, modification
from engine.errors import InstanceSuspended, TaskGone, UnknownElement
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, message, on_message, person, service, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def act(rig: Rig, what: object, instance: object, *more: object) -> None:
    with rig.database.transaction() as session:
        what(rig.engine, session, instance, *more, actor=ALICE, reason="because")  # type: ignore[operator]


def test_a_suspended_instance_stands_still_and_goes_on(rig: Rig) -> None:
    arms = (
        f'<intermediateCatchEvent id="m">{on_message("go")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    body = ENDS + '<parallelGateway id="f"/>' + arms + person("a") + service("j", "test.work")
    rig.deploy(
        diagram(body + "s->f f->m f->w f->a f->j m->e w->e a->e j->e", outside=message("go", "=k"))
    )
    instance = rig.start(k="1")
    with rig.database.reading() as session:
        (task,) = rig.engine.open_tasks(session, instance)
    stood = rig.active(instance)
    act(rig, modification.suspend, instance)
    assert rig.active(instance) == stood
    assert rig.later(hours=2) == 0
    assert rig.work() == 0
    rig.message("go", correlation="1")
    with pytest.raises((TaskGone, InstanceSuspended)), rig.database.transaction() as session:
        rig.engine.complete(session, task, {}, outcome=None, actor=ALICE)
    assert rig.passed(instance) == ["s", "f"]
    act(rig, modification.resume, instance)
    assert rig.later(minutes=0) == 1
    rig.work()
    rig.complete("a")
    assert rig.status(instance) == "completed"
    assert set(rig.passed(instance)) == {"s", "f", "m", "w", "a", "j", "e"}


def test_a_job_that_ends_while_suspended_is_done_again(rig: Rig) -> None:
    from engine import jobs

    rig.deploy(diagram(ENDS + service("j", "test.work") + "s->j j->e"))
    instance = rig.start()
    (claimed,) = jobs.claim(rig.engine, rig.database, "engine", 1)
    act(rig, modification.suspend, instance)
    jobs.perform(rig.engine, rig.database, claimed)
    assert rig.status(instance) == "suspended"
    act(rig, modification.resume, instance)
    rig.work()
    assert rig.status(instance) == "completed"
    assert len({r.idempotency_key for r in rig.runs}) == 1


def test_a_message_kept_for_a_suspended_instance_goes_to_it_alone_and_once(rig: Rig) -> None:
    edge = f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{on_message("ping")}</boundaryEvent>'
    heard = service("n", "test.note", text="=who") + '<endEvent id="e2"/>b->n n->e2'
    start = f'<startEvent id="s">{on_message("ping")}</startEvent><endEvent id="e"/>'
    rig.deploy(
        diagram(ENDS + person("a") + edge + heard + " s->a a->e", outside=message("ping")),
        diagram(
            start + service("n", "test.note", text="started") + "s->n n->e",
            key="q",
            outside=message("ping"),
        ),
    )
    sleeping = rig.start(who="sleeping")
    rig.start(who="awake")
    act(rig, modification.suspend, sleeping)
    assert rig.message("ping", time_to_live=timedelta(hours=1)).kept
    assert sorted(rig.trace) == ["awake", "started"]
    rig.later(minutes=1)
    act(rig, modification.resume, sleeping)
    for _ in range(2):
        rig.later(minutes=1)
    assert sorted(rig.trace) == ["awake", "sleeping", "started"]


def test_variables_are_edited_with_their_old_values_kept(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + person("a") + "s->a a->e"))
    instance = rig.start(level=1)
    act(rig, modification.edit_variables, instance, {"level": 2})
    assert rig.data(instance)["level"] == 2
    with rig.database.reading() as session:
        (edited,) = [r for r in inspection.history_of(session, instance) if r["event"] == "edited"]
    assert edited["data"] == {"reason": "because", "before": {"level": 1}}
    assert edited["actor"] == ALICE.as_json()


def test_a_token_is_moved_within_its_scope(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + person("a") + person("b") + "s->a a->b b->e"))
    instance = rig.start()
    (token,) = [t for t in _tokens(rig, instance) if t.element == "a"]
    act(rig, modification.move_token, instance, token.id, "b")
    assert rig.active(instance) == ["b"]
    with pytest.raises(UnknownElement):
        act(rig, modification.move_token, instance, token.id, "b")
    (token,) = _tokens(rig, instance)
    with pytest.raises(UnknownElement):
        act(rig, modification.move_token, instance, token.id, "nowhere")
    assert rig.active(instance) == ["b"]
    rig.complete("b")
    assert rig.status(instance) == "completed"


def test_a_token_at_an_event_gateway_is_moved_with_all_its_arms(rig: Rig) -> None:
    arms = (
        '<eventBasedGateway id="g"/><exclusiveGateway id="k"/>'
        f'<intermediateCatchEvent id="m">{on_message("go")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="t">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    flows = "s->k k->z[x] k->g[not(x)] g->m g->t m->e t->e z->e"
    rig.deploy(diagram(ENDS + arms + person("z") + flows, outside=message("go")))
    instance = rig.start(x=False)
    act(rig, modification.move_tokens, instance, "g", "z")
    assert rig.later(hours=2) == 0
    assert not rig.message("go").anywhere
    rig.complete("z")
    assert rig.status(instance) == "completed"
    assert rig.passed(instance).count("z") == 1


def test_what_listens_on_an_edge_is_no_token_to_be_moved(rig: Rig) -> None:
    edge = f'<boundaryEvent id="b" attachedToRef="a">{timer("Duration", "PT1H")}</boundaryEvent>'
    rig.deploy(diagram(ENDS + person("a") + edge + person("z") + "s->a a->e b->z z->e"))
    instance = rig.start()
    with pytest.raises(UnknownElement):
        act(rig, modification.move_tokens, instance, "b", "z")
    assert rig.later(hours=1) == 1
    assert rig.active(instance) == ["z"]


def test_a_token_is_added(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + person("a") + person("b") + "s->a a->e b->e s->b"))
    instance = rig.start()
    act(rig, modification.add_token, instance, "a")
    assert rig.active(instance) == ["a", "b"]
    for element in ("a", "a", "b"):
        rig.complete(element)
    assert rig.status(instance) == "completed"


def _tokens(rig: Rig, instance: UUID) -> tuple[inspection.Standing, ...]:
    with rig.database.reading() as session:
        return inspection.look(rig.engine, session, instance).tokens
