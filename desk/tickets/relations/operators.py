"""Handing over, copies, followers' notices and splitting, offered to diagrams."""

from collections.abc import Mapping
from typing import Annotated, Any

from desk.tickets.parameters import (
    PersonParam,
    RemarkParam,
    TeamParam,
    TicketParam,
    number_of,
    ticket_of,
)
from desk.tickets.records import handler
from desk.tickets.relations.handover import place
from desk.tickets.relations.splitting import Part, split
from desk.tickets.relations.watching import copy_to, tell_people, tell_watchers
from desk.tickets.types import type_by_key
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()


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
    ticket = ticket_of(step.session, ticket_id)
    team_id, person_id = number_of("team", team), number_of("user", person)
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
    "ticket.copy_to",
    title=Text("Copy the ticket to people", "抄送工单"),
    help=Text(
        "People on the copy list are told what happens. View-only: they read along and cannot "
        "answer or change anything.",
        "抄送人会收到工单动态。设为只读时，只能查看，不能回复或修改。",
    ),
    permission="ticket.process",
    icon="users-plus",
)
def copy(
    step: Step,
    *,
    ticket_id: TicketParam,
    people: Annotated[list[Any], Param(Text("People", "人员"), Text("user:7, …", "user:7 等"))],
    view_only: Annotated[bool, Param(Text("View-only", "只读"))] = True,
) -> dict[str, Any]:
    """Returns {"copied": number of new people}."""
    numbers = [_number(person) for person in people]
    new = copy_to(
        step.session,
        step.services,
        ticket_of(step.session, ticket_id),
        numbers,
        view_only=view_only,
        actor=step.actor,
    )
    return {"copied": len(new)}


@operators.inline(
    "ticket.tell",
    title=Text("Tell people of the desk", "通知相关人员"),
    help=Text(
        "A line in the bell of people, teams or roles, and of all who watch the ticket.",
        "在相关人员、团队以及关注人、抄送人的消息铃中提示一条。",
    ),
    icon="bell",
)
def tell(
    step: Step,
    *,
    ticket_id: TicketParam,
    zh: Annotated[str, Param(Text("Chinese words", "中文内容"))],
    en: Annotated[str, Param(Text("English words", "英文内容"))],
    whom: Annotated[
        list[Any] | None,
        Param(Text("Whom", "通知对象"), Text("user:7, team:3", "user:7、team:3")),
    ] = None,
) -> dict[str, Any]:
    """Returns nothing new. Who watches is told in any case."""
    ticket = ticket_of(step.session, ticket_id)
    references = [str(reference) for reference in whom or () if reference]
    tell_people(step.session, step.services, ticket, references, en, zh, step.actor)
    tell_watchers(step.session, step.services, ticket, en, zh, step.actor, but=references)
    return {}


@operators.inline(
    "ticket.split",
    title=Text("Split the ticket", "拆单"),
    help=Text(
        "Makes 1 to 15 tickets of this one. Each entry has a title, and perhaps text, type, "
        "priority, team and person. Each part reports back with ticket.child_ended.",
        "将工单拆为 1 至 15 张子单。每项含标题，可含正文、类型、优先级、团队、人员。"
        "子单结束时以 ticket.child_ended 回报。",
    ),
    permission="ticket.process",
    icon="arrows-split",
)
def split_ticket(
    step: Step,
    *,
    ticket_id: TicketParam,
    parts: Annotated[list[Any], Param(Text("Parts", "子单"))],
) -> dict[str, Any]:
    """Returns {"children": [ids]}."""
    made = split(
        step.session,
        step.services,
        ticket_of(step.session, ticket_id),
        [_part(step, entry) for entry in parts],
        actor=step.actor,
    )
    return {"children": [child.id for child in made]}


def _part(step: Step, entry: Any) -> Part:
    if not isinstance(entry, Mapping):
        raise OperatorError("ticket.split: each part is a context with a title")
    kind = type_by_key(step.session, str(entry["type"])) if entry.get("type") else None
    team, person = entry.get("team"), entry.get("person")
    return Part(
        str(entry.get("title") or ""),
        str(entry.get("text") or ""),
        kind,
        str(entry.get("priority") or "normal"),
        _number(team) if team else None,
        _number(person) if person else None,
    )


def _number(value: Any) -> int:
    text = str(value).rpartition(":")[2]
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise OperatorError(f"{value!r:.80} names nobody")
    return int(text)
