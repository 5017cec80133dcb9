"""What can be done with articles: write, change, ask for a review. Publishing is the review's diagram's business."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.knowledge.models import Article, ArticleState
from desk.tickets.models import OVER, Ticket
from desk.tickets.operations import write_trail
from engine.actors import Actor
from engine.operators import OperatorError, Text
from engine.runtime import Engine
from engine.timestamps import utc_now

PROPOSED = "article.proposed"
LONGEST = 100_000


class ArticleRefused(OperatorError):
    """Nothing was changed; `words` say why, `field` is the entry that is wrong."""

    def __init__(self, en: str, zh: str, field: str = "") -> None:
        super().__init__(Text(en, zh))
        self.field = field


def write_article(
    session: Session,
    *,
    title: str,
    body: str,
    category: str = "",
    ticket: Ticket | None = None,
    actor: Actor,
) -> Article:
    """A draft. Of a ticket there is one article, and it is written while the ticket is open.

    Side effects: a row; for a ticket a line of its trail. Raises ArticleRefused.
    """
    words = _checked(title, body, category)
    if ticket is not None:
        if ticket.state in OVER or ticket.deleted_at is not None:
            raise ArticleRefused(
                "Articles are made of tickets that are still open.", "只能由未结束的工单生成知识。"
            )
        if session.scalar(select(Article.id).where(Article.ticket_id == ticket.id)) is not None:
            raise ArticleRefused(
                "There is an article of this ticket already.", "该工单已生成过知识文章。"
            )
    article = Article(**words, ticket_id=ticket.id if ticket else None, author=actor.as_json())
    session.add(article)
    session.flush()
    if ticket is not None:
        data = {"article_id": article.id, "title": article.title}
        write_trail(session, ticket, at=utc_now(), actor=actor, action="made_article", data=data)
    return article


def change_article(
    session: Session, article: Article, *, title: str, body: str, category: str, seen: int
) -> None:
    """Other words. What is published stays so; `seen` is the revision that was before the writer.

    Raises ArticleRefused, also when somebody else changed it meanwhile.
    """
    session.refresh(article, with_for_update=True)
    if article.revision != seen:
        raise ArticleRefused(
            "Somebody else changed this article meanwhile. Your words are kept below.",
            "他人已修改本文，您填写的内容保留在下方。",
        )
    for name, value in _checked(title, body, category).items():
        setattr(article, name, value)
    article.revision += 1
    session.flush()


def propose(session: Session, engine: Engine, article: Article, *, actor: Actor) -> None:
    """Ask for a review. Side effects: the state, and whatever starts with article.proposed.

    Raises ArticleRefused when it is under review or published, or nothing reviews.
    """
    session.refresh(article, with_for_update=True)
    if article.state in (ArticleState.REVIEW, ArticleState.PUBLISHED):
        raise ArticleRefused("It is with a reviewer, or published.", "文章正在审核或已发布。")
    article.state, article.remark = ArticleState.REVIEW, ""
    session.flush()
    payload = {
        "article_id": article.id,
        "title": article.title,
        "author": actor.reference,
        "correlation": f"article:{article.id}",
    }
    delivery = engine.message(
        session, PROPOSED, payload, actor=actor, correlation=f"article:{article.id}"
    )
    if not delivery.anywhere:
        raise ArticleRefused(
            "No diagram reviews articles here; ask an implementer to deploy one.",
            "尚未发布知识审核流程，请联系实施人员。",
        )


def _checked(title: str, body: str, category: str) -> dict[str, str]:
    title = " ".join(title.split())
    if not title:
        raise ArticleRefused("Give it a title.", "请填写标题。", "title")
    if not body.strip():
        raise ArticleRefused("Write the answer.", "请填写正文。", "body")
    if len(title) > 400 or len(body) > LONGEST:
        raise ArticleRefused("This is too long.", "内容过长。", "body")
    return {
        "title": title,
        "body": body.replace("\x00", "").strip(),
        "category": " ".join(category.split())[:120],
    }
