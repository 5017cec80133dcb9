"""What is asked of the library: files with what is deployed of them, contents, revisions, folders as bundles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from designer_api.files.contents import ETAG_LENGTH
from designer_api.files.models import DesignerFile, DesignerRevision
from engine.tables import deployed_decision, deployed_resource, process_version

DEPLOYABLE = ("bpmn", "dmn", "form")


def live() -> Any:
    """Files that are not deleted."""
    return select(DesignerFile).where(DesignerFile.deleted_at.is_(None))


def files(session: Session) -> list[DesignerFile]:
    """All files, by path."""
    return list(session.scalars(live().order_by(DesignerFile.path)))


def by_id(session: Session, file_id: int) -> DesignerFile | None:
    """One file, None where there is none or it was deleted."""
    return session.scalar(live().where(DesignerFile.id == file_id))


def by_path(session: Session, path: str) -> DesignerFile | None:
    """One file by its place."""
    return session.scalar(live().where(DesignerFile.path == path))


def by_ids(session: Session, ids: Iterable[int]) -> list[DesignerFile]:
    """These files, by path; unknown numbers are left out."""
    return list(
        session.scalars(live().where(DesignerFile.id.in_(list(ids))).order_by(DesignerFile.path))
    )


def in_folder(session: Session, folder: str) -> list[DesignerFile]:
    """The files directly in a folder (`tickets/basic`, "" is the library itself), by path."""
    prefix = f"{folder}/" if folder else ""
    query = (
        live().where(DesignerFile.path.startswith(prefix, autoescape=True)) if prefix else live()
    )
    found = session.scalars(query.order_by(DesignerFile.path))
    return [file for file in found if folder_of(file.path) == folder]


def folder_of(path: str) -> str:
    """The folder of a path, "" for none."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """The file name of a path."""
    return path.rpartition("/")[2]


def locked(session: Session, file_id: int, *, deleted: bool = False) -> DesignerFile:
    """One file, nobody else changes it until the transaction ends. Raises LookupError."""
    query = select(DesignerFile).where(DesignerFile.id == file_id).with_for_update()
    file = session.scalar(query.options(undefer(DesignerFile.draft)))
    if file is None or (file.deleted_at is not None and not deleted):
        raise LookupError(f"there is no file {file_id}")
    return file


def content(session: Session, file: DesignerFile) -> bytes:
    """What is worked on: the draft, else the newest revision."""
    if file.drafted and file.draft is not None:
        return bytes(file.draft)
    return newest(session, file)


def newest(session: Session, file: DesignerFile) -> bytes:
    """The newest revision's content; of a file that was never kept, its draft."""
    found = session.scalar(
        select(DesignerRevision.content).where(
            DesignerRevision.file_id == file.id, DesignerRevision.number == file.revision
        )
    )
    return bytes(found) if found is not None else bytes(file.draft or b"")


def newest_etag(session: Session, file: DesignerFile) -> str | None:
    """The newest revision's etag."""
    return session.scalar(
        select(DesignerRevision.etag).where(
            DesignerRevision.file_id == file.id, DesignerRevision.number == file.revision
        )
    )


def revision(session: Session, file_id: int, number: int) -> Any:
    """One revision with its content, None where there is none."""
    return session.scalar(
        select(DesignerRevision)
        .where(DesignerRevision.file_id == file_id, DesignerRevision.number == number)
        .options(undefer(DesignerRevision.content))
    )


def revisions(session: Session, file_id: int) -> list[DesignerRevision]:
    """All revisions without their contents, newest first."""
    return list(
        session.scalars(
            select(DesignerRevision)
            .where(DesignerRevision.file_id == file_id)
            .order_by(DesignerRevision.number.desc())
        )
    )


def state_of(session: Session, file: DesignerFile, which: str) -> bytes | None:
    """A file's content in one of its states: `draft` (what is worked on), `latest`, `deployed` or a number."""
    if which == "draft":
        return content(session, file)
    number = {"latest": file.revision, "deployed": file.deployed_revision}.get(which)
    if which.isdigit() and len(which) < 10:
        number = int(which)
    found = revision(session, file.id, number) if number else None
    return None if found is None else bytes(found.content)


def bundle(
    session: Session, paths: Iterable[str], given: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """What belongs together: the files in the folders of `paths` by path, as they are worked on; `given` ones win."""
    found: dict[str, bytes] = {}
    for folder in sorted({folder_of(path) for path in paths}):
        for file in in_folder(session, folder):
            found[file.path] = content(session, file)
    return found | dict(given or {})


@dataclass(frozen=True)
class Live:
    """What runs under a key: the version of a process (None for a decision), and the etag of its file."""

    version: int | None
    etag: str


def deployed(session: Session) -> dict[tuple[str, str], Live]:
    """What runs now, by (kind, key): processes and decisions, through whatever door they were deployed."""
    found: dict[tuple[str, str], Live] = {}
    processes = session.execute(
        select(process_version.c.key, process_version.c.version, deployed_resource.c.sha256)
        .join(
            deployed_resource,
            (deployed_resource.c.deployment_id == process_version.c.deployment_id)
            & (deployed_resource.c.name == process_version.c.resource),
        )
        .where(process_version.c.latest)
    )
    for row in processes:
        found[("bpmn", row.key)] = Live(row.version, row.sha256[:ETAG_LENGTH])
    decisions = session.execute(
        select(deployed_decision.c.key, deployed_resource.c.sha256)
        .join(
            deployed_resource,
            (deployed_resource.c.deployment_id == deployed_decision.c.deployment_id)
            & (deployed_resource.c.name == deployed_decision.c.resource),
        )
        .order_by(deployed_decision.c.at)
    )
    for decision in decisions:
        found[("dmn", decision.key)] = Live(None, decision.sha256[:ETAG_LENGTH])
    return found


def shape(file: DesignerFile, running: Mapping[tuple[str, str], Live]) -> dict[str, Any]:
    """A file as programs see it; `running` is what `deployed` says."""
    live = running.get((file.kind, file.key or ""))
    state = None
    if live is not None:
        state = "same" if live.etag == file.etag else "differs"
    elif file.kind == "form" and file.deployed_revision is not None:
        same = file.deployed_revision == file.revision and not file.drafted
        state = "same" if same else "differs"
    return {
        "id": file.id,
        "path": file.path,
        "folder": folder_of(file.path),
        "name": name_of(file.path),
        "kind": file.kind,
        "key": file.key,
        "names": file.names,
        "etag": file.etag,
        "revision": file.revision,
        "drafted": file.drafted,
        "updated_at": file.changed_at,
        "updated_by": file.changed_by,
        "deployed_revision": file.deployed_revision,
        "deployed_version": live.version if live is not None else None,
        "deployed": state,
    }
