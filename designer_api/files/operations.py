"""What can be done with files of the library. Nothing here is lost: a save that comes too late is refused with what
the other wrote, a restored revision becomes a draft, and a deleted file keeps its revisions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from designer_api.files import queries
from designer_api.files.contents import (
    NotAFile,
    checked_path,
    checked_size,
    describe,
    etag_of,
    kind_of,
)
from designer_api.files.models import DesignerFile, DesignerRevision
from desk.audit import actions
from desk.audit.operations import record
from engine.actors import Actor
from engine.operators import Text
from engine.timestamps import utc_now

actions.declare(
    {
        "flow_file_moved": Text("Moved a file of the flow library", "移动了流程库文件"),
        "flow_file_deleted": Text("Deleted a file of the flow library", "删除了流程库文件"),
    }
)


class FileConflict(Exception):
    """Somebody else has saved since: `by` (an actor) wrote `content` `at` a time, and its tag is `etag`."""

    def __init__(self, file: DesignerFile, content: bytes) -> None:
        super().__init__(f"{file.path} was changed by {file.changed_by['name']}")
        self.by, self.at = dict(file.changed_by), file.changed_at
        self.etag, self.content = file.etag, content


class PathTaken(Exception):
    """There is a file at that path."""


class NoSuchRevision(Exception):
    """The file has no such revision."""


def create(session: Session, path: str, content: bytes, *, actor: Actor) -> DesignerFile:
    """Add a file with `content` as its draft. Raises NotAFile, PathTaken."""
    checked_path(path)
    checked_size(content)
    described = describe(path, content)
    file = DesignerFile(
        path=path,
        kind=kind_of(path),
        key=described.key,
        names=described.names,
        etag=etag_of(content),
        revision=0,
        draft=content,
        drafted=True,
        changed_by=actor.as_json(),
        changed_at=utc_now(),
    )
    _place(session, file)
    return file


def save_draft(
    session: Session, file_id: int, content: bytes, *, base_etag: str, actor: Actor
) -> DesignerFile:
    """Keep what somebody has drawn, whatever it is: a file that cannot be read is kept too.

    Compare and set: of two who started from the same state the second gets FileConflict. The same content again
    changes nothing. A draft that is back at the revision's content is none. Raises NotAFile (too large), LookupError.
    """
    checked_size(content)
    file = queries.locked(session, file_id)
    etag = etag_of(content)
    if etag == file.etag:
        return file
    if file.etag != base_etag:
        raise FileConflict(file, queries.content(session, file))
    newest = queries.revision(session, file.id, file.revision) if file.revision else None
    drafted = newest is None or newest.etag != etag
    _describe(file, content, actor)
    file.etag = etag
    file.drafted = drafted
    file.draft = content if drafted else None
    return file


def keep(session: Session, file_id: int, *, note: str, actor: Actor) -> DesignerRevision:
    """Make the draft a revision; without a draft the newest revision is answered. Raises LookupError."""
    file = queries.locked(session, file_id)
    if not file.drafted:
        return queries.revision(session, file.id, file.revision)
    content = queries.content(session, file)
    return _add_revision(session, file, content, note=note, actor=actor, at=utc_now())


def restore(session: Session, file_id: int, number: int, *, actor: Actor) -> DesignerFile:
    """Make an old revision the draft; a deleted file comes back. Raises LookupError, NoSuchRevision, PathTaken."""
    file = queries.locked(session, file_id, deleted=True)
    old = queries.revision(session, file.id, number)
    if old is None:
        raise NoSuchRevision(f"{file.path} has no revision {number}")
    if file.deleted_at is not None:
        file.deleted_at = None
        _place(session, file)
    content = bytes(old.content)
    _describe(file, content, actor)
    file.etag = old.etag
    file.drafted = number != file.revision
    file.draft = content if file.drafted else None
    return file


def move(session: Session, file_id: int, path: str, *, actor: Actor) -> DesignerFile:
    """Give a file another place; its kind stays. Raises LookupError, NotAFile, PathTaken."""
    checked_path(path)
    file = queries.locked(session, file_id)
    if kind_of(path) != file.kind:
        raise NotAFile("A file keeps its ending.", "文件后缀不能改变。")
    before, file.path = file.path, path
    _place(session, file)
    _describe(file, queries.content(session, file), actor, changed=False)
    if before != path:
        record(
            session,
            "flow_file_moved",
            actor=actor,
            subject=f"flow_file:{file.id}",
            old={"path": before},
            new={"path": path},
        )
    return file


def delete(session: Session, file_id: int, *, actor: Actor) -> None:
    """Take a file out of the library. Its revisions stay, a draft becomes one; what is deployed goes on running.

    Raises LookupError.
    """
    file = queries.locked(session, file_id)
    if file.drafted:
        keep(session, file_id, note="", actor=actor)
    file.deleted_at = utc_now()
    record(
        session,
        "flow_file_deleted",
        actor=actor,
        subject=f"flow_file:{file.id}",
        old={"path": file.path},
    )


def put(session: Session, path: str, content: bytes, *, note: str, actor: Actor) -> DesignerFile:
    """Bring a file from outside (a folder, a repository): a new revision where its content is new.

    What somebody is drafting stays their draft. Raises NotAFile.
    """
    checked_path(path)
    checked_size(content)
    file = queries.by_path(session, path)
    if file is None:
        file = create(session, path, content, actor=actor)
    elif file.revision and etag_of(content) == queries.newest_etag(session, file):
        return file
    drafted = file.drafted and file.etag != etag_of(content)
    draft, etag, by, at = file.draft, file.etag, file.changed_by, file.changed_at
    _add_revision(session, file, content, note=note, actor=actor, at=utc_now())
    if drafted:
        file.draft, file.etag, file.drafted = draft, etag, True
        file.changed_by, file.changed_at = by, at
        session.flush()
    return file


def mark_deployed(session: Session, files: list[DesignerFile], deployment_id: UUID | None) -> None:
    """Remember that the newest revisions of these files are what runs now."""
    for file in files:
        file.deployed_revision = file.revision
        if deployment_id is not None:
            file.deployment_id = deployment_id
    session.flush()


# ----------------------------------------------------------------------------------------------------------------------


def _describe(file: DesignerFile, content: bytes, actor: Actor, *, changed: bool = True) -> None:
    """What the content says of itself; a draft that cannot be read keeps what was known."""
    described = describe(file.path, content)
    if described.key is not None:
        file.key, file.names = described.key, described.names
    if changed:
        file.changed_by, file.changed_at = actor.as_json(), utc_now()


def _add_revision(
    session: Session, file: DesignerFile, content: bytes, *, note: str, actor: Actor, at: datetime
) -> DesignerRevision:
    _describe(file, content, actor)
    file.revision += 1
    file.etag, file.draft, file.drafted = etag_of(content), None, False
    row = DesignerRevision(
        file_id=file.id,
        number=file.revision,
        path=file.path,
        content=content,
        etag=file.etag,
        size=len(content),
        note=note,
        actor=actor.as_json(),
        at=at,
    )
    session.add(row)
    session.flush()
    return row


def _place(session: Session, file: DesignerFile) -> None:
    """Write it at its path, unless another is there: the database has the last word on that."""
    path = file.path
    with session.no_autoflush:
        taken = session.scalar(
            select(DesignerFile.id).where(
                DesignerFile.path == path,
                DesignerFile.deleted_at.is_(None),
                DesignerFile.id != (file.id or 0),
            )
        )
    if taken is not None:
        raise PathTaken(path)
    try:
        with session.begin_nested():
            session.add(file)
            session.flush()
    except IntegrityError as error:
        raise PathTaken(path) from error
