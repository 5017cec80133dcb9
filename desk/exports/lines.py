"""Every row of the history, or every entry of the log, as lines for spreadsheets and programs; in the order of time.

Values sealed with a key that is still there are open in the file: who may export may read. Hashes come along, so that a
row in a file can be held against the chain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from desk.audit.models import AuditEntry
from desk.audit.names import name_in, names_of
from desk.audit.personal import PREFIX, revealed
from desk.audit.words import entry_sentence, sentence, who
from desk.exports.source import bounds, log_bounds
from desk.exports.wanted import Wanted
from desk.tickets.models import Ticket
from engine.operators import Text
from engine.tables import history, process_instance, process_version

HEADINGS: Final[dict[str, Text]] = {
    "at": Text("Time", "时间"),
    "who": Text("Who", "操作人"),
    "actor": Text("Who (id)", "操作人编号"),
    "address": Text("From address", "来源地址"),
    "what": Text("What happened", "操作内容"),
    "event": Text("Event", "事件"),
    "step": Text("Step", "步骤"),
    "element": Text("Element", "元素"),
    "ticket": Text("Ticket", "工单"),
    "subject": Text("Subject", "对象"),
    "process": Text("Process", "流程"),
    "version": Text("Version", "版本"),
    "instance": Text("Instance", "流程实例"),
    "seq": Text("Row", "序号"),
    "old": Text("Before", "修改前"),
    "data": Text("Values", "数据"),
    "reason": Text("Reason", "原因"),
    "hash": Text("Hash", "哈希"),
}
COLUMNS: Final = {
    "history": (
        "at", "who", "actor", "address", "what", "event", "step", "element", "ticket", "process",
        "version", "instance", "seq", "data", "hash",
    ),
    "log": (
        "at", "who", "actor", "address", "what", "event", "subject", "ticket", "old", "data",
        "reason", "seq",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Values by column, and where to go on after it."""

    values: dict[str, Any]
    place: list[Any]


def lines(session: Session, wanted: Wanted, after: list[Any] | None) -> Iterator[Line]:
    """All lines of what is wanted, beyond a place."""
    return (_log if wanted.source == "log" else _history)(session, wanted, after)


def _history(session: Session, wanted: Wanted, after: list[Any] | None) -> Iterator[Line]:
    query = (
        select(
            history, process_instance.c.version_id, process_version.c.key,
            process_version.c.version, Ticket.number,
        )
        .join(process_instance, process_instance.c.id == history.c.instance_id)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .outerjoin(Ticket, Ticket.instance_id == history.c.instance_id)
        .where(*bounds(wanted))
        .order_by(history.c.at, history.c.instance_id, history.c.seq)
    )  # fmt: skip
    if after is not None:
        at, instance, seq = datetime.fromisoformat(after[0]), UUID(after[1]), after[2]
        query = query.where(
            or_(
                history.c.at > at,
                and_(
                    history.c.at == at,
                    tuple_(history.c.instance_id, history.c.seq) > tuple_(instance, seq),
                ),
            )
        )
    locale = wanted.locale
    for row in session.execute(query):
        names = names_of(session, row.version_id)
        actor, data = _open(session, row.actor, locale), _open(session, row.data, locale)
        at = row.at.isoformat()
        yield Line(
            {
                "at": row.at, "who": who(actor, locale), "actor": _reference(actor),
                "address": actor.get("from"),
                "what": sentence(row.event, row.element_id, data, names, locale),
                "event": row.event, "step": name_in(names, row.element_id, locale),
                "element": row.element_id, "ticket": row.number, "process": row.key,
                "version": row.version, "instance": str(row.instance_id), "seq": row.seq,
                "data": data, "hash": bytes(row.hash).hex(),
            },
            [at, str(row.instance_id), row.seq],
        )  # fmt: skip


def _log(session: Session, wanted: Wanted, after: list[Any] | None) -> Iterator[Line]:
    query = (
        select(AuditEntry.__table__, Ticket.number)
        .outerjoin(Ticket, Ticket.id == AuditEntry.ticket_id)
        .where(*log_bounds(wanted))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    if after is not None:
        at = datetime.fromisoformat(after[0])
        query = query.where(
            or_(AuditEntry.at > at, and_(AuditEntry.at == at, AuditEntry.id > after[1]))
        )
    locale = wanted.locale
    for row in session.execute(query):
        actor = _open(session, row.actor, locale)
        old, new = _open(session, row.old, locale), _open(session, row.new, locale)
        yield Line(
            {
                "at": row.at, "who": who(actor, locale), "actor": row.actor_ref,
                "address": row.address, "what": entry_sentence(row.action, old, new, locale),
                "event": row.action, "subject": row.subject, "ticket": row.number, "old": old,
                "data": new, "reason": row.reason, "seq": row.id,
            },
            [row.at.isoformat(), row.id],
        )  # fmt: skip


def _open(session: Session, value: Any, locale: str) -> Any:
    return revealed(session, value, locale) if PREFIX in str(value) else value


def _reference(actor: dict[str, Any]) -> str:
    return actor["kind"] if actor.get("id") is None else f"{actor['kind']}:{actor['id']}"
