"""Printing, offered to diagrams: a ticket as PDF, kept with the ticket, for the archive or to be signed."""

from typing import Annotated, Any

from sqlalchemy.orm import Session

from desk.application import Desk
from desk.tickets.attachments import StoredFile
from desk.tickets.models import Ticket
from desk.tickets.operations import receive_message
from desk.tickets.parameters import TicketParam
from engine.actors import SYSTEM
from engine.operators import JobRun, OperatorError, Operators, Param, Text
from printing.documents import log_printed, ticket_order, tickets
from printing.press import PrintRefused, Sheet, press
from printing.queries import Layout, layout_by_key

operators = Operators()
QUEUE = "print"


@operators.job(
    "ticket.print",
    title=Text("Print the ticket", "打印工单"),
    help=Text(
        "Prints the ticket by a layout and keeps the PDF with the ticket, in an internal note. "
        "Returns the note's message_id, the number of pages and the SHA-256 of the file.",
        "按指定版式打印工单，PDF 以内部备注的附件保存在工单中。返回备注的 message_id、页数和文件的 SHA-256。",
    ),
    queue=QUEUE,
    tries=3,
    icon="printer",
)
def ticket_print(
    run: JobRun,
    *,
    ticket_id: TicketParam,
    layout: Annotated[
        str,
        Param(
            Text("Layout", "版式"),
            Text(
                "Short name of a print layout, such as ticket or work_order",
                "打印版式的标识，如 ticket 或 work_order",
            ),
        ),
    ] = "ticket",
    locale: Annotated[
        str | None,
        Param(
            Text("Language", "语言"),
            Text("zh_CN or en; empty: the desk's", "zh_CN 或 en；留空为系统语言"),
        ),
    ] = None,
) -> dict[str, Any]:
    """Returns {"message_id", "pages", "sha256"}.

    Side effects, with the end of the job in one transaction: an internal note with the file, a line of the log. Raises
    OperatorError for a ticket or layout that is not there, and for a layout that cannot be printed.
    """
    desk: Desk = run.services
    wanted = locale or desk.settings.locale
    with desk.reading() as session:
        found = tickets(session, [ticket_id])
        chosen = layout_by_key(session, layout)
        if not found:
            raise OperatorError(f"there is no ticket with id {ticket_id}")
        if chosen is None or chosen.kind.many:
            raise OperatorError(f"there is no layout {layout!r} for a ticket")
        order = ticket_order(session, desk, found[0], chosen, actor=SYSTEM, locale=wanted)
    try:
        sheet = press().prints(order)
    except PrintRefused as error:
        raise OperatorError(error.words) from error
    key = desk.storage.put(sheet.pdf, suffix=".pdf")
    with desk.database.transaction() as session:
        result = _keep(session, found[0], chosen, sheet, key)
        desk.live.publish(
            session, f"ticket:{ticket_id}", "ticket.changed", {"ticket_id": ticket_id}
        )
        run.finish(session, result)
    return result


def _keep(
    session: Session, ticket: Ticket, layout: Layout, sheet: Sheet, key: str
) -> dict[str, Any]:
    """The note with the file; its words are in the first language that the layout has a name in."""
    name = layout.name.get("zh") or layout.name.get("en") or layout.key
    file = StoredFile(f"{ticket.number}-{layout.key}.pdf", "application/pdf", len(sheet.pdf), key)
    message = receive_message(
        session, kind="note", channel="desk", author=SYSTEM, text=name, attachments=[file],
        automatic=True,
    )  # fmt: skip
    message.ticket_id = ticket.id
    session.flush()
    log_printed(session, [ticket], layout, actor=SYSTEM)
    return {"message_id": message.id, "pages": sheet.pages, "sha256": file.sha256}
