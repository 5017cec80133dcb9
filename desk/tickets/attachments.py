"""Files that come with messages: how they are kept, and which of them a browser may show.

The bytes are stored before the message is written, so no transaction waits for a disk or a network.
"""

from dataclasses import dataclass
from typing import IO, BinaryIO

from flask import Response, send_file

from desk.application import Desk
from desk.audit.operations import record
from desk.storage import Storage, check_upload
from desk.tickets.models import Attachment
from engine.actors import Actor

# Shown inside our pages; everything else is only ever downloaded. SVG is a program, not a picture.
INLINE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

# Even a picture that is none, or a page that slipped through, can do nothing under this.
FILE_POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes are in the storage. `size` in bytes."""

    filename: str
    content_type: str
    size: int
    storage_key: str
    content_id: str | None = None
    inline: bool = False

    @property
    def sha256(self) -> str:
        """The digest of the bytes: the storage names files by it."""
        return self.storage_key[:64]


def store_upload(
    storage: Storage,
    filename: str,
    stream: IO[bytes],
    *,
    limit: int,
    content_id: str | None = None,
    inline: bool = False,
) -> StoredFile:
    """Check a file and keep its bytes. `limit` in bytes. Raises desk.storage.UploadRefused."""
    upload = check_upload(filename, stream, limit)
    return StoredFile(
        upload.filename,
        upload.content_type,
        upload.size,
        storage.put(stream, suffix=upload.suffix),
        content_id,
        inline,
    )


def note_download(desk: Desk, file: Attachment, actor: Actor) -> None:
    """Say in the audit log that somebody took a copy of a file. `file.message` is loaded."""
    with desk.database.transaction() as session:
        record(
            session, "downloaded", actor=actor, subject=f"attachment:{file.id}",
            ticket_id=file.message.ticket_id,
            new={"sha256": file.sha256, "type": file.content_type, "size": file.size},
        )  # fmt: skip


def answer_with(file: Attachment, stream: BinaryIO, *, shown: bool) -> Response:
    """The bytes for a browser: shown in the page, where the type allows it, or saved as a file of no type."""
    response = send_file(
        stream,
        mimetype=file.content_type if shown else "application/octet-stream",
        as_attachment=not shown,
        download_name=file.filename,
        etag=file.sha256,
        max_age=3600,
    )
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.cache_control.public = False  # as send_file had it
    response.cache_control.private = True
    return response
