"""Human tasks: one completes, the others are told who was faster."""

import json

import pytest
from sqlalchemy import select

from engine.errors import DiagramError, TaskGone, TaskTaken, UnknownOutcome
from engine.tables import human_task, human_task_candidate
from tests.engine.conftest import ALICE, BOB, Rig
from tests.engine.diagrams import diagram, person

BODY = (
    '<startEvent id="s"/><endEvent id="e"/>'
    + person("a", "yes", "no", candidates="=[&quot;team:1&quot;, who]", due="PT2H", priority="=level * 10", form="f")
    + "s->a a->e"
)  # fmt: skip
FORM = b'{"type": "default", "components": []}'


def offered(rig: Rig) -> object:
    rig.deploy(diagram(BODY), f=FORM)
    instance = rig.start(who="user:1", level=7)
    with rig.database.reading() as session:
        return rig.engine.open_tasks(session, instance)[0]


def test_a_task_is_offered_with_all_that_the_diagram_says(rig: Rig) -> None:
    task_id = offered(rig)
    with rig.database.reading() as session:
        task = rig.engine.task(session, task_id)
        assert set(session.scalars(select(human_task_candidate.c.candidate))) == {
            "team:1",
            "user:1",
        }
    assert (task.priority, task.form_key, task.form) == (
        70,
        "f",
        {"type": "default", "components": []},
    )
    assert task.due_at is not None
    assert (task.due_at - rig.now).total_seconds() == 7200
    assert [o.id for o in task.outcomes] == ["yes", "no"]


def test_a_step_shows_or_leaves_out_what_it_says_of_a_form_that_others_share(rig: Rig) -> None:
    fields = [
        {"type": "textfield", "key": "title"},
        {"type": "number", "key": "price"},
        {"type": "group", "path": "to", "components": [{"type": "textfield", "key": "street"}]},
        {
            "type": "dynamiclist",
            "path": "parts",
            "components": [{"type": "textfield", "key": "part"}],
        },
        {"type": "text", "text": "Thank you"},
    ]
    form = json.dumps({"type": "default", "components": fields}).encode()
    rig.deploy(
        diagram(
            '<startEvent id="s"/><endEvent id="e"/>'
            + person("ask", form="f")
            + person("approve", form="f", readonly="title, to.street, parts", hidden="price")
            + "s->ask ask->approve approve->e"
        ),
        f=form,
    )
    instance = rig.start()
    with rig.database.transaction() as session:
        (asked,) = rig.engine.open_tasks(session, instance)
        assert rig.engine.task(session, asked).form == json.loads(form)
        rig.engine.complete(session, asked, {}, outcome=None, actor=ALICE)
        (approved,) = rig.engine.open_tasks(session, instance)
        shown = rig.engine.task(session, approved).form
    assert shown
    title, to, parts, thanks = shown["components"]
    assert title == fields[0] | {"readonly": True}
    assert to["components"] == [{"type": "textfield", "key": "street", "readonly": True}]
    assert parts["allowAddRemove"] is False
    assert parts["components"] == [{"type": "textfield", "key": "part", "readonly": True}]
    assert thanks == fields[4]


def test_a_due_time_that_is_none_is_said_with_its_element(rig: Rig) -> None:
    step = person("a", due="=when", priority="=none")
    rig.deploy(diagram('<startEvent id="s"/><endEvent id="e"/>' + step + "s->a a->e"))
    with pytest.raises(DiagramError, match="a: 'soon' is no date"):
        rig.start(when="soon")
    rig.start(when=None)
    with rig.database.reading() as session:
        assert session.scalar(select(human_task.c.priority)) == 50


def test_whom_a_diagram_excludes_is_no_candidate(rig: Rig) -> None:
    rig.deploy(
        diagram(
            '<startEvent id="s"/><endEvent id="e"/>'
            + person("a", candidates="user:1, role:chief", excluded="=[who, asked]", subject="=who")
            + "s->a a->e"
        )
    )
    instance = rig.start(who="user:1")  # nobody is known to have asked
    with rig.database.reading() as session:
        task = rig.engine.task(session, rig.engine.open_tasks(session, instance)[0])
        assert session.scalar(select(human_task.c.subject)) == "user:1"
    assert task.candidates == ("role:chief",)
    assert task.excluded == ("user:1",)


def test_the_second_to_complete_is_told_who_was_faster(rig: Rig) -> None:
    task_id = offered(rig)
    with rig.database.transaction() as session:
        rig.engine.complete(session, task_id, {}, outcome="yes", actor=ALICE)
    with pytest.raises(TaskGone) as refused, rig.database.transaction() as session:
        rig.engine.complete(session, task_id, {}, outcome="no", actor=BOB)
    assert refused.value.ended_by == ALICE
    assert refused.value.outcome == "yes"


def test_a_claimed_task_is_somebodys_until_it_is_released(rig: Rig) -> None:
    task_id = offered(rig)
    with rig.database.transaction() as session:
        rig.engine.claim(session, task_id, actor=ALICE)
        rig.engine.claim(session, task_id, actor=ALICE)
    with pytest.raises(TaskTaken), rig.database.transaction() as session:
        rig.engine.claim(session, task_id, actor=BOB)
    with pytest.raises(TaskTaken), rig.database.transaction() as session:
        rig.engine.complete(session, task_id, {}, outcome="yes", actor=BOB)
    with rig.database.transaction() as session:
        rig.engine.release(session, task_id, actor=ALICE)
        rig.engine.complete(session, task_id, {}, outcome="yes", actor=BOB)
    with rig.database.reading() as session:
        row = session.execute(select(human_task)).one()
    assert (row.status, row.outcome, row.ended_by["name"]) == ("completed", "yes", "Bob")
    assert row.assignee == BOB.reference, "it was nobody's when he did it"


@pytest.mark.parametrize("outcome", ["maybe", None])
def test_only_outcomes_of_the_diagram_are_taken(rig: Rig, outcome: str | None) -> None:
    task_id = offered(rig)
    with pytest.raises(UnknownOutcome), rig.database.transaction() as session:
        rig.engine.complete(session, task_id, {}, outcome=outcome, actor=ALICE)
