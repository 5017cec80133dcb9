"""Deploying: a bundle is checked and stored as one immutable deployment; from now on its processes start as it says."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.bpmn.model import ProcessModel, ScopeModel
from engine.bundles import check, decision_ids, read_decisions
from engine.errors import DeployRefused, Problem
from engine.start_events import open_starts, retire
from engine.stores import declare
from engine.tables import (
    awaited_event,
    deployed_decision,
    deployed_resource,
    deployment,
    process_version,
    subscription,
    timer,
)

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class Deployment:
    """The result of a deploy. `versions` holds the version of every process of the bundle, new or unchanged."""

    id: UUID | None
    versions: dict[str, UUID]
    created: tuple[str, ...]
    warnings: tuple[Problem, ...]


def deploy(
    engine: "Engine",
    session: Session,
    resources: Mapping[str, bytes],
    *,
    actor: Actor,
    note: str,
) -> Deployment:
    """Store a bundle (diagrams, forms, decisions by file name) as one immutable deployment.

    Processes whose file and forms have not changed keep their version; when nothing changed, nothing is stored.
    Start events of the new latest versions take over from those of the versions before. Raises DeployRefused.
    """
    bundle, problems = check(engine, session, resources)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise DeployRefused(errors)
    warnings = tuple(p for p in problems if p.severity == "warning")
    sha = _sha256(resources)
    latest = {
        row.key: row
        for row in session.execute(select(process_version).where(process_version.c.latest))
    }
    models = {
        key: (file, model)
        for file, definitions in bundle.files.items()
        for key, model in definitions.processes.items()
        if model.executable
    }
    kept = {key: latest[key].id for key in models if key in latest and latest[key].sha256 == sha}
    new = {key: found for key, found in models.items() if key not in kept}
    decisions = {
        key: name
        for name, model in read_decisions(resources)[0].items()
        for key in decision_ids(model)
    }
    if not new and not _decisions_changed(engine, session, resources, decisions):
        return Deployment(None, kept, (), warnings)
    now = engine.here()
    deployment_id = _store(session, resources, decisions, now, actor, note)
    ids = {key: uuid4() for key in new}
    newest = {key: row.id for key, row in latest.items()} | kept | ids
    numbers = _highest_numbers(session, new)
    for key, (file, model) in new.items():
        if key in latest:
            retire(session, latest[key].id)
        session.execute(
            process_version.insert(),
            {
                "id": ids[key],
                "key": key,
                "version": numbers.get(key, 0) + 1,
                "name": dict(model.title),
                "deployment_id": deployment_id,
                "resource": file,
                "sha256": sha,
                "at": now,
                "latest": True,
                "calls": _bound(engine, session, model.scope, newest),
            },
        )
    session.flush()
    for key, (_, model) in new.items():
        open_starts(engine, session, ids[key], model, latest[key].id if key in latest else None)
        _note_awaited(session, model)
        declare(session, _scopes(model), now)
    if new:
        _follow(engine, session, latest.values(), ids)
        engine.starts.changed(session)
    return Deployment(deployment_id, kept | ids, tuple(new), warnings)


def withdraw(engine: "Engine", session: Session, key: str) -> None:
    """Nothing starts the process any more; its instances go on. Raises UnknownProcess."""
    retire(session, engine.library.latest(session, key).id)
    engine.starts.changed(session)


def _sha256(resources: Mapping[str, bytes]) -> str:
    """The digest of a whole bundle, names and contents."""
    digest = hashlib.sha256()
    for name in sorted(resources):
        digest.update(name.encode() + b"\0" + hashlib.sha256(resources[name]).digest())
    return digest.hexdigest()


def _store(
    session: Session,
    resources: Mapping[str, bytes],
    decisions: Mapping[str, str],
    now: datetime,
    actor: Actor,
    note: str,
) -> UUID:
    """Write a deployment with its files; `decisions` says in which file each is."""
    deployment_id = uuid4()
    session.execute(
        deployment.insert(),
        {"id": deployment_id, "at": now, "actor": actor.as_json(), "note": note},
    )
    session.execute(
        deployed_resource.insert(),
        [
            {
                "deployment_id": deployment_id,
                "name": name,
                "kind": name.rpartition(".")[2],
                "content": content,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in resources.items()
        ],
    )
    if decisions:
        session.execute(
            deployed_decision.insert(),
            [
                {"deployment_id": deployment_id, "key": key, "resource": name, "at": now}
                for key, name in decisions.items()
            ],
        )
    return deployment_id


def _highest_numbers(session: Session, keys: Collection[str]) -> dict[str, int]:
    """The newest version number of each process; one that was withdrawn goes on counting where it stopped."""
    rows = session.execute(
        select(process_version.c.key, func.max(process_version.c.version).label("highest"))
        .where(process_version.c.key.in_(keys))
        .group_by(process_version.c.key)
    )
    return {row.key: row.highest for row in rows}


def _bound(
    engine: "Engine", session: Session, scope: ScopeModel, newest: Mapping[str, UUID]
) -> dict[str, str]:
    """The versions that the call activities of a process are bound to, by Node.callee."""
    found: dict[str, UUID | None] = {}
    for _, node in scope.walk():
        if node.called_element is None:
            continue
        if node.called_version and node.called_version.isdigit() and engine.keeps_versions:
            found[node.callee] = session.scalar(
                select(process_version.c.id).where(
                    process_version.c.key == node.called_element,
                    process_version.c.version == int(node.called_version),
                )
            )
        else:
            found[node.callee] = newest.get(node.called_element)
    return {callee: str(version_id) for callee, version_id in found.items() if version_id}


def _follow(
    engine: "Engine", session: Session, before: Iterable[Any], newest: Mapping[str, UUID]
) -> None:
    """What calls the latest version of one of these gets a version of its own that calls the newest.

    It is the same diagram with the same starts; an instance keeps the versions that it began with. `before`: the
    versions that were the latest.
    """
    changed = dict(newest)
    waiting = [row for row in before if row.key not in changed]
    while True:
        latest = {f"{key}@latest": str(version_id) for key, version_id in changed.items()}
        stale = [
            row for row in waiting if row.key not in changed and not latest.keys().isdisjoint(row.calls)
        ]
        if not stale:
            return
        for row in stale:
            calls = {callee: latest.get(callee, bound) for callee, bound in row.calls.items()}
            changed[row.key] = _succeed(session, row, calls, engine.here())


def _succeed(session: Session, row: Any, calls: dict[str, str], now: datetime) -> UUID:
    """A version like the latest with other calls, which everything that starts it starts from now on."""
    version_id = uuid4()
    session.execute(
        update(process_version).where(process_version.c.id == row.id).values(latest=False)
    )
    other = {"id": version_id, "version": row.version + 1, "calls": calls, "at": now}
    session.execute(process_version.insert(), {**row._mapping, **other})
    for table in (subscription, timer):
        session.execute(
            update(table).where(table.c.version_id == row.id).values(version_id=version_id)
        )
    return version_id


def _decisions_changed(
    engine: "Engine",
    session: Session,
    resources: Mapping[str, bytes],
    decisions: Mapping[str, str],
) -> bool:
    """Whether any decision differs from what was deployed last under its id."""
    for key, name in decisions.items():
        row = engine.library.latest_decision(session, key)
        if row is None:
            return True
        if engine.library.resource(session, row.deployment_id, row.resource) != resources[name]:
            return True
    return False


def _note_awaited(session: Session, model: ProcessModel) -> None:
    """Write down which messages instances of the process may wait for."""
    throwing = ("intermediateThrowEvent", "endEvent", "sendTask")
    names = {
        trigger.name
        for _, node in model.scope.walk()
        for trigger in node.triggers
        if trigger.kind == "message" and trigger.name and node.tag not in throwing
    }
    known = set(
        session.scalars(select(awaited_event.c.name).where(awaited_event.c.name.in_(names)))
    )
    for name in sorted(names - known):
        session.execute(awaited_event.insert(), {"name": name})


def _scopes(model: ProcessModel) -> Iterator[ScopeModel]:
    """A process and the sub-processes in it."""
    yield model.scope
    yield from (node.scope for _, node in model.scope.walk() if node.scope)
