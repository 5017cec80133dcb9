"""What a deploy will change, and which versions of a process there are."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from designer_api.deployments.operations import in_folder
from designer_api.files import queries
from designer_api.files.models import DesignerFile
from engine import bundles
from engine.tables import deployed_resource, deployment, process_instance, process_version


def plan(session: Session, engine: Any, files: Iterable[DesignerFile]) -> list[dict[str, Any]]:
    """Folder by folder, as designer_api.deployments.schemas.PlannedSchema has it; `problems` are the engine's."""
    chosen = {file.id: file for file in files}
    items = []
    for folder in sorted({queries.folder_of(file.path) for file in chosen.values()}):
        inside = [f for f in queries.in_folder(session, folder) if f.revision or f.id in chosen]
        contents = {
            f.path: (queries.content if f.id in chosen else queries.newest)(session, f)
            for f in inside
            if f.kind in queries.DEPLOYABLE
        }
        names = {queries.name_of(path): content for path, content in contents.items()}
        bundle, problems = bundles.check(engine, session, names)
        keys = {
            key: model
            for definitions in bundle.files.values()
            for key, model in definitions.processes.items()
            if model.executable
        }
        changed = _changed(session, names, keys)
        errors = [p for p in problems if p.severity == "error"]
        items.append(
            {
                "folder": folder,
                "files": sorted(contents),
                "changed": sorted(f"{folder}/{n}" if folder else n for n in changed),
                "processes": _processes(session, keys, bool(changed)),
                "problems": [in_folder(problem, folder) for problem in problems],
                "deployable": bool(names) and not errors,
            }
        )
    return items


def versions(session: Session, key: str) -> list[dict[str, Any]]:
    """All versions of a process, newest first, each with how many of its instances go on, are held, have ended."""
    counts: dict[UUID, dict[str, int]] = {}
    rows = session.execute(
        select(process_instance.c.version_id, process_instance.c.status, func.count().label("n"))
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .where(process_version.c.key == key)
        .group_by(process_instance.c.version_id, process_instance.c.status)
    )
    for row in rows:
        counts.setdefault(row.version_id, {})[row.status] = row.n
    found = session.execute(
        select(process_version, deployment.c.actor, deployment.c.note)
        .join(deployment, deployment.c.id == process_version.c.deployment_id)
        .where(process_version.c.key == key)
        .order_by(process_version.c.version.desc())
    )
    return [_version(row, counts.get(row.id, {})) for row in found]


def _version(row: Any, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "version": row.version,
        "names": row.name,
        "at": row.at,
        "by": row.actor,
        "note": row.note,
        "latest": row.latest,
        "deployment": row.deployment_id,
        "resource": row.resource,
        "active": counts.get("active", 0),
        "suspended": counts.get("suspended", 0),
        "ended": sum(n for status, n in counts.items() if status not in ("active", "suspended")),
        "diagram": f"/api/v1/process-versions/{row.id}/diagram",
    }


def _changed(session: Session, names: dict[str, bytes], keys: Iterable[str]) -> list[str]:
    """Files that differ from those of the deployment that the processes run now; all, where nothing is deployed."""
    deployments = set(
        session.scalars(
            select(process_version.c.deployment_id).where(
                process_version.c.latest, process_version.c.key.in_(list(keys))
            )
        )
    )
    before = {
        row.name: bytes(row.content)
        for row in session.execute(
            select(deployed_resource.c.name, deployed_resource.c.content).where(
                deployed_resource.c.deployment_id.in_(deployments)
            )
        )
    }
    return [n for n in {*names, *before} if names.get(n) != before.get(n)]


def _processes(session: Session, keys: dict[str, Any], changed: bool) -> list[dict[str, Any]]:
    found = []
    for key, model in sorted(keys.items()):
        latest = session.execute(
            select(process_version.c.id, process_version.c.version).where(
                process_version.c.latest, process_version.c.key == key
            )
        ).one_or_none()
        running = session.scalar(
            select(func.count())
            .select_from(process_instance)
            .join(process_version, process_version.c.id == process_instance.c.version_id)
            .where(process_version.c.key == key, process_instance.c.status == "active")
        )
        old = None if latest is None else latest.version
        found.append(
            {
                "key": key,
                "names": dict(model.title),
                "from": old,
                "to": old if old is not None and not changed else (old or 0) + 1,
                "running": running or 0,
            }
        )
    return found
