"""How fast does mail become tickets, and are they the right ones? `python -m benchmarks.mail`

500 generated mails (350 requests, 150 replies) go over SMTP to the real listener; then one worker does all jobs:
reads them, takes them through the basic ticket's diagram, acknowledges each request by mail (into the outbox folder).
The clock of the figure runs while the worker works. Held when there are 350 tickets and 150 follow-ups on the right
ones, 0 extra, at 120 mails/s or more; and again, unclocked, with every mail delivered twice, shuffled, replies before
the requests they answer.

Runs on the server of DATABASE_URL (PostgreSQL), else on a throw-away one. Figures depend on the machine.
"""

import os
import random
import smtplib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from benchmarks.mail_generator import REPLIES, REQUESTS, SEED, GeneratedMail, generate
from benchmarks.postgresql import empty_databases
from benchmarks.stand import stand, verdict
from connectors.mail.models import RawMail
from connectors.mail.smtp_server import MailListener
from desk.application import Desk
from desk.tickets.models import Message, Ticket
from engine.tables import incident, job
from lanedesk.worker import do_due

WARM_UP = 20
BOUND = 120  # mails a second
LONGEST = 600.0  # seconds that the worker may take


@dataclass(frozen=True)
class Outcome:
    """What became of the mails. `wrong`: words that stand on another ticket than the rest of their conversation."""

    tickets: int
    follow_ups: int
    wrong: int
    unfinished: int
    acknowledged: int
    per_second: float
    worker_ms: float  # of its CPU time, a mail

    @property
    def extra(self) -> int:
        """Tickets that should not be there."""
        return self.tickets - REQUESTS

    @property
    def right(self) -> bool:
        """Whether everything is where it belongs."""
        return (self.tickets, self.follow_ups, self.wrong, self.unfinished) == (
            REQUESTS,
            REPLIES,
            0,
            0,
        )

    def __str__(self) -> str:
        return (
            f"{self.tickets} tickets, {self.follow_ups} follow-ups, {self.extra} extra, {self.wrong} misplaced, "
            f"{self.unfinished} unfinished jobs or incidents, {self.acknowledged} acknowledged, "
            f"{self.per_second:.0f} mails/s, {self.worker_ms:.1f} ms of the worker's CPU a mail"
        )


def main() -> None:
    """Both passes; exits 1 when a bound was missed."""
    mails = generate()
    with empty_databases() as create:
        run(
            create, "warm", mails[:WARM_UP]
        )  # modules, templates and statements, as in a worker that has worked
        once = run(create, "once", mails)
        print(f"once, in order:   {once}")
        twice = run(create, "twice", shuffled_twice(mails))
        print(f"twice, shuffled:  {twice}")
    verdict(
        once.right and twice.right and once.per_second >= BOUND,
        f"mail: {once.tickets} tickets, {once.follow_ups} follow-ups, {once.extra} extra "
        f"({twice.tickets}, {twice.follow_ups}, {twice.extra} when twice and shuffled), "
        f"{once.per_second:.0f} mails/s (bound {BOUND})",
    )


def shuffled_twice(mails: Sequence[GeneratedMail]) -> list[GeneratedMail]:
    """Every mail twice, in random order, but each first reply before the request it answers."""
    chance = random.Random(SEED)
    answered = {mail.conversation for mail in mails if mail.is_reply}
    placed = [
        (
            chance.random() + (1 if not mail.is_reply and mail.conversation in answered else 0),
            place,
            mail,
        )
        for place, mail in enumerate([*mails, *mails])
    ]
    return [mail for _, _, mail in sorted(placed, key=lambda entry: entry[:2])]


def run(create: Callable[[str], str], name: str, mails: Sequence[GeneratedMail]) -> Outcome:
    """Deliver the mails to an empty desk, let one worker do everything, look at what there is."""
    with empty_desk(create(name)) as desk:
        listener = MailListener(desk)
        listener.start()
        began = time.perf_counter()
        deliver(listener.port, mails)
        taken = time.perf_counter() - began
        listener.stop()
        print(f"{len(mails)} mails accepted in {taken:.1f} s ({len(mails) / taken:.0f}/s)")
        began, used = time.monotonic(), cpu_seconds()
        while sum(do_due(desk, queue, began + LONGEST) for queue in ("mail", "engine")):
            pass
        seconds, used = time.monotonic() - began, cpu_seconds() - used
        outcome = look(desk, mails)
        return replace(outcome, per_second=len(mails) / seconds, worker_ms=used * 1000 / len(mails))


def cpu_seconds() -> float:
    """What the worker has used, with the processes that it had and that have ended."""
    return sum(os.times()[:4])


@contextmanager
def empty_desk(url: str) -> Iterator[Desk]:
    """A desk on this database, its listener on a free port."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = url
    try:
        with stand() as desk:
            desk.settings = replace(desk.settings, smtp_listen="127.0.0.1:0")
            yield desk
    finally:
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


def deliver(port: int, mails: Sequence[GeneratedMail]) -> None:
    """Hand all mails in over one SMTP connection, one after the other."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        for mail in mails:
            client.sendmail(mail.sender, ["desk@localhost"], mail.raw.replace(b"\n", b"\r\n"))


def look(desk: Desk, mails: Sequence[GeneratedMail]) -> Outcome:
    """Compare what is in the database with what was sent."""
    says = {mail.says: mail.conversation for mail in mails}
    ticket_of: dict[int, set[int | None]] = {}
    with desk.database.reading() as session:
        written = session.execute(
            select(Message.ticket_id, Message.text).where(Message.kind == "customer")
        ).all()
        for ticket_id, text in written:
            conversation = next((says[line] for line in text.splitlines() if line in says), -1)
            ticket_of.setdefault(conversation, set()).add(ticket_id)
        tickets = session.scalar(select(func.count()).select_from(Ticket)) or 0
        unfinished = session.scalar(
            select(func.count()).select_from(job).where(job.c.status != "done")
        )
        incidents = session.scalar(select(func.count()).select_from(incident))
        unread = session.scalar(
            select(func.count())
            .select_from(RawMail)
            .where(RawMail.status.not_in(("parsed", "duplicate")))
        )
        acknowledged = session.scalar(
            select(func.count()).select_from(Message).where(Message.delivery == "sent")
        )
    split = sum(len(found) - 1 for found in ticket_of.values())
    return Outcome(
        tickets=tickets,
        follow_ups=len(written) - tickets,
        wrong=split + len(ticket_of.get(-1, ())) + (REQUESTS - len(ticket_of.keys() - {-1})),
        unfinished=(unfinished or 0) + (incidents or 0) + (unread or 0),
        acknowledged=acknowledged or 0,
        per_second=0,
        worker_ms=0,
    )


if __name__ == "__main__":
    main()
