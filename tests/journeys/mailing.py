"""A customer with a mail program."""

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid

from tests.fixtures.running import RunningDesk


def send_mail(
    desk: RunningDesk,
    *,
    sender: str,
    subject: str,
    text: str,
    files: dict[str, bytes] | None = None,
) -> str:
    """Hand a mail to the desk's own listener; the Message-ID it had."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, desk.mail_address, subject
    mail["Message-ID"] = make_msgid(domain="mail.example")
    mail.set_content(text)
    for name, content in (files or {}).items():
        mail.add_attachment(content, maintype="image", subtype="png", filename=name)
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=10) as smtp:
        smtp.send_message(mail)
    return str(mail["Message-ID"])


def plain_text(mail: EmailMessage) -> str:
    """The mail's text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
