"""An archive as a person reads it: verified when it is opened, then its lines in words, searched block by block.

A file that was found whole is not verified for every page again, but as soon as anything about it is not as it was.

A block is 2,000 lines; no more than one is held. A search looks through a part of the archive at a time and says how
far it has come, so that an answer never takes long however large the file.
"""

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.archives import numbered_lines, verify_archive
from desk.audit.findings import Finding
from desk.audit.names import Names, names_of
from desk.audit.personal import revealed
from desk.audit.words import entry_sentence, sentence, subject, who
from engine.tables import process_version
from engine.timestamps import utc_now

PAGE: Final = 100
SEARCHED_AT_ONCE: Final = 10_000  # lines
KNOWN_AT_MOST: Final = 1000  # files


@dataclass(frozen=True)
class ArchivedLine:
    """A row or an entry of an archive in words. `place` names it as `audit verify` does."""

    at: datetime
    who: str
    what: str
    about: str
    reason: str | None
    place: str
    values: str  # as they are kept: they are searched, too


@dataclass(frozen=True)
class ArchivePage:
    """What is wrong with the archive (then nothing is shown of it), or some lines of it.

    `looked` of `total` lines were gone through until here; `next` is where to go on, None at the end. `verified` is
    when the file was checked, and it has not changed since.
    """

    findings: tuple[Finding, ...]
    lines: tuple[ArchivedLine, ...] = ()
    looked: int = 0
    total: int = 0
    next: int | None = None
    verified: datetime | None = None


def read_archive(
    session: Session, stream: IO[bytes], *, text: str = "", after: int = 0, locale: str = "en"
) -> ArchivePage:
    """A page of the lines behind number `after` in which `text` occurs, in any case. `stream` can seek."""
    whole = _whole(stream)
    if not isinstance(whole, _Whole):
        return ArchivePage(whole)
    words = _Words(session, locale)
    wanted = text.casefold()
    found: list[ArchivedLine] = []
    number, more = after, False
    for number, raw in numbered_lines(stream, after):
        if len(found) == PAGE or number > after + SEARCHED_AT_ONCE:
            number, more = number - 1, True
            break
        line = words.line(raw)
        if line is not None and (not wanted or wanted in _searched(line)):
            found.append(line)
    following = number if more else None
    return ArchivePage((), tuple(found), number, whole.lines, following, whole.at)


@dataclass(frozen=True)
class _Whole:
    """A file in which nothing was wrong: when that was found, and how many lines it has."""

    at: datetime
    lines: int


_known: dict[tuple[object, ...], _Whole] = {}  # by identity, in this process


def _whole(stream: IO[bytes]) -> _Whole | tuple[Finding, ...]:
    identity = _identity(stream)
    if identity not in _known:
        content = verify_archive(stream)
        if content.findings:
            return tuple(content.findings)
        if len(_known) >= KNOWN_AT_MOST:
            _known.clear()
        _known[identity] = _Whole(utc_now(), content.lines)
    return _known[identity]


def _identity(stream: IO[bytes]) -> tuple[object, ...]:
    """Another one as soon as the file is written to: which file, its size and times; for one in memory its SHA-256.

    The time of the inode's change is among them: unlike that of the content, nobody can set it back.
    """
    try:
        found = os.fstat(stream.fileno())
    except io.UnsupportedOperation:
        stream.seek(0)
        return (hashlib.sha256(stream.read()).digest(),)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _searched(line: ArchivedLine) -> str:
    return f"{line.who} {line.what} {line.about} {line.reason or ''} {line.place} {line.values}".casefold()


def _plain(values: Any) -> str:
    return orjson.dumps(values).decode()


class _Words:
    """Says lines in words; what an instance's head told holds for the rows after it."""

    def __init__(self, session: Session, locale: str) -> None:
        self.session, self.locale = session, locale
        self.names: dict[tuple[str, int], Names] = {}

    def line(self, raw: Mapping[str, Any]) -> ArchivedLine | None:
        if "entry" in raw:
            return self._entry(raw)
        if "store" in raw:
            return self._value(raw)
        return self._row(raw) if "event" in raw else None

    def _entry(self, raw: Mapping[str, Any]) -> ArchivedLine:
        old, new = self._open(raw["old"]), self._open(raw["new"])
        return ArchivedLine(
            datetime.fromisoformat(raw["at"]), who(self._open(raw["actor"]), self.locale),
            entry_sentence(raw["action"], old, new, self.locale),
            subject(raw["subject"], self.locale), raw["reason"], f"log entry {raw['entry']}",
            _plain([old, new]),
        )  # fmt: skip

    def _value(self, raw: Mapping[str, Any]) -> ArchivedLine:
        given = {"value": raw["value"]}
        return ArchivedLine(
            datetime.fromisoformat(raw["at"]), who(self._open(raw["actor"]), self.locale),
            entry_sentence("store_changed", {}, given, self.locale),
            subject(f"store:{raw['store']}", self.locale), raw["reason"],
            f"store {raw['store']} revision {raw['revision']}", _plain(given),
        )  # fmt: skip

    def _row(self, raw: Mapping[str, Any]) -> ArchivedLine:
        data = self._open(raw["data"])
        head = raw["of"]
        said = sentence(
            raw["event"], raw["element"], data, self._names(head), self.locale, before={}
        )
        return ArchivedLine(
            datetime.fromisoformat(raw["at"]), who(self._open(raw["actor"]), self.locale), said,
            str(head.get("business_key") or head.get("process") or ""), data.get("reason"),
            f"history {raw['instance']} row {raw['seq']}", _plain(data),
        )  # fmt: skip

    def _open(self, value: Any) -> Any:
        return revealed(self.session, value, self.locale)

    def _names(self, head: Mapping[str, Any]) -> Names:
        key = (str(head.get("process")), int(head.get("version") or 0))
        if key not in self.names:
            version: UUID | None = self.session.scalar(
                select(process_version.c.id).where(
                    process_version.c.key == key[0], process_version.c.version == key[1]
                )
            )
            self.names[key] = names_of(self.session, version) if version is not None else {}
        return self.names[key]
