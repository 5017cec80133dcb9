"""Attachments of a mail: kept in the storage, or refused in words that stay with the message."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from connectors.mail.parsing import ParsedAttachment
from desk.application import Desk
from desk.storage import UploadRefused
from desk.tickets.attachments import StoredFile, store_upload
from engine.operators import Text

REFUSALS = {
    "too_large": Text(
        "The attachment “{name}” was not kept: it is larger than {limit} MB.",
        "附件“{name}”超过 {limit} MB，未保存。",
    ),
    "executable": Text(
        "The attachment “{name}” was not kept: it is a program.",
        "附件“{name}”是可执行程序，未保存。",
    ),
    "empty": Text("The attachment “{name}” is empty.", "附件“{name}”为空文件。"),
}


@dataclass(frozen=True)
class KeptFiles:
    """What was kept, and what is to be said of what was not. The raw mail has all of it either way."""

    files: tuple[StoredFile, ...]
    remarks: tuple[str, ...]

    def add_remarks(self, text: str, html: str) -> tuple[str, str]:
        """Text and HTML of the message with the remarks below; empty HTML stays empty."""
        if not self.remarks:
            return text, html
        said = "\n".join(f"[{remark}]" for remark in self.remarks)
        paragraphs = Markup("").join(
            Markup("<p>[{}]</p>").format(remark) for remark in self.remarks
        )
        return f"{text}\n\n{said}".strip(), f"{html}{paragraphs}" if html else ""


def keep_files(desk: Desk, attachments: Iterable[ParsedAttachment]) -> KeptFiles:
    """Put the attachments into the storage. Side effect: files there, durable, before any row names them."""
    megabytes = desk.settings.upload_limit_mb
    kept: list[StoredFile] = []
    remarks: list[str] = []
    for attachment in attachments:
        try:
            kept.append(
                store_upload(
                    desk.storage,
                    attachment.filename,
                    io.BytesIO(attachment.content),
                    limit=megabytes * 1024 * 1024,
                    content_id=attachment.content_id,
                    inline=attachment.is_inline,
                )
            )
        except UploadRefused as refused:
            words = REFUSALS[refused.reason].in_(desk.settings.locale)
            remarks.append(words.format(name=refused.filename, limit=megabytes))
    return KeptFiles(tuple(kept), tuple(remarks))
