"""Runs a command that ends with its parent: `python tied.py PARENT_PID COMMAND…`.

A supervisor that is killed cannot tidy up, and its children would go on holding ports and files. Linux can do it for
us: PR_SET_PDEATHSIG (prctl(2)) survives exec, so any program can be tied this way, Redis as well as our own. On other
systems the command is simply run; there children end by the signals that the supervisor sends.

Kept free of imports beyond the standard library: it is started for every child.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tied(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` tied to the calling process."""
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), *command]


def end_with_parent() -> None:
    """Let the kernel send this process SIGTERM when its parent ends. Linux only; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def main() -> None:
    """Tie this process to the parent named first, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    end_with_parent()
    if os.getppid() != parent:  # it ended before we could tie ourselves to it
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is ours, see supervisor and private_redis
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
