"""What is asked of the history: one timeline of processes and log, newest first, cut by key."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, String, and_, cast, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from desk.audit.models import Archive, AuditEntry, Root
from desk.audit.names import names_of
from desk.audit.personal import revealed
from desk.audit.words import entry_sentence, sentence, subject, who
from desk.cockpit.scope import visible, visible_ids
from desk.people.models import TeamMember, User
from desk.people.permissions import can
from desk.tickets.models import Ticket
from engine.tables import (
    history,
    history_actor,
    history_of_people,
    history_rare,
    process_instance,
    process_version,
)

PAGE: Final = 50
# Of so many processes all rows are looked at, found by their key; of more, the history is walked back in time.
FEW: Final = 1000
CLOCKS: Final = timedelta(days=1)  # by which clocks may differ
# As engine.tables has them in the conditions of its indexes.
IN_EVERY_PROCESS: Final = ("started", "completed", "submitted", "claimed", "ended")
OF_THE_MACHINE: Final = ("completed", "decided", "thrown", "received", "fired", "variables")


class BadCursor(ValueError):
    """A place in the timeline that this page did not give out."""


@dataclass(frozen=True)
class HistoryFilter:
    """What the timeline is narrowed to."""

    person: str | None = None  # "user:7" | "system"
    since: datetime | None = None
    until: datetime | None = None
    subject: str | None = None  # "user:7", "team:3", "process:ticket-basic" …
    action: str | None = None  # an action of the log, or an event of processes
    process: str | None = None  # key of a definition
    ticket: str | None = None  # number of a ticket
    details: bool = False  # also rows that tell of the machine, not of what people wanted


@dataclass(frozen=True)
class TimelineLine:
    """One line: `who` did `what`. `place` names the row as `audit verify` does."""

    at: datetime
    who: str
    what: str
    address: str | None
    source: str  # process | log
    ticket_id: int | None
    ticket: str | None
    subject: str
    reason: str | None
    place: str


@dataclass(frozen=True)
class Timeline:
    """A page of lines, and the cursor of the next one."""

    lines: Sequence[TimelineLine]
    next: str | None


def timeline(
    session: Session,
    user: User,
    wanted: HistoryFilter,
    *,
    locale: str,
    after: str | None = None,
    limit: int = PAGE,
) -> Timeline:
    """A page of what this person may see (needs `user.teams`). Raises BadCursor."""
    cursor = _read(after) if after else None
    found: list[tuple[Any, ...]] = []
    if wanted.process is None and (wanted.action is None or wanted.action not in EVENTS):
        found += [
            (row.at, 1, row.id, row) for row in _entries(session, user, wanted, cursor, limit)
        ]
    if wanted.subject is None and (wanted.action is None or wanted.action in EVENTS):
        found += [
            (row.at, 0, (row.instance_id, row.seq), row)
            for row in _rows(session, user, wanted, cursor, limit)
        ]
    found.sort(key=lambda item: item[:2], reverse=True)  # each source is in its own order already
    page = found[:limit]
    values = _values_before(session, [row for _at, source, _id, row in page if source == 0])
    lines = [
        _entry_line(session, row, locale)
        if source
        else _row_line(session, row, values.get((row.instance_id, row.seq), {}), locale)
        for _at, source, _id, row in page
    ]
    more = len(found) > limit
    return Timeline(lines, _write(page[-1]) if more and page else None)


RUNNING: Final = ("active", "suspended", "failed")
EVENTS: Final = frozenset(
    {
        "started", "completed", "submitted", "claimed", "released", "fired", "received", "thrown",
        "decided", "cancelled", "suspended", "resumed", "edited", "variables", "moved", "added",
        "migrated", "reverted", "retried", "resolved", "ended", "failed",
    }
)  # fmt: skip


def _entries(
    session: Session, user: User, wanted: HistoryFilter, cursor: Any, limit: int
) -> Sequence[Any]:
    query = select(AuditEntry.__table__, Ticket.number).outerjoin(
        Ticket, Ticket.id == AuditEntry.ticket_id
    )
    conditions: list[ColumnElement[bool]] = [*_time(AuditEntry.at, wanted)]
    if wanted.person:
        conditions.append(AuditEntry.actor_ref == wanted.person)
    if wanted.subject:
        conditions.append(AuditEntry.subject == wanted.subject)
    if wanted.action:
        conditions.append(AuditEntry.action == wanted.action)
    if wanted.ticket:
        of_ticket = select(Ticket.id).where(Ticket.number == wanted.ticket)
        conditions.append(AuditEntry.ticket_id == of_ticket.scalar_subquery())
    mine = own_entries(user)
    if mine is not None:
        conditions.append(mine)
    if cursor is not None:
        at, source, place = cursor
        if source == 1:
            conditions.append(AuditEntry.at <= at)
            conditions.append(or_(AuditEntry.at < at, AuditEntry.id < place))
        else:
            conditions.append(AuditEntry.at < at)
    return session.execute(
        query.where(*conditions)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit + 1)
    ).all()


def own_entries(user: User) -> ColumnElement[bool] | None:
    """Whose entries this person sees: own ones, those of people in the own teams, and those about their tickets.

    None: all. Needs `user.teams`.
    """
    if can(user, "process.all"):
        return None
    teams = [team.id for team in user.teams]
    if not teams:
        return AuditEntry.actor_ref == f"user:{user.id}"
    members = select("user:" + cast(TeamMember.user_id, String)).where(
        TeamMember.team_id.in_(teams)
    )
    return or_(
        AuditEntry.actor_ref == f"user:{user.id}",
        AuditEntry.actor_ref.in_(members),
        AuditEntry.ticket_id.in_(select(Ticket.id).where(Ticket.team_id.in_(teams))),
    )


def _rows(
    session: Session, user: User, wanted: HistoryFilter, cursor: Any, limit: int
) -> Sequence[Any]:
    keys = _keys(session, user, wanted, cursor, limit)
    if not keys:
        return []
    rows = session.execute(
        select(
            history, process_instance.c.version_id, process_version.c.key,
            Ticket.id.label("ticket_id"), Ticket.number,
        )
        .join(process_instance, process_instance.c.id == history.c.instance_id)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .outerjoin(Ticket, Ticket.instance_id == history.c.instance_id)
        # a few rows more than the keys, but found by the primary key on both databases
        .where(
            history.c.instance_id.in_({instance for instance, _seq in keys}),
            history.c.seq.in_({seq for _instance, seq in keys}),
        )
    )  # fmt: skip
    found = {(row.instance_id, row.seq): row for row in rows}
    return [found[key] for key in keys]


def _keys(
    session: Session, user: User, wanted: HistoryFilter, cursor: Any, limit: int
) -> list[tuple[UUID, int]]:
    """Which rows are on the page.

    Where the filter leaves few processes their rows are asked for; else the history is walked along an index of its
    time: by itself, of an event, or of a person.
    """
    narrowed = _narrowed(session, user, wanted)
    few, conditions = _few(session, narrowed)
    if few is not None and not few:
        return []
    conditions += _time(history.c.at, wanted)
    if wanted.person:
        conditions.append(history_actor == wanted.person)
    if wanted.action:
        conditions.append(history.c.event == wanted.action)
        # says which indexes have all of it
        if wanted.action not in IN_EVERY_PROCESS:
            conditions.append(history_rare)
        if wanted.action not in OF_THE_MACHINE:
            conditions.append(history_of_people)
    elif not wanted.details:
        conditions.append(history_of_people)
        # a step that the diagram left; that of a whole process is somebody's act
        conditions.append(or_(history.c.event != "cancelled", history.c.element_id.is_(None)))
    if cursor is not None:
        at, source, place = cursor
        if source == 1:
            conditions.append(history.c.at <= at)
        else:
            instance, seq = UUID(place[0]), int(place[1])
            key = tuple_(history.c.instance_id, history.c.seq) < tuple_(instance, seq)
            # said first alone: "before, or at the same time and behind" is no range of an index
            conditions.append(history.c.at <= at)
            conditions.append(or_(history.c.at < at, key))
    query = select(history.c.at, history.c.instance_id, history.c.seq).where(*conditions)
    place_of: Any = history.c
    if few is not None:
        # by itself, lest the database walks the whole time for the sake of the order
        own = query.where(history.c.instance_id.in_(few)).cte("own").prefix_with("MATERIALIZED")
        query, place_of = select(own), own.c
    rows = session.execute(
        query.order_by(place_of.at.desc(), place_of.instance_id.desc(), place_of.seq.desc())
        .limit(limit + 1)
    )  # fmt: skip
    return [(row.instance_id, row.seq) for row in rows]


@dataclass(frozen=True)
class _Narrowed:
    """Processes that a filter leaves: the question for their ids, and the same as a condition on a row."""

    ids: Any
    row: ColumnElement[bool]


def _narrowed(session: Session, user: User, wanted: HistoryFilter) -> list[_Narrowed]:
    found = []
    if wanted.ticket:
        of_ticket = select(Ticket.instance_id).where(Ticket.number == wanted.ticket)
        found.append(_Narrowed(of_ticket, history.c.instance_id.in_(of_ticket)))
    seen = visible(user, history.c.instance_id)
    if seen is not None:
        found.append(_Narrowed(visible_ids(user), seen))
    if wanted.process:
        own = select(process_version.c.id).where(process_version.c.key == wanted.process)
        versions = session.scalars(own).all()
        of = process_instance.c.version_id.in_(versions)
        row: ColumnElement[bool] = (
            select(process_instance.c.version_id)
            .where(process_instance.c.id == history.c.instance_id)
            .scalar_subquery()
            .in_(versions)
        )
        running = select(process_instance.c.id).where(of, process_instance.c.status.in_(RUNNING))
        if session.execute(running.limit(1)).first() is None:
            last = session.scalar(select(func.max(process_instance.c.ended_at)).where(of))
            row = and_(row, history.c.at <= last + CLOCKS) if last else false()
        found.append(_Narrowed(select(process_instance.c.id).where(of), row))
    return found


def _few(
    session: Session, narrowed: list[_Narrowed]
) -> tuple[Sequence[UUID] | None, list[ColumnElement[bool]]]:
    """The processes, if one of these leaves few; and what else the rows must fulfil."""
    for one in narrowed:
        ids = session.scalars(one.ids.limit(FEW + 1)).all()
        if len(ids) <= FEW:
            return ids, [other.row for other in narrowed if other is not one]
    return None, [one.row for one in narrowed]


def _time(column: Any, wanted: HistoryFilter) -> list[ColumnElement[bool]]:
    found = []
    if wanted.since:
        found.append(column >= wanted.since)
    if wanted.until:
        found.append(column < wanted.until)
    return found


def _values_before(
    session: Session, rows: Sequence[Any]
) -> dict[tuple[UUID, int], Mapping[str, Any]]:
    """For each row, the values of its process before it: what makes "from normal to high" of "high"."""
    wanted: dict[UUID, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.instance_id, set()).add(row.seq)
    found: dict[tuple[UUID, int], Mapping[str, Any]] = {}
    for instance, places in wanted.items():
        values: dict[str, Any] = {}
        for seq, data in session.execute(
            select(history.c.seq, history.c.data)
            .where(history.c.instance_id == instance, history.c.seq <= max(places))
            .order_by(history.c.seq)
        ):
            if seq in places:
                found[instance, seq] = dict(values)
            values |= data.get("set") or {}
    return found


def _row_line(session: Session, row: Any, before: Mapping[str, Any], locale: str) -> TimelineLine:
    names = names_of(session, row.version_id)
    actor = revealed(session, row.actor, locale)
    data = revealed(session, row.data, locale)
    before = revealed(session, before, locale)
    what = sentence(row.event, row.element_id, data, names, locale, before=before)
    return TimelineLine(
        row.at, who(actor, locale), what, actor.get("from"), "process", row.ticket_id, row.number,
        row.number or row.key, data.get("reason"), f"history {row.instance_id} row {row.seq}",
    )  # fmt: skip


def _entry_line(session: Session, row: Any, locale: str) -> TimelineLine:
    old, new = revealed(session, row.old, locale), revealed(session, row.new, locale)
    if row.address is not None and new.get("address") == row.address:
        del new["address"]  # it has a column of its own
    return TimelineLine(
        row.at, who(revealed(session, row.actor, locale), locale),
        entry_sentence(row.action, old, new, locale), row.address, "log", row.ticket_id,
        row.number, row.number or subject(row.subject, locale), row.reason, f"log entry {row.id}",
    )  # fmt: skip


def _write(item: tuple[Any, ...]) -> str:
    at, source, place, _row = item
    shown = place if source else [str(place[0]), place[1]]
    content = orjson.dumps([at.isoformat(), source, shown])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, int, Any]:
    try:
        at, source, place = orjson.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        if source == 1:
            return datetime.fromisoformat(at), 1, int(place)
        return datetime.fromisoformat(at), 0, (str(UUID(place[0])), int(place[1]))
    except (binascii.Error, ValueError, TypeError, IndexError, KeyError) as error:
        raise BadCursor(cursor) from error


def roots(session: Session, limit: int = 30) -> Sequence[Root]:
    """The newest roots."""
    return session.scalars(select(Root).order_by(Root.number.desc()).limit(limit)).all()


def archives(session: Session, limit: int = 100) -> Sequence[Archive]:
    """The newest archives."""
    return session.scalars(select(Archive).order_by(Archive.id.desc()).limit(limit)).all()


def counts(session: Session) -> tuple[int, int]:
    """How many rows the histories of processes ever had, and the log."""
    return (
        session.scalar(select(func.coalesce(func.sum(process_instance.c.history_seq), 0))) or 0,
        session.scalar(select(func.coalesce(func.max(AuditEntry.id), 0))) or 0,
    )
