"""One dry run in a sandbox: what a step does, how the run then stands, and what a scenario would say of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from designer_api.checking.catalogue import words
from engine.bpmn.model import Node
from engine.history import plain
from engine.sandbox import Call, Failing, NotPossible, Sandbox
from engine.stores import WATCH
from engine.tables import human_task, job, process_version, subscription, timer

MOST_LOG = 2000  # lines that are answered, the newest


class StepFailed(Exception):
    """The diagram could not take a step; `words` say why."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        if isinstance(error, NotPossible):
            self.words = error.words
        else:
            self.words = {
                "en": f"The diagram cannot go on: {error}",
                "zh": f"流程无法继续：{error}",
            }


class Play:
    """A run under way. Steps are dictionaries as designer_api.runs.schemas.StepIn has them."""

    def __init__(
        self, sandbox: Sandbox, process: str, data: Mapping[str, Any], stores: Mapping[str, Any]
    ) -> None:
        self.sandbox, self.process, self.data, self.stores = sandbox, process, dict(data), stores
        self.started_by: dict[str, Any] | None = None  # as a step of a scenario
        self.done = 0
        self.effects: list[tuple[int, Call]] = []
        self._ends: list[int] = []  # how long the log was after each step
        self._said: dict[str, Any] = {}
        self._held = dict(stores)  # by data stores before the step

    def close(self) -> None:
        """Forget everything."""
        self.sandbox.close()

    def begin(self) -> None:
        """Fill the data stores; start the process where it can begin in one way only, or with the data that is given.

        Else the start that is meant comes as a step. Raises StepFailed.
        """
        self._act(lambda: self.sandbox.fill(self.stores))
        entries, untriggered = self._entries()
        if (untriggered and self.data) or untriggered == entries:
            told: dict[str, Any] = {"start": self.process}
            if self.data:
                told["with"] = self.data
            self._act(lambda: self.sandbox.start(self.process, self.data))
            self.started_by = told
        self._ends.append(len(self.sandbox.log))

    def do(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Take a step; the same as a step of a scenario file. Raises StepFailed."""
        sandbox, told = self.sandbox, {}
        sandbox.calls.clear()
        self._said = dict(sandbox.data)
        self._held = self.holds()
        sandbox.returns |= step.get("results") or {}
        self.done += 1

        def act() -> None:
            told.update(self._take(step))

        self._act(act)
        self._ends.append(len(sandbox.log))
        return told

    def _act(self, act: Any) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever stops a diagram is what the run is for
            raise StepFailed(error) from error
        self.effects += [(self.done, call) for call in self.sandbox.calls]

    def _take(self, step: Mapping[str, Any]) -> dict[str, Any]:
        sandbox, payload = self.sandbox, dict(step.get("payload") or {})
        match step["do"]:
            case "start":
                sandbox.start(self.process, payload)
                return _filled({"start": self.process, "with": payload})
            case "complete":
                element, outcome = _wanted(step, "element"), step.get("outcome")
                sandbox.complete(element, payload, outcome)
                return _filled({"complete": element, "outcome": outcome, "with": payload})
            case "message":
                name, key = _wanted(step, "name"), step.get("correlation")
                sandbox.message(name, payload, key)
                return _filled({"message": name, "correlation": key, "payload": payload})
            case "signal":
                name = _wanted(step, "name")
                sandbox.signal(name, payload)
                return _filled({"signal": name, "payload": payload})
            case "advance":
                duration = _wanted(step, "duration")
                sandbox.pass_time(duration)
                return {"wait": duration}
            case "next_timer":
                passed = sandbox.next_timer()
                return {"wait": f"PT{int(passed.total_seconds())}S"}
            case "throw":
                return self._throw(step)
            case _:
                sandbox.work()
                return {"work": True}

    def _throw(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """A job that waits fails: with a BPMN error, or without a code for good."""
        waiting = self._jobs()
        given = step.get("name") or step.get("element")
        operator = next((o for o, e in waiting if given in (None, o, e)), None)
        if operator is None:
            raise NotPossible(f"no job waits at {given}", f"{given} 处没有等待执行的任务")
        code = step.get("code")
        self.sandbox.work(Failing(operator, code, step.get("message") or ""))
        return {"fail": operator} if code is None else {"throw": operator, "code": code}

    def _jobs(self) -> list[tuple[str, str | None]]:
        with self.sandbox.database.reading() as session:
            rows = session.execute(
                select(job.c.operator, job.c.element_id).where(job.c.status == "waiting")
            )
            return [(row.operator, row.element_id) for row in rows]

    def _entries(self) -> tuple[list[Node], list[Node]]:
        """Whatever may begin the process, and of that the start events without a trigger."""
        engine = self.sandbox.engine
        with self.sandbox.database.reading() as session:
            model = engine.library.latest(session, self.process).program.root.model
        starts = model.starts
        return model.entries, [s for s in starts if not s.triggers or s.trigger.kind == "none"]

    def holds(self) -> dict[str, Any]:
        """What the data stores hold, by key."""
        return {store.key: plain(store.value) for store in self.sandbox.stores()}

    # How it stands ----------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """The run as designer_api.runs.schemas.RunSchema has it, without its id."""
        sandbox = self.sandbox
        standing = sandbox.standing()
        nodes = self._nodes()
        return {
            "process": self.process,
            "clock": sandbox.now,
            "tokens": [
                {"element": element, "name": nodes.get(element, {}), "instance": number}
                for number, element in standing
            ],
            "passed": {"elements": sorted(sandbox.elements), "flows": sorted(sandbox.flows)},
            "waiting": self._waiting(),
            "effects": [self._effect(number, call) for number, call in self.effects],
            "data": sandbox.data,
            "stores": [
                {"key": store.key, "name": dict(store.name), "value": plain(store.value)}
                for store in sandbox.stores()
            ],
            "log": self._log(),
            "steps": self.done,
            "ended": sandbox.started and not standing,
        }

    def _nodes(self) -> dict[str, dict[str, str]]:
        engine = self.sandbox.engine
        return {
            node.id: dict(node.name)
            for version in engine.library.loaded()
            for node in version.program.nodes.values()
        }

    def _effect(self, number: int, call: Call) -> dict[str, Any]:
        operators = self.sandbox.engine.operators
        title = operators[call.operator].title if call.operator in operators else None
        return {
            "step": number,
            "element": call.element,
            "operator": call.operator,
            "title": words(title),
            "parameters": call.parameters,
            "result": call.result,
            "at": call.at,
        }

    def _log(self) -> list[dict[str, Any]]:
        lines, step = [], 0
        for index, row in enumerate(self.sandbox.log):
            while step < len(self._ends) - 1 and index >= self._ends[step]:
                step += 1
            lines.append(
                {
                    "step": step,
                    "instance": row.instance,
                    "event": row.event,
                    "element": row.element,
                    "at": row.at,
                    "data": row.data,
                }
            )
        return lines[-MOST_LOG:]

    def _waiting(self) -> list[dict[str, Any]]:
        sandbox = self.sandbox
        names = self._nodes()
        found: list[dict[str, Any]] = []
        if not sandbox.started:
            found += [
                {
                    "kind": "start",
                    "element": start.id,
                    "name": dict(start.name),
                    "instance": None,
                    "data": {"trigger": "none"},
                }
                for start in self._entries()[1]
            ]
        with sandbox.database.reading() as session:
            tasks = select(human_task.c.id).where(human_task.c.status == "open")
            for task_id in session.scalars(tasks.order_by(human_task.c.created_at)):
                found.append(self._task(session, task_id))
            latest = select(process_version.c.id).where(process_version.c.latest)
            for row in session.execute(select(subscription).where(subscription.c.kind != WATCH)):
                if row.instance_id is None and row.version_id not in set(session.scalars(latest)):
                    continue
                found.append(
                    {
                        "kind": row.kind if row.instance_id else "start",
                        "element": row.element_id,
                        "name": row.name,
                        "instance": sandbox.number(row.instance_id) if row.instance_id else None,
                        "correlation": row.correlation,
                        "data": {"trigger": row.kind},
                    }
                )
            for row in session.execute(select(timer).order_by(timer.c.due_at)):
                found.append(
                    {
                        "kind": "timer",
                        "element": row.element_id,
                        "name": names.get(row.element_id, {}),
                        "instance": sandbox.number(row.instance_id) if row.instance_id else None,
                        "due": row.due_at,
                    }
                )
            jobs = select(job).where(job.c.status.in_(("waiting", "running")))
            for row in session.execute(jobs.order_by(job.c.created_at)):
                found.append(
                    {
                        "kind": "job",
                        "element": row.element_id or "",
                        "name": names.get(row.element_id or "", {}),
                        "instance": sandbox.number(row.instance_id) if row.instance_id else None,
                        "operator": row.operator,
                        "due": row.due_at,
                        "data": plain(row.parameters),
                    }
                )
        return found

    def _task(self, session: Any, task_id: UUID) -> dict[str, Any]:
        task = self.sandbox.engine.task(session, task_id)
        return {
            "kind": "task",
            "element": task.element_id,
            "name": dict(task.name),
            "instance": self.sandbox.number(task.instance_id),
            "due": task.due_at,
            "form": task.form,
            "outcomes": [
                {"id": o.id, "label": dict(o.label), "style": o.style} for o in task.outcomes
            ],
            "candidates": list(task.candidates),
            "assignee": task.assignee,
            "data": plain(task.data),
        }


def expectations(played: Play) -> dict[str, Any]:
    """What a scenario says must be true now: where tokens stand, what was called, small values that were set."""
    sandbox = played.sandbox
    standing = [element for _, element in sandbox.standing()]
    told: dict[str, Any] = {}
    if sandbox.calls:
        told["calls"] = [call.operator for call in sandbox.calls]
    if standing:
        told["at"] = standing
    elif sandbox.started:
        told["ended"] = True
    changed = {
        name: value
        for name, value in sandbox.data.items()
        if played._said.get(name) != value and _small(value)
    }
    if changed:
        told["data"] = changed
    written = {
        key: value
        for key, value in played.holds().items()
        if played._held.get(key) != value and _small(value)
    }
    if written:
        told["stores"] = written
    return told


def _small(value: Any) -> bool:
    if isinstance(value, bool | int) or value is None:
        return True
    return isinstance(value, str) and len(value) <= 200


def _wanted(step: Mapping[str, Any], name: str) -> str:
    value = step.get(name)
    if not value:
        raise NotPossible(f"the step names no {name}", f"该步骤缺少 {name}")
    return str(value)


def _filled(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, {}, "")}
