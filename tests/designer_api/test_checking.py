"""What the designer is told while somebody draws."""

from collections.abc import Callable
from typing import Any

import pytest

from designer_api.checking.sentences import feel_words, unary_words
from designer_api.checking.timers import timer_words
from tests.designer_api.conftest import BODY
from tests.engine.diagrams import HEAD, diagram

API = "/api/v1/designer"
FILES = f"{API}/files"


def linted(client: Any, content: str, path: str = "t/q.bpmn", **more: Any) -> Any:
    answer = client.post(f"{API}/lint", json={"path": path, "content": content, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_good_diagram_says_how_it_starts(program: Callable[..., Any]) -> None:
    seen = linted(program("implementer"), diagram(BODY, key="q").decode())
    assert (seen["problems"], seen["executable"]) == ([], True)
    assert seen["sentence"]["en"] == "It can run: q starts when it is called or started by hand."
    assert seen["sentence"]["zh"] == "可以执行：q由调用或手动启动。"


def test_a_problem_names_the_element_and_the_page_of_the_manual(
    program: Callable[..., Any],
) -> None:
    client = program("implementer")
    broken = diagram(
        '<startEvent id="s"/><serviceTask id="t"/><endEvent id="e"/>s->t t->e', key="q"
    )
    seen = linted(client, broken.decode())
    (problem,) = seen["problems"]
    assert (problem["element"], problem["path"]) == ("t", "t/q.bpmn")
    assert not seen["executable"]
    assert seen["sentence"]["en"].startswith("It cannot run yet. t: ")
    assert problem["page"] == f"/help/lint/{problem['rule']}"
    page = client.get(problem["page"])
    assert page.status_code == 200
    assert problem["rule"] in page.text


def test_broken_xml_says_line_and_reason(program: Callable[..., Any]) -> None:
    broken = diagram(BODY, key="q").decode().replace("</process>", "\n\n</proces>")
    seen = linted(program("implementer"), broken)
    assert [p["line"] for p in seen["problems"]] == [3]
    assert "line 3" in seen["sentence"]["en"]
    assert "第 3 行" in seen["sentence"]["zh"]
    assert not seen["executable"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot run"),
        ("nonsense", "cannot run"),
        ("<a/>", "no BPMN definitions"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
        (HEAD + "</definitions>", "holds no process"),
        (HEAD + '<process id="p" name="<b>"/></definitions>'.replace("<b>", "&lt;b&gt;"), "<b>"),
    ],
)
def test_whatever_is_sent_is_answered_in_words(
    program: Callable[..., Any], content: str, words: str
) -> None:
    seen = linted(program("implementer"), content)
    assert not seen["executable"]
    assert words in seen["sentence"]["en"]


def test_neighbours_are_read_from_the_library_and_open_tabs_win(
    program: Callable[..., Any],
) -> None:
    client = program("implementer")
    body = BODY.replace('candidates="team:1"', 'candidates="team:1" form="f"')
    content = diagram(body, key="q").decode()
    missing = linted(client, content)
    assert {p["rule"] for p in missing["problems"]} == {"human-task-form"}
    form = '{"type":"default","components":[]}'
    assert client.post(FILES, json={"path": "t/f.form", "content": form}).status_code == 201
    assert linted(client, content)["problems"] == []
    broken = linted(client, content, files={"t/f.form": "{"})
    assert {p["path"] for p in broken["problems"]} >= {"t/f.form"}
    scenario = linted(client, "- steps: [{nothing: 1}]", "t/q.scenario.yaml")
    assert scenario["problems"][0]["rule"] == "scenario"
    assert not scenario["executable"]


def test_ten_thousand_elements_are_refused_in_words(program: Callable[..., Any]) -> None:
    client = program("implementer")
    many = "".join(f'<task id="t{i}"/>' for i in range(10_000))
    content = f'{HEAD}<process id="q" isExecutable="true">{many}</process></definitions>'
    seen = linted(client, content)
    assert [p["rule"] for p in seen["problems"]] == ["too-large"]
    assert "10001 elements" in seen["sentence"]["en"]
    kept = client.post(FILES, json={"path": "t/many.bpmn", "content": content}).json
    assert kept["too_large"]["zh"].startswith("流程图含 10001 个元素")


def test_an_import_says_whether_it_has_a_layout_and_what_is_foreign(
    program: Callable[..., Any],
) -> None:
    content = (
        diagram(BODY, key="q")
        .decode()
        .replace("<process ", '<process xmlns:x="urn:vendor" x:colour="red" ')
    )
    answer = program("implementer").post(f"{API}/import", json={"content": content})
    assert answer.json["laid_out"] is True
    before, after = content.split("</definitions>")[0], answer.json["content"]
    assert after.startswith(before)
    again = program("administrator").post(f"{API}/import", json={"content": after})
    assert (again.json["laid_out"], again.json["content"]) == (False, after)
    assert answer.json["foreign"] == ["urn:vendor"]
    assert answer.json["executable"] is True


def test_the_catalogue_has_everything_to_pick(program: Callable[..., Any]) -> None:
    client = program("implementer")
    client.post(FILES, json={"path": "t/f.form", "content": '{"components":[]}'})
    drawn = diagram(BODY, key="q", outside='<dataStore id="Visits" name="来访数"/>').decode()
    client.post(FILES, json={"path": "t/q.bpmn", "content": drawn})
    seen = client.get(f"{API}/catalogue").json
    assert [(s["value"], s["names"]["zh"]) for s in seen["stores"]] == [("Visits", "来访数")]
    dispatch = next(o for o in seen["operators"] if o["name"] == "ticket.dispatch")
    assert dispatch["group"] == "ticket"
    assert set(dispatch["title"]) == {"en", "zh"}
    assert {f["name"] for f in seen["functions"]} >= {"business duration", "substring"}
    assert [f["value"] for f in seen["forms"]] == ["f"]
    assert "p" in [p["value"] for p in seen["processes"]]
    assert "default" in [c["value"] for c in seen["calendars"]]
    assert "role:dispatcher" in [r["value"] for r in seen["roles"]]
    assert "priority" in next(r for r in seen["records"] if r["name"] == "ticket")["fields"]
    assert program("agent").get(f"{API}/catalogue").status_code == 403


@pytest.mark.parametrize(
    ("kind", "text", "en", "zh"),
    [
        ("duration", "PT8H", "8 hours after this point is reached", "到达此处 8 小时后"),
        ("duration", "P1DT30M", "1 day 30 minutes after this point is reached", "到达此处 1 天 30 分钟后"),
        ("duration", '=business duration("PT8H")',
         "8 working hours after this point is reached, by the calendar “default”",
         "到达此处 8 个工作小时后（按日历“default”计）"),
        ("duration", '= business duration(duration("PT4H"), "hotline")',
         "4 working hours after this point is reached, by the calendar “hotline”",
         "到达此处 4 个工作小时后（按日历“hotline”计）"),
        ("duration", "=ticket.wait", "after this point is reached, as long as ticket.wait says",
         "到达此处后，经过ticket.wait给出的时长"),
        ("date", "2026-12-24T18:00:00", "on 2026-12-24 18:00", "2026-12-24 18:00 时"),
        ("cycle", "R3/PT1H", "every 1 hour, 3 times", "每 1 小时一次，共 3 次"),
        ("cycle", "0 9 * * MON-FRI", "at 09:00, on Monday to Friday", "每周一至周五09:00"),
        ("cycle", "*/15 8-18 * * *", "every 15 minutes within 08:00–18:59, every day",
         "每天08:00–18:59 内每 15 分钟"),
        ("cycle", "0 0 1 * *", "at 00:00, on day 1 of the month", "每月 1 日00:00"),
    ],
)  # fmt: skip
def test_timers_are_said_in_a_sentence(kind: str, text: str, en: str, zh: str) -> None:
    assert timer_words(kind, text) == {"en": en, "zh": zh}


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ('ticket.priority = "high" and days > 3', "ticket.priority is “high” and days is more than 3",
         "ticket.priority 等于 “high”，且days 大于 3"),
        ("handler = null", "handler is empty", "handler 为空"),
        ("a and (b or c)", "a and (b or c)", "a，且（b，或c）"),
        ("x between 1 and 5", "x is between 1 and 5", "x 在 1 与 5 之间"),
        ('contains(subject, "urgent")', "subject contains “urgent”", "subject 包含 “urgent”"),
    ],
)  # fmt: skip
def test_conditions_are_said_in_a_sentence(text: str, en: str, zh: str) -> None:
    assert feel_words(text) == {"en": en, "zh": zh}


def test_cells_are_said_in_a_sentence() -> None:
    assert unary_words("-") == {"en": "anything", "zh": "任意值"}
    assert unary_words('"high", "urgent"')["en"] == "is “high” or is “urgent”"
    assert unary_words("[1..10)")["en"] == "between 1 and 10, without 10"


def test_words_of_a_timer_say_when_it_fires_and_what_is_wrong(
    program: Callable[..., Any],
) -> None:
    client = program("implementer")

    def said(kind: str, text: str, **variables: Any) -> Any:
        sent = {"kind": kind, "text": text, "variables": variables}
        answer = client.post(f"{API}/words", json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json

    assert len(said("cycle", "0 9 * * *")["next"]) == 3
    assert len(said("duration", '=business duration("PT8H")')["next"]) == 1
    assert said("duration", "=wait", wait="PT1H")["next"]
    assert said("duration", "=wait")["next"] == []
    wrong = said("expression", "a +")
    assert wrong["error"]["zh"]
    assert wrong["at"] == 3
    assert said("duration", "soon")["error"]["en"].startswith("This cannot be read")
    assert said("date", "never")["error"]
    assert said("expression", "a + 1", a=2)["value"] == 3
    assert said("expression", "for i in 1..100000000 return i", a=1)["error"]
