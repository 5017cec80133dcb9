"""Works the history out into what the cockpit asks: passes of elements and flows, sums by day, tasks, paths, variables.

Runs beside the work, never in it: a step pays nothing for statistics. Rows of one instance are written in their order
under its lock, so "up to which row" is kept for each instance and nothing counts twice; which instances have news is
found by time, looking back a little for transactions that were long.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from desk.audit.personal import PREFIX
from desk.cockpit.durations import bucket_of
from desk.cockpit.models import (
    Deviation,
    InstanceLink,
    InstanceVariable,
    Pass,
    PassSum,
    PathStep,
    ProjectedInstance,
    ProjectedUntil,
    TasksDone,
)
from engine.bpmn.model import Node
from engine.database import Database, is_sqlite
from engine.history import PASSES
from engine.runtime import Engine
from engine.tables import history, process_instance

ROWS = 4000  # of the history, looked at in one transaction
OVERLAP = timedelta(seconds=60)  # how long a transaction may take and still be seen
LONGEST_VALUE = 200
# The tables themselves: records would cost more than the work.
PASS, PASS_SUM, VARIABLE, PROJECTED, PATH_STEP, TASKS_DONE = (
    cast(Table, record.__table__)
    for record in (Pass, PassSum, InstanceVariable, ProjectedInstance, PathStep, TasksDone)
)
# Which tasks a machine does, and which a person.
AUTOMATIC = frozenset({"serviceTask", "sendTask", "scriptTask", "businessRuleTask"})
HUMAN = frozenset({"userTask", "manualTask"})
# What a person does to a running instance beside what is drawn (a retry: where it set variables).
DEVIATIONS = frozenset({"moved", "added", "edited", "migrated", "reverted", "resolved", "retried"})
NO_PATH = UUID(int=0)
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class _Found:
    """What one round has found, to be written together."""

    passes: list[dict[str, Any]] = field(default_factory=list)
    sums: dict[tuple[UUID, int, str, int], list[int]] = field(default_factory=dict)
    tasks: dict[tuple[UUID, int], dict[str, Any]] = field(default_factory=dict)
    variables: dict[tuple[UUID, str], str | None] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    until: dict[UUID, int] = field(default_factory=dict)
    took: dict[UUID, int | None] = field(default_factory=dict)
    paths: dict[UUID, UUID | None] = field(default_factory=dict)
    path_steps: dict[UUID, tuple[UUID | None, str]] = field(default_factory=dict)
    deviations: list[dict[str, Any]] = field(default_factory=list)


def catch_up(engine: Engine, database: Database, zone: str, *, rounds: int | None = None) -> int:
    """Work out all that is new (or `rounds` transactions of it); how many history rows were worked out."""
    done = 0
    while rounds is None or rounds > 0:
        with database.transaction() as session:
            count, more = _round(engine, session, ZoneInfo(zone))
        done += count
        if not more:
            return done
        rounds = None if rounds is None else rounds - 1
    return done


def _round(engine: Engine, session: Session, zone: ZoneInfo) -> tuple[int, bool]:
    """One transaction: the next rows by time. How many were new, and whether there may be more."""
    began, behind = _began(session)
    look = began if behind else began - OVERLAP
    limit = ROWS
    while True:
        news = session.execute(
            select(history.c.instance_id, history.c.at)
            .where(history.c.at >= look)
            .order_by(history.c.at)
            .limit(limit)
        ).all()
        # Where very many rows are of one moment, a window that does not move would be looked at for ever.
        if len(news) < limit or news[-1].at > look:
            break
        limit *= 2
    if not news:
        return 0, False
    count = _work_out(engine, session, {row.instance_id for row in news}, zone)
    now, more = max(began, news[-1].at), len(news) == limit
    if (now, more) != (began, behind):
        session.execute(update(ProjectedUntil).values(at=now, behind=more))
    return count, more


def _began(session: Session) -> tuple[datetime, bool]:
    """Up to when was looked; the row is the lock that lets one projector work at a time."""
    row = session.execute(
        select(ProjectedUntil.at, ProjectedUntil.behind).with_for_update()
    ).one_or_none()
    if row is not None:
        return row.at, row.behind
    session.execute(insert(ProjectedUntil), {"id": 1, "at": BEGIN, "behind": True})
    return BEGIN, True


def _work_out(engine: Engine, session: Session, ids: set[UUID], zone: ZoneInfo) -> int:
    found = _Found()
    count = 0
    for some in _slices(sorted(ids), 500):
        rows = session.execute(
            select(
                history.c.instance_id, history.c.seq, history.c.at, history.c.event,
                history.c.element_id, history.c.data, process_instance.c.version_id,
                process_instance.c.started_at, process_instance.c.ended_at, ProjectedInstance.path_id,
            )
            .join(process_instance, process_instance.c.id == history.c.instance_id)
            .outerjoin(ProjectedInstance, ProjectedInstance.instance_id == history.c.instance_id)
            .where(
                history.c.instance_id.in_(some),
                history.c.seq > func.coalesce(ProjectedInstance.seq, 0),
            )
            .order_by(history.c.instance_id, history.c.seq)
        ).all()  # fmt: skip
        count += len(rows)
        seen = _passed_before(session, {row.instance_id for row in rows})
        for row in rows:
            nodes = engine.library.version(session, row.version_id).program.nodes
            _take(found, row, nodes, seen[row.instance_id], zone)
    _write(session, found)
    return count


def _passed_before(session: Session, ids: Iterable[UUID]) -> dict[UUID, set[str]]:
    seen: dict[UUID, set[str]] = defaultdict(set)
    rows = session.execute(
        select(Pass.instance_id, Pass.element_id).where(Pass.instance_id.in_(list(ids))).distinct()
    )
    for instance_id, element in rows:
        seen[instance_id].add(element)
    return seen


def _take(
    found: _Found, row: Any, nodes: Mapping[str, Node], seen: set[str], zone: ZoneInfo
) -> None:
    found.until[row.instance_id] = row.seq
    found.took[row.instance_id] = _milliseconds(row.started_at, row.ended_at)
    path = found.paths.setdefault(row.instance_id, row.path_id)
    if row.event in DEVIATIONS and (row.event != "retried" or "before" in row.data):
        found.deviations.append(
            {"instance_id": row.instance_id, "seq": row.seq, "at": row.at, "event": row.event}
        )
    for name, value in row.data.get("set", {}).items():
        found.variables[row.instance_id, name[:255]] = _as_text(value)
    if row.event == "started" and row.data.get("by"):
        found.links.append({"parent_id": UUID(row.data["by"]), "child_id": row.instance_id})
    if row.event not in PASSES or row.element_id is None:
        return
    longer = path_after(path, row.element_id)
    found.path_steps[longer] = (path, row.element_id)
    found.paths[row.instance_id] = longer
    element = row.element_id.partition("#")[0]
    since = row.data.get("since")
    took = (_milliseconds(datetime.fromisoformat(since), row.at) if since else None) or 0
    bucket, day = bucket_of(took), row.at.astimezone(zone).toordinal()
    _count_task(found, row, nodes.get(element), day)
    for passed in (element, *_flows(element, nodes, row.data)):
        again = passed in seen
        seen.add(passed)
        found.passes.append(
            {
                "instance_id": row.instance_id,
                "seq": row.seq,
                "element_id": passed,
                "version_id": row.version_id,
                "at": row.at,
                "took": took,
                "bucket": bucket,
                "again": again,
            }
        )
        key = (row.version_id, day, passed, bucket)
        sums = found.sums.setdefault(key, [0, 0, 0, 0])
        sums[0] += 1
        sums[1] += again
        sums[2] += took
        sums[3] = max(sums[3], took)


def _milliseconds(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else max(0, round((until - since).total_seconds() * 1000))


def _count_task(found: _Found, row: Any, node: Node | None, day: int) -> None:
    if node is None or node.tag not in AUTOMATIC | HUMAN:
        return
    key = {"instance_id": row.instance_id, "day": day}
    done = found.tasks.setdefault((row.instance_id, day), {**key, "automatic": 0, "human": 0})
    done["automatic" if node.tag in AUTOMATIC else "human"] += 1
    done["at"] = row.at  # rows of an instance come in their order


def path_after(path: UUID | None, element: str) -> UUID:
    """The id of the path that goes on with this element; None is the path of an instance that did nothing yet."""
    return uuid5(path or NO_PATH, element)


def _flows(element: str, nodes: Mapping[str, Node], data: Mapping[str, Any]) -> list[str]:
    """The flows by which a token has left: those the row names, else all. An event-based gateway waits at all its
    arms, so there the arm that happened tells by which flow it came."""
    node = nodes.get(element)
    if node is None or node.tag == "eventBasedGateway":
        return []
    came = [
        flow.id for flow in node.incoming
        if flow.source in nodes and nodes[flow.source].tag == "eventBasedGateway"
    ]  # fmt: skip
    return [*came, *(data.get("flows") or [flow.id for flow in node.outgoing])]


def _as_text(value: Any) -> str | None:
    """A simple value as filters know it; None for what cannot be filtered by."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(PREFIX):
        return None  # personal, and sealed: it must not lie about here
    if isinstance(value, int | float | str) and len(str(value)) <= LONGEST_VALUE:
        return str(value)
    return None


def _write(session: Session, found: _Found) -> None:
    dialect = sqlite if is_sqlite(session) else postgresql
    connection = session.connection()
    for rows in _slices(found.passes, 1000):
        connection.execute(insert(PASS), rows)
    if found.sums:
        statement = dialect.insert(PASS_SUM)
        new = statement.excluded
        longer = func.max if is_sqlite(session) else func.greatest
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["version_id", "day", "element_id", "bucket"],
                set_={
                    "count": PASS_SUM.c.count + new["count"],
                    "again": PASS_SUM.c.again + new["again"],
                    "took": PASS_SUM.c.took + new["took"],
                    "longest": longer(PASS_SUM.c.longest, new["longest"]),
                },
            ),
            [
                {
                    "version_id": version, "day": day, "element_id": element, "bucket": bucket,
                    "count": count, "again": again, "took": took, "longest": longest,
                }
                for (version, day, element, bucket), (count, again, took, longest)
                in sorted(found.sums.items(), key=lambda pair: str(pair[0]))
            ],
        )  # fmt: skip
    if found.tasks:
        statement = dialect.insert(TASKS_DONE)
        new = statement.excluded
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["instance_id", "day"],
                set_={
                    "at": new["at"],
                    "automatic": TASKS_DONE.c.automatic + new["automatic"],
                    "human": TASKS_DONE.c.human + new["human"],
                },
            ),
            list(found.tasks.values()),
        )
    for rows in _slices(found.deviations, 1000):
        session.execute(insert(Deviation), rows)
    if found.path_steps:
        connection.execute(
            dialect.insert(PATH_STEP).on_conflict_do_nothing(index_elements=["id"]),
            [
                {"id": key, "previous_id": previous, "element_id": element}
                for key, (previous, element) in found.path_steps.items()
            ],
        )
    if found.links:
        session.execute(insert(InstanceLink), found.links)
    gone = [key for key, value in found.variables.items() if value is None]
    for instance_id, name in gone:
        session.execute(
            delete(InstanceVariable).where(
                InstanceVariable.instance_id == instance_id, InstanceVariable.name == name
            )
        )
    kept = [
        {"instance_id": instance_id, "name": name, "value": value}
        for (instance_id, name), value in found.variables.items()
        if value is not None
    ]
    if kept:
        statement = dialect.insert(VARIABLE)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["instance_id", "name"], set_={"value": statement.excluded["value"]}
            ),
            kept,
        )
    if found.until:
        statement = dialect.insert(PROJECTED)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["instance_id"],
                set_={key: statement.excluded[key] for key in ("seq", "path_id", "took")},
            ),
            [
                {
                    "instance_id": key,
                    "seq": seq,
                    "path_id": found.paths[key],
                    "took": found.took[key],
                }
                for key, seq in found.until.items()
            ],
        )


def _slices(values: Sequence[Any], size: int) -> Iterable[Any]:
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]
