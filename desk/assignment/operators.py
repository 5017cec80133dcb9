"""Assignment, offered to diagrams: bpmn_library/assignment says when which of these is called."""

from typing import Annotated, Any

from desk.assignment import operations
from desk.assignment.operations import Wish
from desk.assignment.ranking import WAYS, UnknownWay
from desk.people.models import User
from desk.people.rota import on_duty
from desk.tickets.parameters import TicketParam, ticket_of
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()

AgentParam = Annotated[int, Param(Text("Person", "人员"), Text("Number", "编号"))]
_EN = "; ".join(f"{key}: {way.name.en}" for key, way in WAYS.items())
_ZH = "；".join(f"{key}：{way.name.zh}" for key, way in WAYS.items())


@operators.inline(
    "assign.ticket",
    title=Text("Give the ticket to somebody", "自动分配工单"),
    help=Text(
        "Looks for people of the team (or the ticket's own) with the skill at its level, on duty and below their "
        "limit; takes who is preferred, and hands the ticket to them at once. Nobody there is an answer, not an error. "
        f"Ways to prefer, first ones first: {_EN}.",
        "在指定团队（或工单所属团队）中，按技能和等级、是否在岗、是否未达上限寻找人员，按优先方式选定并立即分配。"
        f"无人可接单是一种结果而不是错误。优先方式（靠前者优先）：{_ZH}。",
    ),
    icon="user-check",
)
def ticket(
    step: Step,
    *,
    ticket_id: TicketParam,
    team: Annotated[str | None, Param(Text("Team", "团队"), Text("Its name", "团队名称"))] = None,
    skill: Annotated[str | None, Param(Text("Skill", "技能"), Text("Its name", "技能名称"))] = None,
    level: Annotated[int | None, Param(Text("Level at least", "最低等级"))] = None,
    prefer: Annotated[
        Any,
        Param(
            Text("Preferred", "优先方式"),
            Text("Ways with commas, e.g. owner, least_load", "用逗号分隔，例如 owner, least_load"),
        ),
    ] = None,
    without: Annotated[
        int | None,
        Param(Text("Taken from", "从谁转出"), Text("Number of a person", "人员编号")),
    ] = None,
) -> dict[str, Any]:
    """Returns {"result": given | nobody | settled, "person": "user:7" | None, "handler", "why", "again_at"}.

    `why` nobody: no_team, no_skill, off_duty, full. Raises OperatorError for a team or a way there is not.
    """
    found = ticket_of(step.session, ticket_id)
    names = prefer.replace("，", ",").split(",") if isinstance(prefer, str) else prefer or ()
    wish = Wish(
        team or None,
        skill or None,
        int(level or 0),
        tuple(str(name) for name in names),
        int(without) if without is not None else None,
    )
    try:
        answer = operations.give(
            step.session,
            step.services,
            found,
            wish,
            held=found.instance_id == step.instance_id,
            at=step.now,
            actor=step.actor,
        )
    except UnknownWay as error:
        raise OperatorError(
            Text(
                f"“{error}” is no way to prefer people; there are {', '.join(WAYS)}.",
                f"“{error}”不是可用的优先方式，可用：{'、'.join(WAYS)}。",
            )
        ) from error
    except LookupError as error:
        raise OperatorError(str(error)) from error
    person = f"user:{answer.user_id}" if answer.user_id is not None else None
    return {
        "result": answer.result,
        "person": person,
        "why": answer.why,
        "again_at": answer.again_at,
    }


@operators.inline(
    "assign.give_back",
    title=Text("Back to the team", "退回团队"),
    help=Text(
        "Offers the ticket to its whole team again; without a team it stays where it is.",
        "将工单重新提供给整个团队；没有团队时保持不变。",
    ),
    icon="users",
)
def give_back(step: Step, *, ticket_id: TicketParam) -> dict[str, Any]:
    """Returns {"team": "team:3" | None}."""
    found = ticket_of(step.session, ticket_id)
    team_id = operations.give_back(
        step.session,
        step.services,
        found,
        held=found.instance_id == step.instance_id,
        actor=step.actor,
    )
    return {"team": f"team:{team_id}" if team_id is not None else None}


@operators.inline(
    "assign.open_tickets",
    title=Text("Open tickets of somebody away", "不在岗人员的未结工单"),
    help=Text(
        "The tickets that somebody has and that are not over; none when that person takes work again.",
        "某人名下尚未结束的工单；若此人已恢复接单则为空。",
    ),
    icon="list",
)
def open_tickets(step: Step, *, agent_id: AgentParam) -> dict[str, Any]:
    """Returns {"tickets": [number, …], "name"}."""
    user = step.session.get(User, int(agent_id))
    if user is None:
        return {"tickets": [], "name": ""}
    there = user.id in on_duty(step.session, [user.id], step.now)
    found = [] if there else operations.open_tickets(step.session, user.id)
    return {"tickets": found, "name": user.name}
