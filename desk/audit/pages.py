"""What an auditor sees: the history with its filters, and what proves it."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from desk.application import current_desk
from desk.audit import queries, retention
from desk.audit.actions import ACTIONS
from desk.audit.findings import Finding
from desk.audit.models import Archive
from desk.audit.operations import record
from desk.audit.reading import ArchivePage, read_archive
from desk.audit.sealing import waiting
from desk.audit.words import EVENT_NAMES
from desk.audit.works import VERIFY
from desk.background.operations import submit
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.people.queries import users
from desk.storage import FileMissing
from desk.web import navigation
from desk.web.localisation import words
from engine.tables import process_version

blueprint = Blueprint("audit", __name__, template_folder="templates")

navigation.register(
    navigation.Entry(
        "audit", _l("Audit"), "audit.index", "history", "history.read", order=75,
        also=("/exports", "/background"),
    )
)  # fmt: skip

FILTERS = ("person", "since", "until", "subject", "action", "process", "ticket", "details")


@blueprint.get("/audit")
@requires("history.read")
def index() -> str:
    """The timeline; all of the filter is in the address."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    wanted = _wanted(given)
    user, desk = current_user(), current_desk()
    locale = str(get_locale() or "en")
    after = request.args.get("after") or None
    with desk.reading() as session:
        try:
            page = queries.timeline(session, user, wanted, locale=locale, after=after)
        except queries.BadCursor:
            after = None
            page = queries.timeline(session, user, wanted, locale=locale)
        people = session.scalars(users(search="", active=None)).all()
        processes = session.execute(
            process_version.select()
            .where(process_version.c.latest.is_(True))
            .order_by(process_version.c.key)
        ).all()
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    exported = {
        k: v for k, v in chosen.items() if k in ("person", "since", "until", "process", "ticket")
    }
    return render_template(
        "audit/index.html",
        lines=page.lines,
        given=given,
        people=[("system", words(_SYSTEM)), *((f"user:{u.id}", u.name) for u in people)],
        processes=[(row.key, words(row.name) or row.key) for row in processes],
        actions=sorted(
            [(key, words(text)) for key, text in {**EVENT_NAMES, **ACTIONS}.items()],
            key=lambda pair: pair[1],
        ),
        clear_href=url_for("audit.index") if chosen else None,
        first=url_for("audit.index", **chosen) if after else None,
        next=url_for("audit.index", **chosen, after=page.next) if page.next else None,
        export_href=url_for("exports.index", **exported)
        if can(user, "history.export") and "exports.index" in current_app.view_functions
        else None,
    )


@blueprint.get("/audit/proof")
@requires("history.read")
def proof() -> str:
    """Roots, archives, and how long what is kept."""
    with current_desk().reading() as session:
        roots = queries.roots(session)
        archives = queries.archives(session)
        rules = retention.rules(session)
        unsealed = waiting(session)
        rows, entries = queries.counts(session)
    return render_template(
        "audit/proof.html", roots=roots, archives=archives, rules=rules, unsealed=unsealed,
        rows=rows, entries=entries, may_export=can(current_user(), "history.export"),
    )  # fmt: skip


@blueprint.post("/audit/verify")
@requires("history.export")
def verify() -> BaseResponse:
    """Check everything, as background work."""
    with current_desk().database.transaction() as session:
        job = submit(session, VERIFY, {}, actor=current_actor())
    return redirect(url_for("background.show", job_id=job), 303)


@blueprint.get("/audit/archives/<int:archive_id>/lines")
@requires("history.export")
def archive_lines(archive_id: int) -> Any:
    """An archive to read and to search in (`?q=`). One that does not verify is not shown.

    Side effect of its first page: an entry in the log.
    """
    desk = current_desk()
    archive = _archive(archive_id)
    text = request.args.get("q", "").strip()[:200]
    after = max(0, request.args.get("after", 0, type=int))
    try:
        stream = desk.storage.open(archive.file_key)
    except FileMissing:
        page = ArchivePage((Finding("missing", f"archive {archive_id}"),))
    else:
        with stream, desk.reading() as session:
            locale = str(get_locale() or "en")
            page = read_archive(session, stream, text=text, after=after, locale=locale)
    if not after and not text:
        with desk.database.transaction() as session:
            record(
                session, "archive_read", actor=current_actor(), subject=f"archive:{archive_id}",
                new={"file": archive.file_key},
            )  # fmt: skip
    address: dict[str, Any] = {"archive_id": archive_id, **({"q": text} if text else {})}
    html = render_template(
        "audit/archive.html", archive=archive, page=page, text=text,
        faults=[finding.words(str(get_locale() or "en")) for finding in page.findings],
        first=url_for("audit.archive_lines", **address) if after else None,
        next=url_for("audit.archive_lines", **address, after=page.next) if page.next else None,
        clear_href=url_for("audit.archive_lines", archive_id=archive_id) if text else None,
    )  # fmt: skip
    return html, 409 if page.findings else 200


@blueprint.get("/audit/archives/<int:archive_id>")
@requires("history.export")
def archive_file(archive_id: int) -> Response:
    """An archive's file. Side effect: an entry in the log."""
    desk = current_desk()
    archive = _archive(archive_id)
    try:
        stream = desk.storage.open(archive.file_key)
    except FileMissing:
        abort(404)
    with desk.database.transaction() as session:
        record(
            session, "downloaded", actor=current_actor(), subject=f"archive:{archive_id}",
            new={"file": archive.file_key, "size": archive.size},
        )  # fmt: skip
    return send_file(
        stream, mimetype="application/gzip", as_attachment=True,
        download_name=f"archive-{archive_id:06d}.jsonl.gz",
    )  # fmt: skip


def _archive(archive_id: int) -> Archive:
    with current_desk().reading() as session:
        found = session.get(Archive, archive_id)
    if found is None:
        abort(404)
    return found


def _wanted(given: dict[str, str]) -> queries.HistoryFilter:
    """The filter of the address; what cannot be read is no filter."""
    until = _midnight(given["until"])
    return queries.HistoryFilter(
        person=given["person"] or None,
        since=_midnight(given["since"]),
        until=until + timedelta(days=1) if until else None,
        subject=given["subject"] or None,
        action=given["action"] or None,
        process=given["process"] or None,
        ticket=given["ticket"] or None,
        details=bool(given["details"]),
    )


def _midnight(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), ZoneInfo(current_desk().settings.timezone))


_SYSTEM: Any = {"en": "System", "zh": "系统"}
