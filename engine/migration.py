"""Moving running instances to another version of their process: a map of elements, reasons before acts, a way back.

Tokens keep their ids, so human tasks and timers keep their identity and due time. Nothing is half migrated: an instance
moves in one step or stays with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.bpmn import state
from engine.bpmn.kinds import compensation
from engine.bpmn.kinds.activities import HumanTask, ServiceTask
from engine.bpmn.kinds.base import TokenSpec, beside_the_flow
from engine.bpmn.kinds.events import Boundary, Waiting
from engine.bpmn.kinds.gateways import Parallel
from engine.bpmn.program import Program, ScopeSpec
from engine.bpmn.tokens import WAITING, Instance, Scope, Token
from engine.errors import MigrationRefused, Reason
from engine.inspection import as_it_stands
from engine.library import Version
from engine.step import Step, lock
from engine.tables import human_task, migration, process_instance, subscription, timer
from engine.waits import event_rows

if TYPE_CHECKING:
    from engine.runtime import Engine

ElementMap = Mapping[str, str]


@dataclass(frozen=True)
class Draft:
    """A proposed map from the elements of one version to those of another, and what could not be placed."""

    mapping: dict[str, str]
    unmapped: tuple[str, ...]


def draft(old: Version, new: Version) -> Draft:
    """Pair elements of the same kind: by id, else by name where the name is used once."""
    there = new.program.nodes
    by_name: dict[tuple[str, str], list[str]] = {}
    for node in there.values():
        by_name.setdefault((node.tag, node.name.get("zh", "")), []).append(node.id)
    mapping, unmapped = {}, []
    for node in old.program.nodes.values():
        same = there.get(node.id)
        named = by_name.get((node.tag, node.name.get("zh", "")), [])
        if same is not None and same.tag == node.tag:
            mapping[node.id] = node.id
        elif len(named) == 1 and node.name.get("zh") != node.id:
            mapping[node.id] = named[0]
        else:
            unmapped.append(node.id)
    return Draft(mapping, tuple(unmapped))


def check(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    target: Version,
    mapping: ElementMap,
) -> list[Reason]:
    """Why the instance could not be migrated right now; empty when it could. Changes nothing."""
    row = session.execute(
        select(process_instance).where(process_instance.c.id == instance_id)
    ).one_or_none()
    if row is None or row.status not in ("active", "suspended"):
        return [Reason("", "The instance has ended.", "实例已结束。")]
    return _reasons(as_it_stands(engine, session, row), target.program, mapping)


def migrate(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    target: Version,
    mapping: ElementMap,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Move the instance to `target`. Raises MigrationRefused with the reasons, InstanceGone.

    Event sub-processes and boundary events that only the new version has, or that wait for something else there, begin
    to wait now; those it has no more stop. What can go on in the new version does so in a step of its own, after which
    there is no way back: a join that waits for nobody more, a condition that holds.
    """
    step = lock(engine, session, instance_id, actor, suspended=True)
    reasons = _reasons(step.instance, target.program, mapping)
    if reasons:
        raise MigrationRefused(reasons)
    session.execute(
        insert(migration),
        {
            "id": uuid4(),
            "instance_id": instance_id,
            "from_version": step.version.id,
            "to_version": target.id,
            "mapping": dict(mapping),
            "state": bytes(step.row.state),
            "revision": step.row.revision + 1,
            "at": step.now,
            "actor": actor.as_json(),
            "reason": reason,
        },
    )
    data = {"reason": reason, "from": step.version.number, "to": target.number}
    step.recorder.add("migrated", None, None, data)
    before = step.instance
    step.version = target
    step.instance = _moved(before, target.program, mapping, step)
    _rename_tasks(session, before, step.instance)
    _save(step)
    if step.status == "active":
        _go_on(lock(engine, session, instance_id, actor))


def revert(
    engine: "Engine", session: Session, instance_id: UUID, *, actor: Actor, reason: str
) -> None:
    """Undo the newest migration, as long as the instance has not moved since.

    Raises InstanceGone, MigrationRefused.
    """
    step = lock(engine, session, instance_id, actor, suspended=True)
    last = session.execute(
        select(migration)
        .where(migration.c.instance_id == instance_id, migration.c.reverted.is_(False))
        .order_by(migration.c.revision.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.revision != step.row.revision:
        raise MigrationRefused(
            [
                Reason(
                    "",
                    "The instance was not migrated, or has moved on since.",
                    "实例未曾迁移，或迁移后已继续执行。",
                )
            ]
        )
    step.recorder.add("reverted", None, None, {"reason": reason})
    before = step.instance
    step.version = engine.library.version(session, last.from_version)
    step.instance = state.load(last.state, step.version.program, step)
    session.execute(update(migration).where(migration.c.id == last.id).values(reverted=True))
    _rename_tasks(session, before, step.instance)
    _save(step)


# ----------------------------------------------------------------------------------------------------------------------

def _reasons(instance: Instance, target: Program, mapping: ElementMap) -> list[Reason]:
    reasons: list[Reason] = []
    places: dict[UUID, ScopeSpec] = {}
    for scope in instance.scopes.values():
        spec = _scope_spec(scope, target, mapping, places)
        if spec is None:
            host = scope.host.task_spec.node.id if scope.host else ""
            reasons.append(
                Reason(
                    host, "This sub-process has no place there.", "该子流程在新版本中没有对应位置。"
                )
            )
            continue
        places[scope.id] = spec
        for token in scope.tasks.values():
            element = token.task_spec.node.id
            if beside_the_flow(token):
                continue
            found = _token_spec(token, spec, mapping)
            if found is None:
                reasons.append(
                    Reason(
                        element,
                        "A token stands here and the map says no place for it.",
                        "此处有令牌，但映射中没有给出去处。",
                    )
                )
            elif type(found) is not type(token.task_spec):
                reasons.append(
                    Reason(element, "The elements are of different kinds.", "两个元素类型不同。")
                )
            elif (differs := _difference(token, found, mapping)) is not None:
                reasons.append(differs)
    return reasons


def _difference(token: Token, there: TokenSpec, mapping: ElementMap) -> Reason | None:
    """What of a token that stays would be lost or left behind at an element of the same kind."""
    here = token.task_spec
    if isinstance(here, Waiting) and not _waits_alike(here, there):
        return Reason(
            here.node.id,
            "It waits for another kind of event there, or under another key.",
            "该元素在新版本中等待另一种事件，或使用了不同的关联键。",
        )
    if isinstance(here, ServiceTask) and _operator(here) != _operator(there):
        return Reason(
            here.node.id,
            "Its work is under way, and another operator is called there.",
            "其任务正在执行，而新版本中调用了另一个操作。",
        )
    came_by = token.internal_data.get("flow")
    if came_by and _flow_there(came_by, here, there, mapping) is None:
        return Reason(
            here.node.id,
            "The flow by which the token came to the join is not there.",
            "令牌到达汇合网关所经的连线在新版本中不存在。",
        )
    return None


def _operator(spec: TokenSpec) -> str | None:
    return spec.node.call.operator if spec.node.call else None


def _waits_alike(here: TokenSpec, there: TokenSpec) -> bool:
    """Whether what was worked out for the one (when it is due, which key) holds for the other."""
    return [(t.kind, t.correlation) for t in here.node.triggers] == [
        (t.kind, t.correlation) for t in there.node.triggers
    ]


def _scope_spec(
    scope: Scope, target: Program, mapping: ElementMap, places: Mapping[UUID, ScopeSpec]
) -> ScopeSpec | None:
    """Where a scope goes: the process itself, else what the new place of its host opens."""
    if scope.host is None or scope.outer is None:
        return target.root
    around = places.get(scope.outer.id)
    if around is None:
        return None
    name = scope.spec.name
    if name.endswith("#body"):
        return around.inner.get(f"{mapping.get(name.removesuffix('#body'), '')}#body")
    if name in scope.outer.spec.inner:
        return around.inner.get(mapping.get(name, ""))
    host = around.task_specs.get(mapping.get(scope.host.task_spec.node.id, ""))
    called = target.called(host) if host is not None else None
    return called if called is not None and called.name == name else None


def _token_spec(token: Token, spec: ScopeSpec, mapping: ElementMap) -> TokenSpec | None:
    element, mark, role = token.task_spec.name.partition("#")
    if role == "compensation":
        return None  # what it is about to undo lies along the paths of its own version
    return spec.task_specs.get(f"{mapping.get(element, '')}{mark}{role}")


def _moved(before: Instance, target: Program, mapping: ElementMap, step: Step) -> Instance:
    """The same tokens and data under the specs of the target."""
    after = Instance(target, step, before.top.id)
    scopes: dict[UUID, Scope] = {before.top.id: after.top}
    places: dict[UUID, ScopeSpec] = {}
    tokens: dict[UUID, Token] = {}
    for old in before.scopes.values():
        spec = _scope_spec(old, target, mapping, places)
        if spec is None:
            continue
        places[old.id] = spec
        if old.host is not None:
            scope = Scope(after, spec, tokens[old.host.id], old.id)
            after.found_scope(scope)
            scopes[old.id] = scope
        scope = scopes[old.id]
        scope.isolated, scope.local = old.isolated, old.local
        scope.facts = _facts_moved(old, spec, mapping, target)
        for token in old.tasks.values():
            found = _token_spec(token, spec, mapping)
            if found is None or not _goes_on(token, found, mapping):
                continue  # a listener or boundary event that the target has no more, or that begins anew
            moved = Token(scope, found, token._state, token.id)
            moved.last_state_change = token.last_state_change
            moved.internal_data = _flows_renamed(token, found, mapping)
            tokens[token.id] = moved
            if moved.task_spec.waits_outside:
                after.found_waiting(moved)
    for old in before.scopes.values():
        if old.id in scopes:
            _begin_new_waits(scopes[old.id])
    return after


def _goes_on(token: Token, there: TokenSpec, mapping: ElementMap) -> bool:
    """Whether the token stands there as it does here; of listeners and boundary events, whether it waits as it did."""
    here = token.task_spec
    if type(there) is not type(here):
        return False
    edge = here.node.attached_to
    if edge is not None and there.node.attached_to != mapping.get(edge):
        return False
    return token._state != WAITING or not isinstance(here, Waiting) or _waits_alike(here, there)


def _go_on(step: Step) -> None:
    """Joins, scopes and conditions may have nothing to wait for any more."""
    instance = step.instance
    for scope in list(instance.scopes.values()):
        instance.unsettled.add(scope.id)
        for spec in {id(t.task_spec): t.task_spec for t in scope.tasks.values()}.values():
            if isinstance(spec, Parallel):
                spec.reconsider(scope)
    step.run()
    if instance.steps or instance.opened or instance.closed or instance.completed:
        step.save()


def _begin_new_waits(scope: Scope) -> None:
    """Listeners and boundary events that only the target has."""
    for listener in scope.spec.listeners:
        if not scope.tokens_at(listener):
            listener.listen(scope)
    for token in list(scope.tasks.values()):
        for boundary in scope.spec.boundary_specs(token.task_spec.node):
            there = any(
                t.internal_data.get("host") == token.id.bytes for t in scope.tokens_at(boundary)
            )
            if not there and isinstance(boundary, Boundary):
                boundary.attach(token)


def _flows_renamed(token: Token, spec: TokenSpec, mapping: ElementMap) -> dict[str, Any]:
    """What a token remembers; one that waits at a join remembers the flow it came by."""
    data = dict(token.internal_data)
    if data.get("flow"):
        data["flow"] = _flow_there(data["flow"], token.task_spec, spec, mapping)
    return data


def _flow_there(
    flow: str, here: TokenSpec, there: TokenSpec, mapping: ElementMap
) -> str | None:
    """What a flow into an element is in the target: the flow of the same id, else that from the same source."""
    came = next((f for f in here.node.incoming if f.id == flow), None)
    source = mapping.get(came.source) if came else None
    fitting = sorted(
        (f.id != flow, f.id) for f in there.node.incoming if f.id == flow or f.source == source
    )
    return fitting[0][1] if fitting else None


def _facts_moved(
    scope: Scope, there: ScopeSpec, mapping: ElementMap, target: Program
) -> dict[str, Any]:
    """What a scope remembers: what can be undone, what of an ad-hoc sub-process is to do, which flows a complex gateway
    has seen."""
    facts: dict[str, Any] = {}
    for key, value in scope.facts.items():
        kind, _, gateway = key.partition(":")
        if kind == "done":
            facts[key] = compensation.moved(value, mapping, target)
        elif kind == "todo":
            found = (mapping.get(element) for element in value)
            facts[key] = [element for element in found if element in there.task_specs]
        elif kind == "complex":
            here, new = scope.spec.spec_of(gateway), there.task_specs.get(mapping.get(gateway, ""))
            if new is not None:
                flows = (_flow_there(flow, here, new, mapping) for flow in value)
                facts[f"complex:{new.node.id}"] = [flow for flow in flows if flow]
        else:
            facts[key] = value
    return facts


def _rename_tasks(session: Session, before: Instance, after: Instance) -> None:
    """Open tasks take the new element's name; who has them and when they are due stays."""
    for token in after.tokens():
        if not isinstance(token.task_spec, HumanTask):
            continue
        node = token.task_spec.node
        session.execute(
            update(human_task)
            .where(human_task.c.id == token.id)
            .values(
                element_id=node.id,
                name=dict(node.name),
                lane=dict(node.lane) if node.lane else None,
                form=node.human.form if node.human else None,
            )
        )


def _save(step: Step) -> None:
    """Write the instance on its version with what it waits for; nobody has to find out what of that changed."""
    session, instance_id = step.session, step.recorder.instance_id
    step.save()
    session.execute(
        update(process_instance)
        .where(process_instance.c.id == instance_id)
        .values(version_id=step.version.id)
    )
    for table in (subscription, timer):
        session.execute(delete(table).where(table.c.instance_id == instance_id))
    subscriptions: list[dict[str, Any]] = []
    timers: list[dict[str, Any]] = []
    for token in step.instance.tokens():
        if isinstance(token.task_spec, Waiting) and token._state == WAITING:
            more = event_rows(step, token)
            subscriptions += more[0]
            timers += more[1]
    if subscriptions:
        session.execute(insert(subscription), subscriptions)
    if timers and step.status == "active":
        session.execute(insert(timer), timers)
