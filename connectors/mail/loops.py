"""Against mail loops: who may be answered automatically, and how often (RFC 3834).

Three nets, each of which is enough for the usual case: automatic mail is never answered automatically; every mail of
ours carries `X-Lanedesk-Loop: <desk>; hops=<n>`, and a chain of automatic answers ends at the third mail even where
a gateway takes the standard headers away; and one address causes a limited number of automatic answers an hour.
"""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from connectors.mail.statements import count_answer
from engine.database import is_sqlite
from engine.statements import Write
from engine.timestamps import utc_now

LOOP_HEADER = "X-Lanedesk-Loop"
MOST_HOPS = 3
RATE_PERIOD = timedelta(hours=1)

_LOOP = re.compile(r"^\s*([0-9a-f]{12})\s*;\s*hops=(\d{1,3})\s*$")


def loop_mark(secret: str, hops: int) -> str:
    """The value of our loop header; `hops` counts the mails of this chain that no person wrote, this one included."""
    return f"{_desk_id(secret)}; hops={hops}"


def read_loop_marks(secret: str, marks: Iterable[tuple[str, str]]) -> tuple[bool, int]:
    """Whether a mail is one of ours that came back, and how many hops its chain has behind it."""
    is_own, hops = False, 0
    for name, value in marks:
        if name == LOOP_HEADER.lower() and (found := _LOOP.match(value)):
            is_own = is_own or hmac.compare_digest(found[1], _desk_id(secret))
            hops = max(hops, int(found[2]))
    return is_own, hops


def rate_begins() -> datetime:
    """The hour of an address's answers runs if it began after this."""
    return utc_now() - RATE_PERIOD


def answer_noted(session: Session, address: str) -> tuple[Write, list[dict[str, Any]]]:
    """The write (for `engine.statements.write`) that notes one more automatic answer to this address."""
    parameters = {"address": address, "now": utc_now(), "since_when": rate_begins()}
    return count_answer(is_sqlite(session)), [parameters]


def _desk_id(secret: str) -> str:
    return hmac.new(secret.encode(), b"desk", "sha256").hexdigest()[:12]
