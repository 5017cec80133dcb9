"""The history as an auditor reads it: in words, filtered, page by page, and no more than the reader may see."""

import io
import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update

from desk.application import Desk
from desk.audit import queries, reading
from desk.audit.archives import verify_archive
from desk.audit.models import Archive, AuditEntry
from desk.audit.names import names_in
from desk.audit.operations import record
from desk.audit.queries import BadCursor, HistoryFilter, timeline
from desk.audit.retention import archive_due, set_rule
from desk.audit.roots import take_root
from desk.audit.sealing import seal_new
from desk.audit.words import entry_sentence, sentence
from desk.background.models import BackgroundJob
from desk.background.running import work_due
from desk.people.access import actor_of
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.history import START, Recorder
from engine.tables import (
    deployed_resource,
    history,
    history_actor,
    history_of_people,
    history_rare,
    process_instance,
    process_version,
)
from engine.timestamps import utc_now
from tests.desk.audit.conftest import Processes
from tests.desk.exports.test_formats import DIAGRAM
from tests.desk.web.fixtures import Browser

NAMES = names_in(DIAGRAM.encode())


@pytest.fixture
def desk(guarded: Desk) -> Desk:
    return guarded


@pytest.fixture
def browser(app: Flask, chinese: None) -> Browser:  # noqa: F811
    return Browser(app)


@pytest.fixture
def ticket(desk: Desk, process: Processes, make_user: Any, make_team: Any) -> Ticket:
    """Ticket WN-1 of team 一线, which 李雷 accepted with a higher priority."""
    lilei = make_user("lilei", name="李雷")
    team = make_team("一线", [lilei])
    instance = uuid4()
    recorder = Recorder(instance, actor_of(lilei).as_json(), utc_now(), 0, START)
    recorder.add("started", None, None, {"version": 1, "set": {"priority": "normal"}})
    recorder.add("completed", "create", uuid4(), {})
    recorder.add("submitted", "accept", uuid4(), {"outcome": "ok", "set": {"priority": "high"}})
    recorder.add("cancelled", "create", uuid4(), {})
    with desk.database.transaction() as session:
        version = process.version(session, "ticket")
        session.execute(
            insert(deployed_resource).values(
                deployment_id=session.scalar(select(process_version.c.deployment_id)),
                name="ticket.bpmn", kind="bpmn", content=DIAGRAM.encode(), sha256="0" * 64,
            )
        )  # fmt: skip
        session.execute(
            insert(process_instance).values(
                id=instance, version_id=version, status="active", revision=1, state=b"",
                history_seq=recorder.seq, history_hash=recorder.hash, depth=0, started_at=utc_now(),
            )
        )  # fmt: skip
        session.execute(insert(history), recorder.rows)
        made = Ticket(
            number="WN-1", title="x", channel="mail", instance_id=instance, team_id=team.id,
            created_by={},
        )  # fmt: skip
        session.add(made)
        session.flush()
        record(
            session, "ticket_changed", actor=actor_of(lilei), subject=f"ticket:{made.id}",
            ticket_id=made.id, old={"priority": "high"}, new={"priority": "urgent"},
        )  # fmt: skip
        return made


def test_a_change_in_a_step_is_said_in_both_languages() -> None:
    data = {"set": {"priority": "high"}}
    before = {"priority": "normal"}
    assert (
        sentence("completed", "accept", data, NAMES, "zh_CN", before=before)
        == "在步骤“受理”中将优先级由普通改为高"
    )
    assert (
        sentence("completed", "accept", data, NAMES, "en", before=before)
        == "changed priority from normal to high in step “Accept”"
    )
    assert sentence("completed", "accept", {}, NAMES, "en") == "passed step “Accept”"
    assert (
        sentence("completed", "accept", data, NAMES, "en", before={"priority": "high"})
        == "passed step “Accept”"
    )
    assert sentence("cancelled", None, {}, NAMES, "zh_CN") == "取消了流程"
    assert sentence("unheard-of", "accept", {}, NAMES, "en") == "unheard-of Accept"


def test_an_entry_is_said_in_both_languages() -> None:
    old, new = {"roles": ["agent"], "phone": "1"}, {"roles": ["agent", "auditor"]}
    assert (
        entry_sentence("roles_changed", old, new, "en")
        == "changed the roles: roles from agent to agent, auditor; phone 1"
    )
    assert (
        entry_sentence("roles_changed", old, new, "zh_CN")
        == "修改角色：角色由agent改为agent、auditor；电话 1"
    )
    assert entry_sentence("signed_in", {}, {}, "en") == "signed in"


def test_the_page_tells_a_ticket_in_words(
    browser: Browser, ticket: Ticket, make_user: Callable[..., User]
) -> None:
    make_user("wang", roles=["auditor"])
    browser.sign_in("wang")
    page = browser.get("/audit?ticket=WN-1").text
    assert "changed a ticket: priority from high to urgent" in page
    assert "finished step “Accept” with “ok”, changed priority from normal to high" in page
    assert "started the process (version 1)" in page
    details = browser.get("/audit?ticket=WN-1&details=1").text
    for detail in ("passed step “create”", "cancelled step “create”"):
        assert detail not in page
        assert detail in details


def test_the_page_speaks_chinese(
    browser: Browser, ticket: Ticket, make_user: Callable[..., User]
) -> None:
    make_user("wang", roles=["auditor"], locale="zh_CN")
    browser.sign_in("wang")
    page = browser.get("/audit?ticket=WN-1").text
    assert "完成了步骤“受理”，结果为“ok”，将优先级由普通改为高" in page
    assert "修改了工单：优先级由高改为紧急" in page
    assert "李雷" in page


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("action=ticket_changed", "changed a ticket", "started the process"),
        ("action=submitted", "finished step", "changed a ticket"),
        ("process=ticket", "finished step", "changed a ticket"),
        ("process=other", "Nothing was found", "finished step"),
        ("subject=ticket:1", "changed a ticket", "finished step"),
        ("since=2099-01-01", "Nothing was found", "finished step"),
        ("until=2001-01-01", "Nothing was found", "finished step"),
        ("since=nonsense&after=nonsense", "finished step", "Nothing was found"),
        ("person=user:1", "finished step", "signed in"),
        ("person=user:x", "Nothing was found", "finished step"),
    ],
)
def test_every_filter(
    browser: Browser,
    ticket: Ticket,
    make_user: Callable[..., User],
    query: str,
    there: str,
    not_there: str,
) -> None:
    make_user("wang", roles=["auditor"])
    browser.sign_in("wang")
    page = browser.get(f"/audit?{query}").text
    assert there in page
    assert f'<td class="is-text">{not_there}' not in page
    assert not_there not in page or not_there != "Nothing was found"


@pytest.mark.parametrize("role", ["auditor", "supervisor"])
def test_few_processes_and_many_are_told_the_same(
    desk: Desk, ticket: Ticket, process: Processes, make_user: Any, role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reader = make_user("wang", roles=[role])
    for key in ("ticket", "ended"):
        process(rows=3, key=key, ended=utc_now())
    with desk.database.transaction() as session:
        session.execute(update(Ticket).values(team_id=None))  # whoever dispatches sees it
    given: list[dict[str, Any]] = [
        {}, {"process": "ticket"}, {"process": "ended"}, {"process": "none"},
        {"ticket": "WN-1"}, {"ticket": "WN-1", "process": "ended"}, {"person": "user:1"},
        {"person": "user:1", "action": "submitted"}, {"action": "started"},
        {"action": "cancelled"}, {"person": "user:1", "process": "ticket"},
    ]  # fmt: skip
    filters = [HistoryFilter(**one, details=details) for one in given for details in (False, True)]
    found = []
    for most in (1000, -1):
        monkeypatch.setattr(queries, "FEW", most)
        with desk.reading() as session:
            found.append([timeline(session, reader, f, locale="en").lines for f in filters])
    few, many = found
    assert few == many
    assert sum(map(len, few)) > (40 if role == "auditor" else 10)


def test_seldom_rows_are_found_by_an_index(desk: Desk) -> None:
    of_person = select(history.c.seq).where(history_actor == "user:7", history_of_people)
    of_event = select(history.c.seq).where(history.c.event == "moved", history_rare)
    with desk.reading() as session:
        if not desk.database.is_sqlite:
            session.execute(text("SET enable_seqscan = off"))
        for query, index in ((of_person, "ix_history_actor_at"), (of_event, "ix_history_event_at")):
            said = query.order_by(history.c.at.desc()).compile(
                session.get_bind(), compile_kwargs={"literal_binds": True}
            )
            explain = "EXPLAIN QUERY PLAN" if desk.database.is_sqlite else "EXPLAIN"
            plan = session.connection().exec_driver_sql(f"{explain} {said}").all()
            assert index in str(plan), plan


def test_pages_leave_nothing_out_and_show_nothing_twice(
    desk: Desk, process: Processes, make_user: Callable[..., User]
) -> None:
    auditor = make_user("wang", roles=["auditor"])
    at = utc_now()
    for number in range(7):
        process(rows=3, ended=at)
        with desk.database.transaction() as session:
            record(session, "setting_changed", actor=SYSTEM, subject=f"setting:{number}")
            session.flush()
    seen: list[str] = []
    cursor = None
    with desk.reading() as session:
        for _ in range(100):
            page = timeline(
                session, auditor, HistoryFilter(details=True), locale="en", after=cursor, limit=4
            )
            seen += [line.place for line in page.lines]
            cursor = page.next
            if cursor is None:
                break
        total = len(session.scalars(select(AuditEntry.id)).all()) + 21
    assert len(seen) == len(set(seen)) == total
    with desk.reading() as session, pytest.raises(BadCursor):
        timeline(session, auditor, HistoryFilter(), locale="en", after="WzFd")


def test_a_supervisor_sees_the_own_teams(
    desk: Desk, browser: Browser, ticket: Ticket, make_user: Any, make_team: Any
) -> None:
    other = make_user("zhao", roles=["supervisor"])
    make_team("二线", [other])
    mine = make_user("qian", roles=["supervisor"])
    with desk.database.transaction() as session:
        from desk.people.models import Team

        team = session.scalars(select(Team).where(Team.name == "一线")).one()
        team.members.append(session.get_one(User, mine.id))
    browser.sign_in("zhao")
    assert "WN-1" not in browser.get("/audit").text.replace('value="WN-1"', "")
    browser.sign_in("qian")
    page = browser.get("/audit").text
    assert "changed a ticket" in page
    assert "finished step" in page


def test_who_may_not(browser: Browser, make_user: Callable[..., User]) -> None:
    make_user("li", roles=["agent"])
    browser.sign_in("li")
    for path in ("/audit", "/audit/proof", "/exports"):
        assert browser.get(path).status_code == 403
    make_user("zhao", roles=["supervisor"])
    browser.sign_in("zhao")
    assert browser.get("/exports").status_code == 403
    assert browser.post("/audit/verify").status_code == 403


def test_everything_is_verified_from_the_page(
    desk: Desk, browser: Browser, process: Processes, make_user: Callable[..., User]
) -> None:
    process()
    make_user("wang", roles=["auditor"])
    take_root(desk.database, desk.settings)
    browser.sign_in("wang")
    assert "Verify everything" in browser.get("/audit/proof").text
    assert browser.post("/audit/verify").status_code == 303
    work_due(desk)
    with desk.reading() as session:
        job = session.scalars(select(BackgroundJob)).one()
    assert job.result["faults"] == 0
    text = desk.storage.get(job.file_key or "").decode()
    assert "未发现问题" in text


@pytest.fixture
def archived(desk: Desk, process: Processes, make_user: Callable[..., User]) -> Archive:
    """An archive of 40 long ended processes, 李雷's; somebody who may read it is called wang."""
    long_ago = utc_now() - timedelta(days=400)
    for number in range(40):
        process(rows=5, ended=long_ago, data={"subject": f"Sache {number}"})
    make_user("wang", roles=["auditor"])
    with desk.database.transaction() as session:
        set_rule(session, "process", 365, actor=SYSTEM)
    seal_new(desk.database)
    archive_due(desk.database, desk.storage, desk.settings, now=utc_now(), actor=SYSTEM)
    with desk.reading() as session:
        return session.scalars(select(Archive)).one()


def test_an_archive_is_verified_read_and_searched(
    desk: Desk, browser: Browser, archived: Archive
) -> None:
    browser.sign_in("wang")
    where = f"/audit/archives/{archived.id}/lines"
    assert where in browser.get("/audit/proof").text
    page = browser.get(where).text
    assert "was checked, and it has not changed since" in page
    assert page.count("<tr title=") == 100
    following = re.search(rf'href="({where}[?]after=[^"]+)"', page)
    assert following is not None
    rest = browser.get(following[1]).text
    assert rest.count("<tr title=") == 100
    places = re.findall(r'<tr title="([^"]+)"', page + rest)
    assert len(set(places)) == 200
    assert "Next" in rest
    found = browser.get(f"{where}?q=sache 17").text
    assert found.count("<tr title=") == 1
    assert "started the process" in found
    assert "Nothing was found" in browser.get(f"{where}?q=nowhere").text
    assert browser.get("/audit/archives/4711/lines").status_code == 404
    assert "opened an archive" in browser.get("/audit?action=archive_read").text


def test_an_archive_with_one_byte_changed_is_named_and_not_shown(
    desk: Desk, browser: Browser, archived: Archive
) -> None:
    path = next((desk.settings.data_dir / "files").rglob(archived.file_key.rpartition("/")[2]))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    browser.sign_in("wang")
    answer = browser.get(f"/audit/archives/{archived.id}/lines")
    assert answer.status_code == 409
    assert "block 1 (bytes " in answer.text
    assert "was altered" in answer.text
    assert "Sache" not in answer.text
    path.unlink()
    assert f"archive {archived.id} is missing" in browser.get(
        f"/audit/archives/{archived.id}/lines"
    ).text  # fmt: skip


def test_an_archive_is_verified_once_until_its_file_is_another(
    desk: Desk, archived: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[object] = []

    def counted(stream: Any) -> Any:
        times.append(stream)
        return verify_archive(stream)

    monkeypatch.setattr(reading, "verify_archive", counted)
    path = next((desk.settings.data_dir / "files").rglob(archived.file_key))

    def page(**more: Any) -> reading.ArchivePage:
        with desk.reading() as session, path.open("rb") as stream:
            return reading.read_archive(session, stream, **more)

    first = page()
    assert first.verified == page(after=100).verified == page(text="sache").verified
    assert len(times) == 1
    content = bytearray(path.read_bytes())
    before = path.stat()
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # who alters it sets the time back
    assert page(after=100).findings
    assert page().findings, "what is not whole is not remembered"
    assert len(times) == 3
    with desk.reading() as session:
        for _ in range(2):  # from a storage that gives bytes, not a file
            assert reading.read_archive(session, io.BytesIO(bytes(content))).findings
    assert len(times) == 5


def test_a_long_search_says_how_far_it_has_come(
    desk: Desk, archived: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SEARCHED_AT_ONCE", 50)
    after, found, looks = 0, 0, 0
    with desk.reading() as session, desk.storage.open(archived.file_key) as stream:
        while True:
            page = reading.read_archive(session, stream, text="sache", after=after)
            looks, found = looks + 1, found + len(page.lines)
            assert page.looked <= after + 50
            if page.next is None:
                break
            after = page.next
    assert (looks, found, page.looked, page.total) == (5, 40, 240, 240)


def test_an_export_asked_twice_is_the_same_file(
    desk: Desk, browser: Browser, process: Processes, make_user: Callable[..., User]
) -> None:
    process()
    make_user("wang", roles=["auditor"])
    browser.sign_in("wang")
    browser.get("/exports")
    asked = {"format": "jsonl", "source": "history", "since": "2020-01-01"}
    first = browser.post("/exports", asked)
    work_due(desk)
    second = browser.post("/exports", asked)
    assert first.location == second.location
    assert "asked for this before" in browser.get(second.location).text
    anew = browser.post("/exports", {**asked, "anew": "1"})
    assert anew.location != first.location
    other = browser.post("/exports", {**asked, "format": "csv"})
    assert other.location != first.location
    file = browser.get(f"{first.location}/file")
    assert file.data.count(b"\n") == 5
    with desk.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions.count("export_asked") == 3
    assert actions.count("downloaded") == 1


def test_what_cannot_be_exported_is_said_at_the_form(
    browser: Browser, make_user: Callable[..., User]
) -> None:
    make_user("wang", roles=["auditor"])
    browser.sign_in("wang")
    browser.get("/exports")
    for asked, words in (
        ({"format": "xes", "source": "log"}, "Mining formats hold processes"),
        ({"since": "x"}, "This is not a date."),
        ({"since": "0001-01-01"}, "This is not a date."),
        ({"since": "2026-02-02", "until": "2026-01-01"}, "The time ends before it begins."),
        ({"person": "user:'"}, "There is no such person."),
    ):
        answer = browser.post("/exports", asked)
        assert answer.status_code == 422
        assert words in answer.text


def test_programs_read_the_log_and_ask_for_exports(
    desk: Desk, app: Flask, bearer: Any, make_user: Callable[..., User]
) -> None:
    user = make_user("wang", roles=["auditor"])
    client, headers = app.test_client(), bearer(user)
    page = client.get("/api/v1/audit?action=user_created", headers=headers).get_json()
    assert page["items"][0]["words"].startswith("created the account")
    answer = client.post("/api/v1/exports", json={"format": "xes"}, headers=headers)
    assert answer.status_code == 202
    work_due(desk)
    found = client.get(f"/api/v1/background/{answer.get_json()['id']}", headers=headers).get_json()
    assert found["status"] == "done"
    assert client.get(found["file"], headers=headers).data.startswith(b"<?xml")
    again = client.post("/api/v1/exports", json={"format": "xes"}, headers=headers)
    assert again.get_json()["id"] == answer.get_json()["id"]
    for wrong in ({"format": "xes", "source": "log"}, {"since": "0001-01-01T00:00:00+08:00"}):
        assert client.post("/api/v1/exports", json=wrong, headers=headers).status_code == 422


def test_a_row_that_cannot_be_true_opens_an_incident(
    desk: Desk, browser: Browser, process: Processes, make_user: Callable[..., User]
) -> None:
    from engine.tables import incident

    instance: UUID = process()
    with desk.database.transaction() as session:
        session.execute(
            update(process_instance).where(process_instance.c.id == instance).values(history_seq=9)
        )
    make_user("wang", roles=["auditor"])
    browser.sign_in("wang")
    browser.get("/audit/proof")
    browser.post("/audit/verify")
    work_due(desk)
    with desk.reading() as session:
        message = session.scalars(select(incident.c.message)).one()
    assert f"history {instance} row 6 to 9" in message
