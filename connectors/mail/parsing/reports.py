"""Delivery status notifications (RFC 3464), and bounces that do not follow it."""

import re

from connectors.mail.parsing.charsets import clean_text, decode
from connectors.mail.parsing.fields import message_id, message_ids
from connectors.mail.parsing.headers import Headers, split_headers
from connectors.mail.parsing.structure import Budget, Part, parse_nested
from connectors.mail.parsing.transfer import decode_transfer
from connectors.mail.parsing.values import Address, DeliveryAction, DeliveryReport, RecipientReport

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset({"message/rfc822", "message/global"})
_HEADER_TYPES = frozenset(
    {
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_BLANK_LINES = re.compile(rb"(?:\r?\n[ \t]*){2,}")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([45])\d\d[ -]")
_ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_RETURNED_ID = re.compile(r"(?im)^[ \t>]{0,8}message-id:[ \t]*<([^<>\s]{1,400})>")
_BOUNCE = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|report|notification|problem)|"
    r"mail delivery (?:failed|failure|system)|returned (?:mail|to sender|message)|"
    r"failure notice|could not be delivered|couldn't be delivered|wasn't delivered|"
    r"message (?:delayed|undelivered)|mail system error|not deliver|"
    r"unzustellbar|nicht zugestellt|non remis|échec de la remise|no se (?:ha )?pudo entregar|"
    r"退信|投递失败|发送失败|无法送达|未送达|未能送达|退回|配信不能|配送できません",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"warning: (?:could not send|message still)|still undelivered|delivery (?:is |has been )?delayed|"
    r"has not yet been delivered|will (?:keep trying|be retried)|延迟|暂时无法",
    re.IGNORECASE,
)
_SEVERITY = [DeliveryAction.FAILED, DeliveryAction.DELAYED, DeliveryAction.EXPANDED,
             DeliveryAction.RELAYED, DeliveryAction.DELIVERED]  # fmt: skip
_MAX_BODY = 20_000


def delivery_report(
    root: Part, sender: Address | None, text: str, subject: str, reason: str | None, budget: Budget
) -> DeliveryReport | None:
    """The report that the mail is, or None. `text` is the mail's body, `reason` why it is known
    to be automatic: only a mail system's mail is read as a bounce without the standard's form."""
    standard = _standard_report(root, budget)
    if standard is not None:
        return standard
    failed = root.headers.tokens("x-failed-recipients")
    systems = ("sent by a mail system", "empty envelope sender", "empty Return-Path")
    is_bounce = bool(failed) or (
        (reason in systems or root.content_type == "multipart/report" or _local(sender) == "root")
        and _BOUNCE.search(f"{subject}\n{text[:_MAX_BODY]}") is not None
    )
    return (
        _guessed_report(root, sender, text[:_MAX_BODY], subject, failed, budget)
        if is_bounce
        else None
    )


def _standard_report(root: Part, budget: Budget) -> DeliveryReport | None:
    recipients: list[RecipientReport] = []
    original: str | None = None
    for part in root.walk():
        if part.content_type in _STATUS_TYPES:
            content = decode_transfer(part.body, part.encoding)[0]
            for block in _blocks(content, budget.limits.header_value):
                report = _recipient(block)
                if report is not None and len(recipients) < budget.limits.report_recipients:
                    recipients.append(report)
                original = original or _first_id(block, "original-message-id")
                original = original or _first_id(block, "x-original-message-id")
    if not recipients:
        return None
    actions = {report.action for report in recipients}
    worst = next(action for action in _SEVERITY if action in actions)
    returned = _returned_id(root, budget) or original or _replied_id(root)
    return DeliveryReport(worst, tuple(recipients), returned, is_standard=True)


def _blocks(content: bytes, limit: int) -> list[Headers]:
    """The groups of fields of a delivery-status body, blank lines between them."""
    blocks = []
    for piece in _BLANK_LINES.split(content[: limit * 4].strip()):
        if b":" in piece:
            blocks.append(split_headers(piece, 0, len(piece), max_block=limit, max_value=limit)[0])
    return blocks


def _recipient(block: Headers) -> RecipientReport | None:
    final = _typed(block.text("final-recipient"))
    original = _typed(block.text("original-recipient"))
    action = block.tokens("action").split("(", 1)[0].split(";", 1)[0].strip().lower()
    if not action or not (final or original):
        return None
    try:
        known = DeliveryAction(action)
    except ValueError:
        known = DeliveryAction.FAILED if action.startswith("fail") else DeliveryAction.DELAYED
    status = _STATUS.search(block.tokens("status"))
    diagnostic = _typed(block.text("diagnostic-code"))[:2000]
    # What we wrote to is what we know; the final address may be the other side's alias.
    return RecipientReport(original or final, known, status.group(0) if status else "", diagnostic)


def _typed(value: str) -> str:
    """`rfc822; someone@example.org` without its type (RFC 3464 §2.1.2)."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and len(kind) < 40 else value).strip().strip("<>").strip()


def _returned_id(root: Part, budget: Budget) -> str | None:
    for part in root.walk():
        if part.content_type in _RETURNED_TYPES:
            found = message_id(parse_nested(part, budget).headers)
        elif part.content_type in _HEADER_TYPES:
            content = decode_transfer(part.body, part.encoding)[0].lstrip(b"\r\n \t")
            limits = budget.limits
            headers, _ = split_headers(
                content,
                0,
                len(content),
                max_block=limits.header_block,
                max_value=limits.header_value,
            )
            found = message_id(headers)
        else:
            continue
        if found:
            return found
    return None


def _replied_id(root: Part) -> str | None:
    return _first_id(root.headers, "in-reply-to") or _first_id(root.headers, "references")


def _first_id(headers: Headers, name: str) -> str | None:
    ids = message_ids(headers, name)
    return ids[0] if ids else None


def _guessed_report(
    root: Part, sender: Address | None, text: str, subject: str, failed: str, budget: Budget
) -> DeliveryReport:
    words = _words_above_returned(text)
    delayed = _DELAY.search(f"{subject}\n{words}") is not None
    action = DeliveryAction.DELAYED if delayed else DeliveryAction.FAILED
    addresses = _ADDRESS.findall(failed) or _addresses_in(words, sender, root)
    status = _STATUS.search(words)
    diagnostic = next(
        (
            line.strip()
            for line in words.split("\n")
            if _REPLY_CODE.search(line) or _STATUS.search(line)
        ),
        "",
    )
    recipients = tuple(
        RecipientReport(address, action, status.group(0) if status else "", diagnostic[:2000])
        for address in list(dict.fromkeys(addresses))[: budget.limits.report_recipients]
    )
    original = _returned_id(root, budget)
    if original is None:
        match = _RETURNED_ID.search(text) or _RETURNED_ID.search(_raw_text(root))
        original = match.group(1) if match else _replied_id(root)
    return DeliveryReport(action, recipients, original, is_standard=False)


def _words_above_returned(text: str) -> str:
    """What the mail system says, without the copy of the mail that it returns below."""
    match = re.search(
        r"(?im)^[ \t]*(?:-{3,}[^\n]{0,80}(?:copy|original|message|headers|原)|return-path:|received: )",
        text,
    )
    return text[: match.start()] if match is not None and match.start() > 20 else text


def _addresses_in(words: str, sender: Address | None, root: Part) -> list[str]:
    """Addresses that the words name, without the mail system's and the one it writes to."""
    to = {a.lower() for a in _ADDRESS.findall(root.headers.tokens("to"))}
    own = sender.key if sender is not None else ""
    found = []
    for address in _ADDRESS.findall(words):
        key = address.lower()
        if key == own or key in to or key.startswith(("postmaster@", "mailer-daemon@")):
            continue
        found.append(address)
    return found


def _raw_text(root: Part) -> str:
    return clean_text(decode(root.body[: _MAX_BODY * 4])[0])


def _local(sender: Address | None) -> str:
    return sender.address.partition("@")[0].lower() if sender is not None else ""
