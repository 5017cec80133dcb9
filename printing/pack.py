"""The audit pack of one ticket: its facts, its process with diagram, path, steps and history, and the hashes of all.

The same facts go into the PDF as a JSON file, and the diagram as BPMN, so that a program can check them (PDF/A-3).
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.models import ArchivedChain, AuditEntry
from desk.audit.names import names_of
from desk.audit.personal import revealed
from desk.audit.words import entry_sentence, sentence, who
from desk.diagrams.drawing import DrawingTooLarge, NoDrawing
from desk.diagrams.instance import instance_picture
from desk.tickets.models import Ticket
from desk.web.localisation import words
from engine import inspection
from engine.history import START, chain, plain
from engine.tables import process_instance, process_version
from printing.facts import ticket_facts
from printing.steps import done_steps, outcomes_of, version_of
from printing.wording import second

MOST_ROWS = 2000  # of history on paper; the attached file has all


def pack_facts(
    session: Session, desk: Desk, ticket: Ticket, *, by: str, locale: str
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """(what the layout prints, the files to attach); call it inside `speaking`."""
    rows = inspection.history_of(session, ticket.instance_id)
    xml = inspection.diagram(session, ticket.instance_id)
    facts = ticket_facts(session, desk, ticket, by=by, locale=locale, notes=True)
    facts |= {
        "flow": _flow(session, ticket.instance_id),
        "chain": chain_facts(session, ticket.instance_id, rows),
        "steps": done_steps(session, desk, ticket, rows, locale),
        "diagram": {"svg": _diagram(session, desk, ticket, locale)},
        "history": _history(session, desk, ticket, rows[:MOST_ROWS], locale),
        "log": _log(session, ticket, locale),
    }
    # the rows as the hashes were made of them, personal values sealed; in words they are in the document
    chained = [{**row, "hash": row["hash"].hex()} for row in rows]
    said = {key: value for key, value in facts.items() if key != "diagram"}
    data = {**said, "history_in_words": facts["history"], "history": plain(chained)}
    return facts, {
        f"{ticket.number}.json": orjson.dumps(data, option=orjson.OPT_INDENT_2),
        f"{ticket.number}.bpmn": xml,
    }


def chain_facts(session: Session, instance_id: UUID, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether each row's hash follows from the row before it, up to the last one that the instance knows of.

    Rows that are in an archive by now are not judged: the chain then begins where the archive ends.
    """
    archived = session.get(ArchivedChain, instance_id)
    seq, previous = (archived.seq, archived.hash) if archived else (0, START)
    broken = None
    for row in rows:
        expected = chain(previous, row)
        if row["hash"] != expected or row["seq"] != seq + 1:
            broken = seq + 1
            break
        seq, previous = row["seq"], expected
    known = session.execute(
        select(process_instance.c.history_seq, process_instance.c.history_hash).where(
            process_instance.c.id == instance_id
        )
    ).one()
    if broken is None and (known.history_seq, known.history_hash) != (seq, previous):
        broken = seq + 1
    return {
        "whole": broken is None,
        "broken_at": broken or 0,
        "last": previous.hex(),
        "archived": archived.seq if archived else 0,
    }


def _flow(session: Session, instance_id: UUID) -> dict[str, Any]:
    row = session.execute(
        select(process_version)
        .join(process_instance, process_instance.c.version_id == process_version.c.id)
        .where(process_instance.c.id == instance_id)
    ).one()
    return {
        "name": words(row.name),
        "key": row.key,
        "version": row.version,
        "sha256": row.sha256,
        "instance": str(instance_id),
    }


def _diagram(session: Session, desk: Desk, ticket: Ticket, locale: str) -> str:
    """The diagram with path, tokens and faults; empty where the file has no drawing."""
    try:
        return instance_picture(session, desk.engine, ticket.instance_id, locale=locale)
    except (NoDrawing, DrawingTooLarge):
        return ""


def _history(
    session: Session, desk: Desk, ticket: Ticket, rows: list[dict[str, Any]], locale: str
) -> list[dict[str, Any]]:
    """A sentence a row, with its hash."""
    version_id = version_of(session, ticket)
    names = names_of(session, version_id)
    outcomes = outcomes_of(desk, session, version_id)
    found = []
    for row in rows:
        data = revealed(session, row["data"], locale)
        labels = {key: words(label) for key, label in outcomes.get(row["element_id"], {}).items()}
        event, element = row["event"], row["element_id"]
        found.append(
            {
                "seq": row["seq"],
                "at": second(row["at"]),
                "who": who(revealed(session, row["actor"], locale), locale),
                "text": sentence(event, element, data, names, locale, outcomes=labels),
                "reason": data.get("reason") or "",
                "hash": row["hash"].hex(),
            }
        )
    return found


def _log(session: Session, ticket: Ticket, locale: str) -> list[dict[str, Any]]:
    """What the audit log holds of the ticket beside its process: reading, printing, changing by hand."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.ticket_id == ticket.id)
        .order_by(AuditEntry.id)
        .limit(MOST_ROWS)
    )
    return [
        {
            "at": second(entry.at),
            "who": who(revealed(session, entry.actor, locale), locale),
            "address": entry.address or "",
            "text": entry_sentence(
                entry.action,
                revealed(session, entry.old, locale),
                revealed(session, entry.new, locale),
                locale,
            ),
            "reason": entry.reason or "",
        }
        for entry in entries
    ]
