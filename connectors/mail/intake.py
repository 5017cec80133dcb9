"""Taking a mail in: the raw bytes and the job that will read them, durable before anybody is told "accepted"."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from connectors.mail.models import INLINE_BYTES, RawMail, RawMailStatus
from desk.storage import Storage
from engine.runtime import Engine
from engine.timestamps import utc_now

QUEUE = "mail"
INGEST = "mail.ingest"

Source = Literal["smtp", "lmtp", "imap", "api"]


@dataclass(frozen=True)
class Incoming:
    """A mail at the door, with its large bytes already safe in the storage."""

    source: Source
    envelope_from: str
    envelope_to: tuple[str, ...]
    received_at: datetime
    sha256: str
    size: int
    content: bytes | None
    storage_key: str | None
    mailbox_id: int | None = None  # that it was fetched from


def receive(
    storage: Storage,
    raw: bytes,
    *,
    source: Source,
    envelope_from: str = "",
    envelope_to: Sequence[str] = (),
    mailbox_id: int | None = None,
) -> Incoming:
    """Prepare a mail for `store`; one larger than INLINE_BYTES is written to the storage now.

    Raises OSError when the storage cannot take it.
    """
    large = len(raw) > INLINE_BYTES
    return Incoming(
        source=source,
        envelope_from=_storable(envelope_from),
        envelope_to=tuple(_storable(address) for address in envelope_to),
        received_at=utc_now(),
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        content=None if large else raw,
        storage_key=storage.put(raw, suffix=".eml") if large else None,
        mailbox_id=mailbox_id,
    )


def store(engine: Engine, session: Session, mails: Sequence[Incoming]) -> list[int]:
    """Write the mails and a `mail.ingest` job for each; returns the numbers of the raw mails, in order.

    Side effects: rows in `raw_mail` and `job`; a worker is woken after the commit. The caller acknowledges after it.
    """
    rows = [
        {
            "received_at": mail.received_at,
            "source": mail.source,
            "envelope_from": mail.envelope_from,
            "envelope_to": list(mail.envelope_to),
            "sha256": mail.sha256,
            "size": mail.size,
            "content": mail.content,
            "storage_key": mail.storage_key,
            "mailbox_id": mail.mailbox_id,
            "status": RawMailStatus.RECEIVED,
        }
        for mail in mails
    ]
    inserted = insert(RawMail).returning(RawMail.id, sort_by_parameter_order=True)
    ids = list(session.scalars(inserted, rows))
    for raw_mail_id in ids:
        engine.enqueue(session, INGEST, {"raw_mail_id": raw_mail_id}, key=f"{INGEST}:{raw_mail_id}")
    return ids


def _storable(address: str) -> str:
    # A client may send any bytes as an address; lone surrogates and NULs fit into no database.
    clean = address.encode("utf-8", "replace").decode().replace("\0", "")
    return "" if clean == "<>" else clean[:320]
