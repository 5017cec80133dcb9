"""The public form at `/f/<slug>`: shown, filled in, sent; and its QR code."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext as _

from desk.application import current_desk
from desk.fields.forms import CONTAINER, form_of_fields, options_of
from desk.forms import Form, Option, Submission
from desk.forms.tree import put
from desk.portal import page_keys
from desk.portal.models import FormLink
from desk.portal.operations import SentBefore, submit_form
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
from desk.portal.pages.uploads import FilesRefused, files_were_sent, keep_files
from desk.portal.qr import qr_svg
from desk.portal.queries import FormUnusable, fields_asked, link_by_slug, public_form
from desk.portal.submitted import read_submitted
from desk.portal.tracking import tracking_token
from desk.tickets.attachments import StoredFile
from desk.tickets.events import NobodyWaits
from desk.web.localisation import select_locale, words
from engine.errors import DiagramError
from engine.operators import OperatorError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Page:
    """`whole` is the form with the desk's own fields that it asks for, too."""

    link: FormLink
    form: Form
    whole: Form
    options: Mapping[str, Sequence[Option]]

    @property
    def subject(self) -> str:
        return f"form:{self.link.slug}"


@blueprint.get("/f/<slug>")
@customer_page
def form(slug: str) -> Response:
    """The empty form."""
    return _show(_open(slug))


@blueprint.post("/f/<slug>")
@customer_page
def submit_page(slug: str) -> Any:
    """Take the form, or show it again as it was filled, with the words at the fields."""
    page = _open(slug)
    locale = select_locale()
    submission = page.whole.parse(
        request.form, request.files, data={}, locale=locale, options=page.options
    )
    if not submission.complete:
        return _show(page, submission, errors=submission.errors)
    try:
        unique = let_in(page.subject)
    except NotLetIn as refused:
        return _show(page, submission, problem=refused.words, status=refused.status)
    try:
        files = keep_files(submission.files)
    except FilesRefused as refused:
        return _show(page, submission, errors=refused.errors)
    try:
        ticket_id = _submit(page, submission, files, unique, locale)
    except NobodyWaits as nobody:
        log.error("form.nobody_waits", link=slug, message=nobody.name)
        return _show(page, submission, problem=failed_words(), status=503)
    except (DiagramError, OperatorError):
        log.exception("form.diagram_failed", link=slug)
        return _show(page, submission, problem=failed_words(), status=503)
    log.info("form.submitted", link=slug, ticket_id=ticket_id)
    if ticket_id is None:
        return redirect(here("portal.thanks", slug=slug), 303)
    token = tracking_token(current_desk().settings, ticket_id)
    return redirect(here("portal.received", token=token), 303)


@blueprint.get("/f/<slug>/thanks")
@customer_page
def thanks(slug: str) -> str:
    """For a form whose process makes no ticket, or makes it later."""
    _open(slug)
    return render_template("portal/thanks.html")


@blueprint.get("/f/<slug>/qr.svg")
@customer_page
def qr(slug: str) -> Response:
    """The QR code of the form's address, as a picture; `?download` saves it."""
    with current_desk().reading() as session:
        link = link_by_slug(session, slug)
    if link is None or not link.active:
        abort(404)
    response = make_response(qr_svg(link_address(link)))
    response.mimetype = "image/svg+xml"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    if "download" in request.args:
        response.headers["Content-Disposition"] = f'attachment; filename="{link.slug}.svg"'
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    return response


def link_address(link: FormLink) -> str:
    """The whole address that people are given."""
    return f"{current_desk().settings.public_url.rstrip('/')}/f/{link.slug}"


def _open(slug: str) -> _Page:
    """The form behind the address; ends the request where there is none to be filled in."""
    desk = current_desk()
    with desk.reading() as session:
        link = link_by_slug(session, slug)
        if link is None:
            abort(_no_form())
        if not link.active:
            abort(_closed_form())
        try:
            form = public_form(session, desk.engine, link.process_key, link.form_key)
            fields = fields_asked(session, link.process_key, form, link.form_key)
        except FormUnusable as unusable:
            log.error("form.unusable", link=slug, reason=str(unusable))
            abort(_unusable_form())
        options = options_of(session, fields)
    if not fields:
        return _Page(link, form, form, options)
    own = form_of_fields(fields)
    whole = Form((*form.components, *own.components), {**form.shape, **own.shape})
    return _Page(link, form, whole, options)


def _no_form() -> Response:
    text = _("The address may be mistyped, or what was here is gone. Nothing was changed.")
    return closed(_("There is nothing here"), text, 404, ask_anew=True)


def _closed_form() -> Response:
    title, text = _("This form is closed"), _("Nothing can be sent with it any more.")
    return closed(title, text, 410, ask_anew=True)


def _unusable_form() -> Response:
    text = _("Nothing you did is lost. Please try again later, or write us a mail.")
    return closed(_("This form cannot be used right now"), text, 503)


def _submit(
    page: _Page,
    submission: Submission,
    files: Sequence[tuple[str, StoredFile]],
    unique: str,
    locale: str,
) -> int | None:
    """All in one transaction; what was sent before is found, not sent again."""
    desk = current_desk()
    own = submission.values.get(CONTAINER) if page.whole is not page.form else None
    plain = {name: value for name, value in submission.values.items() if own is None or name != CONTAINER}
    values = _with_names({**plain, **(own if isinstance(own, dict) else {})}, files)
    kept = [file for _field, file in files]
    key = page_keys.dedupe_key(page.subject, unique, values, [f.storage_key for f in kept])
    try:
        with desk.database.transaction() as session:
            return submit_form(
                session,
                desk.engine,
                page.link,
                read_submitted(page.form, values, title=words(page.link.title)),
                files=kept,
                locale=locale,
                dedupe_key=key,
            )
    except SentBefore as before:
        return before.ticket_id


def _with_names(
    values: Mapping[str, Any], files: Sequence[tuple[str, StoredFile]]
) -> dict[str, Any]:
    """The values with the names of the files where the form has them; the bytes go with the message."""
    named = deepcopy(dict(values))
    names: dict[str, list[str]] = {}
    for field, file in files:
        names.setdefault(field, []).append(file.filename)
    for field, found in names.items():
        put(named, tuple(int(p) if p.isdecimal() else p for p in field.split(".")), found)
    return named


def _show(
    page: _Page,
    submission: Submission | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 0,
) -> Response:
    """The form: empty, or as it was filled with what is wrong."""
    locale = select_locale()
    errors = errors or {}
    hints = [submission.notice] if submission and submission.notice else []
    if (problem or hints) and files_were_sent():
        hints.append(_("Please choose your files again."))
    html = render_template(
        "portal/form.html",
        title=words(page.link.title),
        summary=page.whole.error_summary(errors, locale),
        fields=page.whole.render(
            submission.merged({}) if submission else {},
            locale=locale,
            errors=errors,
            options=page.options,
        ),
        problem=problem,
        hints=hints,
        has_files=page.whole.has_files,
        key_field=page_keys.FIELD,
        key=page_key(page.subject),
        trap=TRAP,
        action=here("portal.form", slug=page.link.slug),
    )
    return make_response(html, status or (422 if errors else 200))
