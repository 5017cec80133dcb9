"""Cursor paging: `?limit=&after=` → `{"items": […], "next": cursor or null}`.

A cursor names the last row that was seen, so rows that come or go meanwhile shift nothing. It is opaque to callers.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma
from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnprocessableEntity

DEFAULT_LIMIT = 50
MOST = 200


class PageQuery(ma.Schema):
    """The query of a list; subclass it to add filters."""

    limit = ma.fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=ma.validate.Range(1, MOST),
        metadata={"description": f"How many at most (1–{MOST})"},
    )
    after = ma.fields.String(
        load_default=None, metadata={"description": "`next` of the page before this one"}
    )


def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of one page of `item`s."""
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item)),
            "next": ma.fields.String(
                allow_none=True,
                metadata={"description": "Cursor of the next page; null: this was the last"},
            ),
        },
        name=item.__name__.removesuffix("Schema") + "Page",
    )


def page_of(
    session: Session,
    query: Select[Any],
    keys: Sequence[Any],
    *,
    limit: int,
    after: str | None,
    descending: bool = False,
    shape: Callable[[Any], Any] | None = None,
) -> dict[str, Any]:
    """One page of `query`, ordered by the columns `keys`; the last of them must be unique.

    `keys` are columns of integers or strings of the selected entity. Raises UnprocessableEntity for a cursor that is
    not ours. `shape` turns a row into what is answered.
    """
    if after is not None:
        query = query.where(_beyond(keys, _decode(after, len(keys)), descending))
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    cursor = _encode([getattr(rows[-1], key.key) for key in keys]) if more else None
    return {"items": [shape(row) for row in rows] if shape else rows, "next": cursor}


def _beyond(keys: Sequence[Any], values: Sequence[Any], descending: bool) -> Any:
    """(a, b) > (x, y) written out, since not every database compares rows."""
    ways = []
    for i, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [k == v for k, v in zip(keys[:i], values[:i], strict=True)]
        ways.append(and_(*same, key < value if descending else key > value))
    return or_(*ways)


def _encode(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        values = None
    simple = isinstance(values, list) and all(isinstance(v, int | str) for v in values)
    if not simple or len(values) != length:
        raise UnprocessableEntity("`after` is not a cursor of this list.")
    return list(values)
