"""What the desk has to say about what the engine writes down: from where, whose names are sealed, what was deployed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from desk.audit.operations import address_of_request, record
from desk.audit.personal import concealed_actor, concealed_data
from engine.actors import Actor
from engine.history import Witness


class AuditWitness(Witness):
    """Customers' names and personal values are sealed; steps of a web request say from which address."""

    def actor(self, session: Session, actor: Actor, instance_id: UUID) -> dict[str, Any]:
        """The actor as JSON, with the address as `from` where there is one."""
        found = concealed_actor(session, actor, instance_id)
        address = address_of_request()
        if address is not None and actor.kind != "contact":
            found["from"] = address
        return found

    def data(self, session: Session, instance_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
        """What a row says, personal values sealed."""
        return concealed_data(session, instance_id, data)

    def deployed(
        self, session: Session, deployment: UUID, keys: Sequence[str], actor: Actor, note: str
    ) -> None:
        """An entry in the log for each process that got a new version."""
        for key in keys:
            record(
                session, "deployed", actor=actor, subject=f"process:{key}",
                new={"deployment": str(deployment)}, reason=note or None,
            )  # fmt: skip
