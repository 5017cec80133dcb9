"""Whatever stands in a diagram, a form, a decision or a scenario stays text: nothing makes it HTML or code."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.desk.web.fixtures import Browser
from tests.engine.diagrams import diagram, person

API = "/api/v1/designer"
EVIL = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
FLOW = diagram(
    '<startEvent id="s"/>'
    + person("a", candidates="team:1").replace(
        '<userTask id="a">', f'<userTask id="a" name="{ESCAPED}"><documentation>{ESCAPED}</documentation>'
    )
    + '<endEvent id="e"/>s->a a->e',
    key="evil",
).replace(b'<process id="evil"', f'<process id="evil" name="{ESCAPED}"'.encode())


def test_names_of_diagrams_are_escaped_on_every_page(
    program: Callable[..., Any], browser: Browser, make_user: Callable[..., Any]
) -> None:
    client = program("implementer")
    file = client.post(f"{API}/files", json={"path": "t/evil.bpmn", "content": FLOW.decode()}).json
    assert file["names"]["en"] == EVIL
    done = client.post(f"{API}/deployments", json={"files": [file["id"]], "note": EVIL})
    assert done.status_code == 201, done.text
    make_user("reader", roles=["administrator"])
    browser.sign_in("reader")
    for path in ("/flows", "/flows/evil", "/designer/", "/background"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert EVIL not in page.text, path


def test_answers_are_json_and_files_are_downloads(program: Callable[..., Any]) -> None:
    client = program("implementer")
    sent = {"path": "t/evil.bpmn", "content": FLOW.decode()}
    file = client.post(f"{API}/files", json=sent).json
    download = client.get(f"{API}/files/{file['id']}/content")
    assert download.content_type == "application/octet-stream"
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    for path in (f"/files/{file['id']}", "/files", "/catalogue", f"/files/{file['id']}/revisions"):
        assert client.get(API + path).content_type == "application/json"


@pytest.mark.parametrize(
    "content",
    [
        "- name: !!python/object/apply:os.system ['touch /tmp/evil']\n  steps: []",
        "- !!python/name:os.system",
        "a: &a [*a]",
        f"- {{name: {{zh: '{EVIL}', en: '{EVIL}'}}, steps: [{{start: '{EVIL}'}}]}}",
    ],
)
def test_a_scenario_is_never_code(program: Callable[..., Any], content: str) -> None:
    files = {"t/evil.bpmn": FLOW.decode(), "t/x.scenario.yaml": content}
    answer = program("implementer").post(f"{API}/scenarios", json={"files": files})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert not any(result["held"] for result in answer.json["results"])


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><definitions>&x;</definitions>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        "<a>" * 5000 + "</a>" * 5000,
    ],
)
def test_xml_that_attacks_is_kept_as_text_and_refused(
    program: Callable[..., Any], bomb: str
) -> None:
    client = program("implementer")
    file = client.post(f"{API}/files", json={"path": "t/bomb.bpmn", "content": bomb})
    assert file.status_code == 201, file.text
    assert file.json["content"] == bomb
    seen = client.post(f"{API}/lint", json={"path": "t/bomb.bpmn", "content": bomb}).json
    assert (seen["executable"], len(seen["problems"]) > 0) == (False, True)
    looked = client.post(f"{API}/import", json={"content": bomb})
    assert looked.json["content"] == bomb
    refused = client.post(f"{API}/deployments", json={"files": [file.json["id"]]})
    assert refused.status_code == 422


def test_expressions_that_never_end_are_stopped(program: Callable[..., Any]) -> None:
    client = program("implementer")
    for text in ("for a in 1..1000000, b in 1..1000000 return a*b", "(" * 5000, "[" * 300 + "]" * 300):
        sent = {"kind": "expression", "text": text, "variables": {"x": 1}}
        answer = client.post(f"{API}/words", json=sent)
        assert answer.status_code == 200, answer.text
        assert answer.json["error"] or answer.json["sentence"]


def test_broken_xml_is_kept_and_its_line_and_reason_are_told(program: Callable[..., Any]) -> None:
    client = program("implementer")
    sent = {"path": "t/evil.bpmn", "content": FLOW.decode()}
    file = client.post(f"{API}/files", json=sent).json
    broken = FLOW.decode().replace("</process>", "\n</proces>")
    draft = {"content": broken, "base_etag": file["etag"], "before": FLOW.decode()}
    assert client.put(f"{API}/files/{file['id']}/draft", json=draft).status_code == 200
    assert client.get(f"{API}/files/{file['id']}").json["content"] == broken
    said = client.post(f"{API}/lint", json={"path": "t/evil.bpmn", "content": broken}).json["problems"]
    assert said[0]["line"] == broken[: broken.index("</proces>")].count("\n") + 1
    assert "proces" in said[0]["message"]["en"]


def test_what_is_too_much_is_refused_in_words(program: Callable[..., Any]) -> None:
    client = program("implementer")
    many = FLOW.decode().replace("</process>", "".join(f'<task id="n{n}"/>' for n in range(10_000)) + "</process>")
    file = client.post(f"{API}/files", json={"path": "t/many.bpmn", "content": many}).json
    assert "elements" in file["too_large"]["en"]
    huge = client.post(f"{API}/files", json={"path": "t/huge.bpmn", "content": "<a/>" + " " * 50 * 1024**2})
    assert (huge.status_code, set(huge.json["words"])) == (422, {"en", "zh"})
    assert [one["path"] for one in client.get(f"{API}/files").json["items"]] == ["t/many.bpmn"]


def test_labels_of_a_form_stay_text(program: Callable[..., Any]) -> None:
    client = program("implementer")
    form = {"type": "default", "components": [{"type": "textfield", "key": "a", "label": EVIL}], "title": EVIL}
    file = client.post(f"{API}/files", json={"path": "t/f.form", "content": json.dumps(form)})
    assert (file.content_type, file.json["names"]) == ("application/json", {"zh": EVIL})
    other = json.dumps(form).replace("alert(1)", "alert(2)")
    told = client.post(f"{API}/diff", json={"path": "t/f.form", "left": json.dumps(form), "right": other})
    assert (told.status_code, told.content_type) == (200, "application/json")
