"""Problems, imports, pickers and words for the designer and for programs."""

from collections.abc import Iterable
from typing import Any

from flask import url_for

from designer_api.checking import linting
from designer_api.checking.catalogue import catalogue
from designer_api.checking.importing import examine
from designer_api.checking.meanings import meaning
from designer_api.checking.schemas import (
    CatalogueSchema,
    ImportIn,
    ImportResult,
    LintIn,
    LintResult,
    WordsIn,
    WordsOut,
)
from designer_api.files.contents import NotAFile, bytes_of, text_of, too_large
from designer_api.refusals import not_a_file
from desk.application import current_desk
from desk.help import manual
from desk.people.access import requires
from desk.web.api import ApiBlueprint
from engine.errors import Problem

blueprint = ApiBlueprint("designer_checking", description="What the designer asks while drawing")


@blueprint.route("/designer/lint", methods=["POST"])
@requires("process.design")
@blueprint.arguments(LintIn)
@blueprint.response(200, LintResult)
def lint(values: dict[str, Any]) -> dict[str, Any]:
    """All problems of a file as it is in the editor, and a sentence whether it can run. Nothing is kept."""
    others = {path: bytes_of(text) for path, text in values["files"].items()}
    return _checked(values["path"], bytes_of(values["content"]), others)


@blueprint.route("/designer/import", methods=["POST"])
@requires("process.design")
@blueprint.arguments(ImportIn)
@blueprint.response(200, ImportResult)
def look_at_import(values: dict[str, Any]) -> dict[str, Any]:
    """What a file from elsewhere is, before it is added with POST files. Nothing is kept."""
    content = bytes_of(values["content"])
    seen = examine(content)
    return _checked(values["path"], content, {}) | {
        "content": text_of(seen.content) if seen.laid_out else values["content"],
        "laid_out": seen.laid_out,
        "elements": seen.elements,
        "foreign": seen.foreign,
        "too_large": too_large(values["path"], content),
    }


@blueprint.route("/designer/catalogue")
@requires("process.design")
@blueprint.response(200, CatalogueSchema)
def get_catalogue() -> dict[str, Any]:
    """Everything there is to pick: operators, functions, events, forms, decisions, processes, people, calendars."""
    desk = current_desk()
    with desk.reading() as session:
        return catalogue(session, desk.engine)


@blueprint.route("/designer/words", methods=["POST"])
@requires("process.design")
@blueprint.arguments(WordsIn)
@blueprint.response(200, WordsOut)
def say(values: dict[str, Any]) -> dict[str, Any]:
    """What a timer or an expression means, whether it is right, and when it would fire."""
    desk = current_desk()
    with desk.reading() as session:
        return meaning(
            values["kind"],
            values["text"],
            values["variables"],
            now=desk.engine.here(),
            host=desk.engine.host(session),
        )


def _checked(path: str, content: bytes, others: dict[str, bytes]) -> dict[str, Any]:
    desk = current_desk()
    try:
        with desk.reading() as session:
            checked = linting.check(session, desk.engine, path, content, others)
    except NotAFile as error:
        not_a_file(error)
    return {
        "problems": shaped(checked.problems),
        "executable": checked.executable,
        "sentence": checked.sentence,
    }


def shaped(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as programs see them, with the address of the page of the manual."""
    return [
        {
            "rule": p.rule,
            "severity": p.severity,
            "path": p.resource,
            "element": p.element,
            "line": p.line,
            "message": p.message,
            "page": _page(p.rule),
        }
        for p in problems
    ]


def _page(rule: str) -> str | None:
    name = f"lint/{rule}"
    return url_for("help.page", name=name) if name in manual.pages() else None
