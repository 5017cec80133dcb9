"""What people filled in at the steps of a ticket, as its history has it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.personal import revealed
from desk.tickets.models import Ticket
from desk.tickets.trail import who_did
from desk.web.localisation import words
from engine.tables import human_task, process_instance
from printing.answers import form_named, lines
from printing.pictures import Pictures
from printing.wording import second


def done_steps(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    rows: list[dict[str, Any]],
    locale: str,
    pictures: Pictures | None = None,
) -> list[dict[str, Any]]:
    """The human steps that were done, with what was filled in, oldest first. `rows`: the history of the process."""
    tasks = session.execute(
        select(human_task)
        .where(human_task.c.instance_id == ticket.instance_id, human_task.c.status == "completed")
        .order_by(human_task.c.ended_at, human_task.c.created_at)
    ).all()
    set_by = {
        row["token_id"]: row["data"].get("set", {}) for row in rows if row["event"] == "submitted"
    }
    outcomes = outcomes_of(desk, session, version_of(session, ticket))
    found = []
    for task in tasks:
        form = form_named(session, desk, ticket.instance_id, task.form)
        values = revealed(session, set_by.get(task.id, {}), locale)
        if form is not None:  # what the diagram itself set is in the history
            values = {name: value for name, value in values.items() if name in form.keys}
        found.append(
            {
                "name": words(task.name),
                "who": who_did(task.ended_by or {}),
                "at": second(task.ended_at),
                "outcome": words(
                    outcomes.get(task.element_id, {}).get(task.outcome) or task.outcome or ""
                ),
                "fields": lines(
                    session, desk, form, values, locale=locale, pictures=pictures
                ),
            }
        )
    return found


def signature_in(steps: list[dict[str, Any]]) -> dict[str, str] | None:
    """The picture that was last given in a field whose key says that it is the signature; {name, address, at}."""
    for step in reversed(steps):
        for line in step["fields"]:
            if "signature" in line["key"].lower() and line.get("pictures"):
                return {**line["pictures"][-1], "at": step["at"]}
    return None


def version_of(session: Session, ticket: Ticket) -> UUID:
    """The version of the process that runs for the ticket."""
    return session.execute(
        select(process_instance.c.version_id).where(process_instance.c.id == ticket.instance_id)
    ).scalar_one()


def outcomes_of(desk: Desk, session: Session, version_id: UUID) -> dict[str, dict[str, Any]]:
    """Element → outcome → its words in both languages."""
    nodes = desk.engine.library.version(session, version_id).program.nodes
    return {
        key: {outcome.id: outcome.label for outcome in node.human.outcomes}
        for key, node in nodes.items()
        if node.human is not None
    }
