"""Links of the portal, offered to diagrams."""

from typing import Annotated, Any

from desk.portal.once.fields import Asked, known_values, offers
from desk.portal.once.operations import make_link
from desk.tickets.parameters import TicketParam, ticket_of
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()


@operators.inline(
    "form.link",
    title=Text("Make a one-time link", "生成一次性链接"),
    help=Text(
        "Makes a form for the ticket's customer that can be filled in once. Send them “link”, then wait "
        "for ticket.link_answered. Fields are named by their keys: text, contact.name, contact.phone, "
        "contact.mail, fields.<key>; “!” behind a key makes it needed, “=” only shows it.",
        "为工单客户生成一份只能填写一次的表单。请将 link 发给客户，然后等待 ticket.link_answered。"
        "字段以标识列出：text、contact.name、contact.phone、contact.mail、fields.<标识>；"
        "标识后加“!”为必填，加“=”为只读。",
    ),
    icon="link",
)
def link(
    step: Step,
    *,
    ticket_id: TicketParam,
    fields: Annotated[list[str], Param(Text("Keys of the fields", "字段标识"))],
    title: Annotated[str | None, Param(Text("Title of the form", "表单标题"))] = None,
    days: Annotated[int, Param(Text("Days that it is good for", "有效天数"))] = 7,
) -> dict[str, Any]:
    """Returns {"link_id", "link": the whole address}. What is known already stands in the form."""
    ticket = ticket_of(step.session, ticket_id)
    known = known_values(step.session, ticket)
    offered = offers(step.session, step.services.engine, ticket.type, on_ticket=True)
    keys = {offer.key for offer in offered}
    asked = []
    for name in fields:
        key = name.strip().rstrip("!=")
        if key not in keys:
            raise OperatorError(Text(f"There is no field “{key}”.", f"没有字段“{key}”。"))
        mode = {"!": "required", "=": "shown"}.get(name.strip()[-1], "open")
        asked.append(Asked(key, mode, known.get(key)))  # type: ignore[arg-type]
    said = title or ticket.title
    made, address = make_link(
        step.session, step.services.settings, asked, title={"zh": said, "en": said},
        days=int(days), type_key=ticket.type, ticket=ticket, actor=step.actor,
    )  # fmt: skip
    return {"link_id": made.id, "link": address}
