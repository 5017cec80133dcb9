"""The start events of deployed versions: the subscriptions and timers that start new instances, one set a process."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine.bpmn.model import ProcessModel
from engine.bpmn.schedule import arm_timer
from engine.tables import process_version, subscription, timer

if TYPE_CHECKING:
    from engine.runtime import Engine


def open_starts(
    engine: "Engine",
    session: Session,
    version_id: UUID,
    model: ProcessModel,
    before: UUID | None,
) -> None:
    """Subscribe to what starts the process from now on. A date that has started the version `before` does not come
    again."""
    now = engine.here()
    dates = _dates(model)
    if dates and before is not None:
        dates &= _dates(engine.library.model(session, before)[1])
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


def retire(session: Session, version_id: UUID) -> None:
    """Nothing starts the version any more."""
    session.execute(
        update(process_version).where(process_version.c.id == version_id).values(latest=False)
    )
    for table in (subscription, timer):
        session.execute(table.delete().where(table.c.version_id == version_id))


def _dates(model: ProcessModel) -> set[str | None]:
    """The dates at which a process starts, as written."""
    return {
        trigger.expression
        for node in model.scope.entries
        for trigger in node.triggers
        if trigger.kind == "timer" and trigger.timer == "date"
    }
