"""Two tickets at the same moment do not both take the last slot. Meant for PostgreSQL; SQLite has one writer anyway."""

from collections.abc import Callable
from threading import Barrier, Thread
from types import SimpleNamespace

from sqlalchemy import func, select

from desk.application import Desk
from desk.assignment.operations import Answer, Wish, give
from desk.people.models import AgentWork, User
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.timestamps import utc_now


def test_the_last_slot_is_taken_once(
    desk: Desk,
    automatic: SimpleNamespace,
    mailed: Callable[..., Ticket],
    limit: Callable[..., None],
) -> None:
    """Eight tickets at once for two people with three slots in all: three are given, five wait."""
    limit(automatic.lilei, capacity=1)
    limit(automatic.hanmei, capacity=2)
    tickets = [mailed(sender_mail=f"k{n}@acme.cn") for n in range(8)]
    answers: list[Answer] = []
    together = Barrier(len(tickets))

    def one(ticket_id: int) -> None:
        together.wait(timeout=30)
        with desk.database.transaction() as session:
            ticket = session.get_one(Ticket, ticket_id)
            wish = Wish(team="一线", ways=("least_load",))
            answers.append(
                give(session, desk, ticket, wish, held=False, at=utc_now(), actor=SYSTEM)
            )

    threads = [Thread(target=one, args=(ticket.id,)) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answer.result for answer in answers) == ["given"] * 3 + ["nobody"] * 5
    assert {answer.why for answer in answers if answer.result == "nobody"} == {"full"}
    with desk.reading() as session:
        loads = dict(
            session.execute(
                select(Ticket.assignee_id, func.count())
                .where(Ticket.assignee_id.is_not(None))
                .group_by(Ticket.assignee_id)
            ).all()
        )
        assert loads == {automatic.lilei.id: 1, automatic.hanmei.id: 2}
        counted = session.scalars(select(AgentWork.assigned).order_by(AgentWork.user_id)).all()
        assert sorted(counted) == [1, 2]
        assert session.get_one(User, automatic.lilei.id).active


def test_one_ticket_is_given_once(
    desk: Desk, automatic: SimpleNamespace, mailed: Callable[..., Ticket]
) -> None:
    """Two who assign the same ticket at once: one gives it, the other finds it settled."""
    ticket = mailed()
    answers: list[str] = []
    together = Barrier(2)

    def one() -> None:
        together.wait(timeout=30)
        with desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            answer = give(
                session, desk, kept, Wish(team="一线"), held=False, at=utc_now(), actor=SYSTEM
            )
            answers.append(answer.result)

    threads = [Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answers) == ["given", "settled"]
