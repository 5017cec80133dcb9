"""Runs the processes of the Procfile under one roof: output side by side, restarts, and one end for all.

honcho reads the Procfile and prints; the loop is our own, because honcho ends everything when one process ends, and
a desk must outlive a worker that crashed. Every child leads a process group and is tied to this process
(lanedesk.tied), so nothing is left over, however we end.
"""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from lanedesk.tied import tied

STOP_SECONDS = 10
STEADY_SECONDS = 10  # a process that ran this long had started well
MAX_FALSE_STARTS = 3
LONGEST_PAUSE = 30  # seconds between two tries


def read_procfile(path: Path) -> dict[str, str]:
    """The commands of a Procfile by name."""
    return dict(parse_procfile(path.read_text()).processes)


@dataclass
class Child:
    """One process of the Procfile and what became of it."""

    name: str
    command: str
    colour: str
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    false_starts: int = 0
    proven: bool = False  # it has run well once: then it is started again for ever
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Keeps `commands` running until it is told to stop.

    `each_second` is called about once a second from the loop (to look after what is no Procfile process).
    """

    commands: Mapping[str, str]
    environment: Mapping[str, str]
    printer: Printer = field(default_factory=Printer)
    each_second: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        """Prepare; nothing is started yet."""
        colours = get_colours()
        self.children = [
            Child(name, command, next(colours)) for name, command in self.commands.items()
        ]
        self.printer.width = max(len(name) for name in [*self.commands, "lanedesk"])
        self._lines: queue.SimpleQueue[tuple[Child, bytes]] = queue.SimpleQueue()
        self._stop_signals = 0
        self._failed: str | None = None

    def start(self) -> None:
        """Start all. Call from the main thread: a tied child ends with the *thread* that started it."""
        for child in self.children:
            self._start(child)

    def run(self) -> int:
        """Look after the children until SIGINT, SIGTERM or SIGHUP, or until one cannot be kept running.

        Returns the exit code: 0 when told to stop, 1 when a process would not stay up.
        """
        next_second = time.monotonic() + 1
        try:
            while not self._stop_signals and self._failed is None:
                self._print_lines(timeout=0.2)
                for child in self.children:
                    self._look_after(child)
                if time.monotonic() >= next_second:
                    next_second = time.monotonic() + 1
                    self.each_second()
        finally:
            self.stop()
        if self._failed is not None:
            self.say(self._failed)
            return 1
        return 0

    def catch_signals(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP ask for the end; a second one asks for it at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.ask_to_stop())

    def ask_to_stop(self) -> None:
        """Let run() end the children and return."""
        self._stop_signals += 1

    @property
    def asked_to_stop(self) -> bool:
        """Whether somebody wants the end."""
        return self._stop_signals > 0

    def stop(self) -> None:
        """End all children: SIGTERM to their groups, SIGKILL to whoever is left after some seconds."""
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(self._running(child) for child in self.children):
            self._print_lines(timeout=0.05)
            if time.monotonic() > deadline or self._stop_signals > 1:
                self._signal_all(signal.SIGKILL)
                break
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        self._print_lines(timeout=0)

    def say(self, line: str) -> None:
        """Print a line of our own."""
        self.printer.write(Message("line", line, datetime.now().astimezone(), "lanedesk", None))

    def _start(self, child: Child) -> None:
        child.restart_at = None
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            tied(["/bin/sh", "-c", f"exec {child.command}"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self.environment),
            start_new_session=True,
        )
        assert child.process.stdout is not None
        threading.Thread(target=self._read, args=(child, child.process.stdout), daemon=True).start()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                self._start(child)
            return
        if self._running(child):
            return
        assert child.process is not None
        self._signal(child, signal.SIGKILL)  # what it had forked may have outlived it
        steady = now - child.started_at > STEADY_SECONDS
        child.proven = child.proven or steady
        child.false_starts = 0 if steady else child.false_starts + 1
        self.say(f"{child.name} ended (exit code {child.process.returncode})")
        if child.false_starts >= MAX_FALSE_STARTS and not child.proven:
            self._failed = f"{child.name} does not stay up; its last words are above"
            return
        child.restart_at = now + min(child.false_starts, LONGEST_PAUSE)

    @staticmethod
    def _running(child: Child) -> bool:
        return child.process is not None and child.process.poll() is None

    def _signal_all(self, number: int) -> None:
        for child in self.children:
            if self._running(child):
                self._signal(child, number)

    @staticmethod
    def _signal(child: Child, number: int) -> None:
        assert child.process is not None
        with suppress(ProcessLookupError):  # nobody is left in the group
            os.killpg(child.process.pid, number)

    def _read(self, child: Child, output: IO[bytes]) -> None:
        for line in output:
            self._lines.put((child, line))

    def _print_lines(self, *, timeout: float) -> None:
        try:
            while True:
                child, line = (
                    self._lines.get(timeout=timeout) if timeout else self._lines.get_nowait()
                )
                timeout = 0
                self.printer.write(
                    Message("line", line, datetime.now().astimezone(), child.name, child.colour)
                )
        except queue.Empty:
            return
