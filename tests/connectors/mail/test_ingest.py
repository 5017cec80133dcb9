"""Mails become tickets and follow-ups: once, on the right ticket, and never by subject."""

import io
import random
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage

import pytest

from connectors.mail.parsing import ParsedMail
from connectors.mail.tokens import make_token, reply_address
from desk.contacts.operations import match_or_create
from desk.people.models import User
from engine import inspection
from engine.database import Database
from tests.connectors.mail.conftest import MailDesk, parsed, plain_mail

REPLY = {"message_id": "<r1@example.com>", "subject": "完全不同的主题"}


def kinds(desk: MailDesk) -> list[tuple[int | None, str]]:
    return [(m.ticket_id, m.kind) for m in desk.messages() if m.delivery is None]


def token_address(desk: MailDesk, ticket_id: int) -> str:
    settings = desk.desk.settings
    return reply_address(settings.secret_key, settings.mail_address, ticket_id)


def test_a_mail_becomes_a_ticket_of_its_sender(mail_desk: MailDesk) -> None:
    raw_mail_id = mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    assert (ticket.title, ticket.channel, ticket.state) == ("打印机坏了", "mail", "pending")
    (message,) = mail_desk.messages(kind="customer")
    assert message.text.strip() == "它不打印了。"
    assert message.author["name"] == "王小明"
    assert message.raw_mail_id == raw_mail_id
    assert mail_desk.statuses() == ["parsed"]
    assert mail_desk.incidents() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": "<m1@example.com>"},
        {"References": "<m1@example.com>"},
        {"References": "<unknown@example.com> <m1@example.com> <other@example.com>"},
    ],
)
def test_a_reply_finds_its_ticket_by_its_headers_alone(
    mail_desk: MailDesk, headers: dict[str, str]
) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(**REPLY, **headers))
    (ticket,) = mail_desk.tickets()
    assert kinds(mail_desk) == [(ticket.id, "customer")] * 2


def test_the_same_subject_is_no_reason_to_join(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.take(
        plain_mail(message_id="<m2@example.com>", subject=f"Re: [{ticket.number}] 打印机坏了")
    )
    assert len(mail_desk.tickets()) == 2


def test_a_reply_to_our_mail_finds_its_ticket_by_our_message_id(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (acknowledgement,) = mail_desk.outbox()
    mail_desk.take(plain_mail(**REPLY, In_Reply_To=acknowledgement["Message-ID"]))
    assert len(mail_desk.tickets()) == 1


def test_a_reply_without_headers_finds_its_ticket_by_the_token(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.take(plain_mail(**REPLY, to=token_address(mail_desk, ticket.id)))
    assert kinds(mail_desk) == [(ticket.id, "customer")] * 2
    # and the next one of that branch, which knows only the one before it
    mail_desk.take(plain_mail(message_id="<r2@example.com>", In_Reply_To="<r1@example.com>"))
    assert len(mail_desk.tickets()) == 1


def test_a_token_that_was_tampered_with_opens_nothing(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    genuine = make_token(mail_desk.desk.settings.secret_key, ticket.id)
    forged = genuine[:-1] + ("a" if genuine[-1] != "a" else "b")
    mail_desk.take(plain_mail(**REPLY, to=f"desk+{forged}@desk.test"))
    mail_desk.take(
        plain_mail(message_id="<r2@example.com>", In_Reply_To=f"<{forged}.00@desk.test>")
    )
    assert len(mail_desk.tickets()) == 3


def test_a_token_of_a_ticket_that_is_not_there_opens_a_new_one(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail(to=token_address(mail_desk, 999)))
    assert len(mail_desk.tickets()) == 1


def test_the_same_mail_counts_once_however_it_came(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(
        b"Received: from relay by desk; Mon, 4 May 2026 16:31:00 +0800\r\n" + plain_mail()
    )
    mail_desk.take(plain_mail(), source="imap")
    assert len(mail_desk.tickets()) == 1
    assert mail_desk.statuses() == ["parsed", "duplicate", "duplicate"]


def test_strangers_whose_mails_share_an_id_do_not_meet_in_one_ticket(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(text="Eine ganz andere Mail.", sender="other@example.org"))
    assert mail_desk.statuses() == ["parsed", "parsed"]
    assert len(mail_desk.tickets()) == 2
    # each of them finds their own again: by the ids of our answers
    for sent, sender in zip(
        mail_desk.outbox(), ("wang@example.com", "other@example.org"), strict=True
    ):
        mail_desk.take(
            plain_mail(
                message_id=f"<again-{sender}>", sender=sender, In_Reply_To=sent["Message-ID"],
                References=f"<m1@example.com> {sent['Message-ID']}",
            )
        )  # fmt: skip
    first, second = mail_desk.tickets()
    assert [t for t, _ in kinds(mail_desk)] == [first.id, second.id, first.id, second.id]


def test_a_mail_that_changed_on_its_way_joins_its_first_copy(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(text="它不打印了。\n--\n本邮件已通过病毒扫描"))
    assert mail_desk.statuses() == ["parsed", "parsed"]
    assert len(mail_desk.tickets()) == 1


def test_alarms_without_id_and_date_all_count(mail_desk: MailDesk) -> None:
    for _ in range(2):
        mail_desk.take(plain_mail(message_id=None, date=None))
    assert len(mail_desk.tickets()) == 2


def test_a_reply_before_its_original_becomes_the_ticket_and_the_original_joins(
    mail_desk: MailDesk,
) -> None:
    mail_desk.take(plain_mail(**REPLY, In_Reply_To="<m1@example.com>"))
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    assert kinds(mail_desk) == [(ticket.id, "customer")] * 2


def conversation() -> list[bytes]:
    """An original and a chain of answers that each know only the one before, out of three mail clients."""
    mails = [plain_mail(message_id="<c0@example.com>")]
    for n in range(1, 6):
        mails.append(
            plain_mail(
                message_id=f"<c{n}@example.com>",
                subject=f"Nummer {n}",
                References=f"<c0@example.com> <c{n - 1}@example.com>",
            )
        )
    return mails


@pytest.mark.parametrize("seed", range(5))
def test_a_conversation_in_any_order_and_twice_is_one_ticket(
    mail_desk: MailDesk, seed: int
) -> None:
    mails = conversation() * 2
    random.Random(seed).shuffle(mails)
    for raw in mails:
        mail_desk.take_unread(raw)
    mail_desk.work()
    (ticket,) = mail_desk.tickets()
    assert kinds(mail_desk) == [(ticket.id, "customer")] * 6
    assert mail_desk.statuses().count("duplicate") == 6


def test_two_workers_on_one_conversation_make_one_ticket(mail_desk: MailDesk) -> None:
    for raw in conversation():
        mail_desk.take_unread(raw)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: mail_desk.work(), range(4)))
    assert len(mail_desk.tickets()) == 1, mail_desk.incidents()
    assert len(mail_desk.messages(kind="customer")) == 6


def test_reading_a_mail_again_changes_nothing(mail_desk: MailDesk) -> None:
    from connectors.mail.ingest import read_mail

    raw_mail_id = mail_desk.take(plain_mail())
    assert read_mail(mail_desk.desk, raw_mail_id) == {"status": "parsed"}
    assert len(mail_desk.messages(kind="customer")) == 1


def test_words_on_a_ticket_that_hears_no_more_begin_a_new_one(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.finish(ticket.id)
    mail_desk.take(plain_mail(**REPLY, In_Reply_To="<m1@example.com>"))
    mail_desk.take(plain_mail(message_id="<r2@example.com>", In_Reply_To="<r1@example.com>"))
    old, new = mail_desk.tickets()
    assert kinds(mail_desk) == [(old.id, "customer"), (new.id, "customer"), (new.id, "customer")]
    with mail_desk.desk.database.reading() as session:
        begun = inspection.history_of(session, new.instance_id)[0]
    assert begun["data"]["set"]["previous_ticket"] == old.id


def test_an_unparseable_mail_is_kept_reported_and_in_nobodys_way(mail_desk: MailDesk) -> None:
    garbage = b"\x00\xff\xfe\x89" * 500
    mail_desk.take_unread(garbage)
    mail_desk.take(plain_mail())
    assert mail_desk.statuses() == ["unparseable", "parsed"]
    (incident,) = mail_desk.incidents()
    assert incident.kind == "mail"
    assert "1" in incident.message
    with mail_desk.desk.database.reading() as session:
        from connectors.mail.models import RawMail
        from connectors.mail.raw_store import raw_bytes

        kept = session.get_one(RawMail, mail_desk.raw_mails()[0].id)
        assert raw_bytes(mail_desk.desk.storage, kept) == garbage


def test_a_mail_whose_reading_fails_is_an_incident_too(
    mail_desk: MailDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(raw: bytes, *, envelope_from: str | None = None) -> ParsedMail:
        raise RecursionError("too deep")

    monkeypatch.setattr("connectors.mail.ingest.parse_mail", fail)
    mail_desk.take(plain_mail())
    assert mail_desk.statuses() == ["unparseable"]
    assert "too deep" in mail_desk.incidents()[0].detail


def test_a_mail_without_any_sender_is_kept_and_reported(mail_desk: MailDesk) -> None:
    mail_desk.take(b"Subject: nobody\r\n\r\nwords\r\n", envelope_from="")
    assert mail_desk.statuses() == ["unparseable"]
    assert len(mail_desk.incidents()) == 1


def test_without_a_diagram_the_mail_waits(settings: object, mail_desk: MailDesk) -> None:
    from sqlalchemy import delete

    from engine.tables import subscription

    with mail_desk.desk.database.transaction() as session:
        session.execute(delete(subscription))
    mail_desk.take(plain_mail())
    assert mail_desk.statuses() == ["received"]
    (job,) = mail_desk.jobs()
    assert (job.status, job.tries) == ("waiting", 1)
    assert "mail.received" in job.error
    assert mail_desk.messages() == []


def test_attachments_are_kept_and_one_too_large_is_refused_in_words(mail_desk: MailDesk) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, upload_limit_mb=1, locale="en")
    message = parsed(plain_mail())
    message.add_attachment(
        b"%PDF-1.4 small", maintype="application", subtype="pdf", filename="报价.pdf"
    )
    message.add_attachment(
        b"x" * 1_100_000, maintype="application", subtype="zip", filename="大.zip"
    )
    message.add_attachment(
        b"MZ program", maintype="application", subtype="x-exe", filename="run.exe"
    )
    mail_desk.take(message.as_bytes())
    (said,) = mail_desk.messages(kind="customer")
    (kept,) = said.attachments
    assert (kept.filename, kept.content_type) == ("报价.pdf", "application/pdf")
    assert mail_desk.desk.storage.get(kept.storage_key) == b"%PDF-1.4 small"
    assert "“大.zip” was not kept: it is larger than 1 MB" in said.text
    assert "“run.exe” was not kept: it is a program" in said.text
    assert said.text.startswith("它不打印了。")


def test_html_alone_is_text_and_cleaned_html(mail_desk: MailDesk) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "Wang <wang@example.com>", "desk@desk.test"
    message["Subject"], message["Message-ID"] = "HTML", "<h1@example.com>"
    message.set_content(
        "<p>Hello <b>desk</b></p><script>alert(1)</script><img src=x onerror=alert(2)>",
        subtype="html",
    )
    mail_desk.take(message.as_bytes())
    (said,) = mail_desk.messages(kind="customer")
    assert "Hello desk" in said.text
    assert said.html is not None
    assert "<b>desk</b>" in said.html or "<strong>desk</strong>" in said.html
    assert "alert" not in said.html


def test_winmail_dat_is_opened(mail_desk: MailDesk) -> None:
    """A TNEF stream (MS-OXTNEF) with one attachment, written by hand."""

    def attribute(level: int, tag: int, data: bytes) -> bytes:
        return (
            bytes([level]) + tag.to_bytes(4, "little") + len(data).to_bytes(4, "little") + data
            + (sum(data) & 0xFFFF).to_bytes(2, "little")
        )  # fmt: skip

    tnef = (0x223E9F78).to_bytes(4, "little") + (1).to_bytes(2, "little")
    tnef += attribute(1, 0x00089006, (0x00010000).to_bytes(4, "little"))
    tnef += attribute(2, 0x00069002, b"\x01\x00\xff\xff\xff\xff" + bytes(8))
    tnef += attribute(2, 0x00018010, b"notes.txt\0")
    tnef += attribute(2, 0x0006800F, b"from outlook")
    message = parsed(plain_mail())
    message.add_attachment(tnef, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    mail_desk.take(message.as_bytes())
    (said,) = mail_desk.messages(kind="customer")
    assert [a.filename for a in said.attachments] == ["notes.txt"]
    assert mail_desk.desk.storage.get(said.attachments[0].storage_key) == b"from outlook"


def test_a_quotation_is_folded_away_from_the_new_words(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    text = "新的内容\n\n在 2026年5月4日，服务台 写道：\n> 感谢您的来信。\n"
    mail_desk.take(plain_mail(**REPLY, text=text, In_Reply_To="<m1@example.com>"))
    said = mail_desk.messages(kind="customer")[1]
    assert said.text.strip() == "新的内容"
    assert "感谢您的来信" in said.quoted


def test_header_injection_in_subject_and_name_stays_words(mail_desk: MailDesk) -> None:
    raw = plain_mail().replace(
        b"Subject: =?utf-8?b?5omT5Y2w5py65Z2P5LqG?=",
        b"Subject: =?utf-8?q?x=0D=0ABcc:_victim@example.com=0D=0A?=",
    )
    mail_desk.take(raw)
    (ticket,) = mail_desk.tickets()
    assert "\n" not in ticket.title
    (sent,) = mail_desk.outbox()
    assert sent["Bcc"] is None
    assert "victim@example.com" in sent["Subject"]


def add_agent(database: Database) -> None:
    with database.transaction() as session:
        session.add(User(login="li", name="李雷", email="Li@desk.test", password_hash="x"))


def test_an_agents_address_proves_nothing(mail_desk: MailDesk, database: Database) -> None:
    add_agent(database)
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    sent_before = len(mail_desk.outbox())
    mail_desk.take(
        plain_mail(**REPLY, sender="李雷 <li@desk.test>", to=token_address(mail_desk, ticket.id))
    )
    (note,) = mail_desk.messages(kind="note")
    assert note.ticket_id == ticket.id
    assert "未经验证" in note.text
    assert note.author["kind"] == "system"
    assert len(mail_desk.outbox()) == sent_before


def test_an_agent_with_a_request_of_their_own_is_a_customer(
    mail_desk: MailDesk, database: Database
) -> None:
    add_agent(database)
    mail_desk.take(plain_mail(sender="li@desk.test"))
    mail_desk.take(plain_mail(**REPLY, sender="li@desk.test", In_Reply_To="<m1@example.com>"))
    assert len(mail_desk.tickets()) == 1
    assert [m.kind for m in mail_desk.messages() if m.delivery is None] == ["customer"] * 2


def test_a_known_customer_is_recognised(mail_desk: MailDesk, database: Database) -> None:
    with database.transaction() as session:
        known = match_or_create(session, mail="WANG@example.com", name="老王").id
    mail_desk.take(plain_mail())
    assert [t.contact_id for t in mail_desk.tickets()] == [known]


def test_zip_bombs_are_attachments_not_work(mail_desk: MailDesk) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    message = parsed(plain_mail())
    message.add_attachment(
        packed.getvalue(), maintype="application", subtype="zip", filename="b.zip"
    )
    mail_desk.take(message.as_bytes())
    (said,) = mail_desk.messages(kind="customer")
    assert [a.size for a in said.attachments] == [len(packed.getvalue())]
