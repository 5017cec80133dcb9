"""A rule's diagram is a file of the flow library: the form and the designer show one thing."""

from typing import Any

import pytest

from designer_api.deployments.operations import bring
from designer_api.files.queries import by_path
from designer_api.rules import pages
from desk.application import Desk
from desk.rules import operations
from desk.rules.publishing import editor_address
from desk.rules.reading import Outgrown, read
from desk.rules.rule import Action, Condition, Rule
from engine.actors import SYSTEM

RULE = Rule(
    "trigger", "", "VIP 加急", "VIP first", events=("ticket.created",),
    all=(Condition("ticket.contact.level", "is", ("vip",)),),
    then=(Action("priority", (("value", "high"),)),),
)  # fmt: skip


def saved(desk: Desk, rule: Rule) -> Rule:
    assert pages.blueprint.name == "designer_rules", "importing it registers the publisher"
    with desk.database.transaction() as session:
        return operations.save(session, desk.engine, rule, actor=SYSTEM)


def seen(desk: Desk, key: str) -> Any:
    with desk.reading() as session:
        row = operations.row_of(session, key)
        assert row is not None
        return read(operations.files_of(session, row.version_id), key)


def test_a_saved_rule_is_a_file_that_the_designer_opens(desk: Desk) -> None:
    rule = saved(desk, RULE)
    with desk.reading() as session:
        file = by_path(session, f"triggers/{rule.key}/{rule.key}.bpmn")
        assert file is not None
        assert editor_address(session, rule.key) == f"/designer/#files/{file.id}"
        assert by_path(session, f"triggers/{rule.key}/{rule.key}.dmn") is not None


def test_what_is_changed_in_the_designer_is_seen_in_the_form(desk: Desk) -> None:
    rule = saved(desk, RULE)
    with desk.database.transaction() as session:
        row = operations.row_of(session, rule.key)
        assert row is not None
        files = operations.files_of(session, row.version_id)
        drawn = files[f"{rule.key}.bpmn"].replace(b'value="high"', b'value="urgent"')
        drawn = drawn.replace(b'name="VIP \xe5\x8a\xa0\xe6\x80\xa5"', 'name="贵宾加急"'.encode(), 1)
        table = files[f"{rule.key}.dmn"].replace(b'"vip"', b'"normal"')
        changed = {f"{rule.key}.bpmn": drawn, f"{rule.key}.dmn": table}
        bring(session, desk.engine, f"triggers/{rule.key}", changed, note="", actor=SYSTEM)
    kept, gate = seen(desk, rule.key)
    assert kept.then == (Action("priority", (("value", "urgent"),)),)
    assert kept.all == (Condition("ticket.contact.level", "is", ("normal",)),)
    assert kept.title == "贵宾加急"
    assert not gate, "the start event still asks for VIPs: the form says so"
    saved(desk, kept)
    assert seen(desk, rule.key) == (kept, True)


def test_a_diagram_that_has_outgrown_the_form_says_so(desk: Desk) -> None:
    rule = saved(desk, RULE)
    call = b'<lanedesk:operator name="ticket.set_field" result="done"'
    note = b'<bpmn:textAnnotation id="n"><bpmn:text>x</bpmn:text></bpmn:textAnnotation>'
    for old, new in (
        (b'<bpmn:endEvent id="then_end"', note + b'<bpmn:endEvent id="then_end"'),
        (call + b">", call + b'><lanedesk:param name="only_if_empty" value="=a &gt; 1"/>'),
        (b'hitPolicy="FIRST"', b'hitPolicy="UNIQUE"'),
        (b'<text>"vip"</text>', b'<text>"vip", ?.x = 1</text>'),
    ):  # fmt: skip
        with desk.reading() as session:
            row = operations.row_of(session, rule.key)
            assert row is not None
            files = operations.files_of(session, row.version_id)
        changed = {name: content.replace(old, new) for name, content in files.items()}
        assert changed != files
        with pytest.raises(Outgrown) as outgrown:
            read(changed, rule.key)
        assert outgrown.value.words.zh
