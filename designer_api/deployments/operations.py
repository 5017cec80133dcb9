"""Bringing files of the library to life. A folder is what is deployed together: its diagrams with their decisions and
forms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from designer_api.files import operations, queries
from designer_api.files.models import DesignerFile
from desk.audit.operations import record
from engine.actors import Actor
from engine.deploying import Deployment
from engine.errors import DeployRefused, Problem
from engine.operators import Operators
from engine.scenarios import Outcome, run_scenarios


@dataclass(frozen=True)
class DeployedFolder:
    """A folder that went live, and what the engine says of it."""

    folder: str
    deployment: Deployment


class ScenariosFailed(Exception):
    """Green scenarios were demanded, and these are not; or nobody has written any (`outcomes` is empty)."""

    def __init__(
        self, folder: str, outcomes: Sequence[tuple[str, Outcome]], reason: str = ""
    ) -> None:
        failed = ", ".join(f"{path}: {o.name.get('en')}" for path, o in outcomes)
        super().__init__(reason or f"{folder}: scenarios failed: {failed}")
        self.folder, self.outcomes = folder, list(outcomes)


def deploy_files(
    session: Session,
    engine: Any,
    files: Iterable[DesignerFile],
    *,
    note: str,
    demand_scenarios: bool,
    actor: Actor,
) -> tuple[list[DeployedFolder], list[tuple[str, Outcome]]]:
    """Deploy the folders of these files. Their drafts become revisions with the note; whatever else is in the folders
    goes as it was kept last.

    Side effects: revisions, deployments, a row in the audit trail for each folder. Raises DeployRefused (the problems'
    resources are paths), ScenariosFailed; then nothing has changed, if the caller rolls back.
    """
    chosen = {file.id for file in files}
    folders = sorted({queries.folder_of(file.path) for file in files})
    deployed, played = [], []
    for folder in folders:
        inside = queries.in_folder(session, folder)
        for file in inside:
            if file.id in chosen and file.drafted:
                operations.keep(session, file.id, note=note, actor=actor)
        contents = {f.path: queries.newest(session, f) for f in inside if f.revision}
        if demand_scenarios:
            played += _scenarios(folder, contents, engine.operators)
        deployed.append(deploy_folder(session, engine, folder, contents, note=note, actor=actor))
    return deployed, played


def deploy_folder(
    session: Session,
    engine: Any,
    folder: str,
    contents: Mapping[str, bytes],
    *,
    note: str,
    actor: Actor,
) -> DeployedFolder:
    """Deploy files of one folder, given by path; in the deployment they go by their names. Raises DeployRefused."""
    resources = {
        queries.name_of(path): content
        for path, content in contents.items()
        if path.endswith((".bpmn", ".dmn", ".form"))
    }
    try:
        deployment: Deployment = engine.deploy(session, resources, actor=actor, note=note)
    except DeployRefused as refused:
        raise DeployRefused(
            [in_folder(problem, folder) for problem in refused.problems]
        ) from refused
    files = [queries.by_path(session, path) for path in contents]
    operations.mark_deployed(session, [f for f in files if f is not None], deployment.id)
    if deployment.id is not None and not deployment.created:
        # the engine's witness tells of processes; decisions and forms alone have none
        record(
            session,
            "deployed",
            actor=actor,
            subject=f"deployment:{deployment.id}",
            new={"folder": folder, "files": sorted(resources)},
            reason=note or None,
        )
    return DeployedFolder(folder, deployment)


def bring(
    session: Session,
    engine: Any,
    folder: str,
    contents: Mapping[str, bytes],
    *,
    note: str,
    actor: Actor,
) -> DeployedFolder:
    """Take a folder's files (by name, scenarios included) from outside into the library and deploy them.

    Raises DeployRefused, NotAFile.
    """
    prefix = f"{folder}/" if folder else ""
    paths = {f"{prefix}{name}": content for name, content in contents.items()}
    for path, content in sorted(paths.items()):
        operations.put(session, path, content, note=note, actor=actor)
    return deploy_folder(session, engine, folder, paths, note=note, actor=actor)


def in_folder(problem: Problem, folder: str) -> Problem:
    """The problem with the path of its file instead of the name."""
    path = f"{folder}/{problem.resource}" if folder else problem.resource
    return Problem(
        problem.rule, problem.severity, problem.element, problem.message, problem.line, path
    )


def _scenarios(
    folder: str, contents: Mapping[str, bytes], operators: Operators
) -> list[tuple[str, Outcome]]:
    """Run them; all must hold. Raises ScenariosFailed, DeployRefused."""
    resources = {queries.name_of(path): content for path, content in contents.items()}
    try:
        outcomes, _ = run_scenarios(resources, operators)
    except ValueError as error:
        raise ScenariosFailed(folder, [], f"{folder}: {error}") from error
    if not outcomes:
        raise ScenariosFailed(folder, [], f"{folder}: there are no scenarios")
    played = [(folder, outcome) for outcome in outcomes]
    if any(outcome.failure for outcome in outcomes):
        raise ScenariosFailed(folder, [pair for pair in played if pair[1].failure])
    return played
