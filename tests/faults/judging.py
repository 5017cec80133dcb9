"""Looks, after the kills, whether everything that was acknowledged is there, and nothing twice."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine.database import Database
from engine.history import PASSES, START, chain
from engine.tables import (
    history,
    human_task,
    incident,
    job,
    process_instance,
    process_version,
    subscription,
    timer,
)
from tests.faults.parts import POISONED, effect, read_log

ONCE = ("s", "first", "f", "t", "x", "m", "j", "check", "g")
ROUND = ("b", "n", "e2")  # of the reminder, together and at most three times


@dataclass
class Verdict:
    """What was found; `wrong` are the broken promises, one line each."""

    instances: int = 0
    messages: int = 0
    steps: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    incidents: int = 0
    lost: int = 0
    stuck: int = 0
    doubled: int = 0
    missing: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.instances} instances, {self.lost} lost, {self.stuck} stuck; {self.steps} steps, "
            f"{self.doubled} doubled; {self.messages} acknowledged messages, {self.missing} missing; "
            f"{self.jobs.total()} jobs, {self.jobs['done']} done, {self.incidents} in incidents"
        )


def quiet(database: Database) -> bool:
    """Whether nothing is left to do: no job, no timer, no instance that runs without an incident."""
    with database.reading() as session:
        working = session.scalar(
            select(func.count()).where(job.c.status.in_(["waiting", "running"]))
        )
        running = session.scalar(
            select(func.count())
            .select_from(process_instance)
            .where(
                process_instance.c.status == "active",
                process_instance.c.id.not_in(_stopped()),
            )
        )
    return not working and not running


def moved(database: Database) -> tuple[int, int]:
    """How many lines the history has and how many jobs are done: it grows as long as anything moves."""
    with database.reading() as session:
        lines = session.scalar(select(func.count()).select_from(history))
        done = session.scalar(select(func.count()).where(job.c.status == "done"))
    return lines or 0, done or 0


def _stopped() -> Any:
    return select(incident.c.instance_id).where(
        incident.c.resolved_at.is_(None), incident.c.instance_id.is_not(None)
    )


def judge(database: Database, logs: list[Path]) -> Verdict:
    """Compare the database with what the producers had acknowledged."""
    verdict = Verdict()
    acknowledged = Counter(line for log in logs for line in set(read_log(log)))
    with database.reading() as session:
        keys = dict(
            session.execute(
                select(process_instance.c.id, process_version.c.key).join(
                    process_version, process_version.c.id == process_instance.c.version_id
                )
            ).all()
        )
        states = {row.id: row for row in session.execute(select(process_instance))}
        stopped = set(session.scalars(_stopped()))
        lines: dict[Any, list[Any]] = {}
        for row in session.execute(select(history).order_by(history.c.instance_id, history.c.seq)):
            lines.setdefault(row.instance_id, []).append(row)
        orders: Counter[int] = Counter()
        tallies: Counter[int] = Counter()
        answers: Counter[int] = Counter()
        completed: set[int] = set()
        for instance, key in keys.items():
            verdict.instances += 1
            rows = lines.get(instance, [])
            number = rows[0].data["set"]["order"]
            verdict.steps += len(rows)
            status = states[instance].status
            _chain(rows, states[instance].history_hash, number, verdict)
            if status != "completed" and instance not in stopped:
                verdict.stuck += 1
                verdict.wrong.append(f"{key} {number} is {status} without an incident")
            if key == "tally":
                tallies[number] += 1
                continue
            orders[number] += 1
            if status == "completed":
                completed.add(number)
            for row in rows:
                if row.event == "received":
                    answers[row.data["payload"]["answer"]] += 1
            _steps(rows, number, status == "completed", verdict)
        _counts(acknowledged, orders, answers, verdict)
        for number in completed:
            if number % POISONED and tallies[number] != 1:
                verdict.lost += not tallies[number]
                verdict.doubled += tallies[number] > 1
                verdict.wrong.append(f"order {number} was counted {tallies[number]} times")
        _jobs(session, verdict)
        _left(session, stopped, verdict)
    return verdict


def _chain(rows: list[Any], last: bytes, number: int, verdict: Verdict) -> None:
    """The history has no gap and no line that was changed, and ends where the instance says."""
    previous = START
    for seq, row in enumerate(rows, 1):
        if row.seq != seq or chain(previous, row._mapping) != row.hash:
            verdict.wrong.append(f"order {number}: line {row.seq} of the history breaks the chain")
            return
        previous = row.hash
    if previous != last:
        verdict.wrong.append(f"order {number}: the history breaks the chain at its end")


def _steps(rows: list[Any], number: int, ended: bool, verdict: Verdict) -> None:
    """Each element as often as it is drawn to be passed."""
    passed = Counter(row.element_id for row in rows if row.event in PASSES)
    fired = Counter(row.element_id for row in rows if row.event == "fired")
    wanted = dict.fromkeys(ONCE, 1)
    wanted |= {"bad": 1, "e3": 1} if number % POISONED == 0 else {"last": 1, "e": 1}
    twice = {e: n for e, n in passed.items() if e not in ROUND and n > wanted.get(e, 0)}
    twice |= {e: n for e, n in fired.items() if n > {"t": 1, "b": 3}.get(e, 0)}
    if len({passed[e] for e in ROUND} | {fired["b"]}) > 1:
        twice |= {e: passed[e] for e in ROUND}
    if twice:
        verdict.doubled += 1
        verdict.wrong.append(f"order {number} did steps too often: {twice}")
    if ended and any(not passed[e] for e in wanted):
        verdict.lost += 1
        verdict.wrong.append(f"order {number} ended without {[e for e in wanted if not passed[e]]}")


def _counts(
    acknowledged: Counter[tuple[str, int]],
    orders: Counter[int],
    answers: Counter[int],
    verdict: Verdict,
) -> None:
    """What was acknowledged is there; what was tried is there at most once."""
    for word, found, name in (("started", orders, "order"), ("answered", answers, "answer")):
        for spoken, number in acknowledged:
            if spoken == word:
                verdict.messages += 1
                if not found[number]:
                    verdict.missing += 1
                    verdict.wrong.append(f"{name} {number} was acknowledged and is not there")
        for number, count in found.items():
            if count > 1:
                verdict.doubled += 1
                verdict.wrong.append(f"{name} {number} is there {count} times")


def _jobs(session: Any, verdict: Verdict) -> None:
    """Every job is done, needed no more, or in an incident; what is done has had its effect."""
    marks = Counter(session.scalars(select(effect.c.idempotency_key)))
    known = set(session.scalars(select(incident.c.job_id)))
    for row in session.execute(select(job)):
        verdict.jobs[row.status] += 1
        if row.status == "failed" and row.id in known:
            verdict.incidents += 1
        elif row.status not in ("done", "cancelled"):
            verdict.wrong.append(f"job {row.operator} is {row.status} after {row.tries} tries")
        elif row.operator == "faults.effect" and not marks[row.idempotency_key]:
            verdict.wrong.append(f"job {row.idempotency_key} is {row.status} and had no effect")


def _left(session: Any, stopped: set[Any], verdict: Verdict) -> None:
    """Nobody waits in the name of an instance that has ended."""
    waits = {
        "timer": select(timer.c.instance_id),
        "subscription": select(subscription.c.instance_id),
        "human_task": select(human_task.c.instance_id).where(human_task.c.status == "open"),
    }
    for name, query in waits.items():
        left = [i for i in session.scalars(query) if i is not None and i not in stopped]
        if left:
            verdict.wrong.append(f"{len(left)} rows of {name} wait for nothing")
