"""SMTP (RFC 5321) and LMTP (RFC 2033) as this desk speaks them, on top of aiosmtpd.

Two things are done differently from aiosmtpd's own: real mails have lines of any length, so the line limit is the
mail's limit, and memory stays bounded whatever a client sends; and a mail that is too large is refused in words that
the sender can act on, since a mail server puts them into the bounce its user reads.
"""

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP, syntax

_CHUNK = 64 * 1024


class DeskSmtp(SMTP):
    """One SMTP session."""

    line_length_limit = _CHUNK  # of the stream's buffer, not of the mail's lines
    replies_per_recipient = False

    def __init__(self, handler: Any, **options: Any) -> None:
        """As aiosmtpd's; `data_size_limit` is in bytes and required."""
        super().__init__(handler, **options)
        self.most_bytes: int = options["data_size_limit"]
        megabytes = self.most_bytes // (1024 * 1024)
        self.too_large = (
            f"552 5.3.4 This mail is larger than the {megabytes} MB that {self.hostname} accepts. "
            "Please send large files as a link, or in several mails"
        )

    async def push(self, status: Any) -> None:
        """Send a reply; aiosmtpd's own words for a size it refuses (MAIL … SIZE=) are replaced by ours."""
        if isinstance(status, str) and status.startswith("552 Error"):
            status = self.too_large
        await super().push(status)

    async def _handle_client(self) -> None:
        if not self.event_handler.session_begins():
            await self.push("421 4.3.2 Too many connections, please try again later")
            self._writer.close()
            return
        try:
            await super()._handle_client()
        finally:
            self.event_handler.session_ends()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        """Read the mail, then let the handler store it; answers only after that (RFC 5321 §4.1.1.4)."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT comes before DATA")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            raw = await self._read_mail()
        except asyncio.CancelledError:
            self._writer.close()
            raise
        if raw is None:
            status = self.too_large
        else:
            envelope.content = envelope.original_content = raw
            status = await self._call_handler_hook("DATA")
        replies = len(envelope.rcpt_tos) if self.replies_per_recipient else 1
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push("\r\n".join([status] * replies))

    async def _read_mail(self) -> bytes | None:
        """The bytes up to the lone dot, dots unstuffed (RFC 5321 §4.5.2); None when they are too many.

        Only CRLF . CRLF ends a mail: anything looser lets one mail smuggle in another.
        """
        parts: list[bytes] = []
        size = since_timeout = 0
        at_line_start = True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
                whole_line = True
            except asyncio.LimitOverrunError as overrun:
                piece = await self._reader.readexactly(overrun.consumed)
                whole_line = False
            if at_line_start and piece == b".\r\n":
                return None if size > self.most_bytes else b"".join(parts)
            if at_line_start and piece.startswith(b"."):
                piece = piece[1:]
            at_line_start = whole_line
            size += len(piece)
            since_timeout += len(piece)
            if size > self.most_bytes:
                parts.clear()  # read on, so that the client hears the refusal, but keep nothing
            else:
                parts.append(piece)
            if since_timeout > _CHUNK:
                since_timeout = 0
                self._reset_timeout()


class DeskLmtp(DeskSmtp):
    """One LMTP session: LHLO, and one reply after DATA for each recipient (RFC 2033 §4.2)."""

    show_smtp_greeting = False
    replies_per_recipient = True

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        """LMTP's greeting."""
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:
        """Not a command of LMTP."""
        await self.push("500 5.5.1 This is LMTP: say LHLO")

    async def smtp_EHLO(self, arg: str) -> None:
        """Not a command of LMTP."""
        await self.push("500 5.5.1 This is LMTP: say LHLO")
