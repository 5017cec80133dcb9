"""Words in what was said and in what was filled in: which tickets hold them, and where.

A text is found by its parts: two neighbouring characters of Chinese, three of other words. On PostgreSQL the parts of
every message stand in an inverted index; it is kept by the scheduler, so that filing a message costs nothing, and what
it has not reached yet is looked through, as everything is on SQLite. Whatever the index offers is compared with the
words themselves. Words of one Chinese character or one letter have no parts: they are not looked for in texts.
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

from desk.tickets.models import PARTS, Message, Ticket, message_words
from engine.database import Database

MOST_INDEXED = 20_000  # characters of one text; what stands further down is not found
AT_ONCE = 500  # messages of one transaction
SETTLED = timedelta(seconds=60)  # longer than the time between giving an id and its commit
AROUND = 36  # characters that an excerpt shows before and after the word

_CHINESE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(rf"[{_CHINESE}]+|[^\W_{_CHINESE}]+")
_IS_CHINESE = re.compile(rf"[{_CHINESE}]")


def parts_of(text: str) -> set[str]:
    """What a text is found by: `打印机 is out` → 打印, 印机, is, out."""
    found: set[str] = set()
    for run in _RUN.findall(text[:MOST_INDEXED].lower()):
        size = 2 if len(run) == 2 or _IS_CHINESE.match(run) else 3
        found.update(run[i : i + size] for i in range(len(run) - size + 1))
    return found


def holding(text: str) -> ColumnElement[bool] | None:
    """The condition that a ticket was filled in with all these words, or that one message of it says them all.

    None where no word is long enough to be looked for.
    """
    words = _words(text)
    if not words:
        return None
    filled = _FormValues(Ticket.form_data)
    return or_(
        and_(*(filled.icontains(word, autoescape=True) for word in words)),
        Ticket.id.in_(select(Message.ticket_id).where(_says(words))),
    )


def excerpts(session: Session, text: str, ticket_ids: Sequence[int]) -> dict[int, Markup]:
    """Where the words stand, by ticket: a piece of the newest message that says them, or of the form; words marked."""
    words = _words(text)
    if not words or not ticket_ids:
        return {}
    newest = (
        select(func.max(Message.id))
        .where(Message.ticket_id.in_(ticket_ids), _says(words))
        .group_by(Message.ticket_id)
    )
    said = session.execute(
        select(Message.ticket_id, Message.text).where(Message.id.in_(newest))
    ).all()
    found = {row.ticket_id: piece for row in said if (piece := excerpt(row.text, words))}
    rest = [ticket_id for ticket_id in ticket_ids if ticket_id not in found]
    for row in session.execute(select(Ticket.id, Ticket.form_data).where(Ticket.id.in_(rest))):
        if piece := excerpt(" · ".join(_texts(row.form_data)), words):
            found[row.id] = piece
    return found


def excerpt(text: str, words: Iterable[str]) -> Markup | None:
    """The piece of a text around the first of the words that it holds, with all of them marked; None without any."""
    flat = " ".join(text.split())
    marked = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    first = marked.search(flat)
    if first is None:
        return None
    start, end = max(0, first.start() - AROUND), min(len(flat), first.end() + 2 * AROUND)
    piece = flat[start:end]
    parts = [escape("…" if start else "")]
    at = 0
    for match in marked.finditer(piece):
        parts += [escape(piece[at : match.start()]), Markup("<mark>{}</mark>").format(match[0])]
        at = match.end()
    parts += [escape(piece[at:]), escape("…" if end < len(flat) else "")]
    return Markup("").join(parts)


def index_new(database: Database, now: datetime) -> int:
    """Take up to AT_ONCE further messages into the index of PostgreSQL; how many. Elsewhere there is none."""
    if database.is_sqlite:
        return 0
    with database.transaction() as session:
        rows = session.execute(
            select(Message.id, Message.subject, Message.text, Message.updated_at)
            .where(Message.id > _reached())
            .order_by(Message.id)
            .limit(AT_ONCE)
        ).all()
        # A lower id may be on its way still: what is younger than any transaction waits for the next time.
        settled = list(takewhile(lambda row: row.updated_at <= now - SETTLED, rows))
        if settled:
            entries = [
                {"message_id": row.id, "parts": _numbers(parts_of(f"{row.subject} {row.text}"))}
                for row in settled
            ]
            # Two schedulers may be at it at once.
            session.execute(insert(message_words).on_conflict_do_nothing(), entries)
    return len(settled)


def forget(session: Session, message_ids: Sequence[int]) -> None:
    """Take messages out of the index, because their words are erased."""
    session.execute(delete(message_words).where(message_words.c.message_id.in_(message_ids)))


# ----------------------------------------------------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    """The words to look for, as written; those without parts are left out."""
    return [word for word in text.split() if parts_of(word)][:10]


def _numbers(parts: Iterable[str]) -> list[int]:
    """Parts as the index keeps them: half the size, and two that get the same number are told apart by the words."""
    return sorted({zlib.crc32(part.encode()) - 2**31 for part in parts})


def _says(words: Sequence[str]) -> ColumnElement[bool]:
    parts = _numbers(set().union(*(parts_of(word) for word in words)))
    offered = union_all(
        select(message_words.c.message_id).where(
            _HasAll(message_words.c.parts, literal(parts, PARTS))
        ),
        select(Message.id).where(Message.id > _reached()),
    )
    return and_(
        Message.id.in_(offered),
        *(
            or_(
                Message.text.icontains(word, autoescape=True),
                Message.subject.icontains(word, autoescape=True),
            )
            for word in words
        ),
    )


def _reached() -> Any:
    """The last message of the index; all before it are there."""
    return select(func.coalesce(func.max(message_words.c.message_id), 0)).scalar_subquery()


def _texts(form_data: Mapping[str, object]) -> list[str]:
    return [value for value in form_data.values() if isinstance(value, str)]


class _FormValues(FunctionElement[str]):
    """The values of a JSON object as one text, without its keys."""

    type = Text()
    inherit_cache = True


@compiles(_FormValues, "postgresql")
def _values_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"(SELECT string_agg(value, ' ') FROM jsonb_each_text({column}))"  # noqa: S608 - our own column


@compiles(_FormValues, "sqlite")
def _values_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"(SELECT group_concat(value, ' ') FROM json_each({column}))"  # noqa: S608 - our own column


class _HasAll(FunctionElement[bool]):
    """Whether a list of parts holds all of another; there are no lists on SQLite."""

    type = Boolean()
    inherit_cache = True


@compiles(_HasAll, "postgresql")
def _has_all_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    held, wanted = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{held} @> {wanted}"


@compiles(_HasAll, "sqlite")
def _has_all_on_sqlite(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "0"
