"""What customers can do without an account, and what the desk can do with form links.

Nothing here decides what comes next: a customer's words become a message record, and the process is told of it in the
same transaction. Every function takes the caller's open write session; where one raises, the caller's transaction
must be rolled back.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.operations import record
from desk.contacts.models import Contact
from desk.contacts.operations import NothingToMatch, match_or_create
from desk.portal.models import FormLink
from desk.portal.submitted import Submitted
from desk.tickets.attachments import StoredFile
from desk.tickets.events import NobodyWaits
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import receive_message
from engine.actors import Actor
from engine.delivery import Delivery
from engine.runtime import Engine
from engine.tables import inbox_message

SUBMITTED: Final = "form.submitted"
WROTE: Final = "customer.wrote"
RATED: Final = "customer.rated"

DEFAULT_SLUG: Final = "request"
DEFAULT_TITLE: Final = {"zh": "提交服务请求", "en": "Ask for help"}
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


class SentBefore(Exception):
    """The same words were sent from the same page before; `ticket_id` is what came of them, if anything."""

    def __init__(self, ticket_id: int | None) -> None:
        super().__init__("sent before")
        self.ticket_id = ticket_id


class LinkRefused(ValueError):
    """A form link cannot be made like that. `field` and `reason` say what is wrong."""

    def __init__(self, field: str, reason: Literal["slug", "taken", "title"]) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


# -- customers --------------------------------------------------------------------------------------------------------


def submit_form(
    session: Session,
    engine: Engine,
    link: FormLink,
    submitted: Submitted,
    *,
    files: Sequence[StoredFile],
    locale: str,
    dedupe_key: str,
) -> int | None:
    """Take a filled form; the id of the ticket that the diagram made of it, None if it made none (yet).

    Side effects: a contact if the customer is new (who is written to in `locale`), a message, and whatever starts with
    the link's message. Raises SentBefore, NobodyWaits, and DiagramError or OperatorError of the diagram.
    """
    contact = _customer(session, submitted, locale)
    author = Actor(
        "contact",
        contact.id if contact else None,
        submitted.name or (contact.name if contact else ""),
    )
    message = receive_message(
        session,
        kind="customer",
        channel="form",
        author=author,
        subject=submitted.title,
        text=submitted.text,
        attachments=files,
        contact_id=contact.id if contact else None,
        sender_mail=submitted.mail,
        sender_phone=submitted.phone,
        form_key=link.form_key,
        form_data=submitted.values,
    )
    delivery = engine.message(
        session,
        link.message,
        # the slug lets start events of several diagrams tell their forms apart
        {"message_id": message.id, "form_link": link.slug},
        actor=author,
        dedupe_key=dedupe_key,
    )
    _check(session, delivery, link.message, dedupe_key)
    session.refresh(message, ["ticket_id"])
    return message.ticket_id


def add_words(
    session: Session,
    engine: Engine,
    ticket: Ticket,
    *,
    text: str,
    files: Sequence[StoredFile] = (),
    dedupe_key: str,
) -> Message:
    """The customer writes on the tracking page.

    Side effects: a message, and what the diagram does with it: it files the message and may reopen the ticket. Raises
    SentBefore; NobodyWaits when the ticket is closed for good; DiagramError, OperatorError.
    """
    author = _author(session, ticket)
    message = receive_message(
        session,
        kind="customer",
        channel="tracking",
        author=author,
        subject=ticket.title,
        text=text,
        attachments=files,
        contact_id=ticket.contact_id,
    )
    delivery = engine.message(
        session,
        WROTE,
        {"message_id": message.id},
        actor=author,
        correlation=f"ticket:{ticket.id}",
        dedupe_key=dedupe_key,
    )
    _check(session, delivery, WROTE, dedupe_key)
    return message


def rate_ticket(
    session: Session,
    engine: Engine,
    ticket: Ticket,
    *,
    rating: int,
    comment: str,
    dedupe_key: str,
) -> None:
    """The customer gives 1 to 5 stars. Side effects: what the diagram does with `customer.rated`.

    Raises SentBefore, NobodyWaits, DiagramError, OperatorError.
    """
    delivery = engine.message(
        session,
        RATED,
        {"rating": rating, "comment": comment},
        actor=_author(session, ticket),
        correlation=f"ticket:{ticket.id}",
        dedupe_key=dedupe_key,
    )
    _check(session, delivery, RATED, dedupe_key)


def _customer(session: Session, submitted: Submitted, locale: str) -> Contact | None:
    try:
        return match_or_create(
            session,
            mail=submitted.mail,
            phone=submitted.phone,
            name=submitted.name,
            locale=locale,
        )
    except NothingToMatch:
        return None  # a form may ask for neither; the tracking link is then the only way back


def _author(session: Session, ticket: Ticket) -> Actor:
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    return Actor("contact", ticket.contact_id, contact.name if contact else "")


def _check(session: Session, delivery: Delivery, name: str, dedupe_key: str) -> None:
    if delivery.duplicate:
        raise SentBefore(_ticket_of(session, dedupe_key))
    if not delivery.anywhere:
        raise NobodyWaits(name)


def _ticket_of(session: Session, dedupe_key: str) -> int | None:
    """The ticket of the message that an earlier event with this key spoke of."""
    payload = session.scalar(
        select(inbox_message.c.payload).where(inbox_message.c.dedupe_key == dedupe_key)
    )
    message = (
        session.get(Message, payload["message_id"]) if payload and "message_id" in payload else None
    )
    return message.ticket_id if message else None


# -- form links -------------------------------------------------------------------------------------------------------


def ensure_form_link(
    session: Session,
    *,
    actor: Actor,
    slug: str = DEFAULT_SLUG,
    title: Mapping[str, str] | None = None,
    message: str = SUBMITTED,
    process_key: str = "ticket-basic",
    form_key: str = "request",
) -> FormLink:
    """The link with this slug; made as described when there is none. One that is there is not changed.

    The first start of a desk calls this without arguments but `actor`. Side effects: a row of form_link.
    """
    found = session.scalar(select(FormLink).where(FormLink.slug == slug))
    return found or create_form_link(
        session,
        slug=slug,
        title=title or DEFAULT_TITLE,
        message=message,
        process_key=process_key,
        form_key=form_key,
        actor=actor,
    )


def create_form_link(
    session: Session,
    *,
    slug: str,
    title: Mapping[str, str],
    message: str,
    process_key: str,
    form_key: str,
    actor: Actor,
) -> FormLink:
    """A new public address of a form. `title` is {"zh", "en"}; one of them is enough.

    Raises LinkRefused. Side effects: a row of form_link, an entry in the audit log.
    """
    if not _SLUG.fullmatch(slug):
        raise LinkRefused("slug", "slug")
    said = {language: " ".join(text.split())[:200] for language, text in title.items()}
    if not any(said.values()):
        raise LinkRefused("title_zh", "title")
    if session.scalar(select(FormLink.id).where(FormLink.slug == slug)) is not None:
        raise LinkRefused("slug", "taken")
    link = FormLink(
        slug=slug,
        title=said,
        message=message,
        process_key=process_key,
        form_key=form_key,
        active=True,
        created_by=actor.as_json(),
    )
    session.add(link)
    session.flush()
    record(
        session, "setting_changed", actor=actor, subject=f"form_link:{link.id}",
        new={"slug": slug, "process": process_key, "active": True},
    )  # fmt: skip
    return link


def set_active(session: Session, link: FormLink, *, active: bool, actor: Actor) -> None:
    """Open or close a form link; printed QR codes of a closed one lead to a page that says so. Noted in the log."""
    if link.active != active:
        record(
            session, "setting_changed", actor=actor, subject=f"form_link:{link.id}",
            old={"active": link.active}, new={"active": active},
        )  # fmt: skip
    link.active = active
    session.flush()
