"""How fast are tickets printed, and does the memory stay? `python -m benchmarks.printing [FOLDER]`

Tickets in Chinese, through the real diagram, each with a form, five messages and a trail of a page's length. One ticket
of one page, from the request for it to the PDF, once the press is warm: median under 0.3 s. Then 500 tickets as one PDF
by the background work that the batch page asks for: under 120 s, and the press no larger at the end than after the
first hundred (20 % for noise). With FOLDER the PDFs are left there to be looked at.

On SQLite, or the empty database of DATABASE_URL. Figures depend on the machine.
"""

import io
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from pypdf import PdfReader
from sqlalchemy import select

from benchmarks.stand import stand, verdict
from desk.application import Desk
from desk.background.models import DONE, BackgroundJob
from desk.background.operations import submit
from desk.background.running import work_due
from desk.people.models import User
from desk.tickets.events import say
from desk.tickets.models import Ticket
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM, Actor
from printing.documents import print_ticket
from printing.press import press
from printing.queries import Layout, layout_by_key
from printing.works import KIND

MANY = 500
ONE_BOUND = 0.3  # seconds
MANY_BOUND = 120.0
GROWTH_BOUND = 1.2
WORDS = (
    "三楼东侧的激光打印机从今天早上开始一直提示缺纸，纸盒是满的，重启过两次还是这样，请尽快处理。"
)


def main() -> None:
    """All figures; exits 1 when a bound was missed."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with stand() as desk:
        person = _person(desk)
        ids = [_ticket(desk, number, person) for number in range(MANY)]
        layout = _layout(desk)
        one = _one(desk, ids[:21], layout, person, folder)
        print(f"one ticket: median {one * 1000:.0f} ms of 20, bound {ONE_BOUND * 1000:.0f} ms")
        with _memory() as sizes:
            before = _cpu()
            seconds, pages = _many(desk, ids, person, folder)
            cpu = _cpu() - before
        growth = _growth(sizes)
        print(
            f"{MANY} tickets: {seconds:.1f} s ({cpu:.1f} s of CPU), {pages} pages, "
            f"peak {max(sizes):.0f} MB"
        )
    verdict(
        one < ONE_BOUND and seconds < MANY_BOUND and growth < GROWTH_BOUND and pages >= MANY,
        f"printing: one ticket {one * 1000:.0f} ms (bound {ONE_BOUND * 1000:.0f}), {MANY} tickets "
        f"{seconds:.1f} s (bound {MANY_BOUND:.0f}), memory x{growth:.2f} (bound {GROWTH_BOUND})",
    )


def _one(desk: Desk, ids: list[int], layout: Layout, person: Actor, folder: Path | None) -> float:
    taken = []
    for number in ids:
        began = time.perf_counter()
        _, sheet = print_ticket(desk, number, layout, actor=person, locale="zh_CN")
        taken.append(time.perf_counter() - began)
        if sheet.pages != 1:
            raise SystemExit(f"the ticket has {sheet.pages} pages, not one")
    if folder:
        (folder / "one.pdf").write_bytes(sheet.pdf)
    return statistics.median(taken[1:])  # the first one starts the press


def _many(desk: Desk, ids: list[int], person: Actor, folder: Path | None) -> tuple[float, int]:
    began = time.perf_counter()
    with desk.database.transaction() as session:
        parameters = {"ids": ids, "layout": "ticket", "locale": "zh_CN"}
        job_id = submit(session, KIND, parameters, actor=person, total=len(ids))
    work_due(desk)
    seconds = time.perf_counter() - began
    pdf = _result(desk, job_id)
    if folder:
        (folder / "many.pdf").write_bytes(pdf)
    return seconds, len(PdfReader(io.BytesIO(pdf)).pages)


def _cpu() -> float:
    """Seconds of CPU of this process and of the machines of the press, which are ended for that."""
    press().end()
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _result(desk: Desk, job_id: UUID) -> bytes:
    with desk.reading() as session:
        job = session.get_one(BackgroundJob, job_id)
    if job.status != DONE or job.file_key is None:
        raise SystemExit(f"the batch ended as {job.status}: {job.error}")
    return desk.storage.get(job.file_key)


@contextmanager
def _memory() -> Iterator[list[float]]:
    """MB of all our processes together, every half second: proportional shares, so that forks count once."""
    sizes: list[float] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.5):
            sizes.append(sum(_share(pid) for pid in _family("self")))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        stop.set()
        thread.join()


def _family(pid: str) -> Iterator[str]:
    """This process and all that came from it."""
    yield pid
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _family(child)
    except OSError:
        return  # it ended meanwhile


def _share(pid: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _growth(sizes: list[float]) -> float:
    """The largest of the last fifth beside the largest of the second fifth."""
    fifth = max(1, len(sizes) // 5)
    return max(sizes[-fifth:]) / max(sizes[fifth : 2 * fifth] or sizes)


def _person(desk: Desk) -> Actor:
    with desk.database.transaction() as session:
        user = User(login="li", name="李雷", password_hash="-", roles=["supervisor"])
        session.add(user)
        session.flush()
        return Actor("user", user.id, user.name)


def _layout(desk: Desk) -> Layout:
    with desk.reading() as session:
        layout = layout_by_key(session, "ticket")
    assert layout is not None
    return layout


def _ticket(desk: Desk, number: int, person: Actor) -> int:
    """A ticket as a customer's mail starts it, with an answer and notes."""
    with desk.database.transaction() as session:
        message = receive_message(
            session,
            kind="customer",
            channel="mail",
            author=Actor("contact", None, "韩梅梅"),
            subject=f"第 {number} 台打印机一直提示缺纸",
            text=WORDS * 2,
            sender_mail=f"kunde{number}@hengtai.example",
        )
        delivery = desk.engine.message(
            session, "mail.received", {"message_id": message.id}, actor=SYSTEM
        )
        ticket = session.scalars(
            select(Ticket).where(Ticket.instance_id == delivery.started[0])
        ).one()
        ticket.form_key = "request"
        ticket.form_data = {"name": "韩梅梅", "kind": "fault", "description": WORDS}
        for kind in ("reply", "note", "reply", "note"):
            say(session, desk.engine, ticket, kind=kind, author=person, text=WORDS)  # type: ignore[arg-type]
        return ticket.id


if __name__ == "__main__":
    main()
