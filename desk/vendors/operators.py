"""Transfers, offered to diagrams."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any, Literal

from sqlalchemy.orm import Session

from desk.tickets.events import open_ticket
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import write_trail
from desk.tickets.parameters import RemarkParam
from desk.tickets.records import handler
from desk.tickets.relations.watching import tell_people
from desk.tickets.types import TypeUnavailable, requested_type
from desk.vendors import wire
from desk.vendors.models import Transfer
from desk.vendors.parcel import packed, parcel
from engine.actors import SYSTEM, Actor
from engine.errors import DiagramError, TaskTaken
from engine.operators import (
    BpmnError,
    JobRun,
    OperatorError,
    Operators,
    Param,
    PermanentFailure,
    Step,
    Text,
)
from engine.timestamps import utc_now

operators = Operators()

TRIES, BACKOFF = 8, timedelta(seconds=30)
FINISH = "finish"  # the outcome with which a diagram ends the work on a ticket

TransferParam = Annotated[int, Param(Text("Transfer", "转单"))]


@operators.job(
    "vendor.send",
    title=Text("Send the ticket to the other desk", "将工单发送给其他服务商"),
    help=Text(
        "Makes a ticket on the other vendor's desk. Tried again when nobody answers; what the other desk does not take "
        "is the error “refused”, with its words.",
        "在对方服务商的平台上建单。无应答时自动重试；对方拒绝时抛出错误 refused，并附对方的说明。",
    ),
    tries=TRIES,
    backoff=BACKOFF,
    icon="building-broadcast-tower",
)
def send(run: JobRun, *, transfer_id: TransferParam) -> dict[str, Any]:
    """Returns {"their_number"}. Side effects: the transfer is accepted, a line of the trail."""
    desk = run.services
    with run.database.reading() as session:
        transfer = _transfer(session, transfer_id)
        ticket = _ticket(transfer)
        vendor, content = transfer.vendor, parcel(session, desk, transfer, ticket)
    try:
        answer = wire.post(
            vendor, wire.TAKE, content,
            key=_short(run.idempotency_key), cause=run.instance_id,
            private_hosts=desk.settings.private_hosts,
        )  # fmt: skip
    except wire.NotTaken as refused:
        raise BpmnError("refused", str(refused)) from refused
    result = {"their_number": str(answer.get("number") or "")[:64]}
    with run.database.transaction() as session:
        transfer = _transfer(session, transfer_id)
        transfer.number, transfer.state = (
            result["their_number"],
            str(answer.get("state") or "")[:16],
        )
        if transfer.status == "asked":
            transfer.status = "accepted"
        _note(session, desk, transfer, "transferred", result["their_number"], _by(transfer))
        run.finish(session, result)
    return result


@operators.job(
    "vendor.report",
    title=Text("Tell the other desk", "告知对方服务商"),
    help=Text(
        "Writes back what became of the ticket, or tells what the customer wrote. Tried again when nobody "
        "answers; when the other desk does not take it, a line of the trail says so.",
        "向对方平台回写工单进展，或转告客户的来信。无应答时自动重试；对方不接收时写入处理流程。",
    ),
    tries=TRIES,
    backoff=BACKOFF,
    icon="arrow-back-up-double",
)
def report(
    run: JobRun,
    *,
    transfer_id: TransferParam,
    kind: Annotated[
        Literal["progress", "reply", "ended", "returned", "wrote", "withdrawn"],
        Param(Text("What is told", "告知内容")),
    ],
    state: Annotated[str | None, Param(Text("State", "状态"))] = None,
    text: Annotated[str | None, Param(Text("Words", "内容"))] = None,
    message_id: Annotated[int | None, Param(Text("Message", "消息"))] = None,
) -> dict[str, Any]:
    """Returns {"told"}: false when the other desk does not want to hear it."""
    desk = run.services
    content: dict[str, Any] = {"id": _short(run.idempotency_key), "kind": kind}
    with run.database.reading() as session:
        transfer = _transfer(session, transfer_id)
        vendor, ticket = transfer.vendor, _ticket(transfer)
        content |= {"uid": str(transfer.uid), "number": ticket.number}
        content |= {"state": state or str(ticket.state), "text": text or ""}
        if message_id is not None:
            message = session.get(Message, int(message_id))
            if message is None:
                raise PermanentFailure(f"there is no message with id {message_id}")
            sent, left = packed(desk.storage, message.attachments)
            words = "\n\n".join(filter(None, (message.text, ", ".join(left))))
            author = str(message.author.get("name") or "")
            content |= {"text": words, "author": author, "attachments": sent}
    try:
        wire.post(
            vendor, wire.HEAR, content, key=content["id"], cause=run.instance_id,
            private_hosts=desk.settings.private_hosts,
        )  # fmt: skip
    except wire.NotTaken as refused:
        with run.database.transaction() as session:
            transfer = _transfer(session, transfer_id)
            _note(session, desk, transfer, "transfer_untold", str(refused), SYSTEM)
            run.finish(session, {"told": False})
        return {"told": False}
    return {"told": True}


@operators.inline(
    "vendor.open_ticket",
    title=Text("Open the ticket that another desk sent", "为转入的工单建单"),
    help=Text(
        "Starts the process of the type with what the other desk sent.",
        "用对方发来的内容，按指定类型建单并启动其流程。",
    ),
    permission="ticket.create",
    icon="ticket",
)
def open_received(
    step: Step,
    *,
    transfer_id: TransferParam,
    message_id: Annotated[int, Param(Text("Message", "消息"))],
    title: Annotated[str, Param(Text("Title", "标题"))],
    type: Annotated[str, Param(Text("Ticket type", "工单类型"))],
    priority: Annotated[
        Literal["low", "normal", "high", "urgent"], Param(Text("Priority", "优先级"))
    ] = "normal",
) -> dict[str, Any]:
    """Returns {"ticket_id", "number", "correlation": "ticket:<id>"}. Side effects: those of the type's diagram."""
    session, transfer = step.session, _transfer(step.session, transfer_id)
    message = session.get(Message, int(message_id))
    if message is None:
        raise OperatorError(f"there is no message with id {message_id}")
    try:
        kind = requested_type(session, type, None)
    except TypeUnavailable as error:
        raise OperatorError(str(error)) from error
    ticket = open_ticket(
        session,
        step.services.engine,
        message,
        actor=step.actor,
        title=title,
        priority=priority,
        kind=kind,
    )
    transfer.ticket_id, transfer.status = ticket.id, "accepted"
    session.flush()
    session.refresh(transfer)
    _note(session, step.services, transfer, "transfer_taken", transfer.number, step.actor)
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "correlation": f"ticket:{ticket.id}",
    }


@operators.inline(
    "vendor.note_progress",
    title=Text("Note how far the other desk is", "记录对方的处理进展"),
    help=Text(
        "Keeps the state of the other desk's ticket; the customer's page shows it.",
        "记录对方工单的状态，客户的进度页会显示。",
    ),
    icon="progress",
)
def note_progress(
    step: Step,
    *,
    transfer_id: TransferParam,
    state: Annotated[str, Param(Text("State", "状态"))],
) -> dict[str, Any]:
    """Returns nothing new. Side effects: a line of the trail."""
    transfer = _transfer(step.session, transfer_id)
    if transfer.state != state:
        transfer.state = state[:16]
        data = {"to": state[:16]}
        _note(step.session, step.services, transfer, "heard", "", SYSTEM, data)
    return {}


@operators.inline(
    "vendor.close",
    title=Text("End a transfer", "结束转单"),
    help=Text(
        "The transfer has ended so, with a line of the trail and a notice to who has the ticket. Reports that come "
        "later are refused.",
        "记录转单的结果，写入处理流程并通知当前处理人。之后收到的回写将被拒绝。",
    ),
    icon="flag",
)
def close(
    step: Step,
    *,
    transfer_id: TransferParam,
    status: Annotated[
        Literal["refused", "returned", "ended", "withdrawn"], Param(Text("How it ended", "结果"))
    ],
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns nothing new. Ending it again changes nothing."""
    transfer = _transfer(step.session, transfer_id)
    if not transfer.open:
        return {}
    transfer.status, transfer.over_at, transfer.reason = status, step.now, remark or ""
    if transfer.direction == "out" and status in ("returned", "ended"):
        transfer.state = "returned" if status == "returned" else "ended"
    actions = _CLOSED[transfer.direction]
    actor = step.actor if transfer.direction == "in" else SYSTEM
    _note(step.session, step.services, transfer, actions[status], remark or "", actor)
    ticket, name = _ticket(transfer), transfer.vendor.name
    if words := _NOTICES.get((transfer.direction, status)):
        en, zh = (text.format(name=name) for text in words)
        tell_people(step.session, step.services, ticket, [handler(ticket)], en, zh, SYSTEM)
    return {}


@operators.inline(
    "vendor.finish_ticket",
    title=Text("Finish our ticket with their result", "以对方结果完成本方工单"),
    help=Text(
        "Does the ticket's open step that has the outcome “finish”, with the other desk's result as the solution; as "
        "whoever passed the ticket on. Nothing where its diagram has no such step now, or somebody else has taken it.",
        "以对方的处理结果完成本方工单中可“完成”（finish）的步骤，视同转单人办理。当前没有此步骤或已被他人领取时不做任何事。",
    ),
    permission="ticket.process",
    icon="checks",
)
def finish_ticket(
    step: Step, *, transfer_id: TransferParam, solution: RemarkParam = None
) -> dict[str, Any]:
    """Returns {"finished"}. Side effects: what the ticket's diagram does then."""
    transfer = _transfer(step.session, transfer_id)
    engine, actor = step.services.engine, _by(transfer)
    values = {"solution": solution or ""}
    for task_id in engine.open_tasks(step.session, _ticket(transfer).instance_id):
        task = engine.task(step.session, task_id)
        if not any(outcome.id == FINISH for outcome in task.outcomes):
            continue
        try:
            with step.session.begin_nested():
                engine.complete(step.session, task_id, values, outcome=FINISH, actor=actor)
        except (TaskTaken, DiagramError, OperatorError):
            break
        return {"finished": True}
    return {"finished": False}


@operators.inline(
    "vendor.stop_ticket",
    title=Text("Stop our work on a ticket that goes back", "停止处理被退回的转入工单"),
    help=Text(
        "Ends the process of the ticket: its open steps leave the lists. Set its state beside it.",
        "终止该工单的流程，未完成的步骤不再出现在待办中。工单状态请另行设置。",
    ),
    permission="ticket.process",
    icon="player-stop",
)
def stop_ticket(
    step: Step, *, transfer_id: TransferParam, remark: RemarkParam = None
) -> dict[str, Any]:
    """Returns nothing new."""
    ticket = _ticket(_transfer(step.session, transfer_id))
    reason = remark or "sent back to the other desk"
    step.services.engine.cancel(step.session, ticket.instance_id, actor=step.actor, reason=reason)
    return {}


_CLOSED = {
    "out": {
        "refused": "transfer_refused",
        "returned": "transfer_returned",
        "ended": "transfer_ended",
        "withdrawn": "transfer_withdrawn",
    },
    "in": {
        "returned": "sent_back",
        "ended": "transfer_done",
        "withdrawn": "transfer_recalled",
    },
}
_NOTICES = {
    ("out", "refused"): ("{name} did not take the ticket", "“{name}”未接收工单"),
    ("out", "returned"): ("Sent back by {name}", "“{name}”退回了工单"),
    ("out", "ended"): ("{name} is done", "“{name}”已处理完毕"),
    ("in", "withdrawn"): ("{name} needs it no more", "“{name}”不再需要处理此单"),
}


def _transfer(session: Session, number: int) -> Transfer:
    found = session.get(Transfer, int(number))
    if found is None:
        raise PermanentFailure(f"there is no transfer with id {number}")
    return found


def _ticket(transfer: Transfer) -> Ticket:
    if transfer.ticket is None:
        raise PermanentFailure(f"transfer {transfer.id} has no ticket")
    return transfer.ticket


def _by(transfer: Transfer) -> Actor:
    return Actor.from_json(transfer.by)


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _note(
    session: Session,
    desk: Any,
    transfer: Transfer,
    action: str,
    remark: str,
    actor: Actor,
    more: dict[str, Any] | None = None,
) -> None:
    """A line of the trail; the open pages of the ticket are told."""
    ticket = _ticket(transfer)
    data = {"other": transfer.vendor.name, **(more or {})}
    write_trail(session, ticket, at=utc_now(), actor=actor, action=action, remark=remark, data=data)
    told = {"ticket_id": ticket.id, "state": str(ticket.state)}
    desk.live.publish(session, f"ticket:{ticket.id}", "ticket.changed", told)
