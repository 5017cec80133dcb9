"""Gateways send and gather tokens as BPMN 2.0, 13.3 says."""

import pytest

from engine.errors import DiagramError
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, person

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def test_exclusive_takes_the_first_true_flow_else_the_default(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<exclusiveGateway id="g"/><task id="a"/><task id="b"/><task id="c"/>'
            "s->g g->a[x > 1] g->b[x > 0] g->>c a->e b->e c->e"
        )
    )
    assert "a" in rig.passed(rig.start(x=2))
    assert "b" in rig.passed(rig.start(x=1))
    assert "c" in rig.passed(rig.start(x=0))
    assert "c" in rig.passed(rig.start())  # x is null: no condition is true


def test_a_default_flow_is_taken_when_no_condition_is_true_whatever_else_leaves(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<task id="t"/><task id="a"/><task id="b"/><task id="d"/>'
            "s->t t->a[x > 1] t->b t->>d a->e b->e d->e"
        )
    )
    first, second = rig.passed(rig.start(x=2)), rig.passed(rig.start(x=0))
    assert {"a", "b"} <= set(first)
    assert "d" not in first
    assert {"b", "d"} <= set(second)
    assert "a" not in second


def test_exclusive_without_a_way_out_fails_and_leaves_nothing_behind(rig: Rig) -> None:
    rig.deploy(
        diagram(ENDS + '<exclusiveGateway id="g"/><task id="a"/><task id="b"/>'
                "s->g g->a[x = 1] g->b[x = 2] a->e b->e")
    )  # fmt: skip
    with pytest.raises(DiagramError, match="no outgoing flow is true"):
        rig.start(x=3)


def test_parallel_waits_for_every_branch(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS
            + '<parallelGateway id="f"/><parallelGateway id="j"/>'
            + person("a")
            + person("b")
            + "s->f f->a f->b a->j b->j j->e"
        )  # fmt: skip
    )
    instance = rig.start()
    rig.complete("a")
    assert rig.active(instance) == ["b", "j"]
    rig.complete("b")
    assert rig.status(instance) == "completed"
    assert rig.passed(instance).count("e") == 1


def test_parallel_join_takes_one_token_from_each_flow(rig: Rig) -> None:
    """Two tokens on one flow do not make up for a missing one on the other."""
    rig.deploy(
        diagram(
            ENDS
            + '<parallelGateway id="f"/><exclusiveGateway id="m"/><parallelGateway id="j"/>'
            + person("b")
            + "s->f f->m f->x x->m f->b m->j b->j j->e"
            + '<task id="x"/>'
        )  # fmt: skip
    )
    instance = rig.start()
    assert rig.active(instance) == ["b", "j"]
    rig.complete("b")
    assert rig.active(instance) == ["j"]  # the second token of m waits for a partner for ever


@pytest.mark.parametrize(("x", "chosen"), [(0, {"c"}), (1, {"a"}), (2, {"a", "b"})])
def test_inclusive_takes_all_true_flows_and_joins_just_those(
    rig: Rig, x: int, chosen: set[str]
) -> None:
    rig.deploy(
        diagram(
            ENDS
            + '<inclusiveGateway id="f"/><inclusiveGateway id="j"/>'
            + person("a")
            + person("b")
            + person("c")
            + "s->f f->a[x > 0] f->b[x > 1] f->>c a->j b->j c->j j->e"
        )  # fmt: skip
    )
    instance = rig.start(x=x)
    assert set(rig.active(instance)) == chosen
    for name in sorted(chosen):
        assert rig.status(instance) == "active"
        rig.complete(name)
    assert rig.status(instance) == "completed"
    assert rig.passed(instance).count("e") == 1


def test_inclusive_join_waits_for_a_token_that_is_still_far_away(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS
            + '<parallelGateway id="f"/><inclusiveGateway id="j"/>'
            + person("a")
            + person("b1")
            + person("b2")
            + "s->f f->a f->b1 b1->b2 b2->j a->j j->e"
        )  # fmt: skip
    )
    instance = rig.start()
    rig.complete("a")
    rig.complete("b1")
    assert rig.active(instance) == ["b2", "j"]
    rig.complete("b2")
    assert rig.status(instance) == "completed"


def test_inclusive_join_does_not_wait_for_a_token_that_went_another_way(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS
            + '<parallelGateway id="f"/><exclusiveGateway id="x"/><inclusiveGateway id="j"/>'
            + person("a")
            + person("b")
            + '<endEvent id="e2"/>'
            + "s->f f->a a->j f->b b->x x->j[back = true] x->>e2 j->e"
        )  # fmt: skip
    )
    instance = rig.start()
    rig.complete("a")
    assert rig.active(instance) == ["b", "j"]
    rig.complete("b", back=False)
    assert rig.status(instance) == "completed"


def test_conditional_flows_out_of_a_task_are_an_inclusive_split(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<task id="t"/><task id="a"/><task id="b"/><task id="c"/>'
            "s->t t->a[x > 0] t->b[x > 1] t->>c a->e b->e c->e"
        )
    )
    assert {"a", "b"} <= set(rig.passed(rig.start(x=2)))
    assert "c" not in rig.passed(rig.start(x=2))
    assert "c" in rig.passed(rig.start(x=0))


def test_several_flows_out_of_a_task_are_a_parallel_split(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + '<task id="t"/><task id="a"/><task id="b"/>s->t t->a t->b a->e b->e'))
    assert rig.passed(rig.start()).count("e") == 2


def test_complex_gateway_starts_on_its_condition_and_swallows_the_rest(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<parallelGateway id="f"/>'
            '<complexGateway id="j"><activationCondition>activationCount &gt;= 2</activationCondition>'
            "</complexGateway>"
            + person("a")
            + person("b")
            + person("c")
            + "s->f f->a f->b f->c a->j b->j c->j j->e"
        )  # fmt: skip
    )
    instance = rig.start()
    rig.complete("a")
    assert "e" not in rig.passed(instance)
    rig.complete("b")
    assert rig.passed(instance).count("e") == 1
    rig.complete("c")
    assert rig.passed(instance).count("e") == 1
    assert rig.status(instance) == "completed"


def test_a_loop_in_a_parallel_branch_leaves_the_other_branch_alone(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS + '<parallelGateway id="f"/><parallelGateway id="j"/><exclusiveGateway id="m"/>'
            '<exclusiveGateway id="x"/>'
            + person("a")
            + person("b")
            + "s->f f->m m->a a->x x->m[again = true] x->>j f->b b->j j->e"
        )  # fmt: skip
    )
    instance = rig.start()
    for _ in range(30):
        rig.complete("a", again=True)
    rig.complete("a", again=False)
    rig.complete("b")
    assert rig.status(instance) == "completed"
    assert rig.passed(instance).count("a") == 31
