"""Tells open pages what the engine did: whose task lists changed, which diagram's token moved, what went wrong."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.tickets.models import Ticket
from desk.web.live import Live
from engine.step import Step


def teller(live: Live) -> Callable[[Step], None]:
    """What the engine calls in the transaction, after every step was written."""

    def tell(step: Step) -> None:
        live.publish(step.session, f"instance:{step.recorder.instance_id}", "instance.moved")
        for task_id, topics in step.offers.items():
            for topic in dict.fromkeys(topics):
                live.publish(step.session, topic, "tasks.changed", {"task_id": str(task_id)})

    return tell


def trouble_teller(live: Live) -> Callable[[Session, Any], None]:
    """What the engine calls in the transaction in which a job became an incident."""

    def tell(session: Session, job: Any) -> None:
        live.publish(session, "incidents", "incident.opened", {"job_id": str(job.id)})
        if job.instance_id is None:
            return
        live.publish(session, f"instance:{job.instance_id}", "instance.stopped")
        for ticket_id in session.scalars(
            select(Ticket.id).where(Ticket.instance_id == job.instance_id)
        ):
            live.publish(session, f"ticket:{ticket_id}", "ticket.stopped", {"ticket_id": ticket_id})

    return tell
