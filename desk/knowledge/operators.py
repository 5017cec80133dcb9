"""Articles, offered to diagrams: the only code that publishes one."""

from typing import Annotated, Any

from desk.knowledge.models import Article, ArticleState
from desk.knowledge.operations import ArticleRefused
from desk.notices.operations import notify
from desk.tickets.parameters import RemarkParam
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()

ArticleParam = Annotated[int, Param(Text("Article", "知识文章"))]


@operators.inline(
    "article.publish",
    title=Text("Publish an article", "发布知识文章"),
    help=Text(
        "The article can be found from now on. Nobody publishes their own.",
        "文章发布后即可被检索。作者不能发布自己的文章。",
    ),
    permission="knowledge.review",
    icon="book-upload",
)
def publish(step: Step, *, article_id: ArticleParam) -> dict[str, Any]:
    """Returns {"published": true}. Raises ArticleRefused for the author's own."""
    article = _article(step, article_id)
    me = (step.actor.kind, step.actor.id)
    if step.actor.kind == "user" and me == (article.author.get("kind"), article.author.get("id")):
        raise ArticleRefused(
            "You wrote this yourself; somebody else must review it.",
            "文章由您本人编写，须由他人审核。",
        )
    article.state, article.published_at = ArticleState.PUBLISHED, step.now
    article.reviewer = step.actor.as_json()
    return {"published": True}


@operators.inline(
    "article.send_back",
    title=Text("Send an article back", "退回知识文章"),
    help=Text("The article is a draft again, with a remark.", "文章退回为草稿，并附备注。"),
    permission="knowledge.review",
    icon="book-off",
)
def send_back(
    step: Step, *, article_id: ArticleParam, remark: RemarkParam = None
) -> dict[str, Any]:
    """Returns {"published": false}."""
    article = _article(step, article_id)
    article.state, article.remark = ArticleState.DRAFT, remark or ""
    article.reviewer = step.actor.as_json()
    return {"published": False}


@operators.inline(
    "article.remind",
    title=Text("Remind the reviewers of an article", "提醒审核知识文章"),
    help=Text("A line in the bell of whoever reviews articles.", "在审核人的消息铃中提示一条。"),
    icon="bell",
)
def remind(step: Step, *, article_id: ArticleParam) -> dict[str, Any]:
    """Returns nothing new."""
    article = _article(step, article_id)
    words = {
        "en": f"An article waits for review: {article.title}",
        "zh": f"知识文章待审核：{article.title}",
    }
    href = f"/knowledge/{article.id}"
    notify(step.session, step.services.live, ["role:reviewer"], words, href=href)
    return {}


@operators.inline(
    "article.withdraw",
    title=Text("Withdraw an article", "下架知识文章"),
    help=Text("The article is found no more.", "文章不再可检索。"),
    permission="knowledge.review",
    icon="book-off",
)
def withdraw(step: Step, *, article_id: ArticleParam) -> dict[str, Any]:
    """Returns {"published": false}."""
    article = _article(step, article_id)
    article.state = ArticleState.WITHDRAWN
    return {"published": False}


def _article(step: Step, number: int) -> Article:
    article = step.session.get(Article, int(number))
    if article is None:
        raise OperatorError(f"there is no article with id {number}")
    return article
