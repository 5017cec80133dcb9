"""Differences between versions, one by one and in words."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from designer_api.compare.bpmn import compare_bpmn
from designer_api.compare.dmn import Comparison, compare_dmn
from designer_api.compare.form import compare_forms, compare_scenarios
from engine.bpmn.reading import UnreadableDiagram
from tests.engine.diagrams import diagram, person, service

LIBRARY = Path(__file__).parents[2] / "bpmn_library"
DESCRIPTOR = Path(__file__).parents[2] / "frontend" / "designer" / "bpmn" / "lanedesk.json"
BASIC = (LIBRARY / "tickets" / "basic" / "ticket-basic.bpmn").read_bytes()

OLD = diagram(
    '<startEvent id="s"/>'
    + person("ask", "yes", candidates="team:1", form="f")
    + '<exclusiveGateway id="g"/>'
    + service("send", "mail.send", template="ended")
    + '<endEvent id="e"/>s->ask ask->g g->send[a > 1] g->>e send->e'
)
NEW = (
    OLD.replace(b'candidates="team:1"', b'candidates="team:2"')
    .replace(b"a &gt; 1", b"a &gt; 2")
    .replace(b"a > 1", b"a > 2")
    .replace(b'name="template" value="ended"', b'name="template" value="reply"')
    .replace(b'<endEvent id="e"/>', b'<endEvent id="e" name="Done"/><task id="new"/>')
)


def seen(changes: list[Any]) -> list[tuple[Any, ...]]:
    return [(c.kind, c.element, c.fact, c.old, c.new) for c in changes]


def test_a_diagram_is_compared_element_by_element() -> None:
    assert seen(compare_bpmn(OLD, NEW)) == [
        ("changed", "ask", "humanTask.candidates", "team:1", "team:2"),
        ("changed", "send", "param template", "ended", "reply"),
        ("changed", "e", "name", None, "Done"),
        ("added", "new", None, None, None),
        ("changed", "g-send", "conditionExpression", "a > 1", "a > 2"),
    ]
    assert ("removed", "new", None, None, None) in seen(compare_bpmn(NEW, OLD))


def test_the_same_diagram_has_no_differences() -> None:
    assert compare_bpmn(BASIC, BASIC) == []
    reindented = BASIC.replace(b"\n  ", b"\n\t")
    assert compare_bpmn(BASIC, reindented) == []


def test_what_moved_on_the_page_is_moved_and_nothing_else() -> None:
    before = b'<dc:Bounds x="'
    at = BASIC.index(before, BASIC.index(b"<bpmndi:BPMNShape")) + len(before)
    end = BASIC.index(b'"', at)
    moved = BASIC[:at] + str(float(BASIC[at:end]) + 40).encode() + BASIC[end:]
    (change,) = compare_bpmn(BASIC, moved)
    assert (change.kind, change.fact) == ("moved", None)
    assert change.words["en"].startswith("Moved ")
    assert change.words["zh"].startswith("移动")


def test_differences_are_said_in_both_languages() -> None:
    first, *_ = compare_bpmn(OLD, NEW)
    assert first.words == {
        "en": "Human task “ask”: candidates was “team:1”, is now “team:2”.",
        "zh": "人工任务“ask”：候选人由“team:1”改为“team:2”。",
    }


def test_a_name_in_another_language_is_said_as_a_name() -> None:
    said = '<task id="t"><extensionElements><l:text lang="en" name="{}"/></extensionElements></task>'
    old, new = (diagram(f'<startEvent id="s"/>{said.format(name)}s->t') for name in ("Ask", "Tell"))
    (change,) = (one for one in compare_bpmn(old, new) if one.element == "t")
    assert change.words["en"] == "Task “Tell”: English name was “Ask”, is now “Tell”."


def table(*rules: str, policy: str = "UNIQUE", more: str = "") -> bytes:
    rows = "".join(
        f'<rule id="{r[0]}"><inputEntry id="i{r[0]}"><text>{r[1:].split("|")[0]}</text></inputEntry>'
        f'<outputEntry id="o{r[0]}"><text>{r[1:].split("|")[1]}</text></outputEntry></rule>'
        for r in rules
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
        f'namespace="t"><decision id="sla" name="SLA"><decisionTable hitPolicy="{policy}">'
        '<input id="in" label="Level"><inputExpression typeRef="string"><text>level</text>'
        f'</inputExpression></input>{more}<output id="out" name="hours" typeRef="number"/>{rows}'
        "</decisionTable></decision></definitions>"
    ).encode()


def test_a_table_is_compared_cell_by_cell() -> None:
    old = table('a"vip"|2', 'b"normal"|8', "c-|24")
    new = table('a"vip"|1', "c-|24", 'd"gold"|4', policy="FIRST")
    found = compare_dmn(old, new)
    changes, cells = found.changes, found.cells
    assert [(c.row, c.row_number, c.column, c.kind, c.old, c.new) for c in cells] == [
        ("a", 1, "out", "changed", "2", "1"),
        ("d", 3, None, "added", None, '"gold" | 4'),
        ("b", 2, None, "removed", '"normal" | 8', None),
    ]
    assert [c.words["zh"] for c in changes] == [
        "决策“SLA”：命中策略由“UNIQUE”改为“FIRST”。",
        "规则“SLA 第 1 条”：hours · number由“2”改为“1”。",
        "新增规则“SLA 第 3 条”。",
        "删除规则“SLA 第 2 条”。",
    ]
    assert compare_dmn(old, old) == Comparison([], [], [])
    text = b'<extensionElements><l:text xmlns:l="urn:lanedesk:bpmn:1.0" lang="en" name="Hours"/></extensionElements>'
    (named,) = compare_dmn(old, old.replace(b"<decisionTable", text + b"<decisionTable")).changes
    assert named.words["en"] == "Decision “Hours”: English name was empty, is now “Hours”."


def same(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def test_headings_are_read_in_both_languages() -> None:
    said = '<extensionElements><l:text xmlns:l="urn:lanedesk:bpmn:1.0" lang="en" name="{}"/></extensionElements>'
    headed = f'label="等级">{said.format("Level")}'
    old = table('a"vip"|2').replace(b'label="Level">', headed.encode())
    found = compare_dmn(old, old.replace(b'"vip"', b'"gold"'))
    assert found.changes[0].words == {
        "en": "Rule “SLA, rule 1”: Level · level · string was “\"vip\"”, is now “\"gold\"”.",
        "zh": "规则“SLA 第 1 条”：等级 · level · string由“\"vip\"”改为“\"gold\"”。",
    }
    assert found.tables[0]["columns"][0]["new"] == {
        "zh": "等级 · level · string", "en": "Level · level · string",
    }  # fmt: skip
    (renamed,) = compare_dmn(old, old.replace(b'name="Level"', b'name="Rank"')).changes
    assert renamed.words["en"] == (
        "Input “Rank · level · string”: expression was “Level · level · string”, is now “Rank · level · string”."
    )


def test_a_table_is_drawn_with_what_was_and_what_is() -> None:
    hint = (
        '<input id="hint" label="Team"><inputExpression><text>team</text></inputExpression></input>'
    )
    old = table('a"vip"|2', 'b"normal"|8', "c-|24")
    new = (
        table("c-|24", 'a"vip"|1', policy="FIRST", more=hint)
        .decode()
        .replace(
            "</inputEntry><output", '</inputEntry><inputEntry><text>"A"</text></inputEntry><output'
        )
    )
    (drawn,) = compare_dmn(old, new.encode()).tables
    assert drawn["hit_policy"] == {"old": "UNIQUE", "new": "FIRST"}
    assert [(c["kind"], c["old"], c["new"]) for c in drawn["columns"]] == [
        ("input", same("Level · level · string"), same("Level · level · string")),
        ("input", None, same("Team · team")),
        ("output", same("hours · number"), same("hours · number")),
    ]
    assert [
        (r["old_number"], r["new_number"], r["moved"], [(c["old"], c["new"]) for c in r["cells"]])
        for r in drawn["rules"]
    ] == [
        (3, 1, True, [("-", "-"), (None, '"A"'), ("24", "24")]),
        (1, 2, False, [('"vip"', '"vip"'), (None, '"A"'), ("2", "1")]),
        (2, None, False, [('"normal"', None), (None, None), ("8", None)]),
    ]


def test_rules_that_changed_places_are_told() -> None:
    old, new = table('a"vip"|2', 'b"normal"|8'), table('b"normal"|8', 'a"vip"|2')
    (cell,) = compare_dmn(old, new).cells
    assert (cell.row, cell.kind, cell.old, cell.new) == ("b", "moved", "2", "1")
    rows = [f'{letter}"{letter}"|1' for letter in "abcdefg"]
    (cell,) = compare_dmn(table(*rows), table(*rows[1:], rows[0])).cells
    assert (cell.row, cell.old, cell.new) == ("a", "1", "7")


def test_forms_are_compared_field_by_field() -> None:
    old = b'{"components":[{"key":"a","type":"textfield","label":"A"},{"key":"b","type":"number"}]}'
    new = (
        b'{"components":[{"key":"a","type":"textfield","label":"<b>A</b>","validate":{"required":true}}'
        b',{"key":"c","type":"select"}]}'
    )
    changes, drawn = compare_forms(old, new)
    assert seen(changes) == [
        ("changed", "a", "label", "A", "<b>A</b>"),
        ("changed", "a", "validate.required", None, True),
        ("removed", "b", None, None, None),
        ("added", "c", None, None, None),
    ]
    assert changes[1].words["zh"] == "字段“<b>A</b>”：必填由空改为是。"
    assert [(f["old"] and f["old"]["key"], f["new"] and f["new"]["key"]) for f in drawn] == [
        ("a", "a"),
        ("b", None),
        (None, "c"),
    ]
    assert compare_forms(old, old)[0] == []


def test_a_field_with_another_key_is_the_same_field_while_its_id_is() -> None:
    def form(*fields: str) -> bytes:
        return f'{{"components":[{",".join(fields)}]}}'.encode()

    why = '{"id":"f1","key":"why","type":"textarea","conditional":{"hide":"=amount < 5"}}'
    amount = '{"id":"f2","key":"amount","type":"number"}'
    group = '{"id":"g","type":"group","path":"","components":[%s]}'
    changes, drawn = compare_forms(
        form(why, amount, group % '{"id":"f3","key":"x"}'),
        form(
            amount,
            why.replace('"why"', '"reason"').replace("5", "9"),
            group % '{"id":"f3","key":"y"}',
        ),
    )
    assert seen(changes) == [
        ("moved", "amount", None, None, None),
        ("changed", "reason", "key", "why", "reason"),
        ("changed", "reason", "conditional.hide", "=amount < 5", "=amount < 9"),
        ("changed", "g › y", "key", "x", "y"),
    ]
    assert [(f["level"], f["changed"]) for f in drawn][-1] == (1, ["key"])


def test_scenarios_are_compared_by_name() -> None:
    old = b"- {name: a, steps: [{start: p}]}\n- {name: b, steps: []}"
    new = b"- {name: a, steps: [{start: q}]}\n- {name: c, steps: []}"
    found = [(c.kind, c.element) for c in compare_scenarios(old, new)]
    assert found == [("changed", "a"), ("added", "c"), ("removed", "b")]


@pytest.mark.parametrize("broken", [b"", b"<a", b"<!DOCTYPE a><a/>"])
def test_what_cannot_be_read_is_refused(broken: bytes) -> None:
    with pytest.raises(UnreadableDiagram):
        compare_bpmn(OLD, broken)
    with pytest.raises(UnreadableDiagram):
        compare_dmn(broken, OLD)


def test_states_of_a_file_are_compared(program: Callable[..., Any]) -> None:
    client = program("implementer")
    api = "/api/v1/designer"
    sent = {"path": "t/q.bpmn", "content": OLD.decode()}
    file = client.post(f"{api}/files", json=sent).json
    client.post(f"{api}/files/{file['id']}/revisions", json={})
    draft = {"content": NEW.decode(), "base_etag": file["etag"]}
    client.put(f"{api}/files/{file['id']}/draft", json=draft)
    seen_diff = client.get(f"{api}/diff?file={file['id']}&left=1&right=draft")
    assert seen_diff.status_code == 200, seen_diff.text
    assert len(seen_diff.json["changes"]) == len(seen_diff.json["words"]) == 5
    assert (seen_diff.json["left"], seen_diff.json["right"]) == (OLD.decode(), NEW.decode())
    nothing = client.get(f"{api}/diff?file={file['id']}&left=latest&right=latest").json
    assert nothing["changes"] == []
    for states in ("left=deployed&right=draft", "left=9&right=1", "left=x&right=1"):
        assert client.get(f"{api}/diff?file={file['id']}&{states}").status_code == 404
    broken = {"path": "t/q.bpmn", "left": "<a", "right": "<b>"}
    refused = client.post(f"{api}/diff", json=broken)
    assert (refused.status_code, refused.json["line"]) == (422, 1)


def extensions() -> list[tuple[str, str | None]]:
    """All that our extension elements say, as the designer's descriptor lists it: (element, attribute or its text)."""
    types = json.loads(DESCRIPTOR.read_text())["types"]
    return [
        (one["name"][0].lower() + one["name"][1:], None if said.get("isBody") else said["name"])
        for one in types
        for said in one["properties"]
        if not said.get("isMany")
    ]


@pytest.mark.parametrize(("element", "attribute"), extensions())
def test_whatever_an_extension_says_has_words_in_both_languages(
    element: str, attribute: str | None
) -> None:
    def said(value: str) -> bytes:
        own = {"text": {"lang": "en"}}.get(element, {})
        given = own | ({attribute: value} if attribute else {})
        attributes = "".join(f' {name}="{one}"' for name, one in given.items())
        one = f"<l:{element}{attributes}>{'' if attribute else value}</l:{element}>"
        if element in ("param", "outcome"):
            holder = {"param": "operator", "outcome": "humanTask"}[element]
            one = f"<l:{holder}>{one}</l:{holder}>"
        held = f"<extensionElements>{one}</extensionElements>"
        if element == "loop":
            held = f"<multiInstanceLoopCharacteristics>{held}</multiInstanceLoopCharacteristics>"
        return diagram(f'<startEvent id="s"/><task id="t">{held}</task>s->t')

    changes = compare_bpmn(said("before"), said("after"))
    assert changes
    for change in changes:
        chinese = change.words["zh"].partition("：")[2].partition("由")[0]
        english = change.words["en"].partition(": ")[2].partition(" was ")[0]
        assert re.search(r"[\u4e00-\u9fff]", chinese), f"{change.fact}: {chinese}"
        assert english, change.fact
        assert "." not in english
