"""What can be done with payments. Where the money really moves is the bank's or the provider's business; who settles a
payment says how, and with which reference, once.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.tickets.models import Ticket, TicketPayment
from desk.tickets.operations import write_trail
from desk.tickets.relations.refusal import Refused
from engine.actors import Actor

LARGEST = Decimal(99_999_999)
CENT = Decimal("0.01")

Kind = Literal["charge", "refund"]


def ask_payment(
    session: Session,
    ticket: Ticket,
    *,
    kind: Kind,
    amount: Any,
    what: str = "",
    currency: str = "CNY",
    at: datetime,
    actor: Actor,
) -> TicketPayment:
    """A payment that is due. `amount` is rounded to two places. Raises Refused.

    Side effects: a line of the trail.
    """
    payment = TicketPayment(
        ticket_id=ticket.id,
        kind=kind,
        amount=money(amount),
        currency=currency,
        what=" ".join(what.split())[:200],
        status="due",
    )
    session.add(payment)
    session.flush()
    action = "charged" if kind == "charge" else "refunding"
    data = {"amount": shown(payment), "payment_id": payment.id}
    write_trail(session, ticket, at=at, actor=actor, action=action, remark=payment.what, data=data)
    return payment


def settle(
    session: Session,
    payment: TicketPayment,
    *,
    method: str,
    reference: str = "",
    at: datetime,
    actor: Actor,
) -> bool:
    """The money was received, or paid back. False when the same was said before: nothing changes.

    Raises Refused for a payment that was settled otherwise, or given up. Side effects: a line of the
    trail.
    """
    session.refresh(payment, with_for_update=True)
    said = (method.strip()[:32], reference.strip()[:120] or None)
    if payment.status == "paid" and (payment.method, payment.reference) == said:
        return False
    if payment.status != "due":
        raise Refused(
            "This payment has been settled already; nothing was changed.",
            "这笔款项已结清，未做任何修改。",
            "reference",
        )
    payment.status, payment.settled_at, payment.settled_by = "paid", at, actor.as_json()
    payment.method, payment.reference = said
    ticket = session.get_one(Ticket, payment.ticket_id)
    data = {"amount": shown(payment), "payment_id": payment.id, "method": payment.method}
    remark = payment.reference or ""
    write_trail(session, ticket, at=at, actor=actor, action="paid", remark=remark, data=data)
    return True


def give_up(session: Session, payment: TicketPayment) -> None:
    """A payment that is not needed any more; a settled one stays."""
    if payment.status == "due":
        payment.status = "void"
        session.flush()


def payments_of(session: Session, ticket_id: int) -> Sequence[TicketPayment]:
    """All payments of a ticket, oldest first."""
    return session.scalars(
        select(TicketPayment).where(TicketPayment.ticket_id == ticket_id).order_by(TicketPayment.id)
    ).all()


def money(amount: Any) -> Decimal:
    """An amount above zero, rounded to two places. Raises Refused."""
    try:
        value = Decimal(str(amount)).quantize(CENT, ROUND_HALF_UP)
    except (InvalidOperation, ValueError) as error:
        raise Refused("This is not an amount of money.", "金额不正确。", "amount") from error
    if not CENT <= value <= LARGEST:
        raise Refused("The amount must be above zero.", "金额必须大于零。", "amount")
    return value


def shown(payment: TicketPayment) -> str:
    """`128.00 CNY`."""
    return f"{payment.amount:,.2f} {payment.currency}"
