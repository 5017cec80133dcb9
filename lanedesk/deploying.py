"""Deploying from folders and back: `lanedesk deploy`, `lanedesk pull`, and the diagrams that ship with the desk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from designer_api.deployments import operations
from designer_api.files import queries
from designer_api.files.contents import LARGEST, NotAFile
from desk.application import Desk
from engine.actors import SYSTEM
from engine.deploying import Deployment
from engine.errors import DeployRefused, Problem

LIBRARY = Path(__file__).resolve().parents[1] / "bpmn_library"
KINDS = (".bpmn", ".dmn", ".form")
BESIDE = ".scenario.yaml"  # kept in the library, not deployed
TEMPLATES = "gallery"  # to start from: they ship, and nothing of them runs


class NothingToDeploy(Exception):
    """No diagram, decision or form was found; `str()` says where."""


@dataclass(frozen=True)
class Bundle:
    """What belongs together: the files of a folder by name, and the folder's place in the library."""

    folder: str
    files: dict[str, bytes] = field(repr=False)

    @property
    def live(self) -> bool:
        """Whether it is deployed, not only offered to start from."""
        return self.folder.partition("/")[0] != TEMPLATES


def bundles(paths: Iterable[Path], *, into: str = "") -> Iterator[tuple[str, Bundle]]:
    """What belongs together: each folder that directly holds files is one bundle; files given by name are one more.

    `into` is the place in the library of what is given. Yields (name for people, bundle). Raises NothingToDeploy.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_file():
            files.append(path)
            continue
        found = False
        for folder in sorted([path, *(sub for sub in path.rglob("*") if sub.is_dir())]):
            inside = _read(file for file in sorted(folder.iterdir()) if file.is_file())
            if inside:
                found = True
                yield str(folder), Bundle(_place(into, path, folder), inside)
        if not found:
            raise NothingToDeploy(f"no {', '.join(KINDS)} file in {path}")
    if files:
        inside = _read(files)
        if not inside:
            raise NothingToDeploy(f"none of these files is a {', '.join(KINDS)} file")
        yield ", ".join(path.name for path in files), Bundle(into.strip("/"), inside)


def _place(into: str, root: Path, folder: Path) -> str:
    """A folder's place in the library: below `into`; what ships has the place it ships in."""
    if not into and folder.resolve().is_relative_to(LIBRARY):
        return _slashed(folder.resolve().relative_to(LIBRARY))
    return "/".join(part for part in (into.strip("/"), _slashed(folder.relative_to(root))) if part)


def _slashed(path: Path) -> str:
    return "" if path == Path() else path.as_posix()


def _read(files: Iterable[Path]) -> dict[str, bytes]:
    wanted = [file for file in files if file.name.endswith((*KINDS, BESIDE))]
    for file in wanted:
        if file.stat().st_size > LARGEST:
            raise NothingToDeploy(
                f"{file} is larger than {LARGEST // 1024**2} MB; that is no diagram"
            )
    if not any(file.name.endswith(KINDS) for file in wanted):
        return {}
    return {file.name: file.read_bytes() for file in wanted}


def deploy_bundle(desk: Desk, bundle: Bundle, *, note: str) -> Deployment | None:
    """Keep a bundle in the library and deploy it as the system. Raises DeployRefused, NotAFile.

    None for a template that ships: the designer offers those from where they are.
    """
    if not bundle.live:
        return None
    with desk.database.transaction() as session:
        return operations.bring(
            session, desk.engine, bundle.folder, bundle.files, note=note, actor=SYSTEM
        ).deployment


def deploy_paths(desk: Desk, paths: Iterable[Path], *, note: str, into: str = "") -> int:
    """Deploy and print what happened; the exit code. A refused bundle does not stop the others."""
    code = 0
    try:
        for name, bundle in bundles(paths, into=into):
            try:
                deployment = deploy_bundle(desk, bundle, note=note)
            except (DeployRefused, NotAFile) as error:
                code = 1
                print(f"{name}: refused")
                if isinstance(error, NotAFile):
                    print(f"  {error}")
                else:
                    _print_problems(error.problems)
                continue
            if deployment is None:
                print(f"{name}: a template; deploy it with --into FOLDER")
                continue
            _print_problems(deployment.warnings)
            created = ", ".join(deployment.created)
            print(f"{name}: {f'deployed {created}' if created else 'unchanged'}")
    except NothingToDeploy as error:
        print(f"lanedesk: {error}")
        return 1
    return code


def pull(desk: Desk, target: Path, *, folder: str = "", drafts: bool = False) -> int:
    """Write the library's files (newest revisions, or `drafts`) below a folder and print what changed; the exit code.

    Files that only the folder has stay as they are.
    """
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    written = unchanged = 0
    with desk.database.reading() as session:
        for file in queries.files(session):
            if not file.path.startswith(prefix) or not (file.revision or drafts):
                continue
            content = (queries.content if drafts else queries.newest)(session, file)
            place = target / file.path.removeprefix(prefix)
            if not place.resolve().is_relative_to(target.resolve()):
                print(f"lanedesk: {place} leads out of {target} and was left alone")
                return 1
            if place.is_file() and place.read_bytes() == content:
                unchanged += 1
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            written += 1
            print(place)
    if not written + unchanged:
        print(f"lanedesk: the library has nothing below {folder or 'its root'}")
        return 1
    print(f"{written} files written, {unchanged} unchanged")
    return 0


def _print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(
            f"  {problem.severity} at {problem.element}: {problem.message['en']} [{problem.rule}]"
        )
