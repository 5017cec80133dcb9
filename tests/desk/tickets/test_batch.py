"""Many tickets at once: shares are fair, one failure stops no other, and nothing is made twice."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from desk.application import Desk
from desk.background.models import BackgroundJob
from desk.background.running import work_due
from desk.contacts.operations import match_or_create
from desk.tickets.batch.allocation import TooMany, equal_shares, given_numbers
from desk.tickets.models import Attachment, Message, Ticket

PEOPLE = st.lists(st.integers(1, 50), min_size=1, max_size=8, unique=True)


@given(st.integers(0, 200), PEOPLE)
def test_equal_shares_differ_by_one_at_most(count: int, people: list[int]) -> None:
    dealt = equal_shares(count, people)
    shares = [dealt.count(person) for person in people]
    assert len(dealt) == count
    assert max(shares) - min(shares) <= 1


@given(st.integers(0, 200), st.dictionaries(st.integers(1, 50), st.integers(0, 30), max_size=8))
def test_everybody_gets_the_number_that_was_given(count: int, numbers: dict[int, int]) -> None:
    if sum(numbers.values()) > count:
        with pytest.raises(TooMany):
            given_numbers(count, numbers)
        return
    dealt = given_numbers(count, numbers)
    assert len(dealt) == count
    assert {person: dealt.count(person) for person in numbers} == numbers


def test_without_people_nothing_is_assigned_and_shares_are_not_negative() -> None:
    assert equal_shares(2, []) == [None, None]
    with pytest.raises(ValueError, match="negative"):
        given_numbers(3, {1: -1})


@pytest.fixture
def customers(desk: Desk) -> list[int]:
    with desk.database.transaction() as session:
        made = [match_or_create(session, mail=f"c{n}@a.cn", name=f"客户{n}") for n in range(4)]
        session.flush()
        return [contact.id for contact in made]


def job(desk: Desk) -> BackgroundJob:
    with desk.reading() as session:
        return session.scalars(
            select(BackgroundJob).order_by(BackgroundJob.created_at.desc())
        ).first() or pytest.fail("no work")


def test_a_batch_is_opened_and_given_out(
    desk: Desk, crew: SimpleNamespace, customers: list[int], visit: Any
) -> None:
    boss = visit(crew.dispatcher)
    boss.get("/tickets/batch")
    given = {"contact": customers, "title": "年度回访", "to": "team", "team": crew.team.id}
    assert boss.post("/tickets/batch", {**given, "title": ""}).status_code == 422
    too_many = {"how": "numbers", f"share_{crew.lilei.id}": 9}
    assert boss.post("/tickets/batch", {**given, **too_many}).status_code == 422
    assert boss.post("/tickets/batch", given).status_code == 303
    work_due(desk)
    with desk.reading() as session:
        shares = session.execute(
            select(Ticket.assignee_id, func.count()).group_by(Ticket.assignee_id)
        ).all()
        assert dict(map(tuple, shares)) == {crew.lilei.id: 2, crew.hanmei.id: 2}
        assert set(session.scalars(select(Ticket.contact_id))) == set(customers)
    assert job(desk).result["made"] == 4
    assert visit(crew.lilei).get("/tickets/batch").status_code == 403


@pytest.mark.parametrize(
    ("to", "shares"),
    [
        ({}, {None: 4}),
        ({"to": "nobody"}, {None: 4}),
        ({"to": "all"}, {"diao": 2, "lilei": 1, "hanmei": 1}),
        ({"to": "person", "person": "hanmei"}, {"hanmei": 4}),
        ({"to": "team", "how": "numbers", "share_lilei": 3, "share_hanmei": 1}, {"lilei": 3, "hanmei": 1}),
        ({"to": "all", "how": "numbers", "share_hanmei": 1}, {"hanmei": 1, None: 3}),
    ],
)  # fmt: skip
def test_whom_a_batch_is_given_to(
    desk: Desk, crew: SimpleNamespace, customers: list[int], visit: Any, to: dict[str, Any],
    shares: dict[str | None, int],
) -> None:  # fmt: skip
    """000 §5.2.2: unassigned, all, a team or one person; equal shares, or given numbers."""
    ids = {"diao": crew.dispatcher.id, "lilei": crew.lilei.id, "hanmei": crew.hanmei.id}
    given: dict[str, Any] = {"contact": customers, "title": "年度回访", "priority": "high", "team": crew.team.id}
    for name, value in to.items():
        prefix, _, login = name.partition("share_")
        given[f"share_{ids[login]}" if login else prefix] = ids.get(value, value)
    boss = visit(crew.dispatcher)
    boss.get("/tickets/batch")
    assert boss.post("/tickets/batch", given).status_code == 303
    work_due(desk)
    with desk.reading() as session:
        found = session.execute(
            select(Ticket.assignee_id, func.count()).group_by(Ticket.assignee_id)
        ).all()
        assert set(session.scalars(select(Ticket.priority))) == {"high"}
    assert dict(map(tuple, found)) == {ids.get(login or ""): n for login, n in shares.items()}


def test_a_batch_edit_sets_deadlines_and_answers_where_one_may(
    desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).team_id = crew.team.id
    given = {"id": [ticket.id], "deadline": "2026-05-06T12:00"}
    lilei, boss = visit(crew.lilei), visit(crew.dispatcher)
    lilei.get("/tickets")
    assert lilei.post("/tickets/batch-edit", given).status_code == 303
    work_due(desk)
    assert job(desk).result["reasons"][0]["en"] == "You may not edit this ticket."
    assert boss.get(f"/tickets/batch-edit?id={ticket.id}").status_code == 200
    answer = {**given, "text": "请稍候", "kind": "reply"}
    assert boss.post("/tickets/batch-edit", answer).status_code == 303
    work_due(desk)
    with desk.reading() as session:
        kept = session.get_one(Ticket, ticket.id)
        assert kept.deadline is not None
        assert kept.deadline.isoformat() == "2026-05-06T04:00:00+00:00"
        said = select(Message.text).where(Message.ticket_id == ticket.id, Message.kind == "reply")
        assert session.scalars(said).all() == ["请稍候"]


def test_a_batch_edit_adds_files_to_each_ticket(
    desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any
) -> None:
    tickets, boss = [mailed(), mailed(subject="另一件")], visit(crew.dispatcher)
    given: dict[str, Any] = {"id": [ticket.id for ticket in tickets], "kind": "note"}
    boss.get(f"/tickets/batch-edit?id={tickets[0].id}")
    refused = boss.post("/tickets/batch-edit", {**given, "files": (BytesIO(b"MZ"), "a.exe")})
    assert refused.status_code == 422
    assert "such files are not taken" in refused.text
    sent = boss.post("/tickets/batch-edit", {**given, "files": (BytesIO(b"1;2"), "清单.csv")})
    assert sent.status_code == 303
    work_due(desk)
    with desk.reading() as session:
        found = session.execute(
            select(Message.ticket_id, Attachment.filename)
            .join(Attachment, Attachment.message_id == Message.id)
            .where(Message.kind == "note")
            .order_by(Message.ticket_id)
        ).all()
    assert found == [(ticket.id, "清单.csv") for ticket in tickets]


def test_a_batch_edit_says_what_could_not_be_changed(
    desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any
) -> None:
    open_one, gone = mailed(), mailed(subject="另一件")
    with desk.database.transaction() as session:
        session.get_one(Ticket, gone.id).deleted_at = gone.created_at
    boss = visit(crew.dispatcher)
    assert boss.get(f"/tickets/batch-edit?id={open_one.id}").status_code == 200
    assert boss.post("/tickets/batch-edit", {"id": [open_one.id]}).status_code == 422
    sent = boss.post(
        "/tickets/batch-edit",
        {
            "id": [open_one.id, gone.id], "priority": "urgent", "person": crew.hanmei.id,
            "text": "请加急", "kind": "note",
        },
    )  # fmt: skip
    assert sent.status_code == 303
    work_due(desk)
    result = job(desk).result
    assert (result["changed"], result["failed"]) == (1, 1)
    assert result["reasons"][0]["en"] == "There is no such ticket any more."
    page = boss.get(sent.headers["Location"]).text
    for words in ("One ticket was done.", "One was not:", "There is no such ticket any more."):
        assert words in page
    with desk.reading() as session:
        changed = session.get_one(Ticket, open_one.id)
        assert (changed.priority, changed.assignee_id) == ("urgent", crew.hanmei.id)
        texts = session.scalars(select(Message.text).where(Message.ticket_id == open_one.id)).all()
        assert "请加急" in texts
