"""The process that prints: `python -m printing.press.machine`, one thread, everything loaded, fonts warm.

Each order is done in a child that it forks: whatever a layout does, it does to a process that ends anyway, under limits
of the operating system on time, memory and files, and what it took is given back. Forking from a process of one thread
is safe; the web process has many, which is why this one stands between.
"""

import gc
import os
import resource
import select
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import msgpack

from printing.kinds import shipped
from printing.press.orders import Order, PrintRefused

FRAME = struct.Struct(">Q")
LARGEST = 512 * 1024 * 1024  # bytes of one message
WARM_TIMES = 4


def warming() -> Order:
    """A document much like those that will be asked for: what it loads and learns, every child has from the start."""
    text = (
        "三楼东侧的激光打印机从今天早上开始一直提示缺纸，纸盒是满的，请尽快处理。Ticket 0123456789 "
    )
    line = {
        "label": "问题类型",
        "value": text,
        "at": "2026/01/01 09:30",
        "who": "客户",
        "text": text,
    }
    facts = {
        "ticket": {"number": "WN-20260101-000001", "title": text, "state": "处理中"},
        "form": [line] * 3,
        "messages": [{**line, "kind": "reply", "kind_name": "回复客户"}] * 3,
        "trail": [line] * 5,
    }
    return Order(layout=shipped("ticket"), facts=[facts] * WARM_TIMES)


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """One message, its length before it."""
    stream.write(FRAME.pack(len(content)))
    stream.write(content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next message; None at the end. Raises EOFError in the middle of one, ValueError if too large."""
    head = stream.read(FRAME.size)
    if not head:
        return None
    if len(head) < FRAME.size:
        raise EOFError
    (size,) = FRAME.unpack(head)
    if size > LARGEST:
        raise ValueError("a message too large")
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def main() -> None:
    """Serve orders from standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us ends us by closing the pipe
    with tempfile.TemporaryDirectory(prefix="lanedesk-press-") as folder:
        tempfile.tempdir = folder  # what children leave behind goes with us
        _serve()


def _serve() -> None:
    from printing.press import setting

    setting.pressed(warming())
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody counts in them
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    write_frame(answers, b"ready")
    while (message := read_frame(orders)) is not None:
        order = Order.unpacked(msgpack.unpackb(message))
        write_frame(answers, in_child(order, _press))


def in_child(order: Order, work: Callable[[Order], dict[str, Any]]) -> bytes:
    """What `work` makes of the order in a child with the order's limits, as msgpack: {…} or {"refused": kind, …}."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(order, work, writing)
    os.close(writing)
    try:
        content = _read(reading, time.monotonic() + order.limits.seconds)
    finally:
        os.close(reading)
        status = _ended(child)
    if content is None or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return refusal("too_long", f"{order.limits.seconds} s")
    if not content:
        return refusal("too_large", "")
    return content


def _child(order: Order, work: Callable[[Order], dict[str, Any]], writing: int) -> None:
    """The child's whole life; it never returns."""
    status = 1
    try:
        os.closerange(0, 3)
        gc.disable()  # the setting collects now and then; at the end all is given back anyway
        limit(order)
        with os.fdopen(writing, "wb") as out:
            out.write(_answer(order, work))
        status = 0
    finally:
        os._exit(status)  # nothing of the parent's is to be flushed or run here


def _answer(order: Order, work: Callable[[Order], dict[str, Any]]) -> bytes:
    try:
        return bytes(msgpack.packb(work(order)))
    except PrintRefused as error:
        return refusal(error.kind, "", words=(error.words.en, error.words.zh), line=error.line)
    except MemoryError:
        return refusal("too_large", "")
    except Exception as error:  # noqa: BLE001 - the parent must be told whatever it was
        return refusal("fault", f"{type(error).__name__}: {error}"[:400])


def refusal(
    kind: str, detail: str, *, words: tuple[str, str] | None = None, line: int | None = None
) -> bytes:
    """A refusal as msgpack."""
    values = {"refused": kind, "detail": detail, "words": words, "line": line}
    return bytes(msgpack.packb(values))


def limit(order: Order) -> None:
    """Time, memory, files: what the operating system refuses from now on, for good."""
    seconds = order.limits.seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if sys.platform == "linux":  # elsewhere the limit counts differently, or not at all
        size = _address_space() + order.limits.memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file is written
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _address_space() -> int:
    """Bytes of address space of this process."""
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[0]) * resource.getpagesize()


def _read(pipe: int, deadline: float) -> bytes | None:
    """All that comes through the pipe; None when it is not at its end by the deadline."""
    pieces: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([pipe], [], [], left)
        if not ready:
            return None
        piece = os.read(pipe, 1 << 20)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
    return None


def _ended(child: int) -> int:
    """The status of the child, which is ended if it has not ended."""
    done, status = os.waitpid(child, os.WNOHANG)
    if not done:
        # at the end of its pipe it is about to exit; past its time it is not
        end = time.monotonic() + 0.2
        while not done and time.monotonic() < end:
            select.select([], [], [], 0.005)
            done, status = os.waitpid(child, os.WNOHANG)
    if not done:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return status


def _press(order: Order) -> dict[str, Any]:
    from printing.press.setting import pressed

    return pressed(order).__dict__


if __name__ == "__main__":
    main()
