"""Saying that something has happened to a record, in the transaction in which it happens.

Events wait until just before the commit: whoever listens then sees the whole update, and all changes of one record in
one transaction are one `….changed` event.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from desk.events.catalogue import EVENTS
from engine.actors import Actor
from engine.announcing import Announcement, announce
from engine.causes import current

if TYPE_CHECKING:
    from engine.runtime import Engine

PENDING = "lanedesk.events"


def emit(
    session: Session,
    engine: "Engine | None",
    name: str,
    payload: Mapping[str, Any],
    *,
    actor: Actor,
    ticket_id: int | None = None,
) -> None:
    """Tell all diagrams that wait for `name` or start with it, once the session's transaction has committed.

    `ticket_id` is added to the payload and is the key by which waiting instances find their own; without it the key is
    the payload's `contact_id` or `company_id`. An event that nobody listens to costs a look into a dictionary. Start
    conditions are asked just before the commit; a worker starts the instances after it. Nothing happens when the
    transaction fails. Raises KeyError for an event that is not in the catalogue.
    """
    subject = EVENTS[name].subject
    if engine is None or not engine.starts.listens(session, name):
        return
    given = dict(payload) | ({} if ticket_id is None else {"ticket_id": ticket_id})
    key = _key(given, subject)
    pending: dict[Any, Announcement] | None = session.info.get(PENDING)
    if pending is None:
        pending = session.info[PENDING] = {}
    found = Announcement(name, given, actor, key, current(session), engine)
    if name.endswith(".changed"):
        before = pending.get((name, key))
        pending[name, key] = found if before is None else _joined(before, found)
    else:
        pending[len(pending), name] = found


def _key(payload: Mapping[str, Any], subject: str) -> str | None:
    number = payload.get(f"{subject}_id", payload.get("ticket_id"))
    return (
        None
        if number is None
        else f"{subject if f'{subject}_id' in payload else 'ticket'}:{number}"
    )


def _joined(before: Announcement, after: Announcement) -> Announcement:
    """Two changes of one record as one: the oldest values before, the newest now."""
    old = {**after.payload["old"], **before.payload["old"]}
    new = {**before.payload["new"], **after.payload["new"]}
    fields = [name for name in new if old.get(name) != new[name]]
    payload = {
        **after.payload,
        "fields": fields,
        "old": {name: old.get(name) for name in fields},
        "new": {name: new[name] for name in fields},
    }
    return Announcement(
        after.name, payload, after.actor, after.correlation, before.cause, after.engine
    )


@event.listens_for(Session, "before_commit")
def _announce_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is released; the commit is still to come
    pending: dict[Any, Announcement] | None = session.info.pop(PENDING, None)
    if pending:
        told = [one for one in pending.values() if one.payload.get("fields") != []]
        announce(session, told)


@event.listens_for(Session, "after_rollback")
def _forget_pending(session: Session) -> None:
    session.info.pop(PENDING, None)
