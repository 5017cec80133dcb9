"""The statements that run for every mail, built once: making a statement anew costs more than running it."""

from functools import cache
from typing import cast

from sqlalchemy import (
    String,
    Table,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from connectors.mail.models import RawMail, RawMailStatus, mail_identity, mail_thread, sender_rate
from desk.contacts.models import Contact, ContactAddress
from desk.people.models import User
from desk.tickets.models import Message, Ticket
from engine.statements import Query, Write, values_of
from engine.timestamps import UtcDateTime

_RAW_MAIL = cast(Table, RawMail.__table__)
_MESSAGE = cast(Table, Message.__table__)
_raw = _RAW_MAIL.c
_message = _MESSAGE.c

READ_RAW = Query(
    select(
        _raw.status,
        _raw.source,
        _raw.envelope_from,
        _raw.envelope_to,
        _raw.content,
        _raw.storage_key,
        _raw.mailbox_id,
    ).where(_raw.id == bindparam("wanted"))
)

# Takes the mail for this transaction; a mail that was read already is not taken.
CLAIM_RAW = Write(
    update(_RAW_MAIL)
    .where(_raw.id == bindparam("wanted"), _raw.status == RawMailStatus.RECEIVED.value)
    .values(
        status=RawMailStatus.PARSED.value,
        mail_message_id=bindparam("mail_message_id"),
        references=bindparam("ancestors"),
        sender=bindparam("sender"),
        reply_to=bindparam("reply_to"),
        automatic_reason=bindparam("automatic_reason"),
        loop_hops=bindparam("loop_hops"),
        mailbox_id=bindparam("mailbox_id"),
        updated_at=bindparam("now"),
    )
)
END_RAW = Query(
    update(_RAW_MAIL)
    .where(_raw.id == bindparam("wanted"), _raw.status == bindparam("was"))
    .values(status=bindparam("status"), error=bindparam("error"), updated_at=bindparam("now"))
)


@cache
def insert_identity(for_sqlite: bool) -> Write:
    """Parameters digest, raw_mail_id; changes a row when the identity is new."""
    insert = sqlite.insert if for_sqlite else postgresql.insert
    return Write(insert(mail_identity).on_conflict_do_nothing(index_elements=["digest"]))


@cache
def insert_threads(for_sqlite: bool) -> Write:
    """Parameters keys (a list, sorted), own; changes a row for each id that is new."""
    insert = sqlite.insert if for_sqlite else postgresql.insert
    key = values_of("keys", String, for_sqlite=for_sqlite)
    rows = select(key, bindparam("own", type_=mail_thread.c.thread.type)).order_by(key)
    if for_sqlite:
        rows = rows.where(true())  # without a WHERE, SQLite takes ON CONFLICT for a join
    return Write(
        insert(mail_thread)
        .from_select(["message_id", "thread"], rows)
        .on_conflict_do_nothing(index_elements=["message_id"])
    )


@cache
def threads(for_sqlite: bool) -> Query:
    """What is known of `keys`: that they were named (`sender_mail` is null), and which messages bear them."""
    keys = select(values_of("keys", String, for_sqlite=for_sqlite))
    return Query(
        union_all(
            select(
                mail_thread.c.message_id,
                mail_thread.c.thread,
                select(func.max(_message.ticket_id))
                .where(_message.thread == mail_thread.c.thread)
                .scalar_subquery()
                .label("ticket_id"),
                null().label("sender_mail"),
            ).where(mail_thread.c.message_id.in_(keys)),
            select(
                _message.mail_message_id, _message.thread, _message.ticket_id, _message.sender_mail
            ).where(_message.mail_message_id.in_(keys), _message.thread.is_not(None)),
        )
    )


# The ids of one thread become ids of another.
MOVE_IDS = Write(
    update(mail_thread)
    .where(mail_thread.c.thread == bindparam("stray"))
    .values(thread=bindparam("chosen"))
)

# A ticket a mail belongs to: its customer, the sender's contact, and whether the sender bears an agent's address.
KNOWN = Query(
    select(
        Ticket.contact_id,
        Ticket.merged_into_id,
        select(ContactAddress.contact_id)
        .where(ContactAddress.kind == "mail", ContactAddress.value == bindparam("sender"))
        .scalar_subquery()
        .label("sender_id"),
        select(User.name)
        .where(func.lower(User.email) == bindparam("sender"), User.email != "")
        .limit(1)
        .scalar_subquery()
        .label("user_name"),
    ).where(Ticket.id == bindparam("wanted"))
)

# Also a mail that names no Message-ID is answered or, if no person wrote it, not answered.
_newest_of_customer = (
    select(_message.id)
    .where(
        _message.ticket_id == bindparam("wanted"),
        or_(_message.mail_message_id.is_not(None), _message.raw_mail_id.is_not(None)),
        _message.kind == "customer",
    )
    .order_by(_message.id.desc())
    .limit(1)
    .scalar_subquery()
)
_newest_of_any = (
    select(_message.id)
    .where(_message.ticket_id == bindparam("wanted"), _message.mail_message_id.is_not(None))
    .order_by(_message.id.desc())
    .limit(1)
    .scalar_subquery()
)
_earlier = _MESSAGE.alias("earlier")

# What began a ticket: `raw_mail_id` is None where that was no mail, else `mailbox_id` says where it came to.
BEGINNING = Query(
    select(_message.raw_mail_id, _raw.mailbox_id)
    .outerjoin(_RAW_MAIL, _raw.id == _message.raw_mail_id)
    .where(_message.ticket_id == bindparam("wanted"))
    .order_by(_message.id)
    .limit(1)
)

# All that is asked before a mail is sent; one row for each of the customer's addresses, the oldest first.
CORRESPONDENCE = Query(
    select(
        Ticket.number,
        Ticket.title,
        Ticket.parent_id,
        Ticket.contact_id,
        Contact.name.label("contact_name"),
        Contact.locale,
        ContactAddress.value.label("address"),
        sender_rate.c.answers,
        _message.mail_message_id,
        _message.thread,
        _message.author,
        _message.automatic,
        _raw.sender,
        _raw.reply_to,
        _raw.references.label("ancestors"),
        _raw.automatic_reason,
        _raw.loop_hops,
        _raw.mail_message_id.label("whole_id"),
        _earlier.c.id.label("earlier_id"),
        _earlier.c.delivery.label("earlier_delivery"),
    )
    .select_from(Ticket)
    .outerjoin(Contact, Contact.id == Ticket.contact_id)
    .outerjoin(
        ContactAddress,
        (ContactAddress.contact_id == Ticket.contact_id) & (ContactAddress.kind == "mail"),
    )
    .outerjoin(
        sender_rate,
        (sender_rate.c.address == ContactAddress.value)
        & (sender_rate.c.since > bindparam("since")),
    )
    .outerjoin(_MESSAGE, _message.id == func.coalesce(_newest_of_customer, _newest_of_any))
    .outerjoin(_RAW_MAIL, _raw.id == _message.raw_mail_id)
    .outerjoin(
        _earlier,
        (_earlier.c.mail_message_id == bindparam("own_id")) & (_earlier.c.ticket_id == Ticket.id),
    )
    .where(Ticket.id == bindparam("wanted"))
    .order_by(ContactAddress.id)
)


@cache
def count_answer(for_sqlite: bool) -> Write:
    """Parameters address, now, since_when: one more in the hour that runs, or the first of a new one."""
    insert = sqlite.insert if for_sqlite else postgresql.insert
    running = sender_rate.c.since > bindparam("since_when", type_=UtcDateTime)
    now = bindparam("now", type_=UtcDateTime)
    return Write(
        insert(sender_rate)
        .values(address=bindparam("address"), since=now, answers=1)
        .on_conflict_do_update(
            index_elements=["address"],
            set_={
                "answers": case((running, sender_rate.c.answers + 1), else_=1),
                "since": case((running, sender_rate.c.since), else_=now),
            },
        )
    )


INSERT_SENT = Write(_MESSAGE.insert())
MARK_SENT = Write(
    update(_MESSAGE)
    .where(_message.id == bindparam("wanted"))
    .values(
        thread=func.coalesce(_message.thread, bindparam("new_thread", type_=_message.thread.type)),
        mail_message_id=bindparam("own_id"),
        delivery=bindparam("how"),
        cc=bindparam("states", type_=_message.cc.type),
        updated_at=bindparam("now"),
    )
)
MARK_UNSENT = Write(
    update(_MESSAGE)
    .where(_message.id == bindparam("wanted"))
    .values(delivery="unsent", updated_at=bindparam("now"))
)
