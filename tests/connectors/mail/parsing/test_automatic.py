"""Who must not be answered by a machine, and what a mail system reports."""

import pytest

from connectors.mail.parsing import DeliveryAction, parse_mail, thread_ids
from tests.connectors.mail.parsing.mails import mail, multipart, part


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-generated (warning-timeout)"},
        {"precedence": "bulk"},
        {"precedence": "List"},
        {"x_auto_response_suppress": "OOF, AutoReply"},
        {"list_id": "<users.example.org>"},
        {"x_autoreply": "yes"},
        {"return_path": "<>"},
        {"from": "Mail Delivery System <MAILER-DAEMON@example.org>"},
        {"from": "postmaster@example.org"},
    ],
)
def test_automatic_mails(headers: dict[str, str | bytes]):
    parsed = parse_mail(mail(**headers))
    assert parsed.is_automatic
    assert parsed.automatic_reason


@pytest.mark.parametrize(
    "headers",
    [{}, {"auto_submitted": "no"}, {"precedence": "first-class"}, {"return_path": "<li@example.com>"},
     {"x_auto_response_suppress": "None"}],
)  # fmt: skip
def test_mails_of_people(headers: dict[str, str | bytes]):
    parsed = parse_mail(mail(**headers), envelope_from="li@example.com")
    assert (parsed.is_automatic, parsed.automatic_reason) == (False, None)


@pytest.mark.parametrize("envelope", ["", "<>"])
def test_an_empty_envelope_sender_is_automatic(envelope: str):
    assert parse_mail(mail(), envelope_from=envelope).is_automatic


@pytest.mark.parametrize("subject", ["Out of office: A", "自动回复: A", "Automatic reply: A"])
def test_subjects_are_but_hints(subject: str):
    parsed = parse_mail(mail(subject=subject))
    assert not parsed.is_automatic
    assert parsed.automatic_hints


def test_marks_of_our_own_and_hops():
    raw = mail(x_lanedesk_ticket="WN-20240102-000001", received="from a by b")
    parsed = parse_mail(b"Received: from b by c\r\n" + raw)
    assert parsed.own_marks == (("x-lanedesk-ticket", "WN-20240102-000001"),)
    assert parsed.received_hops == 2


STATUS = """Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; <li@example.com>
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no
 such user

Original-Recipient: rfc822;han@example.com
Final-Recipient: rfc822; alias@other.example
Action: delayed
Status: 4.4.1
"""


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_delivery_status(returned: str):
    raw = multipart(
        "report",
        part("Could not deliver:\n>>> RCPT\n"),
        part(STATUS, "message/delivery-status"),
        part(mail("old", message_id="<sent@desk>"), returned),
        content_type="multipart/report; report-type=delivery-status; boundary=frontier",
    )
    parsed = parse_mail(raw)
    report = parsed.delivery_report
    assert report is not None
    assert (report.action, report.original_message_id, report.is_standard) == (
        DeliveryAction.FAILED, "sent@desk", True)  # fmt: skip
    first, second = report.recipients
    assert (first.recipient, first.status) == ("li@example.com", "5.1.1")
    assert first.diagnostic == "550 5.1.1 no such user"
    assert (second.recipient, second.action) == ("han@example.com", DeliveryAction.DELAYED)
    assert thread_ids(parsed) == ("sent@desk",)
    assert parsed.is_automatic
    assert parsed.newest_text == parsed.text


QMAIL = """Hi. This is the qmail-send program at example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<li@example.com>:
550 5.1.1 no such user

--- Below this line is a copy of the message.

Return-Path: <desk@example.org>
Message-ID: <sent@desk>
To: han@example.com
"""
CHINESE = """很抱歉，您的邮件无法送达以下收件人：
li@example.com
原因：550 Mailbox not found
"""


@pytest.mark.parametrize(
    ("body", "subject", "original"),
    [(QMAIL, "failure notice", "sent@desk"), (CHINESE, "退信通知", None)],
)
def test_bounces_of_other_forms(body: str, subject: str, original: str | None):
    raw = mail(body, subject=subject, **{"from": "MAILER-DAEMON@example.org"},
               content_type="text/plain; charset=utf-8")  # fmt: skip
    report = parse_mail(raw).delivery_report
    assert report is not None
    assert [r.recipient for r in report.recipients] == ["li@example.com"]
    assert (report.action, report.original_message_id, report.is_standard) == (
        DeliveryAction.FAILED, original, False)  # fmt: skip
    assert report.recipients[0].diagnostic.find("550") >= 0


def test_a_customer_who_writes_about_a_bounce_is_no_bounce():
    raw = mail("My mail to li@example.com was undeliverable, why?", subject="undelivered mail")
    assert parse_mail(raw).delivery_report is None
