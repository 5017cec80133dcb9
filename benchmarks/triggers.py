"""What a thousand triggers cost: `python -m benchmarks.triggers [DATABASE_URL]`.

First, one message against 1,000 conditional start events of which 3 hold: under 5 ms with the 3 instances it makes, and
no other instance. Second, an update of one ticket with 1,000 triggers deployed: under 20 ms on top of the same update
with none. Times are the process's own (CPU), so that neighbours on the machine do not count; on SQLite all work is in
it. The last line has the figures; the command exits 1 when a bound is missed.
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.rules.rule import Action, Condition, Rule
from desk.rules.writing import write
from desk.settings import Settings
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM, Actor
from engine.tables import process_instance
from lanedesk.build import build_desk
from lanedesk.deploying import LIBRARY, bundles, deploy_bundle
from lanedesk.models import metadata

TRIGGERS = 1000
TRUE = 3
ROUNDS = 30
EVENT_MS, UPDATE_MS = 5.0, 20.0


def main() -> int:
    """Measure both; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        desk = build_desk(_settings(Path(folder)))
        metadata.create_all(desk.database.engine)
        for _name, resources in bundles([LIBRARY / "tickets" / "basic"]):
            deploy_bundle(desk, resources, note="benchmark")
        ticket = _ticket(desk)
        before = _measured(lambda n: _update(desk, ticket, n))
        for number in range(TRIGGERS):
            _deploy(desk, _rule(number))
        after = _measured(lambda n: _update(desk, ticket, n))
        made = _instances(desk)
        event = _measured(lambda n: _message(desk, ticket, n))
        each = (_instances(desk) - made) / (ROUNDS + WARM)
        desk.database.dispose()
    on_top = after - before
    good = event < EVENT_MS and each == TRUE and on_top < UPDATE_MS
    print(
        f"one event against {TRIGGERS:,} conditional start events: {event:.2f} ms with {each:g} instances made "
        f"(bound {EVENT_MS:g} ms, {TRUE}); {TRIGGERS:,} triggers on one ticket update: {before:.2f} ms without, "
        f"{after:.2f} ms with, {on_top:.2f} ms on top (bound {UPDATE_MS:g} ms): {'held' if good else 'MISSED'}"
    )
    return 0 if good else 1


def _settings(folder: Path) -> Settings:
    settings = Settings(data_dir=folder, secret_key="benchmark")
    return replace(settings, database_url=sys.argv[1]) if len(sys.argv) > 1 else settings


def _rule(number: int) -> Rule:
    """Conditions as supervisors write them: equalities, comparisons, words in titles, several at once.

    Those of the first TRUE rules hold for the event that is measured, those of all others do not.
    """
    wanted: tuple[Condition, ...]
    if number < TRUE:
        wanted = (
            Condition("ticket.priority", "is", ("high",)), Condition("ticket.title", "contains", ("printer",)),
        )  # fmt: skip
    else:
        kinds: tuple[tuple[Condition, ...], ...] = (
            (Condition("ticket.title", "contains", (f"word {number}",)),),
            (Condition("ticket.priority", "is", ("urgent",)), Condition("ticket.title", "contains", (f"{number}",))),
            (Condition("ticket.contact.level", "is", ("vip",)), Condition("ticket.state", "is_not", ("ended",))),
            (Condition("ticket.form.model", "is", (f"M-{number}",)),),
            (Condition("ticket.rating", "at_most", (f"{number % 5}",)),),
            (Condition("ticket.state", "changed_to", ("returned",)),),
            (Condition("ticket.created_at", "older", (f"{number}",)), Condition("ticket.priority", "is_not", ("low",))),
            (Condition("ticket.company.name", "starts", (f"Company {number}",)),),
        )  # fmt: skip
        wanted = kinds[number % len(kinds)]
    return Rule(
        "trigger", f"trigger-{number}", f"Trigger {number}", events=("ticket.changed",), all=wanted,
        then=(Action("priority", (("value", "high"),)),),  # as it is: what is measured is the rule, not its effect
    )  # fmt: skip


def _deploy(desk: Desk, rule: Rule) -> None:
    """Several a transaction would be faster, but this is how rules come: one by one."""
    with desk.database.transaction() as session:
        desk.engine.deploy(session, write(rule), actor=SYSTEM, note="benchmark")


def _ticket(desk: Desk) -> int:
    with desk.database.transaction() as session:
        message = receive_message(
            session, kind="customer", channel="mail", author=Actor("contact", None, "Ann"),
            subject="The printer prints nothing", text="…", sender_mail="ann@example.org",
        )  # fmt: skip
        payload = {"message_id": message.id, "priority": "high"}
        (instance,) = desk.engine.message(
            session, "ticket.requested", payload, actor=SYSTEM
        ).started
        return session.scalars(select(Ticket.id).where(Ticket.instance_id == instance)).one()


WARM = 5


def _measured(work: Callable[[int], float]) -> float:
    """The median of the milliseconds that `work(round)` says it took, after some rounds to warm up."""
    gc.collect()
    return statistics.median([work(number) for number in range(ROUNDS + WARM)][WARM:])


def _update(desk: Desk, ticket_id: int, number: int) -> float:
    """An agent changes the deadline and the title of the ticket."""
    began = time.process_time()
    with desk.database.transaction() as session:
        ticket = session.get_one(Ticket, ticket_id)
        wanted: dict[Any, Any] = {
            "title": f"The printer prints nothing ({number}, {time.monotonic()})"
        }
        edit_ticket(session, desk, ticket, wanted, actor=SYSTEM)
    return (time.process_time() - began) * 1000


def _message(desk: Desk, ticket_id: int, number: int) -> float:
    """One event, delivered at once: conditions asked, instances made, all of them run to their end."""
    payload = {
        "ticket_id": ticket_id,
        "fields": ["title"],
        "old": {"title": "a"},
        "new": {"title": f"{number}"},
    }
    with desk.database.transaction() as session:
        ticket = session.get_one(Ticket, ticket_id)  # at hand, as in the update that causes the event
        began = time.process_time()
        desk.engine.message(
            session, "ticket.changed", payload, actor=SYSTEM, correlation=f"ticket:{ticket.id}"
        )
        return (time.process_time() - began) * 1000


def _instances(desk: Desk) -> int:
    def count(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(process_instance)) or 0

    with desk.reading() as session:
        return count(session)


if __name__ == "__main__":
    sys.exit(main())
