"""Tickets are handed over, copied, followed, linked, split and merged, and nothing is lost on the way."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, true

from desk.application import Desk
from desk.notices.models import Notice
from desk.portal.queries import tracked_ticket
from desk.tickets.events import NobodyWaits, say
from desk.tickets.models import Message, Ticket, TicketWatcher, TrailEntry
from desk.tickets.records import handler
from desk.tickets.relations import watching
from desk.tickets.relations.handover import hand_over
from desk.tickets.relations.linking import family, link, open_children, survivor
from desk.tickets.relations.merging import merge, undo_merge
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.splitting import MOST_LEVELS, Part, split
from desk.tickets.relations.watching import copy_to, follow
from engine.actors import SYSTEM, Actor
from engine.tables import human_task, process_instance

from .conftest import acting

Mailed = Callable[..., Ticket]


def actions(session: Any, ticket: Ticket) -> list[str]:
    return list(
        session.scalars(
            select(TrailEntry.action)
            .where(TrailEntry.ticket_id == ticket.id)
            .order_by(TrailEntry.id)
        )
    )


def waiting_for(desk: Desk, session: Any, ticket: Ticket) -> set[str | None]:
    """Whom the open steps are assigned or offered to."""
    found: set[str | None] = set()
    for task_id in desk.engine.open_tasks(session, ticket.instance_id):
        task = desk.engine.task(session, task_id)
        found |= {task.assignee} if task.assignee else set(task.candidates)
    return found


@pytest.fixture
def do(desk: Desk) -> Callable[..., None]:
    """`do(ticket, "dispatch", user, outcome, **values)`: complete the open step of that element."""

    def complete(ticket: Ticket, element: str, user: Any, outcome: str, **values: Any) -> None:
        with desk.database.transaction() as session:
            task_id = session.scalar(
                select(human_task.c.id).where(
                    human_task.c.instance_id == ticket.instance_id,
                    human_task.c.element_id == element,
                    human_task.c.status == "open",
                )
            )
            assert task_id is not None, f"no open step {element}"
            desk.engine.complete(session, task_id, values, outcome=outcome, actor=acting(user))

    return complete


@pytest.fixture
def at_lilei(mailed: Mailed, do: Any, crew: SimpleNamespace) -> Callable[..., Ticket]:
    """A ticket that 李雷 has accepted."""

    def make(**changes: Any) -> Ticket:
        ticket = mailed(**changes)
        do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
        do(ticket, "accept", crew.lilei, "accept")
        return ticket

    return make


# -- hand-over --------------------------------------------------------------------------------------


def test_a_ticket_goes_to_somebody_else_with_its_open_step(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any, do: Any
) -> None:
    ticket = at_lilei()
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        assert hand_over(
            session, desk, mine, person_id=crew.hanmei.id, remark="请接手", actor=acting(crew.lilei)
        )
    with desk.reading() as session:
        found = session.get_one(Ticket, ticket.id)
        assert handler(found) == f"user:{crew.hanmei.id}"
        assert waiting_for(desk, session, found) == {f"user:{crew.hanmei.id}"}
        assert actions(session, found)[-1] == "reassigned"
    do(ticket, "process", crew.hanmei, "finish", solution="好了")


def test_after_a_reopening_it_is_with_whom_it_was_handed_to(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any, do: Any
) -> None:
    """The process keeps a handler of its own; the hand-over reaches it."""
    ticket = at_lilei()
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        hand_over(session, desk, mine, person_id=crew.hanmei.id, actor=acting(crew.lilei))
    do(ticket, "process", crew.hanmei, "finish", solution="好了")
    with desk.database.transaction() as session:
        message = Message(
            kind="customer", channel="tracking", author={"kind": "contact", "id": None, "name": ""},
            text="还是不行",
        )  # fmt: skip
        session.add(message)
        session.flush()
        desk.engine.message(
            session, "customer.wrote", {"message_id": message.id},
            actor=Actor("contact", None, ""), correlation=f"ticket:{ticket.id}",
        )  # fmt: skip
    with desk.reading() as session:
        found = session.get_one(Ticket, ticket.id)
        assert found.state == "processing"
        assert waiting_for(desk, session, found) == {f"user:{crew.hanmei.id}"}


def test_two_who_hand_over_at_once_do_not_overwrite_each_other(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any
) -> None:
    ticket = at_lilei()
    seen = f"user:{crew.lilei.id}"
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        hand_over(
            session, desk, mine, team_id=crew.team.id, actor=acting(crew.dispatcher), seen=seen
        )
    with pytest.raises(Refused, match="meanwhile"), desk.database.transaction() as session:  # noqa: PT012
        mine = session.get_one(Ticket, ticket.id)
        hand_over(
            session, desk, mine, person_id=crew.hanmei.id, actor=acting(crew.lilei), seen=seen
        )
    with desk.reading() as session:
        assert handler(session.get_one(Ticket, ticket.id)) == f"team:{crew.team.id}"


def test_what_nobody_has_is_dispatched_and_not_handed_over(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed
) -> None:
    ticket = mailed()
    with pytest.raises(Refused, match="Dispatch"), desk.database.transaction() as session:  # noqa: PT012
        mine = session.get_one(Ticket, ticket.id)
        hand_over(session, desk, mine, person_id=crew.lilei.id, actor=acting(crew.dispatcher))


# -- copies -----------------------------------------------------------------------------------------


def test_who_reads_along_may_not_answer(
    desk: Desk, crew: SimpleNamespace, visit: Any, at_lilei: Any
) -> None:
    ticket = at_lilei()
    lilei, hanmei = visit(crew.lilei), visit(crew.hanmei)
    lilei.get(f"/tickets/{ticket.id}/copy")
    sent = lilei.post(f"/tickets/{ticket.id}/copy", {"people": [crew.hanmei.id]})
    assert sent.status_code == 303, sent.text
    page = hanmei.get(f"/tickets/{ticket.id}").text
    assert "copied to you to read along" in page
    assert 'name="text"' not in page
    said = hanmei.post(f"/tickets/{ticket.id}/messages", {"kind": "note", "text": "我也说一句"})
    assert said.status_code == 403
    assert hanmei.get(f"/tickets/{ticket.id}/split").status_code == 403
    assert "WN-" in hanmei.get("/tickets?watched=me").text
    with desk.reading() as session:
        assert "copied" in actions(session, session.get_one(Ticket, ticket.id))


def test_somebody_who_follows_can_stop(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    reader = visit(crew.auditor)
    reader.get(f"/tickets/{ticket.id}")
    for wanted, count in (("1", 1), ("1", 1), ("0", 0)):
        assert reader.post(f"/tickets/{ticket.id}/follow", {"follow": wanted}).status_code == 303
        with desk.reading() as session:
            assert session.scalar(select(func.count()).select_from(TicketWatcher)) == count


def test_a_ticket_is_not_copied_to_who_may_not_see_tickets(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed
) -> None:
    ticket = mailed()
    with pytest.raises(Refused), desk.database.transaction() as session:  # noqa: PT012
        mine = session.get_one(Ticket, ticket.id)
        copy_to(session, desk, mine, [999], actor=acting(crew.lilei))


def test_everybody_concerned_is_told_and_nobody_of_their_own_doing(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any
) -> None:
    ticket, other = at_lilei(), at_lilei(text="还有一件")
    lilei, hanmei, boss, auditor = (
        crew.lilei.id, crew.hanmei.id, crew.dispatcher.id, crew.auditor.id,
    )  # fmt: skip

    def new() -> set[tuple[int, str]]:
        """Who was told what since the last look."""
        with desk.database.transaction() as session:
            found = session.scalars(select(Notice)).all()
            told = {(notice.user_id, notice.text["zh"].partition("：")[0]) for notice in found}
            for notice in found:
                session.delete(notice)
            return told

    def by(user: Any, act: Callable[[Any, Ticket], Any]) -> set[tuple[int, str]]:
        with desk.database.transaction() as session:
            act(session, session.get_one(Ticket, ticket.id))
        return new()

    new()
    copied = by(crew.lilei, lambda session, mine: copy_to(
        session, desk, mine, [auditor, lilei], actor=acting(crew.lilei)
    ))  # fmt: skip
    assert copied == {(auditor, "抄送给您")}
    handed = by(crew.dispatcher, lambda session, mine: hand_over(
        session, desk, mine, person_id=hanmei, actor=acting(crew.dispatcher)
    ))  # fmt: skip
    assert handed == {(lilei, "已转派给其他人"), (hanmei, "已转派给您"), (auditor, "工单已流转")}
    with desk.database.transaction() as session:
        follow(session, session.get_one(Ticket, other.id), crew.dispatcher, actor=SYSTEM)
    merged = by(crew.auditor, lambda session, mine: merge(
        session, desk, mine, session.get_one(Ticket, other.id), actor=acting(crew.auditor)
    ))  # fmt: skip
    numbers = (f"已并入 {other.number}", f"{ticket.number} 已并入此工单")
    assert merged == {(hanmei, numbers[0]), (lilei, numbers[1]), (boss, numbers[1])}


def test_a_ticket_is_copied_to_so_many_people(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_COPIES", 1)
    ticket = mailed()
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        copy_to(session, desk, mine, [crew.lilei.id], actor=acting(crew.dispatcher))
    with pytest.raises(Refused, match="1 people"), desk.database.transaction() as session:  # noqa: PT012
        mine = session.get_one(Ticket, ticket.id)
        copy_to(session, desk, mine, [crew.hanmei.id], actor=acting(crew.dispatcher))


# -- links ------------------------------------------------------------------------------------------


def test_links_are_there_from_both_sides_and_once(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed
) -> None:
    first, second = mailed(), mailed(subject="另一件事")
    with desk.database.transaction() as session:
        one, two = session.get_one(Ticket, first.id), session.get_one(Ticket, second.id)
        assert link(session, desk, one, two, actor=acting(crew.lilei))
        assert not link(session, desk, two, one, actor=acting(crew.lilei))
        with pytest.raises(Refused):
            link(session, desk, one, one, actor=acting(crew.lilei))
    with desk.reading() as session:
        found = family(session, session.get_one(Ticket, second.id), true())
        assert [t.id for t in found.linked] == [first.id]


def test_of_a_linked_ticket_that_is_not_shown_to_them_people_read_the_number_only(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed, visit: Any, bearer: Any, make_team: Any
) -> None:
    mine, theirs = mailed(), mailed(subject="高管的薪资问题")
    others = make_team("人事", [crew.hanmei])
    with desk.database.transaction() as session:
        one, two = session.get_one(Ticket, mine.id), session.get_one(Ticket, theirs.id)
        one.assignee_id, two.team_id = crew.lilei.id, others.id
        link(session, desk, one, two, actor=acting(crew.dispatcher))
    lilei = visit(crew.lilei)
    page = lilei.get(f"/tickets/{mine.id}").text
    assert theirs.number in page
    assert "高管的薪资问题" not in page
    assert f'href="/tickets/{theirs.id}"' not in page
    told = lilei.get(f"/api/v1/tickets/{mine.id}/related", headers=bearer(crew.lilei)).json
    hidden = {"id": None, "number": theirs.number, "title": None, "state": None}
    assert told["linked"] == [hidden]
    assert "高管的薪资问题" in visit(crew.dispatcher).get(f"/tickets/{mine.id}").text


# -- splitting --------------------------------------------------------------------------------------


def test_parts_report_back_every_time(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any, do: Any
) -> None:
    parent = at_lilei()
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, parent.id)
        parts = [Part("查库存", person_id=crew.hanmei.id), Part("联系物流")]
        children = split(session, desk, mine, parts, actor=acting(crew.lilei))
        assert [child.parent_id for child in children] == [parent.id] * 2
        assert {child.contact_id for child in children} == {mine.contact_id}
        assert children[0].state == "dispatched"
        assert children[1].state == "pending"
        assert open_children(session, parent.id) == 2
    child = children[0]
    with desk.reading() as session:
        assert "split" in actions(session, parent)
        lines = session.scalars(select(TrailEntry).where(TrailEntry.action == "split_off")).all()
        assert {line.ticket_id: line.data["other"] for line in lines} == {
            part.id: parent.number for part in children
        }
    do(child, "accept", crew.hanmei, "accept")
    do(child, "process", crew.hanmei, "finish", solution="有货")
    with desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry).where(
                TrailEntry.ticket_id == parent.id, TrailEntry.action == "child_ended"
            )
        ).all()
        assert [(line.remark, line.data["left"]) for line in lines] == [("有货", 1)]
    # it goes on again, and ends again: the parent hears of both
    with desk.database.transaction() as session:
        message = Message(
            kind="customer", channel="tracking", author={"kind": "contact", "id": None, "name": ""}
        )
        session.add(message)
        session.flush()
        desk.engine.message(
            session, "customer.wrote", {"message_id": message.id},
            actor=Actor("contact", None, ""), correlation=f"ticket:{child.id}",
        )  # fmt: skip
    do(child, "process", crew.hanmei, "finish", solution="又好了")
    with desk.reading() as session:
        said = [a for a in actions(session, parent) if a.startswith("child")]
        assert said == ["child_ended", "child_reopened", "child_ended"]


def test_a_ticket_is_split_again_but_not_without_end(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any
) -> None:
    with desk.database.transaction() as session:
        ticket = session.get_one(Ticket, at_lilei_id(at_lilei))
        for count in (0, 16):
            with pytest.raises(Refused):
                split(session, desk, ticket, [Part("x")] * count, actor=acting(crew.lilei))
        split(session, desk, ticket, [Part("一"), Part("二")], actor=acting(crew.lilei))
        (deeper,) = split(session, desk, ticket, [Part("三")], actor=acting(crew.lilei))
        for _level in range(MOST_LEVELS - 1):
            (deeper,) = split(session, desk, deeper, [Part("更细")], actor=acting(crew.lilei))
        with pytest.raises(Refused, match="levels"):
            split(session, desk, deeper, [Part("太细")], actor=acting(crew.lilei))


def at_lilei_id(at_lilei: Any) -> int:
    return int(at_lilei().id)


def test_a_split_that_fails_makes_nothing(
    desk: Desk, crew: SimpleNamespace, visit: Any, at_lilei: Any
) -> None:
    ticket = at_lilei()
    lilei = visit(crew.lilei)
    lilei.get(f"/tickets/{ticket.id}/split")
    answer = lilei.post(f"/tickets/{ticket.id}/split", {"count": 2, "title_1": "", "title_2": ""})
    assert answer.status_code == 422
    answer = lilei.post(
        f"/tickets/{ticket.id}/split",
        {"count": 2, "title_1": "查库存", "title_2": "给没有的人", "person_2": 9999},
    )
    assert answer.status_code == 422
    assert "查库存" in answer.text
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


# -- merging ----------------------------------------------------------------------------------------


@pytest.fixture
def merged(desk: Desk, crew: SimpleNamespace, at_lilei: Any) -> tuple[Ticket, Ticket]:
    """A ticket that was merged into another of the same customer."""
    gone, stays = at_lilei(text="打印机坏了"), at_lilei(text="还有扫描仪")
    with desk.database.transaction() as session:
        one, two = session.get_one(Ticket, gone.id), session.get_one(Ticket, stays.id)
        follow(session, one, crew.hanmei, actor=acting(crew.hanmei))
        merge(session, desk, one, two, reason="同一台机器", actor=acting(crew.lilei))
    return gone, stays


def test_nothing_is_lost_when_tickets_are_merged(
    desk: Desk, crew: SimpleNamespace, merged: tuple[Ticket, Ticket]
) -> None:
    gone, stays = merged
    with desk.reading() as session:
        texts = session.scalars(
            select(Message.text).where(Message.ticket_id == stays.id).order_by(Message.id)
        ).all()
        assert texts == ["打印机坏了", "还有扫描仪"]
        found = session.get_one(Ticket, gone.id)
        assert survivor(session, found).id == stays.id
        assert waiting_for(desk, session, found) == set()
        status = select(process_instance.c.status).where(process_instance.c.id == found.instance_id)
        assert session.scalar(status) == "suspended"
        assert "merged" in actions(session, found)
        assert "absorbed" in actions(session, session.get_one(Ticket, stays.id))
        watching = select(TicketWatcher.user_id).where(TicketWatcher.ticket_id == stays.id)
        assert session.scalars(watching).all() == [crew.hanmei.id]


def test_the_old_tracking_link_shows_the_ticket_that_goes_on(
    desk: Desk, merged: tuple[Ticket, Ticket]
) -> None:
    gone, stays = merged
    with desk.reading() as session:
        tracked = tracked_ticket(session, desk.engine, gone.id)
        assert tracked is not None
        assert tracked.ticket.id == stays.id
        assert tracked.may_write
        assert [message.text for message in tracked.messages] == ["打印机坏了", "还有扫描仪"]


def test_a_merged_ticket_takes_no_words_of_its_own(
    desk: Desk, crew: SimpleNamespace, merged: tuple[Ticket, Ticket], visit: Any
) -> None:
    gone, stays = merged
    with pytest.raises(NobodyWaits), desk.database.transaction() as session:  # noqa: PT012
        say(
            session, desk.engine, session.get_one(Ticket, gone.id),
            kind="note", author=acting(crew.lilei), text="在哪？",
        )  # fmt: skip
    lilei = visit(crew.lilei)
    page = lilei.get(f"/tickets/{gone.id}").text
    assert stays.number in page
    assert 'name="text"' not in page
    listed = lilei.get("/tickets").text
    assert stays.number in listed
    assert gone.number not in listed
    assert gone.number in lilei.get("/tickets?state=merged").text
    assert gone.number in lilei.get(f"/tickets?number={gone.number}").text


def test_a_merge_is_undone(
    desk: Desk, crew: SimpleNamespace, merged: tuple[Ticket, Ticket], do: Any
) -> None:
    gone, stays = merged
    with desk.database.transaction() as session:
        undo_merge(session, desk, session.get_one(Ticket, gone.id), actor=acting(crew.lilei))
    with desk.reading() as session:
        found = session.get_one(Ticket, gone.id)
        assert found.merged_into_id is None
        assert waiting_for(desk, session, found) == {f"user:{crew.lilei.id}"}
        mine = select(Message.text).where(Message.ticket_id == gone.id)
        assert session.scalars(mine).all() == ["打印机坏了"]
        theirs = select(Message.text).where(Message.ticket_id == stays.id)
        assert session.scalars(theirs).all() == ["还有扫描仪"]
        assert session.scalar(
            select(func.count()).where(TicketWatcher.ticket_id == stays.id)
        ) == 0  # fmt: skip
    do(gone, "process", crew.lilei, "finish", solution="好了")
    with pytest.raises(Refused), desk.database.transaction() as session:  # noqa: PT012
        undo_merge(session, desk, session.get_one(Ticket, gone.id), actor=acting(crew.lilei))


def test_merged_twice_and_taken_apart_in_the_middle(
    desk: Desk, crew: SimpleNamespace, merged: tuple[Ticket, Ticket], at_lilei: Any
) -> None:
    first, second = merged
    third = at_lilei(text="第三张")
    with desk.database.transaction() as session:
        two, three = session.get_one(Ticket, second.id), session.get_one(Ticket, third.id)
        merge(session, desk, two, three, actor=acting(crew.lilei))
    with desk.database.transaction() as session:
        one = session.get_one(Ticket, first.id)
        assert survivor(session, one).id == third.id
        undo_merge(session, desk, one, actor=acting(crew.lilei))
    with desk.reading() as session:
        by_ticket = session.execute(select(Message.ticket_id, Message.text)).all()
        assert {text: ticket for ticket, text in by_ticket} == {
            "打印机坏了": first.id, "还有扫描仪": third.id, "第三张": third.id,
        }  # fmt: skip


def test_what_cannot_be_merged_is_said_and_nothing_is_stopped(
    desk: Desk, crew: SimpleNamespace, at_lilei: Any, do: Any
) -> None:
    mine, other = (
        at_lilei(),
        at_lilei(sender_mail="li@other.cn", author=Actor("contact", None, "李")),
    )
    over = at_lilei()
    do(over, "process", crew.lilei, "finish", solution="好了")
    for into in (mine, other, over):
        with pytest.raises(Refused), desk.database.transaction() as session:  # noqa: PT012
            merge(
                session, desk, session.get_one(Ticket, mine.id), session.get_one(Ticket, into.id),
                actor=acting(crew.lilei),
            )  # fmt: skip
    with desk.reading() as session:
        assert waiting_for(desk, session, session.get_one(Ticket, mine.id)) == {
            f"user:{crew.lilei.id}"
        }
