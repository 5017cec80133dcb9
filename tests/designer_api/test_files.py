"""Files of the flow library: what two people draw is never lost, and bytes stay as they came."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from designer_api.files import contents, operations, queries
from desk.application import Desk
from engine.actors import Actor
from tests.designer_api.conftest import BODY
from tests.designer_api.foreign_files import FILES as FOREIGN
from tests.engine.diagrams import diagram

FILES = "/api/v1/designer/files"
LIBRARY = Path(__file__).parents[2] / "bpmn_library"
LI = Actor("user", 1, "Li")
WANG = Actor("user", 2, "Wang")
TEXT = diagram(BODY, key="q").decode()


def added(client: Any, path: str = "tests/q.bpmn", content: str = TEXT) -> Any:
    answer = client.post(FILES, json={"path": path, "content": content})
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_draft_becomes_a_revision_and_an_old_one_comes_back(program: Callable[..., Any]) -> None:
    client = program("implementer")
    file = added(client)
    assert (file["kind"], file["key"], file["drafted"], file["revision"]) == ("bpmn", "q", True, 0)
    address = f"{FILES}/{file['id']}"
    first = client.post(f"{address}/revisions", json={"note": "first"})
    assert first.status_code == 201, first.text
    changed = TEXT.replace('id="a"', 'id="a" name="改"')
    saved = client.put(f"{address}/draft", json={"content": changed, "base_etag": file["etag"]})
    assert saved.status_code == 200, saved.text
    assert saved.json["drafted"]
    second = client.post(f"{address}/revisions", json={"note": "second"}).json
    assert (second["number"], second["note"], second["actor"]["name"]) == (2, "second", "Implementer")
    listed = client.get(f"{address}/revisions").json["items"]
    assert [r["number"] for r in listed] == [2, 1]
    assert client.get(f"{address}/revisions/1").json["content"] == TEXT
    restored = client.post(f"{address}/restore", json={"revision": 1}).json
    assert (restored["content"], restored["drafted"], restored["revision"]) == (TEXT, True, 2)
    back = client.post(f"{address}/restore", json={"revision": 2}).json
    assert (back["content"], back["drafted"]) == (changed, False)
    assert client.post(f"{address}/restore", json={"revision": 9}).status_code == 404


def test_the_second_of_two_who_save_is_told_who_when_and_what(
    program: Callable[..., Any],
) -> None:
    one, other = program("implementer"), program("administrator")
    file = added(one)
    address = f"{FILES}/{file['id']}/draft"
    theirs = TEXT.replace('id="a"', 'id="b"').replace('"s-a"', '"s-b"')
    assert one.put(address, json={"content": theirs, "base_etag": file["etag"]}).status_code == 200
    late = other.put(address, json={"content": TEXT + " ", "base_etag": file["etag"]})
    assert late.status_code == 409
    problem = late.json
    assert (problem["by"]["name"], problem["content"]) == ("Implementer", theirs)
    assert set(problem["words"]) == {"en", "zh"}
    agreed = other.put(address, json={"content": TEXT + " ", "base_etag": problem["etag"]})
    assert agreed.status_code == 200
    again = other.put(address, json={"content": TEXT + " ", "base_etag": "whatever"})
    assert (again.status_code, again.json["etag"]) == (200, agreed.json["etag"])


def test_only_what_was_drawn_goes_into_a_file_of_another_tool(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    foreign = TEXT.replace("<process ", '<process xmlns:v="urn:v" v:x="1" ').replace("><", ">\n<")
    file = added(client, content=foreign)
    sent = {
        "content": TEXT.replace('id="a"', 'id="a" name="x"'),
        "before": TEXT,
        "base_etag": file["etag"],
    }
    saved = client.put(f"{FILES}/{file['id']}/draft", json=sent)
    assert saved.status_code == 200, saved.text
    kept = client.get(f"{FILES}/{file['id']}").json
    assert kept["content"] == foreign.replace('id="a"', 'id="a" name="x"')
    sent |= {"content": "<broken", "base_etag": kept["etag"]}
    assert client.put(f"{FILES}/{file['id']}/draft", json=sent).status_code == 200
    assert client.get(f"{FILES}/{file['id']}").json["content"] == "<broken"


def test_a_broken_file_is_kept_as_a_draft(program: Callable[..., Any]) -> None:
    client = program("implementer")
    file = added(client)
    address = f"{FILES}/{file['id']}"
    broken = TEXT.replace("</process>", "")
    saved = client.put(f"{address}/draft", json={"content": broken, "base_etag": file["etag"]})
    assert saved.status_code == 200
    kept = client.get(address).json
    assert (kept["content"], kept["key"]) == (broken, "q")


def test_files_are_moved_and_deleted_without_losing_them(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    file, other = added(client), added(client, "tests/other.bpmn")
    address = f"{FILES}/{file['id']}"
    moved = client.patch(address, json={"path": "else/where.bpmn"})
    assert (moved.status_code, moved.json["folder"]) == (200, "else")
    assert client.patch(address, json={"path": "tests/other.bpmn"}).status_code == 409
    assert client.patch(address, json={"path": "tests/other.form"}).status_code == 422
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert [f["id"] for f in client.get(FILES).json["items"]] == [other["id"]]
    again = added(client, "else/where.bpmn")
    taken = client.post(f"{address}/restore", json={"revision": 1})
    assert taken.status_code == 409
    assert client.delete(f"{FILES}/{again['id']}").status_code == 204
    assert client.post(f"{address}/restore", json={"revision": 1}).json["content"] == TEXT


@pytest.mark.parametrize(
    "path",
    ["../q.bpmn", "/q.bpmn", "a//q.bpmn", "a/./q.bpmn", "a\\q.bpmn", ".q.bpmn", "a/.git/q.bpmn",
     "q.exe", "q", "a\nb/q.bpmn", " q.bpmn", "<b>/q.bpmn", "a" * 300 + ".bpmn", "q.yaml"],
)  # fmt: skip
def test_paths_that_climb_or_hide_are_refused(path: str) -> None:
    with pytest.raises(contents.NotAFile):
        contents.checked_path(path)


def test_only_who_may_design_may_save(program: Callable[..., Any]) -> None:
    file = added(program("implementer"))
    agent = program("agent")
    assert agent.get(f"{FILES}/{file['id']}").status_code == 200
    sent = {"content": "x", "base_etag": file["etag"]}
    assert agent.put(f"{FILES}/{file['id']}/draft", json=sent).status_code == 403
    assert agent.post(FILES, json={"path": "a/b.bpmn", "content": ""}).status_code == 403
    assert agent.delete(f"{FILES}/{file['id']}").status_code == 403
    assert agent.post(f"{FILES}/{file['id']}/revisions", json={}).status_code == 403


BYTES = [
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<a>é</a>\r\n'.encode(),
    b"\xef\xbb\xbf<a/>",
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"),
    '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"),
    '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16-be"),
    '<?xml version="1.0" encoding="GB18030"?><a>工单</a>'.encode("gb18030"),
    '<?xml version="1.0" encoding="no-such-code"?><a>工单</a>'.encode(),
    b"<a>\xff\xfe\xe9</a>",
    b"<a>\x00\xff</a>",
    *FOREIGN.values(),
]


def test_a_file_from_a_disk_keeps_its_bytes_until_it_is_edited(program: Callable[..., Any]) -> None:
    client = program("implementer")
    for number, content in enumerate(BYTES):
        sent = {"path": f"a/{number}.bpmn", "bytes": b64encode(content).decode()}
        answer = client.post(FILES, json=sent)
        assert answer.status_code == 201, answer.text
        file = answer.json
        address = f"{FILES}/{file['id']}"
        again = {"content": file["content"], "base_etag": file["etag"], "before": file["content"]}
        assert client.put(f"{address}/draft", json=again).json["etag"] == file["etag"]
        assert client.get(f"{address}/content").data == content
        edited = again | {"content": file["content"].replace(">", " >", 1)}
        assert client.put(f"{address}/draft", json=edited).status_code == 200


def test_bytes_that_are_none_are_refused(program: Callable[..., Any]) -> None:
    client = program("implementer")
    for wrong in ({"bytes": "no base 64!"}, {"bytes": "PGEvPg==", "content": "<a/>"}, {}):
        assert client.post(FILES, json={"path": "a/b.bpmn"} | wrong).status_code == 422


def test_an_edited_file_is_utf8_and_says_so() -> None:
    before = '<?xml version="1.0" encoding="GB18030"?><a>工单</a>'.encode("gb18030")
    after = contents.bytes_of(contents.text_of(before).replace("工单", "任务"))
    assert after == '<?xml version="1.0" encoding="UTF-8"?><a>任务</a>'.encode()


def test_a_file_from_outside_does_not_overwrite_a_draft(desk: Desk) -> None:
    with desk.database.transaction() as session:
        file = operations.put(session, "a/q.bpmn", b"<one/>", note="import", actor=LI)
        operations.save_draft(session, file.id, b"<mine/>", base_etag=file.etag, actor=WANG)
    with desk.database.transaction() as session:
        operations.put(session, "a/q.bpmn", b"<two/>", note="import", actor=LI)
    with desk.database.reading() as session:
        file = queries.by_path(session, "a/q.bpmn")
        assert file is not None
        assert (queries.content(session, file), queries.newest(session, file)) == (b"<mine/>", b"<two/>")
        assert (file.revision, file.drafted, file.changed_by["name"]) == (2, True, "Wang")


def test_what_is_too_large_is_refused_in_words(desk: Desk) -> None:
    with desk.database.transaction() as session, pytest.raises(contents.NotAFile, match="10 MB"):
        operations.create(session, "a/q.bpmn", b" " * (10 * 1024 * 1024 + 1), actor=LI)


def test_a_decision_says_its_names_in_every_language() -> None:
    path = "sla/ticket-sla/sla-chain.dmn"
    described = contents.describe(path, (LIBRARY / path).read_bytes())
    assert described.key == "sla-chain"
    assert described.names == {"zh": "通知链", "en": "Who is told, and when"}
