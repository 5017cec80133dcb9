"""The way to the press from any process of the desk: starts it when first needed, starts it again when it is gone."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgpack

from engine.operators import Text
from printing.press.machine import read_frame, write_frame
from printing.press.orders import Order, PrintRefused, Sheet

MACHINES = 2  # that work at the same time
# All that a machine is told of its surroundings: no address of a database, no secret.
ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
    "FONTCONFIG_FILE", "FONTCONFIG_PATH",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
_WORDS = {
    "too_long": Text(
        "Printing took too long and was ended ({detail}). Does the layout repeat itself without end?",
        "打印用时过长（{detail}），已中止。版式中是否有无限循环？",
    ),
    "too_large": Text(
        "Printing took too much memory and was ended. Does the layout repeat something very often?",
        "打印占用内存过多，已中止。版式中是否有大量重复？",
    ),
    "fault": Text("The press failed: {detail}", "打印失败：{detail}"),
    "missing": Text(
        "PDF cannot be made on this machine: {detail}. On Debian: apt-get install libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0",
        "本机无法生成 PDF：{detail}。Debian 请安装：apt-get install libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0",
    ),
}


@dataclass
class _Machine:
    process: "subprocess.Popen[bytes]"

    def ask(self, order: Order) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        write_frame(self.process.stdin, msgpack.packb(order.packed()))  # type: ignore[arg-type]
        answer = read_frame(self.process.stdout)  # type: ignore[arg-type]
        if answer is None:
            raise EOFError
        return dict(msgpack.unpackb(answer))

    def end(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Press:
    """Prints orders; any thread may ask. A machine that died (or was ended) is replaced once an order."""

    def __init__(self, machines: int = MACHINES) -> None:
        self._free: queue.LifoQueue[_Machine | None] = queue.LifoQueue()
        for _ in range(machines):
            self._free.put(None)
        self._pid = os.getpid()

    def prints(self, order: Order) -> Sheet:
        """The PDF of the order. Raises PrintRefused with words for people."""
        for last in (False, True):
            with self._machine() as machine:
                try:
                    return _sheet(machine.ask(order))
                except (OSError, EOFError, ValueError) as error:
                    machine.end()
                    if last:
                        raise refused("fault", f"{type(error).__name__}: {error}") from error
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _machine(self) -> Iterator[_Machine]:
        """A machine of one's own for a while."""
        if self._pid != os.getpid():  # forked meanwhile: those machines are our parent's
            self.__init__(self._free.qsize() or MACHINES)  # type: ignore[misc]
        machine = self._free.get()
        try:
            if machine is None or machine.process.poll() is not None:
                machine = _started()
            yield machine
        finally:
            alive = machine is not None and machine.process.poll() is None
            self._free.put(machine if alive else None)

    def end(self) -> None:
        """End the machines that are free."""
        for _ in range(self._free.qsize()):
            machine = self._free.get()
            if machine is not None:
                machine.end()
            self._free.put(None)


def _started() -> _Machine:
    process = subprocess.Popen(  # noqa: S603 - our own module, no words from outside
        [sys.executable, "-m", "printing.press.machine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    )
    machine = _Machine(process)
    assert process.stdout is not None
    if read_frame(process.stdout) != b"ready":  # type: ignore[arg-type]
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace").strip().splitlines()
        machine.end()
        raise refused("missing", said[-1][:300] if said else "it does not start")
    assert process.stderr is not None
    threading.Thread(target=_drain, args=(process.stderr,), daemon=True).start()
    return machine


def _drain(stream: Any) -> None:
    """What the machine writes as errors must not fill the pipe; each order's own complaints come as notes."""
    with contextlib.suppress(OSError, ValueError):
        while stream.read(65536):
            pass


def _sheet(answer: dict[str, Any]) -> Sheet:
    if "refused" not in answer:
        return Sheet(**answer)
    if answer["words"]:
        raise PrintRefused(answer["refused"], Text(*answer["words"]), answer["line"])
    raise refused(answer["refused"], answer["detail"])


def refused(kind: str, detail: str) -> PrintRefused:
    """A refusal in words."""
    words = _WORDS[kind]
    return PrintRefused(kind, Text(words.en.format(detail=detail), words.zh.format(detail=detail)))


@cache
def press() -> Press:
    """The press of this process."""
    return Press()
