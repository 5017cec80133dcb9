"""Does an instance slow down with age? `python -m benchmarks.flat`

The basic ticket gets 2,000 public replies and internal notes in turn, through its diagram, mails sent by the worker:
its state must stay within ±10 %, a step within ±20 % of what they were after 20.

Then one instance each of four shapes (see flat_shapes) has 10, 100, 1,000 and 5,000 completions behind it: bytes of
state and CPU time of one more step at 5,000 must be within 1.2 times those at 10. On SQLite, or on the database that
DATABASE_URL names, which must be empty.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from uuid import UUID

from sqlalchemy import select

from benchmarks.flat_shapes import SHAPES, Shape
from benchmarks.stand import stand, verdict
from desk.application import Desk
from desk.tickets.operations import receive_message
from engine import jobs
from engine.actors import SYSTEM, Actor
from engine.tables import human_task, process_instance

TICKET_AGES = (20, 2000)
AGES = (10, 100, 1000, 5000)
BOUND = 1.2
SAMPLE = 200  # steps whose median is one figure
AGENT = Actor("user", 1, "李雷")


def open_ticket(desk: Desk) -> tuple[UUID, str]:
    """A new ticket; its instance and correlation key."""
    customer = Actor("contact", None, "王芳")
    with desk.database.transaction() as session:
        message = receive_message(
            session, kind="customer", channel="form", author=customer,
            subject="打印机坏了", text="三楼打印机卡纸。", sender_mail="wang@example.com",
        )  # fmt: skip
        delivery = desk.engine.message(
            session, "form.submitted", {"message_id": message.id}, actor=customer
        )
        ticket_id = message.ticket_id
    return delivery.started[0], f"ticket:{ticket_id}"


def say(desk: Desk, correlation: str, number: int) -> float:
    """One reply or note; the CPU seconds of the engine's step (the record is written before)."""
    kind, name = [("reply", "agent.replied"), ("note", "agent.noted")][number % 2]
    with desk.database.transaction() as session:
        message = receive_message(
            session, kind=kind, channel="desk", author=AGENT, subject="", text=f"{number}: 已收到。"
        )
        began = time.process_time()
        delivery = desk.engine.message(
            session, name, {"message_id": message.id}, correlation=correlation, actor=AGENT
        )
        spent = time.process_time() - began
        if not delivery.instances:
            raise RuntimeError(f"nobody took {name}")
    for queue in ("engine", "mail"):
        jobs.work(desk.engine, desk.database, queue)
    return spent


def start(desk: Desk, shape: Shape) -> UUID:
    """A new instance of the shape."""
    with desk.database.transaction() as session:
        return desk.engine.start(session, shape.key, {}, actor=AGENT)


def complete(desk: Desk, shape: Shape, instance: UUID) -> float:
    """Complete the oldest task of the looping person; the CPU seconds of the whole transaction but the search."""
    wanted = (
        select(human_task.c.id)
        .where(
            human_task.c.instance_id == instance,
            human_task.c.status == "open",
            human_task.c.element_id == shape.person,
        )
        .order_by(human_task.c.created_at)
        .limit(1)
    )
    with desk.database.reading() as session:
        task = session.scalars(wanted).one()
    began = time.process_time()
    with desk.database.transaction() as session:
        desk.engine.complete(session, task, {"note": "done"}, outcome=None, actor=AGENT)
    return time.process_time() - began


def state_size(desk: Desk, instance_id: UUID) -> int:
    """Bytes of the stored state."""
    with desk.database.reading() as session:
        state = session.scalar(
            select(process_instance.c.state).where(process_instance.c.id == instance_id)
        )
    return len(state or b"")


def sampled(steps: Sequence[Callable[[], float]]) -> list[float]:
    """Median milliseconds of each, measured in turn, so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(SAMPLE):
        for step, found in zip(steps, times, strict=True):
            found.append(step())
    return [statistics.median(found) * 1000 for found in times]


def ticket(desk: Desk) -> tuple[float, float]:
    """The basic ticket: how many times as large and as slow when old."""
    aged = [open_ticket(desk) for _ in TICKET_AGES]
    for (_, key), age in zip(aged, TICKET_AGES, strict=True):
        for number in range(age):
            say(desk, key, number)
    sizes = [state_size(desk, instance) for instance, _ in aged]
    numbers = cycle((0, 1))
    pairs = sampled([lambda key=key: say(desk, key, next(numbers)) for _, key in aged])  # type: ignore[misc]
    for age, size, cost in zip(TICKET_AGES, sizes, pairs, strict=True):
        print(
            f"basic ticket, {age:>5} said: {size} bytes of state, one more step {cost:.2f} ms CPU"
        )
    return sizes[-1] / sizes[0], pairs[-1] / pairs[0]


def shape(desk: Desk, looping: Shape) -> tuple[float, float]:
    """One shape: how many times as large and as slow at the last age."""
    with desk.database.transaction() as session:
        desk.engine.deploy(session, {f"{looping.key}.bpmn": looping.xml}, actor=SYSTEM)
    aged = [start(desk, looping) for _ in AGES]
    for instance, age in zip(aged, AGES, strict=True):
        for _ in range(age):
            complete(desk, looping, instance)
    sizes = [state_size(desk, instance) for instance in aged]
    costs = sampled([lambda i=instance: complete(desk, looping, i) for instance in aged])  # type: ignore[misc]
    for age, size, cost in zip(AGES, sizes, costs, strict=True):
        print(
            f"{looping.words}, {age:>5} completed: {size} bytes of state, one more {cost:.2f} ms CPU"
        )
    return sizes[-1] / sizes[0], costs[-1] / costs[0]


def main() -> None:
    """All of it; exits 1 when a bound was missed."""
    with stand() as desk:
        size, cost = ticket(desk)
        held = 0.9 <= size <= 1.1 and 0.8 <= cost <= 1.2
        words = [f"basic ticket: state ×{size:.3f} (±10 %), step ×{cost:.3f} (±20 %)"]
        for looping in SHAPES:
            size, cost = shape(desk, looping)
            held = held and size <= BOUND and cost <= BOUND
            words.append(f"{looping.key}: ×{size:.3f}, ×{cost:.3f}")
    verdict(held, "; ".join(words) + f" (at most {BOUND})")


if __name__ == "__main__":
    main()
