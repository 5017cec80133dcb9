"""Differences between versions of a file, for the designer and for programs."""

from typing import Any

from designer_api.compare.bpmn import compare_bpmn
from designer_api.compare.dmn import Cell, compare_dmn
from designer_api.compare.form import compare_forms, compare_scenarios
from designer_api.compare.schemas import DiffIn, DiffQuery, DiffSchema
from designer_api.files import queries
from designer_api.files.contents import NotAFile, bytes_of, kind_of, text_of
from designer_api.refusals import missing, not_a_file, refuse
from desk.application import current_desk
from desk.people.access import requires
from desk.web.api import ApiBlueprint
from engine.bpmn.reading import UnreadableDiagram

blueprint = ApiBlueprint("designer_compare", description="Differences between versions")


@blueprint.route("/designer/diff")
@requires("process.read")
@blueprint.arguments(DiffQuery, location="query")
@blueprint.response(200, DiffSchema)
def diff(query: dict[str, Any]) -> dict[str, Any]:
    """What is different between two states of a file: `draft`, `latest`, `deployed` or a revision's number."""
    with current_desk().reading() as session:
        file = queries.by_id(session, query["file"])
        if file is None:
            missing()
        left = queries.state_of(session, file, query["left"])
        right = queries.state_of(session, file, query["right"])
        path = file.path
    if left is None or right is None:
        missing("the file has no such state")
    return compared(path, left, right)


@blueprint.route("/designer/diff", methods=["POST"])
@requires("process.read")
@blueprint.arguments(DiffIn)
@blueprint.response(200, DiffSchema)
def diff_contents(values: dict[str, Any]) -> dict[str, Any]:
    """What is different between two contents that need not be stored."""
    left, right = (bytes_of(values[side]) for side in ("left", "right"))
    return compared(values["path"], left, right)


def compared(path: str, left: bytes, right: bytes) -> dict[str, Any]:
    """Both contents with all differences. Answers 422 in words when one of them cannot be read."""
    cells: list[Cell] = []
    tables: list[dict[str, Any]] = []
    form_fields: list[dict[str, Any]] = []
    try:
        match kind_of(path):
            case "bpmn":
                changes = compare_bpmn(left, right)
            case "dmn":
                found = compare_dmn(left, right)
                changes, cells, tables = found.changes, found.cells, found.tables
            case "form":
                changes, form_fields = compare_forms(left, right)
            case _:
                changes = compare_scenarios(left, right)
    except NotAFile as error:
        not_a_file(error)
    except UnreadableDiagram as error:
        refuse(422, str(error), words=error.message, line=error.line)
    return {
        "changes": [change.as_json() for change in changes],
        "words": [change.words for change in changes],
        "cells": [cell.as_json() for cell in cells],
        "tables": tables,
        "form_fields": form_fields,
        "left": text_of(left),
        "right": text_of(right),
    }
