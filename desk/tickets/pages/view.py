"""The ticket page put together: what was said, what can be done now, and everything beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields.entry import shown_sections
from desk.forms import Form, Submission
from desk.forms.expressions import Scope
from desk.forms.fields.choice import OptionInput
from desk.people.access import current_user
from desk.people.permissions import can
from desk.rules import at_work, macros
from desk.sla.pages import clocks_context, next_clock
from desk.tickets.answers import form_answers
from desk.tickets.changes import may_edit
from desk.tickets.conversation import conversation, trail
from desk.tickets.copies import copied_people
from desk.tickets.delivery import Delivery, deliveries
from desk.tickets.events import CANCELLED, TOLD_BY
from desk.tickets.models import OVER, Message, Ticket, TrailEntry
from desk.tickets.needs import form_for_page, hint
from desk.tickets.pages.relations import together_context
from desk.tickets.pages.uploads import upload_limit
from desk.tickets.payments.operations import payments_of
from desk.tickets.presence import BEAT, topic_of
from desk.tickets.queries import other_tickets, ticket_by_id
from desk.tickets.relations.watching import only_looks
from desk.tickets.scope import visible
from desk.tickets.steps import OpenSteps, form_of, form_options, open_steps
from desk.tickets.trail import CHANNELS, trail_line, who_did
from desk.tickets.types import type_by_key
from desk.web.localisation import words
from engine import inspection
from engine.human_tasks import OpenTask
from engine.tables import process_instance, process_version
from engine.timestamps import utc_now

FEW_LINES = 50  # of the trail, on the page; the rest when asked for
ALL_LINES = 5000
CANCEL = "cancel"  # the outcome with which a diagram cancels the ticket


@dataclass(frozen=True)
class Typed:
    """What somebody wrote into a form that can no longer be sent, by field name."""

    form: Form | None
    texts: Mapping[str, str]

    def labelled(self, session: Session) -> list[tuple[str, str]]:
        """The texts under the labels that their fields had; what was chosen as it is called there."""
        scope, locale = Scope.root({}, utc_now()), str(get_locale())
        supplied = form_options(session, self.form) if self.form else {}
        labels, choices = {}, {}
        for item in self.form.inputs if self.form else ():
            name = ".".join(item.key)
            labels[name] = item.heading(scope, locale)
            if isinstance(item, OptionInput) and item.source.name in ("", *supplied):
                options, _more = item.source.options(scope, supplied)
                choices[name] = {option.token: option.say(locale) for option in options}
        return [
            (labels.get(name) or name, choices.get(name, {}).get(text, text))
            for name, text in self.texts.items()
        ]


@dataclass(frozen=True)
class StepView:
    """A step that the reader can do: the form as HTML, and the ways on."""

    task: OpenTask
    name: str
    form: Markup | None
    errors: Markup | None
    outcomes: list[dict[str, str | None]]
    action: str


def show_ticket(
    session: Session,
    ticket: Ticket,
    *,
    status: int = 200,
    submitted: Mapping[UUID, Submission | None] | None = None,
    faster: str | None = None,
    typed: "Typed | None" = None,
    problems: Sequence[str] = (),
    draft: Mapping[str, Any] | None = None,
) -> Response:
    """The page.

    `submitted` are forms to show as they were filled. `faster` says who did a step meanwhile, and
    `typed` what was written into its form. `draft` is a message that was not sent.
    """
    engine, user = current_desk().engine, current_user()
    full = ticket_by_id(session, ticket.id)
    assert full is not None  # we hold it already
    awaited = inspection.awaited(session, full.instance_id)
    steps = open_steps(session, engine, full.instance_id, user)
    may_work = (
        (can(user, "ticket.process") or can(user, "ticket.dispatch"))
        and not only_looks(session, full, user)
        and not steps.unreadable
    )
    if steps.unreadable:
        said = _("Where this ticket's flow stands cannot be read. Nothing is lost; the cockpit says more.")
        problems = [*problems, said]
    answers, further_answers = form_answers(session, full)
    mine = [at_work.shown(session, engine, user, full, task) for task in steps.mine]
    hidden = {key for step in mine for key in step.effects.hidden}
    sections, lacking = shown_sections(session, full, hidden)
    html = render_template(
        "tickets/ticket.html",
        **conversation_context(session, full),
        ticket=full,
        topic=f"ticket:{full.id}",
        presence_topic=topic_of(full.id),
        presence_beat=BEAT,
        steps=[
            step_view(
                session, step, (submitted or {}).get(step.task.id), typed.texts if typed else {}
            )
            for step in mine
        ],
        waiting=waiting_steps(steps),
        signature=steps.signature,
        can_reply=may_work and full.merged_into_id is None and TOLD_BY["reply"] in awaited,
        can_note=may_work and full.merged_into_id is None and TOLD_BY["note"] in awaited,
        **header_context(session, full, steps),
        **trail_context(session, full),
        **clocks_context(session, full),
        facts=_facts(session, full),
        times=_times(full),
        field_sections=sections,
        lacking=lacking if full.state not in OVER and full.deleted_at is None else [],
        payments=payments_of(session, full.id),
        answers=answers,
        further_answers=further_answers,
        other_tickets=[
            {
                "href": url_for("tickets.ticket_page", ticket_id=other.id),
                "title": other.title,
                "state": other.state,
                "status": other.status,
            }
            for other in other_tickets(session, full, visible(session, user))
        ],
        faster=faster,
        kept=typed.labelled(session) if typed else [],
        problems=[*problems, *(said for step in mine for said in step.problems)],
        talk_hidden=any(macros.TALK in step.effects.hidden for step in mine),
        draft=draft or {},
        copied_people=copied_people(session, full) if may_work else [],
        max_mb=upload_limit() // (1024 * 1024),
        flow_topic=f"instance:{full.instance_id}"
        if can(user, "process.read")
        else f"ticket:{full.id}",
    )
    response = make_response(html, status)
    if request.method == "POST":  # its address answers no GET: a reload shows the ticket again
        response.headers["HX-Push-Url"] = url_for("tickets.ticket_page", ticket_id=full.id)
    return response


def header_context(
    session: Session, ticket: Ticket, steps: OpenSteps | None = None
) -> dict[str, Any]:
    """Which actions the reader has at the ticket's head; cancelling only where the process takes it.

    `steps` are those open for the reader, where they are known already.
    """
    user, there = current_user(), ticket.deleted_at is None
    awaited = inspection.awaited(session, ticket.instance_id)
    return {
        **together_context(session, ticket),
        "can_edit": may_edit(user, ticket) and not only_looks(session, ticket, user),
        "can_cancel": there
        and not ticket.merged_into_id
        and ticket.state not in OVER
        and can(user, "ticket.cancel")
        and CANCELLED in awaited
        and not _cancels_by_a_step(session, ticket, steps),
        "can_delete": there and can(user, "ticket.delete"),
        "next_clock": next_clock(session, ticket),
    }


def _cancels_by_a_step(session: Session, ticket: Ticket, steps: OpenSteps | None) -> bool:
    """Whether a step of the reader's has an outcome that cancels: then that is the button."""
    if steps is None:
        steps = open_steps(session, current_desk().engine, ticket.instance_id, current_user())
    return any(outcome.id == CANCEL for task in steps.mine for outcome in task.outcomes)


def conversation_context(
    session: Session, ticket: Ticket, *, before: int | None = None
) -> dict[str, Any]:
    """`items` and `earlier_href`: the newest part of the conversation, or the part before a message."""
    talk = conversation(session, ticket.id, before=before)
    delivered, may_retry = deliveries(session, ticket.id, talk.messages), may_send_again()
    return {
        "items": [
            _system_item(item)
            if isinstance(item, TrailEntry)
            else _message_item(item, delivered[item.id], may_retry)
            for item in talk.merged()
        ],
        "file_url": file_url,
        "earlier_href": url_for("tickets.ticket_page", ticket_id=ticket.id, before=talk.earlier)
        if talk.earlier
        else None,
        "newest_href": url_for("tickets.ticket_page", ticket_id=ticket.id) if before else None,
    }


def trail_context(session: Session, ticket: Ticket) -> dict[str, Any]:
    """`trail`: its newest lines; `all_href` leads to more of them, where there are more."""
    everything = request.args.get("trail") == "all"
    limit = ALL_LINES if everything else FEW_LINES
    lines = [trail_line(entry) for entry in trail(session, ticket.id, limit=limit + 1)]
    everything_href = url_for(
        "tickets.ticket_page", ticket_id=ticket.id, panel="history", trail="all"
    )
    more = len(lines) > limit and not everything
    return {
        "trail": lines[:limit],
        "all_href": everything_href if more else None,
        "trail_shown": "all" if everything else None,
    }


def file_url(attachment: Any) -> str:
    """Where an attachment is shown or downloaded."""
    return url_for("tickets.attachment", attachment_id=attachment.id, filename=attachment.filename)


def may_send_again() -> bool:
    """Whether the reader may have a reply tried again that did not go out."""
    user = current_user()
    return can(user, "ticket.process") or can(user, "incident.resolve")


def _message_item(message: Message, delivery: Delivery, may_retry: bool) -> dict[str, Any]:
    """A message as macros/ticket.html shows it: its text; the HTML it came as opens in a frame."""
    html = None
    if message.html:
        html = Markup(  # noqa: S704 - rendered with autoescape
            render_template(
                "tickets/_mail_body.html",
                message=message,
                original=url_for("tickets.original", message_id=message.id),
            )
        )
    return {
        "id": message.id,
        "kind": message.kind,
        "channel": message.channel,
        "author": {
            "name": who_did(message.author),
            "by": f"{message.author.get('kind')}:{message.author.get('id')}",
        },
        "created_at": message.created_at,
        "text": message.text,
        "html": html,
        "quoted": message.quoted,
        "cc": message.cc,
        "delivery": delivery.state,
        "delivery_reason": delivery.reason,
        "retry_url": url_for(
            "tickets.send_again", ticket_id=message.ticket_id, message_id=message.id
        )
        if may_retry and delivery.incident_id
        else None,
        "attachments": message.attachments,
    }


def _system_item(entry: TrailEntry) -> dict[str, Any]:
    line = trail_line(entry)
    text = f"{line.who} {line.text}"
    return {"kind": "system", "id": line.id, "text": text, "at": line.at}


def step_view(
    session: Session, step: at_work.Shown, submission: Submission | None, typed: Mapping[str, str]
) -> StepView:
    """The step as its page shows it; after a refusal with what was sent."""
    task = step.task
    form = form_of(task)
    html = errors = None
    if form is not None:
        locale, prefix = str(get_locale()), f"t{task.id.hex[:8]}"
        data = {**task.data, **{k: v for k, v in typed.items() if k in form.keys}}
        if submission is not None:
            data = submission.merged(task.data)
        html = form_for_page(form, task.outcomes).render(
            data,
            locale=locale,
            errors=submission.errors if submission else {},
            options=form_options(session, form, task),
            id_prefix=prefix,
            zone=ZoneInfo(current_desk().settings.timezone),
        )
        if submission is not None and submission.errors:
            errors = form.error_summary(submission.errors, locale, id_prefix=prefix)
    return StepView(
        task,
        words(task.name),
        at_work.dressed(session, current_user(), step, html),
        errors,
        []
        if step.effects.view_only
        else [
            {"key": o.id, "label": words(o.label), "kind": o.style, "hint": hint(form, o)}
            for o in task.outcomes
        ]
        or [{"key": "", "label": _("Done"), "kind": "primary"}],
        url_for("tickets.complete_task", task_id=task.id),
    )


def waiting_steps(steps: OpenSteps) -> list[dict[str, str]]:
    """Steps that wait for somebody else."""
    return [
        {"name": words(task.name), "who": name or words(task.lane)} for task, name in steps.others
    ]


def _facts(session: Session, ticket: Ticket) -> list[tuple[str, Any]]:
    flow = session.execute(
        select(process_version.c.name, process_version.c.version)
        .join(process_instance, process_instance.c.version_id == process_version.c.id)
        .where(process_instance.c.id == ticket.instance_id)
    ).one_or_none()
    stars = f"{'★' * ticket.rating}{'☆' * (5 - ticket.rating)}" if ticket.rating else None
    kind = type_by_key(session, ticket.type)
    return [
        (_("Type"), words(kind.name) if kind else ticket.type),
        (_("Channel"), CHANNELS.get(ticket.channel, ticket.channel)),
        (_("Opened by"), who_did(ticket.created_by)),
        (_("Rating"), f"{stars} {ticket.rating_comment or ''}".strip() if stars else None),
        (
            _("Process"),
            _("%(name)s · version %(n)s", name=words(flow.name), n=flow.version) if flow else None,
        ),
    ]


def _times(ticket: Ticket) -> list[tuple[str, datetime | None]]:
    return [
        (_("Opened"), ticket.created_at),
        (_("Deadline"), ticket.deadline),
        (_("Last change of state"), ticket.processed_at),
        (_("First answer"), ticket.first_response_at),
        (_("Ended at"), ticket.ended_at),
    ]
