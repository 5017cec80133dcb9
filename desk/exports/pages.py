"""The page on which somebody asks for an export, and finds those of before."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from desk.application import current_desk
from desk.background.queries import of_person
from desk.exports import operations, queries
from desk.exports.wanted import FORMATS, SOURCES, CannotExport, Wanted
from desk.exports.works import EXPORT
from desk.people.access import current_actor, current_user, requires
from desk.web.localisation import words

blueprint = Blueprint("exports", __name__, template_folder="templates")

FIELDS = ("format", "source", "since", "until", "process", "person", "ticket")


@blueprint.get("/exports")
@requires("history.export")
def index() -> str:
    """The form, and what was asked for before. Filters of the audit page come along in the address."""
    return _page({name: request.args.get(name, "") for name in FIELDS}, {})


@blueprint.post("/exports")
@requires("history.export")
def ask() -> Any:
    """Ask for an export; the same asked twice leads to the same file."""
    given = {name: request.form.get(name, "").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    wanted = _wanted(given, errors)
    if wanted is None:
        return _page(given, errors), 422
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            asked = operations.ask(
                session, wanted, actor=current_actor(), anew="anew" in request.form
            )
    except CannotExport as refused:
        return _page(given, {"format": words(refused.words)}), 422
    if asked.before:
        flash(_("You have asked for this before: here it is. “Make it anew” has what came since."))
    return redirect(url_for("background.show", job_id=asked.id), 303)


def _wanted(given: dict[str, str], errors: dict[str, str]) -> Wanted | None:
    zone = ZoneInfo(current_desk().settings.timezone)
    since = _midnight(given["since"], zone, "since", errors)
    until = _midnight(given["until"], zone, "until", errors)
    if errors:
        return None
    return Wanted(
        format=given["format"] or "csv",
        source=given["source"] or "history",
        since=since,
        until=until + timedelta(days=1) if until else None,
        processes=(given["process"],) if given["process"] else (),
        person=given["person"] or None,
        ticket=given["ticket"] or None,
        locale=str(get_locale() or "en"),
    )


def _midnight(text: str, zone: ZoneInfo, field: str, errors: dict[str, str]) -> datetime | None:
    """The beginning of a day in the desk's zone."""
    if not text:
        return None
    try:
        midnight = datetime.combine(date.fromisoformat(text), time(), zone)
        midnight.astimezone(UTC)  # as it is asked for; not all of the calendar's first day has one
    except (ValueError, OverflowError):
        errors[field] = _("This is not a date.")
        return None
    return midnight


def _page(given: dict[str, str], errors: dict[str, str]) -> str:
    desk = current_desk()
    with desk.reading() as session:
        processes = queries.processes(session)
        people = queries.people(session)
        jobs = [job for job in of_person(session, current_user().id) if job.kind == EXPORT]
    return render_template(
        "exports/index.html",
        given=given,
        errors=errors,
        formats=[(form.key, words(form.title)) for form in FORMATS.values()],
        sources=[(key, words(title)) for key, title in SOURCES.items()],
        processes=[(row.key, words(row.name) or row.key) for row in processes],
        people=[(f"user:{row.id}", row.name) for row in people],
        jobs=jobs,
    )
