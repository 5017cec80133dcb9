"""One worker, two mails in hand on PostgreSQL: in any order, twice, and killed in the middle, each counts once."""

import multiprocessing
import random
import time
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import update

from connectors.mail import ingest
from connectors.mail.threading import Thread
from desk.settings import Settings
from engine.database import Database
from engine.tables import job
from engine.timestamps import utc_now
from lanedesk.worker import do_due
from tests.connectors.mail.conftest import MailDesk, assemble, plain_mail

CONVERSATIONS = 8
SECONDS = 60.0


def work(desk: MailDesk) -> None:
    """As the worker does it, until nothing is left."""
    until = time.monotonic() + SECONDS
    while sum(do_due(desk.desk, queue, until) for queue in ("mail", "engine")):
        pass


def conversation(number: int) -> list[bytes]:
    """A request, and two more mails that name what came before them."""
    ids = [f"<{number}.{place}@example.com>" for place in range(3)]
    sender = f"Wang <wang{number % 3}@example.com>"
    return [
        plain_mail(
            sender=sender,
            subject=f"{number}",
            text=f"conversation {number}, mail {place}",
            message_id=ids[place],
            **({"References": " ".join(ids[:place])} if place else {}),
        )
        for place in range(3)
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_conversations_in_any_order_and_twice_are_one_ticket_each(
    mail_desk: MailDesk, seed: int
) -> None:
    mails = [mail for number in range(CONVERSATIONS) for mail in conversation(number)] * 2
    random.Random(seed).shuffle(mails)
    for raw in mails:
        mail_desk.take_unread(raw)
    work(mail_desk)
    assert len(mail_desk.tickets()) == CONVERSATIONS
    words = [(m.text.strip(), m.ticket_id) for m in mail_desk.messages(kind="customer")]
    assert len(words) == len({text for text, _ in words}) == 3 * CONVERSATIONS
    belong = {(text.partition(",")[0], ticket_id) for text, ticket_id in words}
    assert len(belong) == CONVERSATIONS, "all of a conversation is on its ticket"
    assert {(j.status, j.tries, j.error) for j in mail_desk.jobs()} == {("done", 1, None)}
    assert mail_desk.incidents() == []


def test_a_worker_killed_with_mails_in_hand_loses_none_and_doubles_none(
    mail_desk: MailDesk, settings: Settings, database: Database
) -> None:
    count = 14  # more than one hand claims at once
    for number in range(count):
        mail_desk.take_unread(plain_mail(message_id=f"<{number}@example.com>", subject=f"{number}"))
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    worker = spawn.Process(target=read_and_hang, args=(settings, there))
    worker.start()
    try:
        in_hand = {here.recv() for _ in range(1 if database.is_sqlite else 2)}
    finally:
        worker.kill()
        worker.join()
    assert len(in_hand) == (1 if database.is_sqlite else 2)
    assert mail_desk.statuses() == ["received"] * count, "what was half done is undone"
    work(mail_desk)
    assert {j.status for j in mail_desk.jobs() if j.tries == 1 and j.queue == "mail"} <= {
        "running",
        "done",
    }
    with database.transaction() as session:
        session.execute(
            update(job)
            .where(job.c.status == "running")
            .values(lease_until=utc_now() - timedelta(seconds=1))
        )
    work(mail_desk)
    assert sorted(int(t.title) for t in mail_desk.tickets()) == list(range(count))
    assert mail_desk.statuses() == ["parsed"] * count
    assert {j.status for j in mail_desk.jobs()} == {"done"}
    assert mail_desk.incidents() == []


def read_and_hang(settings: Settings, told: Connection) -> None:
    """A worker that says which mail it has written half of, and then waits for its end."""

    def hang(self: ingest._Ingest, thread: Thread) -> dict[str, object]:
        told.send(self.raw.id)
        time.sleep(SECONDS)
        raise AssertionError("nobody has killed this worker")

    ingest._Ingest._take_in = hang  # type: ignore[method-assign]
    database = Database(settings.database_url)
    do_due(assemble(settings, database), "mail", time.monotonic() + SECONDS)
