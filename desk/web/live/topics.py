"""Which topics exist, and who may listen to which."""

import re
from typing import Final

from desk.people.models import User
from desk.people.permissions import can, candidates_of

# A topic, or the part before its colon, and the permission to listen to it. Somebody's own topics need none.
PERMISSION_OF: Final[dict[str, str]] = {
    "tickets": "ticket.read",
    "ticket": "ticket.read",
    "incidents": "incident.read",
    "contact": "contact.read",
    "instance": "process.read",
    "wall": "report.read",
}
SHAPE = re.compile(r"[a-z]+(:[A-Za-z0-9_-]{1,40})?")
MOST = 50  # topics of one connection


def may_listen(user: User, topic: str) -> bool:
    """Own topics are the candidates of the user (`user:7`, `team:3`, `role:dispatcher`); others by permission."""
    if topic in candidates_of(user):
        return True
    permission = PERMISSION_OF.get(topic.partition(":")[0])
    return bool(SHAPE.fullmatch(topic)) and permission is not None and can(user, permission)


def parse_topics(raw: str) -> list[str]:
    """Topics from an address: joined by commas or spaces; each once, in order."""
    return list(dict.fromkeys(filter(None, re.split(r"[,\s]+", raw))))
