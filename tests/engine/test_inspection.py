"""Looking into an instance: where tokens stand, in which scopes, with which data."""

from uuid import UUID, uuid4

import pytest

from engine.errors import InstanceGone
from engine.inspection import Look, look
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, message, on_message, person, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def seen(rig: Rig, instance: UUID) -> Look:
    with rig.database.reading() as session:
        return look(rig.engine, session, instance)


def test_what_waits_at_the_arms_of_a_gateway_stands_at_the_gateway(rig: Rig) -> None:
    arms = (
        f'<intermediateCatchEvent id="m">{on_message("go")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    body = ENDS + '<eventBasedGateway id="g"/>' + arms + "s->g g->m g->w m->e w->e"
    rig.deploy(diagram(body, outside=message("go", "=k")))
    instance = rig.start(k="1")
    assert rig.active(instance) == ["g"]
    assert {(t.element, t.at) for t in seen(rig, instance).tokens} == {("m", "g"), ("w", "g")}
    rig.message("go", correlation="1")
    assert rig.status(instance) == "completed"


def test_scopes_see_what_is_around_them(rig: Rig) -> None:
    edge = f'<boundaryEvent id="b" attachedToRef="w">{timer("Duration", "PT1H")}</boundaryEvent>'
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/>' + person("w") + edge
        + '<endEvent id="se"/>ss->w w->se b->se</subProcess>'
    )  # fmt: skip
    rig.deploy(diagram(ENDS + sub + "s->sub sub->e"))
    instance = rig.start(colour="red")
    found = seen(rig, instance)
    assert {(t.element, t.beside, t.hosts) for t in found.tokens} == {
        ("sub", False, True), ("w", False, False), ("b", True, False),
    }  # fmt: skip
    room = found.room_of("w")
    assert room is not None
    assert room.element == "sub"
    assert found.seen_from(room) == {"colour": "red"}
    assert all(t.since == rig.now for t in found.tokens)


def test_an_instance_that_has_ended_has_nothing_left(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + "s->e"))
    found = seen(rig, rig.start())
    assert (found.status, found.tokens, found.rooms) == ("completed", (), ())
    assert found.room_of("e") is None
    with pytest.raises(InstanceGone):
        seen(rig, uuid4())
