"""A desk with the mail connector, the real engine, and the least process that mail needs (talk.bpmn)."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from connectors.mail.intake import receive, store
from connectors.mail.models import RawMail
from connectors.mail.operators import operators as mail_operators
from desk.application import Desk
from desk.settings import Settings
from desk.storage import FolderStorage
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import receive_message
from desk.tickets.operators import operators as ticket_operators
from desk.tickets.records import RECORDS
from desk.web.live import Live
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.jobs import work
from engine.operators import Operators
from engine.runtime import Engine
from engine.tables import incident, job
from lanedesk.models import metadata
from tests.fixtures.smtp import SmtpSink

AGENT = Actor("user", 1, "李雷")


@dataclass
class MailDesk:
    """A desk, and what tests do with it."""

    desk: Desk

    def take(self, raw: bytes, **envelope: Any) -> int:
        """Hand in a mail as the listener does and read it; the number of the raw mail."""
        return self.take_unread(raw, **envelope, read=True)

    def take_unread(self, raw: bytes, *, read: bool = False, **envelope: Any) -> int:
        told = {"source": "smtp", "envelope_from": "someone@example.com", **envelope}
        mail = receive(self.desk.storage, raw, **told)
        with self.desk.database.transaction() as session:
            (raw_mail_id,) = store(self.desk.engine, session, [mail])
        if read:
            self.work()
        return raw_mail_id

    def work(self) -> int:
        """Do all due jobs until there are none."""
        done = 0
        while more := sum(
            work(self.desk.engine, self.desk.database, q) for q in ("mail", "engine")
        ):
            done += more
        return done

    def reply(self, ticket_id: int, text: str, **more: Any) -> int:
        """An agent's public reply; the number of the message."""
        with self.desk.database.transaction() as session:
            message = receive_message(
                session, kind="reply", channel="desk", author=AGENT, text=text, **more
            )
            delivery = self.desk.engine.message(
                session,
                "agent.replied",
                {"message_id": message.id},
                actor=AGENT,
                correlation=f"ticket:{ticket_id}",
            )
            assert delivery.instances
            return message.id

    def finish(self, ticket_id: int) -> None:
        """Complete the human task: the process ends and hears no more."""
        with self.desk.database.transaction() as session:
            ticket = session.get_one(Ticket, ticket_id)
            (task,) = self.desk.engine.open_tasks(session, ticket.instance_id)
            self.desk.engine.complete(session, task, {}, outcome="finish", actor=AGENT)

    def tickets(self) -> list[Ticket]:
        with self.desk.database.reading() as session:
            found = list(session.scalars(select(Ticket).order_by(Ticket.id)))
            session.expunge_all()
            return found

    def messages(self, **where: Any) -> list[Message]:
        with self.desk.database.reading() as session:
            found = list(session.scalars(select(Message).filter_by(**where).order_by(Message.id)))
            for message in found:
                _ = message.attachments
            session.expunge_all()
            return found

    def raw_mails(self) -> list[RawMail]:
        with self.desk.database.reading() as session:
            found = list(session.scalars(select(RawMail).order_by(RawMail.id)))
            session.expunge_all()
            return found

    def statuses(self) -> list[str]:
        return [mail.status for mail in self.raw_mails()]

    def incidents(self) -> list[Any]:
        with self.desk.database.reading() as session:
            return list(session.execute(select(incident).order_by(incident.c.at)))

    def jobs(self) -> list[Any]:
        with self.desk.database.reading() as session:
            return list(session.execute(select(job).order_by(job.c.created_at)))

    def outbox(self) -> list[EmailMessage]:
        """What was sent, oldest first."""
        files = sorted(
            (self.desk.settings.data_dir / "outbox").glob("*.eml"),
            key=lambda f: f.stat().st_mtime_ns,
        )
        return [parsed(f.read_bytes()) for f in files]


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def assemble(settings: Settings, database: Database) -> Desk:
    """The desk of one process; what is deployed stands in the database."""
    operators = Operators()
    operators.include(ticket_operators)
    operators.include(mail_operators)
    desk = Desk(settings, database, None, FolderStorage(settings.data_dir / "files"), Live())
    desk.engine = Engine(operators, records=RECORDS, services=desk)
    return desk


def build(settings: Settings, database: Database) -> MailDesk:
    desk = assemble(settings, database)
    diagram = (Path(__file__).parent / "talk.bpmn").read_bytes()
    with database.transaction() as session:
        desk.engine.deploy(session, {"talk.bpmn": diagram}, actor=SYSTEM)
    return MailDesk(desk)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(
        settings, mail_address="desk@desk.test", company="服务台", smtp_listen="127.0.0.1:0"
    )


@pytest.fixture
def mail_desk(settings: Settings, database: Database) -> MailDesk:
    return build(settings, database)


@pytest.fixture
def other_desk(settings: Settings, tmp_path: Path) -> Iterator[MailDesk]:
    """A second installation: its own database, secret and address."""
    folder = tmp_path / "other"
    folder.mkdir()
    url = f"sqlite:///{folder / 'lanedesk.db'}"
    database = Database(url)
    metadata.create_all(database.engine)
    yield build(
        replace(
            settings,
            data_dir=folder,
            database_url=url,
            secret_key="another secret",
            mail_address="help@other.test",
            company="Other",
        ),
        database,
    )
    database.dispose()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server for what the desk sends, on a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = SmtpSink(url=f"smtp://127.0.0.1:{port}")
    controller = Controller(sink, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield sink
    controller.stop()


def plain_mail(
    *,
    message_id: str | None = "<m1@example.com>",
    sender: str = "王小明 <wang@example.com>",
    to: str = "desk@desk.test",
    subject: str = "打印机坏了",
    text: str = "它不打印了。",
    date: str | None = "Mon, 04 May 2026 16:30:00 +0800",
    **headers: str,
) -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    if message_id:
        message["Message-ID"] = message_id
    if date:
        message["Date"] = date
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()
