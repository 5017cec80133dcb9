"""The knowledge base: the list, an article, writing and changing one."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.knowledge.models import Article
from desk.knowledge.operations import ArticleRefused, change_article, propose, write_article
from desk.knowledge.queries import article_of_ticket, articles, categories
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.tickets.models import Message, Ticket
from desk.tickets.pages.relations import seen_ticket
from desk.tickets.trail import who_did
from desk.web import navigation
from desk.web.localisation import words

blueprint = Blueprint("knowledge", "desk.knowledge", template_folder="templates")

STATES: dict[str, Any] = {
    "draft": _l("Draft"),
    "review": _l("Under review"),
    "published": _l("Published"),
    "withdrawn": _l("Withdrawn"),
}
TONES = {"draft": "plain", "review": "waiting", "published": "done", "withdrawn": "off"}

navigation.register(
    navigation.Entry(
        key="knowledge",
        label=_l("Knowledge"),
        endpoint="knowledge.article_list",
        icon="book",
        permission="knowledge.read",
        order=40,
    )
)


@blueprint.app_context_processor
def article_of_tickets() -> dict[str, Any]:
    """`article_of(ticket_id)` for the page of a ticket."""

    def article_of(ticket_id: int) -> Article | None:
        with current_desk().reading() as session:
            return article_of_ticket(session, ticket_id)

    return {"article_of": article_of}


@blueprint.get("/knowledge")
@requires("knowledge.read")
def article_list() -> str:
    """All articles; filters are in the address."""
    chosen = {name: request.args.get(name, "").strip() for name in ("q", "category", "state")}
    if chosen["state"] not in STATES:
        chosen["state"] = ""
    with current_desk().reading() as session:
        found = articles(
            session, text=chosen["q"], category=chosen["category"], state=chosen["state"]
        )
        known = categories(session)
    return render_template(
        "knowledge/articles.html",
        articles=found,
        categories=[(name, name) for name in known],
        states=list(STATES.items()),
        tones=TONES,
        chosen=chosen,
    )


@blueprint.get("/knowledge/<int:article_id>")
@requires("knowledge.read")
def article(article_id: int) -> str:
    """One article."""
    with current_desk().reading() as session:
        found = _found(session, article_id)
        ticket = session.get(Ticket, found.ticket_id) if found.ticket_id else None
    return render_template(
        "knowledge/article.html",
        article=found,
        ticket=ticket,
        state=STATES[found.state],
        tone=TONES[found.state],
        author=who_did(found.author),
        reviewer=who_did(found.reviewer) if found.reviewer else None,
    )


@blueprint.get("/knowledge/new")
@requires("knowledge.edit")
def new_article() -> str:
    """An empty article, or one proposed from a ticket (`?ticket=`): its title, and an internal note."""
    with current_desk().reading() as session:
        ticket = _ticket(session)
        note = None
        if ticket is not None:
            note = session.query(Message).filter_by(ticket_id=ticket.id, kind="note").order_by(
                Message.id.desc()
            ).first()  # fmt: skip
        known = categories(session)
    values = {"title": ticket.title if ticket else "", "body": note.text if note else ""}
    return _form(None, ticket, values, known)


@blueprint.post("/knowledge/new")
@requires("knowledge.edit")
def create_article() -> Any:
    """Keep the draft, and ask for its review unless it should wait."""
    desk = current_desk()
    values = _values()
    try:
        with desk.database.transaction() as session:
            ticket = _ticket(session)
            made = write_article(session, **values, ticket=ticket, actor=current_actor())
            if request.form.get("then") == "propose":
                propose(session, desk.engine, made, actor=current_actor())
    except ArticleRefused as refused:
        with desk.reading() as session:
            return _form(None, _ticket(session), values, categories(session), refused), 422
    flash(_("The article is kept."), "success")
    return redirect(url_for("knowledge.article", article_id=made.id), 303)


@blueprint.get("/knowledge/<int:article_id>/edit")
@requires("knowledge.edit")
def edit_article(article_id: int) -> str:
    """The article's words, to be changed."""
    with current_desk().reading() as session:
        found = _editable(session, article_id)
        known = categories(session)
    values = {"title": found.title, "body": found.body, "category": found.category}
    return _form(found, None, values, known)


@blueprint.post("/knowledge/<int:article_id>/edit")
@requires("knowledge.edit")
def save_article(article_id: int) -> Any:
    """Save, and perhaps ask for the review. 409 when somebody else changed it meanwhile."""
    desk = current_desk()
    values = _values()
    seen = request.form.get("seen", 0, type=int)
    try:
        with desk.database.transaction() as session:
            found = _editable(session, article_id)
            change_article(session, found, **values, seen=seen)
            if request.form.get("then") == "propose":
                propose(session, desk.engine, found, actor=current_actor())
    except ArticleRefused as refused:
        with desk.reading() as session:
            found = _editable(session, article_id)
            page = _form(found, None, values, categories(session), refused)
        return page, 422 if refused.field else 409
    flash(_("Saved."), "success")
    return redirect(url_for("knowledge.article", article_id=article_id), 303)


def _found(session: Session, article_id: int) -> Article:
    return session.get(Article, article_id) or abort(404)


def _editable(session: Session, article_id: int) -> Article:
    """What is published is changed by those who review only."""
    found = _found(session, article_id)
    if found.state == "published" and not can(current_user(), "knowledge.review"):
        abort(403)
    return found


def _ticket(session: Session) -> Ticket | None:
    number = request.values.get("ticket", type=int)
    return seen_ticket(session, number) if number is not None else None


def _values() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("title", "body", "category")}


def _form(
    found: Article | None,
    ticket: Ticket | None,
    values: dict[str, str],
    known: list[str],
    refused: ArticleRefused | None = None,
) -> str:
    return render_template(
        "knowledge/edit.html",
        article=found,
        ticket=ticket,
        values=values,
        categories=known,
        error=(refused.field, words(refused.words)) if refused else None,
    )
