"""What is asked of form links, and of a ticket as its customer may see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from desk.contacts.models import Contact
from desk.fields.forms import CONTAINER
from desk.fields.models import Field, Kind
from desk.fields.values import held_for, ticket_fields
from desk.forms import Form, FormSchemaError
from desk.portal.models import FormLink
from desk.portal.operations import DEFAULT_SLUG, RATED, WROTE
from desk.tickets.conversation import conversation
from desk.tickets.models import Attachment, Message, Ticket, TicketState, TrailEntry
from desk.tickets.relations.linking import survivor
from desk.tickets.statuses import statuses
from desk.tickets.types import type_of_form
from desk.vendors.models import Transfer
from desk.vendors.queries import with_vendor
from engine import inspection
from engine.errors import UnknownProcess
from engine.runtime import Engine
from engine.tables import deployed_resource, process_version, subscription

# What the customer wrote and what was written to them; notes and the desk's own mails are not shown.
PUBLIC_KINDS = ("customer", "reply")
FORM_MESSAGES = "form."  # names of messages that a form may send begin so


class FormUnusable(Exception):
    """The form of a link cannot be shown: not deployed, or not fit for the public. `str()` says why."""


@dataclass(frozen=True)
class Offer:
    """A deployed form that a link may be made for."""

    process_key: str
    process_name: Mapping[str, str]
    form_key: str
    message: str

    @property
    def value(self) -> str:
        """What a select sends for it."""
        return f"{self.process_key} {self.form_key} {self.message}"


@dataclass(frozen=True)
class Tracked:
    """A ticket as its customer may see it. `entered` says when it last came into each state."""

    ticket: Ticket
    entered: Mapping[str, datetime]
    result: str  # what the desk said when it ended the ticket
    messages: Sequence[Message]
    earlier: int | None  # the id before which earlier messages are found
    awaits: frozenset[str]
    status: Mapping[str, str] | None  # what the desk calls it within its state
    there: Transfer | None  # how it went to another vendor's desk that works on it

    @property
    def may_write(self) -> bool:
        """Whether the process takes the customer's words where it stands."""
        return WROTE in self.awaits

    @property
    def may_rate(self) -> bool:
        """Whether the process takes a rating where it stands."""
        return RATED in self.awaits

    @property
    def who(self) -> str:
        """The person, else the team, that has the ticket; empty if nobody has."""
        holder = self.ticket.assignee or self.ticket.team
        return holder.name if holder else ""


def link_by_slug(session: Session, slug: str) -> FormLink | None:
    """The link at `/f/<slug>`."""
    return session.scalar(select(FormLink).where(FormLink.slug == slug))


def link_by_id(session: Session, link_id: int) -> FormLink | None:
    """The link with this number."""
    return session.get(FormLink, link_id)


def all_links(session: Session) -> Sequence[FormLink]:
    """Open ones first, in the order in which they were made."""
    return session.scalars(select(FormLink).order_by(FormLink.active.desc(), FormLink.id)).all()


def first_link(session: Session) -> FormLink | None:
    """Where a customer with a closed ticket may ask anew: the default link, else the oldest open one."""
    return session.scalar(
        select(FormLink)
        .where(FormLink.active.is_(True))
        .order_by((FormLink.slug != DEFAULT_SLUG), FormLink.id)
        .limit(1)
    )


def public_form(session: Session, engine: Engine, process_key: str, form_key: str) -> Form:
    """The form deployed with the latest version of the process. Raises FormUnusable."""
    try:
        version = engine.library.latest(session, process_key)
    except UnknownProcess as error:
        raise FormUnusable(str(error)) from error
    schema = engine.library.form(session, version, form_key)
    if schema is None:
        raise FormUnusable(f"{process_key} was deployed without a form {form_key!r}")
    try:
        form = Form.from_schema(schema)
    except FormSchemaError as error:
        raise FormUnusable(str(error)) from error
    if form.sources:
        # names of teams and people are not for everybody
        raise FormUnusable(f"the form {form_key!r} offers {', '.join(sorted(form.sources))}")
    return form


def fields_asked(session: Session, process_key: str, form: Form, form_key: str) -> list[Field]:
    """The desk's own fields that a public form asks for beside its own: those required, where its type says so.

    Files, tables and what is not a customer's to fill in are not among them.
    """
    kind = type_of_form(session, process_key, form_key)
    if kind is None or not kind.asks_fields or CONTAINER in form.keys:
        return []
    fields = [
        field
        for field in ticket_fields(session, kind.key)
        if field.required and field.kind not in (Kind.FILE, Kind.TABLE) and field.key not in form.keys
    ]
    held = held_for(fields, None)
    return [field for field in fields if field.key not in held]


def offers(session: Session, engine: Engine) -> list[Offer]:
    """The deployed forms that links may be made for: those of processes that start with a message `form.…`,
    without the forms of their own tasks."""
    rows = session.execute(
        select(process_version, subscription.c.name.label("message"))
        .join(subscription, subscription.c.version_id == process_version.c.id)
        .where(
            process_version.c.latest.is_(True),
            subscription.c.kind == "message",
            subscription.c.name.startswith(FORM_MESSAGES, autoescape=True),
        )
        .order_by(process_version.c.key, subscription.c.name)
    ).all()
    found = []
    for row in rows:
        for form_key in _free_forms(session, engine, row):
            try:
                public_form(session, engine, row.key, form_key)
            except FormUnusable:
                continue  # not fit for the public, so it is not offered
            found.append(Offer(row.key, row.name, form_key, row.message))
    return found


def _free_forms(session: Session, engine: Engine, row: object) -> Iterator[str]:
    """The forms of a deployed version that none of its human tasks shows."""
    version = engine.library.version(session, row.id)  # type: ignore[attr-defined]
    taken = {node.human.form for node in version.program.nodes.values() if node.human}
    names = session.scalars(
        select(deployed_resource.c.name)
        .where(
            deployed_resource.c.deployment_id == version.deployment_id,
            deployed_resource.c.kind == "form",
        )
        .order_by(deployed_resource.c.name)
    )
    for name in names:
        key = name.rpartition("/")[2].removesuffix(".form")
        if key not in taken:
            yield key


def tracked_ticket(
    session: Session, engine: Engine, ticket_id: int | None, *, before: int | None = None
) -> Tracked | None:
    """The ticket as its customer may see it, with its last messages (before the message `before`).

    None for no such ticket. A ticket id of None is looked up all the same, so that a refused token takes its time. Of a
    merged ticket it is the one that goes on: both are the same customer's.
    """
    asked = session.get(Ticket, ticket_id or 0)
    going_on = survivor(session, asked).id if asked is not None else 0
    ticket = session.scalar(
        select(Ticket)
        .where(Ticket.id == going_on, Ticket.deleted_at.is_(None))
        .options(
            joinedload(Ticket.assignee),
            joinedload(Ticket.team),
            joinedload(Ticket.contact).selectinload(Contact.addresses),
        )
    )
    if ticket is None:
        return None
    entered = session.execute(
        select(TrailEntry.to_state, func.max(TrailEntry.at))
        .where(TrailEntry.ticket_id == ticket.id, TrailEntry.to_state.is_not(None))
        .group_by(TrailEntry.to_state)
    )
    talk = conversation(session, ticket.id, before=before, kinds=PUBLIC_KINDS)
    return Tracked(
        ticket,
        {str(state): at for state, at in entered},
        _result(session, ticket),
        talk.messages,
        talk.earlier,
        inspection.awaited(session, ticket.instance_id),
        _status(session, ticket),
        with_vendor(session, ticket.id),
    )


def _status(session: Session, ticket: Ticket) -> Mapping[str, str] | None:
    found = statuses(session).get(ticket.status) if ticket.status else None
    return found.title if found else None


def _result(session: Session, ticket: Ticket) -> str:
    """The words with which the ticket was ended; the closing mail carries the same."""
    if ticket.state != TicketState.ENDED:
        return ""
    return (
        session.scalar(
            select(TrailEntry.remark)
            .where(TrailEntry.ticket_id == ticket.id, TrailEntry.to_state == TicketState.ENDED)
            .order_by(TrailEntry.id.desc())
            .limit(1)
        )
        or ""
    )


def public_attachment(
    session: Session, ticket_id: int | None, attachment_id: int
) -> Attachment | None:
    """A file of a message that the ticket's customer may read; None for any other."""
    asked = session.get(Ticket, ticket_id or 0)
    return session.scalar(
        select(Attachment)
        .join(Attachment.message)
        .where(
            Attachment.id == attachment_id,
            Message.ticket_id == (survivor(session, asked).id if asked is not None else 0),
            Message.kind.in_(PUBLIC_KINDS),
        )
    )
