"""Handing a mail to the world: to the SMTP server of its mailbox, or into a fresh installation's outbox folder."""

import hashlib
import os
import smtplib
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from connectors.mail.mailboxes.queries import Mailbox
from connectors.mail.mailboxes.sealing import SealBroken
from desk.settings import Settings, SettingsError
from engine.operators import OperatorError, PermanentFailure

TIMEOUT_SECONDS = 60


def deliver(
    settings: Settings,
    mailbox: Mailbox,
    raw: bytes,
    *,
    message_id: str,
    sender: str,
    recipient: str,
    cc: Sequence[str] = (),
) -> frozenset[str]:
    """Hand over one mail by the server of the mailbox. When it returns, somebody else is responsible for it.

    Returns those of `cc` that the server does not take. Where it does not take the recipient, nobody gets the mail.

    Raises OperatorError for what may pass (no connection, 4xx, our credentials), PermanentFailure for what
    will not (5xx, an address that is none). The outbox names files by Message-ID, so a retry replaces.
    """
    try:
        server = mailbox.sending(settings)
    except SealBroken as error:
        raise OperatorError(f"the password of {mailbox.address} must be entered again") from error
    if not server:
        _to_outbox(settings.data_dir / "outbox", message_id, raw)
        return frozenset()
    if not recipient.isascii():
        raise PermanentFailure(f"the address {recipient} needs SMTPUTF8, which is not sent")
    try:
        with connected(server) as smtp:
            return _hand_over(smtp, sender, recipient, cc, raw)
    except smtplib.SMTPAuthenticationError as error:
        raise OperatorError(f"the mail server refuses our name or password: {error}") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise OperatorError(f"the mail server cannot be reached: {error}") from error


def _hand_over(
    smtp: smtplib.SMTP, sender: str, recipient: str, cc: Sequence[str], raw: bytes
) -> frozenset[str]:
    """As SMTP.sendmail does it, but the mail goes to nobody if not to its recipient (RFC 5321 §3.3)."""
    options = [f"size={len(raw)}"] if smtp.does_esmtp and smtp.has_extn("size") else []
    _accepted(*smtp.mail(sender, options))
    _accepted(*smtp.rcpt(recipient))
    refused = frozenset(address for address in cc if smtp.rcpt(address)[0] not in (250, 251))
    _accepted(*smtp.data(raw))
    return refused


def _accepted(code: int, words: bytes) -> None:
    if code not in (250, 251):
        raise smtplib.SMTPResponseException(code, words)


def _refusal(code: int, words: bytes | str) -> OperatorError:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    kind = PermanentFailure if code >= 500 else OperatorError
    return kind(f"the mail server said {code} {said}")


def connected(url: str) -> smtplib.SMTP:
    """A client that the server knows, and that has signed in where the address names a user.

    Raises SettingsError for an address that is none, smtplib.SMTPException, OSError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingsError("an SMTP server (LANEDESK_SMTP_URL) must be smtp://host:port or smtps://host:port")
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if parts.scheme == "smtps":
        smtp = smtplib.SMTP_SSL(
            parts.hostname, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT_SECONDS)
    try:
        _greet(smtp, parts, context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(smtp: smtplib.SMTP, parts: SplitResult, context: ssl.SSLContext) -> None:
    smtp.ehlo()
    if parts.scheme == "smtp" and smtp.has_extn("starttls"):
        smtp.starttls(context=context)
        smtp.ehlo()
    if parts.username:
        smtp.login(unquote(parts.username), unquote(parts.password or ""))


def _to_outbox(folder: Path, message_id: str, raw: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    unfinished = folder / f".{name}.{os.getpid()}"
    unfinished.write_bytes(raw)
    unfinished.replace(folder / f"{name}.eml")
