"""One worker, two mails in hand on PostgreSQL: in any order, twice, and killed in the middle, each counts once."""

import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.settings import Settings
from engine.database import Database
from engine.tables import job
from engine.timestamps import utc_now
from lanedesk.worker import AT_ONCE, do_due
from tests.connectors.mail import hanging_worker
from tests.connectors.mail.conftest import MailDesk, plain_mail

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
    mail_desk: MailDesk, settings: Settings, database: Database, tmp_path: Path
) -> None:
    count = 14  # more than one hand claims at once
    for number in range(count):
        mail_desk.take_unread(plain_mail(message_id=f"<{number}@example.com>", subject=f"{number}"))
    command = [sys.executable, "-m", hanging_worker.__name__, settings.database_url, str(tmp_path)]
    hands = 1 if database.is_sqlite else 2
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout is not None
            in_hand = {int(worker.stdout.readline()) for _ in range(hands)}
        finally:
            worker.kill()
    assert len(in_hand) == hands
    assert mail_desk.statuses() == ["received"] * count, "what was half done is undone"
    work(mail_desk)
    claimed = [j.id for j in mail_desk.jobs() if j.status == "running"]
    assert len(claimed) == min(count, hands * AT_ONCE), "its own as long as the lease runs"
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
    tries = [j.tries for j in mail_desk.jobs() if j.id in claimed]
    assert sorted(tries) == [1] * (len(claimed) - hands) + [2] * hands, "those begun were tried"
    assert mail_desk.incidents() == []
