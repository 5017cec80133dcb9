"""Ad-hoc sub-processes, token quantities, starts without a start event, reports of multi-instance, signals inside an
instance, data associations (BPMN 2.0, 10.3 to 10.6)."""

import pytest

from engine.errors import DeployRefused
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, message, on_message, person, script, service, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
SIGNAL = '<signal id="sg" name="go"/>'
ON_SIGNAL = '<signalEventDefinition signalRef="sg"/>'


def note(name: str) -> str:
    return service(name, "test.note", text=name)


def ad_hoc(inside: str, condition: str = "", **attributes: str) -> str:
    given = "".join(f' {n}="{v}"' for n, v in attributes.items())
    until = f"<completionCondition>{condition}</completionCondition>" if condition else ""
    body = f'<adHocSubProcess id="h"{given}>{inside}{until}</adHocSubProcess>'
    return ENDS + body + "s->h h->e"


@pytest.mark.parametrize(("ordering", "open_at_once"), [("Parallel", 2), ("Sequential", 1)])
def test_ad_hoc_activities_run_side_by_side_or_one_by_one(
    rig: Rig, ordering: str, open_at_once: int
) -> None:
    rig.deploy(diagram(ad_hoc(person("a") + person("b"), ordering=ordering)))
    instance = rig.start()
    assert len(rig.active(instance)) == open_at_once + 1
    rig.complete("a")
    assert rig.active(instance) == ["b", "h"]
    rig.complete("b")
    assert rig.status(instance) == "completed"


@pytest.mark.parametrize("cancels", [True, False])
def test_a_completion_condition_ends_an_ad_hoc_subprocess(rig: Rig, cancels: bool) -> None:
    given = {"cancelRemainingInstances": "true" if cancels else "false"}
    rig.deploy(diagram(ad_hoc(person("a") + person("b"), "enough", **given)))
    instance = rig.start(enough=False)
    rig.complete("a", enough=True)
    assert rig.status(instance) == ("completed" if cancels else "active")
    if not cancels:
        rig.complete("b")
        assert rig.status(instance) == "completed"


def test_an_ad_hoc_subprocess_stays_open_until_its_condition_holds(rig: Rig) -> None:
    body = ENDS + '<parallelGateway id="f"/>' + person("other")
    body += ad_hoc(note("a"), "enough").removeprefix(ENDS).removesuffix("s->h h->e")
    rig.deploy(diagram(body + '<endEvent id="e2"/>s->f f->h f->other h->e other->e2'))
    instance = rig.start(enough=False)
    assert rig.active(instance) == ["h", "other"]
    rig.complete("other", enough=True)
    assert rig.trace == ["a"]
    assert rig.status(instance) == "completed"


def test_tokens_are_gathered_and_sent_on_by_quantity(rig: Rig) -> None:
    send = note("send").replace("<serviceTask ", '<serviceTask completionQuantity="5" ')
    take = note("take").replace("<serviceTask ", '<serviceTask startQuantity="2" ')
    rig.deploy(diagram(ENDS + send + take + "s->send send->take take->e"))
    instance = rig.start()
    assert rig.trace == ["send", "take", "take"]
    assert rig.active(instance) == ["take"]


def test_gathering_at_a_persons_step_offers_nothing_yet(rig: Rig) -> None:
    take = person("take").replace("<userTask ", '<userTask startQuantity="2" ')
    rig.deploy(diagram(ENDS + '<parallelGateway id="f"/>' + person("w") + take
                       + "s->f f->take f->w w->take take->e"))  # fmt: skip
    instance = rig.start()
    with rig.database.reading() as session:
        assert len(rig.engine.open_tasks(session, instance)) == 1
    rig.complete("w")
    rig.complete("take")
    assert rig.status(instance) == "completed"


def test_a_receive_task_can_bring_a_process_to_life(rig: Rig) -> None:
    receive = '<receiveTask id="r" messageRef="m_go" instantiate="true"/>'
    rig.deploy(diagram(receive + note("a") + '<endEvent id="e"/>r->a a->e', outside=message("go")))
    (instance,) = rig.message("go").started
    assert rig.trace == ["a"]
    assert rig.status(instance) == "completed"


@pytest.mark.parametrize("kind", ["Exclusive", "Parallel"])
def test_a_gateway_starts_a_process_with_its_first_event_or_wants_all(rig: Rig, kind: str) -> None:
    arms = "".join(
        f'<intermediateCatchEvent id="{n}">{on_message(n)}</intermediateCatchEvent>' + note(f"n{n}")
        for n in ("a", "b")
    )
    gateway = f'<eventBasedGateway id="g" instantiate="true" eventGatewayType="{kind}"/>'
    outside = message("a", "=k") + message("b", "=k")
    rig.deploy(
        diagram(gateway + arms + '<endEvent id="e"/>g->a g->b a->na b->nb na->e nb->e', outside=outside)
    )  # fmt: skip
    (instance,) = rig.message("a", {"k": "1"}, correlation="1").started
    if kind == "Exclusive":
        assert rig.status(instance) == "completed"
        assert len(rig.message("b", {"k": "1"}, correlation="1").started) == 1
    else:
        assert rig.status(instance) == "active"
        assert rig.message("b", {"k": "1"}, correlation="1").instances == (instance,)
        assert rig.status(instance) == "completed"
    assert rig.trace == ["na", "nb"]


@pytest.mark.parametrize(("behavior", "reports"), [("None", 3), ("One", 1), ("All", 0)])
def test_a_multi_instance_activity_reports_its_progress(
    rig: Rig, behavior: str, reports: int
) -> None:
    reference = {"None": ' noneBehaviorEventRef="d"', "One": ' oneBehaviorEventRef="d"', "All": ""}
    loop = (
        f'<multiInstanceLoopCharacteristics behavior="{behavior}"{reference[behavior]}>'
        "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
    )
    work = note("t").replace("</serviceTask>", loop + "</serviceTask>")
    body = ENDS + work + f'<boundaryEvent id="b" attachedToRef="t">{ON_SIGNAL}</boundaryEvent>'
    body += note("told") + '<endEvent id="e2"/>s->t t->e b->told told->e2'
    outside = SIGNAL + '<signalEventDefinition id="d" signalRef="sg"/>'
    rig.deploy(diagram(body, outside=outside))
    instance = rig.start()
    assert sorted(rig.trace) == ["t"] * 3 + ["told"] * reports
    assert rig.status(instance) == "completed"


def test_complex_behaviour_reports_when_its_condition_holds(rig: Rig) -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true" behavior="Complex"><loopCardinality>4'
        "</loopCardinality><complexBehaviorDefinition><condition>numberOfCompletedInstances = 2</condition>"
        f'<event id="told_of">{ON_SIGNAL}</event></complexBehaviorDefinition>'
        "</multiInstanceLoopCharacteristics>"
    )
    work = note("t").replace("</serviceTask>", loop + "</serviceTask>")
    body = ENDS + work + f'<boundaryEvent id="b" attachedToRef="t">{ON_SIGNAL}</boundaryEvent>'
    rig.deploy(diagram(body + note("told") + "s->t t->e b->told told->e", outside=SIGNAL))
    rig.start()
    assert rig.trace.count("told") == 1
    assert rig.trace.index("told") == 3  # beside the third instance


def test_a_signal_reaches_its_own_instance_at_once_and_no_second_time(rig: Rig) -> None:
    inside = (
        '<subProcess id="sub"><startEvent id="ss"/><endEvent id="se"/>'
        f'<intermediateThrowEvent id="x">{ON_SIGNAL}</intermediateThrowEvent>' + person("w")
        + "ss->x x->w w->se</subProcess>"
    )  # fmt: skip
    edge = f'<boundaryEvent id="b" attachedToRef="sub" cancelActivity="false">{ON_SIGNAL}</boundaryEvent>'
    rig.deploy(
        diagram(ENDS + inside + edge + note("told") + "s->sub sub->e b->told told->e", outside=SIGNAL)
    )  # fmt: skip
    instance = rig.start()
    rig.work()
    assert rig.trace == ["told"]
    assert rig.active(instance) == ["sub", "w"]


def test_a_signal_that_interrupts_its_thrower_stops_it(rig: Rig) -> None:
    inside = (
        '<subProcess id="sub"><startEvent id="ss"/><endEvent id="se"/>'
        f'<intermediateThrowEvent id="x">{ON_SIGNAL}</intermediateThrowEvent>' + note("never")
        + "ss->x x->never never->se</subProcess>"
    )  # fmt: skip
    edge = f'<boundaryEvent id="b" attachedToRef="sub">{ON_SIGNAL}</boundaryEvent>'
    rig.deploy(
        diagram(ENDS + inside + edge + note("told") + "s->sub sub->e b->told told->e", outside=SIGNAL)
    )  # fmt: skip
    assert rig.status(rig.start()) == "completed"
    assert rig.trace == ["told"]


def test_a_cycle_on_the_way_sends_a_token_on_at_every_round(rig: Rig) -> None:
    catch = f'<intermediateCatchEvent id="c">{timer("Cycle", "R3/PT1M")}</intermediateCatchEvent>'
    rig.deploy(diagram(ENDS + catch + note("n") + "s->c c->n n->e"))
    instance = rig.start()
    for _ in range(4):
        rig.later(minutes=1)
    assert rig.trace == ["n"] * 3
    assert rig.status(instance) == "completed"


def test_a_condition_that_holds_already_interrupts_before_the_activity_begins(rig: Rig) -> None:
    condition = (
        "<conditionalEventDefinition><condition>bad</condition></conditionalEventDefinition>"
    )
    edge = f'<boundaryEvent id="b" attachedToRef="t">{condition}</boundaryEvent>'
    rig.deploy(diagram(ENDS + note("t") + edge + note("told") + "s->t t->e b->told told->e"))
    rig.start(bad=True)
    rig.start(bad=False)
    assert rig.trace == ["told", "t"]


def test_data_goes_in_and_out_through_associations(rig: Rig) -> None:
    io = (
        '<ioSpecification><dataInput id="i" name="given"/><dataOutput id="o" name="made"/>'
        "<inputSet><dataInputRefs>i</dataInputRefs></inputSet>"
        "<outputSet><dataOutputRefs>o</dataOutputRefs></outputSet></ioSpecification>"
        "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>i</targetRef></dataInputAssociation>"
        "<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>r</targetRef></dataOutputAssociation>"
    )
    task = script("t", ("made", "given + 1")).replace("</scriptTask>", io + "</scriptTask>")
    objects = '<dataObject id="d" name="order"/><dataObject id="r" name="result"/>'
    rig.deploy(diagram(ENDS + objects + task + person("a") + "s->t t->a a->e"))
    instance = rig.start(order=4)
    with rig.database.reading() as session:
        (task_id,) = rig.engine.open_tasks(session, instance)
        assert rig.engine.task(session, task_id).data == {"order": 4, "result": 5}


def test_a_process_with_several_triggers_at_once_is_refused(rig: Rig) -> None:
    start = f'<startEvent id="s" parallelMultiple="true">{ON_SIGNAL}{on_message("go")}</startEvent>'
    with pytest.raises(DeployRefused, match="before it exists"):
        rig.deploy(diagram(start + '<endEvent id="e"/>s->e', outside=SIGNAL + message("go")))
