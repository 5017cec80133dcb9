"""Articles as expressions read them: `article.title`."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy.orm import Session

from desk.knowledge.models import Article
from desk.tickets.records import RecordView


def load_article(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The article that the process is about (`article_id` in its data)."""
    number = data.get("article_id")
    article = session.get(Article, int(number)) if number is not None else None
    return RecordView(article, ARTICLE_FIELDS) if article else None


def _author(article: Article) -> str | None:
    given = article.author
    return f"user:{given['id']}" if given.get("kind") == "user" else None


ARTICLE_FIELDS: dict[str, Callable[[Article], Any]] = {
    **{name: attrgetter(name) for name in ("id", "title", "body", "category", "state", "remark")},
    "author": _author,
}

# What the composition root registers with the engine.
RECORDS = {"article": load_article}
