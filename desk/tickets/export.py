"""Tickets as CSV (导出工单) [004 §4.8.2, §4.10]: streamed, for Excel, and harmless there."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, stream_with_context
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.contacts.addresses import shown_phone
from desk.fields.lists import Names, columns, texts
from desk.fields.values import active_fields
from desk.people.access import current_actor
from desk.people.log import record
from desk.tickets.queries import TicketFilter, TicketRow, count_tickets, walk_tickets
from desk.tickets.statuses import statuses
from desk.tickets.trail import CHANNELS, PRIORITIES, STATES, who_did
from desk.web.localisation import words
from engine.timestamps import utc_now

AT_ONCE: Final = 500  # tickets whose fields are read together
BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the machine's code page
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection); also in full width.
FORMULA: Final = frozenset("=+-@＝＋－＠\t\r\n")

HEADINGS: Final[tuple[Any, ...]] = (
    _l("Ticket number"), _l("Title"), _l("State"), _l("Status"), _l("Priority"), _l("Channel"), _l("Customer"),
    _l("Company"), _l("Phone"), _l("Address"), _l("Team"), _l("Person"), _l("Opened by"),
    _l("Created"), _l("Deadline"), _l("Processed"), _l("Ended at"),
)  # fmt: skip


def csv_of(wanted: TicketFilter, filters: str, *, sort: str, ascending: bool) -> Response:
    """The answer with the tickets as CSV, written while it is sent. Side effect: a line in the log."""
    desk = current_desk()
    with desk.reading() as session:
        count = count_tickets(session, wanted)
    with desk.database.transaction() as session:
        actor = current_actor()
        taken = {"tickets": count, "filter": filters}
        record(session, "tickets_exported", actor=actor, subject=actor.reference, new=taken)
    zone = ZoneInfo(desk.settings.timezone)
    rows = walk_tickets(desk.reading, wanted, sort=sort, ascending=ascending)
    lines = as_csv(rows, zone, desk.reading)
    response = Response(stream_with_context(lines), content_type="text/csv; charset=utf-8")
    name = f"tickets-{utc_now().astimezone(zone):%Y%m%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "no-store"
    return response


def as_csv(
    rows: Iterable[TicketRow],
    zone: ZoneInfo,
    reading: Callable[[], AbstractContextManager[Session]],
) -> Iterator[str]:
    """Lines of RFC 4180, headings first, in the reader's language; times in `zone`.

    Behind the ticket's own columns stand the fields that lists show.
    """
    with reading() as session:
        fields = columns(active_fields(session))
        own = {key: words(one.title) for key, one in statuses(session).items()}
    line = io.StringIO()
    writer = csv.writer(line)

    def written(cells: Iterable[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    labels = [words(field.label) for field in fields]
    yield BOM + written([*(str(heading) for heading in HEADINGS), *map(harmless, labels)])
    for together in _batched(rows, AT_ONCE):
        with reading() as session:
            has = texts(session, fields, [row.id for row in together], Names(session))
        for row in together:
            shown = [harmless(has[row.id].get(field.key, "")) for field in fields]
            yield written([*_cells(row, zone, own), *shown])


def _batched(rows: Iterable[TicketRow], size: int) -> Iterator[list[TicketRow]]:
    left = iter(rows)
    while found := list(islice(left, size)):
        yield found


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would calculate it."""
    return f"'{text}" if text.lstrip(" ")[:1] in FORMULA else text


def _cells(row: TicketRow, zone: ZoneInfo, own: Mapping[str, str]) -> list[str]:
    texts = (
        row.number,
        row.title,
        STATES.get(row.state, row.state),
        own.get(row.status or ""),
        PRIORITIES.get(row.priority, row.priority),
        CHANNELS.get(row.channel, row.channel),
        row.customer,
        row.company,
        shown_phone(row.phone) if row.phone else None,
        row.address,
        row.team,
        row.assignee,
        who_did(row.created_by),
    )
    times = (row.created_at, row.deadline, row.processed_at, row.ended_at)
    return [harmless(str(text or "")) for text in texts] + [_local(at, zone) for at in times]


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else ""
