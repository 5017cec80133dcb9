"""What rules do to tickets, customers, companies and the page that somebody works on [000 §5.1.6]."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk.contacts.addresses import InvalidAddress, normal_mail, normal_phone
from desk.contacts.events import telling
from desk.contacts.models import Company, Contact
from desk.contacts.operations import AddressTaken, add_address
from desk.events import emit
from desk.notices.placeholders import filled
from desk.people.models import Team, User
from desk.rules.due import due_tickets
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket, TicketType
from desk.tickets.operations import filed, receive_message, write_trail
from desk.tickets.parameters import TicketParam
from desk.tickets.records import handler
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()

ValueParam = Annotated[Any, Param(Text("Value", "值"))]
EmptyParam = Annotated[
    bool,
    Param(
        Text("Only if it is empty", "仅在为空时"),
        Text("What is there already stays", "已有内容保持不变"),
    ),
]
KeyParam = Annotated[str, Param(Text("Field's key", "字段标识"))]


@operators.inline(
    "ticket.set_field",
    title=Text("Set a field of the ticket", "设置工单字段"),
    help=Text(
        "Priority, title, deadline or type. Writes the trail; a value that is there already changes nothing.",
        "设置优先级、标题、截止时间或类型，并写入处理流程；值相同时不作改动。",
    ),
    permission="ticket.process",
    icon="edit",
)
def set_field(
    step: Step,
    *,
    ticket_id: TicketParam,
    field: Annotated[
        Literal["priority", "title", "deadline", "type"], Param(Text("Field", "字段"))
    ],
    value: ValueParam,
    only_if_empty: EmptyParam = False,
) -> dict[str, Any]:
    """Returns {"changed": whether it has another value now}."""
    ticket = _ticket(step.session, ticket_id)
    if only_if_empty and getattr(ticket, field) not in (None, ""):
        return {"changed": False}
    if field == "type":
        return {"changed": _set_type(step, ticket, str(value))}
    if field == "priority" and value not in ("low", "normal", "high", "urgent"):
        raise OperatorError(f"ticket.set_field: {value!r:.40} is no priority")
    wanted = (
        _moment(value, ZoneInfo(step.services.settings.timezone))
        if field == "deadline"
        else str(value)[:400]
    )
    changed = edit_ticket(step.session, step.services, ticket, {field: wanted}, actor=step.actor)
    return {"changed": bool(changed)}


def _set_type(step: Step, ticket: Ticket, key: str) -> bool:
    known = step.session.query(TicketType).filter_by(key=key).first()
    if known is None:
        raise OperatorError(f"ticket.set_field: there is no ticket type {key!r:.60}")
    old = ticket.type
    if old == key:
        return False
    ticket.type = key
    _changed(step, ticket, "type", old, key)
    return True


@operators.inline(
    "ticket.set_answer",
    title=Text("Set a field of the ticket's form", "设置工单自定义字段"),
    help=Text("Any answer of the form, by its key.", "按标识设置表单中的任意字段。"),
    permission="ticket.process",
    icon="forms",
)
def set_answer(
    step: Step,
    *,
    ticket_id: TicketParam,
    key: KeyParam,
    value: ValueParam,
    only_if_empty: EmptyParam = False,
) -> dict[str, Any]:
    """Returns {"changed"}."""
    ticket = _ticket(step.session, ticket_id)
    old = ticket.form_data.get(key)
    if old == value or (only_if_empty and old not in (None, "", [])):
        return {"changed": False}
    ticket.form_data = {**ticket.form_data, key: value}
    _changed(step, ticket, f"form.{key}", old, value)
    return {"changed": True}


@operators.inline(
    "ticket.give",
    title=Text("Give the ticket to somebody", "分配工单"),
    help=Text(
        "Gives the ticket to a team or to a person; “assign.ticket” chooses somebody by itself. What is open in the "
        "ticket's own diagram stays with whom it was offered to.",
        "将工单分配给团队或人员；自动选择人员请用 assign.ticket。工单主流程中已派出的任务不受影响。",
    ),
    permission="ticket.dispatch",
    icon="user-share",
)
def give(
    step: Step,
    *,
    ticket_id: TicketParam,
    team: Annotated[Any, Param(Text("Team", "团队"))] = None,
    person: Annotated[Any, Param(Text("Person", "人员"))] = None,
    only_if_empty: EmptyParam = False,
) -> dict[str, Any]:
    """Returns {"handler"}: as it was when the ticket may keep the one it has."""
    ticket = _ticket(step.session, ticket_id)
    before = handler(ticket)
    if only_if_empty and before is not None:
        return {"handler": before}
    team_id, person_id = _number("team", team), _number("user", person)
    if team_id is not None and _gone(step.session.get(Team, team_id)):
        raise OperatorError(f"ticket.give: team {team_id} is not active")
    if person_id is not None and _gone(step.session.get(User, person_id)):
        raise OperatorError(f"ticket.give: person {person_id} is not active")
    if team_id is None and person_id is None:
        raise OperatorError("ticket.give: names neither a team nor a person")
    ticket.team_id = team_id if team_id is not None else ticket.team_id
    ticket.assignee_id = person_id
    after = handler(ticket)
    if after != before:
        emit(
            step.session, step.services.engine, "ticket.assigned",
            {"old": before, "new": after}, actor=step.actor, ticket_id=ticket.id,
        )  # fmt: skip
        _changed(step, ticket, "handler", before, after)
    return {"handler": after}


def _gone(record: Team | User | None) -> bool:
    return record is None or not record.active


@operators.inline(
    "ticket.add_note",
    title=Text("Add a note", "添加内部备注"),
    help=Text(
        "A note among ourselves, without asking the ticket's diagram.",
        "添加一条内部备注，不经过工单主流程。",
    ),
    icon="note",
)
def add_note(
    step: Step, *, ticket_id: TicketParam, text: Annotated[str, Param(Text("Words", "内容"))]
) -> dict[str, Any]:
    """Returns {"message_id"}."""
    ticket = _ticket(step.session, ticket_id)
    words = filled(text, ticket, ZoneInfo(step.services.settings.timezone))
    message = receive_message(
        step.session,
        kind="note",
        channel="desk",
        author=step.actor,
        subject=ticket.title,
        text=words,
    )
    write_trail(
        step.session, ticket, at=step.now, actor=step.actor, action="noted",
        data={"message_id": message.id}, after=filed(message, ticket, step.actor),
    )  # fmt: skip
    step.services.live.publish(
        step.session, f"ticket:{ticket.id}", "message.added",
        {"ticket_id": ticket.id, "state": str(ticket.state), "message_id": message.id},
    )  # fmt: skip
    emit(
        step.session, step.services.engine, "ticket.noted", {"message_id": message.id},
        actor=step.actor, ticket_id=ticket.id,
    )  # fmt: skip
    return {"message_id": message.id}


@operators.inline(
    "contact.set_field",
    title=Text("Set a field of the customer", "设置联系人字段"),
    help=Text("Without a customer nothing is done.", "没有联系人时不作任何操作。"),
    permission="contact.edit",
    icon="user-edit",
)
def set_contact(
    step: Step,
    *,
    field: Annotated[
        Literal["name", "level", "mail", "phone", "note", "locale", "owner_id"], Param(Text("Field", "字段"))
    ],
    value: ValueParam,
    contact_id: Annotated[int | None, Param(Text("Contact", "客户"))] = None,
    only_if_empty: EmptyParam = False,
) -> dict[str, Any]:
    """Returns {"changed"}. A mail address or phone number is one more: those that are known stay."""
    contact = step.session.get(Contact, int(contact_id)) if contact_id is not None else None
    if contact is None:
        return {"changed": False}
    if field in ("mail", "phone"):
        return {"changed": _add_address(step.session, contact, field, str(value), only_if_empty)}
    if only_if_empty and getattr(contact, field) not in (None, ""):
        return {"changed": False}
    wanted: Any = str(value)
    if field == "owner_id":
        wanted = _number("user", value)
        if wanted is not None and _gone(step.session.get(User, wanted)):
            raise OperatorError(f"contact.set_field: person {wanted} is not active")
    elif field == "level" and wanted not in ("normal", "vip"):
        raise OperatorError(f"contact.set_field: {wanted!r:.40} is no level")
    elif field == "locale" and wanted not in ("zh_CN", "en"):
        raise OperatorError(f"contact.set_field: {wanted!r:.40} is no language of the desk")
    elif field == "name":
        wanted = wanted.strip()[:200]
        if not wanted:
            raise OperatorError("contact.set_field: a customer needs a name")
    before = getattr(contact, field)
    with telling(step.session, step.services.engine, contact, actor=step.actor):
        setattr(contact, field, wanted)
    return {"changed": before != wanted}


def _add_address(
    session: Session, contact: Contact, kind: Literal["mail", "phone"], value: str, only_first: bool
) -> bool:
    known = {address.value for address in contact.addresses if address.kind == kind}
    if only_first and known:
        return False
    try:
        return add_address(session, contact, kind=kind, value=value).value not in known
    except (AddressTaken, InvalidAddress) as error:
        raise OperatorError(f"contact.set_field: {value!r:.80} cannot be their {kind}: {error}") from error


@operators.inline(
    "company.set_field",
    title=Text("Set a field of the company", "设置公司字段"),
    help=Text("Without a company nothing is done.", "没有公司时不作任何操作。"),
    permission="contact.edit",
    icon="building",
)
def set_company(
    step: Step,
    *,
    field: Annotated[
        Literal["name", "level", "phone", "address", "domain", "note"], Param(Text("Field", "字段"))
    ],
    value: ValueParam,
    company_id: Annotated[int | None, Param(Text("Company", "公司"))] = None,
    only_if_empty: EmptyParam = False,
) -> dict[str, Any]:
    """Returns {"changed"}."""
    company = step.session.get(Company, int(company_id)) if company_id is not None else None
    if company is None or (only_if_empty and getattr(company, field) not in (None, "")):
        return {"changed": False}
    wanted = str(value).strip()
    try:
        if field == "phone":
            wanted = normal_phone(wanted)
        elif field == "domain":
            wanted = normal_mail(f"x@{wanted.lstrip('@')}")[2:]
    except InvalidAddress as error:
        raise OperatorError(f"company.set_field: {wanted!r:.80} is no {field}") from error
    if field == "level" and wanted not in ("normal", "vip"):
        raise OperatorError(f"company.set_field: {wanted!r:.40} is no level")
    if field == "name" and not wanted:
        raise OperatorError("company.set_field: a company needs a name")
    before = getattr(company, field)
    with telling(step.session, step.services.engine, company, actor=step.actor):
        setattr(company, field, wanted[:400])
    return {"changed": before != wanted}


@operators.inline(
    "rule.due_tickets",
    title=Text("Find tickets for an automation", "查找自动化任务的工单"),
    help=Text(
        "The tickets for which a condition holds now and this automation has not yet acted on since their last change "
        "of state, at most 100 at a time.",
        "返回当前符合条件、且该任务自上次状态变更以来尚未处理过的工单，每次最多 100 张。",
    ),
    icon="clock-search",
)
def find_due(
    step: Step,
    *,
    rule: Annotated[str, Param(Text("Automation", "自动化任务"))],
    condition: Annotated[str, Param(Text("Condition (FEEL)", "条件（FEEL）"))],
) -> dict[str, Any]:
    """Returns {"tickets": ids}. Side effect: they count as acted on."""
    engine = step.services.engine
    return {"tickets": due_tickets(step.session, engine, rule, condition, now=step.now)}


def _ticket(session: Session, number: int) -> Ticket:
    ticket = session.get(Ticket, int(number))
    if ticket is None or ticket.deleted_at is not None:
        raise OperatorError(f"there is no ticket with id {number}")
    return ticket


def _number(kind: str, value: Any) -> int | None:
    if value in (None, ""):
        return None
    text = str(value).removeprefix(f"{kind}:")
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise OperatorError(f"{value!r:.80} does not name a {kind}")
    return int(text)


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise OperatorError(f"{value!r:.80} is not a date with a time") from error
    if not isinstance(found, datetime):
        if not isinstance(found, date):
            raise OperatorError(f"{value!r:.80} is not a date with a time")
        found = datetime(found.year, found.month, found.day, 23, 59, 59, tzinfo=zone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _changed(step: Step, ticket: Ticket, field: str, old: Any, new: Any) -> None:
    """The line of the trail, the open pages, and the event."""
    write_trail(
        step.session, ticket, at=step.now, actor=step.actor, action="edited",
        data={"field": field, "old": old, "new": new},
    )  # fmt: skip
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    for topic in (f"ticket:{ticket.id}", "tickets"):
        step.services.live.publish(step.session, topic, "ticket.changed", data)
    emit(
        step.session, step.services.engine, "ticket.changed",
        {"fields": [field], "old": {field: old}, "new": {field: new}},
        actor=step.actor, ticket_id=ticket.id,
    )  # fmt: skip
