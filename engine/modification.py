"""What operators of the system may do to a running instance by hand: each act has a reason and is in the history."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.bpmn.kinds.base import beside_the_flow
from engine.bpmn.kinds.gateways import standing_at
from engine.bpmn.tokens import Scope, Token
from engine.errors import UnknownElement
from engine.history import plain
from engine.step import Step, lock, wake
from engine.tables import human_task, job, timer
from engine.waits import event_rows

if TYPE_CHECKING:
    from engine.runtime import Engine


def suspend(
    engine: "Engine", session: Session, instance_id: UUID, *, actor: Actor, reason: str
) -> None:
    """Stop an instance where it stands: its tasks leave people's lists, timers and jobs wait, messages are kept.

    Raises InstanceGone, InstanceSuspended.
    """
    step = lock(engine, session, instance_id, actor)
    step.recorder.add("suspended", None, None, {"reason": reason})
    step.status = "suspended"
    step.save()
    session.execute(delete(timer).where(timer.c.instance_id == instance_id))
    session.execute(
        update(human_task)
        .where(human_task.c.instance_id == instance_id, human_task.c.status == "open")
        .values(status="suspended")
    )
    session.execute(
        update(job)
        .where(job.c.instance_id == instance_id, job.c.status == "waiting")
        .values(status="held")
    )


def resume(
    engine: "Engine", session: Session, instance_id: UUID, *, actor: Actor, reason: str
) -> None:
    """Let a suspended instance go on. Timers that were due meanwhile fire once, now.

    A running instance is left alone. Raises InstanceGone.
    """
    step = lock(engine, session, instance_id, actor, suspended=True)
    if step.status != "suspended":
        return
    step.recorder.add("resumed", None, None, {"reason": reason})
    step.status = "active"
    step.instance.conditions_due = True  # records may have changed meanwhile
    step.run()
    step.save()
    rows: list[dict[str, Any]] = []
    for token in step.instance.tokens():
        if token.id in step.instance.waiting and token.id not in step.instance.opened:
            rows += event_rows(step, token)[1]
    if rows:
        session.execute(timer.insert(), rows)
    session.execute(
        update(human_task)
        .where(human_task.c.instance_id == instance_id, human_task.c.status == "suspended")
        .values(status="open")
    )
    for queue in set(
        session.scalars(
            update(job)
            .where(job.c.instance_id == instance_id, job.c.status == "held")
            .values(status="waiting", due_at=step.now)
            .returning(job.c.queue)
        )
    ):
        wake(engine, session, queue)


def edit_variables(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Set variables of the process. Old and new values are in the history. Raises InstanceGone."""
    step = lock(engine, session, instance_id, actor, suspended=True)
    top = step.instance.top
    before = {name: top.local.get(name) for name in values}
    step.recorder.add("edited", None, None, {"reason": reason, "before": plain(before)})
    top.assign_all(values)
    if step.status == "active":
        step.run()
    step.save()


def move_token(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    token_id: UUID,
    to_element: str,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Take a token away from where it stands and let it arrive at another element of the same scope.

    Raises InstanceGone, UnknownElement.
    """
    step = lock(engine, session, instance_id, actor)
    token = step.instance.token(token_id)
    if token is None:
        raise UnknownElement(f"there is no token {token_id}")
    _move(step, token, to_element, reason)
    step.run()
    step.save()


def move_tokens(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    from_element: str,
    to_element: str,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Move every token that stands at an element, each within its scope; from an event-based gateway all its arms go.

    Raises InstanceGone, UnknownElement (also when none stands there).
    """
    step = lock(engine, session, instance_id, actor)
    standing = [
        t
        for t in step.instance.tokens()
        if from_element in (t.task_spec.name, standing_at(t)) and not beside_the_flow(t)
    ]
    if not standing:
        raise UnknownElement(f"no token stands at {from_element!r}")
    for token in standing:
        if token.alive:
            _move(step, token, to_element, reason)
    step.run()
    step.save()


def add_token(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    element: str,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Let a new token arrive at an element of the process, or of a sub-process that is open.

    Raises InstanceGone, UnknownElement.
    """
    step = lock(engine, session, instance_id, actor)
    scope = _scope_of(step, element)
    step.recorder.add("added", element, None, {"reason": reason})
    _arrive(step, scope, element)
    step.run()
    step.save()


def _move(step: Step, token: Token, to_element: str, reason: str) -> None:
    if beside_the_flow(token):
        raise UnknownElement(f"no token stands at {token.task_spec.node.id!r}")
    step.recorder.add(
        "moved", token.task_spec.node.id, token.id, {"reason": reason, "to": to_element}
    )
    _arrive(step, token.scope, to_element)
    race = token.internal_data.get("race")
    for other in list(token.scope.tasks.values()):
        if other is token or (race is not None and other.internal_data.get("race") == race):
            other.task_spec.cancel(other)


def _scope_of(step: Step, element: str) -> Scope:
    for scope in step.instance.scopes.values():
        if element in scope.spec.model.nodes:
            return scope
    raise UnknownElement(f"no open scope has an element {element!r}")


def _arrive(step: Step, scope: Scope, element: str) -> None:
    node = scope.spec.model.nodes.get(element)
    if node is None:
        raise UnknownElement(f"the scope has no element {element!r}")
    on_event = node.scope is not None and node.scope.triggered_by_event
    if node.tag == "boundaryEvent" or node.for_compensation or on_event:
        raise UnknownElement(f"no token can be put at {element!r}")
    scope.spec.spec_of(element).arrive(scope, None)
