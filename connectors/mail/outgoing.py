"""Sending one mail of a ticket: who gets it, whether it may be sent at all, and what is remembered of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from connectors.mail.composing import OutgoingFile, OutgoingMail
from connectors.mail.correspondence import (
    Correspondence,
    Spoken,
    normal_or_none,
    read_correspondence,
    read_spoken,
)
from connectors.mail.delivering import deliver
from connectors.mail.loops import LOOP_HEADER, MOST_HOPS, answer_noted, loop_mark
from connectors.mail.mailboxes.queries import Mailbox, Mailboxes, read_mailboxes
from connectors.mail.statements import BEGINNING, INSERT_SENT, MARK_SENT, MARK_UNSENT
from connectors.mail.tokens import outgoing_message_id, reply_address
from connectors.mail.wording import Kind, Words, worded
from desk.application import Desk
from desk.portal.tracking import tracking_url
from desk.settings import Settings
from desk.tickets.copies import Copy
from engine.actors import SYSTEM
from engine.operators import PermanentFailure
from engine.statements import run, write
from engine.timestamps import utc_now

BY_A_PERSON: frozenset[Kind] = frozenset({"reply"})  # all other kinds are automatic (RFC 3834)
DONE = ("sent", "bounced")


@dataclass(frozen=True)
class Order:
    """What is to be sent. `unique` stays the same over all tries; the Message-ID is made of it."""

    ticket_id: int
    kind: Kind
    unique: str
    message_id: int | None = None  # the desk's message that is the mail (an agent's reply)
    subject: str = ""
    words: str = ""

    @property
    def is_automatic(self) -> bool:
        """Whether no person wrote it."""
        return self.kind not in BY_A_PERSON


@dataclass(frozen=True)
class _Facts:
    """What was read in one go, before anything is sent."""

    talk: Correspondence
    spoken: Spoken | None
    recipient: str | None
    mailboxes: Mailboxes
    mailbox: Mailbox  # from which it goes out

    @property
    def cc(self) -> list[Copy] | None:
        """Who shall get it beside its recipient, as the message says; None for nobody."""
        return list(self.spoken.cc) or None if self.spoken else None


def send(
    desk: Desk,
    order: Order,
    finish: Callable[[Session, Any], None] = lambda _session, _result: None,
) -> dict[str, Any]:
    """Send the mail, once; returns {"sent": bool, …} with the Message-ID or the reason why not.

    `finish` is called with the result in the transaction that remembers the mail, to end the job with it.
    Reasons: `no_address`, `own_address`, and for automatic kinds `part`, `automatic`, `loop`, `rate`.
    Side effects after the hand-over: the message's delivery (automatic kinds get a message of their own), the
    thread's id, the address's count of automatic answers; pages that show the ticket are told.
    Raises OperatorError or PermanentFailure as `delivering.deliver`.
    """
    settings = desk.settings
    domain = settings.mail_address.rpartition("@")[2]
    message_id = outgoing_message_id(settings.secret_key, domain, order.ticket_id, order.unique)
    with desk.database.reading() as session:
        facts = _read(session, settings, order, message_id)
    if facts.talk.earlier_delivery in DONE:
        return {"sent": True, "mail": message_id}
    recipient = facts.recipient
    if recipient is None:
        return _unsent(desk, order, "no_address", finish)
    if reason := _reason_not_to_send(settings, order, facts, recipient):
        return _unsent(desk, order, reason, finish)
    words = _words(settings, order, facts)
    cc = _cc(facts, recipient)
    mail = _compose(desk, order, facts, words, message_id, recipient, cc)
    try:
        refused = deliver(
            settings,
            facts.mailbox,
            mail.as_bytes(),
            message_id=message_id,
            sender=mail.reply_to,  # a bounce finds its ticket by the token, even if it tells no Message-ID
            recipient=recipient,
            cc=[one["address"] for one in cc],
        )
    except PermanentFailure:
        with desk.database.transaction() as session:
            _record(desk, session, order, facts, words, message_id, "failed", facts.cc)
        raise
    result = {"sent": True, "mail": message_id}
    states = _cc_states(facts, cc, refused)
    try:
        with desk.database.transaction() as session:
            _record(desk, session, order, facts, words, message_id, "sent", states)
            finish(session, result)
    except Exception:
        # The step that follows failed, and the next try repeats it; the mail is out and must not be repeated.
        with desk.database.transaction() as session:
            _record(desk, session, order, facts, words, message_id, "sent", states)
        raise
    return result


def _unsent(
    desk: Desk, order: Order, reason: str, finish: Callable[[Session, Any], None]
) -> dict[str, Any]:
    """Nothing goes out, and an agent's reply says so."""
    result = {"sent": False, "reason": reason}
    if order.message_id is not None:
        with desk.database.transaction() as session:
            write(session, [(MARK_UNSENT, [{"wanted": order.message_id, "now": utc_now()}])])
            _tell_pages(desk, session, order, "unsent")
            finish(session, result)
    return result


def _read(session: Session, settings: Settings, order: Order, message_id: str) -> _Facts:
    talk = read_correspondence(session, order.ticket_id, message_id.strip("<>"))
    spoken = None
    if order.message_id is not None:
        spoken = read_spoken(session, order.ticket_id, order.message_id)
    mailboxes = read_mailboxes(session, settings)
    mailbox = _mailbox(session, order.ticket_id, mailboxes)
    return _Facts(talk, spoken, _recipient(order, talk), mailboxes, mailbox)


def _mailbox(session: Session, ticket_id: int, mailboxes: Mailboxes) -> Mailbox:
    if len(mailboxes.all) == 1:
        return mailboxes.all[0]
    began = run(session, BEGINNING, {"wanted": ticket_id}).one_or_none()
    by_mail = began is not None and began.raw_mail_id is not None
    return mailboxes.answering(by_mail, began.mailbox_id if by_mail else None)


def _recipient(order: Order, talk: Correspondence) -> str | None:
    """Where the customer wants to be answered; an automatic answer does not follow Reply-To (RFC 3834 §4).

    Only the ticket's customer redirects answers: whoever else joined the talk, with whatever Reply-To, does not.
    """
    answered = talk.answered
    if answered is not None and answered.from_customer:
        if not order.is_automatic and answered.reply_to:
            return answered.reply_to
        if answered.sender:
            return answered.sender
    return talk.addresses[0] if talk.addresses else None


def _cc(facts: _Facts, recipient: str) -> list[Copy]:
    """Who gets the mail beside its recipient: nobody twice, and no mailbox of the desk."""
    return [
        one
        for one in facts.cc or ()
        if one["address"] != normal_or_none(recipient) and facts.mailboxes.of(one["address"]) is None
    ]


def _cc_states(facts: _Facts, cc: Sequence[Copy], refused: Collection[str]) -> list[Copy] | None:
    """How far the mail has come with each; None for a mail that only its recipient gets."""
    went = {one["address"] for one in cc}

    def state(address: str) -> str:
        if address in refused:
            return "refused"
        return "own" if address not in went and facts.mailboxes.of(address) is not None else "sent"

    return [{**one, "state": state(one["address"])} for one in facts.cc or ()] or None


def _reason_not_to_send(
    settings: Settings, order: Order, facts: _Facts, recipient: str
) -> str | None:
    if facts.mailboxes.of(recipient) is not None:
        return "own_address"
    if not order.is_automatic:
        return None
    if facts.talk.is_part and order.kind != "message":
        return "part"  # fifteen parts would greet the customer fifteen times
    answered = facts.talk.answered
    if answered is not None and answered.is_automatic:
        return "automatic"
    if answered is not None and answered.loop_hops >= MOST_HOPS:
        return "loop"
    answers = facts.talk.answers.get(_rate_key(recipient), 0)
    return "rate" if answers >= settings.mail_rate_per_hour else None


def _words(settings: Settings, order: Order, facts: _Facts) -> Words:
    talk, spoken = facts.talk, facts.spoken
    track = tracking_url(settings, order.ticket_id)
    values = {
        "number": talk.number,
        "title": talk.title,
        "contact": talk.contact_name,
        "company": settings.company,
        "brand_color": settings.brand_color,
        "tracking_url": track,
        "rating_url": f"{track}#rate",
        "reopen_days": settings.ticket_reopen_days,
        "subject": order.subject,
        "words": spoken.text if spoken else order.words,
        "author": spoken.author if spoken else settings.company,
    }
    html_body = spoken.html if spoken else None
    return worded(order.kind, talk.locale or settings.locale, values, html_body=html_body)


def _compose(
    desk: Desk,
    order: Order,
    facts: _Facts,
    words: Words,
    message_id: str,
    recipient: str,
    cc: Sequence[Copy],
) -> OutgoingMail:
    settings, answered = desk.settings, facts.talk.answered
    headers: dict[str, str] = {}
    hops = 1
    if order.is_automatic:
        hops += answered.loop_hops if answered else 0
        answers = order.kind == "acknowledgement" and answered is not None
        headers["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"
        headers["X-Auto-Response-Suppress"] = "All"  # the same, for Microsoft Exchange
    headers[LOOP_HEADER] = loop_mark(settings.secret_key, hops)
    parent = f"<{answered.mail_message_id}>" if answered and answered.mail_message_id else None
    before = [f"<{reference}>" for reference in answered.references] if answered else []
    files = facts.spoken.files if facts.spoken else ()
    return OutgoingMail(
        message_id=message_id,
        from_name=facts.mailbox.name,
        from_address=facts.mailbox.address,
        to_name=facts.talk.contact_name,
        to_address=recipient,
        reply_to=reply_address(settings.secret_key, facts.mailbox.address, order.ticket_id),
        subject=words.subject,
        text=words.text,
        html=words.html,
        date=utc_now(),
        in_reply_to=parent,
        references=[*before, parent] if parent else before,
        cc=[(one["name"], one["address"]) for one in cc],
        headers=headers,
        files=[
            OutgoingFile(file.filename, file.content_type, desk.storage.get(file.storage_key))
            for file in files
        ],
    )


def _record(
    desk: Desk,
    session: Session,
    order: Order,
    facts: _Facts,
    words: Words,
    message_id: str,
    delivery: str,
    cc: Sequence[Copy] | None,
) -> None:
    talk, own_id, now = facts.talk, message_id.strip("<>"), utc_now()
    thread = (talk.answered.thread if talk.answered else None) or uuid4()
    known = order.message_id if order.message_id is not None else talk.earlier_id
    if known is not None:
        sent = {
            "wanted": known,
            "new_thread": thread,
            "own_id": own_id,
            "how": delivery,
            "states": list(cc) if cc is not None else None,
            "now": now,
        }
        writes = [(MARK_SENT, [sent])]
    else:
        made = {
            "ticket_id": order.ticket_id,
            "thread": thread,
            "kind": "automatic",
            "channel": "mail",
            "author": SYSTEM.as_json(),
            "subject": words.subject[:400],
            "text": words.text,
            "quoted": "",
            "automatic": True,
            "mail_message_id": own_id,
            "delivery": delivery,
            "created_at": now,
            "updated_at": now,
        }
        writes = [(INSERT_SENT, [made])]
    if delivery == "sent" and order.is_automatic and facts.recipient:
        writes.append(answer_noted(session, _rate_key(facts.recipient)))
    write(session, writes)
    _tell_pages(desk, session, order, delivery)


def _tell_pages(desk: Desk, session: Session, order: Order, delivery: str) -> None:
    desk.live.publish(
        session,
        f"ticket:{order.ticket_id}",
        "message.sent",
        {"ticket_id": order.ticket_id, "delivery": delivery},
    )


def _rate_key(address: str) -> str:
    return normal_or_none(address) or address[:320]
