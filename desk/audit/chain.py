"""How entries of the log are hashed: each entry has a digest, a seal hashes digests and the seal before.

The engine chains an instance's history row by row, since a step holds the instance's lock anyway. The log has no such
lock and must not get one, so an entry is digested when it is written and chained afterwards, by one sealer
(docs/decisions/0010-sealed-afterwards.md).
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

START = bytes(32)
ITEM = struct.Struct(">q32s")  # an entry's number and its digest
AT_ONCE = 1000  # entries under one seal


def digest(row: Any) -> bytes:
    """SHA-256 over all that an entry says; `row` has the columns of AuditEntry."""
    return hashlib.sha256(content(row)).digest()


def content(row: Any) -> bytes:
    """An entry as canonical JSON: keys sorted, time in UTC."""
    return orjson.dumps(
        {
            "at": row.at.astimezone(UTC).isoformat(),
            "actor": row.actor,
            "address": row.address,
            "action": row.action,
            "subject": row.subject,
            "ticket": row.ticket_id,
            "old": row.old,
            "new": row.new,
            "reason": row.reason,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def packed(items: Iterable[tuple[int, bytes]]) -> bytes:
    """Numbers and digests of the entries under a seal, 40 bytes each."""
    return b"".join(ITEM.pack(number, value) for number, value in items)


def unpacked(entries: bytes) -> Iterator[tuple[int, bytes]]:
    """The reverse of `packed`. Raises ValueError for bytes that are none."""
    try:
        yield from ITEM.iter_unpack(entries)
    except struct.error as error:
        raise ValueError("not a list of digests") from error


def seal_hash(previous: bytes, number: int, at: datetime, entries: bytes) -> bytes:
    """The hash of seal `number` that follows a seal with the hash `previous` (START before the first)."""
    head = f"{number}|{at.astimezone(UTC).isoformat()}|".encode()
    return hashlib.sha256(previous + head + entries).digest()


def canonical(body: Mapping[str, Any]) -> str:
    """JSON with sorted keys, as it is hashed and signed."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
