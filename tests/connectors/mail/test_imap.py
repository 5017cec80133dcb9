"""IMAP polling: nothing is flagged before it is ours, nothing is taken twice, nothing is passed over."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from imapclient.exceptions import IMAPClientError
from sqlalchemy import text

from connectors.mail.imap import Account, ImapPoller
from desk.settings import SettingsError
from tests.connectors.mail.conftest import MailDesk, plain_mail
from tests.connectors.mail.imap_server import MailboxServer


@pytest.fixture
def box() -> Iterator[MailboxServer]:
    server = MailboxServer(mails={n: mail(n) for n in (3, 4, 7)}, seen={3})
    yield server
    server.stop()


@pytest.fixture
def poller(mail_desk: MailDesk, box: MailboxServer) -> ImapPoller:
    url = box.start()
    mail_desk.desk.settings = replace(
        mail_desk.desk.settings, imap_url=url, imap_seconds=1, mail_size_limit_mb=1
    )
    return ImapPoller(mail_desk.desk, mail_desk.desk.settings.imap_url)


def mail(number: int) -> bytes:
    return plain_mail(message_id=f"<{number}@example.com>", text=f"Nr. {number}").replace(
        b"\n", b"\r\n"
    )


def taken(desk: MailDesk) -> list[str]:
    desk.work()
    return sorted(message.text.strip() for message in desk.messages(kind="customer"))


def test_unseen_mails_are_taken_flagged_and_not_taken_again(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    assert poller.poll() == 2
    assert box.seen == {3, 4, 7}
    assert poller.poll() == 0
    box.mails[9] = mail(9)
    box.seen.add(9)  # somebody read it in another program before we looked
    assert poller.poll() == 1
    assert taken(mail_desk) == ["Nr. 4", "Nr. 7", "Nr. 9"]
    assert [raw.source for raw in mail_desk.raw_mails()] == ["imap"] * 3


def test_nothing_is_flagged_before_it_is_committed(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    with mail_desk.desk.database.transaction() as session:
        session.execute(text("ALTER TABLE raw_mail RENAME TO raw_mail_away"))
    with pytest.raises(Exception, match="raw_mail"):
        poller.poll()
    assert box.seen == {3}
    with mail_desk.desk.database.transaction() as session:
        session.execute(text("ALTER TABLE raw_mail_away RENAME TO raw_mail"))
    assert poller.poll() == 2


@pytest.mark.parametrize("lost_at", ["UID STORE 4", "UID FETCH 7", "LOGOUT", "UID SEARCH"])
def test_a_connection_lost_anywhere_costs_nothing(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller, lost_at: str
) -> None:
    box.hang_up_before = lost_at
    try:
        poller.poll()
    except IMAPClientError:
        assert lost_at != "LOGOUT"
    poller.poll()
    assert taken(mail_desk) == ["Nr. 4", "Nr. 7"]


def test_numbers_that_start_anew_take_what_is_unseen_and_count_it_once(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    poller.poll()
    box.uidvalidity, box.seen = 2, {1}
    box.mails = {1: mail(3), 2: mail(4), 5: mail(11)}
    assert poller.poll() == 2
    assert taken(mail_desk) == ["Nr. 11", "Nr. 4", "Nr. 7"]
    assert mail_desk.statuses().count("duplicate") == 1


def test_a_mail_too_large_stays_in_the_box_and_is_reported(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    box.mails[4] = b"Subject: big\r\n\r\n" + b"x" * 1_100_000
    assert poller.poll() == 1
    assert 4 not in box.seen
    (incident,) = mail_desk.incidents()
    assert "UID 4" in incident.message
    assert box.password not in incident.message


def test_a_mail_the_server_will_not_hand_out_does_not_stop_the_others(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    box.refused = {4}
    for _ in range(2):
        with pytest.raises(IMAPClientError):
            poller.poll()
    assert poller.poll() == 1
    assert taken(mail_desk) == ["Nr. 7"]
    assert "UID 4" in mail_desk.incidents()[0].message


def test_the_thread_goes_on_after_a_failure_and_ends_when_told(
    mail_desk: MailDesk, box: MailboxServer, poller: ImapPoller
) -> None:
    box.hang_up_before = "SELECT"
    mail_desk.desk.settings = replace(mail_desk.desk.settings, imap_seconds=0)
    poller.start()
    deadline = 200
    while len(mail_desk.raw_mails()) < 2 and deadline:
        deadline -= 1
        poller._ending.wait(0.05)
    poller.stop()
    assert not poller._thread.is_alive()
    assert len(mail_desk.raw_mails()) == 2


def test_a_mailbox_is_an_address_with_a_user() -> None:
    box = Account.from_url("imaps://wang%40example.com:p%2Fw@mail.example.com/Support/In")
    assert (box.host, box.port, box.user, box.password) == (
        "mail.example.com", 993, "wang@example.com", "p/w",
    )  # fmt: skip
    assert box.folder == "Support/In"
    assert box.password not in box.key
    for wrong in ("http://x@y/INBOX", "imaps://mail.example.com/INBOX", "nonsense"):
        with pytest.raises(SettingsError, match="LANEDESK_IMAP_URL"):
            Account.from_url(wrong)
