"""The tracking page at `/t/<token>`: where the ticket stands, what was said, a word more, and the rating."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from flask import (
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.portal import page_keys
from desk.portal.operations import SentBefore, add_words, rate_ticket
from desk.portal.pages import blueprint
from desk.portal.pages.door import (
    anew,
    closed,
    customer_page,
    failed_words,
    here,
    page_key,
    sent_key,
    stale_words,
    too_often,
)
from desk.portal.pages.uploads import FilesRefused, files_were_sent, keep_files
from desk.portal.progress import progress, what_is_next
from desk.portal.queries import Tracked, public_attachment, tracked_ticket
from desk.portal.tracking import read_token
from desk.storage import FileMissing
from desk.tickets.attachments import INLINE_TYPES, answer_with
from desk.tickets.events import NobodyWaits
from desk.tickets.models import Message, Ticket
from desk.tickets.pages.uploads import upload_limit
from engine.errors import DiagramError
from engine.operators import OperatorError

log = structlog.get_logger(__name__)

LONGEST_TEXT = 8_000  # characters of one message
LONGEST_COMMENT = 2_000
STARS = ("1", "2", "3", "4", "5")
LARGEST_ID = 2**62  # what an address may ask a database for


@dataclass
class _Draft:
    """What came back: words and stars as they were sent, and what is wrong with them. `act` names the form."""

    act: Literal["", "write", "rate"] = ""
    text: str = ""
    rating: str = ""
    comment: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""


class _ComesBack(Exception):
    """What was sent is shown again, with what is wrong; nothing of it was kept."""

    def __init__(self, draft: _Draft, status: int) -> None:
        super().__init__(draft.problem)
        self.draft, self.status = draft, status


@blueprint.get("/t/<token>")
@customer_page
def track(token: str) -> Response:
    """The page; `?before=` shows earlier messages."""
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before < LARGEST_ID:
        before = None
    return _show(token, _open(token, before=before))


@blueprint.post("/t/<token>")
@customer_page
def answer(token: str) -> Any:
    """A word more, or the rating; what is wrong comes back as it was sent."""
    ticket = _open(token).ticket
    structlog.contextvars.bind_contextvars(ticket_id=ticket.id)
    try:
        done = _rate(ticket) if request.form.get("act") == "rate" else _write(ticket)
    except _ComesBack as back:
        return _show(token, _open(token), back.draft, back.status)
    log.info("tracking.sent", what=done)
    return redirect(here("portal.track", token=token, done=done, _anchor="top"), 303)


@blueprint.get("/t/<token>/received")
@customer_page
def received(token: str) -> str:
    """The thanks after a form: the number, the link, what happens next."""
    tracked = _open(token)
    contact = tracked.ticket.contact
    return render_template(
        "portal/received.html",
        ticket=tracked.ticket,
        tracking=here("portal.track", token=token),
        tracking_url=f"{current_desk().settings.public_url.rstrip('/')}{url_for('portal.track', token=token)}",
        next_words=what_is_next(tracked, current_desk().settings),
        by_mail=bool(contact and any(a.kind == "mail" for a in contact.addresses)),
    )


@blueprint.get("/t/<token>/files/<int:attachment_id>/<path:filename>")
@customer_page
def file(token: str, attachment_id: int, filename: str) -> Response:
    """A file of a public message; `filename` is there for people only. Safe pictures are shown, all else is saved."""
    desk = current_desk()
    ticket_id = read_token(desk.settings, token)
    with desk.reading() as session:
        found = public_attachment(session, ticket_id, attachment_id)
    if found is None:
        abort(_gone())
    try:
        stream = desk.storage.open(found.storage_key)
    except FileMissing:
        log.error("attachment.bytes_missing", attachment_id=found.id)
        abort(_gone())
    return answer_with(found, stream, shown=found.content_type in INLINE_TYPES)


def _open(token: str, *, before: int | None = None) -> Tracked:
    """The ticket behind the token; ends the request with the same page for every token that is no good."""
    desk = current_desk()
    with desk.reading() as session:
        tracked = tracked_ticket(
            session, desk.engine, read_token(desk.settings, token), before=before
        )
    if tracked is None:
        abort(_gone())
    return tracked


def _gone() -> Response:
    return closed(
        _("This link does not work any more"),
        _(
            "It may be incomplete or too old. Please use the link in our latest mail, or send a new request."
        ),
        404,
        ask_anew=True,
    )


def _write(ticket: Ticket) -> str:
    draft = _Draft("write", text=_plain("text"))
    if not draft.text and not files_were_sent():
        draft.errors["text"] = _("Please write something, or choose a file.")
    elif len(draft.text) > LONGEST_TEXT:
        draft.errors["text"] = _too_long(draft.text, LONGEST_TEXT)
    unique = _admitted(ticket, draft)
    try:
        uploads = keep_files(("files", file) for file in request.files.getlist("files"))
    except FilesRefused as refused:
        draft.errors = refused.errors
        raise _ComesBack(draft, 422) from refused
    files = [file for _field, file in uploads]
    key = page_keys.dedupe_key(
        _subject(ticket), unique, {"text": draft.text}, [file.storage_key for file in files]
    )
    too_late = _("The request was closed in the meantime, so this was not sent. It is kept below.")
    with _telling(draft, too_late) as session:
        mine = session.get_one(Ticket, ticket.id)
        engine = current_desk().engine
        add_words(session, engine, mine, text=draft.text, files=files, dedupe_key=key)
    return "wrote"


def _rate(ticket: Ticket) -> str:
    draft = _Draft("rate", rating=_plain("rating"), comment=_plain("comment"))
    if draft.rating not in STARS:
        draft.errors["rating-5"] = _("Please choose one to five stars.")
    elif len(draft.comment) > LONGEST_COMMENT:
        draft.errors["comment"] = _too_long(draft.comment, LONGEST_COMMENT)
    unique = _admitted(ticket, draft)
    said = {"rating": draft.rating, "comment": draft.comment}
    key = page_keys.dedupe_key(_subject(ticket), unique, said)
    too_late = _("This request cannot be rated any more. Thank you all the same.")
    with _telling(draft, too_late) as session:
        mine = session.get_one(Ticket, ticket.id)
        rating, engine = int(draft.rating), current_desk().engine
        rate_ticket(session, engine, mine, rating=rating, comment=draft.comment, dedupe_key=key)
    return "rated"


def _admitted(ticket: Ticket, draft: _Draft) -> str:
    """What makes the sent page unique. Raises _ComesBack for what is wrong, not from our page, or too often."""
    if draft.errors:
        raise _ComesBack(draft, 422)
    unique = sent_key(_subject(ticket))
    if unique is None:
        draft.problem = stale_words()
        raise _ComesBack(draft, 400)
    if problem := too_often("tracking"):
        draft.problem = problem
        raise _ComesBack(draft, 429)
    return unique


@contextmanager
def _telling(draft: _Draft, too_late: str) -> Iterator[Session]:
    """A transaction in which the process is told; _ComesBack when it cannot be. Telling twice counts once."""
    try:
        with current_desk().database.transaction() as session:
            yield session
    except SentBefore:
        return  # the first time counted; the customer sees the same page
    except NobodyWaits as nobody:
        draft.problem = too_late
        raise _ComesBack(draft, 409) from nobody
    except (DiagramError, OperatorError) as error:
        log.exception("tracking.diagram_failed")
        draft.problem = failed_words()
        raise _ComesBack(draft, 503) from error


def _plain(name: str) -> str:
    """What was sent in a field, with line feeds, without what a database cannot hold."""
    text = request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "")
    return text.strip()


def _too_long(text: str, limit: int) -> str:
    return _(
        "This has %(length)s characters; %(limit)s are allowed.", length=len(text), limit=limit
    )


def _subject(ticket: Ticket) -> str:
    return f"ticket:{ticket.id}"


def _show(token: str, tracked: Tracked, draft: _Draft | None = None, status: int = 200) -> Response:
    draft = draft or _Draft()
    came_back = bool(draft.problem or draft.errors)
    return make_response(
        render_template(
            "portal/track.html",
            tracked=tracked,
            ticket=tracked.ticket,
            steps=progress(tracked),
            next_words=what_is_next(tracked, current_desk().settings),
            messages=[_public(message) for message in tracked.messages],
            file_url=lambda found: here(
                "portal.file", token=token, attachment_id=found.id, filename=found.filename
            ),
            earlier=here("portal.track", token=token, before=tracked.earlier)
            if tracked.earlier
            else None,
            draft=draft,
            rating_errors=_summed(draft.errors, "rating-5", "comment"),
            word_errors=_summed(draft.errors, "text", "files"),
            problem=draft.problem,
            hints=[_("Please choose your files again.")] if came_back and files_were_sent() else [],
            done=request.args.get("done") if request.method == "GET" else None,
            action=here("portal.track", token=token),
            key_field=page_keys.FIELD,
            key=page_key(_subject(tracked.ticket)),
            max_mb=upload_limit() // (1024 * 1024),
            longest_text=LONGEST_TEXT,
            longest_comment=LONGEST_COMMENT,
            ask_anew=None if tracked.may_write else anew(),
        ),
        status,
    )


def _summed(errors: dict[str, str], *fields: str) -> list[dict[str, str]]:
    """Those of the errors that are said above one of the page's forms."""
    return [{"field": name, "text": text} for name, text in errors.items() if name in fields]


def _public(message: Message) -> dict[str, Any]:
    """A message as the customer reads it: quotations and the addresses of others are left out."""
    author = message.author
    named = author.get("kind") == "user" and author.get("name")
    return {
        "id": message.id,
        "kind": message.kind,
        "author": {"name": named or current_desk().settings.company},
        "created_at": message.created_at,
        "text": message.text,
        "attachments": message.attachments,
    }
