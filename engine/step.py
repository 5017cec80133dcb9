"""One step of one instance: loaded, moved, saved, in the caller's transaction.

`Step` is the world a running instance sees. It collects what the step did (history, work for people, waits, jobs) and
writes it with few statements at the end; nothing of a step is visible before the caller commits.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine import operators as ops
from engine import statements as sql
from engine import waits
from engine.actors import Actor
from engine.bpmn import state
from engine.bpmn.kinds.events import KEY_LIMIT
from engine.bpmn.model import DecisionCall, Store, Trigger
from engine.bpmn.schedule import arm_timer
from engine.bpmn.tokens import PENDING, DiagramError, Instance, Scope, Token
from engine.causes import DEPTH_LIMIT, FIRST, Cause, causing
from engine.database import after_commit
from engine.errors import InstanceGone, InstanceSuspended
from engine.expressions import evaluate
from engine.feel import to_python
from engine.history import START, Recorder, plain
from engine.library import Version
from engine.stores import Stores
from engine.tables import process_instance
from engine.trouble import open_incident

if TYPE_CHECKING:
    from engine.runtime import Engine

DATA_LIMIT = 16 * 1024  # bytes of process data: records belong into tables
TOKEN_SIZE = 400  # bytes that a token itself may take, not counted as data


class DepthExceeded(DiagramError):
    """Events that cause events went too deep: most likely two diagrams trigger each other."""


@dataclass(frozen=True)
class Closing:
    """How a human task was ended by its person."""

    token_id: UUID
    outcome: str | None


class Step:
    """The world of one instance for the length of one transaction."""

    def __init__(
        self,
        engine: "Engine",
        session: Session,
        version: Version,
        actor: Actor,
        *,
        instance_id: UUID,
        cause: Cause = FIRST,
        row: Any = None,
        business_key: str | None = None,
    ) -> None:
        self.engine, self.session, self.version, self.actor = engine, session, version, actor
        self._now = engine.clock()
        self._here = self._now.astimezone(engine.zone)
        self._host = engine.host(session)
        self.row = row
        self.cause = cause
        self.business_key = business_key if row is None else row.business_key
        seq, previous = (0, START) if row is None else (row.history_seq, bytes(row.history_hash))
        witness = engine.witness
        self.recorder = Recorder(
            instance_id, witness.actor(session, actor, instance_id), self._now, seq, previous,
            lambda data: witness.data(session, instance_id, data),
        )  # fmt: skip
        self.jobs: list[dict[str, Any]] = []
        self.status = "active" if row is None else row.status
        self.closing: Closing | None = None
        self.job_done: UUID | None = None  # the token whose job has just ended: nothing to cancel
        self._records: dict[str, Any] = {}
        self.stores = Stores(session, version.program.stores)
        if row is None:
            self.instance = Instance(version.program, self, instance_id)
        else:
            self.instance = state.load(row.state, version.program, self)

    # What the diagram asks for (engine.bpmn.tokens.World) -------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The time of this step, in the desk's zone."""
        return self._here

    @property
    def utc(self) -> datetime:
        """The same in UTC, as rows keep it."""
        return self._now

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL expression."""
        return evaluate(text, variables, lambda: self._here, self._host)

    def knows_record(self, name: str) -> bool:
        """Whether the desk offers a record of that name."""
        return name in self.engine.records

    def record(self, name: str, scope: Scope) -> Any:
        """A record, loaded once a step and again after an operator may have changed it."""
        if name not in self.engine.records:
            raise KeyError(name)
        if name not in self._records:
            self._records[name] = self.engine.records[name](self.session, scope.variables)
        return self._records[name]

    def stored(self, store: Store) -> Any:
        """The value of a data store, which this step holds."""
        return self.stores.value(store)

    def store(self, store: Store, value: Any) -> None:
        """Give a data store a value; it is written with the step. Raises DiagramError."""
        self.stores.put(store, value)

    def arguments(self, token: Token) -> dict[str, Any]:
        """The parameters of a service task's operator, worked out and checked. Raises DiagramError."""
        call = token.task_spec.node.call
        if call is None or call.operator not in self.engine.operators:
            raise DiagramError(token.task_spec.name, "names no operator that is known here")
        operator = self.engine.operators[call.operator]
        given = {
            p.target: token.task_spec.literal_or_value(token, p.value) for p in call.parameters
        }
        try:
            return operator.check_arguments(typed(operator, given))
        except ops.OperatorError as error:
            raise DiagramError(token.task_spec.name, str(error)) from error

    def perform(self, token: Token) -> Any:
        """Call the operator of a service task, or write the job that will."""
        call = token.task_spec.node.call
        if call is None or call.operator not in self.engine.operators:
            raise DiagramError(token.task_spec.name, "names no operator that is known here")
        operator = self.engine.operators[call.operator]
        checked = self.arguments(token)
        if operator.kind == "inline":
            with causing(
                self.session, self.cause, self.version.key, str(self.recorder.instance_id)
            ):
                result = operator.function(self._context(token), **checked)
            self._records.clear()
            return result
        backoff = operator.backoff
        if call.backoff:
            armed = arm_timer("duration", call.backoff, self._here)
            backoff = armed[0] - self._now
        self.add_job(
            operator.name,
            checked,
            queue=operator.queue,
            tries=call.retries or operator.tries,
            backoff=backoff,
            token=token,
        )
        return PENDING

    def decide(self, token: Token, decision: DecisionCall) -> Any:
        """Ask a DMN decision; which rules matched, and with what, goes into the history."""
        model = self.engine.library.decision(
            self.session, self.version, decision, token.scope.spec.bound.version
        )
        if model is None:
            raise DiagramError(token.task_spec.name, f"there is no decision {decision.key!r}")
        result = model.decide(
            decision.key, token.scope.variables, clock=lambda: self._here, host=self._host
        )
        self.happened("decided", token, result.explanation.as_json())
        return to_python(result.value)

    def throw(self, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> None:
        """Hand a message or signal to a worker: another instance is locked in a transaction of its own."""
        correlation = None
        if trigger.kind == "message" and trigger.correlation is not None:
            key = token.task_spec.value(token, trigger.correlation)
            if key is None:
                raise DiagramError(
                    token.task_spec.node.id, f"the key {trigger.correlation!r} is null"
                )
            correlation = str(key)
            if len(correlation) > KEY_LIMIT:
                raise DiagramError(
                    token.task_spec.node.id, f"the key is over {KEY_LIMIT} characters"
                )
        self.add_job(
            f"engine.{trigger.kind}",
            {
                "name": trigger.name,
                "payload": dict(payload),
                "correlation": correlation,
                "cause": self.cause.then(
                    trigger.name or "", self.version.key, str(self.recorder.instance_id)
                ).as_json(),
                "actor": self.actor.as_json(),
                "thrower": str(self.recorder.instance_id),
            },
            token=None,
        )
        self.happened("thrown", token, {trigger.kind: trigger.name, "payload": payload})

    def happened(self, event: str, token: Token, data: Mapping[str, Any]) -> None:
        """A line of the history, with the variables that changed since the line before."""
        content = dict(data)
        if self.instance.changed:
            content["set"] = dict(self.instance.changed)
            self.instance.changed.clear()
            self.stores.written_by(token.task_spec.node.id)
        if event == "completed":
            if not content and self.recorder.begins_with(token.task_spec.name, token.id):
                return
            if self.closing is not None and self.closing.token_id == token.id:
                event, content["outcome"] = "submitted", self.closing.outcome
        self.recorder.add(event, token.task_spec.name, token.id, content)

    # Around the step --------------------------------------------------------------------------------------------------

    def add_job(
        self,
        operator: str,
        parameters: dict[str, Any],
        *,
        queue: str = "engine",
        tries: int = 5,
        backoff: timedelta = timedelta(seconds=30),
        token: Token | None,
    ) -> None:
        """Write work for a worker; with a token, its result completes the token."""
        self.jobs.append(
            job_row(
                operator,
                parameters,
                now=self._now,
                queue=queue,
                tries=tries,
                backoff=backoff,
                key=f"{operator}:{token.id if token else uuid4()}",
                instance_id=self.recorder.instance_id,
                token_id=token.id if token else None,
                element_id=token.task_spec.name if token else None,
            )
        )

    @property
    def offers(self) -> dict[UUID, list[str]]:
        """Human tasks that this step touched, and whose lists they stand in (`team:3`, `user:7`)."""
        touched = {row["token_id"] for row in self.recorder.rows}
        tokens = {**self.instance.closed, **self.instance.opened}
        for token_id in touched - tokens.keys() - {None}:
            if (token := self.instance.token(token_id)) is not None:
                tokens[token_id] = token
        return {
            token.id: [*token.internal_data["offered"], self.actor.reference]
            for token in tokens.values()
            if "offered" in token.internal_data
        }

    def run(self) -> None:
        """Let the diagram go on until it waits."""
        if self.cause.depth > DEPTH_LIMIT:
            raise DepthExceeded(
                self.version.key, f"the chain of causes is longer than {DEPTH_LIMIT}"
            )
        self.instance.run()

    def save(self) -> None:
        """Write everything the step did."""
        instance, session, recorder = self.instance, self.session, self.recorder
        for name, value in instance.changed.items():
            recorder.add("variables", None, None, {"set": {name: value}})
        instance.changed.clear()
        if instance.failure is not None:
            recorder.add(
                "failed", instance.failure.element_id, None, {"error": instance.failure.code}
            )
        elif instance.completed:
            recorder.ends()
        opening = [
            *waits.ended(self, instance.closed.values()),
            *waits.begun(self, instance.opened.values()),
        ]
        content = state.dump(instance)
        if len(content) > DATA_LIMIT + TOKEN_SIZE * instance.token_count:
            raise DiagramError(self.version.key, f"process data is over {DATA_LIMIT // 1024} KB")
        values: dict[str, Any] = {
            "state": content,
            "status": self._status(),
            "business_key": self.business_key,
            "history_seq": recorder.seq,
            "history_hash": recorder.hash,
            "ended_at": self._now if instance.completed else None,
        }
        if self.row is None:
            values |= {
                "id": recorder.instance_id,
                "version_id": self.version.id,
                "revision": 1,
                "depth": self.cause.depth,
                "cause": self.cause.as_json(),
                "started_at": self._now,
            }
            writes: waits.Writes = [(sql.INSERT_INSTANCE, [values])]
        else:
            values |= {"wanted": self.row.id, "revision": self.row.revision + 1}
            writes = [(sql.UPDATE_INSTANCE, [values])]
        writes += opening
        writes += self.stores.writes(recorder.instance_id, recorder.actor, self._now)
        if watched := self.stores.watched(recorder.instance_id):
            self._announce_stores(watched)
        writes += [*recorder.write(session), (sql.INSERT_JOB, self.jobs)]
        sql.write(session, [(statement, rows) for statement, rows in writes if rows])
        if self.row is not None and self.row.cause != self.cause.as_json():
            session.execute(  # rarely: an event has reached it, or a person has come after one
                update(process_instance)
                .where(process_instance.c.id == self.row.id)
                .values(depth=self.cause.depth, cause=self.cause.as_json())
            )
        if instance.failure is not None:
            open_incident(
                session, "error", str(instance.failure), instance_id=recorder.instance_id,
                element_id=instance.failure.element_id, now=self._now,
            )  # fmt: skip
        self._wake()
        self.engine.stepped(self)

    def _announce_stores(self, keys: list[str]) -> None:
        """A worker asks the conditions of other instances anew that read these data stores."""
        cause = self.cause.then(", ".join(keys), self.version.key, str(self.recorder.instance_id))
        self.add_job(
            "engine.stores",
            {
                "stores": keys,
                "by": str(self.recorder.instance_id),
                "cause": cause.as_json(),
            },
            token=None,
        )

    def _status(self) -> str:
        if self.instance.failure is not None:
            return "failed"
        return "completed" if self.instance.completed else self.status

    def _wake(self) -> None:
        for queue in {j["queue"] for j in self.jobs}:
            wake(self.engine, self.session, queue)

    def _context(self, token: Token) -> ops.Step:
        return ops.Step(
            self.session,
            self.actor,
            self.recorder.instance_id,
            token.task_spec.node.id,
            token.task_spec.node.name,
            token.scope.variables,
            self._now,
            self.engine.services,
        )


def lock(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    actor: Actor,
    cause: Cause | None = FIRST,
    *,
    suspended: bool = False,
) -> Step:
    """Lock a running instance and load it; callers wait for the lock. `suspended`: take a suspended one too.

    Without a `cause` the step goes on with what the instance was last caused by: a worker has done its job.

    Raises InstanceGone when it has ended, InstanceSuspended when it is suspended.
    """
    row = sql.run(session, sql.LOCK_INSTANCE, {"wanted": instance_id}).one_or_none()
    if row is None:
        raise InstanceGone(f"there is no instance {instance_id}")
    return resumed(engine, session, row, actor, cause, suspended=suspended)


def resumed(
    engine: "Engine",
    session: Session,
    row: Any,
    actor: Actor,
    cause: Cause | None = FIRST,
    *,
    suspended: bool = False,
) -> Step:
    """A step of the instance whose row was read and locked; else as `lock`."""
    if row.status not in ("active", "suspended"):
        raise InstanceGone(f"instance {row.id} is not running")
    if row.status == "suspended" and not suspended:
        raise InstanceSuspended(f"instance {row.id} is suspended")
    version = engine.library.version(session, row.version_id)
    if cause is None:
        cause = Cause.from_json(row.cause)
    step = Step(engine, session, version, actor, instance_id=row.id, cause=cause, row=row)
    step.stores.hold()
    return step


def wake(engine: "Engine", session: Session, queue: str) -> None:
    """Wake the workers of a queue once the transaction has committed."""

    def call(queue: str = queue, waker: Callable[[str], None] = engine.wake) -> None:
        waker(queue)

    after_commit(session, f"wake:{queue}", call)


def job_row(
    operator: str,
    parameters: Mapping[str, Any],
    *,
    now: datetime,
    key: str,
    queue: str = "engine",
    tries: int = 5,
    backoff: timedelta = timedelta(seconds=30),
    instance_id: UUID | None = None,
    token_id: UUID | None = None,
    element_id: str | None = None,
) -> dict[str, Any]:
    """A row for the table `job`."""
    return {
        "id": uuid4(),
        "queue": queue,
        "operator": operator,
        "parameters": plain(parameters),
        "idempotency_key": key,
        "instance_id": instance_id,
        "token_id": token_id,
        "element_id": element_id,
        "status": "waiting",
        "tries": 0,
        "max_tries": tries,
        "backoff_seconds": int(backoff.total_seconds()),
        "due_at": now,
        "created_at": now,
    }


_UNCHANGEABLE = frozenset({str, int, bool, NoneType})


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of the caller's, shared with nobody."""
    return {
        name: value if value.__class__ in _UNCHANGEABLE else deepcopy(value)
        for name, value in values.items()
    }


def typed(operator: ops.Operator, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Literals are text in the diagram; make them what the parameter wants."""
    kinds = {p.name: p.kind for p in operator.parameters}
    typed: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, str) and kinds.get(name) == "number" and value.lstrip("-").isdigit():
            typed[name] = int(value)
        elif kinds.get(name) == "boolean" and value in ("true", "false"):
            typed[name] = value == "true"
        else:
            typed[name] = value
    return typed
