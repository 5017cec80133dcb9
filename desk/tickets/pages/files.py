"""Attachments, and mails as they came."""

from flask import Response, abort, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.application import current_desk
from desk.people.access import current_actor, current_user, requires
from desk.storage import FileMissing
from desk.tickets.attachments import INLINE_TYPES, answer_with, note_download
from desk.tickets.html import has_remote_pictures, shown_html
from desk.tickets.models import Attachment, Message, Ticket
from desk.tickets.pages import blueprint
from desk.tickets.scope import may_see

MAIL_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'self'; img-src 'self'{pictures}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@blueprint.get("/attachments/<int:attachment_id>/<path:filename>")
@requires("ticket.read")
def attachment(attachment_id: int, filename: str) -> Response:
    """The bytes of an attachment; `filename` is there for people only. Pictures that are safe are shown,
    all else is downloaded."""
    desk = current_desk()
    with desk.reading() as session:
        found = session.get(Attachment, attachment_id, options=[joinedload(Attachment.message)])
        if found is None or not _may_see(session, found.message):
            abort(404)
    try:
        stream = desk.storage.open(found.storage_key)
    except FileMissing:
        abort(404)
    shown = found.content_type in INLINE_TYPES and "download" not in request.args
    if not shown:
        note_download(desk, found, current_actor())
    return answer_with(found, stream, shown=shown)


@blueprint.get("/messages/<int:message_id>/original")
@requires("ticket.read")
def original(message_id: int) -> Response:
    """The HTML of a mail, cleaned, for a frame of its own; `?pictures=1` loads those from elsewhere."""
    with current_desk().reading() as session:
        message = session.get(Message, message_id)
        if message is None or not _may_see(session, message) or not message.html:
            abort(404)
        pictures = {
            found.content_id.strip("<>"): url_for(
                "tickets.attachment", attachment_id=found.id, filename=found.filename
            )
            for found in session.scalars(
                select(Attachment).where(
                    Attachment.message_id == message.id,
                    Attachment.content_id.is_not(None),
                    Attachment.content_type.in_(INLINE_TYPES),
                )
            )
            if found.content_id
        }
    remote = request.args.get("pictures") == "1"
    response = make_response(
        render_template(
            "tickets/original.html",
            html=shown_html(message.html, picture=pictures.get, remote=remote),
            pictures_href=url_for("tickets.original", message_id=message.id, pictures=1)
            if has_remote_pictures(message.html) and not remote
            else None,
        )
    )
    response.headers["Content-Security-Policy"] = MAIL_POLICY.format(
        pictures=" https: http:" if remote else ""
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _may_see(session: Session, message: Message) -> bool:
    """What belongs to no ticket yet is nobody's to see."""
    ticket = session.get(Ticket, message.ticket_id) if message.ticket_id is not None else None
    return ticket is not None and may_see(session, current_user(), ticket)
