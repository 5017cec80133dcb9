"""Imports for programs: send the workbook, then read `/background/{id}` until it is done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from flask_babel import get_locale
from flask_smorest import abort
from sqlalchemy.orm import Session
from xlsxwriter.utility import xl_col_to_name

from desk.application import current_desk
from desk.background.models import BackgroundJob
from desk.imports import operations
from desk.imports.models import TicketImport
from desk.imports.rows import Row
from desk.imports.schemas import ImportFile, ImportForm, ImportSchema
from desk.imports.sheet import LIMIT, ImportRefused, Sheet, plain, read_sheet
from desk.people.access import current_actor, current_user, requires
from desk.storage import UploadRefused, check_upload
from desk.tickets.pages.uploads import refused_words
from desk.tickets.types import open_types
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("imports", description="Tickets out of workbooks")

SAID = 100  # refused rows in an answer


@blueprint.route("/tickets/imports", methods=["POST"])
@requires("ticket.import")
@blueprint.arguments(ImportFile, location="files")
@blueprint.arguments(ImportForm, location="form")
@blueprint.response(202, ImportSchema)
def import_tickets(files: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Open a ticket for each row, in the background; rows that are wrong are given back in the work's file."""
    desk, sent = current_desk(), files["file"]
    with _refusing():
        name = check_upload(sent.filename or "", sent.stream, LIMIT).filename
        sheet = read_sheet(name, sent.stream)
        with desk.database.transaction() as session:
            if given["type"] not in {kind.key for kind in open_types(session, current_user())}:
                abort(422, message="You can open no ticket of such a type.")
            made = operations.take_in(
                session, sheet, name, actor=current_actor(), type_key=given["type"]
            )
            mapping = _mapping(given["mapping"], sheet) if given["mapping"] else made.mapping
            operations.settle(
                session, made, mapping=mapping, header=given["header"], type_key=given["type"],
                skip_known=given["skip_known"],
            )  # fmt: skip
            checked = operations.check(
                session, made, sheet, current_user(), desk.settings.timezone
            )
            operations.start(session, made, actor=current_actor())
            return _answer(session, made, checked.wrong, len(checked.rows))


@contextmanager
def _refusing() -> Iterator[None]:
    """What is wrong with a file is said in the answer."""
    try:
        yield
    except UploadRefused as refused:
        abort(422, message=refused_words(refused))
    except ImportRefused as refused:
        abort(422, message=refused.words.in_(str(get_locale())))


def _mapping(text: str, sheet: Sheet) -> list[str]:
    """By column what it is, of letters and headings. Raises ImportRefused."""
    try:
        wanted = orjson.loads(text)
    except orjson.JSONDecodeError:
        wanted = None
    if not isinstance(wanted, dict) or not all(isinstance(key, str) for key in wanted.values()):
        raise ImportRefused(
            "`mapping` is not an object of columns and fields.", "`mapping` 不是“列: 字段”对象。"
        )
    names = {plain(name): key for name, key in wanted.items()}
    found, heads = [], sheet.lines[0]
    for place in range(sheet.width):
        letter, heading = xl_col_to_name(place), plain(heads.cell(place))
        found.append(names.get(letter) or names.get(heading) or "")
    return found


def _answer(
    session: Session, made: TicketImport, wrong: Sequence[Row], count: int
) -> dict[str, Any]:
    locale = str(get_locale())
    return {
        "id": made.id,
        "rows": count,
        "mapping": {xl_col_to_name(n): key for n, key in enumerate(made.mapping) if key},
        "refused": [
            {
                "row": row.number,
                "column": xl_col_to_name(one.column) if one.column is not None else None,
                "reason": one.words.in_(locale),
            }
            for row in wrong
            for one in row.wrong
        ][:SAID],
        "job": session.get_one(BackgroundJob, made.job_id),
    }
