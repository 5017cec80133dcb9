"""What a raw mail becomes: plain values, no behaviour, nothing that needs a database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MailUnparseable(Exception):
    """The bytes hold nothing that a person could read: no header, no text, no attachment.

    The caller keeps the raw bytes and shows them to an administrator. `reason` is one of
    `empty` (no bytes, or only white space and NULs) and `not_mail` (binary data without a
    single header line).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"mail cannot be read: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the work one mail may cause. Sizes are bytes, unless the name says otherwise.

    What lies beyond a bound is never dropped silently: it stays in an attachment that holds the
    undivided part, and `ParsedMail.defects` names the bound that was met.
    """

    header_block: int = 256 * 1024
    header_value: int = 64 * 1024
    addresses: int = 1_000
    parts: int = 500
    depth: int = 24
    text_characters: int = 2_000_000
    html_characters: int = 1_500_000
    decoded_total: int = 128 * 1024 * 1024
    tnef_attachments: int = 200
    report_recipients: int = 200


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox (RFC 5322 §3.4). `address` is empty when the header gives a name only."""

    name: str
    address: str

    @property
    def key(self) -> str:
        """The address as contacts are matched by it: lower case."""
        return self.address.lower()


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file that came with the mail.

    `filename` is a bare name, safe to show and never empty. `content_id` has no angle brackets.
    `is_inline` is true when the mail's HTML shows this part through its content id, so that a
    list of attachments may leave it out; an image that nothing refers to is not inline.
    """

    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None
    is_inline: bool = False


class DeliveryAction(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What happened to one recipient. `status` is RFC 3463's `5.1.1`, empty when not told."""

    recipient: str
    action: DeliveryAction
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery status notification (RFC 3464), or the best reading of a bounce that is none.

    `action` is the worst of the recipients' actions. `original_message_id` names our mail that
    the report is about, when the report gives it. `is_standard` is false for the best effort.
    """

    action: DeliveryAction
    recipients: tuple[RecipientReport, ...]
    original_message_id: str | None
    is_standard: bool


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, read. All texts are free of NULs, lone surrogates and carriage returns.

    `date` falls back to the newest Received line when the Date header is missing or absurd;
    `date_is_estimated` is then true. `from_` falls back to Sender, then to Return-Path.
    `references` is oldest first. `text` is the whole body; `newest_text` what the sender wrote
    this time, `quoted_text` the rest, signature included, in the order of the mail. The same
    holds for `html`, `newest_html` and `quoted_html`, which are cleaned and may be shown;
    in them a remote image has `data-src` in place of `src`, and an image of the mail itself has
    `src="cid:<content id>"` for the caller to replace by an address of its own.
    `automatic_reason` says why a mail must not be answered automatically (RFC 3834);
    `automatic_hints` are weaker signs that do not decide it. `own_marks` are our own X-Lanedesk-*
    headers, by lower-case name. `delivered_to` are the addresses that servers on the way
    noted: whom it was for before it was forwarded. `defects` are short English words for logs on what was mended.
    """

    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    from_: Address | None
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: datetime | None
    date_is_estimated: bool
    text: str
    html: str
    newest_text: str
    quoted_text: str
    signature_text: str
    newest_html: str
    quoted_html: str
    attachments: tuple[ParsedAttachment, ...]
    is_automatic: bool
    automatic_reason: str | None
    automatic_hints: tuple[str, ...]
    delivery_report: DeliveryReport | None
    own_marks: tuple[tuple[str, str], ...]
    received_hops: int
    delivered_to: tuple[str, ...]
    defects: tuple[str, ...]
