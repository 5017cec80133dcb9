"""Telling what has changed about customers, so that diagrams can wait for it or start with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from desk.audit import operations
from desk.contacts.models import Company, Contact
from desk.events import emit
from engine.actors import Actor

FIELDS: dict[type[Contact | Company], tuple[str, ...]] = {
    Contact: ("name", "company_id", "level", "locale", "owner_id", "note"),
    Company: ("name", "domain", "level", "phone", "address", "note"),
}
LONGEST = 500  # characters of a value in an event: the record itself is at hand


@contextmanager
def telling(
    session: Session, engine: Any, record: Contact | Company, *, actor: Actor
) -> Iterator[None]:
    """Compare the record's fields before and after the block; tell `contact.changed` or `company.changed`."""
    before = _values(record)
    yield
    after = _values(record)
    fields = [name for name in after if before[name] != after[name]]
    if fields:
        kind = _kind(record)
        operations.record(
            session, f"{kind}_changed", actor=actor, subject=f"{kind}:{record.id}",
            old={name: before[name] for name in fields}, new={name: after[name] for name in fields},
            person=f"contact:{record.id}" if kind == "contact" else None,
        )  # fmt: skip
        emit(
            session, engine, f"{kind}.changed",
            {
                f"{kind}_id": record.id,
                "fields": fields,
                "old": {name: before[name] for name in fields},
                "new": {name: after[name] for name in fields},
            },
            actor=actor,
        )  # fmt: skip


def tell_created(session: Session, engine: Any, record: Contact | Company, *, actor: Actor) -> None:
    """Tell `contact.created` or `company.created`."""
    kind = _kind(record)
    operations.record(session, f"{kind}_created", actor=actor, subject=f"{kind}:{record.id}")
    emit(session, engine, f"{kind}.created", {f"{kind}_id": record.id}, actor=actor)


def _kind(record: Contact | Company) -> str:
    return "contact" if isinstance(record, Contact) else "company"


def _values(record: Contact | Company) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in FIELDS[type(record)]}
    return {k: v[:LONGEST] if isinstance(v, str) else v for k, v in values.items()}
