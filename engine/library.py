"""What is deployed, and its compiled programs: immutable, so kept in memory once read."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import Actor
from engine.bpmn.model import DecisionCall, Definitions, Node, ProcessModel, ScopeModel, Words
from engine.bpmn.program import Bound, Program
from engine.bpmn.reading import UnreadableDiagram, read_definitions
from engine.bpmn.schedule import arm_timer
from engine.dmn import DecisionModel, DmnError, parse_dmn
from engine.errors import DeployRefused, Problem, UnknownProcess
from engine.functions import FUNCTIONS
from engine.lint import Bundle, lint
from engine.operators import Operators
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

# What is wrong with a form's schema: (component, words by language); the engine itself shows no forms.
FormCheck = Callable[[Mapping[str, Any]], Iterable[tuple[str, dict[str, str]]]]

KEPT = 200  # compiled programs in memory


@dataclass(frozen=True)
class Version:
    """A deployed version of a process, ready to run."""

    id: UUID
    key: str
    number: int
    name: Words
    deployment_id: UUID
    resource: str
    program: Program
    origins: Mapping[str, UUID]  # the deployments of all that it calls, by version

    def element(self, element_id: str) -> Node:
        """A flow node of the diagram (or of a process it calls)."""
        return self.program.nodes[element_id]


@dataclass(frozen=True)
class Deployment:
    """The result of a deploy. `versions` holds the version of every process of the bundle, new or unchanged."""

    id: UUID | None
    versions: dict[str, UUID]
    created: tuple[str, ...]
    warnings: tuple[Problem, ...]


class Library:
    """Deploys bundles and hands out compiled versions."""

    def __init__(
        self,
        operators: Operators,
        clock: Callable[[], datetime],
        check_form: FormCheck,
        changed: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        """`changed(session)` is called when other processes start with events than before."""
        self.operators = operators
        self.keeps_versions = True  # else a number stands for whatever version is there: where diagrams are tried
        self._check_form = check_form
        self._changed = changed
        self._clock = clock
        self._versions: OrderedDict[UUID, Version] = OrderedDict()
        self._decisions: dict[UUID, dict[str, DecisionModel]] = {}
        self._forms: dict[tuple[UUID, str], dict[str, Any] | None] = {}
        self._lock = threading.Lock()

    # Deploying ------------------------------------------------------------------------------------------------------

    def check(
        self, session: Session, resources: Mapping[str, bytes]
    ) -> tuple[Bundle, list[Problem]]:
        """Read and lint a bundle without deploying it."""
        problems: list[Problem] = []
        files: dict[str, Definitions] = {}
        forms: dict[str, dict[str, Any]] = {}
        for name, content in resources.items():
            try:
                if name.endswith(".bpmn"):
                    files[name] = read_definitions(content)
                elif name.endswith(".form"):
                    form = read_form(content)
                    forms[name.rpartition("/")[2].removesuffix(".form")] = form
                    problems += [
                        Problem("form", "error", element, words, 0, name)
                        for element, words in self._check_form(form)
                    ]
            except UnreadableDiagram as error:
                problems.append(
                    Problem(
                        error.rule, "error", error.element or name, error.message, error.line, name
                    )
                )
        models, wrong = read_decisions(resources)
        problems += wrong
        known = session.scalars(select(process_version.c.key).where(process_version.c.latest))
        decided = session.scalars(select(deployed_decision.c.key).distinct())
        bundle = Bundle(
            files,
            forms,
            self.operators,
            frozenset(known),
            self._numbered(session, files.values()),
            frozenset(key for model in models.values() for key in decision_ids(model)),
            frozenset(decided),
        )
        problems += lint(bundle)
        return bundle, problems

    def _numbered(
        self, session: Session, files: Iterable[Definitions]
    ) -> frozenset[tuple[str, str]]:
        """Of the versions that diagrams call by number, those that are there."""
        wanted = {
            (node.called_element, node.called_version)
            for definitions in files
            for process in definitions.processes.values()
            for _, node in process.scope.walk()
            if node.called_element and node.called_version
        }
        if not wanted or not self.keeps_versions:
            return frozenset(wanted)
        rows = session.execute(
            select(process_version.c.key, process_version.c.version).where(
                process_version.c.key.in_({key for key, _ in wanted})
            )
        )
        return frozenset((key, str(number)) for key, number in rows) & wanted

    def deploy(
        self, session: Session, resources: Mapping[str, bytes], *, actor: Actor, note: str = ""
    ) -> Deployment:
        """Store a bundle (diagrams, forms, decisions by file name) as one immutable deployment.

        Processes whose file and forms have not changed keep their version; when nothing changed, nothing is stored.
        Start events of the new latest versions take over from those of the versions before. Raises DeployRefused.
        """
        bundle, problems = self.check(session, resources)
        errors = [p for p in problems if p.severity == "error"]
        if errors:
            raise DeployRefused(errors)
        digest = hashlib.sha256()
        for name in sorted(resources):
            digest.update(name.encode() + b"\0" + hashlib.sha256(resources[name]).digest())
        bundle_sha = digest.hexdigest()
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
        versions = {
            k: latest[k].id for k in models if k in latest and latest[k].sha256 == bundle_sha
        }
        new = [key for key in models if key not in versions]
        warnings = tuple(p for p in problems if p.severity == "warning")
        decisions = {
            key: name
            for name, model in read_decisions(resources)[0].items()
            for key in decision_ids(model)
        }
        if not new and not self._decisions_changed(session, resources, decisions):
            return Deployment(None, versions, (), warnings)
        deployment_id = uuid4()
        now = self._clock()
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
        ids = {key: uuid4() for key in new}
        # A process that was withdrawn goes on counting where it stopped.
        numbers = {
            row.key: row.highest
            for row in session.execute(
                select(process_version.c.key, func.max(process_version.c.version).label("highest"))
                .where(process_version.c.key.in_(new))
                .group_by(process_version.c.key)
            )
        }
        everything = {k: row.id for k, row in latest.items()} | versions | ids
        for key in new:
            file, model = models[key]
            if key in latest:
                self._retire(session, latest[key].id)
            session.execute(
                process_version.insert(),
                {
                    "id": ids[key],
                    "key": key,
                    "version": numbers.get(key, 0) + 1,
                    "name": dict(model.title),
                    "deployment_id": deployment_id,
                    "resource": file,
                    "sha256": bundle_sha,
                    "at": now,
                    "latest": True,
                    "calls": self._bound(session, model.scope, everything),
                },
            )
        session.flush()
        for key in new:
            self._open_starts(session, ids[key], models[key][1], latest.get(key))
            self._note_awaited(session, models[key][1])
            declare(session, _scopes(models[key][1]), now)
        if new:
            self._follow(session, latest.values(), ids)
            self._changed(session)
        return Deployment(deployment_id, versions | ids, tuple(new), warnings)

    def _bound(
        self, session: Session, scope: ScopeModel, newest: Mapping[str, UUID]
    ) -> dict[str, str]:
        """The versions that the call activities of a process are bound to, by Node.callee."""
        found: dict[str, UUID | None] = {}
        for _, node in scope.walk():
            if node.called_element is None:
                continue
            if node.called_version and node.called_version.isdigit() and self.keeps_versions:
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
        self, session: Session, before: Iterable[Any], newest: Mapping[str, UUID]
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
                changed[row.key] = self._succeed(session, row, calls)

    def _succeed(self, session: Session, row: Any, calls: dict[str, str]) -> UUID:
        """A version like the latest with other calls, which everything that starts it starts from now on."""
        version_id = uuid4()
        session.execute(
            update(process_version).where(process_version.c.id == row.id).values(latest=False)
        )
        other = {"id": version_id, "version": row.version + 1, "calls": calls, "at": self._clock()}
        session.execute(process_version.insert(), {**row._mapping, **other})
        for table in (subscription, timer):
            session.execute(
                update(table).where(table.c.version_id == row.id).values(version_id=version_id)
            )
        return version_id

    def _decisions_changed(
        self, session: Session, resources: Mapping[str, bytes], decisions: Mapping[str, str]
    ) -> bool:
        """Whether any decision differs from what was deployed last under its id."""
        for key, name in decisions.items():
            row = self._latest_decision(session, key)
            if row is None:
                return True
            if self.resource(session, row.deployment_id, row.resource) != resources[name]:
                return True
        return False

    def _latest_decision(self, session: Session, key: str) -> Any:
        return session.execute(
            select(deployed_decision)
            .where(deployed_decision.c.key == key)
            .order_by(deployed_decision.c.at.desc())
            .limit(1)
        ).one_or_none()

    def _retire(self, session: Session, version_id: UUID) -> None:
        session.execute(
            update(process_version).where(process_version.c.id == version_id).values(latest=False)
        )
        for table in (subscription, timer):
            session.execute(table.delete().where(table.c.version_id == version_id))

    def _open_starts(
        self, session: Session, version_id: UUID, model: ProcessModel, before: Any
    ) -> None:
        """Subscribe to what starts the process from now on. A date that has started the version before does not come
        again."""
        now = self._clock()
        dates = _start_dates(model)
        if dates and before is not None:
            dates &= _start_dates(self._model(session, before.id)[1])
        else:
            dates = set()
        for node in model.scope.entries:
            for index, trigger in enumerate(node.triggers):
                common = {
                    "id": uuid4(),
                    "version_id": version_id,
                    "element_id": node.id,
                    "trigger": index,
                }
                if trigger.kind in ("message", "signal"):
                    session.execute(
                        subscription.insert(),
                        common
                        | {
                            "kind": trigger.kind,
                            "name": trigger.name,
                            "condition": node.start_condition,
                        },
                    )
                elif trigger.kind == "timer" and trigger.timer and trigger.expression:
                    due, _, left = arm_timer(trigger.timer, trigger.expression, now)
                    if due <= now and trigger.expression in dates:
                        continue
                    armed = {"due_at": due, "rounds": left, "since": now}
                    session.execute(timer.insert(), common | armed)

    def _note_awaited(self, session: Session, model: ProcessModel) -> None:
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

    def withdraw(self, session: Session, key: str) -> None:
        """Nothing starts the process any more; its instances go on. Raises UnknownProcess."""
        self._retire(session, self.latest(session, key).id)
        self._changed(session)

    # Reading --------------------------------------------------------------------------------------------------------

    def latest(self, session: Session, key: str) -> Version:
        """The version that a new instance of the process runs. Raises UnknownProcess."""
        version_id = sql.run(session, sql.LATEST_VERSION, {"wanted": key}).scalar()
        if version_id is None:
            raise UnknownProcess(f"no process {key!r} is deployed")
        return self.version(session, version_id)

    def version(self, session: Session, version_id: UUID) -> Version:
        """A version with its compiled program."""
        with self._lock:
            if version_id in self._versions:
                self._versions.move_to_end(version_id)
                return self._versions[version_id]
        version = self._compile(session, version_id)
        with self._lock:
            self._versions[version_id] = version
            while len(self._versions) > KEPT:
                self._versions.popitem(last=False)
        return version

    def loaded(self) -> list[Version]:
        """The versions in memory."""
        with self._lock:
            return list(self._versions.values())

    def _compile(self, session: Session, version_id: UUID) -> Version:
        row, model = self._model(session, version_id)
        called: dict[str, Bound] = {}
        origins: dict[str, UUID] = {}
        pending = list(row.calls.values())
        while pending:
            bound = pending.pop()
            if bound not in called and bound != str(version_id):
                called_row, called_model = self._model(session, UUID(bound))
                called[bound] = Bound(bound, called_model.scope, called_row.calls)
                origins[bound] = called_row.deployment_id
                pending += called_row.calls.values()
        program = Program(Bound(str(version_id), model.scope, row.calls), called)
        return Version(
            row.id, row.key, row.version, row.name, row.deployment_id, row.resource, program, origins
        )

    def _model(self, session: Session, version_id: UUID) -> tuple[Any, ProcessModel]:
        row = session.execute(
            select(process_version).where(process_version.c.id == version_id)
        ).one()
        content = self.resource(session, row.deployment_id, row.resource)
        # It was valid when it was deployed.
        return row, read_definitions(content, validate=False).processes[row.key]

    def resource(self, session: Session, deployment_id: UUID, name: str) -> bytes:
        """The bytes of a deployed file."""
        content: bytes = session.execute(
            select(deployed_resource.c.content).where(
                deployed_resource.c.deployment_id == deployment_id, deployed_resource.c.name == name
            )
        ).scalar_one()
        return content

    def decision(
        self, session: Session, version: Version, call: DecisionCall, asking: str
    ) -> DecisionModel | None:
        """The compiled model that holds a decision, by the task's binding; None when there is none.

        `asking`: the version whose task asks, which may be one that `version` calls.
        """
        if call.binding == "latest":
            row = self._latest_decision(session, call.key)
            deployment_id = None if row is None else row.deployment_id
        else:
            deployment_id = version.origins.get(asking, version.deployment_id)
        if deployment_id is None:
            return None
        if deployment_id not in self._decisions:
            rows = session.execute(
                select(deployed_resource.c.name, deployed_resource.c.content).where(
                    deployed_resource.c.deployment_id == deployment_id,
                    deployed_resource.c.kind == "dmn",
                )
            )
            models, _ = read_decisions({row.name: row.content for row in rows})
            self._decisions[deployment_id] = {
                key: model for model in models.values() for key in decision_ids(model)
            }
        return self._decisions[deployment_id].get(call.key)

    def form(
        self, session: Session, version: Version, name: str, asking: str | None = None
    ) -> dict[str, Any] | None:
        """A form's schema as deployed with the version, None when it has none of that name.

        `asking`: the version whose task shows it, which may be one that `version` calls.
        """
        deployment_id = version.origins.get(asking or "", version.deployment_id)
        key = (deployment_id, name)
        if key not in self._forms:
            rows = session.execute(
                select(deployed_resource.c.name, deployed_resource.c.content).where(
                    deployed_resource.c.deployment_id == deployment_id,
                    deployed_resource.c.kind == "form",
                )
            )
            found = {n.rpartition("/")[2].removesuffix(".form"): c for n, c in rows}
            self._forms[key] = orjson.loads(found[name]) if name in found else None
        return self._forms[key]


def _scopes(model: ProcessModel) -> Iterator[ScopeModel]:
    """A process and the sub-processes in it."""
    yield model.scope
    yield from (node.scope for _, node in model.scope.walk() if node.scope)


def _start_dates(model: ProcessModel) -> set[str | None]:
    """The dates at which a process starts, as written."""
    return {
        trigger.expression
        for node in model.scope.entries
        for trigger in node.triggers
        if trigger.kind == "timer" and trigger.timer == "date"
    }


def read_form(content: bytes) -> dict[str, Any]:
    """A form's schema (form-js JSON). Raises UnreadableDiagram."""
    try:
        schema = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableDiagram(
            f"The form is not JSON: {error}", f"表单不是有效的 JSON：{error}"
        ) from error
    if not isinstance(schema, dict):
        raise UnreadableDiagram("The form is not an object.", "表单内容不是对象。")
    return schema


def read_decisions(
    resources: Mapping[str, bytes],
) -> tuple[dict[str, DecisionModel], list[Problem]]:
    """The decision models of a bundle by file name, imports within the bundle resolved, and what is wrong with them."""
    models: dict[str, DecisionModel] = {}
    problems: list[Problem] = []
    waiting = {n: c for n, c in resources.items() if n.endswith(".dmn")}
    while waiting:
        namespaces = {model.namespace: model for model in models.values()}
        ready = {}
        for name, content in waiting.items():
            try:
                ready[name] = parse_dmn(content, imports=namespaces, functions=FUNCTIONS)
            except DmnError as error:
                problems.append(Problem("decision-model", "error", name, error.message, 0, name))
        missing = {
            name: {one.namespace for one in model.definitions.imports} - set(namespaces)
            for name, model in ready.items()
        }
        offered = {model.namespace for model in ready.values()}
        done = {n for n in ready if not missing[n] & offered}  # nothing it needs is still to come
        models |= {n: ready[n] for n in done}
        if not done:
            models |= ready
            break
        waiting = {n: c for n, c in waiting.items() if n in ready and n not in done}
    for name, model in models.items():
        problems += [
            Problem("decision-model", "error", p.element, p.message, 0, name)
            for p in model.problems
        ]
        problems += [
            Problem("decision-column-type", "warning", p.element, p.message, 0, name)
            for p in model.hints
        ]
    return models, problems


def decision_ids(model: DecisionModel) -> list[str]:
    """What a business rule task may ask of a model: its decisions and services, by id."""
    return [d.id for d in model.definitions.decisions] + [s.id for s in model.definitions.services]
