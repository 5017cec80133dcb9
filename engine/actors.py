"""Who does something: a person of the desk, a customer, a program, or the system itself."""

from dataclasses import dataclass
from typing import Any, Literal, Self

ActorKind = Literal["user", "contact", "system"]


@dataclass(frozen=True)
class Actor:
    """Named in every step of the history. `id` is the record's number where there is one."""

    kind: ActorKind
    id: int | None
    name: str

    @property
    def reference(self) -> str:
        """The form used for candidates and assignees: `user:7`."""
        return f"{self.kind}:{self.id}" if self.id is not None else self.kind

    def as_json(self) -> dict[str, Any]:
        """For JSON columns."""
        return {"kind": self.kind, "id": self.id, "name": self.name}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The reverse of `as_json`."""
        return cls(value["kind"], value["id"], value["name"])


SYSTEM = Actor("system", None, "system")
