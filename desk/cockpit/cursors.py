"""Cursors of lists that are ordered by a time and an id: opaque text that names the last row that was seen."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import Session

PAGE = 50


class BadCursor(ValueError):
    """A cursor that these lists did not give out."""


@dataclass(frozen=True)
class Page:
    """Rows, newest first, and the cursor of the page after them (None: these were the last)."""

    rows: Sequence[Any]
    next: str | None


def newest_first(
    session: Session, query: Select[Any], at: Any, id: Any, *, after: str | None, limit: int = PAGE
) -> Page:
    """A page of `query`, which selects the columns `at` and `id` under these names. Raises BadCursor."""
    if after is not None:
        query = query.where(_beyond(at, id, after))
    rows = session.execute(query.order_by(at.desc(), id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    last = rows[-1] if more else None
    return Page(rows, None if last is None else _write(getattr(last, at.key), last.id))


def _beyond(at: Any, id: Any, cursor: str) -> ColumnElement[bool]:
    moment, last = _read(cursor)
    return or_(at < moment, and_(at == moment, id < last))


def _write(moment: datetime, id: UUID) -> str:
    text = f"{moment.isoformat()}|{id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, id = text.partition("|")
        return datetime.fromisoformat(moment), UUID(id)
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise BadCursor(cursor) from error
