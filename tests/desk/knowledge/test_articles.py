"""Articles: made of tickets, reviewed by somebody else, found once they are published."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.knowledge.models import Article
from desk.knowledge.operations import ArticleRefused, change_article, propose, write_article
from desk.knowledge.operators import publish
from desk.tickets.models import Ticket, TicketState
from desk.tickets.operations import receive_message
from engine.tables import human_task
from tests.desk.tickets.conftest import acting


def review_task(desk: Desk) -> Any:
    with desk.reading() as session:
        return session.scalars(
            select(human_task.c.id).where(
                human_task.c.element_id == "review", human_task.c.status == "open"
            )
        ).one()


def test_a_ticket_becomes_an_article_that_somebody_else_publishes(
    desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = crew.lilei.id
        note = receive_message(
            session, kind="note", channel="desk", author=acting(crew.lilei), text="先装纸，再开机"
        )
        note.ticket_id = ticket.id
    lilei, boss = visit(crew.lilei), visit(crew.dispatcher)
    page = lilei.get(f"/knowledge/new?ticket={ticket.id}").text
    assert ticket.title in page
    assert "先装纸，再开机" in page, "a note is the first draft of the answer"
    given = {"ticket": ticket.id, "title": "打印机缺纸怎么办", "body": "装纸", "then": "propose"}
    assert lilei.post("/knowledge/new", given).status_code == 303
    again = lilei.post("/knowledge/new", given)
    assert again.status_code == 422
    assert "already" in again.text
    task = review_task(desk)
    assert "Review the article" not in lilei.get("/tasks").text
    assert re.search(rf'href="/tasks/{task}"[^>]*>打印机缺纸怎么办', boss.get("/tasks").text)
    assert lilei.get(f"/tasks/{task}").status_code == 403
    assert "打印机缺纸怎么办" in boss.get(f"/tasks/{task}").text
    back = boss.post(f"/tasks/{task}/complete", {"outcome": "back"})
    assert back.status_code == 422  # without a word why
    back = boss.post(f"/tasks/{task}/complete", {"outcome": "back", "remark": "请补充型号"})
    assert back.status_code == 303
    with desk.reading() as session:
        article = session.scalars(select(Article)).one()
        assert (article.state, article.remark) == ("draft", "请补充型号")
    assert "请补充型号" in lilei.get(f"/knowledge/{article.id}").text
    better = {"title": "打印机缺纸怎么办", "body": "A4 纸", "seen": 1, "then": "propose"}
    assert lilei.post(f"/knowledge/{article.id}/edit", better).status_code == 303
    assert lilei.post(f"/knowledge/{article.id}/edit", better).status_code == 409
    done = boss.post(f"/tasks/{review_task(desk)}/complete", {"outcome": "publish"})
    assert done.status_code == 303
    with desk.reading() as session:
        found = session.scalars(select(Article)).one()
        assert found.state == "published"
        assert found.reviewer is not None
        assert found.reviewer["name"] == "调度"
    assert "打印机缺纸怎么办" in lilei.get("/knowledge?q=A4").text
    assert lilei.get(f"/knowledge/{found.id}/edit").status_code == 403


def test_nobody_publishes_their_own(desk: Desk, crew: SimpleNamespace) -> None:
    with desk.database.transaction() as session:
        article = write_article(session, title="a", body="b", actor=acting(crew.dispatcher))
        step = SimpleNamespace(session=session, actor=acting(crew.dispatcher))
        with pytest.raises(ArticleRefused):
            publish(step, article_id=article.id)
        assert article.state == "draft"


def test_what_is_wrong_with_an_article_is_said(
    desk: Desk, crew: SimpleNamespace, mailed: Any
) -> None:
    actor = acting(crew.lilei)
    with desk.database.transaction() as session:
        for title, body in ((" ", "b"), ("a", " ")):
            with pytest.raises(ArticleRefused):
                write_article(session, title=title, body=body, actor=actor)
        article = write_article(session, title="a", body="b", actor=actor)
        with pytest.raises(ArticleRefused, match="meanwhile"):
            change_article(session, article, title="a", body="c", category="", seen=7)
        propose(session, desk.engine, article, actor=actor)
        with pytest.raises(ArticleRefused):
            propose(session, desk.engine, article, actor=actor)


@pytest.mark.parametrize("over", ["ended", "cancelled", "deleted"])
def test_articles_are_made_of_open_tickets(
    desk: Desk, crew: SimpleNamespace, mailed: Any, over: str
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        if over == "deleted":
            kept.deleted_at = kept.created_at
        else:
            kept.state = TicketState(over)
        with pytest.raises(ArticleRefused, match="still open"):
            write_article(session, title="a", body="b", ticket=kept, actor=acting(crew.lilei))
