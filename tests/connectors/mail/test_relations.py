"""Mail and the relations of tickets: what is merged leads on, and parts do not greet the customer."""

from dataclasses import replace

from connectors.mail.outgoing import Order, send
from connectors.mail.tokens import reply_address
from desk.tickets.models import Ticket
from desk.tickets.relations.merging import merge
from engine.actors import SYSTEM
from tests.connectors.mail.conftest import MailDesk, plain_mail
from tests.fixtures.smtp import SmtpSink


def test_a_mail_for_a_merged_ticket_goes_to_the_one_that_goes_on(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(message_id="<m2@example.com>", subject="Another"))
    first, second = mail_desk.tickets()
    desk = mail_desk.desk
    with desk.database.transaction() as session:
        one, two = session.get_one(Ticket, first.id), session.get_one(Ticket, second.id)
        merge(session, desk, one, two, actor=SYSTEM)
    token = reply_address(desk.settings.secret_key, desk.settings.mail_address, first.id)
    mail_desk.take(plain_mail(message_id="<m3@example.com>", subject="Re"), envelope_to=[token])
    assert len(mail_desk.tickets()) == 2
    filed = [m.ticket_id for m in mail_desk.messages(mail_message_id="m3@example.com")]
    assert filed == [second.id]


def test_a_part_does_not_greet_the_customer(mail_desk: MailDesk, smtp_sink: SmtpSink) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, smtp_url=smtp_sink.url)
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(message_id="<m2@example.com>"))
    parent, part = mail_desk.tickets()
    with mail_desk.desk.database.transaction() as session:
        session.get_one(Ticket, part.id).parent_id = parent.id
    for kind in ("acknowledgement", "ended"):
        order = Order(part.id, kind, f"x-{kind}")
        assert send(mail_desk.desk, order) == {"sent": False, "reason": "part"}
    assert send(mail_desk.desk, Order(parent.id, "ended", "y"))["sent"]
