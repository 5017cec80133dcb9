"""The history of an instance: rows that are only ever added, chained by hash.

Every row's hash covers the row before it, so a row that is changed, removed or slipped in shows (DESIGN: history).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import Actor
from engine.database import is_sqlite

START = bytes(32)

# Events of rows that tell, where they name an element, that it was passed: the start of the instance and its end are
# told with the start event and with what was passed last, the work of a person with the human task.
PASSES: Final = ("started", "completed", "submitted", "ended")

MOST_TOGETHER = 256  # rows of one statement

_AS_IT_IS = (int, bool, NoneType, float)


def plain(value: Any) -> Any:
    """A value as JSON has it: decimals and times become text."""
    kind = value.__class__  # what most values are, without asking for every kind in turn
    if kind is str:
        return storable(value)
    if kind in _AS_IT_IS:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():g}S"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return storable(value)
    return value


def storable(text: str) -> str:
    """Without NUL, which PostgreSQL cannot hold, and without lone surrogates, which are no Unicode."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def chain(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a row (all columns but `hash`) that follows a row with the hash `previous`."""
    body = orjson.dumps(
        {
            "instance": str(row["instance_id"]),
            "seq": row["seq"],
            "at": row["at"].astimezone(UTC).isoformat(),
            "actor": row["actor"],
            "event": row["event"],
            "element": row["element_id"],
            "token": str(row["token_id"]) if row["token_id"] else None,
            "data": row["data"],
        },
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.sha256(previous + body).digest()


class Witness:
    """What an application has to say about what is written down; this one writes down what is.

    Rows of the history are never changed, so whatever may have to be forgotten one day must be sealed before.
    """

    def actor(self, session: Session, actor: Actor, instance_id: UUID) -> dict[str, Any]:
        """How the history names who acts."""
        return actor.as_json()

    def data(self, session: Session, instance_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
        """What a row says, as JSON."""
        return data

    def deployed(
        self, session: Session, deployment: UUID, keys: Sequence[str], actor: Actor, note: str
    ) -> None:
        """New versions of these processes were deployed."""


class Recorder:
    """Collects the history rows of one step."""

    def __init__(
        self,
        instance_id: UUID,
        actor: dict[str, Any],
        at: datetime,
        seq: int,
        previous: bytes,
        seal: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        self.instance_id, self.actor, self.at = instance_id, actor, at
        self.seq, self._hash, self._seal = seq, previous, seal
        # what all rows of the step have in common is said once
        self._instance, self._at = str(instance_id), at.astimezone(UTC).isoformat()
        self._actor = orjson.dumps(actor, option=orjson.OPT_SORT_KEYS)
        self._actor_said = orjson.Fragment(self._actor)
        self._said: list[str] = []  # the data of each row
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        event: str,
        element_id: str | None = None,
        token_id: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a row; it is written when the step is saved."""
        self.seq += 1
        content = plain(data) if data else {}
        if self._seal is not None:
            content = self._seal(content)
        self.rows.append(
            {
                "instance_id": self.instance_id,
                "seq": self.seq,
                "at": self.at,
                "actor": self.actor,
                "event": event,
                "element_id": element_id,
                "token_id": token_id,
                "data": content,
            }
        )

    def begins_with(self, element_id: str, token_id: UUID) -> bool:
        """Tell the start event, which set nothing, with the start; False when there is more to tell."""
        if len(self.rows) != 1 or self.rows[0]["event"] != "started" or self.rows[0]["token_id"]:
            return False
        self.rows[0].update(element_id=element_id, token_id=token_id)
        return True

    def ends(self) -> None:
        """The instance has ended, told with what was passed last."""
        if self.rows and self.rows[-1]["event"] == "completed":
            self.rows[-1]["event"] = "ended"
        else:
            self.add("ended")

    @property
    def hash(self) -> bytes:
        """That of the last row."""
        self._close()
        return self._hash

    def _close(self) -> None:
        """Give the rows that have none their hash; after it they are not changed any more."""
        for row in self.rows[len(self._said) :]:
            said = orjson.dumps(row["data"], option=orjson.OPT_SORT_KEYS)
            token = str(row["token_id"]) if row["token_id"] else None
            # as in chain(), the keys in their order
            body = orjson.dumps(
                {
                    "actor": self._actor_said,
                    "at": self._at,
                    "data": orjson.Fragment(said),
                    "element": row["element_id"],
                    "event": row["event"],
                    "instance": self._instance,
                    "seq": row["seq"],
                    "token": token,
                }
            )
            row["hash"] = self._hash = hashlib.sha256(self._hash + body).digest()
            self._said.append(said.decode())

    def write(self, session: Session) -> list[tuple[sql.Write, list[dict[str, Any]]]]:
        """What writes the rows, their JSON as the text that was hashed."""
        if not self.rows:
            return []
        self._close()
        actor = self._actor.decode()
        if is_sqlite(session):
            rows = [
                {**row, "actor": actor, "data": said}
                for row, said in zip(self.rows, self._said, strict=True)
            ]
            return [(sql.INSERT_HISTORY, rows)]
        return [self._together(start, actor) for start in range(0, len(self.rows), MOST_TOGETHER)]

    def _together(self, start: int, actor: str) -> tuple[sql.Write, list[dict[str, Any]]]:
        """The rows from `start` as one statement, which has room for 4, 8, 16 …: few statements for all steps."""
        rows = self.rows[start : start + MOST_TOGETHER]
        places = max(4, 1 << (len(rows) - 1).bit_length())
        values: dict[str, Any] = {
            "instance": self.instance_id,
            "before": rows[0]["seq"] - 1,
            "at": self.at,
            "actor": actor,
            "count": len(rows),
            "hashes": b"".join([row["hash"] for row in rows]),
        }
        for n in range(places):
            row = rows[n] if n < len(rows) else None
            values[f"event{n + 1}"] = row and row["event"]
            values[f"element{n + 1}"] = row and row["element_id"]
            values[f"token{n + 1}"] = row and row["token_id"]
            values[f"data{n + 1}"] = row and self._said[start + n]
        return sql.insert_history(places), [values]
