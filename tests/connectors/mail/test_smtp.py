"""The listener, spoken to by a real SMTP client: 250 means committed, and nothing else gets a 250."""

import smtplib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from connectors.mail.models import INLINE_BYTES, RawMail
from connectors.mail.raw_store import raw_bytes
from connectors.mail.smtp_server import MailListener
from desk.settings import SettingsError
from tests.connectors.mail.conftest import MailDesk, plain_mail

MEGABYTE = 1024 * 1024


@pytest.fixture
def listener(mail_desk: MailDesk) -> Iterator[MailListener]:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, mail_size_limit_mb=1)
    listener = MailListener(mail_desk.desk)
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def client(listener: MailListener) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", listener.port, timeout=20) as client:
        yield client


def stored(desk: MailDesk) -> list[bytes]:
    with desk.desk.database.reading() as session:
        mails = session.scalars(select(RawMail).order_by(RawMail.id))
        return [raw_bytes(desk.desk.storage, mail) for mail in mails]


def test_a_mail_is_stored_byte_for_byte_with_its_envelope_and_a_job(
    mail_desk: MailDesk, client: smtplib.SMTP
) -> None:
    raw = plain_mail(text=".a line that begins with a dot\n..and two\n" + "x" * 70_000)
    raw = raw.replace(b"\n", b"\r\n") + b"raw 8-bit \xc4\xe3\xba\xc3\r\n"
    client.sendmail("wang@example.com", ["Desk+Any@DESK.test"], raw)
    assert stored(mail_desk) == [raw]
    (mail,) = mail_desk.raw_mails()
    assert (mail.source, mail.status) == ("smtp", "received")
    assert (mail.envelope_from, mail.envelope_to) == ("wang@example.com", ["Desk+Any@DESK.test"])
    (job,) = mail_desk.jobs()
    assert (job.operator, job.queue, job.status) == ("mail.ingest", "mail", "waiting")
    assert job.parameters == {"raw_mail_id": mail.id}


def test_a_large_mail_lies_in_the_storage(mail_desk: MailDesk, client: smtplib.SMTP) -> None:
    raw = plain_mail(text="line of text\n" * (INLINE_BYTES // 10)).replace(b"\n", b"\r\n")
    client.sendmail("wang@example.com", ["desk@desk.test"], raw)
    (mail,) = mail_desk.raw_mails()
    assert mail.storage_key is not None
    assert stored(mail_desk) == [raw]


def test_the_null_sender_is_taken(mail_desk: MailDesk, client: smtplib.SMTP) -> None:
    client.sendmail("<>", ["desk@desk.test"], plain_mail())
    assert [mail.envelope_from for mail in mail_desk.raw_mails()] == [""]


@pytest.mark.parametrize("announced", [True, False])
def test_a_mail_that_is_too_large_is_refused_in_words(
    mail_desk: MailDesk, client: smtplib.SMTP, announced: bool
) -> None:
    client.ehlo()
    if not announced:
        client.esmtp_features.pop("size")
    raw = b"Subject: big\r\n\r\n" + b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 20_000
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        client.sendmail("wang@example.com", ["desk@desk.test"], raw)
    assert refusal.value.smtp_code == 552
    assert b"larger than the 1 MB" in refusal.value.smtp_error
    client.rset()
    client.sendmail("wang@example.com", ["desk@desk.test"], plain_mail())
    assert len(mail_desk.raw_mails()) == 1


def test_mail_for_others_is_refused(mail_desk: MailDesk, client: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        client.sendmail("wang@example.com", ["other@desk.test"], plain_mail())
    assert refusal.value.recipients["other@desk.test"][0] == 550
    assert mail_desk.raw_mails() == []


def test_a_database_that_is_away_is_a_reason_to_try_again_not_to_lose(
    mail_desk: MailDesk, client: smtplib.SMTP
) -> None:
    with mail_desk.desk.database.transaction() as session:
        session.execute(text("ALTER TABLE raw_mail RENAME TO raw_mail_away"))
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("wang@example.com", ["desk@desk.test"], plain_mail())
    assert refusal.value.smtp_code == 451
    with mail_desk.desk.database.transaction() as session:
        session.execute(text("ALTER TABLE raw_mail_away RENAME TO raw_mail"))
    client.sendmail("wang@example.com", ["desk@desk.test"], plain_mail())
    assert len(mail_desk.raw_mails()) == 1


def test_many_clients_at_once_lose_nothing(mail_desk: MailDesk, listener: MailListener) -> None:
    def deliver(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=20) as client:
            for part in range(5):
                raw = plain_mail(message_id=f"<{number}.{part}@example.com>")
                client.sendmail("wang@example.com", ["desk@desk.test"], raw)

    with ThreadPoolExecutor(12) as clients:
        list(clients.map(deliver, range(12)))
    with mail_desk.desk.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RawMail)) == 60
    assert len(mail_desk.jobs()) == 60


def test_only_crlf_dot_crlf_ends_a_mail(mail_desk: MailDesk, listener: MailListener) -> None:
    """A bare line feed around the dot must not let one mail smuggle in a second one."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as wire:
        stream = wire.makefile("rwb")

        def say(line: bytes) -> bytes:
            stream.write(line)
            stream.flush()
            while (answer := stream.readline())[3:4] == b"-":
                pass
            return answer

        stream.readline()
        say(b"EHLO x\r\n")
        say(b"MAIL FROM:<a@example.com>\r\n")
        say(b"RCPT TO:<desk@desk.test>\r\n")
        say(b"DATA\r\n")
        body = b"Subject: one\r\n\r\nfirst\n.\nMAIL FROM:<b@example.com>\r.\r\nlast\r\n.\r\n"
        assert say(body).startswith(b"250")
        assert say(b"QUIT\r\n").startswith(b"221")
    assert stored(mail_desk) == [body[: -len(b".\r\n")]]


def test_lmtp_answers_for_each_recipient(mail_desk: MailDesk) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, lmtp=True)
    listener = MailListener(mail_desk.desk)
    listener.start()
    client = smtplib.LMTP("127.0.0.1", listener.port)
    client.ehlo()
    client.mail("wang@example.com")
    client.rcpt("desk@desk.test")
    client.rcpt("desk+token@desk.test")
    assert client.data(plain_mail())[0] == 250
    assert client.getreply()[0] == 250
    assert client.noop()[0] == 250
    assert client.docmd("EHLO", "x")[0] == 500
    client.quit()
    listener.stop()
    assert [mail.source for mail in mail_desk.raw_mails()] == ["lmtp"]


def test_an_address_to_listen_on_is_host_and_port(mail_desk: MailDesk) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, smtp_listen="2525")
    with pytest.raises(SettingsError, match="LANEDESK_SMTP_LISTEN"):
        MailListener(mail_desk.desk)
