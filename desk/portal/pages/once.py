"""The form of a one-time link at `/o/<token>`: shown, filled in, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext as _

from desk.application import current_desk
from desk.fields.values import FieldRefused
from desk.forms import Form, Submission
from desk.forms.tree import Json
from desk.portal import page_keys
from desk.portal.models import OneTimeLink
from desk.portal.once.fields import Asked, Offer, form_of, offers
from desk.portal.once.operations import NotOpen, fill_in, is_open, link_of
from desk.portal.pages import blueprint
from desk.portal.pages.door import (
    TRAP,
    NotLetIn,
    closed,
    customer_page,
    failed_words,
    here,
    let_in,
    page_key,
)
from desk.portal.tracking import tracking_token
from desk.tickets.events import NobodyWaits
from desk.tickets.types import TypeUnavailable
from desk.web.localisation import select_locale, words
from engine.errors import DiagramError
from engine.operators import OperatorError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Page:
    token: str
    link: OneTimeLink
    offered: Sequence[Offer]
    form: Form
    data: Mapping[str, Json]
    options: Mapping[str, Any]

    @property
    def subject(self) -> str:
        return f"once:{self.link.id}"


@blueprint.get("/o/<token>")
@customer_page
def once(token: str) -> Response:
    """The form, with what is known already."""
    return _show(_open(token))


@blueprint.post("/o/<token>")
@customer_page
def fill_in_once(token: str) -> Any:
    """Take what was filled in, or show it again with the words at the fields."""
    page, desk = _open(token), current_desk()
    locale = select_locale()
    submission = page.form.parse(
        request.form, request.files, data=page.data, locale=locale, options=page.options, zone=_zone()
    )
    if not submission.complete:
        return _show(page, submission, errors=submission.errors)
    try:
        let_in(page.subject)
    except NotLetIn as refused:
        return _show(page, submission, problem=refused.words, status=refused.status)
    try:
        with desk.database.transaction() as session:
            ticket, opened = fill_in(
                session, desk, page.link.id, page.offered, submission.values, locale=locale
            )
    except NotOpen:
        return _over(page.link)
    except FieldRefused as refused:
        name = f"fields.{refused.key}"
        return _show(page, submission, errors={name: words(refused.reason)})
    except (NobodyWaits, TypeUnavailable, DiagramError, OperatorError):
        log.exception("once.failed", link=page.link.id)
        return _show(page, submission, problem=failed_words(), status=503)
    log.info("once.filled_in", link=page.link.id, ticket_id=ticket.id)
    if not opened:
        return redirect(here("portal.thanks_once"), 303)
    return redirect(here("portal.received", token=tracking_token(desk.settings, ticket.id)), 303)


@blueprint.get("/o/thanks")
@customer_page
def thanks_once() -> str:
    """After a form that answers on a ticket."""
    return render_template("portal/thanks.html")


def _open(token: str) -> _Page:
    """The form behind the address; ends the request where there is none to be filled in."""
    desk = current_desk()
    with desk.reading() as session:
        link = link_of(session, token)
        if link is None or not is_open(link):
            abort(_over(link))
        offered = offers(session, desk.engine, link.type, on_ticket=link.ticket_id is not None)
        asked = [Asked.from_json(kept) for kept in link.fields]
        form, data, options = form_of(session, offered, asked)
    return _Page(token, link, offered, form, data, options)


def _over(link: OneTimeLink | None) -> Response:
    """The same for every link that takes nothing, but that a used one says so: its customer may come back to look."""
    if link is not None and link.used_at is not None:
        text = _("What was sent with it has arrived. It can be used once only.")
        return closed(_("This link was used already"), text, 410, ask_anew=True)
    text = _("It may be incomplete, withdrawn or too old. Ask whoever sent it for a new one.")
    return closed(_("This link does not work any more"), text, 410, ask_anew=True)


def _show(
    page: _Page,
    submission: Submission | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 0,
) -> Response:
    """The form: as it was given out, or as it was filled with what is wrong."""
    locale, errors = select_locale(), errors or {}
    html = render_template(
        "portal/once.html",
        title=words(page.link.title),
        summary=page.form.error_summary(errors, locale),
        fields=page.form.render(
            submission.merged(page.data) if submission else page.data,
            locale=locale,
            errors=errors,
            options=page.options,
            zone=_zone(),
        ),
        problem=problem,
        hints=[submission.notice] if submission and submission.notice else [],
        expires_at=page.link.expires_at,
        key_field=page_keys.FIELD,
        key=page_key(page.subject),
        trap=TRAP,
        action=here("portal.once", token=page.token),
    )
    return make_response(html, status or (422 if errors else 200))


def _zone() -> ZoneInfo:
    return ZoneInfo(current_desk().settings.timezone)
