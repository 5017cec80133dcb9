"""A raw mail becomes a message of the desk, in one transaction; the diagram decides what the message means.

Order matters: read (outside the transaction, since a hostile mail may take its time) → the same mail again? → a report
on a mail of ours? → one of ours that came back? → which conversation? → tell the ticket's process, or start one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from markupsafe import escape
from sqlalchemy.orm import Session

from connectors.mail.correspondence import normal_or_none
from connectors.mail.files import KeptFiles, keep_files
from connectors.mail.filing import file_message
from connectors.mail.identity import identity_noted, identity_of
from connectors.mail.incidents import report_incident
from connectors.mail.loops import read_loop_marks
from connectors.mail.mailboxes.queries import Mailbox, Mailboxes, read_mailboxes
from connectors.mail.models import RawMailStatus
from connectors.mail.parsing import Address, ParsedMail, parse_mail
from connectors.mail.raw_store import bytes_of
from connectors.mail.reports import note_report
from connectors.mail.statements import CLAIM_RAW, END_RAW, KNOWN, READ_RAW
from connectors.mail.threading import Thread, join_thread, names_noted, names_of, thread_key
from connectors.mail.tokens import ticket_of_addresses, ticket_of_ids
from desk.application import Desk
from desk.tickets.events import NobodyWaits, open_ticket
from desk.tickets.models import Message, TicketType
from desk.tickets.operations import MessageKind, receive_message
from desk.tickets.types import BASIC, type_by_key
from engine.actors import Actor
from engine.operators import OperatorError, Text
from engine.statements import Change, change, run
from engine.timestamps import utc_now

log = logging.getLogger(__name__)

UNVERIFIED = Text(
    "Unverified sender: this mail names {name} of the desk as its author, which nothing proves. "
    "It was not sent to the customer.",
    "发件人未经验证：此邮件自称由本服务台的 {name} 发出，但无法证实，因此未发送给客户。",
)


@dataclass(frozen=True)
class _Raw:
    """The mail as it lies there."""

    id: int
    status: str
    content: bytes
    envelope_from: str | None  # None: not told (IMAP, API)
    envelope_to: tuple[str, ...]
    mailbox_id: int | None  # that it was fetched from
    mailboxes: Mailboxes


def read_mail(
    desk: Desk,
    raw_mail_id: int,
    finish: Callable[[Session, Any], None] = lambda _session, _result: None,
) -> dict[str, Any]:
    """Read one raw mail; returns {"status": RawMailStatus} and the message's number where one was made.

    `finish` is called in the transaction that takes the mail in, to end the job with it. Doing it again changes
    nothing: only a mail whose status is still `received` is read. Side effects: attachments
    in the storage; a message; threads; the ticket's process is told or one is started; an unreadable mail leaves an
    incident.
    """
    raw = _load(desk, raw_mail_id)
    if raw.status != RawMailStatus.RECEIVED:
        return {"status": raw.status}
    try:
        mail = parse_mail(raw.content, envelope_from=raw.envelope_from)
        author = _author(mail, raw)
    except Exception as error:  # noqa: BLE001 - whatever a mail does to the parser, the next mail goes on
        log.warning("a mail cannot be read", exc_info=error, extra={"raw_mail_id": raw.id})
        return _unparseable(desk, raw, error)
    if author is None:
        return _unparseable(desk, raw, ValueError("nobody is named as its sender"))
    files = keep_files(desk, mail.attachments)
    try:
        with desk.database.transaction() as session:
            result = _Ingest(desk, session, raw, mail, author, files).run()
            finish(session, result)
    except _Taken:
        return {"status": "taken"}
    return result


def _load(desk: Desk, raw_mail_id: int) -> _Raw:
    with desk.database.reading() as session:
        row = run(session, READ_RAW, {"wanted": raw_mail_id}).one()
        mailboxes = read_mailboxes(session, desk.settings)
    is_new = row.status == RawMailStatus.RECEIVED
    return _Raw(
        id=raw_mail_id,
        status=row.status,
        content=bytes_of(desk.storage, row.content, row.storage_key) if is_new else b"",
        envelope_from=row.envelope_from if row.source in ("smtp", "lmtp") else None,
        envelope_to=tuple(row.envelope_to),
        mailbox_id=row.mailbox_id,
        mailboxes=mailboxes,
    )


def _author(mail: ParsedMail, raw: _Raw) -> Address | None:
    if mail.from_ is not None and mail.from_.address:
        return mail.from_
    if raw.envelope_from:
        return Address(mail.from_.name if mail.from_ else "", raw.envelope_from)
    # A delivery report may name nobody; it needs no author.
    return Address("", "") if mail.delivery_report is not None else None


def _unparseable(desk: Desk, raw: _Raw, error: Exception) -> dict[str, Any]:
    words = f"{type(error).__name__}: {error}".replace("\0", "")[:2000]
    with desk.database.transaction() as session:
        ended = {
            "wanted": raw.id,
            "was": RawMailStatus.RECEIVED.value,
            "status": RawMailStatus.UNPARSEABLE.value,
            "error": words,
            "now": utc_now(),
        }
        if not run(session, END_RAW, ended).rowcount:
            return {"status": "taken"}  # by another worker, who could read it
        report_incident(
            desk,
            session,
            Text(
                f"Mail {raw.id} cannot be read ({words}). It was kept: /mail/raw/{raw.id}",
                f"邮件 {raw.id} 无法读取（{words}）。原文已保留：/mail/raw/{raw.id}",
            ),
            error=error,
        )
    return {"status": str(RawMailStatus.UNPARSEABLE)}


class _Taken(Exception):
    """Another worker was faster; its transaction has all of the mail."""


@dataclass
class _Ingest:
    """The transaction in which one mail takes its place."""

    desk: Desk
    session: Session
    raw: _Raw
    mail: ParsedMail
    author: Address
    files: KeptFiles

    @cached_property
    def mailbox(self) -> Mailbox:
        """The mailbox of the desk that the mail came to."""
        to = (address.address for address in (*self.mail.to, *self.mail.cc))
        named = (*self.mail.delivered_to, *to)
        return self.raw.mailboxes.receiving(self.raw.mailbox_id, self.raw.envelope_to, named)

    def run(self) -> dict[str, Any]:
        secret, mail = self.desk.settings.secret_key, self.mail
        came_back, hops = read_loop_marks(secret, mail.own_marks)
        came_back = came_back or ticket_of_ids(secret, [mail.message_id or ""]) is not None
        is_said = mail.delivery_report is None and not came_back
        names = names_of(mail.message_id, self._ancestors())
        is_first, new = self._claim(hops, names_noted(self.session, names) if is_said else [])
        if not is_first:
            return self._end(RawMailStatus.DUPLICATE)
        if mail.delivery_report is not None:
            note_report(
                self.desk,
                self.session,
                mail.delivery_report,
                recipients=self._recipients(),
                raw_mail_id=self.raw.id,
            )
            return self._end(RawMailStatus.REPORT)
        if came_back:
            return self._end(RawMailStatus.LOOP)
        return self._take_in(join_thread(self.session, names, self.author.address, new=new))

    def _claim(self, hops: int, naming: list[Change]) -> tuple[bool, int]:
        """Mark the mail as read, with the facts that an answer will need; also the lock on its row.

        Returns whether no mail of its identity was taken before, and how many of the ids it names are new.
        """
        mail = self.mail
        facts = {
            "wanted": self.raw.id,
            "mail_message_id": mail.message_id,
            "ancestors": self._ancestors()[-20:],
            "sender": self.author.address[:320],
            "reply_to": mail.reply_to[0].address[:320] or None if mail.reply_to else None,
            "automatic_reason": (mail.automatic_reason or "")[:64] or None,
            "loop_hops": hops,
            "mailbox_id": self.mailbox.id,
            "now": utc_now(),
        }
        identity = identity_of(mail)
        alike = [] if identity is None else [identity_noted(self.session, identity, self.raw.id)]
        claimed, *counts = change(self.session, [(CLAIM_RAW, facts), *alike, *naming])
        if not claimed:
            raise _Taken
        return not alike or bool(counts[0]), counts[-1] if naming else 0

    def _end(self, status: RawMailStatus) -> dict[str, Any]:
        ended = {
            "wanted": self.raw.id,
            "was": RawMailStatus.PARSED.value,
            "status": status.value,
            "error": None,
            "now": utc_now(),
        }
        run(self.session, END_RAW, ended)
        return {"status": status.value}

    def _take_in(self, thread: Thread) -> dict[str, Any]:
        mail, secret = self.mail, self.desk.settings.secret_key
        by_token = ticket_of_addresses(secret, self._recipients())
        if by_token is None:
            by_token = ticket_of_ids(secret, reversed(self._ancestors()))
        ticket_id = by_token if by_token is not None else thread.ticket_id
        known = self._known(ticket_id) if ticket_id is not None else None
        if known is None:
            message = self._message(thread.id, "customer", None)
            return self._start(message, previous_ticket=None)
        if mail.is_automatic:
            return self._file(self._message(thread.id, "automatic", known), known)
        if known.impersonated is not None:
            words = UNVERIFIED.in_(self.desk.settings.locale).format(name=known.impersonated)
            return self._file(self._message(thread.id, "note", known, remark=words), known)
        message = self._message(thread.id, "customer", known)
        delivery = self.desk.engine.message(
            self.session,
            "customer.wrote",
            {"message_id": message.id},
            actor=Actor.from_json(message.author),
            correlation=f"ticket:{known.ticket_id}",
        )
        if not delivery.instances:
            # Nobody waits for words on that ticket any more: they are the beginning of a new one.
            return self._start(message, previous_ticket=known.ticket_id)
        return self._done(message)

    def _known(self, ticket_id: int) -> "_Known | None":
        """What there is to know before words are put on an existing ticket; None when it is gone."""
        sender = normal_or_none(self.author.address) or ""
        row = run(self.session, KNOWN, {"wanted": ticket_id, "sender": sender}).one_or_none()
        if row is None:
            return None
        if row.merged_into_id is not None:
            return self._known(row.merged_into_id)  # that one goes on for both
        is_customer = row.sender_id is not None and row.sender_id == row.contact_id
        return _Known(ticket_id, row.sender_id, None if is_customer else row.user_name)

    def _message(
        self, thread: UUID, kind: MessageKind, known: "_Known | None", *, remark: str = ""
    ) -> Message:
        mail = self.mail
        if mail.newest_text.strip():
            text, quoted, html = mail.newest_text, mail.quoted_text, mail.newest_html
        else:
            text, quoted, html = mail.text, "", mail.html
        text, html = self.files.add_remarks(text, html)
        if remark:
            text, html = f"[{remark}]\n\n{text}", f"<p>[{escape(remark)}]</p>{html}" if html else ""
        name = self.author.name or self.author.address
        if kind == "note":
            author = Actor("system", None, name[:200])  # whoever it was, it was proved by nothing
        else:
            author = Actor("contact", known.sender_id if known else None, name[:200])
        return receive_message(
            self.session,
            kind=kind,
            channel="mail",
            author=author,
            subject=mail.subject,
            text=text,
            quoted=quoted,
            html=html or None,
            attachments=self.files.files,
            sender_mail=self.author.address,
            mail_message_id=thread_key(mail.message_id) if mail.message_id else None,
            thread=thread,
            raw_mail_id=self.raw.id,
            automatic=mail.is_automatic,
        )

    def _start(self, message: Message, *, previous_ticket: int | None) -> dict[str, Any]:
        payload: dict[str, Any] = {"message_id": message.id}
        if previous_ticket is not None:
            payload["previous_ticket"] = previous_ticket
        if self.mailbox.team_id is not None:
            payload["team_id"] = self.mailbox.team_id
        actor, kind = Actor.from_json(message.author), self._kind()
        if kind is not None:
            try:
                open_ticket(
                    self.session, self.desk.engine, message, actor=actor, title=self.mail.subject,
                    priority=kind.priority, kind=kind, more=payload,
                )  # fmt: skip
            except NobodyWaits as error:
                raise OperatorError(f"no deployed diagram makes tickets of {kind.key}") from error
            return self._done(message)
        delivery = self.desk.engine.message(self.session, "mail.received", payload, actor=actor)
        if not delivery.started and not delivery.instances:
            # The mail stays `received`, the job fails, and a person sees why: nothing is lost meanwhile.
            raise OperatorError("no deployed diagram starts with the message mail.received")
        return self._done(message)

    def _kind(self) -> TicketType | None:
        """The type of tickets that mail to this mailbox becomes; None for general ones, whose diagram takes mail."""
        key = self.mailbox.type
        if key is None or key == BASIC:
            return None
        found = type_by_key(self.session, key)
        return found if found is not None and found.active else None

    def _file(self, message: Message, known: "_Known") -> dict[str, Any]:
        file_message(self.desk, self.session, message, known.ticket_id)
        return self._done(message)

    def _done(self, message: Message) -> dict[str, Any]:
        return {"status": str(RawMailStatus.PARSED), "message_id": message.id}

    def _ancestors(self) -> list[str]:
        """The ids the mail names, oldest first; In-Reply-To is its parent, so it comes last."""
        parents = self.mail.in_reply_to
        return [*(i for i in self.mail.references if i not in parents), *parents]

    def _recipients(self) -> list[str]:
        """The envelope's recipients first: the headers' are only what the sender says."""
        return [*self.raw.envelope_to, *(a.address for a in (*self.mail.to, *self.mail.cc))]


@dataclass(frozen=True)
class _Known:
    """The ticket a mail belongs to. `sender_id` is its sender's contact, `impersonated` the name of a user of the
    desk whose address it bears without being the ticket's own customer.
    """

    ticket_id: int
    sender_id: int | None
    impersonated: str | None
