"""Moving tickets to a state and within it, offered to diagrams.

Which of them is called when, and who may do so, is drawn in the diagram and not decided here.
"""

from typing import Annotated, Any, Literal

from desk.tickets import events, statuses
from desk.tickets.models import OVER, TicketState
from desk.tickets.parameters import (
    PersonParam,
    RemarkParam,
    TeamParam,
    TicketParam,
    moment_of,
    number_of,
    ticket_of,
    zone_of,
)
from desk.tickets.records import handler
from desk.tickets.relations.handover import chosen_names
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import tell_people
from desk.tickets.states.moving import move
from desk.tickets.telling import emit_change, emit_handler, emit_of
from engine import inspection
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()
CLOSE = "ticket.close"

State = Literal["pending", "dispatched", "processing", "returned", "cancelled", "ended"]


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
    """Returns {"handler": "user:7" | "team:3"}. Raises Refused when neither is named, or one that is not active."""
    ticket = ticket_of(step.session, ticket_id)
    before, urgency = handler(ticket), ticket.priority
    team_id, person_id = number_of("team", team), number_of("user", person)
    names = chosen_names(step.session, team_id, person_id)
    ticket.team_id, ticket.assignee_id = team_id, person_id
    if priority != "unchanged":
        ticket.priority = priority
    if (moment := moment_of(deadline, zone_of(step))) is not None:
        ticket.deadline = moment
    move(step, ticket, TicketState.DISPATCHED, "dispatched", remark, names)
    emit_change(step, ticket, "priority", urgency, ticket.priority)
    emit_handler(step, ticket, before)
    tell_people(step.session, step.services, ticket, [handler(ticket)], "Dispatched to you",
                "已派发给您", step.actor)  # fmt: skip
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
    ticket = ticket_of(step.session, ticket_id)
    before = handler(ticket)
    if step.actor.kind == "user" and step.actor.id is not None:
        ticket.assignee_id = step.actor.id
    move(step, ticket, TicketState.PROCESSING, "accepted", remark, {})
    emit_handler(step, ticket, before)
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
    ticket = ticket_of(step.session, ticket_id)
    before = handler(ticket)
    if state == "returned":
        ticket.assignee_id = ticket.team_id = None
    move(step, ticket, TicketState(state), action or "moved", remark, {})
    emit_handler(step, ticket, before)
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
    ticket = ticket_of(step.session, ticket_id)
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
    ticket = ticket_of(step.session, ticket_id)
    if CLOSE not in inspection.awaited(step.session, ticket.instance_id):
        tell_people(step.session, step.services, ticket, [handler(ticket)], "Cannot be closed by itself",
                    "无法自动关闭", step.actor)  # fmt: skip
        return {"asked": False}
    emit_of(step, CLOSE, ticket, remark=remark or "")
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
    ticket = ticket_of(step.session, ticket_id)
    if ticket.instance_id == step.instance_id:
        raise OperatorError("ticket.cancel: a ticket's own diagram sets its state with ticket.set_state")
    try:
        events.cancel(
            step.session, step.services.engine, ticket, reason=reason.strip(), actor=step.actor
        )
    except (Refused, events.NobodyWaits):
        if ticket.state not in OVER:
            tell_people(step.session, step.services, ticket, [handler(ticket)], "Cannot be cancelled by itself",
                        "无法自动取消", step.actor)  # fmt: skip
        return {"cancelled": False}
    return {"cancelled": True}
