"""Steps back, approvals and overdue marks, offered to diagrams."""

from typing import Annotated, Any, Literal

from sqlalchemy import select

from desk.tickets.flow.returning import earlier_steps, snapshot
from desk.tickets.models import TrailEntry
from desk.tickets.operations import write_trail
from desk.tickets.parameters import RemarkParam, TicketParam, ticket_of
from desk.tickets.records import handler
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import tell_people, tell_watchers
from desk.tickets.telling import emit_of, publish_change
from engine.operators import Operators, Param, Step, Text
from engine.tables import human_task

operators = Operators()


@operators.inline(
    "ticket.return_to",
    title=Text("Return to an earlier step", "退回到之前的步骤"),
    help=Text(
        "Brings back what was entered at an earlier step and undoes what was entered after it. Draw "
        "a gateway after it with a flow to each step: “return_step” says which, and “return_doer” "
        "who did that step last.",
        "恢复之前某一步骤填写的内容，其后填写的内容作废。在其后画网关并为每个步骤画出连线："
        "return_step 为退回到的步骤，return_doer 为上次完成该步骤的人。",
    ),
    permission="ticket.process",
    icon="arrow-back-up",
)
def return_to(
    step: Step,
    *,
    ticket_id: TicketParam,
    element: Annotated[
        str, Param(Text("Step", "步骤"), Text("Id of its element", "步骤的元素标识"))
    ],
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns the restored entries, and {"return_step", "return_doer", "returns"} (how often so far)."""
    ticket = ticket_of(step.session, ticket_id)
    found = snapshot(step.session, step.instance_id, element, now=step.data)
    if found is None:
        raise Refused(
            "This step has not been done yet, so nothing can go back to it.",
            "该步骤尚未办理，不能退回到该步骤。",
            "return_to",
        )
    steps = {s.element: s.name for s in earlier_steps(step.session, step.instance_id)}
    last = step.session.execute(
        select(human_task.c.name)
        .where(human_task.c.instance_id == step.instance_id)
        .order_by(human_task.c.created_at.desc())
        .limit(1)
    ).scalar()
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action="returned_to",
        remark=remark or "",
        data={
            "step": dict(steps[element]),
            "from_step": dict(last or {}),
            "restored": sorted(name for name, value in found.values.items() if value is not None),
        },
    )
    emit_of(step, "ticket.returned", ticket, remark=remark or "")
    told = (found.step.doer, handler(ticket))
    tell_people(step.session, step.services, ticket, dict.fromkeys(told), "Returned", "工单已退回",
                step.actor)  # fmt: skip
    tell_watchers(
        step.session, step.services, ticket, "Returned", "工单已退回", step.actor, but=told
    )
    publish_change(step, ticket)
    count = step.data.get("returns") if "returns" in step.data else 0
    return {
        **found.values,
        "return_step": element,
        "return_doer": found.step.doer,
        "return_reason": remark,
        "returns": int(count or 0) + 1,
    }


@operators.inline(
    "ticket.record_approval",
    title=Text("Record an approval", "记录审批结果"),
    help=Text(
        "Writes who approved or turned down, and refuses an approval by whoever asked for it or "
        "gave an earlier one: each level is another person.",
        "记录审批人与结论。申请人本人以及已审批过的人不能再审批：每一级须由不同的人审批。",
    ),
    permission="ticket.approve",
    icon="checks",
)
def record_approval(
    step: Step,
    *,
    ticket_id: TicketParam,
    decision: Annotated[Literal["approved", "rejected"], Param(Text("Decision", "结论"))],
    level: Annotated[int, Param(Text("Level", "审批级别"))] = 1,
    remark: RemarkParam = None,
) -> dict[str, Any]:
    """Returns {"approvals", "by"}: how many have approved by now, and who this was (`user:7`). Raises Refused."""
    ticket = ticket_of(step.session, ticket_id)
    before = [
        entry.actor
        for entry in step.session.scalars(
            select(TrailEntry).where(
                TrailEntry.ticket_id == ticket.id, TrailEntry.action == "approved"
            )
        )
    ]
    me = (step.actor.kind, step.actor.id)
    asked = (ticket.created_by.get("kind"), ticket.created_by.get("id"))
    if step.actor.kind == "user" and me == asked:
        raise Refused(
            "You asked for this yourself, so somebody else must decide.",
            "申请由您本人提出，须由他人审批。",
        )
    if step.actor.kind == "user" and any((a.get("kind"), a.get("id")) == me for a in before):
        raise Refused(
            "You have approved this before; the next approval must be somebody else's.",
            "您已审批过，下一级须由他人审批。",
        )
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=decision,
        remark=remark or "",
        data={"step": _step_name(step), "level": int(level)},
    )
    publish_change(step, ticket)
    en, zh = ("Approved", "已批准") if decision == "approved" else ("Turned down", "未批准")
    tell_watchers(step.session, step.services, ticket, en, zh, step.actor)
    return {"approvals": len(before) + (decision == "approved"), "by": step.actor.reference}


@operators.inline(
    "ticket.mark_overdue",
    title=Text("Mark a step as overdue", "标记节点超时"),
    help=Text(
        "Marks the ticket: the named step takes longer than it may. The mark goes with the next "
        "change of state. Its handler and who watches are told.",
        "将工单标记为节点超时，并通知处理人和关注人；状态下次变化时标记自动消除。",
    ),
    icon="alarm",
)
def mark_overdue(
    step: Step,
    *,
    ticket_id: TicketParam,
    element: Annotated[
        str, Param(Text("Step", "步骤"), Text("Id of its element", "步骤的元素标识"))
    ],
) -> dict[str, Any]:
    """Returns {"overdue": true}; false when the step is no longer open."""
    ticket = ticket_of(step.session, ticket_id)
    name = step.session.execute(
        select(human_task.c.name).where(
            human_task.c.instance_id == step.instance_id,
            human_task.c.element_id == element,
            human_task.c.status == "open",
        )
    ).scalar()
    if name is None:
        return {"overdue": False}
    ticket.overdue_at, ticket.overdue_step = step.now, dict(name)
    write_trail(
        step.session, ticket, at=step.now, actor=step.actor, action="overdue",
        data={"step": dict(name)},
    )  # fmt: skip
    emit_of(step, "ticket.overdue", ticket, step=element)
    tell_people(step.session, step.services, ticket, [handler(ticket)], "Takes too long",
                "节点已超时", step.actor)  # fmt: skip
    tell_watchers(step.session, step.services, ticket, "Takes too long", "节点已超时", step.actor,
                  but=(handler(ticket),))  # fmt: skip
    publish_change(step, ticket)
    return {"overdue": True}


def _step_name(step: Step) -> dict[str, str]:
    """The human step that led here: the newest that was done, else the element itself."""
    name = step.session.execute(
        select(human_task.c.name)
        .where(human_task.c.instance_id == step.instance_id)
        .order_by(human_task.c.created_at.desc())
        .limit(1)
    ).scalar()
    return dict(name or step.element_name)
