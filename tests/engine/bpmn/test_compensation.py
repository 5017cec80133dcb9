"""Completed activities are undone as BPMN 2.0, 10.7 says: the latest first, once, and only what was done."""

import pytest
from sqlalchemy import select

from engine.bpmn.kinds.compensation import moved
from engine.bpmn.program import Bound, Program
from engine.bpmn.reading import read_definitions
from engine.tables import process_instance
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, message, on_message, person, service

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def undoable(name: str, work: str = "") -> str:
    """A step that notes its name, with a handler that notes `undo <name>`."""
    step = work or service(name, "test.note", text=name)
    handler = service(f"undo_{name}", "test.note", text=f"undo {name}").replace(
        "<serviceTask ", '<serviceTask isForCompensation="true" '
    )
    return (
        step
        + f'<boundaryEvent id="b_{name}" attachedToRef="{name}"><compensateEventDefinition/></boundaryEvent>'
        + handler
    )


def tie(*names: str) -> str:
    """The associations, which the schema wants last."""
    return "".join(
        f'<association id="tie_{n}" associationDirection="One" sourceRef="b_{n}" targetRef="undo_{n}"/>'
        for n in names
    )


def throw(activity: str = "", wait: bool = True, tag: str = "intermediateThrowEvent") -> str:
    named = f' activityRef="{activity}"' if activity else ""
    waits = "" if wait else ' waitForCompletion="false"'
    return f'<{tag} id="x"><compensateEventDefinition{named}{waits}/></{tag}>'


def state_size(rig: Rig) -> int:
    with rig.database.reading() as session:
        return len(session.scalars(select(process_instance.c.state)).one() or b"")


def test_all_of_the_scope_is_undone_in_reverse_order_and_once(rig: Rig) -> None:
    body = ENDS + undoable("a") + undoable("b") + throw() + throw().replace('"x"', '"y"')
    rig.deploy(diagram(body + "s->a a->b b->x x->y y->e" + tie("a", "b")))
    assert rig.status(rig.start()) == "completed"
    assert rig.trace == ["a", "b", "undo b", "undo a"]


def test_a_named_activity_alone_is_undone_and_what_was_not_done_is_not(rig: Rig) -> None:
    body = ENDS + undoable("a") + undoable("b") + undoable("c") + throw("a")
    rig.deploy(diagram(body + "s->a a->b b->x x->c c->e" + tie("a", "b", "c")))
    rig.start()
    assert rig.trace == ["a", "b", "undo a", "c"]


def test_an_activity_is_undone_as_often_as_it_was_done(rig: Rig) -> None:
    loop = (
        "<standardLoopCharacteristics><loopCondition>n &lt; 3</loopCondition>"
        "</standardLoopCharacteristics>"
    )
    work = service("a", "test.note", text="a").replace("</serviceTask>", loop + "</serviceTask>")
    counted = work.replace("<l:operator", '<l:output name="n" value="=n + 1"/><l:operator')
    rig.deploy(diagram(ENDS + undoable("a", counted) + throw() + "s->a a->x x->e" + tie("a")))
    rig.start(n=0)
    assert rig.trace == ["a"] * 3 + ["undo a"] * 3


def test_the_thrower_waits_for_its_handlers_and_survives_being_stored(rig: Rig) -> None:
    handler = person("undo_a").replace("<userTask ", '<userTask isForCompensation="true" ')
    step = service("a", "test.note", text="a")
    edge = '<boundaryEvent id="b_a" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
    body = ENDS + step + edge + handler + throw() + service("after", "test.note", text="after")
    rig.deploy(diagram(body + "s->a a->x x->after after->e" + tie("a")))
    instance = rig.start()
    assert rig.trace == ["a"]
    rig.complete("undo_a")
    assert rig.trace == ["a", "after"]
    assert rig.status(instance) == "completed"


def test_without_waiting_the_thrower_goes_on_beside(rig: Rig) -> None:
    handler = person("undo_a").replace("<userTask ", '<userTask isForCompensation="true" ')
    edge = '<boundaryEvent id="b_a" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
    body = ENDS + '<task id="a"/>' + edge + handler + throw(wait=False)
    body += service("after", "test.note", text="after")
    rig.deploy(diagram(body + "s->a a->x x->after after->e" + tie("a")))
    instance = rig.start()
    assert rig.trace == ["after"]
    assert rig.status(instance) == "active"
    rig.complete("undo_a")
    assert rig.status(instance) == "completed"


def test_what_a_completed_subprocess_did_is_undone_from_outside(rig: Rig) -> None:
    inside = '<startEvent id="ss"/><endEvent id="se"/>' + undoable("a") + undoable("b")
    sub = f'<subProcess id="sub">{inside}ss->a a->b b->se{tie("a", "b")}</subProcess>'
    rig.deploy(diagram(ENDS + sub + undoable("c") + throw() + "s->sub sub->c c->x x->e" + tie("c")))
    rig.start()
    assert rig.trace == ["a", "b", "c", "undo c", "undo b", "undo a"]


def test_what_a_called_process_did_is_undone_whichever_call_it_was(rig: Rig) -> None:
    """The first call stands where nothing can throw compensation, the second where something does."""
    def sub(name: str, more: str, flows: str) -> str:
        call = f'<callActivity id="c{name}" calledElement="q"/>'
        ends = f'<startEvent id="s{name}"/><endEvent id="e{name}"/>'
        return f'<subProcess id="{name}">{ends}{call}{more}{flows}</subProcess>'

    rig.deploy(
        diagram(
            ENDS + sub("A", "", "sA->cA cA->eA") + sub("B", throw(), "sB->cB cB->x x->eB")
            + "s->A A->B B->e"
        ),
        diagram(ENDS + undoable("a") + "s->a a->e" + tie("a"), key="q"),
    )  # fmt: skip
    assert rig.status(rig.start()) == "completed"
    assert rig.trace == ["a", "a", "undo a"]


def test_a_handler_of_the_subprocess_takes_the_place_of_its_parts(rig: Rig) -> None:
    inside = '<startEvent id="ss"/><endEvent id="se"/>' + undoable("a")
    sub = f'<subProcess id="sub">{inside}ss->a a->se{tie("a")}</subProcess>'
    rig.deploy(diagram(ENDS + undoable("sub", sub) + throw() + "s->sub sub->x x->e" + tie("sub")))
    rig.start()
    assert rig.trace == ["a", "undo sub"]


def test_a_compensation_event_subprocess_says_how_its_scope_is_undone(rig: Rig) -> None:
    inside = '<startEvent id="ss"/><endEvent id="se"/>' + undoable("a") + undoable("b")
    undoing = (
        '<subProcess id="es" triggeredByEvent="true"><startEvent id="us"><compensateEventDefinition/>'
        '</startEvent><endEvent id="ue"/>' + service("note", "test.note", text="undoing")
        + throw("a").replace('"x"', '"ux"') + "us->note note->ux ux->ue</subProcess>"
    )  # fmt: skip
    sub = f'<subProcess id="sub">{inside}{undoing}ss->a a->b b->se{tie("a", "b")}</subProcess>'
    rig.deploy(diagram(ENDS + sub + throw() + "s->sub sub->x x->e"))
    instance = rig.start()
    assert rig.trace == ["a", "b", "undoing", "undo a"]
    assert rig.status(instance) == "completed"


def test_a_cancelled_transaction_is_undone_and_left_by_its_edge(rig: Rig) -> None:
    inside = (
        '<startEvent id="ss"/><parallelGateway id="f"/>' + undoable("a") + undoable("b") + person("w")
        + '<exclusiveGateway id="g"/><endEvent id="se"/><endEvent id="x"><cancelEventDefinition/></endEvent>'
        + f'ss->a a->b b->f f->w f->g g->x[bad] g->>se w->se{tie("a", "b")}'
    )  # fmt: skip
    body = ENDS + f'<transaction id="t">{inside}</transaction>' + '<task id="late"/>'
    edge = '<boundaryEvent id="c" attachedToRef="t"><cancelEventDefinition/></boundaryEvent>'
    rig.deploy(diagram(body + edge + "s->t t->e c->late late->e"))
    cancelled = rig.start(bad=True)
    assert rig.trace == ["a", "b", "undo b", "undo a"]
    assert rig.status(cancelled) == "completed"
    assert "late" in rig.passed(cancelled)
    good = rig.start(bad=False)
    rig.complete("w")
    assert rig.status(good) == "completed"
    assert "late" not in rig.passed(good)


def test_work_in_a_subprocess_that_still_runs_is_undone_when_its_transaction_is_cancelled(
    rig: Rig,
) -> None:
    nested = (
        '<subProcess id="n"><startEvent id="ns"/><endEvent id="ne"/>' + undoable("a") + person("w")
        + f'ns->a a->w w->ne{tie("a")}</subProcess>'
    )  # fmt: skip
    catch = f'<intermediateCatchEvent id="m">{on_message("stop")}</intermediateCatchEvent>'
    inside = (
        '<startEvent id="ss"/><parallelGateway id="f"/>' + nested + catch + '<endEvent id="se"/>'
        '<endEvent id="x"><cancelEventDefinition/></endEvent>ss->f f->n f->m m->x n->se'
    )
    edge = '<boundaryEvent id="c" attachedToRef="t"><cancelEventDefinition/></boundaryEvent>'
    body = ENDS + f'<transaction id="t">{inside}</transaction>' + edge + '<endEvent id="late"/>'
    rig.deploy(diagram(body + "s->t t->e c->late", outside=message("stop")))
    instance = rig.start()
    rig.message("stop")
    assert rig.trace == ["a", "undo a"]
    assert rig.status(instance) == "completed"


@pytest.mark.parametrize("throws", [True, False])
def test_memory_is_kept_only_where_something_can_ask_for_it(rig: Rig, throws: bool) -> None:
    """A loop over a compensable step: its state grows only in a diagram that can throw compensation."""
    end = throw() if throws else '<intermediateThrowEvent id="x"/>'
    loop = '<exclusiveGateway id="m"/><exclusiveGateway id="g"/>'
    body = ENDS + loop + undoable("a") + person("w") + end
    rig.deploy(diagram(body + "s->m m->a a->w w->g g->m[more] g->>x x->e" + tie("a")))
    rig.start(more=True)
    early = state_size(rig)
    for _ in range(20):
        rig.complete("w")
    assert (state_size(rig) > early) == throws


def test_the_memory_of_a_scope_ends_with_it(rig: Rig) -> None:
    """A sub-process in a loop that undoes its own work leaves nothing behind."""
    sub = (
        '<subProcess id="sub"><startEvent id="ss"/>' + undoable("a") + person("w")
        + throw(tag="endEvent") + f'ss->a a->w w->x{tie("a")}</subProcess>'
    )  # fmt: skip
    loop = '<exclusiveGateway id="m"/><exclusiveGateway id="g"/>'
    rig.deploy(diagram(ENDS + loop + sub + "s->m m->sub sub->g g->m[more] g->>e"))
    rig.start(more=True)
    early = state_size(rig)
    for _ in range(10):
        rig.complete("w")
    assert state_size(rig) <= early + 8
    assert rig.trace[:3] == ["a", "undo a", "a"]


def test_the_memory_moves_to_another_version_of_the_diagram() -> None:
    def program(a: str, sub: str) -> Program:
        inside = '<startEvent id="ss"/><endEvent id="se"/>' + undoable(a)
        body = (
            ENDS + f'<subProcess id="{sub}">{inside}ss->{a} {a}->se{tie(a)}</subProcess>' + throw()
        )
        content = diagram(body + f"s->{sub} {sub}->x x->e")
        return Program(Bound("", read_definitions(content).processes["p"].scope, {}))

    kept = [["sub", "p/sub", {}, [["a", "p/sub/a#undo", {}, None]]], ["gone", "p/gone", {}, []]]
    mapping = {"sub": "part", "a": "b"}
    assert moved(kept, mapping, program("b", "part")) == [
        ["part", "p/part", {}, [["b", "p/part/b#undo", {}, None]]]
    ]
