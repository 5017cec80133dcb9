"""Importing tickets: a file is sent, its columns are named, what is wrong is seen, and the work begins."""

import io
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from xlsxwriter.utility import xl_col_to_name

from desk.application import current_desk
from desk.imports import files, operations, queries
from desk.imports.columns import columns, custom_fields, guess
from desk.imports.models import TicketImport
from desk.imports.sheet import LIMIT, MOST_ROWS, ImportRefused, read_sheet
from desk.people.access import current_actor, current_user, requires
from desk.storage import UploadRefused, check_upload
from desk.tickets.pages.uploads import refused_words
from desk.tickets.types import BASIC, open_types
from desk.web.localisation import words

blueprint = Blueprint("imports", __name__, template_folder="templates")

PERMISSION = "ticket.import"
SHOWN = 20  # rows of the preview, and of the wrong ones behind it


@blueprint.get("/tickets/import")
@requires(PERMISSION)
def index() -> str:
    """Where a file is sent, and what was imported before."""
    return _index("")


@blueprint.post("/tickets/import")
@requires(PERMISSION)
def upload() -> Any:
    """Read the file; what is wrong with it is said at the field."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _index(_("Choose a file.")), 422
    try:
        name = check_upload(sent.filename, sent.stream, LIMIT).filename
        sheet = read_sheet(name, sent.stream)
    except UploadRefused as refused:
        return _index(refused_words(refused)), 422
    except ImportRefused as refused:
        return _index(words(refused.words)), 422
    with current_desk().database.transaction() as session:
        made = operations.take_in(session, sheet, name, actor=current_actor())
    return redirect(url_for("imports.look", import_id=made.id), 303)


@blueprint.get("/tickets/import/template.xlsx")
@requires(PERMISSION)
def template() -> Response:
    """An empty workbook with all headings, in the reader's language."""
    with current_desk().reading() as session:
        offered = columns(custom_fields(session, request.args.get("type", BASIC)))
    name = _("ticket-import") + ".xlsx"
    content = io.BytesIO(files.template(offered, str(get_locale())))
    return send_file(content, mimetype=files.XLSX, as_attachment=True, download_name=name)


@blueprint.get("/tickets/import/<int:import_id>")
@requires(PERMISSION)
def look(import_id: int) -> Any:
    """What the columns are, and how the rows read."""
    return _look(_own(import_id))


@blueprint.post("/tickets/import/<int:import_id>")
@requires(PERMISSION)
def change(import_id: int) -> Any:
    """Name the columns anew, and with `act=start` begin."""
    form, found = request.form, _own(import_id)
    desk = current_desk()
    header = form.get("header") == "1"
    try:
        with desk.database.transaction() as session:
            kept = session.get_one(TicketImport, found.id)
            kinds = {kind.key for kind in open_types(session, current_user())}
            kind = form.get("type", BASIC)
            operations.settle(
                session,
                kept,
                mapping=_mapping(kept, header, kind if kind in kinds else BASIC),
                header=header,
                type_key=kind if kind in kinds else BASIC,
                skip_known=form.get("skip_known") == "1",
            )
            if form.get("act") == "start":
                operations.start(session, kept, actor=current_actor())
    except ImportRefused as refused:
        return _look(_own(import_id), words(refused.words)), 422
    if kept.job_id is None:
        return redirect(url_for("imports.look", import_id=import_id), 303)
    count = kept.count - kept.header
    flash(
        ngettext("One ticket is being opened.", "%(num)d tickets are being opened.", count),
        "success",
    )
    return redirect(url_for("background.show", job_id=kept.job_id), 303)


def _mapping(found: TicketImport, header: bool, type_key: str) -> list[str]:
    """What was chosen; headings that come back name their columns again."""
    chosen = [request.form.get(f"column_{n}", "") for n in range(len(found.mapping))]
    if header and not found.header and not any(chosen):
        with current_desk().reading() as session:
            sheet = operations.rows_of(session, found.id)
            return guess(sheet, columns(custom_fields(session, type_key)), header=True)
    return chosen


def _own(import_id: int) -> TicketImport:
    """A file that this person sent and did not start yet; started ones lead to their work."""
    with current_desk().reading() as session:
        found = session.get(TicketImport, import_id)
    if found is None or found.owner_id != current_user().id:
        abort(404)
    if found.job_id is not None:
        abort(redirect(url_for("background.show", job_id=found.job_id), 303))
    return found


def _index(error: str) -> str:
    with current_desk().reading() as session:
        before = queries.imports(session)
    return render_template(
        "imports/index.html",
        error=error,
        before=before,
        limit=LIMIT,
        most=MOST_ROWS,
    )


def _look(found: TicketImport, problem: str = "") -> str:
    desk = current_desk()
    with desk.reading() as session:
        try:
            sheet = operations.rows_of(session, found.id)
        except LookupError:
            abort(404)
        offered = columns(custom_fields(session, found.type))
        checked = operations.check(
            session, found, sheet, current_user(), desk.settings.timezone, closely=SHOWN
        )
        kinds = [(kind.key, words(kind.name)) for kind in open_types(session, current_user())]
    lines = {line.number: line for line in sheet.lines}
    first, rest = checked.rows[:SHOWN], [row for row in checked.rows[SHOWN:] if row.wrong]
    heading = sheet.lines[0] if found.header else None
    return render_template(
        "imports/look.html",
        found=found,
        problem=problem,
        kinds=kinds,
        offered=[(column.key, words(column.title)) for column in offered],
        columns=[
            {
                "letter": xl_col_to_name(place),
                "heading": heading.cell(place) if heading else "",
                "sample": next((r.cell(place) for r in sheet.lines[found.header :] if r.cell(place)), ""),
                "key": key,
            }
            for place, key in enumerate(found.mapping)
        ],
        rows=[_shown(row, lines[row.number], len(found.mapping)) for row in [*first, *rest[:SHOWN]]],
        count=len(checked.rows),
        wrong=len(checked.wrong),
        ready="title" in found.mapping and len(checked.rows) > len(checked.wrong),
    )


def _shown(row: Any, line: Any, width: int) -> dict[str, Any]:
    """A row of the preview: its cells with what is wrong at each, and with the row as a whole."""
    said: dict[int | None, list[str]] = {}
    for wrong in row.wrong:
        said.setdefault(wrong.column, []).append(words(wrong.words))
    return {
        "number": row.number,
        "cells": [(line.cell(place), " ".join(said.get(place, []))) for place in range(width)],
        "wrong": " ".join(said.get(None, [])),
    }
