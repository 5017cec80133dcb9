"""What the engine refuses, each with what a caller needs to answer a person."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from engine.actors import Actor
from engine.bpmn.tokens import DiagramError

__all__ = [
    "DeployRefused",
    "DiagramError",
    "EngineError",
    "InstanceGone",
    "InstanceSuspended",
    "MessageRefused",
    "MigrationRefused",
    "NothingToDo",
    "Problem",
    "Reason",
    "StateUnreadable",
    "StoreRefused",
    "TaskGone",
    "TaskTaken",
    "UnknownElement",
    "UnknownOutcome",
    "UnknownProcess",
]


class EngineError(Exception):
    """Any refusal of the engine."""


class UnknownProcess(EngineError):
    """No process with that key is deployed."""


class InstanceGone(EngineError):
    """The instance does not exist or has ended."""


class InstanceSuspended(EngineError):
    """The instance is suspended: nothing moves until it is resumed."""


class MessageRefused(EngineError):
    """A message as it cannot be delivered or kept: its name or a key of it is too long."""


class StoreRefused(EngineError):
    """A data store takes no such value, or was changed by somebody else meanwhile."""


class StateUnreadable(EngineError):
    """The kept state of an instance says nothing to this program: a newer one wrote it, or it was damaged."""


class UnknownElement(EngineError):
    """The diagram has no such element, or no token can be put there."""


class NothingToDo(EngineError):
    """An act by hand would change nothing; says why in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


class MigrationRefused(EngineError):
    """The instance cannot be migrated; `reasons` say why, by element."""

    def __init__(self, reasons: "list[Reason]") -> None:
        super().__init__("; ".join(f"{r.element}: {r.en}" for r in reasons[:5]))
        self.reasons = reasons


@dataclass(frozen=True)
class Reason:
    """Why an instance cannot be migrated."""

    element: str
    en: str
    zh: str


class TaskGone(EngineError):
    """The human task is no longer open: somebody was faster, or the diagram went another way."""

    def __init__(self, task_id: UUID, ended_by: Actor | None, outcome: str | None) -> None:
        super().__init__(f"task {task_id} is no longer open")
        self.task_id = task_id
        self.ended_by = ended_by
        self.outcome = outcome


class TaskTaken(EngineError):
    """The human task is claimed by somebody else (`assignee` such as `user:7`)."""

    def __init__(self, task_id: UUID, assignee: str) -> None:
        super().__init__(f"task {task_id} is claimed by {assignee}")
        self.task_id = task_id
        self.assignee = assignee


class UnknownOutcome(EngineError):
    """The diagram offers no such outcome at this task."""


@dataclass(frozen=True)
class Problem:
    """What a lint rule has to say about an element. `message` holds words by language."""

    rule: str
    severity: Literal["error", "warning"]
    element: str
    message: dict[str, str]
    line: int = 0
    resource: str = ""


class DeployRefused(EngineError):
    """The bundle was not deployed; `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.element}: {p.message['en']}" for p in problems[:5]))
        self.problems = problems
