"""One ticket: its page, the parts of it that renew themselves, and what one can say or ask there."""

from collections.abc import Sequence
from typing import Any, Literal, cast

from flask import abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.cockpit.refusals import refusal
from desk.incidents import operations as incidents
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.storage import UploadRefused
from desk.tickets import events
from desk.tickets.copies import Copy, CopyRefused, copies_of
from desk.tickets.delivery import deliveries
from desk.tickets.models import Message, Ticket
from desk.tickets.pages import blueprint
from desk.tickets.pages.uploads import refused_words, store_files
from desk.tickets.pages.view import (
    conversation_context,
    header_context,
    may_send_again,
    show_ticket,
    trail_context,
    waiting_steps,
)
from desk.tickets.queries import ticket_by_id
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import only_looks
from desk.tickets.scope import may_see
from desk.tickets.steps import open_steps
from desk.tickets.tasks import names_of
from desk.web.localisation import words as in_words
from engine import inspection
from engine.errors import DiagramError, InstanceGone, InstanceSuspended, StateUnreadable
from engine.operators import OperatorError
from engine.tables import human_task, incident

TEXT_LENGTH = 100_000  # characters of one message


@blueprint.get("/tickets/<int:ticket_id>")
@requires("ticket.read")
def ticket_page(ticket_id: int) -> Any:
    """The whole page; `?part=header|conversation|trail|moved` is one part of it, for live pages."""
    part = request.args.get("part", "")
    before: int | None = request.args.get("before", type=int)
    with current_desk().reading() as session:
        ticket = _found(session, ticket_id)
        if part == "header":
            return render_template(
                "tickets/_header.html",
                ticket=ticket,
                topic=_topic(ticket),
                **header_context(session, ticket),
            )
        if part == "conversation" or before:
            context = conversation_context(session, ticket, before=before)
            if part:
                return render_template(
                    "tickets/_conversation.html", ticket=ticket, topic=_topic(ticket), **context
                )
            return render_template("tickets/earlier.html", ticket=ticket, **context)
        if part == "trail":
            return render_template(
                "tickets/_trail.html",
                ticket=ticket,
                topic=_topic(ticket),
                **trail_context(session, ticket),
            )
        if part == "moved":
            return _moved(session, ticket)
        return show_ticket(session, ticket)


@blueprint.post("/tickets/<int:ticket_id>/messages")
@requires("ticket.read")
def send_message(ticket_id: int) -> Any:
    """A public reply or an internal note, with files. What cannot be sent comes back as it was."""
    kind = cast(Literal["reply", "note"], request.form.get("kind", "note"))
    if kind not in events.TOLD_BY or not _may_work():
        abort(403)
    text = request.form.get("text", "").strip()
    desk = current_desk()
    try:
        files = store_files()
        if not text and not files:
            return _back_with(ticket_id, 422, _("Write something, or attach a file."))
        if len(text) > TEXT_LENGTH:
            words = _("A message has at most %(n)s characters.", n=TEXT_LENGTH)
            return _back_with(ticket_id, 422, words)
        with desk.database.transaction() as session:
            ticket = _found(session, ticket_id)
            if only_looks(session, ticket, current_user()):
                abort(403)
            cc = _copies(session, ticket) if kind == "reply" else ()
            events.say(
                session,
                desk.engine,
                ticket,
                kind=kind,
                author=current_actor(),
                text=text,
                attachments=files,
                cc=cc,
            )
    except CopyRefused as refused_copy:
        return _back_with(ticket_id, 422, in_words(refused_copy.words))
    except UploadRefused as refused:
        return _back_with(ticket_id, 422, refused_words(refused))
    except (events.NobodyWaits, InstanceGone):
        words = _(
            "This was not sent: the ticket's process does not take messages any more. "
            "Your text is kept below."
        )
        return _back_with(ticket_id, 409, words)
    except (OperatorError, DiagramError) as error:
        return _back_with(
            ticket_id, 422, _("The process could not go on: %(reason)s", reason=str(error))
        )
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id), 303)


@blueprint.post("/tickets/<int:ticket_id>/messages/<int:message_id>/again")
@requires("ticket.read")
def send_again(ticket_id: int, message_id: int) -> Any:
    """Have a reply that did not go out tried again: its incident is retried, with this as the reason."""
    if not may_send_again():
        abort(403)
    desk, actor = current_desk(), current_actor()
    with desk.database.transaction() as session:
        ticket = _found(session, ticket_id)
        message = session.get(Message, message_id)
        if message is None or message.ticket_id != ticket_id:
            abort(404)
        if only_looks(session, ticket, current_user()):
            abort(403)
        incident_id = deliveries(session, ticket_id, [message])[message_id].incident_id
        reason = _("Sent again from the ticket's page")
        if incident_id and incidents.retry(session, desk, incident_id, actor=actor, reason=reason):
            desk.live.publish(session, _topic(ticket), "message.queued", {"ticket_id": ticket_id})
            flash(_("It is being sent again."), "success")
        else:
            flash(_("Somebody has dealt with it already."))
    address = url_for("tickets.ticket_page", ticket_id=ticket_id, _anchor=f"message-{message_id}")
    return redirect(address, 303)


@blueprint.post("/tickets/<int:ticket_id>/cancel")
@requires("ticket.cancel")
def cancel_ticket(ticket_id: int) -> Any:
    """Ask the process to cancel the ticket, where its diagram waits for that."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            events.cancel(
                session,
                desk.engine,
                _found(session, ticket_id),
                reason=request.form.get("reason", "").strip()[:2000],
                actor=current_actor(),
            )
    except Refused as refused:
        return _back_with(ticket_id, 409, in_words(refused.words))
    except (events.NobodyWaits, InstanceGone, InstanceSuspended):
        words = _("The ticket cannot be cancelled where it stands. Nothing was changed.")
        return _back_with(ticket_id, 409, words)
    except StateUnreadable as error:
        return _back_with(ticket_id, 409, refusal(error))
    flash(_("The ticket was cancelled."), "success")
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id), 303)


@blueprint.get("/tickets/<int:ticket_id>/flow.xml")
@requires("ticket.read")
def flow_xml(ticket_id: int) -> Response:
    """The diagram of the version that the ticket runs on."""
    desk = current_desk()
    with desk.reading() as session:
        xml = inspection.diagram(session, _found(session, ticket_id).instance_id)
    response = make_response(xml)
    response.content_type = "application/xml; charset=utf-8"
    return response


@blueprint.get("/tickets/<int:ticket_id>/flow.json")
@requires("ticket.read")
def flow_state(ticket_id: int) -> Response:
    """Where the tokens stand and with whom, what is done, and what was stopped by a fault."""
    desk = current_desk()
    with desk.reading() as session:
        instance_id = _found(session, ticket_id).instance_id
        tokens = inspection.progress(desk.engine, session, instance_id)
        assigned: dict[str, str | None] = {}
        for element, assignee in session.execute(
            select(human_task.c.element_id, human_task.c.assignee).where(
                human_task.c.instance_id == instance_id, human_task.c.status == "open"
            )
        ):
            assigned[element] = assignee
        names = names_of(session, list(assigned.values()))
        failed = session.execute(
            select(incident.c.element_id, incident.c.message).where(
                incident.c.instance_id == instance_id,
                incident.c.resolved_at.is_(None),
                incident.c.element_id.is_not(None),
            )
        ).all()
    return jsonify(
        active=[
            {"element": element, "who": names.get(assigned.get(element) or "")}
            for element in tokens["active"]
        ],
        done=tokens["done"],
        failed=[{"element": element, "text": text} for element, text in failed],
    )


def _found(session: Session, ticket_id: int) -> Ticket:
    ticket = ticket_by_id(session, ticket_id)
    if ticket is None or not may_see(session, current_user(), ticket):
        abort(404)
    return ticket


def _copies(session: Session, ticket: Ticket) -> Sequence[Copy]:
    """Who gets the reply beside the customer, as the page sent it."""
    people = request.form.getlist("copied", type=int)
    return copies_of(session, ticket, [request.form.get("cc", "")], people)


def _topic(ticket: Ticket) -> str:
    return f"ticket:{ticket.id}"


def _may_work() -> bool:
    user = current_user()
    return can(user, "ticket.process") or can(user, "ticket.dispatch")


def _moved(session: Session, ticket: Ticket) -> str:
    """Whom the ticket waits for, and a banner when the reader has other steps than `?seen=` now."""
    steps = open_steps(session, current_desk().engine, ticket.instance_id, current_user())
    return render_template(
        "tickets/_moved.html",
        ticket=ticket,
        topic=_topic(ticket),
        seen=request.args.get("seen", ""),
        moved=steps.signature != request.args.get("seen", ""),
        waiting=waiting_steps(steps),
    )


def _back_with(ticket_id: int, status: int, problem: str) -> Any:
    """The page with what was typed still in it."""
    draft = {
        **{name: request.form.get(name, "") for name in ("text", "cc")},
        "kind": request.form.get("kind", "note"),
        "copied": request.form.getlist("copied", type=int),
    }
    with current_desk().reading() as session:
        ticket = _found(session, ticket_id)
        return show_ticket(session, ticket, status=status, problems=[problem], draft=draft)
