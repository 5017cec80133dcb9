"""`lanedesk run`, really: it comes up, takes mail, mends what crashes, keeps its data, and leaves nothing behind."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.tickets.models import Ticket
from engine.database import Database
from lanedesk.migrating import upgrade
from lanedesk.running import drop_counters, new_counters
from lanedesk.serving import MEMORY
from tests.fixtures.running import ROOT, RunningDesk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("running")]


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, database_kind: str
) -> Iterator[RunningDesk]:
    more = {}
    if database_kind == "postgresql":
        more["DATABASE_URL"] = request.getfixturevalue("postgresql").create_database("running")
    prepared = RunningDesk.prepare(tmp_path, **more)
    yield prepared
    if prepared.process is not None:
        prepared.stop()


def titles(desk: RunningDesk) -> list[str]:
    database = Database(
        desk.environment.get("DATABASE_URL") or f"sqlite:///{desk.data_dir / 'lanedesk.db'}"
    )
    with database.reading() as session:
        found = list(session.scalars(select(Ticket.title)))
    database.dispose()
    return found


def send_mail(desk: RunningDesk, subject: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "who@client.example",
        desk.mail_address,
        subject,
    )
    message["Message-ID"] = f"<{time.monotonic_ns()}@client.example>"
    message.set_content("请帮忙看一下。")
    with smtplib.SMTP("127.0.0.1", desk.smtp_port) as client:
        client.send_message(message)


def test_a_desk_from_nothing_to_a_ticket_by_mail_and_back(desk: RunningDesk) -> None:
    desk.start()
    assert desk.password
    before = desk.log_file.read_text().partition(" | ")[0].splitlines()[:-1]
    assert [line.partition(":")[0] for line in before] == ["First start", "First start"]
    assert desk.ready()["status"] == "ready"
    with urllib.request.urlopen(f"{desk.url}/metrics") as answer:
        assert "lanedesk_database_up 1.0" in answer.read().decode()

    counters = (desk.data_dir / "metrics").resolve()
    assert counters.is_dir()
    if MEMORY.is_dir():
        assert counters.parent == MEMORY

    send_mail(desk, "水管漏水")
    wait_until(lambda: "水管漏水" in titles(desk))

    workers = {name: pid for name, pid in desk.pids().items() if "worker --queues" in name}
    assert len(workers) == 3
    for pid in workers.values():
        os.kill(pid, signal.SIGKILL)
    send_mail(desk, "停电了")
    wait_until(lambda: "停电了" in titles(desk))

    (redis,) = [pid for name, pid in desk.pids().items() if "redis-server" in name]
    os.kill(redis, signal.SIGKILL)
    send_mail(desk, "网络断了")
    wait_until(lambda: "网络断了" in titles(desk))

    refused = desk.command("run")
    assert refused.returncode == 1
    assert "a desk runs in" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1

    children = list(desk.pids().values())
    assert desk.stop(signal.SIGINT) == 0
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not counters.exists()

    password, count = desk.password, len(titles(desk))
    began = time.monotonic()
    desk.start()
    assert time.monotonic() - began < 30
    assert desk.password == password
    assert len(titles(desk)) == count
    assert desk.log_file.read_text().count("first password") == 1


def test_counters_of_a_run_that_was_killed_are_thrown_away(tmp_path: Path) -> None:
    left = new_counters(tmp_path).resolve()
    (left / "counter_1.db").write_bytes(b"old")
    folder = new_counters(tmp_path)
    assert not left.exists()
    assert list(folder.iterdir()) == []
    (folder / "counter_2.db").write_bytes(b"new")
    drop_counters(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    prepared = RunningDesk.prepare(tmp_path)
    database = Database(f"sqlite:///{tmp_path / 'lanedesk.db'}")
    upgrade(database)
    database.dispose()
    no_file_above = "ulimit -f 64; exec"  # blocks of 512 bytes
    done = subprocess.run(
        ["/bin/sh", "-c", f"{no_file_above} {sys.executable} -m lanedesk user add li"],
        cwd=ROOT,
        env=prepared.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("lanedesk: the database: ")
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_in_one_line(desk: RunningDesk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(desk.environment["LANEDESK_WEB_PORT"])))
        taken.listen()
        done = desk.command("run")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("lanedesk: cannot listen on 127.0.0.1:")
    assert "LANEDESK_WEB_PORT" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:secret@127.0.0.1:1/none",
        "not a database",
        "mysql://somewhere/else",
        "sqlite:////nowhere/at/all.db",
    ],
)
@pytest.mark.parametrize("command", ["run", "user list"])
def test_a_wrong_database_is_said_in_one_line(tmp_path: Path, url: str, command: str) -> None:
    done = RunningDesk.prepare(tmp_path, DATABASE_URL=url).command(*command.split())
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("lanedesk: DATABASE_URL")
    assert "secret" not in line
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LANEDESK_WEB_PORT", "eighty"),
        ("LANEDESK_LOG", "xml"),
        ("LANEDESK_SMTP_LISTEN", "2525"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1/0?password=secret"),
        ("LANEDESK_DATA", "/proc/none"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(tmp_path: Path, variable: str, value: str) -> None:
    done = RunningDesk.prepare(tmp_path, **{variable: value}).command("run")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"lanedesk: {variable}")
    assert "secret" not in line
