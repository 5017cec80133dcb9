"""Payments, offered to diagrams."""

from typing import Annotated, Any, Literal

from desk.tickets.models import TicketPayment
from desk.tickets.parameters import TicketParam, ticket_of
from desk.tickets.payments.operations import ask_payment, give_up, settle
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()

PaymentParam = Annotated[int, Param(Text("Payment", "款项"))]


@operators.inline(
    "payment.ask",
    title=Text("Ask for a payment", "登记应收应退款项"),
    help=Text(
        "Writes down what the customer has to pay, or gets back. Settle it once the money has moved.",
        "登记向客户收取或退还的款项；款项到账后再结清。",
    ),
    permission="ticket.process",
    icon="cash",
)
def ask(
    step: Step,
    *,
    ticket_id: TicketParam,
    amount: Annotated[Any, Param(Text("Amount", "金额"))],
    kind: Annotated[Literal["charge", "refund"], Param(Text("Kind", "类别"))] = "charge",
    what: Annotated[str | None, Param(Text("What for", "事由"))] = None,
    currency: Annotated[str | None, Param(Text("Currency", "币种"))] = None,
) -> dict[str, Any]:
    """Returns {"payment_id", "payment_amount"}."""
    ticket = ticket_of(step.session, ticket_id)
    payment = ask_payment(
        step.session,
        ticket,
        kind=kind,
        amount=amount,
        what=what or "",
        currency=currency or "CNY",
        at=step.now,
        actor=step.actor,
    )
    return {"payment_id": payment.id, "payment_amount": f"{payment.amount:.2f}"}


@operators.inline(
    "payment.settle",
    title=Text("Settle a payment", "结清款项"),
    help=Text(
        "The money was received or paid back. A payment is settled once; saying the same again "
        "changes nothing.",
        "款项已收到或已退还。每笔款项只能结清一次，重复登记相同内容不会产生影响。",
    ),
    permission="ticket.process",
    icon="cash-banknote",
)
def settle_payment(
    step: Step,
    *,
    payment_id: PaymentParam,
    method: Annotated[str, Param(Text("How", "方式"))],
    reference: Annotated[
        str | None, Param(Text("Reference", "流水号"), Text("Of the bank", "银行或平台流水号"))
    ] = None,
) -> dict[str, Any]:
    """Returns {"settled"}: false when it was settled so before."""
    payment = _payment(step, payment_id)
    done = settle(
        step.session,
        payment,
        method=method,
        reference=reference or "",
        at=step.now,
        actor=step.actor,
    )
    return {"settled": done}


@operators.inline(
    "payment.give_up",
    title=Text("Give up a payment", "取消款项"),
    help=Text("A due payment is not needed any more.", "取消尚未结清的款项。"),
    permission="ticket.process",
    icon="cash-off",
)
def give_up_payment(step: Step, *, payment_id: PaymentParam) -> dict[str, Any]:
    """Returns nothing new; a settled payment stays settled."""
    give_up(step.session, _payment(step, payment_id))
    return {}


def _payment(step: Step, number: int) -> TicketPayment:
    payment = step.session.get(TicketPayment, int(number))
    if payment is None:
        raise OperatorError(f"there is no payment with id {number}")
    return payment
