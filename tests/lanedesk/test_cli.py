"""The `lanedesk` command itself."""

import subprocess
import sys

LAST_OF_ALL = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count()))
sys.argv = ["lanedesk", *sys.argv[1:]]
from lanedesk.cli import main
main()
"""


def test_a_process_ends_without_sorting_through_what_it_had_loaded() -> None:
    """Ctrl-C took seconds: each process looked for cycles among a million objects that the system frees at once."""
    ended = subprocess.run(
        [sys.executable, "-c", LAST_OF_ALL, "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    version, left_alone = ended.stdout.splitlines()
    assert version.startswith("lanedesk")
    assert int(left_alone) > 1000


FORBIDDEN = """
import sys
import lanedesk.running

def run_all(**_):
    raise PermissionError(13, "Permission denied", "var/lanedesk.pid")

lanedesk.running.run_all = run_all
sys.argv = ["lanedesk", "run"]
from lanedesk.cli import main
main()
"""


def test_a_file_of_somebody_else_is_said_in_one_line() -> None:
    """Whoever started the desk with sudo once, and now without; tests run as root, to whom nothing is forbidden."""
    ended = subprocess.run(
        [sys.executable, "-c", FORBIDDEN], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == "lanedesk: var/lanedesk.pid: Permission denied\n"
