"""The trail in words [004 §4.8.2]: kept as an action and names, said in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk.tickets.models import TrailEntry
from desk.web.localisation import words

# Lines about messages: the conversation shows the message itself instead.
MESSAGE_ACTIONS = frozenset({"wrote", "replied", "noted", "sent"})

STATES: dict[str, Any] = {
    "pending": _l("Waiting for dispatch"),
    "dispatched": _l("Dispatched"),
    "processing": _l("In progress"),
    "returned": _l("Returned"),
    "ended": _l("Ended"),
    "cancelled": _l("Cancelled"),
}
PRIORITIES: dict[str, Any] = {
    "urgent": _l("Urgent"),
    "high": _l("High"),
    "normal": _l("Normal"),
    "low": _l("Low"),
}
CHANNELS: dict[str, Any] = {
    "mail": _l("Mail"),
    "form": _l("Form"),
    "desk": _l("Desk"),
    "tracking": _l("Tracking page"),
    "api": _l("API"),
    "vendor": _l("Another vendor"),
}
SENTENCES: dict[str, Any] = {
    "created": _l("opened ticket %(number)s (%(channel)s)"),
    "dispatched": _l("dispatched the ticket to %(name)s"),
    "reassigned": _l("handed the ticket over to %(name)s"),
    "accepted": _l("accepted the ticket"),
    "returned": _l("returned the ticket"),
    "ended": _l("finished the ticket"),
    "cancelled": _l("cancelled the ticket"),
    "reopened": _l("reopened the ticket"),
    "rated": _l("gave %(rating)s of 5 stars"),
    "wrote": _l("wrote a message"),
    "replied": _l("replied to the customer"),
    "noted": _l("left an internal note"),
    "sent": _l("sent an automatic message"),
    "edited": _l("changed the %(field)s from “%(old)s” to “%(new)s”"),
    "deleted": _l("deleted the ticket"),
    "made_article": _l("made an article of it: %(title)s"),
    "batched": _l("opened it with others at once"),
    "imported": _l("imported it from a file, row %(row)s"),
    "link_answered": _l("filled in the form of a one-time link"),
    "copied": _l("copied the ticket to %(names)s"),
    "uncopied": _l("took %(names)s off the copy list"),
    "linked": _l("linked the ticket with %(other)s"),
    "unlinked": _l("took the link with %(other)s away"),
    "merged": _l("merged the ticket into %(other)s"),
    "absorbed": _l("merged %(other)s into this ticket"),
    "unmerged": _l("undid the merging with %(other)s"),
    "split": _l("split off %(others)s"),
    "split_off": _l("made this ticket as a part of %(other)s"),
    "child_ended": _l("ended the part %(other)s; %(left)s still open"),
    "child_reopened": _l("goes on with the part %(other)s"),
    "returned_to": _l("returned the ticket from “%(from_step)s” to “%(step)s”"),
    "sla_aimed": _l("set other targets for the ticket"),
    "sla_paused": _l("held the clocks: waiting for the customer"),
    "sla_resumed": _l("let the clocks go on"),
    "sla_reopened": _l("started the resolution clock again"),
    "sla_missed": _l("missed: %(clock)s"),
    "overdue": _l("“%(step)s” takes longer than it may"),
    "approved": _l("approved it at “%(step)s”"),
    "rejected": _l("turned it down at “%(step)s”"),
    "charged": _l("asks for %(amount)s"),
    "refunding": _l("pays back %(amount)s"),
    "paid": _l("recorded the payment of %(amount)s"),
    "transferred": _l("passed the ticket on to %(other)s"),
    "heard": _l("heard from %(other)s: %(to)s"),
    "transfer_refused": _l("could not pass the ticket on: %(other)s does not take it"),
    "transfer_returned": _l("got the ticket back from %(other)s"),
    "transfer_ended": _l("heard that %(other)s is done"),
    "transfer_withdrawn": _l("told %(other)s that nothing more is needed"),
    "transfer_untold": _l("could not tell %(other)s"),
    "transfer_taken": _l("took the ticket over from %(other)s"),
    "transfer_done": _l("told %(other)s the result"),
    "transfer_recalled": _l("heard that %(other)s needs it no more"),
    "sent_back": _l("sent the ticket back to %(other)s"),
}
FIELDS: dict[str, Any] = {
    "title": _l("title"),
    "priority": _l("priority"),
    "deadline": _l("deadline"),
    "contact_id": _l("customer"),
}


@dataclass(frozen=True)
class TrailLine:
    """A line as a page shows it: `who` did `text`."""

    id: int
    at: datetime
    who: str
    action: str
    text: str
    from_state: str | None
    to_state: str | None
    remark: str


def trail_line(entry: TrailEntry) -> TrailLine:
    """The entry in the language of whoever reads the page."""
    return TrailLine(
        entry.id,
        entry.at,
        who_did(entry.actor),
        entry.action,
        sentence(entry),
        entry.from_state,
        entry.to_state,
        entry.remark,
    )


def who_did(actor: Mapping[str, Any]) -> str:
    """The name of an actor as people read it."""
    if actor.get("kind") == "system":
        return str(_l("System"))
    return str(actor.get("name") or _l("Unknown"))


def sentence(entry: TrailEntry) -> str:
    """What was done, to be read after the name of who did it."""
    data: Mapping[str, Any] = entry.data
    if entry.action == "moved":
        return words(data.get("step")) or str(_l("moved the ticket on"))
    if entry.action not in SENTENCES:
        return entry.action  # the implementer's own words
    channel = data.get("channel", "")
    return str(SENTENCES[entry.action]) % {
        "number": data.get("number", ""),
        "channel": CHANNELS.get(channel, channel),
        "name": _handler(data),
        "rating": data.get("rating", ""),
        "field": FIELDS.get(data.get("field", "")) or words(data.get("label")),
        "old": _value(data.get("field"), data.get("old")),
        "new": _value(data.get("field"), data.get("new")),
        "names": _(", ").join(data.get("names", ())),
        "other": data.get("other", ""),
        "others": _(", ").join(data.get("others", ())),
        "to": STATES.get(data.get("to", ""), data.get("to", "")),
        "left": data.get("left", ""),
        "row": data.get("row", ""),
        "step": words(data.get("step")),
        "from_step": words(data.get("from_step")),
        "amount": data.get("amount", ""),
        "title": data.get("title", ""),
        "clock": words(data.get("clock")),
    }


def _value(field: Any, value: Any) -> str:
    """An old or new value of a changed field."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return words(value)
    if field == "deadline":
        return str(format_datetime(datetime.fromisoformat(value), "short"))
    return str(PRIORITIES.get(value, value)) if field == "priority" else str(value)


def _handler(data: Mapping[str, Any]) -> str:
    team, person = data.get("team"), data.get("assignee")
    if team and person:
        return str(_l("%(person)s (%(team)s)", person=person, team=team))
    return str(person or team or "")
