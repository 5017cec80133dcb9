"""A diagram prints."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.tickets.models import Attachment, Message
from engine.operators import JobRun, OperatorError
from printing.operators import ticket_print
from printing.press import Press


@pytest.fixture
def run(desk: Desk) -> Any:
    """Calls the operator as a worker does; the results with which it ended its job."""
    ended: list[Any] = []

    def call(**arguments: Any) -> list[Any]:
        job = JobRun(
            desk.database,
            desk,
            "key",
            1,
            None,
            "Print",
            lambda _session, result: ended.append(result),
        )
        ticket_print(job, **arguments)
        return ended

    return call


def test_the_pdf_is_kept_with_the_ticket(
    desk: Desk, mailed: Any, crew: SimpleNamespace, run: Any, machine: Press
) -> None:
    ticket = mailed(subject="打印机坏了")
    (result,) = run(ticket_id=ticket.id, layout="work_order")
    with desk.reading() as session:
        message = session.get_one(Message, result["message_id"])
        (file,) = session.scalars(select(Attachment).where(Attachment.message_id == message.id))
        logged = session.scalars(
            select(AuditEntry.ticket_id).where(AuditEntry.action == "tickets_printed")
        ).all()
    assert (message.ticket_id, message.kind, message.text) == (ticket.id, "note", "派工单")
    assert (file.filename, file.sha256) == (f"{ticket.number}-work_order.pdf", result["sha256"])
    assert len(PdfReader(io.BytesIO(desk.storage.get(file.storage_key))).pages) == result["pages"]
    assert logged == [ticket.id]


def test_what_cannot_be_printed_is_an_error_for_the_diagram(
    desk: Desk, mailed: Any, crew: SimpleNamespace, run: Any
) -> None:
    ticket = mailed()
    for arguments in (
        {"ticket_id": 999},
        {"ticket_id": ticket.id, "layout": "nothing"},
        {"ticket_id": ticket.id, "layout": "report"},
    ):
        with pytest.raises(OperatorError):
            run(**arguments)
    with desk.reading() as session:
        assert session.scalar(select(Attachment)) is None
