"""Delivery reports (RFC 3464): a mail of ours that came back is marked, and whoever handles its ticket reads why."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.mail.correspondence import normal_or_none
from connectors.mail.filing import file_message
from connectors.mail.parsing import DeliveryAction, DeliveryReport
from connectors.mail.tokens import ticket_of_addresses
from desk.application import Desk
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM
from engine.operators import Text

NOT_DELIVERED = Text(
    "The mail to {recipients} could not be delivered. The mail server said: {reason}",
    "发给 {recipients} 的邮件未能送达。邮件服务器的答复：{reason}",
)


def note_report(
    desk: Desk,
    session: Session,
    report: DeliveryReport,
    *,
    recipients: Iterable[str],
    raw_mail_id: int,
) -> None:
    """Mark the outgoing mail that the report is about as bounced and leave a note on its ticket.

    `recipients` are whom the report was sent to: our envelope address carries the ticket's token, for the reports
    that do not tell a Message-ID. Reports on delays and on mails that are not ours change nothing.
    """
    if report.action is not DeliveryAction.FAILED:
        return
    sent = _sent_message(desk, session, report, recipients)
    if sent is None or sent.delivery == "bounced" or sent.ticket_id is None:
        return
    failed = [r for r in report.recipients if r.action is DeliveryAction.FAILED]
    if not _only_copies(sent, [r.recipient for r in failed]):
        sent.delivery = "bounced"
    reason = next((r.diagnostic or r.status for r in failed if r.diagnostic or r.status), "-")
    words = NOT_DELIVERED.in_(desk.settings.locale).format(
        recipients=", ".join(r.recipient for r in failed) or "-", reason=reason
    )
    note = receive_message(
        session,
        kind="note",
        channel="mail",
        author=SYSTEM,
        text=words,
        raw_mail_id=raw_mail_id,
        automatic=True,
    )
    file_message(desk, session, note, sent.ticket_id)


def _only_copies(sent: Message, failed: Collection[str]) -> bool:
    """Whether the mail came back from people beside its customer only; they are marked."""
    addresses = {normal_or_none(address) for address in failed}
    if not sent.cc or not addresses or not addresses <= {one["address"] for one in sent.cc}:
        return False
    sent.cc = [
        {**one, "state": "bounced"} if one["address"] in addresses else one for one in sent.cc
    ]
    return True


def _sent_message(
    desk: Desk, session: Session, report: DeliveryReport, recipients: Iterable[str]
) -> Message | None:
    """The message that was sent; only mails that we marked as sent count, so a made-up id finds nothing."""
    was_sent = select(Message).where(Message.delivery.in_(("sent", "bounced")))
    if report.original_message_id:
        own_id = report.original_message_id.strip("<>")
        found = session.scalars(was_sent.where(Message.mail_message_id == own_id)).first()
        if found is not None:
            return found
    ticket_id = ticket_of_addresses(desk.settings.secret_key, recipients)
    if ticket_id is None or session.get(Ticket, ticket_id) is None:
        return None
    return session.scalars(
        was_sent.where(Message.ticket_id == ticket_id).order_by(Message.id.desc())
    ).first()
