"""Prints tickets by a layout: one now, many in a batch."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.application import Desk
from desk.audit.operations import record
from desk.contacts.models import Contact
from desk.tickets.models import Attachment, Message, Ticket
from desk.tickets.types import type_by_key
from engine import inspection
from engine.actors import Actor
from printing import log  # noqa: F401 - declares the actions
from printing.facts import Facts, ticket_facts
from printing.pack import pack_facts
from printing.pictures import MOST, TYPES, Pictures
from printing.press import Limits, Order, Sheet, press
from printing.queries import Layout
from printing.report import report_facts
from printing.steps import done_steps, signature_in
from printing.wording import speaking

PATIENT = Limits(seconds=60)  # an audit pack of thousands of rows


def ticket_order(
    session: Session, desk: Desk, ticket: Ticket, layout: Layout, *, actor: Actor, locale: str
) -> Order:
    """What the press must know to print one ticket."""
    title = f"{ticket.number} {ticket.title}"
    with speaking(desk, locale):
        if layout.kind.archive:
            facts, attached = pack_facts(session, desk, ticket, by=actor.name, locale=locale)
            return Order(
                layout.source,
                [facts],
                locale,
                title,
                attached=attached,
                archive=True,
                limits=PATIENT,
            )
        if layout.kind.many:
            facts = report_facts(desk, [ticket], by=actor.name)
            return Order(layout.source, [facts], locale, title)
        files: dict[str, bytes] = {}
        facts = _facts(session, desk, ticket, layout, files, by=actor.name, locale=locale)
    return Order(layout.source, [facts], locale, title, files=files)


def print_ticket(
    desk: Desk, ticket_id: int, layout: Layout, *, actor: Actor, locale: str
) -> tuple[Ticket, Sheet]:
    """One ticket as PDF. Side effects: a line of the log. Raises PrintRefused, LookupError."""
    with desk.reading() as session:
        found = tickets(session, [ticket_id])
        if not found:
            raise LookupError(ticket_id)
        order = ticket_order(session, desk, found[0], layout, actor=actor, locale=locale)
    sheet = press().prints(order)
    with desk.database.transaction() as session:
        log_printed(session, [found[0]], layout, actor=actor)
    return found[0], sheet


def log_printed(session: Session, found: Sequence[Ticket], layout: Layout, *, actor: Actor) -> None:
    """Write down who took what away on paper."""
    one = found[0] if len(found) == 1 else None
    record(
        session,
        "tickets_printed",
        actor=actor,
        subject=f"ticket:{one.id}" if one else "tickets",
        ticket_id=one.id if one else None,
        new={
            **({"number": one.number} if one else {"tickets": len(found)}),
            "layout": layout.key,
            "version": layout.version,
        },
    )


def report_order(
    desk: Desk, found: Sequence[Ticket], layout: Layout, *, actor: Actor, locale: str
) -> Order:
    """One document over many tickets."""
    with speaking(desk, locale):
        facts = report_facts(desk, found, by=actor.name)
    return Order(layout.source, [facts], locale, layout.name.get(locale[:2], ""), limits=PATIENT)


def batch_order(
    session: Session,
    desk: Desk,
    found: Sequence[Ticket],
    layout: Layout,
    *,
    actor: Actor,
    locale: str,
) -> Order:
    """One part of a batch: some tickets, each with pages and page numbers of its own."""
    files: dict[str, bytes] = {}
    every: list[Facts] = []
    with speaking(desk, locale):
        for ticket in found:
            if layout.kind.archive:
                facts, _ = pack_facts(session, desk, ticket, by=actor.name, locale=locale)
            else:
                facts = _facts(session, desk, ticket, layout, files, by=actor.name, locale=locale)
            every.append(facts)
    title = layout.name.get(locale[:2], layout.key)
    return Order(layout.source, every, locale, title, files=files, limits=Limits(seconds=120))


def tickets(session: Session, ids: Sequence[int]) -> list[Ticket]:
    """The tickets with all that is printed of them, in the order of `ids`; those that are gone are left out."""
    rows = session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids))
        .options(
            joinedload(Ticket.contact).selectinload(Contact.addresses),
            joinedload(Ticket.company),
            joinedload(Ticket.team),
            joinedload(Ticket.assignee),
        )
    ).unique()
    by_id = {ticket.id: ticket for ticket in rows}
    return [by_id[number] for number in ids if number in by_id]


def default_layout(session: Session, ticket: Ticket, offered: Sequence[Layout]) -> Layout:
    """The layout of the ticket's type, else the plain one."""
    kind = type_by_key(session, ticket.type)
    wanted = kind.print_layout if kind else None
    return next((one for one in offered if one.key == wanted), offered[0])


def _facts(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    layout: Layout,
    files: dict[str, bytes],
    *,
    by: str,
    locale: str,
) -> Facts:
    """What the layout may print, with the pictures that it asks for; these go into `files`."""
    pictures = Pictures(desk.storage, files)
    asked = pictures if "pictures" in layout.source else None
    facts = ticket_facts(session, desk, ticket, by=by, locale=locale, pictures=asked)
    facts |= {"images": [], "steps": [], "signature": None}
    if "steps" in layout.source or "signature" in layout.source:
        rows = inspection.history_of(session, ticket.instance_id)
        facts["steps"] = done_steps(session, desk, ticket, rows, locale, pictures)
        facts["signature"] = signature_in(facts["steps"])
    if "images" in layout.source:
        facts["images"] = _images(session, ticket, pictures)
    return facts


def _images(session: Session, ticket: Ticket, pictures: Pictures) -> list[dict[str, str]]:
    """Pictures that came with the ticket's messages, [{name, address}]."""
    rows = session.scalars(
        select(Attachment)
        .join(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.kind != "note",
            Attachment.content_type.in_(TYPES),
        )
        .order_by(Attachment.id)
        .limit(MOST)
    )
    return [
        {"name": row.filename, "address": address}
        for row in rows
        if (address := pictures.address(row.storage_key))
    ]
