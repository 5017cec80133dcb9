"""What is asked of the knowledge base."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk.knowledge.models import Article, ArticleState

SHOWN = 200


def articles(
    session: Session, *, text: str = "", category: str = "", state: str = ""
) -> Sequence[Article]:
    """Articles, the published first, newest on top; `text` is looked for in title and body."""
    statement = select(Article).order_by(
        Article.state != ArticleState.PUBLISHED, Article.updated_at.desc(), Article.id.desc()
    )
    if text:
        found = Article.title.icontains(text, autoescape=True)
        statement = statement.where(or_(found, Article.body.icontains(text, autoescape=True)))
    if category:
        statement = statement.where(Article.category == category)
    if state:
        statement = statement.where(Article.state == state)
    return session.scalars(statement.limit(SHOWN)).all()


def categories(session: Session) -> list[str]:
    """The categories in use, by name."""
    found = select(Article.category).where(Article.category != "").distinct()
    return sorted(session.scalars(found))


def article_of_ticket(session: Session, ticket_id: int) -> Article | None:
    """The article that was made of a ticket."""
    return session.scalars(select(Article).where(Article.ticket_id == ticket_id)).one_or_none()
