"""Raw mail of a customer whose personal data is erased: the bytes and the addresses go, the row that it came stays."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.mail.models import RawMail
from desk.audit.erasure import also_erases, delete_after_commit
from desk.storage import Storage
from desk.tickets.models import Message


@also_erases
def erase_raw_mail(session: Session, storage: Storage, messages: list[Message]) -> None:
    """Forget the raw mails that these messages were made of."""
    numbers = [message.raw_mail_id for message in messages if message.raw_mail_id is not None]
    mails = session.scalars(select(RawMail).where(RawMail.id.in_(numbers))).all()
    delete_after_commit(session, storage, [m.storage_key for m in mails if m.storage_key])
    for mail in mails:
        mail.content, mail.storage_key = b"", None
        mail.envelope_from = mail.sender = ""
        mail.reply_to = None
