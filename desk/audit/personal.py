"""Personal values in rows that nobody may change: sealed with a key of the person, which can be destroyed.

The hashes cover the sealed text, so a chain still verifies after its person was forgotten. A sealed value reads
`sealed:1:<subject>:<base64>` (AES-256-GCM, the subject as associated data). Subjects are `contact:5`, and
`instance:<id>` for what a process was told before anybody knew whose it is.
"""

import base64
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from desk.audit.models import PersonKey
from engine.actors import Actor
from engine.database import is_sqlite
from engine.operators import Text
from engine.statements import Query, run
from engine.timestamps import utc_now

PREFIX: Final = "sealed:1:"
ERASED: Final = Text("(erased)", "（已清除）")
_CACHE: Final = "lanedesk.person_keys"

# Names of process data that say something of a person by themselves.
PERSONAL: Final = frozenset(
    {
        "address", "author", "comment", "contact_name", "customer", "customer_name", "email", "mail",
        "name", "phone", "requester", "sender", "sender_mail", "sender_name", "sender_phone",
    }
)  # fmt: skip


def conceal(session: Session, subject: str, text: str) -> str:
    """The text, sealed with the subject's key, which is made when there is none; ERASED when it was destroyed."""
    key = _key(session, subject, make=True)
    if key is None:
        return ERASED.en
    nonce = os.urandom(12)
    body = nonce + AESGCM(key).encrypt(nonce, text.encode(), subject.encode())
    return f"{PREFIX}{subject}:{base64.b64encode(body).decode()}"


def concealed(session: Session, subject: str, value: Any) -> Any:
    """All texts in a JSON value sealed; numbers, times and structure stay."""
    if isinstance(value, Mapping):
        return {key: concealed(session, subject, item) for key, item in value.items()}
    if isinstance(value, list):
        return [concealed(session, subject, item) for item in value]
    if isinstance(value, str) and value and not value.startswith(PREFIX):
        return conceal(session, subject, value)
    return value


def concealed_actor(session: Session, actor: Actor, instance_id: UUID | None) -> dict[str, Any]:
    """An actor as JSON; a customer's name is sealed, with their own key or the instance's."""
    found = actor.as_json()
    if actor.kind == "contact" and actor.name:
        if actor.id is not None:
            found["name"] = conceal(session, f"contact:{actor.id}", actor.name)
        elif instance_id is not None:
            found["name"] = conceal(session, f"instance:{instance_id}", actor.name)
    return found


def concealed_data(session: Session, instance_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    """What a process's history row says, the values that are personal by their name sealed with the instance's key."""
    for part in ("set", "payload"):
        values = data.get(part)
        if isinstance(values, dict) and values:
            sealed = _sealed_by_name(session, f"instance:{instance_id}", values)
            if sealed is not values:
                data = {**data, part: sealed}
    return data


def _sealed_by_name(session: Session, subject: str, values: dict[str, Any]) -> dict[str, Any]:
    """The same object when nothing in it is personal; `old` and `new` of a changed record are looked into."""
    found = values
    if any(map(_personal, values)):
        found = {
            name: concealed(session, subject, value) if _personal(name) else value
            for name, value in values.items()
        }
    for part in ("old", "new"):
        inner = values.get(part)
        if isinstance(inner, dict):
            sealed = _sealed_by_name(session, subject, inner)
            if sealed is not inner:
                found = {**found, part: sealed}
    return found


def _personal(name: str) -> bool:
    """What a desk's own fields of tickets hold (`fields.<key>`) nobody knows: it is taken for personal."""
    return name in PERSONAL or name.startswith("fields.")


def revealed(session: Session, value: Any, locale: str = "en") -> Any:
    """A JSON value with its sealed texts opened; those whose key is destroyed read ERASED in the locale."""
    if isinstance(value, Mapping):
        return {key: revealed(session, item, locale) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(session, item, locale) for item in value]
    if isinstance(value, str) and value.startswith(PREFIX):
        return _open(session, value, locale)
    return value


def destroy(session: Session, subjects: Iterable[str]) -> int:
    """Destroy the keys of these subjects, for good; how many there were. Subjects without a key get none later."""
    now, count = utc_now(), 0
    for subject in subjects:
        _insert(session, subject, None)
        count += session.execute(
            update(PersonKey)
            .where(PersonKey.subject == subject, PersonKey.key.is_not(None))
            .values(key=None, destroyed_at=now)
        ).rowcount  # type: ignore[attr-defined]
        session.info.get(_CACHE, {}).pop(subject, None)
    return count


def _open(session: Session, value: str, locale: str) -> str:
    subject, _, body = value.removeprefix(PREFIX).rpartition(":")
    key = _key(session, subject, make=False)
    if key is None:
        return ERASED.in_(locale)
    try:
        raw = base64.b64decode(body, validate=True)
        return AESGCM(key).decrypt(raw[:12], raw[12:], subject.encode()).decode()
    except (ValueError, InvalidTag):
        return value  # not one of ours: shown as it stands, `audit verify` says what is wrong with its row


def _key(session: Session, subject: str, *, make: bool) -> bytes | None:
    """The subject's key; asked once a session. None when it was destroyed, or there is none and none is made."""
    known: dict[str, bytes | None] = session.info.setdefault(_CACHE, {})
    if subject not in known:
        asked = {"of_subject": subject}
        # A process is told something personal when it begins, if at all: its key is most likely a new one.
        row = (
            None if make and subject.startswith("instance:") else run(session, _KEY, asked).first()
        )
        if row is None and make:
            # Whoever is just making one too may be first: theirs holds.
            row = _insert(session, subject, os.urandom(32)) or run(session, _KEY, asked).one()
        if row is None:
            return None
        known[subject] = None if row.key is None else bytes(row.key)
    return known[subject]


def _insert(session: Session, subject: str, key: bytes | None) -> Any:
    """The row, None when the subject has one already."""
    now = utc_now()
    values = {"subject": subject, "key": key, "created_at": now}
    new = _INSERT[is_sqlite(session)]
    return run(session, new, {**values, "destroyed_at": now if key is None else None}).first()


_KEY = Query(select(PersonKey.key).where(PersonKey.subject == bindparam("of_subject")))


def _new_key(insert: Any) -> Query:
    return Query(
        insert(PersonKey.__table__)
        .on_conflict_do_nothing(index_elements=["subject"])
        .returning(PersonKey.__table__.c.key)
    )


# By whether the database is SQLite; every customer's first step makes one.
_INSERT = {True: _new_key(sqlite.insert), False: _new_key(postgresql.insert)}
