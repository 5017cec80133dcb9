"""Macros where the desk's own fields are filled in: on the page that edits a ticket, and on that of a new one.

The server asks them at every moment anew: what they hide or lock is not taken from what a page sends [000 §5.1.6.3].
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields.entry import Entry
from desk.fields.forms import CONTAINER
from desk.forms.tree import Json
from desk.people.models import User
from desk.rules import at_work, macros
from desk.rules.macros import Effects
from desk.rules.models import RuleRow
from desk.tickets.models import Ticket
from engine.bpmn.tokens import DiagramError
from engine.feel.errors import FeelError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Filling:
    """The fields as macros let them be filled in, what else they want, and what went wrong with them.

    `form` is what the page holds as macros read it, by key. `offered` are those that somebody may choose here.
    """

    entry: Entry
    effects: Effects
    form: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    offered: tuple[RuleRow, ...] = ()
    tells_changes: bool = False  # whether some macro waits for a field to change

    def own(self) -> dict[str, Any]:
        """What the page holds of the desk's own fields, as macros read it."""
        return {one.key: self.form.get(one.key) for one in self.entry.fields}

    def as_json(self) -> dict[str, Any]:
        """For the page's script: fields by their names on the page."""
        told = self.effects.as_json()
        for part in ("hidden", "read_only"):
            told[part] = [f"{CONTAINER}.{key}" for key in told[part]]
        return {**told, "values": self.entry.filled_names()}


def opened(
    session: Session, user: User, entry: Entry, ticket: Ticket | None, rest: Mapping[str, Any]
) -> Filling:
    """The fields after the macros of page load. `rest` is what else the page holds, by key."""
    return _filling(session, user, entry, ticket, {**rest, **_texts(entry, entry.values)}, ("load",))


def sent(
    session: Session, user: User, entry: Entry, ticket: Ticket | None, rest: Mapping[str, Any]
) -> Filling:
    """The fields after the macros of page load and of a field change, of what the page sent.

    What macros lock or hide is asked about as it stands on the server: they are asked again without what a page says.
    """
    timings = ("load", "change")
    first = _filling(session, user, entry, ticket, {**rest, **_held(entry)}, timings)
    if not first.effects.takes_away:
        return first
    return _filling(session, user, entry, ticket, {**rest, **_held(first.entry)}, timings)


def submitted(
    session: Session, user: User, filling: Filling, ticket: Ticket | None
) -> tuple[Effects, dict[str, Json]]:
    """What the macros of a submit say to it, and the values that they set in own fields.

    `messages` are why it may not be sent. Raises DiagramError, FeelError.
    """
    effects = macros.apply(
        session, current_desk().engine, user, "submit", ticket_id=ticket.id if ticket else None,
        form=filling.form, page=page_of(session, user, ticket),
    )  # fmt: skip
    if filling.effects.view_only:
        effects.messages.append(_("This page can only be read."))
    return effects, replace(filling.entry, filled={}).under(filled=effects.values).filled_in()


def chosen(
    session: Session, user: User, filling: Filling, ticket: Ticket | None, key: str
) -> Effects:
    """What a macro does that somebody chose. Raises LookupError where it is not offered, DiagramError, FeelError."""
    if key not in {row.key for row in filling.offered}:
        raise LookupError(key)
    return macros.apply(
        session, current_desk().engine, user, "user", ticket_id=ticket.id if ticket else None,
        form=filling.form, only=key, page=page_of(session, user, ticket),
    )  # fmt: skip


def page_of(session: Session, user: User, ticket: Ticket | None) -> dict[str, Any]:
    """What conditions on the page read, here."""
    if ticket is None:
        return {"place": "new", "mode": "normal", "last_result": None, "step": None, "copied": "no"}
    return {**at_work.page_of(session, user, ticket, None), "place": "edit"}


def _filling(
    session: Session,
    user: User,
    entry: Entry,
    ticket: Ticket | None,
    form: Mapping[str, Any],
    timings: tuple[str, ...],
) -> Filling:
    """A macro that cannot go on spoils no page: it is left out, and said."""
    engine, page = current_desk().engine, page_of(session, user, ticket)
    ticket_id = ticket.id if ticket else None
    effects, problems = Effects(), []
    for timing in timings:
        try:
            macros.apply(
                session, engine, user, timing, ticket_id=ticket_id, form=form, page=page, into=effects
            )
        except (DiagramError, FeelError) as error:
            log.warning("macro.failed", timing=timing, ticket=ticket_id, error=str(error))
            problems.append(_("A macro could not run: %(reason)s", reason=str(error)))
    shaped = entry.under(
        hidden=effects.hidden,
        locked={one.key for one in entry.fields} if effects.view_only else effects.read_only,
        filled=effects.values,
    )
    keys = [one.key for one in shaped.fields]
    offered = []
    for row in macros.macros_for(session, user, "user"):
        if row.key in effects.hidden_macros or effects.view_only:
            continue
        try:
            use = macros.apply(
                session, engine, user, "user", ticket_id=ticket_id, form=form, page=page, only=row.key
            )
        except (DiagramError, FeelError):
            offered.append(row)  # choosing it says why it cannot go on
            continue
        if ticket is None:
            use = replace(use, ran=[])  # what it does to a ticket waits until there is one
        if macros.has_use(use, keys):
            offered.append(row)
    changes = bool(macros.macros_for(session, user, "change"))
    return Filling(shaped, effects, form, tuple(problems), tuple(offered), changes)


def _held(entry: Entry) -> dict[str, Any]:
    """What the page sent, with what stands on the server for what it may not say."""
    submission = entry.read()
    said = submission.values.get(CONTAINER) if submission is not None else None
    return _texts(entry, {**entry.values, **(said if isinstance(said, dict) else {})})


def _texts(entry: Entry, values: Mapping[str, Json]) -> dict[str, Any]:
    """Values as macros read a page: numbers and ticks as texts, as a page sends them."""
    return {
        key: None
        if value is False and key not in entry.values
        else str(value).lower()
        if isinstance(value, bool | int | float)
        else value
        for key, value in values.items()
    }
