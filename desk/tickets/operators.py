"""Tickets, offered to diagrams: the only code that files a message or changes a ticket.

Each operator writes its line of the trail [004 §4.8.2] and tells the open pages. Which of them is
called when, and who may do so, is drawn in the diagram and not decided here.
"""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk.contacts.models import Contact
from desk.contacts.operations import NothingToMatch, find_contact, match_or_create
from desk.database import insert_now, load_now
from desk.events import emit
from desk.fields.values import first_values
from desk.people.models import Team, User
from desk.tickets import events, statuses
from desk.tickets.models import Message, Ticket, TicketState
from desk.tickets.numbers import next_number
from desk.tickets.operations import filed, heard, write_trail
from desk.tickets.records import handler
from desk.tickets.relations.handover import place
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.splitting import report_to_parent
from desk.tickets.relations.watching import tell_people, tell_watchers
from desk.tickets.types import BASIC, prefix_of
from engine import inspection
from engine.actors import Actor
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()
CLOSE = "ticket.close"

State = Literal["pending", "dispatched", "processing", "returned", "cancelled", "ended"]
Priority = Literal["low", "normal", "high", "urgent"]
FINAL = (TicketState.ENDED, TicketState.CANCELLED)

TicketParam = Annotated[int, Param(Text("Ticket", "工单"))]
TeamParam = Annotated[Any, Param(Text("Team", "团队"), Text("Number or “team:3”", "编号或 team:3"))]
PersonParam = Annotated[
    Any, Param(Text("Person", "人员"), Text("Number or “user:7”", "编号或 user:7"))
]
RemarkParam = Annotated[str | None, Param(Text("Remark", "备注"))]


class Refusal(OperatorError):
    """Something a person chose cannot be done; `words` tell them, in both languages."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


_MESSAGE_ACTIONS = {"customer": "wrote", "reply": "replied", "note": "noted", "automatic": "sent"}


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
        number=next_number(session, now=step.now, zone=_zone(step), prefix=prefix_of(session, key)),
        title=_title(title, message),
        state=TicketState.PENDING,
        priority=priority,
        channel=channel or message.channel,
        instance_id=step.instance_id,
        contact_id=contact.id if contact else None,
        company_id=contact.company_id if contact else None,
        team_id=_team_asked(step),
        deadline=_moment(deadline, _zone(step)),
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
    _tell(step, "tickets", "ticket.created", ticket)
    created = {
        "channel": ticket.channel,
        "priority": ticket.priority,
        "contact_id": ticket.contact_id,
        "type": ticket.type,
    }
    _emit(step, "ticket.created", ticket, **created)
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
    ticket, message = _ticket(session, ticket_id), _message(session, message_id)
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
    _tell(step, f"ticket:{ticket.id}", "message.added", ticket, message_id=message.id)
    if message.kind == "customer":
        who = author.name or message.sender_mail or ""
        _notify(step, handler(ticket), ticket, f"{who} wrote", f"{who} 发来了消息")
    _emit_message(step, ticket, message)
    return {"message_kind": message.kind}


@operators.inline(
    "ticket.dispatch",
    title=Text("Dispatch the ticket", "派发工单"),
    help=Text(
        "Gives the ticket to a team or a person and moves it to the state dispatched. Priority and "
        "deadline stay as they are when they are left empty.",
        "将工单派发给团队或人员，状态变为已派发。优先级和截止时间留空则不变。",
    ),
    permission="ticket.dispatch",
    icon="send",
)
def dispatch(
    step: Step,
    *,
    ticket_id: TicketParam,
    team: TeamParam = None,
    person: PersonParam = None,
    priority: Annotated[
        Literal["unchanged", "low", "normal", "high", "urgent"], Param(Text("Priority", "优先级"))
    ] = "unchanged",
    deadline: Annotated[Any, Param(Text("Deadline", "截止完成时间"))] = None,
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns {"handler": "user:7" | "team:3"}. Raises OperatorError when neither is named."""
    ticket = _ticket(step.session, ticket_id)
    before, urgency = handler(ticket), ticket.priority
    names = _hand_over(step, ticket, team, person)
    if priority != "unchanged":
        ticket.priority = priority
    if (moment := _moment(deadline, _zone(step))) is not None:
        ticket.deadline = moment
    _move(step, ticket, TicketState.DISPATCHED, "dispatched", remark, names)
    _emit_change(step, ticket, "priority", urgency, ticket.priority)
    _emit_handler(step, ticket, before)
    _notify(step, handler(ticket), ticket, "Dispatched to you", "已派发给您")
    return {"handler": handler(ticket)}


@operators.inline(
    "ticket.accept",
    title=Text("Accept the ticket", "受理工单"),
    help=Text(
        "Whoever did the step before now works on the ticket; its state becomes processing.",
        "完成上一步的人受理工单，状态变为处理中。",
    ),
    permission="ticket.process",
    icon="check",
)
def accept(step: Step, *, ticket_id: TicketParam, remark: RemarkParam = None) -> dict[str, Any]:
    """Returns {"handler": "user:7"}; a system actor leaves the handler as it was."""
    ticket = _ticket(step.session, ticket_id)
    before = handler(ticket)
    if step.actor.kind == "user" and step.actor.id is not None:
        ticket.assignee_id = step.actor.id
    _move(step, ticket, TicketState.PROCESSING, "accepted", remark, {})
    _emit_handler(step, ticket, before)
    return {"handler": handler(ticket)}


@operators.inline(
    "ticket.set_state",
    title=Text("Set the ticket's state", "设置工单状态"),
    help=Text(
        "Moves the ticket to a state and writes the trail. The action says what was done in the "
        "trail's sentence: returned, ended, cancelled, reopened, or your own word; left empty, "
        "the step's name in the diagram is used.",
        "将工单置为某状态并写入处理流程。处理动作用于生成流转记录："
        "returned、ended、cancelled、reopened 或自定义文字；留空则使用图中步骤名称。",
    ),
    permission="ticket.process",
    icon="flag",
)
def set_state(
    step: Step,
    *,
    ticket_id: TicketParam,
    state: Annotated[State, Param(Text("State", "状态"))],
    action: Annotated[str | None, Param(Text("Action", "处理动作"))] = None,
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns {"state"}. A returned ticket has no handler; `ended_at` follows the state."""
    ticket = _ticket(step.session, ticket_id)
    before = handler(ticket)
    if state == "returned":
        ticket.assignee_id = ticket.team_id = None
    _move(step, ticket, TicketState(state), action or "moved", remark, {})
    _emit_handler(step, ticket, before)
    return {"state": ticket.state}


@operators.inline(
    "ticket.set_status",
    title=Text("Set the ticket's status", "设置工单细分状态"),
    help=Text(
        "A status of the dictionary “Ticket statuses”, within the state that the ticket has; empty: none. In another "
        "state nothing changes. When the ticket moves on, it loses its status.",
        "设置为数据字典“工单状态”中属于当前状态的一项；留空则清除。工单处于其他状态时不作改动；进入另一状态后自动清除。",
    ),
    permission="ticket.process",
    icon="flag-2",
)
def set_status(
    step: Step,
    *,
    ticket_id: TicketParam,
    status: Annotated[str | None, Param(Text("Status", "细分状态"), Text("Its key", "标识"))] = None,
) -> dict[str, Any]:
    """Returns {"changed"}. Raises OperatorError for a status there is not, or that was withdrawn."""
    ticket = _ticket(step.session, ticket_id)
    try:
        changed = statuses.set_status(
            step.session, step.services, ticket, status, actor=step.actor, at=step.now
        )
    except statuses.NoSuchStatus:
        raise OperatorError(f"ticket.set_status: there is no status {status!r:.80}") from None
    return {"changed": changed}


@operators.inline(
    "ticket.close",
    title=Text("Close the ticket", "关闭工单"),
    help=Text(
        "Asks the ticket's process to end it where it waits, such as for a customer who does not answer. Where the "
        "process waits for no such message its handler is told, and nothing else happens.",
        "请求工单流程在等待处直接结束工单，如客户长期未回复。流程不等待该消息时只提醒处理人，不作其他处理。",
    ),
    permission="ticket.process",
    icon="square-check",
)
def close(step: Step, *, ticket_id: TicketParam, remark: RemarkParam = None) -> dict[str, Any]:
    """Returns {"asked"}: whether the process takes it. `remark` is the result that the customer reads."""
    ticket = _ticket(step.session, ticket_id)
    if CLOSE not in inspection.awaited(step.session, ticket.instance_id):
        tell_people(step.session, step.services, ticket, [handler(ticket)], "Cannot be closed by itself",
                    "无法自动关闭", step.actor)  # fmt: skip
        return {"asked": False}
    _emit(step, CLOSE, ticket, remark=remark or "")
    return {"asked": True}


@operators.inline(
    "ticket.cancel",
    title=Text("Cancel the ticket", "取消工单"),
    help=Text(
        "Asks the ticket's process to cancel it, in whatever step it stands, and gives the reason. Where the process "
        "waits for no such message, or a reply is still being sent, its handler is told, and nothing else happens; "
        "a ticket that is over stays as it is.",
        "请求工单流程取消工单（无论处于哪一步），并说明原因。流程不接受取消或回复仍在发送时只提醒处理人，不作其他处理；"
        "已结束的工单保持不变。",
    ),
    permission="ticket.cancel",
    icon="ban",
)
def cancel(
    step: Step, *, ticket_id: TicketParam, reason: Annotated[str, Param(Text("Reason", "原因"))]
) -> dict[str, Any]:
    """Returns {"cancelled"}: whether the process took it. Not for the ticket's own diagram, which sets its state."""
    ticket = _ticket(step.session, ticket_id)
    if ticket.instance_id == step.instance_id:
        raise OperatorError("ticket.cancel: a ticket's own diagram sets its state with ticket.set_state")
    try:
        events.cancel(
            step.session, step.services.engine, ticket, reason=reason.strip(), actor=step.actor
        )
    except (Refused, events.NobodyWaits):
        if ticket.state not in FINAL:
            tell_people(step.session, step.services, ticket, [handler(ticket)], "Cannot be cancelled by itself",
                        "无法自动取消", step.actor)  # fmt: skip
        return {"cancelled": False}
    return {"cancelled": True}


@operators.inline(
    "ticket.reassign",
    title=Text("Hand the ticket over", "转派工单"),
    help=Text(
        "Gives the ticket to another team or person without changing its state.",
        "将工单转给其他团队或人员，状态不变。",
    ),
    permission="ticket.dispatch",
    icon="arrows-exchange",
)
def reassign(
    step: Step,
    *,
    ticket_id: TicketParam,
    team: TeamParam = None,
    person: PersonParam = None,
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns {"handler"}. Raises OperatorError when neither a team nor a person is named."""
    ticket = _ticket(step.session, ticket_id)
    team_id, person_id = _reference("team", team), _reference("user", person)
    place(
        step.session,
        step.services,
        ticket,
        team_id,
        person_id,
        remark=remark or "",
        actor=step.actor,
        now=step.now,
    )
    return {"handler": handler(ticket)}


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
    ticket = _ticket(step.session, ticket_id)
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
    _tell(step, f"ticket:{ticket.id}", "ticket.rated", ticket)
    _emit(step, "ticket.rated", ticket, rating=ticket.rating, comment=comment or "")
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
    ticket = _ticket(step.session, ticket_id)
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=(action or "moved")[:32],
        remark=remark or "",
        data={"step": dict(step.element_name)},
    )
    _tell(step, f"ticket:{ticket.id}", "ticket.changed", ticket)
    return {}


def _ticket(session: Session, number: int) -> Ticket:
    ticket = load_now(session, Ticket, int(number))
    if ticket is None:
        raise OperatorError(f"there is no ticket with id {number}")
    return ticket


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


def _hand_over(step: Step, ticket: Ticket, team: Any, person: Any) -> dict[str, Any]:
    """Set team and assignee; returns their names for the trail."""
    team_id, person_id = _reference("team", team), _reference("user", person)
    if team_id is None and person_id is None:
        raise Refusal(Text("Choose a team or a person.", "请选择团队或人员。"))
    names: dict[str, Any] = {}
    if team_id is not None:
        group = step.session.get(Team, team_id)
        if group is None or not group.active:
            raise Refusal(
                Text("This team is not active any more.", "该团队已停用。"),
            )
        names["team"] = group.name
    if person_id is not None:
        user = step.session.get(User, person_id)
        if user is None or not user.active:
            raise Refusal(
                Text("This person does not work here any more.", "该人员已停用。"),
            )
        names["assignee"] = user.name
    ticket.team_id, ticket.assignee_id = team_id, person_id
    return names


def _team_asked(step: Step) -> int | None:
    """The team that a request is for from the beginning (`team_id` of its process), where there is such a team."""
    asked = step.data.get("team_id")
    if not isinstance(asked, int) or load_now(step.session, Team, asked) is None:
        return None
    return asked


def _reference(kind: str, value: Any) -> int | None:
    """The number in 3, "3" or "team:3"; None for nothing."""
    if value is None or value == "":
        return None
    text = str(value).removeprefix(f"{kind}:")
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise OperatorError(f"{value!r:.80} does not name a {kind}")
    return int(text)


def _moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A deadline as an aware datetime; a day means its end, in the desk's zone."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError as error:
        raise OperatorError(f"{value!r:.80} is not a date or a date with a time") from error
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(23, 59, 59), zone)
    raise OperatorError(f"{value!r:.80} is not a date or a date with a time")


def _move(
    step: Step,
    ticket: Ticket,
    state: TicketState,
    action: str,
    remark: str | None,
    names: dict[str, Any],
) -> None:
    """Change the state, with its times and its line of the trail."""
    before = ticket.state
    ticket.state, ticket.processed_at = state, step.now
    if before != state:
        ticket.status = None
    ticket.ended_at = step.now if state in FINAL else None
    ticket.overdue_at = ticket.overdue_step = None
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=action[:32],
        from_state=before,
        to_state=state,
        remark=remark or "",
        data={"number": ticket.number, "step": dict(step.element_name), **names},
    )
    _tell(step, f"ticket:{ticket.id}", "ticket.changed", ticket)
    _tell(step, "tickets", "ticket.changed", ticket)
    if before != state:
        _emit_state(step, ticket, before, remark or "")
        if (before in FINAL) != (state in FINAL):
            report_to_parent(
                step.session, step.services, ticket, result=remark or "", actor=step.actor
            )


def _emit(step: Step, name: str, ticket: Ticket, **payload: Any) -> None:
    emit(step.session, step.services.engine, name, payload, actor=step.actor, ticket_id=ticket.id)


def _emit_change(step: Step, ticket: Ticket, field: str, old: Any, new: Any) -> None:
    if old != new:
        _emit(step, "ticket.changed", ticket, fields=[field], old={field: old}, new={field: new})


def _emit_handler(step: Step, ticket: Ticket, before: str | None) -> None:
    after = handler(ticket)
    if before != after:
        _emit(step, "ticket.assigned", ticket, old=before, new=after)
        _emit_change(step, ticket, "handler", before, after)


_STATE_EVENTS = {
    TicketState.ENDED: "ticket.ended",
    TicketState.CANCELLED: "ticket.withdrawn",
    TicketState.RETURNED: "ticket.returned",
}
_MESSAGE_EVENTS = {"reply": "ticket.replied", "note": "ticket.noted"}
_STATE_NOTICES = {
    TicketState.DISPATCHED: ("Dispatched", "工单已派发"),
    TicketState.PROCESSING: ("In progress", "工单处理中"),
    TicketState.RETURNED: ("Returned", "工单已退回"),
    TicketState.CANCELLED: ("Cancelled", "工单已取消"),
    TicketState.ENDED: ("Ended", "工单已结束"),
}


def _emit_state(step: Step, ticket: Ticket, before: str, remark: str) -> None:
    """What diagrams beside the ticket's own hear of the new state, and who watches is told."""
    _emit(step, "ticket.state_changed", ticket, old=str(before), new=str(ticket.state))
    _emit_change(step, ticket, "state", str(before), str(ticket.state))
    if name := _STATE_EVENTS.get(TicketState(ticket.state)):
        _emit(step, name, ticket, remark=remark)
    if words := _STATE_NOTICES.get(TicketState(ticket.state)):
        tell_watchers(
            step.session, step.services, ticket, *words, step.actor, but=(handler(ticket),)
        )


def _emit_message(step: Step, ticket: Ticket, message: Message) -> None:
    if name := _MESSAGE_EVENTS.get(message.kind):
        _emit(step, name, ticket, message_id=message.id)
        en, zh = {
            "reply": ("Answered", "已回复客户"),
            "note": ("New note", "新增内部备注"),
        }[message.kind]
    elif message.kind == "customer":
        _emit(
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


def _zone(step: Step) -> ZoneInfo:
    return ZoneInfo(step.services.settings.timezone)


def _tell(step: Step, topic: str, kind: str, ticket: Ticket, **data: Any) -> None:
    """Tell the pages that watch `topic`, once the step is committed."""
    step.services.live.publish(
        step.session, topic, kind, {"ticket_id": ticket.id, "state": str(ticket.state), **data}
    )


def _notify(step: Step, whom: str | None, ticket: Ticket, en: str, zh: str) -> None:
    """A line in the bell of `user:7` or of everybody in `team:3`; nobody is told of their own doing."""
    tell_people(step.session, step.services, ticket, [whom], en, zh, step.actor)
