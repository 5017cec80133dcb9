"""Personal values can be forgotten, and the chains that hold them still verify."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.audit.erasure import NoSuchContact, erase_contact
from desk.audit.models import AuditEntry, PersonKey
from desk.audit.operations import record
from desk.audit.personal import PREFIX, conceal, concealed_actor, concealed_data, destroy, revealed
from desk.audit.sealing import seal_new
from desk.audit.verify import verify
from desk.audit.witness import AuditWitness
from desk.contacts.models import Contact, ContactAddress
from desk.fields.models import Field, FieldValue
from desk.tickets.models import Attachment, Message, Ticket, TrailEntry
from desk.tickets.operations import write_trail
from engine.actors import SYSTEM, Actor
from engine.timestamps import utc_now
from tests.desk.audit.conftest import LI

HAN = Actor("contact", 5, "韩梅")


def test_a_sealed_text_opens_until_its_key_is_destroyed(guarded: Desk) -> None:
    with guarded.database.transaction() as session:
        sealed = conceal(session, "contact:5", "13800138000")
        again = conceal(session, "contact:5", "13800138000")
    assert sealed.startswith(PREFIX)
    assert "13800138000" not in sealed
    assert sealed != again, "equal values must not be seen to be equal"
    with guarded.reading() as session:
        assert revealed(session, {"phone": [sealed]}) == {"phone": ["13800138000"]}
    with guarded.database.transaction() as session:
        assert destroy(session, ["contact:5"]) == 1
        assert revealed(session, sealed, "zh_CN") == "（已清除）"
        assert conceal(session, "contact:5", "new") == "(erased)", "no new key is made"
    with guarded.reading() as session:
        assert revealed(session, sealed) == "(erased)"
        assert session.scalars(select(PersonKey.key)).one() is None


def test_a_sealed_text_of_another_person_does_not_open(guarded: Desk) -> None:
    with guarded.database.transaction() as session:
        sealed = conceal(session, "contact:5", "secret")
        conceal(session, "contact:6", "other")
        moved = sealed.replace("contact:5", "contact:6")
        assert revealed(session, moved) == moved


def test_only_what_is_personal_is_sealed(guarded: Desk) -> None:
    instance = UUID(int=1)
    data = {
        "version": 1,
        "set": {"ticket_id": 5, "phone": "138", "priority": "high"},
        "payload": {
            "fields": ["name", "fields.room"],
            "old": {"name": "韩", "fields.room": "302"},
            "new": {"level": "vip"},
        },
    }
    with guarded.database.transaction() as session:
        found = concealed_data(session, instance, data)
        assert found["set"]["priority"] == "high"
        assert found["set"]["phone"].startswith(f"{PREFIX}instance:{instance}:")
        assert found["payload"]["old"]["name"].startswith(PREFIX)
        assert found["payload"]["old"]["fields.room"].startswith(PREFIX)
        assert found["payload"]["new"] == {"level": "vip"}
        assert revealed(session, found) == data
        assert concealed_data(session, instance, {"set": {"n": 1}}) == {"set": {"n": 1}}
        assert concealed_actor(session, LI, instance) == LI.as_json()
        assert concealed_actor(session, HAN, instance)["name"].startswith(f"{PREFIX}contact:5:")
        unknown = concealed_actor(session, Actor("contact", None, "谁"), instance)
        assert unknown["name"].startswith(f"{PREFIX}instance:{instance}:")


def test_the_witness_says_from_where(guarded: Desk) -> None:
    from flask import Flask

    with (
        guarded.database.transaction() as session,
        Flask("test").test_request_context("/", environ_base={"REMOTE_ADDR": "10.0.0.9"}),
    ):
        assert AuditWitness().actor(session, LI, UUID(int=1)) == {
            **LI.as_json(),
            "from": "10.0.0.9",
        }


def test_an_entry_about_a_customer_is_forgotten_and_still_verifies(guarded: Desk) -> None:
    with guarded.database.transaction() as session:
        record(
            session, "contact_changed", actor=LI, subject="contact:5", person="contact:5",
            old={"name": "韩梅", "level": 1}, new={"name": "韩梅梅", "level": 2},
        )  # fmt: skip
    seal_new(guarded.database)
    with guarded.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert entry.old["level"] == 1
        assert revealed(session, entry.old)["name"] == "韩梅"
    with guarded.database.transaction() as session:
        destroy(session, ["contact:5"])
    with guarded.reading() as session:
        assert revealed(session, entry.old)["name"] == "(erased)"
    assert verify(guarded.database, guarded.storage).clean


def test_a_customer_is_erased(guarded: Desk, process: Callable[..., UUID]) -> None:
    instance = process(actor=Actor("contact", None, "x"), ended=None)
    other = process()
    key = guarded.storage.put(b"a photo")
    shared = guarded.storage.put(b"the logo")
    with guarded.database.transaction() as session:
        contact = Contact(name="韩梅", note="likes tea")
        contact.addresses = [ContactAddress(kind="mail", value="han@acme.cn")]
        session.add(contact)
        session.flush()
        ticket = _ticket(session, "WN-1", instance, contact.id)
        theirs = _ticket(session, "WN-2", other, None)
        room = Field(key="room", label={"zh": "房间"}, kind="line")
        session.add(room)
        session.flush()
        for owner in (ticket, theirs):
            session.add(FieldValue(ticket_id=owner.id, field_id=room.id, value="302", text="302"))
            write_trail(
                session, owner, at=utc_now(), actor=LI, action="edited",
                data={"field": "fields.room", "label": {"zh": "房间"}, "old": None, "new": {"zh": "302"}},
            )  # fmt: skip
        for owner, name in ((ticket, key), (ticket, shared), (theirs, shared)):
            message = Message(
                ticket_id=owner.id, kind="customer", channel="mail", text="我的电话 138",
                author={"kind": "contact", "id": None, "name": "韩梅"}, sender_mail="han@acme.cn",
            )  # fmt: skip
            message.attachments = [
                Attachment(
                    filename="a.png", content_type="image/png", size=7, sha256="0" * 64,
                    storage_key=name,
                )
            ]  # fmt: skip
            session.add(message)
        session.flush()
        sealed = conceal(session, f"instance:{instance}", "韩梅")
        number = contact.id
    with guarded.database.transaction() as session:
        done = erase_contact(
            session, guarded.storage, number, actor=SYSTEM, reason="their letter of 3 May"
        )
    assert (done.tickets, done.messages, done.files, done.keys) == (1, 2, 2, 1)
    with guarded.reading() as session:
        contact = session.get_one(Contact, number)
        assert (contact.name, contact.note, contact.addresses) == (f"已清除客户 {number}", "", [])
        texts = [m.text for m in session.scalars(select(Message).order_by(Message.id))]
        assert texts == ["（已清除）", "（已清除）", "我的电话 138"]
        first = session.scalars(select(Message).order_by(Message.id)).first()
        assert first is not None
        assert first.author["name"] == f"已清除客户 {number}"
        assert first.sender_mail is None
        assert revealed(session, sealed) == "(erased)"
        kept = session.scalars(select(FieldValue)).one()
        assert kept.ticket_id == theirs.id
        lines = session.scalars(select(TrailEntry).order_by(TrailEntry.id))
        assert [line.data["new"] for line in lines] == ["(erased)", {"zh": "302"}]
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "contact_erased")
        ).one()
    assert (entry.subject, entry.reason) == (f"contact:{number}", "their letter of 3 May")
    assert not guarded.storage.exists(key)
    assert guarded.storage.exists(shared), "another message has the same file"
    seal_new(guarded.database)
    assert verify(guarded.database, guarded.storage).clean
    with pytest.raises(NoSuchContact), guarded.database.transaction() as session:
        erase_contact(session, guarded.storage, 4711, actor=SYSTEM, reason="x")


def _ticket(session: Any, number: str, instance: UUID, contact: int | None) -> Ticket:
    ticket = Ticket(
        number=number, title="打印机", channel="mail", instance_id=instance, contact_id=contact,
        created_by={"kind": "contact", "id": None, "name": "韩梅"}, form_data={"name": "韩梅"},
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    return ticket
