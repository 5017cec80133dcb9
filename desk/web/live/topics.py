"""Which topics exist, and who may listen to which."""

import re
from contextlib import suppress
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from desk.cockpit import scope as processes
from desk.people.models import User
from desk.people.permissions import can, candidates_of
from desk.tickets import scope as tickets
from desk.tickets.models import Ticket
from engine.tables import process_instance

# A topic, or the part before its colon, and the permission to listen to it. Somebody's own topics need none.
PERMISSION_OF: Final[dict[str, str]] = {
    "tickets": "ticket.read",
    "ticket": "ticket.read",
    "presence": "ticket.read",
    "incidents": "incident.read",
    "contact": "contact.read",
    "instance": "process.read",
    "wall": "report.read",
}
SHAPE = re.compile(r"[a-z]+(:[A-Za-z0-9_-]{1,40})?")
MOST = 50  # topics of one connection


def may_listen(session: Session, user: User, topic: str) -> bool:
    """Own topics are the candidates of the user (`user:7`, `team:3`, `role:dispatcher`); others by permission, and a
    single ticket or process only where its page would be shown."""
    if topic in candidates_of(user):
        return True
    kind, _, name = topic.partition(":")
    permission = PERMISSION_OF.get(kind)
    if not SHAPE.fullmatch(topic) or permission is None or not can(user, permission):
        return False
    if kind in ("ticket", "presence"):
        return name.isdecimal() and len(name) < 19 and _sees(session, user, Ticket.id == int(name))
    if kind == "instance":
        with suppress(ValueError):
            return _sees_process(session, user, UUID(name))
        return False
    return True


def _sees(session: Session, user: User, which: ColumnElement[bool]) -> bool:
    wanted = select(Ticket.id).where(which, tickets.visible(session, user))
    return session.scalar(wanted) is not None


def _sees_process(session: Session, user: User, instance_id: UUID) -> bool:
    mine = processes.visible(user)
    wanted = select(process_instance.c.id).where(process_instance.c.id == instance_id)
    if session.scalar(wanted if mine is None else wanted.where(mine)) is not None:
        return True
    return _sees(session, user, Ticket.instance_id == instance_id)


def parse_topics(raw: str) -> list[str]:
    """Topics from an address: joined by commas or spaces; each once, in order."""
    return list(dict.fromkeys(filter(None, re.split(r"[,\s]+", raw))))
