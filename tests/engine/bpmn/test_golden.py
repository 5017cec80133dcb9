"""What diagrams leave in their history, recorded: tells what an upgrade of SpiffWorkflow, or any change, makes new.

The record is golden.json beside this file. `python -m tests.engine.bpmn.test_golden` writes it anew; read the
difference before it is kept.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import inspection
from engine.database import Database
from engine.tables import metadata
from tests.engine.bpmn.test_compensation import throw, tie, undoable
from tests.engine.bpmn.test_starts_and_reports import ON_SIGNAL, SIGNAL, ad_hoc
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, message, on_message, person, script, timer

RECORD = Path(__file__).with_name("golden.json")
ENDS = '<startEvent id="s"/><endEvent id="e"/>'
Act = Callable[[Rig], object]


def sub(inside: str, more: str = "", tag: str = "subProcess") -> str:
    return f'<{tag} id="sub"{more}><startEvent id="ss"/><endEvent id="se"/>{inside}</{tag}>'


def complete(*elements: str) -> Act:
    return lambda rig: [rig.complete(element) for element in elements]


def later(**delta: float) -> Act:
    return lambda rig: rig.later(**delta)


LOOP = (
    '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality>'
    "</multiInstanceLoopCharacteristics>"
)
EDGE = '<boundaryEvent id="b" attachedToRef="{}"{}>{}</boundaryEvent>'
CATCH = '<intermediateCatchEvent id="{}">{}</intermediateCatchEvent>'
CANCEL = "<cancelEventDefinition/>"

# name: (diagram, start data, what is done after the start)
DIAGRAMS: dict[str, tuple[bytes, dict[str, object], list[Act]]] = {
    "sequence": (diagram(ENDS + script("t", ("a", "1")) + "s->t t->e"), {}, []),
    "exclusive": (
        diagram(ENDS + '<exclusiveGateway id="g"/><task id="a"/>s->g g->a[x > 1] g->>e a->e'), {"x": 2}, [],
    ),
    "parallel": (
        diagram(ENDS + '<parallelGateway id="f"/><parallelGateway id="j"/>' + person("a") + person("b")
                + "s->f f->a f->b a->j b->j j->e"), {}, [complete("b", "a")],
    ),
    "inclusive": (
        diagram(ENDS + '<inclusiveGateway id="f"/><inclusiveGateway id="j"/>' + person("a") + person("b")
                + '<task id="c"/>s->f f->a[x] f->b[x] f->>c a->j b->j c->j j->e'), {"x": True}, [complete("a", "b")],
    ),
    "loop": (
        diagram(ENDS + '<exclusiveGateway id="m"/><exclusiveGateway id="g"/>' + script("t", ("n", "n + 1"))
                + "s->m m->t t->g g->m[n < 3] g->>e"), {"n": 0}, [],
    ),
    "multi-instance": (
        diagram(ENDS + person("t").replace("</userTask>", LOOP + "</userTask>") + "s->t t->e"), {},
        [complete("t", "t")],
    ),
    "boundary timer": (
        diagram(ENDS + person("a") + EDGE.format("a", "", timer("Duration", "PT1H")) + '<task id="l"/>'
                "s->a a->e b->l l->e"), {}, [later(hours=1)],
    ),
    "boundary message beside": (
        diagram(ENDS + person("a") + EDGE.format("a", ' cancelActivity="false"', on_message("ping"))
                + '<task id="l"/>s->a a->e b->l l->e', outside=message("ping")), {},
        [lambda rig: rig.message("ping"), lambda rig: rig.message("ping"), complete("a")],
    ),
    "event gateway": (
        diagram(ENDS + '<eventBasedGateway id="g"/>' + CATCH.format("m", on_message("go"))
                + CATCH.format("t", timer("Duration", "PT1H")) + "s->g g->m g->t m->e t->e",
                outside=message("go")), {}, [lambda rig: rig.message("go"), later(hours=2)],
    ),
    "event sub-process": (
        diagram(ENDS + person("a") + '<subProcess id="es" triggeredByEvent="true"><startEvent id="x">'
                + on_message("stop") + '</startEvent><endEvent id="y"/>x->y</subProcess>s->a a->e',
                outside=message("stop")), {}, [lambda rig: rig.message("stop")],
    ),
    "error": (
        diagram(ENDS + sub('<endEvent id="x"><errorEventDefinition errorRef="er"/></endEvent><task id="t"/>'
                           '<exclusiveGateway id="g"/>ss->g g->x[bad] g->>t t->se')
                + EDGE.format("sub", "", '<errorEventDefinition errorRef="er"/>') + '<task id="l"/>'
                "s->sub sub->e b->l l->e", outside='<error id="er" errorCode="E1"/>'), {"bad": True}, [],
    ),
    "signal inside": (
        diagram(ENDS + sub(f'<intermediateThrowEvent id="x">{ON_SIGNAL}</intermediateThrowEvent>ss->x x->se')
                + EDGE.format("sub", "", ON_SIGNAL) + '<task id="l"/>s->sub sub->e b->l l->e', outside=SIGNAL),
        {}, [],
    ),
    "compensation": (
        diagram(ENDS + undoable("a") + undoable("c") + throw() + "s->a a->c c->x x->e" + tie("a", "c")), {}, [],
    ),
    "transaction": (
        diagram(ENDS + sub(undoable("a") + f'<exclusiveGateway id="g"/><endEvent id="x">{CANCEL}</endEvent>'
                           f"ss->a a->g g->x[bad] g->>se{tie('a')}", tag="transaction")
                + EDGE.format("sub", "", CANCEL) + '<task id="l"/>s->sub sub->e b->l l->e'), {"bad": True}, [],
    ),
    "ad hoc": (
        diagram(ad_hoc(person("a") + person("b"), "enough")), {"enough": False},
        [complete("b"), lambda rig: rig.complete("a", enough=True)],
    ),
    "complex gateway": (
        diagram(ENDS + '<parallelGateway id="f"/>' + person("a") + person("b") + person("c")
                + '<complexGateway id="j"><activationCondition>activationCount &gt;= 2</activationCondition>'
                "</complexGateway>s->f f->a f->b f->c a->j b->j c->j j->e"), {}, [complete("a", "b", "c")],
    ),
}  # fmt: skip


def trace(rig: Rig, name: str) -> list[str]:
    """The history of a diagram: `event element` a row, and the status at the end."""
    content, data, acts = DIAGRAMS[name]
    rig.deploy(content)
    instance = rig.start(**data)
    for act in acts:
        act(rig)
        rig.work()
    with rig.database.reading() as session:
        rows = inspection.history_of(session, instance)
    lines = [f"{row['event']} {row['element_id'] or ''}".strip() for row in rows]
    return [*lines, f"= {rig.status(instance)}"]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_history_is_as_recorded(rig: Rig, name: str) -> None:
    assert trace(rig, name) == json.loads(RECORD.read_text())[name]


def test_nothing_is_recorded_that_is_not_run() -> None:
    assert set(json.loads(RECORD.read_text())) == set(DIAGRAMS)


def record() -> None:
    """Write golden.json anew."""
    found = {}
    for name in DIAGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{folder}/golden.db")
            metadata.create_all(database.engine)
            found[name] = trace(Rig(database), name)
            database.dispose()
    RECORD.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(record())
