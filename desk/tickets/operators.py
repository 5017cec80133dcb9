"""Tickets, offered to diagrams: a message becomes one or is filed under it, customers rate it.

Each operator writes its line of the trail [004 §4.8.2] and tells the open pages. Which of them is
called when, and who may do so, is drawn in the diagram and not decided here.
"""

from typing import Annotated, Any, Literal

from sqlalchemy.orm import Session

from desk.contacts.models import Contact
from desk.contacts.operations import NothingToMatch, find_contact, match_or_create
from desk.database import insert_now, load_now
from desk.fields.values import first_values
from desk.people.models import Team
from desk.tickets.models import Message, Ticket, TicketState
from desk.tickets.numbers import next_number
from desk.tickets.operations import filed, heard, write_trail
from desk.tickets.parameters import RemarkParam, TicketParam, moment_of, ticket_of, zone_of
from desk.tickets.records import handler
from desk.tickets.relations.watching import tell_people, tell_watchers
from desk.tickets.telling import emit_of, publish
from desk.tickets.types import BASIC, prefix_of
from engine.actors import Actor
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()

Priority = Literal["low", "normal", "high", "urgent"]

_MESSAGE_ACTIONS = {"customer": "wrote", "reply": "replied", "note": "noted", "automatic": "sent"}
_MESSAGE_EVENTS = {"reply": "ticket.replied", "note": "ticket.noted"}


@operators.inline(
    "ticket.create",
    title=Text("Create a ticket", "新建工单"),
    help=Text(
        "Makes a ticket of a message that was received, for its sender; its state is pending. "
        "A sender who is not known yet becomes a contact.",
        "将收到的消息建成工单，状态为待派发。发件人不在客户库中时自动新建客户。",
    ),
    permission="ticket.create",
    icon="ticket",
)
def create(
    step: Step,
    *,
    message_id: Annotated[int, Param(Text("Message", "消息"))],
    title: Annotated[str | None, Param(Text("Title", "标题"))] = None,
    priority: Annotated[Priority, Param(Text("Priority", "优先级"))] = "normal",
    channel: Annotated[str | None, Param(Text("Channel", "渠道"))] = None,
    contact_id: Annotated[int | None, Param(Text("Contact", "客户"))] = None,
    deadline: Annotated[Any, Param(Text("Deadline", "截止完成时间"))] = None,
    form_key: Annotated[str | None, Param(Text("Form", "表单"))] = None,
    form_data: Annotated[dict[str, Any] | None, Param(Text("Form as filled", "表单内容"))] = None,
    type: Annotated[
        str | None,
        Param(
            Text("Ticket type", "工单类型"),
            Text("Left empty: the type that was asked for", "留空则为申请时选择的类型"),
        ),
    ] = None,
) -> dict[str, Any]:
    """Returns {"ticket_id", "number", "contact_id", "correlation": "ticket:<id>"}."""
    session = step.session
    message = _message(session, message_id)
    author = Actor.from_json(message.author)
    contact = _contact_for(session, message, author, contact_id)
    key = type or step.data.get("type") or BASIC
    ticket = Ticket(
        type=key,
        number=next_number(session, now=step.now, zone=zone_of(step), prefix=prefix_of(session, key)),
        title=_title(title, message),
        state=TicketState.PENDING,
        priority=priority,
        channel=channel or message.channel,
        instance_id=step.instance_id,
        contact_id=contact.id if contact else None,
        company_id=contact.company_id if contact else None,
        team_id=_team_asked(step),
        deadline=moment_of(deadline, zone_of(step)),
        processed_at=step.now,
        last_message_at=step.now,
        form_key=form_key or message.form_key,
        form_data=form_data or message.form_data or {},
        created_by=step.actor.as_json(),
        created_at=step.now,
    )
    insert_now(session, ticket)
    if ticket.form_data:
        zone = step.services.settings.timezone
        first_values(session, zone, ticket, ticket.form_data, actor=author)
    # The session knows records weakly; the expressions of the steps to come ask for this one again.
    session.info["ticket"] = ticket
    if author.kind == "contact" and author.id is None and contact is not None:
        author = Actor("contact", contact.id, author.name or contact.name)
    write_trail(
        session,
        ticket,
        at=step.now,
        actor=author,
        action="created",
        to_state=ticket.state,
        data={"number": ticket.number, "channel": ticket.channel, "message_id": message.id},
        after=filed(message, ticket, author),
    )
    publish(step, "tickets", "ticket.created", ticket)
    created = {
        "channel": ticket.channel,
        "priority": ticket.priority,
        "contact_id": ticket.contact_id,
        "type": ticket.type,
    }
    emit_of(step, "ticket.created", ticket, **created)
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "contact_id": ticket.contact_id,
        "correlation": f"ticket:{ticket.id}",
    }


@operators.inline(
    "ticket.add_message",
    title=Text("Add a message to the ticket", "消息归入工单"),
    help=Text(
        "Files a message under the ticket. The first public reply sets the time of first response.",
        "将消息归入工单。首次对外回复会记录首次响应时间。",
    ),
    icon="message-plus",
)
def add_message(
    step: Step,
    *,
    ticket_id: TicketParam,
    message_id: Annotated[int, Param(Text("Message", "消息"))],
) -> dict[str, Any]:
    """Returns {"message_kind"}, see Message.kind. Filing again changes nothing."""
    session = step.session
    ticket, message = ticket_of(session, ticket_id), _message(session, message_id)
    if message.ticket_id == ticket.id:
        return {"message_kind": message.kind}
    if message.ticket_id is not None:
        raise OperatorError(f"ticket.add_message: message {message.id} is filed on another ticket")
    author = Actor.from_json(message.author)
    if author.kind == "contact" and author.id is None:
        known = find_contact(session, mail=message.sender_mail, phone=message.sender_phone)
        if known:
            author = Actor("contact", known.id, author.name or known.name)
    if message.kind == "reply" and not message.automatic and ticket.first_response_at is None:
        ticket.first_response_at = step.now
    write_trail(
        session,
        ticket,
        at=step.now,
        actor=author,
        action=_MESSAGE_ACTIONS[message.kind],
        data={"message_id": message.id},
        after=[*filed(message, ticket, author), *heard(ticket, step.now)],
    )
    publish(step, f"ticket:{ticket.id}", "message.added", ticket, message_id=message.id)
    if message.kind == "customer":
        who = author.name or message.sender_mail or ""
        tell_people(step.session, step.services, ticket, [handler(ticket)], f"{who} wrote",
                    f"{who} 发来了消息", step.actor)  # fmt: skip
    _tell_message(step, ticket, message)
    return {"message_kind": message.kind}


@operators.inline(
    "ticket.rate",
    title=Text("Record the customer's rating", "记录客户评价"),
    help=Text("Stores 1 to 5 stars and the customer's words.", "保存 1 至 5 星评价和客户留言。"),
    icon="star",
)
def rate(
    step: Step,
    *,
    ticket_id: TicketParam,
    rating: Annotated[int, Param(Text("Stars, 1 to 5", "星级（1–5）"))],
    comment: Annotated[str | None, Param(Text("Comment", "留言"))] = None,
) -> dict[str, Any]:
    """Returns {"rating"}. A later rating takes the place of an earlier one."""
    if not 1 <= rating <= 5 or rating != int(rating):
        raise OperatorError(f"ticket.rate: a rating is 1, 2, 3, 4 or 5, not {rating}")
    ticket = ticket_of(step.session, ticket_id)
    ticket.rating, ticket.rating_comment, ticket.rated_at = int(rating), comment or None, step.now
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action="rated",
        remark=comment or "",
        data={"rating": ticket.rating},
    )
    publish(step, f"ticket:{ticket.id}", "ticket.rated", ticket)
    emit_of(step, "ticket.rated", ticket, rating=ticket.rating, comment=comment or "")
    return {"rating": ticket.rating}


@operators.inline(
    "ticket.note_trail",
    title=Text("Write a line into the trail", "写入处理流程"),
    help=Text(
        "Adds a line to the trail without changing the ticket.",
        "在处理流程中添加一行，不改变工单。",
    ),
    icon="list-details",
)
def note_trail(
    step: Step,
    *,
    ticket_id: TicketParam,
    action: Annotated[str | None, Param(Text("Action", "处理动作"))] = None,
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns nothing new. Without an action, the step's name in the diagram is used."""
    ticket = ticket_of(step.session, ticket_id)
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=(action or "moved")[:32],
        remark=remark or "",
        data={"step": dict(step.element_name)},
    )
    publish(step, f"ticket:{ticket.id}", "ticket.changed", ticket)
    return {}


def _message(session: Session, number: int) -> Message:
    message = load_now(session, Message, int(number))
    if message is None:
        raise OperatorError(f"there is no message with id {number}")
    return message


def _contact_for(
    session: Session, message: Message, author: Actor, contact_id: int | None
) -> Contact | None:
    """The customer of a new ticket, matched or made; None when nobody is named."""
    number = contact_id if contact_id is not None else message.contact_id
    if number is None and author.kind == "contact":
        number = author.id
    if number is not None:
        contact = session.get(Contact, int(number))
        if contact is None:
            raise OperatorError(f"there is no contact with id {number}")
        return contact
    try:
        return match_or_create(
            session, mail=message.sender_mail, phone=message.sender_phone, name=author.name
        )
    except NothingToMatch:
        return None  # written down by an agent or a program, for nobody that we could answer


def _title(given: str | None, message: Message) -> str:
    words = " ".join((given or message.subject or message.text).split())
    return f"{words[:199]}…" if not (given or message.subject) and len(words) > 200 else words[:400]


def _team_asked(step: Step) -> int | None:
    """The team that a request is for from the beginning (`team_id` of its process), where there is such a team."""
    asked = step.data.get("team_id")
    if not isinstance(asked, int) or load_now(step.session, Team, asked) is None:
        return None
    return asked


def _tell_message(step: Step, ticket: Ticket, message: Message) -> None:
    if name := _MESSAGE_EVENTS.get(message.kind):
        emit_of(step, name, ticket, message_id=message.id)
        en, zh = {
            "reply": ("Answered", "已回复客户"),
            "note": ("New note", "新增内部备注"),
        }[message.kind]
    elif message.kind == "customer":
        emit_of(
            step,
            "ticket.customer_wrote",
            ticket,
            message_id=message.id,
            automatic=message.automatic,
        )
        en, zh = "The customer wrote", "客户发来了消息"
    else:
        return
    tell_watchers(step.session, step.services, ticket, en, zh, step.actor, but=(handler(ticket),))
