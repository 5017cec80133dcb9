"""A ticket comes to another state: its times, its line of the trail, and everybody who hears of it [004 §4.10]."""

from typing import Any

from desk.tickets.models import OVER, Ticket, TicketState
from desk.tickets.operations import write_trail
from desk.tickets.records import handler
from desk.tickets.relations.splitting import report_to_parent
from desk.tickets.relations.watching import tell_watchers
from desk.tickets.telling import emit_change, emit_of, publish_change
from engine.operators import Step

_STATE_EVENTS = {
    TicketState.ENDED: "ticket.ended",
    TicketState.CANCELLED: "ticket.withdrawn",
    TicketState.RETURNED: "ticket.returned",
}
_STATE_NOTICES = {
    TicketState.DISPATCHED: ("Dispatched", "工单已派发"),
    TicketState.PROCESSING: ("In progress", "工单处理中"),
    TicketState.RETURNED: ("Returned", "工单已退回"),
    TicketState.CANCELLED: ("Cancelled", "工单已取消"),
    TicketState.ENDED: ("Ended", "工单已结束"),
}


def move(
    step: Step,
    ticket: Ticket,
    state: TicketState,
    action: str,
    remark: str | None,
    names: dict[str, Any],
) -> None:
    """Change the state, with its times and its line of the trail; `names` is what its sentence needs more.

    Side effects: pages, people who watch and diagrams that listen are told; a part tells its parent that it is over.
    """
    before = ticket.state
    ticket.state, ticket.processed_at = state, step.now
    if before != state:
        ticket.status = None
    ticket.ended_at = step.now if state in OVER else None
    ticket.overdue_at = ticket.overdue_step = None
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=action[:32],
        from_state=before,
        to_state=state,
        remark=remark or "",
        data={"number": ticket.number, "step": dict(step.element_name), **names},
    )
    publish_change(step, ticket)
    if before != state:
        _tell_state(step, ticket, before, remark or "")
        if (before in OVER) != (state in OVER):
            report_to_parent(
                step.session, step.services, ticket, result=remark or "", actor=step.actor
            )


def _tell_state(step: Step, ticket: Ticket, before: str, remark: str) -> None:
    """What diagrams beside the ticket's own hear of the new state, and who watches is told."""
    emit_of(step, "ticket.state_changed", ticket, old=str(before), new=str(ticket.state))
    emit_change(step, ticket, "state", str(before), str(ticket.state))
    if name := _STATE_EVENTS.get(TicketState(ticket.state)):
        emit_of(step, name, ticket, remark=remark)
    if words := _STATE_NOTICES.get(TicketState(ticket.state)):
        tell_watchers(
            step.session, step.services, ticket, *words, step.actor, but=(handler(ticket),)
        )
