"""From drafts to running versions: who may, what is demanded, what is remembered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from designer_api.files import operations, queries
from desk.application import Desk
from desk.audit.models import AuditEntry
from engine.actors import SYSTEM
from lanedesk.deploying import LIBRARY, bundles, deploy_bundle, deploy_paths, pull
from tests.designer_api.conftest import BODY
from tests.designer_api.foreign_files import FILES as FOREIGN
from tests.engine.diagrams import diagram

API = "/api/v1/designer"
TEXT = diagram(BODY, key="q").decode()
HOLDS = "- name: {zh: 通, en: passes}\n  steps:\n    - start: q\n      at: [a]\n"


def added(client: Any, path: str, content: str) -> int:
    answer = client.post(f"{API}/files", json={"path": path, "content": content})
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])


def test_a_draft_is_deployed_with_its_note_and_stands_in_the_audit_trail(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    file = added(client, "t/q.bpmn", TEXT)
    asked = {"files": [file], "note": "why not"}
    planned = client.post(f"{API}/deployments/plan", json=asked).json
    (item,) = planned["items"]
    assert (item["changed"], item["deployable"]) == (["t/q.bpmn"], True)
    assert item["processes"][0] | {"names": 0} == {
        "key": "q", "names": 0, "from": None, "to": 1, "running": 0,
    }  # fmt: skip
    done = client.post(f"{API}/deployments", json=asked)
    assert done.status_code == 201, done.text
    assert done.json["items"][0]["created"] == ["q"]
    seen = client.get(f"{API}/files/{file}").json
    assert (seen["revision"], seen["drafted"], seen["deployed"]) == (1, False, "same")
    assert seen["deployed_version"] == 1
    (revision,) = client.get(f"{API}/files/{file}/revisions").json["items"]
    assert (revision["note"], revision["deployed"]) == ("why not", True)
    (version,) = client.get(f"{API}/processes/q/versions").json["items"]
    assert (version["version"], version["note"], version["by"]["name"]) == (1, "why not", "Implementer")
    with desk.reading() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.subject == "process:q")).all()
        assert [(row.action, row.actor["name"], row.reason) for row in rows] == [
            ("deployed", "Implementer", "why not")
        ]
    changed = TEXT.replace('id="a"', 'id="a" name="x"')
    sent = {"content": changed, "base_etag": seen["etag"]}
    client.put(f"{API}/files/{file}/draft", json=sent)
    assert client.get(f"{API}/files/{file}").json["deployed"] == "differs"


def test_a_bundle_with_errors_is_refused_and_its_draft_stays(program: Callable[..., Any]) -> None:
    client = program("implementer")
    broken = diagram('<startEvent id="s"/><serviceTask id="t"/><endEvent id="e"/>s->t t->e', key="q")
    file = added(client, "t/q.bpmn", broken.decode())
    planned = client.post(f"{API}/deployments/plan", json={"files": [file]}).json
    assert planned["deployable"] is False
    refused = client.post(f"{API}/deployments", json={"files": [file]})
    assert refused.status_code == 422
    assert [(p["path"], p["element"]) for p in refused.json["problems"]] == [("t/q.bpmn", "t")]
    seen = client.get(f"{API}/files/{file}").json
    assert (seen["revision"], seen["drafted"], seen["deployed"]) == (0, True, None)


def test_only_who_may_deploy_deploys(program: Callable[..., Any]) -> None:
    file = added(program("implementer"), "t/q.bpmn", TEXT)
    for role in ("agent", "supervisor", "auditor"):
        answer = program(role).post(f"{API}/deployments", json={"files": [file]})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("scenario", "status"),
    [(None, 422), (HOLDS, 201), (HOLDS.replace("[a]", "[e]"), 422), ("{", 422)],
)
def test_green_scenarios_can_be_demanded(
    program: Callable[..., Any], scenario: str | None, status: int
) -> None:
    client = program("implementer")
    files = [added(client, "t/q.bpmn", TEXT)]
    if scenario is not None:
        files.append(added(client, "t/q.scenario.yaml", scenario))
    asked = {"files": files, "demand_scenarios": True}
    answer = client.post(f"{API}/deployments", json=asked)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert set(answer.json["words"]) == {"en", "zh"}
        assert client.get(f"{API}/processes/q/versions").status_code == 404


def test_what_is_not_chosen_goes_as_it_was_kept_last(program: Callable[..., Any]) -> None:
    client = program("implementer")
    body = BODY.replace('candidates="team:1"', 'candidates="team:1" form="f"')
    flow = added(client, "t/q.bpmn", diagram(body, key="q").decode())
    form = added(client, "t/f.form", '{"type":"default","components":[]}')
    client.post(f"{API}/files/{form}/revisions", json={})
    etag = client.get(f"{API}/files/{form}").json["etag"]
    broken = {"content": "{", "base_etag": etag}
    client.put(f"{API}/files/{form}/draft", json=broken)
    assert client.post(f"{API}/deployments", json={"files": [flow, form]}).status_code == 422
    assert client.post(f"{API}/deployments", json={"files": [flow]}).status_code == 201
    assert client.get(f"{API}/files/{form}").json["content"] == "{"


def test_versions_count_their_instances(desk: Desk, program: Callable[..., Any]) -> None:
    with desk.database.transaction() as session:
        one = desk.engine.start(session, "p", {}, actor=SYSTEM)
        desk.engine.start(session, "p", {}, actor=SYSTEM)
        desk.engine.cancel(session, one, actor=SYSTEM, reason="test")
    client = program("agent")
    (version,) = client.get(f"{API}/processes/p/versions").json["items"]
    assert (version["active"], version["ended"]) == (1, 1)
    assert client.get(version["diagram"]).data == diagram(BODY)


def test_a_folder_goes_in_and_comes_out_byte_for_byte(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    (source / "a" / "b").mkdir(parents=True)
    files = {
        "a/q.bpmn": diagram(BODY, key="q").replace(b"><", b">\r\n<"),
        "a/q.scenario.yaml": HOLDS.encode(),
        "a/b/f.form": b'{"type": "default", "components": [ ]}\n',
        "a/b/latin.bpmn": b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        + diagram(BODY.replace('id="a"', 'id="a" name="Priorität"'), key="l").decode().encode("latin-1"),
    }
    for path, content in files.items():
        (source / path).write_bytes(content)
    assert deploy_paths(desk, [source], note="import", into="lib") == 0
    out = tmp_path / "out"
    assert pull(desk, out, folder="lib") == 0
    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == files
    assert pull(desk, out, folder="lib") == 0
    assert "0 files written, 4 unchanged" in capsys.readouterr().out
    (source / "a" / "q.bpmn").write_bytes(b"<broken")
    assert deploy_paths(desk, [source], note="again", into="lib") == 1
    with desk.reading() as session:
        file = queries.by_path(session, "lib/a/q.bpmn")
        assert file is not None
        assert queries.newest(session, file) == files["a/q.bpmn"]
    assert pull(desk, tmp_path / "none", folder="nothing/here") == 1


def test_files_of_other_tools_come_out_as_they_went_in(desk: Desk, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    (source / "工单 & more").mkdir(parents=True)
    files = {f"工单 & more/{name}": content for name, content in FOREIGN.items()}
    for path, content in files.items():
        (source / path).write_bytes(content)
    deploy_paths(desk, [source], note="import")  # they are pictures: what cannot run is said
    with desk.database.transaction() as session:
        for path, content in files.items():
            operations.put(session, path, content, note="import", actor=SYSTEM)
    assert pull(desk, out) == 0
    assert {path: (out / path).read_bytes() for path in files} == files


def test_the_shipped_library_fills_the_designer(desk: Desk) -> None:
    basic = LIBRARY / "tickets" / "basic"
    for _, bundle in bundles([basic]):
        deploy_bundle(desk, bundle, note="shipped")
    with desk.reading() as session:
        seen = {file.path: queries.newest(session, file) for file in queries.files(session)}
    wanted = {
        p.relative_to(LIBRARY).as_posix(): p.read_bytes()
        for p in basic.iterdir()
        if p.name.endswith((".bpmn", ".dmn", ".form", ".scenario.yaml"))
    }
    assert seen == wanted


def test_what_was_deployed_through_another_door_counts(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    file = added(client, "t/p.bpmn", diagram(BODY).decode())
    seen = client.get(f"{API}/files/{file}").json
    assert (seen["deployed"], seen["deployed_version"]) == ("same", 1)
    other = BODY.replace('id="a"', 'id="a" name="x"')
    with desk.database.transaction() as session:
        desk.engine.deploy(session, {"p.bpmn": diagram(other)}, actor=SYSTEM)
    seen = client.get(f"{API}/files/{file}").json
    assert (seen["deployed"], seen["deployed_version"]) == ("differs", 2)


def test_templates_are_offered_not_deployed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery = LIBRARY / "gallery"
    assert all(not bundle.live for _, bundle in bundles([gallery]))
    assert deploy_paths(desk, [gallery], note="") == 0
    assert "--into" in capsys.readouterr().out
    with desk.reading() as session:
        assert queries.files(session) == []
    (one, *_) = (bundle for _, bundle in bundles([gallery], into="mine"))
    assert (one.folder.startswith("mine/"), one.live) == (True, True)
