"""What came in of a real instance, and the same put into a sandbox.

An instance's history says how it began, what people submitted, which events it took and when. Operators are not called:
they return what they returned then. Records are read as they are today.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine import inspection
from engine.bpmn.model import Assignment
from engine.history import PASSES
from engine.sandbox import TESTER, NotPossible, Sandbox
from engine.tables import human_task, process_instance, subscription

_TAKEN = re.compile(r"=?\s*result\.([^\W\d]\w*(?:\.[^\W\d]\w*)*)")
MOST_EVENTS = 500  # lines of the outside world in one instance; a longer one is left out


@dataclass(frozen=True)
class Came:
    """Something that came from outside. `values` are what a person submitted or an event carried."""

    kind: str  # submitted | message | signal | timer
    element: str
    at: datetime
    name: str | None = None
    outcome: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """A real instance as it can be played again."""

    start: str | None
    data: Mapping[str, Any]
    at: datetime
    came: tuple[Came, ...]
    results: Mapping[
        str, tuple[Mapping[str, Any], ...]
    ]  # by element: what was set when it completed
    path: tuple[str, ...]


@dataclass
class Played:
    """What came of it. `error` says why it could not go on, at which element."""

    path: list[str] = field(default_factory=list)
    decisions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    effects: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    error: tuple[str, str] | None = None


class NotReplayable(Exception):
    """The history does not say enough of the instance."""


def begun_with(started: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an instance was given at its start: its data, or what an event carried that keeps only some of it."""
    given: Mapping[str, Any] = started.get("payload") or started.get("set") or {}
    return given


def recorded(rows: Iterable[Mapping[str, Any]]) -> Recorded:
    """Read an instance's history, oldest first, sealed values opened. Raises NotReplayable."""
    rows = list(rows)
    if not rows or rows[0]["event"] != "started":
        raise NotReplayable
    results: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    path: list[str] = []
    for row in rows:
        if row["event"] in ("migrated", "moved", "modified", "reverted"):
            raise NotReplayable  # a person moved its tokens by hand
        if row["event"] in PASSES and row["element_id"]:
            path.append(row["element_id"])
            if row["event"] != "started":
                results[row["element_id"]].append(row["data"].get("set", {}))
    came: list[Came] = []
    for row in rows:
        element, at, data = row["element_id"] or "", row["at"], row["data"]
        if row["event"] == "submitted":
            values = {k: v for k, v in data.get("set", {}).items() if k != "outcome"}
            came.append(Came("submitted", element, at, None, data.get("outcome"), values))
        elif row["event"] == "received":
            kind = "message" if "message" in data else "signal"
            payload = data.get("payload") or {}
            came.append(Came(kind, element, at, data.get(kind), None, payload))
        elif row["event"] == "fired":
            came.append(Came("timer", element, at))
    if len(came) > MOST_EVENTS:
        raise NotReplayable
    return Recorded(
        rows[0]["element_id"],
        begun_with(rows[0]["data"]),
        rows[0]["at"],
        tuple(came),
        {element: tuple(values) for element, values in results.items()},
        tuple(path),
    )


def play(sandbox: Sandbox, process: str, real: Recorded) -> Played:
    """Play a real instance in a sandbox that holds the process; the sandbox is empty before and after."""
    played = Played()
    sandbox.clear()
    sandbox.now = real.at
    _answer_as_then(sandbox, real)
    where = real.start or ""
    try:
        _begin(sandbox, process, real)
        for came in real.came:
            where = came.element
            _until(sandbox, came.at)
            sandbox.work()
            _deliver(sandbox, came)
        sandbox.work()
    except NotPossible as error:
        played.error = (where, str(error))
    except Exception as error:  # noqa: BLE001 - whatever stops the draft is the backtest's result
        played.error = (where, f"{type(error).__name__}: {error}")
    _collect(sandbox, played)
    sandbox.clear()
    return played


def _begin(sandbox: Sandbox, process: str, real: Recorded) -> None:
    with sandbox.database.transaction() as session:
        version = sandbox.engine.library.latest(session, process)
        start = real.start if real.start in version.program.root.model.nodes else None
        sandbox.engine.begin(session, version, dict(real.data), actor=TESTER, start=start)


def _until(sandbox: Sandbox, at: datetime) -> None:
    if at > sandbox.now:
        sandbox.pass_time(f"PT{(at - sandbox.now).total_seconds():f}S")
        sandbox.now = at


def _deliver(sandbox: Sandbox, came: Came) -> None:
    """Let it happen, where somebody waits for it. Raises NotPossible."""
    if came.kind == "timer":
        return  # time has passed; the timers of the draft fire by themselves
    if came.kind == "submitted":
        sandbox.complete(_task_at(sandbox, came.element), came.values, came.outcome)
    elif came.kind == "signal":
        sandbox.signal(came.name or "", came.values)
    else:
        sandbox.message(came.name or "", came.values, _key_of(sandbox, came.name or ""))


def _task_at(sandbox: Sandbox, element: str) -> str:
    """The element, while a task is open there. Raises NotPossible, naming what is open instead."""
    with sandbox.database.reading() as session:
        opened = list(
            session.scalars(
                select(human_task.c.element_id)
                .where(human_task.c.status == "open")
                .order_by(human_task.c.created_at)
            )
        )
    if element in opened:
        return element
    there = ", ".join(opened) or "–"
    raise NotPossible(
        f"no task is open at {element} (open: {there})",
        f"{element} 处没有待办任务（现有：{there}）",
    )


def _key_of(sandbox: Sandbox, name: str) -> str | None:
    """By which key the instance waits for the message; None where it has none."""
    with sandbox.database.reading() as session:
        key: str | None = session.scalar(
            select(subscription.c.correlation).where(
                subscription.c.kind == "message", subscription.c.name == name,
                subscription.c.instance_id.is_not(None),
            )
        )
        return key


def _answer_as_then(sandbox: Sandbox, real: Recorded) -> None:
    """Operators return what their element set when it completed, each time in turn; the last goes on."""
    left = {element: deque(values) for element, values in real.results.items()}

    def answer(operator: str, element: str) -> Any:
        values = left.get(element)
        if not values:
            return {}
        found = values.popleft() if len(values) > 1 else values[0]
        return _result(sandbox, element, found)

    sandbox.answer = answer  # type: ignore[method-assign]


def _result(sandbox: Sandbox, element: str, found: Mapping[str, Any]) -> Any:
    """What the operator returned, from what was set: its result variable, what outputs have read of it, else all."""
    for version in sandbox.engine.library.loaded():
        node = version.program.nodes.get(element)
        if node is not None and node.call is not None:
            if node.call.result:
                return found.get(node.call.result)
            return dict(found) | _read_of_it(node.outputs, found)
    return dict(found)


def _read_of_it(outputs: Iterable[Assignment], found: Mapping[str, Any]) -> dict[str, Any]:
    """The result again, as far as outputs tell: `clocks = result.clocks` says what its clocks were, and a context that
    was made of the result holds its entries.
    """
    result: dict[str, Any] = {}
    for output in outputs:
        value = found.get(output.target)
        taken = _TAKEN.fullmatch(output.value.strip())
        if taken is None:
            if isinstance(value, Mapping) and re.search(r"\bresult\b", output.value):
                result |= value
            continue
        *path, name = taken.group(1).split(".")
        inner = result
        for step in path:
            inner = inner.setdefault(step, {})
        inner[name] = value
    return result


def _collect(sandbox: Sandbox, played: Played) -> None:
    for row in sandbox.log:
        if row.event in PASSES and row.element:
            played.path.append(row.element)
        elif row.event == "decided" and row.element:
            played.decisions.append((row.element, row.data))
        elif row.event == "incident" and played.error is None:
            played.error = (row.element or "", str(row.data.get("message", "")))
    played.effects = [(c.element, c.operator, c.parameters) for c in sandbox.calls]
    with sandbox.database.reading() as session:
        active = session.scalars(
            select(process_instance.c.id).where(process_instance.c.status == "active")
        ).all()
        played.standing = sorted(
            element for one in active for element in inspection.progress(sandbox.engine, session, one)["active"]
        )
