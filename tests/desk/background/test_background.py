"""Long work: done once, told about, stopped when asked, gone on with after a crash, an incident when it fails."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.application import Desk
from desk.background import kinds, operations, running
from desk.background.models import BackgroundJob
from desk.background.queries import any_due
from desk.background.running import Running, work_due
from desk.notices.models import Notice
from desk.people.access import actor_of
from desk.people.models import User
from desk.web.live.models import LiveEvent
from engine.actors import SYSTEM, Actor
from engine.operators import Text
from engine.tables import incident
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser

TITLE = Text("Count", "计数")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`kind(function)`: declares the kind `test`."""
    monkeypatch.setattr(running, "TELL_SECONDS", 0.0)

    def declare(run: Callable[[Desk, Running], None], **more: Any) -> None:
        kinds.KINDS["test"] = kinds.Kind("test", TITLE, run, more.get("permission"))

    yield declare
    kinds.KINDS.pop("test", None)


def submit(desk: Desk, *, actor: Actor = SYSTEM, **parameters: Any) -> UUID:
    with desk.database.transaction() as session:
        return operations.submit(session, "test", parameters, actor=actor)


def found(desk: Desk, job_id: UUID) -> BackgroundJob:
    with desk.reading() as session:
        return session.get_one(BackgroundJob, job_id)


def test_the_result_is_kept_and_the_owner_is_told(
    desk: Desk, kind: Callable[..., None], make_user: Callable[..., User]
) -> None:
    def run(_desk: Desk, task: Running) -> None:
        task.progress(1, 2)
        task.file("count.txt", "text/plain").write(task.parameters["say"].encode())
        task.progress(2)

    kind(run)
    user = make_user("li")
    job_id = submit(desk, actor=actor_of(user), say="three")
    with desk.reading() as session:
        assert any_due(session, utc_now())
    assert work_due(desk) == 1
    job = found(desk, job_id)
    assert (job.status, job.done, job.total, job.percent) == ("done", 2, 2, 100)
    assert desk.storage.get(job.file_key or "") == b"three"
    assert not (desk.settings.data_dir / "background" / str(job_id)).exists()
    with desk.reading() as session:
        topics = set(session.scalars(select(LiveEvent.topic)))
        assert not any_due(session, utc_now())
    assert f"user:{user.id}" in topics
    assert work_due(desk) == 0


def test_the_bell_rings_for_who_waited_long(
    desk: Desk, kind: Callable[..., None], make_user: Callable[..., User]
) -> None:
    kind(lambda _desk, _task: None)
    user = make_user("li")
    short, long = (submit(desk, actor=actor_of(user)) for _ in range(2))
    with desk.database.transaction() as session:
        session.execute(
            update(BackgroundJob)
            .where(BackgroundJob.id == long)
            .values(started_at=utc_now() - 2 * running.PATIENCE)
        )
    work_due(desk)
    with desk.reading() as session:
        (notice,) = session.scalars(select(Notice))
    assert (notice.user_id, notice.href) == (user.id, f"/background/{long}")
    assert notice.text == {"en": "Count is ready", "zh": "计数已完成"}
    assert found(desk, short).status == "done"


def test_what_fails_is_an_incident_and_can_be_tried_again(
    desk: Desk, kind: Callable[..., None]
) -> None:
    broken = True

    def run(_desk: Desk, task: Running) -> None:
        if broken:
            raise ValueError("no such column")
        task.result["ok"] = True

    kind(run)
    job_id = submit(desk)
    work_due(desk)
    job = found(desk, job_id)
    assert (job.status, job.error) == ("failed", "ValueError: no such column")
    with desk.reading() as session:
        message = session.scalar(select(incident.c.message).where(incident.c.id == job.incident_id))
    assert message == "test: ValueError: no such column"
    broken = False
    with desk.database.transaction() as session:
        assert operations.again(session, session.get_one(BackgroundJob, job_id))
    work_due(desk)
    assert found(desk, job_id).result == {"ok": True}


def test_a_disk_that_was_full_is_tried_again_by_itself(
    desk: Desk, kind: Callable[..., None]
) -> None:
    def run(_desk: Desk, task: Running) -> None:
        raise OSError("No space left on device")

    kind(run)
    job_id = submit(desk)
    work_due(desk)
    job = found(desk, job_id)
    assert (job.status, job.tries) == ("waiting", 1)
    assert job.due_at > utc_now()
    for _ in range(running.TRIES):
        with desk.database.transaction() as session:
            session.execute(update(BackgroundJob).values(due_at=utc_now()))
        work_due(desk)
    assert found(desk, job_id).status == "failed"


def test_work_goes_on_where_a_dead_worker_left_it(desk: Desk, kind: Callable[..., None]) -> None:
    class Killed(BaseException):
        """Nothing in the worker catches it, as nothing catches a kill."""

    calls = []

    def run(_desk: Desk, task: Running) -> None:
        out = task.file("letters.txt", "text/plain")
        calls.append(dict(task.state))
        out.seek(task.state.get("at", 0))
        out.truncate()
        for letter in "abcdef"[task.state.get("at", 0) :]:
            out.write(letter.encode())
            if out.tell() == 3 and len(calls) == 1:
                task.keep({"at": 3})
                out.write(b"lost")
                raise Killed
        task.progress(6)

    kind(run)
    job_id = submit(desk)
    with pytest.raises(Killed):
        work_due(desk)
    assert found(desk, job_id).status == "running"
    assert work_due(desk) == 0, "its lease still holds"
    with desk.database.transaction() as session:
        session.execute(update(BackgroundJob).values(lease_until=utc_now()))
    assert work_due(desk) == 1
    assert calls == [{}, {"at": 3}]
    assert desk.storage.get(found(desk, job_id).file_key or "") == b"abcdef"


def test_a_worker_that_always_dies_ends_in_an_incident(
    desk: Desk, kind: Callable[..., None]
) -> None:
    kind(lambda _desk, _task: None)
    job_id = submit(desk)
    with desk.database.transaction() as session:
        session.execute(
            update(BackgroundJob).values(
                status="running", tries=running.TRIES, lease_until=utc_now()
            )
        )
    work_due(desk)
    assert "died or hung" in (found(desk, job_id).error or "")


def test_cancelled_work_stops_at_its_next_word(desk: Desk, kind: Callable[..., None]) -> None:
    reached = []

    def run(desk: Desk, task: Running) -> None:
        with desk.database.transaction() as session:
            operations.cancel(session, session.get_one(BackgroundJob, task.id))
        task.progress(1)
        reached.append("after")

    kind(run)
    job_id = submit(desk)
    work_due(desk)
    assert found(desk, job_id).status == "cancelled"
    assert reached == []


def test_who_lost_the_lease_writes_nothing_more(desk: Desk, kind: Callable[..., None]) -> None:
    def run(desk: Desk, task: Running) -> None:
        with desk.database.transaction() as session:
            session.execute(
                update(BackgroundJob).values(lease_token=UUID(int=1), lease_until=utc_now())
            )
        task.progress(1)

    kind(run)
    job_id = submit(desk)
    work_due(desk, limit=1)
    job = found(desk, job_id)
    assert (job.status, job.done, job.lease_token) == ("running", 0, UUID(int=1))


def test_pages_show_it_to_its_owner_alone(
    desk: Desk, kind: Callable[..., None], browser: Browser, make_user: Callable[..., User]
) -> None:
    def run(_desk: Desk, task: Running) -> None:
        task.file("count.txt", "text/plain").write(b"three")

    kind(run, permission="history.export")
    auditor = make_user("wang", roles=["auditor"])
    mine = submit(desk, actor=actor_of(auditor))
    other = submit(desk, actor=actor_of(make_user("li")))
    browser.sign_in("wang")
    page = browser.get(f"/background/{mine}")
    assert "Waiting for a worker" in page.text
    assert browser.get(f"/background/{other}").status_code == 404
    assert browser.get(f"/background/{mine}/file").status_code == 404
    work_due(desk)
    assert "Download count.txt" in browser.get(f"/background/{mine}/progress").text
    assert browser.get(f"/background/{mine}/file").data == b"three"
    listing = browser.get("/background").text
    assert str(mine) in listing
    assert str(other) not in listing


def test_a_file_is_refused_once_the_permission_is_gone(
    desk: Desk, kind: Callable[..., None], browser: Browser, make_user: Callable[..., User]
) -> None:
    kind(lambda _d, task: None, permission="history.export")
    user = make_user("li", roles=["agent"])
    job_id = submit(desk, actor=actor_of(user))
    work_due(desk)
    browser.sign_in("li")
    assert browser.get(f"/background/{job_id}/file").status_code == 403


def test_it_is_stopped_and_asked_again_by_its_page(
    desk: Desk, kind: Callable[..., None], browser: Browser, make_user: Callable[..., User]
) -> None:
    kind(lambda _d, _t: None)
    job_id = submit(desk, actor=actor_of(make_user("li")))
    browser.sign_in("li")
    browser.get(f"/background/{job_id}")
    assert browser.post(f"/background/{job_id}/cancel").status_code == 303
    assert found(desk, job_id).status == "cancelled"
    assert browser.post(f"/background/{job_id}/again").status_code == 303
    assert found(desk, job_id).status == "waiting"


def test_programs_see_it_too(
    desk: Desk, kind: Callable[..., None], app: Any, bearer: Any, make_user: Callable[..., User]
) -> None:
    kind(lambda _d, task: task.file("a.txt", "text/plain").write(b"a"))
    user = make_user("li", roles=["implementer"])
    job_id = submit(desk, actor=actor_of(user))
    client, headers = app.test_client(), bearer(user)
    path = f"/api/v1/background/{job_id}"
    assert client.get(path, headers=headers).json["status"] == "waiting"
    work_due(desk)
    answer = client.get(path, headers=headers).json
    assert (answer["status"], answer["file"]) == ("done", f"{path}/file")
    assert client.get(answer["file"], headers=headers).data == b"a"
