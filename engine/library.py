"""What is deployed, and its compiled programs: immutable, so kept in memory once read."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.bpmn.model import DecisionCall, Node, ProcessModel, Words
from engine.bpmn.program import Bound, Program
from engine.bpmn.reading import read_definitions
from engine.bundles import decision_ids, read_decisions
from engine.dmn import DecisionModel
from engine.errors import UnknownProcess
from engine.tables import deployed_decision, deployed_resource, process_version

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


class Library:
    """Finds what is deployed and hands out compiled versions."""

    def __init__(self) -> None:
        self._versions: OrderedDict[UUID, Version] = OrderedDict()
        self._decisions: dict[UUID, dict[str, DecisionModel]] = {}
        self._forms: dict[tuple[UUID, str], dict[str, Any] | None] = {}
        self._lock = threading.Lock()

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
        row, model = self.model(session, version_id)
        called: dict[str, Bound] = {}
        origins: dict[str, UUID] = {}
        pending = list(row.calls.values())
        while pending:
            bound = pending.pop()
            if bound not in called and bound != str(version_id):
                called_row, called_model = self.model(session, UUID(bound))
                called[bound] = Bound(bound, called_model.scope, called_row.calls)
                origins[bound] = called_row.deployment_id
                pending += called_row.calls.values()
        program = Program(Bound(str(version_id), model.scope, row.calls), called)
        return Version(
            row.id, row.key, row.version, row.name, row.deployment_id, row.resource, program, origins
        )

    def model(self, session: Session, version_id: UUID) -> tuple[Any, ProcessModel]:
        """The row of a version, and its process as drawn."""
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

    def latest_decision(self, session: Session, key: str) -> Any:
        """Where the decision was deployed last: its row, None when it never was."""
        return session.execute(
            select(deployed_decision)
            .where(deployed_decision.c.key == key)
            .order_by(deployed_decision.c.at.desc())
            .limit(1)
        ).one_or_none()

    def decision(
        self, session: Session, version: Version, call: DecisionCall, asking: str
    ) -> DecisionModel | None:
        """The compiled model that holds a decision, by the task's binding; None when there is none.

        `asking`: the version whose task asks, which may be one that `version` calls.
        """
        if call.binding == "latest":
            row = self.latest_decision(session, call.key)
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
