"""The customer's survey at `/t/<token>/survey`, and what they answered, for those who read reports."""

from datetime import timedelta
from typing import Any

import structlog
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk.application import current_desk
from desk.people.access import current_user, requires
from desk.portal import page_keys
from desk.portal.pages.door import (
    closed,
    customer_page,
    harden,
    here,
    languages,
    page_key,
    sent_key,
    stale_words,
    too_often,
)
from desk.portal.tracking import read_token
from desk.surveys.models import ANSWERED, ASKED, Survey
from desk.surveys.operations import LONGEST_COMMENT, NotOpen, answer, newest
from desk.surveys.queries import answers, satisfaction
from desk.tickets.models import Ticket
from desk.tickets.scope import visible
from desk.web import navigation
from engine.actors import Actor
from engine.timestamps import utc_now

log = structlog.get_logger(__name__)

blueprint = Blueprint("surveys", "desk.surveys", template_folder="templates")
blueprint.after_request(harden)
blueprint.context_processor(languages)

SCORES = ("1", "2", "3", "4", "5")
DAYS = 90  # of the figures

navigation.register(
    navigation.Entry(
        key="surveys",
        label=_l("Satisfaction"),
        endpoint="surveys.results",
        icon="mood-smile",
        permission="report.read",
        order=60,
    )
)


@blueprint.app_context_processor
def survey_of_tickets() -> dict[str, Any]:
    """`survey_of(ticket_id)` for the page of a ticket: its last survey, None without any."""

    def survey_of(ticket_id: int) -> Survey | None:
        with current_desk().reading() as session:
            return newest(session, ticket_id)

    return {"survey_of": survey_of}


@blueprint.get("/t/<token>/survey")
@customer_page
def survey(token: str) -> Response:
    """The questions; thanks, with what was answered, when they were answered before."""
    ticket, found = _open(token)
    return _show(token, ticket, found)


@blueprint.post("/t/<token>/survey")
@customer_page
def send_answer(token: str) -> Any:
    """Take the answer, once. A second one changes nothing and is told so."""
    ticket, found = _open(token)
    score, comment = request.form.get("rating", ""), request.form.get("comment", "").strip()
    if sent_key(_subject(found)) is None:
        return _show(token, ticket, found, problem=stale_words(), status=400)
    if score not in SCORES:
        words = _("Please choose one to five stars.")
        return _show(token, ticket, found, error=words, status=422)
    if problem := too_often("tracking"):
        return _show(token, ticket, found, problem=problem, status=429)
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            answer(
                session,
                desk.engine,
                session.get_one(Survey, found.id),
                score=int(score),
                solved={"yes": True, "no": False}.get(request.form.get("solved", "")),
                comment=comment,
                actor=Actor("contact", ticket.contact_id, ""),
            )
    except NotOpen:
        return _show(token, *_open(token), again=True, status=409)
    log.info("survey.answered", ticket_id=ticket.id)
    return redirect(here("surveys.survey", token=token), 303)


@blueprint.get("/surveys")
@requires("report.read")
def results() -> str:
    """How satisfied customers were; `?low=1` shows only who was not."""
    low = request.args.get("low") == "1"
    with current_desk().reading() as session:
        seen = visible(session, current_user())
        return render_template(
            "surveys/results.html",
            figures=satisfaction(session, seen, utc_now() - timedelta(days=DAYS)),
            answers=answers(session, seen, low_only=low),
            low=low,
            days=DAYS,
        )


def _open(token: str) -> tuple[Ticket, Survey]:
    desk = current_desk()
    with desk.reading() as session:
        ticket = session.get(Ticket, read_token(desk.settings, token) or 0)
        found = newest(session, ticket.id) if ticket and ticket.deleted_at is None else None
    if ticket is None or found is None:
        words = _("It may be incomplete or too old. Please use the link in our latest mail.")
        abort(closed(_("This link does not work any more"), words, 404))
    return ticket, found


def _subject(found: Survey) -> str:
    return f"survey:{found.id}"


def _show(
    token: str,
    ticket: Ticket,
    found: Survey,
    *,
    error: str = "",
    problem: str = "",
    again: bool = False,
    status: int = 200,
) -> Response:
    form = request.form
    html = render_template(
        "surveys/survey.html",
        ticket=ticket,
        survey=found,
        is_open=found.status == ASKED,
        is_answered=found.status == ANSWERED,
        again=again,
        error=error,
        problem=problem,
        hints=[],
        score=form.get("rating"),
        solved=form.get("solved"),
        comment=form.get("comment", ""),
        action=here("surveys.survey", token=token),
        key_field=page_keys.FIELD,
        key=page_key(_subject(found)),
        longest=LONGEST_COMMENT,
    )
    return make_response(html, status)
