"""The facts of a report over many tickets: counts by state, priority and person, and a line for each."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from desk.application import Desk
from desk.tickets.models import Ticket
from desk.tickets.trail import PRIORITIES, STATES
from printing.facts import desk_facts
from printing.wording import moment

MOST_NAMES = 8


def report_facts(desk: Desk, tickets: Sequence[Ticket], *, by: str) -> dict[str, Any]:
    """What a report layout prints; call it inside `speaking`."""
    rows = [_row(ticket) for ticket in tickets]
    groups = [(_("State"), "state"), (_("Priority"), "priority"), (_("Person"), "assignee")]
    return {
        "desk": desk_facts(desk, by),
        "tickets": rows,
        "groups": [
            {"name": name, "rows": _counted([row[field] or "–" for row in rows])}
            for name, field in groups
        ],
    }


def _row(ticket: Ticket) -> dict[str, str]:
    return {
        "number": ticket.number,
        "title": ticket.title,
        "state": str(STATES.get(ticket.state, ticket.state)),
        "priority": str(PRIORITIES.get(ticket.priority, ticket.priority)),
        "customer": ticket.contact.name if ticket.contact else "",
        "company": ticket.company.name if ticket.company else "",
        "assignee": ticket.assignee.name if ticket.assignee else "",
        "team": ticket.team.name if ticket.team else "",
        "created_at": moment(ticket.created_at),
        "ended_at": moment(ticket.ended_at),
    }


def _counted(values: list[str]) -> list[dict[str, Any]]:
    return [{"name": name, "count": n} for name, n in Counter(values).most_common(MOST_NAMES)]
