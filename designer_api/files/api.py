"""Files of the flow library for the designer and for programs."""

from typing import Any, NoReturn

import structlog
from flask import Response

from designer_api.files import operations, queries
from designer_api.files.contents import NotAFile, bytes_of, encoding_of, text_of, too_large
from designer_api.files.grafting import NotGraftable, graft
from designer_api.files.grafting_forms import graft_form
from designer_api.files.operations import FileConflict, NoSuchRevision, PathTaken
from designer_api.files.schemas import (
    DesignerFileList,
    DesignerFileSchema,
    DraftIn,
    DraftSaved,
    FileMove,
    FileWithContent,
    NewFlowFile,
    RestoreIn,
    RevisionIn,
    RevisionList,
    RevisionSchema,
    RevisionWithContent,
)
from designer_api.refusals import missing, not_a_file, refuse
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint

log = structlog.get_logger("designer.files")
blueprint = ApiBlueprint("designer_files", description="Files of the flow library")
FILE = "/designer/files/<int:file_id>"


def taken(error: PathTaken) -> NoReturn:
    """409: a file is there."""
    refuse(
        409,
        f"there is a file at {error}",
        words={"en": f"There is a file at {error}.", "zh": f"{error} 已有文件。"},
    )


@blueprint.route("/designer/files")
@requires("process.read")
@blueprint.response(200, DesignerFileList)
def list_files() -> dict[str, Any]:
    """All files, by path, without their contents."""
    with current_desk().reading() as session:
        running = queries.deployed(session)
        return {"items": [queries.shape(file, running) for file in queries.files(session)]}


@blueprint.route("/designer/files", methods=["POST"])
@requires("process.design")
@blueprint.arguments(NewFlowFile)
@blueprint.response(201, FileWithContent)
def add_file(values: dict[str, Any]) -> dict[str, Any]:
    """Add a file; its content is a draft."""
    try:
        with current_desk().database.transaction() as session:
            file = operations.create(
                session, values["path"], values["content"], actor=current_actor()
            )
            return _with_content(session, file)
    except NotAFile as error:
        not_a_file(error)
    except PathTaken as error:
        taken(error)


@blueprint.route(FILE)
@requires("process.read")
@blueprint.response(200, FileWithContent)
def get_file(file_id: int) -> dict[str, Any]:
    """A file with the content that is worked on."""
    with current_desk().reading() as session:
        file = queries.by_id(session, file_id)
        if file is None:
            missing()
        return _with_content(session, file)


@blueprint.route(f"{FILE}/content")
@requires("process.read")
@blueprint.response(200, content_type="application/octet-stream")
def download_file(file_id: int) -> Response:
    """The content that is worked on, byte for byte."""
    with current_desk().reading() as session:
        file = queries.by_id(session, file_id)
        if file is None:
            missing()
        content = queries.content(session, file)
        name = queries.name_of(file.path)
    # never as something that a browser would show: a diagram's text comes from anybody
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@blueprint.route(FILE, methods=["PATCH"])
@requires("process.design")
@blueprint.arguments(FileMove)
@blueprint.response(200, DesignerFileSchema)
def move_file(values: dict[str, Any], file_id: int) -> dict[str, Any]:
    """Give a file another place."""
    try:
        with current_desk().database.transaction() as session:
            file = operations.move(session, file_id, values["path"], actor=current_actor())
            return queries.shape(file, queries.deployed(session))
    except LookupError as error:
        missing(str(error))
    except NotAFile as error:
        not_a_file(error)
    except PathTaken as error:
        taken(error)


@blueprint.route(FILE, methods=["DELETE"])
@requires("process.design")
@blueprint.response(204)
def delete_file(file_id: int) -> None:
    """Take a file out of the library; its revisions stay, and what is deployed goes on running."""
    try:
        with current_desk().database.transaction() as session:
            operations.delete(session, file_id, actor=current_actor())
    except LookupError as error:
        missing(str(error))


@blueprint.route(f"{FILE}/draft", methods=["PUT"])
@requires("process.design")
@blueprint.arguments(DraftIn)
@blueprint.response(200, DraftSaved)
def save_draft(values: dict[str, Any], file_id: int) -> dict[str, Any]:
    """Keep a draft. 409 with who, when and what they wrote when somebody else has saved since."""
    try:
        with current_desk().database.transaction() as session:
            file = operations.save_draft(
                session,
                file_id,
                _drawn(session, file_id, values["content"], values["before"]),
                base_etag=values["base_etag"],
                actor=current_actor(),
            )
            return {"etag": file.etag, "at": file.changed_at, "drafted": file.drafted}
    except LookupError as error:
        missing(str(error))
    except NotAFile as error:
        not_a_file(error)
    except FileConflict as conflict:
        name = conflict.by["name"]
        refuse(
            409,
            str(conflict),
            etag=conflict.etag,
            by=conflict.by,
            at=conflict.at.isoformat(),
            content=text_of(conflict.content),
            words={
                "en": f"{name} saved this file meanwhile. Your draft was not saved over theirs.",
                "zh": f"{name}已保存了此文件，您的草稿没有覆盖对方的内容。",
            },
        )


@blueprint.route(f"{FILE}/revisions", methods=["POST"])
@requires("process.design")
@blueprint.arguments(RevisionIn)
@blueprint.response(201, RevisionSchema)
def keep_revision(values: dict[str, Any], file_id: int) -> dict[str, Any]:
    """Keep the draft as a revision with a note."""
    try:
        with current_desk().database.transaction() as session:
            kept = operations.keep(session, file_id, note=values["note"], actor=current_actor())
            file = queries.by_id(session, file_id)
            return _revision(kept, file)
    except LookupError as error:
        missing(str(error))


@blueprint.route(f"{FILE}/revisions")
@requires("process.read")
@blueprint.response(200, RevisionList)
def list_revisions(file_id: int) -> dict[str, Any]:
    """All revisions of a file, newest first."""
    with current_desk().reading() as session:
        file = queries.by_id(session, file_id)
        if file is None:
            missing()
        return {"items": [_revision(row, file) for row in queries.revisions(session, file_id)]}


@blueprint.route(f"{FILE}/revisions/<int:number>")
@requires("process.read")
@blueprint.response(200, RevisionWithContent)
def get_revision(file_id: int, number: int) -> dict[str, Any]:
    """One revision with its content."""
    with current_desk().reading() as session:
        file = queries.by_id(session, file_id)
        found = queries.revision(session, file_id, number) if file is not None else None
        if found is None:
            missing("there is no such revision")
        return _revision(found, file) | {"content": text_of(bytes(found.content))}


@blueprint.route(f"{FILE}/restore", methods=["POST"])
@requires("process.design")
@blueprint.arguments(RestoreIn)
@blueprint.response(200, FileWithContent)
def restore_revision(values: dict[str, Any], file_id: int) -> dict[str, Any]:
    """Make an old revision the draft; a deleted file comes back."""
    try:
        with current_desk().database.transaction() as session:
            file = operations.restore(session, file_id, values["revision"], actor=current_actor())
            return _with_content(session, file)
    except (LookupError, NoSuchRevision) as error:
        missing(str(error))
    except PathTaken as error:
        taken(error)


def _with_content(session: Any, file: Any) -> dict[str, Any]:
    content = queries.content(session, file)
    return queries.shape(file, queries.deployed(session)) | {
        "content": text_of(content),
        "encoding": encoding_of(content),
        "too_large": too_large(file.path, content),
    }


def _revision(row: Any, file: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "path": row.path,
        "etag": row.etag,
        "size": row.size,
        "note": row.note,
        "actor": row.actor,
        "at": row.at,
        "deployed": file is not None and file.deployed_revision == row.number,
    }


def _drawn(session: Any, file_id: int, content: str, before: str | None) -> bytes:
    """The bytes for an editor's text: known ones where the text is, what it changed in them, else its own."""
    file = queries.by_id(session, file_id)
    if file is None:
        missing()
    kept = queries.content(session, file)
    newest = queries.newest(session, file)
    if content == text_of(newest):
        return newest
    if before is not None and before != text_of(kept):
        try:
            return (graft_form if file.kind == "form" else graft)(kept, before, content)
        except NotGraftable as error:
            log.info("designer.not_grafted", file=file.path, reason=str(error))
    return kept if content == text_of(kept) else bytes_of(content)
