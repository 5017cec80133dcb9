"""Where a ticket stands, in the customer's words: four steps, and what happens next and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flask_babel import gettext as _
from flask_babel import pgettext

from desk.portal.queries import Tracked
from desk.settings import Settings
from desk.tickets.models import OVER, TicketState
from desk.vendors.models import Transfer
from desk.web.localisation import absolute_time, words

State = Literal["done", "now", "next"]
ORDER = (TicketState.PENDING, TicketState.DISPATCHED, TicketState.PROCESSING, TicketState.ENDED)


@dataclass(frozen=True)
class ProgressStep:
    """One line of the progress: `at` is when the ticket last came there, in UTC."""

    label: str
    state: State
    at: datetime | None = None


def progress(tracked: Tracked) -> Sequence[ProgressStep]:
    """The steps in order. A returned ticket waits to be given to somebody else; a cancelled one ends there."""
    ticket = tracked.ticket
    times = {**tracked.entered, TicketState.PENDING: ticket.created_at}
    here = TicketState(ticket.state)
    at = times.get(here, ticket.processed_at)
    status = words(tracked.status) if tracked.status else None
    submitted = ProgressStep(_label(TicketState.PENDING), "done", ticket.created_at)
    if here == TicketState.CANCELLED:
        return [submitted, ProgressStep(status or pgettext("progress", "Cancelled"), "done", at)]
    if here == TicketState.RETURNED:
        again = ProgressStep(status or pgettext("progress", "Looking for the right person"), "now", at)
        return [submitted, again, *(ProgressStep(_label(state), "next") for state in ORDER[2:])]
    place = ORDER.index(here)
    return [
        *(ProgressStep(_label(state), "done", times.get(state)) for state in ORDER[:place]),
        ProgressStep(status or _label(here), "done" if here == TicketState.ENDED else "now", at),
        *(ProgressStep(_label(state), "next") for state in ORDER[place + 1 :]),
    ]


def _label(state: TicketState) -> str:
    return {
        TicketState.PENDING: pgettext("progress", "Submitted"),
        TicketState.DISPATCHED: pgettext("progress", "Assigned"),
        TicketState.PROCESSING: pgettext("progress", "In progress"),
        TicketState.ENDED: pgettext("progress", "Done"),
    }[state]


def what_is_next(tracked: Tracked, settings: Settings) -> str:
    """What happens next, and when, as far as it is known."""
    words = _next_words(tracked, settings)
    deadline = tracked.ticket.deadline
    open_still = tracked.ticket.state not in OVER
    if deadline is None or not open_still:
        return words
    planned = _("It is planned to be done by %(time)s.", time=absolute_time(deadline, "short"))
    return _("%(first)s %(second)s", first=words, second=planned)


def _next_words(tracked: Tracked, settings: Settings) -> str:
    ticket, who = tracked.ticket, tracked.who
    if tracked.there is not None and tracked.there.status == "accepted":
        return _elsewhere(tracked.there)
    match ticket.state:
        case TicketState.PENDING:
            return _(
                "We are finding the right person for this. As soon as they start, you see it here."
            )
        case TicketState.DISPATCHED if who:
            return _("%(name)s has it and will start soon.", name=who)
        case TicketState.PROCESSING if who:
            return _(
                "%(name)s is working on it. We write to you as soon as there is news.", name=who
            )
        case TicketState.RETURNED:
            return _(
                "Somebody else can help you better. We are handing it over; you need not do anything."
            )
        case TicketState.CANCELLED:
            return _("This request was cancelled. If you still need help, please send a new one.")
        case TicketState.ENDED if tracked.may_write:
            return _reopening(ticket.ended_at, settings)
        case TicketState.ENDED:
            return _("This request is closed. If you need anything else, please send a new one.")
    return _("We are working on it. We write to you as soon as there is news.")


def _elsewhere(there: Transfer) -> str:
    """Another vendor's desk has it: how far they are."""
    name = there.vendor.name
    if there.state == TicketState.PROCESSING:
        return _(
            "%(name)s is working on it for us. We write to you as soon as there is news.", name=name
        )
    return _("%(name)s looks into it for us. We write to you as soon as there is news.", name=name)


def _reopening(ended_at: datetime | None, settings: Settings) -> str:
    if ended_at is None:
        return _("It is done. If something is still open, write to us below and we go on with it.")
    until = ended_at + timedelta(days=settings.ticket_reopen_days)
    return _(
        "It is done. If something is still open, write to us below until %(time)s and we go on with it.",
        time=absolute_time(until, "short"),
    )
