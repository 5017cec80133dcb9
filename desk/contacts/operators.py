"""Customers, offered to diagrams."""

from typing import Annotated, Any, Literal

from desk.contacts.events import telling
from desk.contacts.models import Contact
from desk.contacts.operations import NothingToMatch, match_or_create
from engine.operators import BpmnError, OperatorError, Operators, Param, Step, Text

operators = Operators()


@operators.inline(
    "contact.match",
    title=Text("Find or create the customer", "匹配或新建客户"),
    help=Text(
        "Finds the contact with this mail address or phone number, or creates one. "
        "Throws the error “nothing-to-match” when neither can be used.",
        "按邮箱或电话查找客户，找不到时新建。两者都不可用时抛出错误 nothing-to-match。",
    ),
    icon="user-search",
)
def match(
    step: Step,
    *,
    mail: Annotated[str | None, Param(Text("Mail address", "邮箱"))] = None,
    phone: Annotated[str | None, Param(Text("Phone number", "电话"))] = None,
    name: Annotated[str | None, Param(Text("Name", "姓名"))] = None,
) -> dict[str, Any]:
    """Returns {"contact_id", "company_id"}."""
    try:
        contact = match_or_create(step.session, mail=mail, phone=phone, name=name)
    except NothingToMatch as error:
        raise BpmnError("nothing-to-match", str(error)) from error
    return {"contact_id": contact.id, "company_id": contact.company_id}


@operators.inline(
    "contact.update",
    title=Text("Change the customer", "更新客户"),
    help=Text(
        "Sets the level of a contact or adds a line to the notes about them.",
        "设置客户级别，或在客户备注中追加一行。",
    ),
    icon="user-edit",
)
def update(
    step: Step,
    *,
    contact_id: Annotated[int, Param(Text("Contact", "客户"))],
    level: Annotated[
        Literal["unchanged", "normal", "vip"], Param(Text("Level", "级别"))
    ] = "unchanged",
    note: Annotated[str | None, Param(Text("Line for the notes", "追加的备注"))] = None,
) -> dict[str, Any]:
    """Returns nothing new."""
    contact = step.session.get(Contact, int(contact_id))
    if contact is None:
        raise OperatorError(f"contact.update: there is no contact {contact_id}")
    with telling(step.session, step.services.engine, contact, actor=step.actor):
        if level != "unchanged":
            contact.level = level
        if note:
            contact.note = f"{contact.note}\n{note}".strip()
    return {}
