"""Scripts, sub-processes, calls, loops and multi-instance (BPMN 2.0, 10.3)."""

from datetime import timedelta

import pytest

from engine.actors import SYSTEM
from engine.bpmn.program import Bound, Program
from engine.bpmn.reading import read_definitions
from engine.errors import DeployRefused, DiagramError
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, extension, message, person, script, service, timer

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def multi(kind: str = "", inside: str = "", **settings: str) -> str:
    given = "".join(f' {n}="{v}"' for n, v in settings.items())
    ours = extension(f"<l:loop{given}/>") if settings else ""
    flag = ' isSequential="true"' if kind == "sequential" else ""
    return (
        f"<multiInstanceLoopCharacteristics{flag}>{ours}{inside}</multiInstanceLoopCharacteristics>"
    )


def looped(element: str, characteristics: str) -> str:
    """Put loop characteristics into an activity, where the schema wants them."""
    head, end, tail = element.rpartition("</")
    return head + characteristics + end + tail


def test_a_script_sees_its_earlier_lines_and_records_of_others_stay_untouched(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + script("t", ("b", "a + 1"), ("c", "b * 2")) + "s->t t->e"))
    assert rig.data(rig.start(a=1)) == {"a": 1, "b": 2, "c": 4}


def test_what_a_caller_hands_in_is_shared_with_nobody(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + person("a") + "s->a a->e"))
    tags = ["x"]
    instance = rig.start(tags=tags)
    tags.append("y")
    with rig.database.reading() as session:
        (task,) = rig.engine.open_tasks(session, instance)
        assert rig.engine.task(session, task).data == {"tags": ["x"]}


def test_branches_neither_lose_nor_cut_data(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS
            + '<parallelGateway id="f"/><parallelGateway id="j"/>'
            + script("a", ("left", "[1, 2, 3]"))
            + script("b", ("right", "[9]"))
            + "s->f f->a f->b a->j b->j j->e"
        )  # fmt: skip
    )
    data = rig.data(rig.start(kept={"deep": [1, {"er": 2}]}))
    assert data == {"kept": {"deep": [1, {"er": 2}]}, "left": [1, 2, 3], "right": [9]}


def test_a_standard_loop_tests_before_or_after(rig: Rig) -> None:
    def loop(before: bool) -> str:
        flag = "true" if before else "false"
        return (
            f'<standardLoopCharacteristics testBefore="{flag}">'
            "<loopCondition>n &lt; 3</loopCondition></standardLoopCharacteristics>"
        )

    body = script("t", ("n", "n + 1"))
    rig.deploy(
        diagram(ENDS + looped(body, loop(before=True)) + "s->t t->e"),
        diagram(ENDS + looped(body, loop(before=False)) + "s->t t->e", key="q"),
    )
    assert rig.data(rig.start(n=0))["n"] == 3
    assert rig.data(rig.start(n=5))["n"] == 5
    assert rig.data(rig.start("q", n=5))["n"] == 6


def test_parallel_instances_collect_results_in_the_order_of_the_collection(rig: Rig) -> None:
    loop = multi(
        collection="names", element="name", outputCollection="answers", outputElement="answer"
    )
    rig.deploy(diagram(ENDS + looped(person("t"), loop) + "s->t t->e"))
    instance = rig.start(names=["a", "b", "c"])
    with rig.database.reading() as session:
        tasks = {
            rig.engine.task(session, t).data["name"]: t
            for t in rig.engine.open_tasks(session, instance)
        }
    for name in ("c", "a", "b"):
        with rig.database.transaction() as session:
            rig.engine.complete(
                session, tasks[name], {"answer": name.upper()}, outcome=None, actor=ALICE
            )
    assert rig.data(instance)["answers"] == ["A", "B", "C"]
    assert rig.status(instance) == "completed"


def test_sequential_instances_run_one_after_the_other(rig: Rig) -> None:
    rig.deploy(
        diagram(
            ENDS
            + looped(person("t"), multi("sequential", collection="names", element="name"))
            + "s->t t->e"
        )
    )
    instance = rig.start(names=["a", "b"])
    for _ in range(2):
        with rig.database.reading() as session:
            assert len(rig.engine.open_tasks(session, instance)) == 1
        rig.complete("t")
    assert rig.status(instance) == "completed"


def test_a_completion_condition_ends_the_rest(rig: Rig) -> None:
    loop = multi(
        inside="<loopCardinality>5</loopCardinality>"
        "<completionCondition>numberOfCompletedInstances &gt;= 2</completionCondition>"
    )
    rig.deploy(diagram(ENDS + looped(person("t"), loop) + "s->t t->e"))
    instance = rig.start()
    rig.complete("t")
    rig.complete("t")
    assert rig.status(instance) == "completed"


def test_an_empty_collection_passes_and_a_wrong_one_is_refused(rig: Rig) -> None:
    rig.deploy(
        diagram(ENDS + looped(person("t"), multi(collection="names", element="name")) + "s->t t->e")
    )
    assert rig.status(rig.start(names=[])) == "completed"
    with pytest.raises(DiagramError, match="is no list"):
        rig.start(names="abc")


def test_a_repeated_activity_chooses_its_way_out_once(rig: Rig) -> None:
    twice = multi(inside="<loopCardinality>2</loopCardinality>")
    gathers = looped(service("t", "test.note", text="t"), twice).replace(
        "<serviceTask ", '<serviceTask startQuantity="2" completionQuantity="2" '
    )
    ways = service("a", "test.note", text="a") + service("b", "test.note", text="b")
    body = ENDS + '<parallelGateway id="f"/><task id="x"/><task id="y"/>' + gathers + ways
    rig.deploy(diagram(body + "s->f f->x f->y x->t y->t t->a[n > 1] t->b[n <= 1] a->e b->e"))
    assert rig.status(rig.start(n=2)) == "completed"
    assert rig.trace == ["t", "t", "a", "a"]


def test_every_activity_makes_its_output_mappings(rig: Rig) -> None:
    sum_up = extension('<l:assign name="a" value="1"/><l:output name="b" value="=a + 1"/>')
    by_hand = extension('<l:output name="c" value="=b + 1"/>')
    body = ENDS + f'<scriptTask id="t">{sum_up}</scriptTask><manualTask id="u">{by_hand}</manualTask>'
    said = extension('<l:output name="d" value="sent"/>')
    body += f'<sendTask id="v" messageRef="m_x">{said}</sendTask>'
    rig.deploy(diagram(body + "s->t t->u u->v v->e", outside=message("x")))
    assert rig.data(rig.start()) == {"a": 1, "b": 2, "c": 3, "d": "sent"}


def test_a_multi_instance_subprocess_keeps_its_element_to_itself(rig: Rig) -> None:
    sub = (
        '<subProcess id="sub">' + multi(collection="items", element="item") + '<startEvent id="ss"/>'
        + service("n", "test.note", text="=item") + '<endEvent id="se"/>ss->n n->se</subProcess>'
    )  # fmt: skip
    rig.deploy(diagram(ENDS + sub + "s->sub sub->e"))
    instance = rig.start(items=["x", "y"])
    assert rig.trace == ["x", "y"]
    assert "item" not in rig.data(instance)


def test_a_call_sees_what_is_mapped_in_and_gives_what_is_mapped_out(rig: Rig) -> None:
    mapped = extension('<l:input name="n" value="=amount"/><l:output name="result" value="=m"/>')
    call = f'<callActivity id="c" calledElement="q">{mapped}</callActivity>'
    inner = diagram(
        ENDS + script("t", ("m", "n * 2"), ("seen", "amount")) + person("a") + "s->t t->a a->e",
        key="q",
    )
    rig.deploy(diagram(ENDS + call + "s->c c->e"), inner)
    instance = rig.start(amount=21)
    rig.complete("a")
    data = rig.data(instance)
    assert data["result"] == 42
    assert data["seen"] is None
    assert rig.status(instance) == "completed"


def test_a_call_keeps_the_version_that_was_deployed_with_its_caller(rig: Rig) -> None:
    call = '<callActivity id="c" calledElement="q"/>'
    rig.deploy(
        diagram(ENDS + call + "s->c c->e"),
        diagram(ENDS + script("t", ("v", "1")) + "s->t t->e", key="q"),
    )
    rig.deploy(diagram(ENDS + script("t", ("v", "2")) + "s->t t->e", key="q"))
    assert rig.data(rig.start())["v"] == 1


def calling(version: str, element: str = "c", process: str = "q") -> str:
    """A call activity that calls a process in this version."""
    called = extension(f'<l:called version="{version}"/>')
    return f'<callActivity id="{element}" calledElement="{process}">{called}</callActivity>'


def saying(number: int, *, waits: bool = False) -> bytes:
    """A process q that puts a number into v."""
    steps = script("t", ("v", str(number)))
    if waits:
        return diagram(ENDS + person("a") + steps + "s->a a->t t->e", key="q")
    return diagram(ENDS + steps + "s->t t->e", key="q")


def test_a_call_of_the_latest_version_follows_what_is_deployed(rig: Rig) -> None:
    """So does what calls the caller. An instance keeps what it began with, until it is migrated."""
    rig.deploy(saying(1, waits=True))
    rig.deploy(diagram(ENDS + calling("latest") + "s->c c->e"))
    rig.deploy(diagram(ENDS + calling("latest", process="p") + "s->c c->e", key="o"))
    running = [rig.start("p"), rig.start("o")]
    rig.deploy(saying(2))
    assert [rig.data(rig.start(key))["v"] for key in ("p", "o")] == [2, 2]
    for instance in running:
        with rig.database.transaction() as session:
            (task,) = rig.engine.open_tasks(session, instance)
            rig.engine.complete(session, task, {}, outcome=None, actor=ALICE)
        assert rig.data(instance)["v"] == 1
    with rig.database.reading() as session:
        assert [rig.engine.library.latest(session, key).number for key in ("q", "p", "o")] == [2, 2, 2]


def test_what_starts_a_process_starts_the_version_that_follows_its_callee(rig: Rig) -> None:
    start = '<startEvent id="m"><messageEventDefinition messageRef="m_go"/></startEvent><endEvent id="e"/>'
    tick = f'<startEvent id="k">{timer("Cycle", "R/PT1H")}</startEvent>'
    rig.deploy(saying(1))
    rig.deploy(diagram(start + tick + calling("latest") + "m->c k->c c->e", outside=message("go")))
    rig.now += timedelta(minutes=40)
    rig.deploy(saying(2))
    (started,) = rig.message("go").started
    assert rig.data(started)["v"] == 2
    assert rig.later(minutes=20) == 1, "its round is not begun anew"


def test_a_call_of_a_numbered_version_stays_with_it(rig: Rig) -> None:
    """Beside calls of other versions of the same process, in one diagram."""
    for number in (1, 2, 3):
        rig.deploy(saying(number))
    body = calling("2", "a") + script("x", ("first", "v")) + calling("latest", "b") + script("y", ("second", "v"))
    old = '<callActivity id="c" calledElement="q"/>'
    rig.deploy(diagram(ENDS + body + old + "s->a a->x x->b b->y y->c c->e"))
    rig.deploy(saying(4))
    data = rig.data(rig.start())
    assert (data["first"], data["second"], data["v"]) == (2, 4, 3)


@pytest.mark.parametrize("version", ["7", "newest", "-1", "1.0"])
def test_a_call_of_a_version_that_is_not_there_is_refused(rig: Rig, version: str) -> None:
    rig.deploy(saying(1))
    with pytest.raises(DeployRefused) as refused:
        rig.deploy(diagram(ENDS + calling(version) + "s->c c->e"))
    assert [problem.rule for problem in refused.value.problems] == ["called-process"]


def test_process_data_has_a_limit_said_in_words(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + person("a") + "s->a a->e"))
    with pytest.raises(DiagramError, match="over 16 KB"):
        rig.start(blob="x" * 20_000)


FORM = '{"type": "default", "id": "work", "components": [{"type": "text", "text": "KEY"}]}'
FEE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="m">
<decision id="fee" name="fee"><variable name="fee"/><literalExpression><text>KEY</text></literalExpression></decision>
</definitions>"""


def with_files_of_its_own(key: str, body: str, fee: int) -> dict[str, bytes]:
    """A bundle whose process asks the decision `fee` and a person, with a form and an outcome that say `key`."""
    ask = '<businessRuleTask id="d"><extensionElements><l:decision key="fee"/></extensionElements></businessRuleTask>'
    work = extension(f'<l:humanTask form="work"><l:outcome id="{key}" name="{key}"/></l:humanTask>')
    person = f'<userTask id="h">{work}</userTask>'
    return {
        f"{key}.bpmn": diagram(ENDS + ask + person + body, key=key),
        "work.form": FORM.replace("KEY", key).encode(),
        "fee.dmn": FEE.replace("KEY", str(fee)).encode(),
    }


def test_a_called_process_that_was_deployed_apart_has_its_own_forms_decisions_and_steps(
    rig: Rig,
) -> None:
    """Also where what calls it has some of the same names."""
    call = '<callActivity id="c" calledElement="inner"/>'
    for files in (
        with_files_of_its_own("inner", "s->d d->h h->e", 1),
        with_files_of_its_own("p", call + "s->c c->d d->h h->e", 2),
    ):
        with rig.database.transaction() as session:
            rig.engine.deploy(session, files, actor=SYSTEM)
    instance = rig.start()
    for key, fee in (("inner", 1), ("p", 2)):
        with rig.database.transaction() as session:
            (task_id,) = rig.engine.open_tasks(session, instance)
            task = rig.engine.task(session, task_id)
            assert task.form is not None
            assert task.form["components"][0]["text"] == key
            assert [outcome.id for outcome in task.outcomes] == [key]
            assert task.data["fee"] == fee
            rig.engine.complete(session, task_id, {}, outcome=key, actor=ALICE)
    assert rig.status(instance) == "completed"


def test_a_call_of_what_was_not_deployed_runs_nothing() -> None:
    """Not its own process either: a draft that is tried has no version."""
    scope = read_definitions(diagram(ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e')).processes["p"].scope
    program = Program(Bound("", scope, {}))
    assert program.called(program.root.spec_of("c")) is None
