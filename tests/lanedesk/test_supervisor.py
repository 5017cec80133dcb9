"""One roof over all processes: crashes are mended, and nothing is left when it ends, however it ends."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from honcho.printer import Printer

from lanedesk.supervisor import Supervisor, read_procfile

ROOT = Path(__file__).resolve().parents[2]


def wait_until(true: Callable[[], object], seconds: float = 10) -> None:
    """Poll until `true()`; AssertionError when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def supervisor(commands: dict[str, str]) -> tuple[Supervisor, io.StringIO]:
    output = io.StringIO()
    return Supervisor(commands, dict(os.environ), printer=Printer(output)), output


def test_output_comes_side_by_side_under_the_names() -> None:
    made, output = supervisor({"one": "echo eins; sleep 60", "two": "echo zwei; sleep 60"})
    made.each_second = made.ask_to_stop
    made.start()
    assert made.run() == 0
    assert "one      | eins" in output.getvalue()
    assert "two      | zwei" in output.getvalue()


def test_a_child_that_crashed_is_started_again(tmp_path: Path) -> None:
    log = tmp_path / "starts"
    made, _ = supervisor({"worker": f"sh -c 'echo started >> {log}; exec sleep 60'"})
    made.start()
    wait_until(log.exists)
    first = made.children[0].process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)

    def look() -> None:
        if log.read_text().count("started") == 2:
            made.ask_to_stop()

    made.each_second = look
    assert made.run() == 0
    assert log.read_text().count("started") == 2


def test_a_child_that_never_stays_up_ends_all_with_its_last_words() -> None:
    made, output = supervisor({"broken": "sh -c 'echo no licence; exit 3'", "good": "sleep 60"})
    made.start()
    assert made.run() == 1
    assert "no licence" in output.getvalue()
    assert "broken does not stay up" in output.getvalue()
    assert all(child.process and child.process.poll() is not None for child in made.children)


def test_a_child_that_ignores_the_end_is_ended_by_a_second_signal() -> None:
    made, output = supervisor(
        {"deaf": "sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done'"}
    )
    made.start()

    def impatient() -> None:
        if "ready" in output.getvalue():
            made.ask_to_stop()
            made.ask_to_stop()

    made.each_second = impatient
    began = time.monotonic()
    assert made.run() == 0
    assert time.monotonic() - began < 8


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = textwrap.dedent(f"""
        import os
        from lanedesk.supervisor import Supervisor
        made = Supervisor({{"child": "sh -c 'echo $$ > {pids}; exec sleep 60'"}}, dict(os.environ))
        made.start()
        made.run()
    """)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    wait_until(lambda: pids.exists() and pids.read_text().strip())
    child = int(pids.read_text())
    process.kill()
    process.wait()
    wait_until(lambda: not alive(child))


def test_the_procfile_names_every_process() -> None:
    commands = read_procfile(ROOT / "Procfile")
    assert list(commands) == ["web", "events", "worker", "effects", "long", "scheduler", "mail"]
    assert all(command.startswith("lanedesk ") for command in commands.values())
