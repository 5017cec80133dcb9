"""What can be done with one-time links: make one, take it back, fill it in, once.

Every function takes the caller's open write session; where one raises, the caller's transaction must be rolled back.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit import actions
from desk.audit.erasure import also_erases
from desk.audit.operations import record
from desk.contacts.addresses import InvalidAddress
from desk.contacts.models import Contact
from desk.contacts.operations import (
    AddressTaken,
    NothingToMatch,
    add_address,
    find_contact,
    match_or_create,
)
from desk.events import emit
from desk.fields.forms import CONTAINER
from desk.fields.values import set_values, shown
from desk.forms.tree import Json, get
from desk.portal.models import OneTimeLink
from desk.portal.once.fields import Asked, Offer
from desk.settings import Settings
from desk.storage import Storage
from desk.tickets.events import request_ticket
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import write_trail
from desk.tickets.relations.linking import survivor
from desk.tickets.types import requested_type
from engine.actors import Actor
from engine.operators import OperatorError, Text
from engine.timestamps import utc_now

ANSWERED: Final = "ticket.link_answered"
MOST_DAYS: Final = 90
MOST_FIELDS: Final = 50
LONGEST_LINE: Final = 500  # characters of an answer in the trail; all of it is in its field

actions.declare(
    {
        "link_made": Text("Made a one-time link", "生成一次性链接"),
        "link_withdrawn": Text("Withdrew a one-time link", "作废一次性链接"),
    }
)


class OnceRefused(OperatorError):
    """A link cannot be made like that; `words` say why. `field` names the entry that is wrong."""

    def __init__(self, field: str, en: str, zh: str) -> None:
        super().__init__(Text(en, zh))
        self.field = field


class NotOpen(Exception):
    """The link takes nothing: it was used, withdrawn, or its time is over."""


def make_link(
    session: Session,
    settings: Settings,
    asked: Sequence[Asked],
    *,
    title: Mapping[str, str],
    days: int,
    type_key: str,
    ticket: Ticket | None = None,
    actor: Actor,
) -> tuple[OneTimeLink, str]:
    """A link and its whole address, which is nowhere kept: only now can it be given away.

    Side effects: a row of one_time_link, an entry in the audit log. Raises OnceRefused.
    """
    if not asked:
        raise OnceRefused("fields", "Choose at least one field.", "请至少选择一个字段。")
    if len(asked) > MOST_FIELDS:
        raise OnceRefused("fields", "At most 50 fields.", "最多 50 个字段。")
    if all(one.mode == "shown" for one in asked):
        raise OnceRefused(
            "fields", "Leave something to be filled in.", "请至少保留一个可填写的字段。"
        )
    if not 1 <= days <= MOST_DAYS:
        raise OnceRefused("days", f"1 to {MOST_DAYS} days.", f"请填写 1 到 {MOST_DAYS} 天。")
    said = {lang: " ".join(text.split())[:200] for lang, text in title.items()}
    if not any(said.values()):
        raise OnceRefused("title_zh", "Give it a title.", "请填写标题。")
    token = secrets.token_urlsafe(24)
    link = OneTimeLink(
        token_hash=_hash(token),
        ticket_id=ticket.id if ticket else None,
        type=type_key,
        title=said,
        fields=[one.as_json() for one in asked],
        expires_at=utc_now() + timedelta(days=days),
        created_by=actor.as_json(),
    )
    session.add(link)
    session.flush()
    record(
        session, "link_made", actor=actor, subject=f"one_time_link:{link.id}",
        ticket_id=link.ticket_id, new={"days": days, "fields": [one.key for one in asked]},
    )  # fmt: skip
    return link, f"{settings.public_url.rstrip('/')}/o/{token}"


def withdraw(session: Session, link: OneTimeLink, *, actor: Actor) -> bool:
    """Take a link back; False when it was used or withdrawn before. Side effects: what it held in advance goes."""
    session.refresh(link, with_for_update=True)
    if link.used_at is not None or link.withdrawn_at is not None:
        return False
    link.withdrawn_at = utc_now()
    _forget(link)
    record(
        session, "link_withdrawn", actor=actor, subject=f"one_time_link:{link.id}",
        ticket_id=link.ticket_id,
    )  # fmt: skip
    return True


def link_of(session: Session, token: str) -> OneTimeLink | None:
    """The link with this token."""
    return session.scalar(select(OneTimeLink).where(OneTimeLink.token_hash == _hash(token)))


def is_open(link: OneTimeLink) -> bool:
    """Whether it can be filled in now."""
    return link.used_at is None and link.withdrawn_at is None and utc_now() < link.expires_at


def fill_in(
    session: Session,
    desk: Desk,
    link_id: int,
    offered: Sequence[Offer],
    values: Mapping[str, Json],
    *,
    locale: str,
) -> tuple[Ticket, bool]:
    """Take what a customer filled in; the ticket, and whether it was opened with it.

    Side effects: the link is used up and forgets what it held; a ticket with its process, or on the link's ticket its
    fields, its customer, a line of the trail and the event ticket.link_answered. Raises NotOpen, FieldRefused, and what
    the diagram raises.
    """
    link = session.get_one(OneTimeLink, link_id, with_for_update={"of": OneTimeLink})
    if not is_open(link):
        raise NotOpen
    asked = [Asked.from_json(kept) for kept in link.fields]
    link.used_at = utc_now()
    _forget(link)
    if link.ticket_id is None:
        return _open(session, desk, link, values, locale), True
    ticket = survivor(session, session.get_one(Ticket, link.ticket_id))
    if ticket.deleted_at is not None:
        raise NotOpen
    keys = [one.key for one in asked if one.mode != "shown"]
    _answer(session, desk, link, ticket, [o for o in offered if o.key in keys], values)
    return ticket, False


def _open(
    session: Session, desk: Desk, link: OneTimeLink, values: Mapping[str, Json], locale: str
) -> Ticket:
    given = _texts(values.get("contact"))
    mail, phone = given.get("mail"), given.get("phone") or given.get("landline")
    contact = find_contact(session, mail=mail, phone=phone)
    if contact is None:
        # without either, the tracking link is the only way back
        with contextlib.suppress(NothingToMatch):
            contact = match_or_create(
                session, mail=mail, phone=phone, name=given.get("name"), locale=locale
            )
            _complete(session, contact, given)
    author = Actor(
        "contact", contact.id if contact else None, given.get("name") or (contact.name if contact else "")
    )
    kind = requested_type(session, link.type, None)
    own = values.get(CONTAINER)
    answers = {k: v for k, v in values.items() if k not in ("title", "text", "contact", CONTAINER)}
    return request_ticket(
        session,
        desk.engine,
        actor=author,
        contact_id=contact.id if contact else None,
        title=str(values.get("title") or "") or next(filter(None, link.title.values())),
        text=str(values.get("text") or ""),
        priority=kind.priority,
        channel="form",
        kind=kind,
        form_data={**answers, **(own if isinstance(own, dict) else {})},
    )


def _answer(
    session: Session,
    desk: Desk,
    link: OneTimeLink,
    ticket: Ticket,
    offered: Sequence[Offer],
    values: Mapping[str, Json],
) -> None:
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    author = Actor("contact", ticket.contact_id, contact.name if contact else "")
    own = values.get(CONTAINER)
    wanted = {o.field.key: own.get(o.field.key) for o in offered if o.field} if isinstance(own, dict) else {}
    if wanted:
        set_values(session, desk, ticket, wanted, actor=author)
    if contact is not None:
        _complete(session, contact, _texts(values.get("contact")))
    zh = (contact.locale if contact else "zh_CN").startswith("zh")
    lines = [
        f"{offer.label.zh if zh else offer.label.en}{'：' if zh else ': '}{said}"
        for offer in offered
        if (said := _said(session, offer, get(values, offer.path), zh=zh))
    ]
    write_trail(
        session, ticket, at=utc_now(), actor=author, action="link_answered",
        remark="\n".join(lines), data={"link": link.id},
    )  # fmt: skip
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    for topic in (f"ticket:{ticket.id}", "tickets"):
        desk.live.publish(session, topic, "ticket.changed", data)
    told = {"link_id": link.id, "fields": [offer.key for offer in offered]}
    emit(session, desk.engine, ANSWERED, told, actor=author, ticket_id=ticket.id)


def _complete(session: Session, contact: Contact, given: Mapping[str, str]) -> None:
    """Keep what the customer says of themselves; an address of somebody else stays theirs, the trail has the words."""
    contact.name = given.get("name") or contact.name
    contact.note = given.get("note") or contact.note
    for name, kind in (("phone", "phone"), ("landline", "phone"), ("mail", "mail")):
        if given.get(name):
            try:
                add_address(session, contact, kind=kind, value=given[name])  # type: ignore[arg-type]
            except (AddressTaken, InvalidAddress):
                continue
    session.flush()


def _said(session: Session, offer: Offer, value: Any, *, zh: bool) -> str:
    if value in (None, "", [], {}):
        return ""
    text = shown(session, offer.field, value)["zh" if zh else "en"] if offer.field else str(value)
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def _texts(given: Json) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {name: value.strip() for name, value in given.items() if isinstance(value, str)}


def _forget(link: OneTimeLink) -> None:
    link.fields = [{**kept, "value": None} for kept in link.fields]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@also_erases
def erase_links(session: Session, storage: Storage, messages: list[Message]) -> None:
    """What links to the customer's tickets held in advance goes."""
    tickets = {message.ticket_id for message in messages if message.ticket_id is not None}
    for link in session.scalars(select(OneTimeLink).where(OneTimeLink.ticket_id.in_(tickets))):
        _forget(link)
