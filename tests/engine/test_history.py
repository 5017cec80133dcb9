"""The history tells what happened, and that nobody changed it."""

from sqlalchemy import select, update

from engine import inspection
from engine.history import START, chain
from engine.tables import history
from tests.engine.conftest import ALICE, Rig
from tests.engine.diagrams import diagram, person, script

BODY = (
    '<startEvent id="s"/><endEvent id="e"/>'
    + script("t", ("b", "a + 1"))
    + person("h")
    + "s->t t->h h->e"
)


def broken_at(rig: Rig, instance: object) -> int | None:
    """The first row whose hash does not follow from its content and the row before."""
    previous = START
    with rig.database.reading() as session:
        for row in inspection.history_of(session, instance):
            stored = row.pop("hash")
            if chain(previous, row) != stored:
                return int(row["seq"])
            previous = stored
    return None


def test_every_step_has_a_line_with_who_and_what_changed(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start(a=1)
    rig.complete("h", answer="yes")
    with rig.database.reading() as session:
        rows = inspection.history_of(session, instance)
    assert [(r["event"], r["element_id"]) for r in rows] == [
        ("started", "s"), ("completed", "t"), ("submitted", "h"), ("ended", "e"),
    ]  # fmt: skip
    assert rows[0]["data"]["set"] == {"a": 1}
    assert rows[1]["data"]["set"] == {"b": 2}
    assert rows[2]["data"]["set"] == {"answer": "yes"}
    assert rows[2]["actor"] == ALICE.as_json()
    assert [r["seq"] for r in rows] == [1, 2, 3, 4]


def test_a_changed_or_removed_row_shows(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    instance = rig.start(a=1)
    rig.complete("h")
    assert broken_at(rig, instance) is None
    with rig.database.transaction() as session:
        session.execute(update(history).where(history.c.seq == 3).values(data={"set": {"b": 3}}))
    assert broken_at(rig, instance) == 3
    other = rig.start(a=1)
    with rig.database.transaction() as session:
        session.execute(history.delete().where(history.c.instance_id == other, history.c.seq == 1))
    assert broken_at(rig, other) == 2


def test_rows_read_back_as_they_were_written(rig: Rig) -> None:
    rig.deploy(diagram(BODY))
    text = "好\x1f\n\\"
    instance = rig.start(a=1, deep={"list": [1, None, "é", {"x": True}], "text": text})
    assert broken_at(rig, instance) is None
    with rig.database.reading() as session:
        stored = session.scalars(select(history.c.data).where(history.c.seq == 1)).one()
    assert stored["set"]["deep"] == {"list": [1, None, "é", {"x": True}], "text": text}
