"""What the form of an export offers to choose from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.people.models import User
from engine.tables import process_version


def processes(session: Session) -> Sequence[Any]:
    """All processes that were ever deployed, by key: `key`, `name` of the newest version."""
    rows = session.execute(
        select(process_version.c.key, process_version.c.name)
        .where(process_version.c.latest.is_(True))
        .order_by(process_version.c.key)
    )
    return rows.all()


def people(session: Session) -> Sequence[Any]:
    """Everybody who has or had an account, by name: `id`, `name`."""
    return session.execute(select(User.id, User.name).order_by(User.name)).all()
