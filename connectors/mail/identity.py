"""When two mails are the same mail: by what was written, not by the way it came.

The same mail can arrive twice by different routes, with other Received lines or another transfer encoding; and two
different mails can carry one Message-ID by accident. So a mail is what its id, author, date and contents are.
"""

import hashlib

from sqlalchemy.orm import Session

from connectors.mail.parsing import ParsedMail
from connectors.mail.statements import insert_identity
from engine.database import is_sqlite
from engine.statements import Change


def identity_of(mail: ParsedMail) -> str | None:
    """SHA-256 of what makes the mail this mail; None when it carries neither an id nor a date.

    A device that sends the same words again and again without either means each of them.
    """
    dated = mail.date is not None and not mail.date_is_estimated
    if mail.message_id is None and not dated:
        return None
    digest = hashlib.sha256()
    facts = (
        mail.message_id or "",
        mail.from_.key if mail.from_ else "",
        mail.date.isoformat() if mail.date and dated else "",
        mail.subject,
        " ".join(mail.text.split()),
        mail.html,
    )
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    for attachment in mail.attachments:
        digest.update(hashlib.sha256(attachment.content).digest())
    return digest.hexdigest()


def identity_noted(session: Session, identity: str, raw_mail_id: int) -> Change:
    """The row in `mail_identity` that only the first mail of this identity makes.

    It waits for a transaction that is just taking one.
    """
    return insert_identity(is_sqlite(session)), {"digest": identity, "raw_mail_id": raw_mail_id}
