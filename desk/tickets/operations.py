"""What can be done with messages and tickets.

Nothing here decides what happens next or sets a ticket's state: that is what the operators do when
a diagram calls them. Every function takes the caller's open write session; the caller commits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from desk.audit import operations as audit
from desk.database import insert_now
from desk.storage import safe_filename
from desk.tickets.attachments import StoredFile
from desk.tickets.html import clean_html
from desk.tickets.models import Attachment, Message, Ticket, TrailEntry
from engine.actors import Actor
from engine.statements import Write, write
from engine.tables import process_instance
from engine.timestamps import utc_now

_INSERT_TRAIL = Write(insert(cast(Table, TrailEntry.__table__)))

Writes = Sequence[tuple[Write, Sequence[Mapping[str, Any]]]]  # for engine.statements.write
MessageKind = Literal["customer", "reply", "note", "automatic"]
Channel = Literal["mail", "form", "desk", "tracking", "api", "vendor"]


def receive_message(
    session: Session,
    *,
    kind: MessageKind,
    channel: Channel,
    author: Actor,
    subject: str = "",
    text: str = "",
    quoted: str = "",
    html: str | None = None,
    attachments: Sequence[StoredFile] = (),
    contact_id: int | None = None,
    sender_mail: str | None = None,
    sender_phone: str | None = None,
    form_key: str | None = None,
    form_data: Mapping[str, Any] | None = None,
    mail_message_id: str | None = None,
    thread: UUID | None = None,
    raw_mail_id: int | None = None,
    automatic: bool = False,
    cc: Sequence[Mapping[str, str]] = (),
) -> Message:
    """Store something that was said; it belongs to no ticket until a diagram files it.

    A sender who is not known yet is `Actor("contact", None, name)` with `sender_mail` or
    `sender_phone`; the contact is matched or created when the diagram makes a ticket of it.
    `contact_id` names the customer whose words somebody of the desk writes down.
    `cc` is of desk.tickets.copies. `html` is cleaned here. Side effects: one message row and a row for each attachment.
    """
    message = Message(
        kind=kind,
        channel=channel,
        author=author.as_json(),
        subject=_one_line(subject)[:400],
        text=_storable(text),
        quoted=_storable(quoted),
        html=clean_html(_storable(html)) if html else None,
        contact_id=contact_id,
        sender_mail=(sender_mail or "")[:254] or None,
        sender_phone=(sender_phone or "")[:40] or None,
        form_key=form_key,
        form_data=dict(form_data) if form_data is not None else None,
        mail_message_id=mail_message_id[:400] if mail_message_id else None,
        thread=thread,
        raw_mail_id=raw_mail_id,
        automatic=automatic,
        cc=[dict(one) for one in cc] or None,
    )
    insert_now(session, message)
    attach_files(session, message, attachments)
    return message


def lock(session: Session, ticket: Ticket) -> None:
    """Hold the ticket's process, then the ticket, as it stands now: the order in which steps lock them too."""
    held = select(process_instance.c.id).where(process_instance.c.id == ticket.instance_id)
    session.execute(held.with_for_update())
    session.refresh(ticket, with_for_update={"of": Ticket})


def filed(message: Message, ticket: Ticket, author: Actor) -> Writes:
    """What puts a stored message under a ticket; `author` is who is known by now to have written it."""
    values = {"wanted": message.id, "ticket": ticket.id, "by": author.as_json(), "now": utc_now()}
    set_committed_value(message, "ticket_id", ticket.id)
    set_committed_value(message, "author", values["by"])
    return [(_FILE, [values])]


def heard(ticket: Ticket, at: datetime) -> Writes:
    """What notes the time of the ticket's last message."""
    values = {"wanted": ticket.id, "at": at, "now": utc_now()}
    set_committed_value(ticket, "last_message_at", at)
    set_committed_value(ticket, "updated_at", values["now"])
    return [(_HEARD, [values])]


_messages, _tickets = cast(Table, Message.__table__), cast(Table, Ticket.__table__)
_FILE = Write(
    update(_messages)
    .where(_messages.c.id == bindparam("wanted"))
    .values(ticket_id=bindparam("ticket"), author=bindparam("by"), updated_at=bindparam("now"))
)
_HEARD = Write(
    update(_tickets)
    .where(_tickets.c.id == bindparam("wanted"))
    .values(last_message_at=bindparam("at"), updated_at=bindparam("now"))
)


def attach_files(session: Session, message: Message, files: Sequence[StoredFile]) -> None:
    """Add stored files to a message. Side effects: an attachment row each."""
    session.add_all(
        Attachment(
            message_id=message.id,
            filename=safe_filename(file.filename),
            content_type=file.content_type[:127],
            size=file.size,
            sha256=file.sha256,
            storage_key=file.storage_key,
            content_id=file.content_id[:255] if file.content_id else None,
            inline=file.inline,
        )
        for file in files
    )
    if files:
        session.flush()


def write_trail(
    session: Session,
    ticket: Ticket,
    *,
    at: datetime,
    actor: Actor,
    action: str,
    from_state: str | None = None,
    to_state: str | None = None,
    remark: str = "",
    data: Mapping[str, Any] | None = None,
    after: Writes = (),
) -> None:
    """Add a line to the ticket's trail [004 §4.8.2]; `data` holds the names its sentence needs.

    `after` is written before it, in one go with it: what the line tells of.
    """
    # Straight to the driver: every step of every ticket writes one, and nobody needs the record itself.
    now = utc_now()
    line = {
        "ticket_id": ticket.id,
        "at": at,
        "actor": actor.as_json(),
        "action": action[:32],
        "from_state": from_state,
        "to_state": to_state,
        "remark": _storable(remark),
        "data": dict(data or {}),
        "created_at": now,
        "updated_at": now,
    }
    write(session, [*after, (_INSERT_TRAIL, [line])])
    if action == "edited" and data is not None:
        _into_log(session, ticket, actor, data, remark)


def _into_log(
    session: Session, ticket: Ticket, actor: Actor, data: Mapping[str, Any], remark: str
) -> None:
    """A changed field is a matter of the audit log too; what customers wrote is sealed there."""
    field = str(data.get("field", ""))
    audit.record(
        session, "ticket_changed", actor=actor, subject=f"ticket:{ticket.id}", ticket_id=ticket.id,
        old={field: data.get("old")}, new={field: data.get("new")}, reason=remark or None,
        person=f"instance:{ticket.instance_id}" if field in ("title", "contact_id") else None,
    )  # fmt: skip


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL's text cannot hold, and without lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _one_line(text: str) -> str:
    return " ".join(_storable(text).split())
