"""The life of a ticket [004 §4.10], as the operators write it when a diagram calls them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.contacts.models import Contact
from desk.contacts.operations import create_company, match_or_create
from desk.tickets.models import Message, Ticket, TrailEntry
from desk.tickets.operations import receive_message
from desk.tickets.records import load_contact, load_message, load_ticket
from engine.actors import Actor
from engine.database import Database
from engine.operators import OperatorError

from .conftest import NOW, Told, acting

STRANGER = Actor("contact", None, "Han Mei")


def mail(session: Any, **changes: Any) -> Message:
    given = {
        "kind": "customer", "channel": "mail", "author": STRANGER, "subject": "打印机\n坏了",
        "text": "它不工作", "sender_mail": "Han@Acme.cn",
    }  # fmt: skip
    return receive_message(session, **{**given, **changes})


@pytest.fixture
def ticket_id(database: Database, run: Any, new_instance: Any) -> int:
    with database.transaction() as session:
        return run(
            session, "ticket.create", instance=new_instance(session), message_id=mail(session).id
        )["ticket_id"]


def trail(session: Any, ticket_id: int) -> list[TrailEntry]:
    return list(
        session.scalars(
            select(TrailEntry).where(TrailEntry.ticket_id == ticket_id).order_by(TrailEntry.id)
        )
    )


def test_a_message_becomes_a_ticket_of_its_sender(
    database: Database, run: Any, new_instance: Any, told: Told
) -> None:
    with database.transaction() as session:
        acme = create_company(session, name="Acme", domain="acme.cn")
        message = mail(session, form_key="repair", form_data={"floor": 3})
        result = run(
            session, "ticket.create", instance=new_instance(session), message_id=Decimal(message.id)
        )
    with database.reading() as session:
        ticket = session.get_one(Ticket, result["ticket_id"])
        filed = session.get_one(Message, message.id)
        assert result == {
            "ticket_id": ticket.id,
            "number": "WN-20260504-000001",
            "contact_id": ticket.contact_id,
            "correlation": f"ticket:{ticket.id}",
        }
        assert (ticket.title, ticket.state, ticket.channel) == ("打印机 坏了", "pending", "mail")
        assert (ticket.form_key, ticket.form_data) == ("repair", {"floor": 3})
        assert ticket.contact is not None
        assert ticket.company_id == acme.id
        assert ticket.contact.addresses[0].value == "han@acme.cn"
        assert filed.ticket_id == ticket.id
        assert filed.author["id"] == ticket.contact_id
        (line,) = trail(session, ticket.id)
        assert (line.action, line.from_state, line.to_state) == ("created", None, "pending")
        assert line.data["number"] == ticket.number
    assert told.topics == {"tickets"}


def test_a_ticket_may_be_made_before_its_process_is_saved(
    database: Database, run: Any, new_instance: Any
) -> None:
    from sqlalchemy import update

    from engine.tables import process_instance

    with database.transaction() as session:
        later = new_instance(session)
        result = run(session, "ticket.create", message_id=mail(session).id)
        made = session.get_one(Ticket, result["ticket_id"]).instance_id
        session.execute(
            update(process_instance).where(process_instance.c.id == later).values(id=made)
        )


def test_a_ticket_without_any_sender_has_no_contact(
    database: Database, run: Any, new_instance: Any, people: SimpleNamespace
) -> None:
    with database.transaction() as session:
        message = mail(
            session, author=acting(people.lilei), sender_mail=None, subject="", text="电话 " * 200
        )
        number = run(
            session, "ticket.create", instance=new_instance(session), message_id=message.id
        )["ticket_id"]
        ticket = session.get_one(Ticket, number)
        assert ticket.contact_id is None
        assert len(ticket.title) == 200
        assert ticket.title.endswith("…")


def test_a_known_contact_is_named(database: Database, run: Any, new_instance: Any) -> None:
    with database.transaction() as session:
        known = match_or_create(session, mail="known@acme.cn")
        number = run(
            session, "ticket.create", instance=new_instance(session),
            message_id=mail(session, sender_mail=None).id, contact_id=known.id,
        )["ticket_id"]  # fmt: skip
        assert session.get_one(Ticket, number).contact_id == known.id
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_the_whole_life(
    database: Database, run: Any, ticket_id: int, people: SimpleNamespace, told: Told
) -> None:
    """新建 → 派发 → 退回 → 派发 → 受理 → 结束 → 重新打开 → 结束 → 评价."""
    boss, lilei = acting(people.dispatcher), acting(people.lilei)
    hour = timedelta(hours=1)
    with database.transaction() as session:
        ticket = session.get_one(Ticket, ticket_id)
        result = run(
            session, "ticket.dispatch", actor=boss, now=NOW + hour, ticket_id=ticket_id,
            team=f"team:{people.team.id}", priority="high", deadline="2026-05-06", remark="请尽快",
        )  # fmt: skip
        assert result == {"handler": f"team:{people.team.id}"}
        assert (ticket.state, ticket.priority) == ("dispatched", "high")
        assert ticket.deadline == datetime(2026, 5, 6, 15, 59, 59, tzinfo=UTC)
        assert f"team:{people.team.id}" in told.topics

        run(session, "ticket.set_state", actor=lilei, now=NOW + 2 * hour, ticket_id=ticket_id,
            state="returned", action="returned", remark="不是我们")  # fmt: skip
        assert (ticket.state, ticket.team_id) == ("returned", None)

        run(session, "ticket.dispatch", actor=boss, now=NOW + 3 * hour, ticket_id=ticket_id,
            person=str(people.lilei.id))  # fmt: skip
        assert ticket.assignee_id == people.lilei.id
        assert ticket.priority == "high"

        run(session, "ticket.accept", actor=lilei, now=NOW + 4 * hour, ticket_id=ticket_id)
        assert (ticket.state, ticket.processed_at) == ("processing", NOW + 4 * hour)

        run(session, "ticket.set_state", actor=lilei, now=NOW + 5 * hour, ticket_id=ticket_id,
            state="ended", action="ended")  # fmt: skip
        assert ticket.ended_at == NOW + 5 * hour
        run(session, "ticket.set_state", now=NOW + 6 * hour, ticket_id=ticket_id,
            state="processing", action="reopened")  # fmt: skip
        assert ticket.ended_at is None
        run(session, "ticket.set_state", ticket_id=ticket_id, state="ended", action="ended")
        run(session, "ticket.rate", ticket_id=ticket_id, rating=Decimal(5), comment="很好")
        assert (ticket.rating, ticket.rating_comment) == (5, "很好")
        assert [(t.action, t.from_state, t.to_state) for t in trail(session, ticket_id)] == [
            ("created", None, "pending"),
            ("dispatched", "pending", "dispatched"),
            ("returned", "dispatched", "returned"),
            ("dispatched", "returned", "dispatched"),
            ("accepted", "dispatched", "processing"),
            ("ended", "processing", "ended"),
            ("reopened", "ended", "processing"),
            ("ended", "processing", "ended"),
            ("rated", None, None),
        ]
        assert trail(session, ticket_id)[1].data["team"] == "一线"
        assert trail(session, ticket_id)[2].remark == "不是我们"


def test_messages_are_filed_once_and_the_first_reply_counts(
    database: Database, run: Any, ticket_id: int, people: SimpleNamespace
) -> None:
    with database.transaction() as session:
        ticket = session.get_one(Ticket, ticket_id)
        automatic = mail(session, kind="automatic", automatic=True)
        run(session, "ticket.add_message", ticket_id=ticket_id, message_id=automatic.id)
        note = mail(session, kind="note", channel="desk", author=acting(people.lilei))
        run(session, "ticket.add_message", ticket_id=ticket_id, message_id=note.id)
        assert ticket.first_response_at is None
        first = mail(session, kind="reply", channel="desk", author=acting(people.lilei))
        second = mail(session, kind="reply", channel="desk", author=acting(people.lilei))
        for minutes, reply in enumerate((first, second)):
            run(session, "ticket.add_message", ticket_id=ticket_id, message_id=reply.id,
                now=NOW + timedelta(minutes=minutes))  # fmt: skip
        assert ticket.first_response_at == NOW
        assert ticket.last_message_at == NOW + timedelta(minutes=1)
        run(session, "ticket.add_message", ticket_id=ticket_id, message_id=first.id)
        assert [t.action for t in trail(session, ticket_id)] == [
            "created", "sent", "noted", "replied", "replied",
        ]  # fmt: skip


def test_a_follow_up_is_its_senders(database: Database, run: Any, ticket_id: int) -> None:
    with database.transaction() as session:
        again = mail(session, author=Actor("contact", None, ""))
        stranger = mail(session, sender_mail="cc@elsewhere.cn")
        for message in (again, stranger):
            run(session, "ticket.add_message", ticket_id=ticket_id, message_id=message.id)
        assert again.author["id"] == session.get_one(Ticket, ticket_id).contact_id
        assert stranger.author["id"] is None
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_a_message_stays_where_it_was_filed(
    database: Database, run: Any, ticket_id: int, new_instance: Any
) -> None:
    with database.transaction() as session:
        message = mail(session)
        run(session, "ticket.create", instance=new_instance(session), message_id=message.id)
        with pytest.raises(OperatorError, match="another ticket"):
            run(session, "ticket.add_message", ticket_id=ticket_id, message_id=message.id)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("ticket.dispatch", {}, "Choose a team or a person"),
        ("ticket.dispatch", {"team": 99}, "not active"),
        ("ticket.dispatch", {"person": "user:99"}, "does not work here"),
        ("ticket.dispatch", {"person": "team:1"}, "does not name a user"),
        ("ticket.dispatch", {"team": 1, "deadline": "soon"}, "not a date"),
        ("ticket.set_state", {"state": "lost"}, "is one of"),
        ("ticket.rate", {"rating": 6}, "1, 2, 3, 4 or 5"),
        ("ticket.rate", {"rating": 2.5}, "1, 2, 3, 4 or 5"),
        ("ticket.add_message", {"message_id": 99}, "no message"),
    ],
)
def test_wrong_arguments_are_named(
    database: Database,
    run: Any,
    ticket_id: int,
    people: SimpleNamespace,
    name: str,
    arguments: dict[str, Any],
    words: str,
) -> None:
    with database.transaction() as session, pytest.raises(OperatorError, match=words):
        run(session, name, ticket_id=ticket_id, **arguments)


def test_reassigning_tells_both_sides(
    database: Database, run: Any, ticket_id: int, people: SimpleNamespace, told: Told
) -> None:
    with database.transaction() as session:
        run(session, "ticket.dispatch", ticket_id=ticket_id, person=people.lilei.id)
        told.events.clear()
        run(session, "ticket.reassign", ticket_id=ticket_id, person=people.hanmei.id)
        assert session.get_one(Ticket, ticket_id).state == "dispatched"
        assert {f"user:{people.lilei.id}", f"user:{people.hanmei.id}"} < told.topics


def test_the_bell_tells_others_and_not_oneself(
    database: Database, run: Any, ticket_id: int, people: SimpleNamespace, told: Told
) -> None:
    def notices() -> list[tuple[str, str]]:
        found = [
            (topic, data["text"]["zh"]) for topic, kind, data in told.events if kind == "notice"
        ]
        told.events.clear()
        return found

    with database.transaction() as session:
        number = session.get_one(Ticket, ticket_id).number
        run(session, "ticket.dispatch", actor=acting(people.dispatcher), ticket_id=ticket_id,
            person=people.lilei.id)  # fmt: skip
        assert notices() == [(f"user:{people.lilei.id}", f"已派发给您：{number} 打印机 坏了")]
        run(session, "ticket.dispatch", actor=acting(people.lilei), ticket_id=ticket_id,
            person=people.lilei.id)  # fmt: skip
        assert notices() == []
        run(session, "ticket.add_message", ticket_id=ticket_id, message_id=mail(session).id)
        ((topic, text),) = notices()
        assert topic == f"user:{people.lilei.id}"
        assert text.startswith("Han Mei 发来了消息")


def test_numbers_count_each_day_of_the_desks_zone(
    database: Database, run: Any, new_instance: Any
) -> None:
    before_midnight = datetime(2026, 5, 4, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    numbers = []
    with database.transaction() as session:
        for minutes in (0, 0, 2):
            numbers.append(
                run(
                    session,
                    "ticket.create",
                    instance=new_instance(session),
                    message_id=mail(session).id,
                    now=before_midnight + timedelta(minutes=minutes),
                )["number"]  # fmt: skip
            )
    assert numbers == ["WN-20260504-000001", "WN-20260504-000002", "WN-20260505-000001"]


def test_records_as_expressions_read_them(
    database: Database, run: Any, ticket_id: int, people: SimpleNamespace
) -> None:
    with database.transaction() as session:
        run(session, "ticket.dispatch", ticket_id=ticket_id, team=people.team.id)
    with database.reading() as session:
        data = {"ticket_id": ticket_id, "message_id": 1}
        ticket, contact = load_ticket(session, data), load_contact(session, data)
        message = load_message(session, data)
        assert ticket is not None
        assert contact is not None
        assert message is not None
        assert ticket["handler"] == f"team:{people.team.id}"
        assert ticket["team"]["name"] == "一线"
        assert ticket["contact"]["mail"] == contact["mail"] == "han@acme.cn"
        assert contact["phone"] is None
        assert message["subject"] == "打印机 坏了"
        assert load_ticket(session, {}) is None
        assert load_contact(session, {}) is None
        with pytest.raises(KeyError):
            ticket["password_hash"]
