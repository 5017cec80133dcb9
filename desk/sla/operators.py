"""Service levels, offered to diagrams: bpmn_library/sla says when which of these is called."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from sqlalchemy.orm import Session

from desk.calendars.building import NoWorkingTime
from desk.events.emitting import emit
from desk.people.models import Team, User
from desk.sla import clocks, operations
from desk.sla.models import ClockKind, SlaClock
from desk.sla.words import CLOCKS, notice_text
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import write_trail
from desk.tickets.parameters import TicketParam, ticket_of
from desk.tickets.records import handler
from engine.operators import BpmnError, OperatorError, Operators, Param, Step, Text

operators = Operators()

NO_CALENDAR = "sla-calendar"  # the error code of an unusable calendar

ClockParam = Annotated[
    str, Param(Text("Clock", "时钟"), Text("Its kind, e.g. resolution", "时钟类别"))
]
TargetsParam = Annotated[
    dict[str, Any] | None,
    Param(
        Text("Targets", "时限"),
        Text(
            "A row of the table: policy, calendar, first_response, second_response, resolution",
            "时限表的一行：policy、calendar、first_response、second_response、resolution",
        ),
    ),
]


@operators.inline(
    "sla.start",
    title=Text("Start the clocks", "启动时限时钟"),
    help=Text(
        "Starts the ticket's three clocks (first response, second response, resolution) from the moment it was "
        "opened. Throws the error sla-calendar when the calendar does not exist or has no working time.",
        "从工单创建时起启动三个时钟（首次响应、二次响应、解决）。日历不存在或没有工作时间时抛出错误 sla-calendar。",
    ),
    icon="clock-play",
)
def start(step: Step, *, ticket_id: TicketParam, targets: TargetsParam = None) -> dict[str, Any]:
    """Returns {"clocks": [{"kind"}, …]}. Raises OperatorError for targets that cannot be read."""
    ticket = ticket_of(step.session, ticket_id)
    try:
        made = operations.start(
            step.session, ticket, targets or {}, _calendars(step), at=ticket.created_at
        )
    except NoWorkingTime as error:
        raise BpmnError(NO_CALENDAR, _calendar_words(error).en) from error
    except clocks.TargetRefused as error:
        raise OperatorError(f"sla.start: {error}") from error
    _tell(step, ticket)
    return {"clocks": [{"kind": str(clock.kind)} for clock in made]}


@operators.inline(
    "sla.aim",
    title=Text("Aim the clocks anew", "重新设定时限"),
    help=Text(
        "Promises what another row of the table says; the working time so far counts.",
        "按时限表的另一行重新设定时限，已用的工作时间计入。",
    ),
    icon="focus-centered",
)
def aim(step: Step, *, ticket_id: TicketParam, targets: TargetsParam = None) -> dict[str, Any]:
    """Returns {}. Without targets nothing is promised any more. Raises OperatorError."""
    ticket = ticket_of(step.session, ticket_id)
    before = {clock.kind: clock.target_seconds for clock in _clocks(step, ticket)}
    try:
        operations.aim(step.session, ticket, targets, _calendars(step), at=step.now)
    except NoWorkingTime as error:
        raise OperatorError(_calendar_words(error)) from error
    except clocks.TargetRefused as error:
        raise OperatorError(f"sla.aim: {error}") from error
    if {clock.kind: clock.target_seconds for clock in _clocks(step, ticket)} != before:
        policy = str((targets or {}).get("policy") or "")
        _trail(step, ticket, "sla_aimed", remark=policy)
    _tell(step, ticket)
    return {}


@operators.inline(
    "sla.move",
    title=Text("Hold, continue or end the clocks", "暂停、继续或结束计时"),
    help=Text(
        "Pause: no clock counts. Resume: they go on. Resolve: every promise is kept now. Drop: nothing is owed any "
        "more. Reopen: the resolution is owed again.",
        "pause 暂停计时；resume 继续；resolve 视为全部达成；drop 不再计时；reopen 重新计解决时限。",
    ),
    icon="clock-pause",
)
def move(
    step: Step,
    *,
    ticket_id: TicketParam,
    effect: Annotated[
        Literal["none", "pause", "resume", "resolve", "drop", "reopen"],
        Param(Text("Effect", "作用")),
    ],
    message_id: Annotated[
        int | None,
        Param(
            Text("Message", "消息"),
            Text("It happened when this was written.", "以该消息的时间为准。"),
        ),
    ] = None,
    at: Annotated[Any, Param(Text("When it happened", "发生时间"))] = None,
) -> dict[str, Any]:
    """Returns {"clocks": [{"kind"}, …]} of those that are open then. Raises OperatorError."""
    ticket = ticket_of(step.session, ticket_id)
    moment = at if isinstance(at, datetime) else _written(step, message_id) or step.now
    try:
        at = min(moment, step.now)
        changed = operations.move(step.session, ticket, effect, _calendars(step), at=at)
    except NoWorkingTime as error:
        raise OperatorError(_calendar_words(error)) from error
    merged = ticket.merged_into_id is not None  # the line about that says enough
    if changed and effect in ("pause", "resume", "reopen") and not merged:
        _trail(step, ticket, f"sla_{effect}d" if effect != "reopen" else "sla_reopened")
    _tell(step, ticket)
    return {"clocks": [{"kind": str(c.kind)} for c in _clocks(step, ticket) if not c.over]}


@operators.inline(
    "sla.reply",
    title=Text("Count a reply", "记录一次对外回复"),
    help=Text(
        "A public reply meets the first response, the next one the second response.",
        "首次对外回复达成首次响应，再次回复达成二次响应。",
    ),
    icon="message-check",
)
def reply(
    step: Step,
    *,
    ticket_id: TicketParam,
    message_id: Annotated[int | None, Param(Text("Message", "消息"))] = None,
) -> dict[str, Any]:
    """Returns {"met": kind | None}. An automatic message is no reply."""
    ticket = ticket_of(step.session, ticket_id)
    message = step.session.get(Message, int(message_id)) if message_id is not None else None
    if message is not None and message.automatic:
        return {"met": None}
    at = message.created_at if message is not None else step.now
    met = operations.reply(step.session, ticket, at=min(at, step.now))
    _tell(step, ticket)
    return {"met": met}


@operators.inline(
    "sla.next",
    title=Text("What a clock waits for", "时钟的下一步"),
    help=Text(
        "Looks at a clock and its chain of notices: runs until the next notice or the target, is held, or is over.",
        "查看时钟和通知链：下一次通知或到期的时刻；或已暂停、已结束。",
    ),
    icon="clock-search",
)
def next_(
    step: Step,
    *,
    ticket_id: TicketParam,
    clock: ClockParam,
    chain: Annotated[list[Any] | None, Param(Text("Chain of notices", "通知链"))] = None,
) -> dict[str, Any]:
    """Returns {"state": running | held | over, "at", "what": step | breach, "step"}."""
    found = _clock(step, ticket_id, clock)
    try:
        coming = clocks.coming(found, _calendars(step)[found.calendar], _links(chain), step.now)
    except NoWorkingTime as error:
        raise OperatorError(_calendar_words(error)) from error
    except clocks.TargetRefused as error:
        raise OperatorError(f"sla.next: {error}") from error
    return {
        "state": coming.state,
        "at": coming.at,
        "what": coming.what,
        "step": dict(coming.step) if coming.step is not None else None,
    }


@operators.inline(
    "sla.breach",
    title=Text("Mark the target as missed", "记为超时"),
    help=Text(
        "Writes down that the target has passed, with a line of the trail, and tells the event “SLA missed”.",
        "记录时限已过，写入处理流程，并发出“SLA 已超时”事件。",
    ),
    icon="clock-x",
)
def breach(step: Step, *, ticket_id: TicketParam, clock: ClockParam) -> dict[str, Any]:
    """Returns {"missed": whether it is news}."""
    ticket, found = ticket_of(step.session, ticket_id), _clock(step, ticket_id, clock)
    news = operations.breach(found)
    if news:
        _trail(step, ticket, "sla_missed", clock=found)
        _emit(step, "ticket.sla_missed", ticket, found)
        _tell(step, ticket)
    return {"missed": news}


@operators.inline(
    "sla.notice",
    title=Text("Take a link of the chain", "取通知链的一环"),
    help=Text(
        "Marks the notice as given and says whom it goes to and in which words. Whom: assignee, team, lead, "
        "role:supervisor, user:7, team:3; several with commas. Nobody there: the supervisors get it.",
        "将该环记为已通知，并给出通知对象和内容。对象：assignee、team、lead、role:supervisor、user:7、team:3，"
        "多个用逗号分隔；无人可通知时发给主管。",
    ),
    icon="bell",
)
def notice(
    step: Step,
    *,
    ticket_id: TicketParam,
    clock: ClockParam,
    link: Annotated[dict[str, Any], Param(Text("Link of the chain", "通知链的一环"))],
) -> dict[str, Any]:
    """Returns {"to": ["user:7", …], "text": {"en", "zh"}, "target": key of an external target or None}."""
    ticket, found = ticket_of(step.session, ticket_id), _clock(step, ticket_id, clock)
    found.steps_done += 1
    if found.breached_at is None:
        _emit(step, "ticket.sla_warned", ticket, found)
    people = [ref for name in _names(link.get("to")) for ref in _reach(step, ticket, name)]
    said = str(link.get("text") or "")
    text = notice_text(found, Text(str(link.get("text_en") or said), said))
    return {
        "to": list(dict.fromkeys(people)) or ["role:supervisor"],
        "text": {"en": text.en, "zh": text.zh},
        "target": str(link.get("target") or "").strip() or None,
    }


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        value = value.replace("，", ",").split(",")
    return [str(one).strip() for one in value or [] if str(one).strip()]


def _links(chain: Any) -> Sequence[Mapping[str, Any]]:
    """The chain as the decision gave it: a list of rows, one row, or nothing."""
    if chain is None:
        return []
    rows = [chain] if isinstance(chain, Mapping) else list(chain)
    return [row for row in rows if isinstance(row, Mapping)]


def _reach(step: Step, ticket: Ticket, name: str) -> list[str]:
    """Whom a name in the chain means for this ticket; nobody is a possible answer."""
    if name == "assignee":
        mine = handler(ticket)
        return [mine] if mine is not None and _there(step.session, mine) else []
    if name == "team":
        return [f"team:{ticket.team_id}"] if ticket.team_id is not None else []
    if name == "lead":
        return _leads(step.session, ticket)
    return [name]


def _leads(session: Session, ticket: Ticket) -> list[str]:
    """The lead of the ticket's team, else those of the handler's teams."""
    teams = [session.get(Team, ticket.team_id)] if ticket.team_id is not None else []
    if not teams and ticket.assignee is not None:
        teams = list(ticket.assignee.teams)
    leads = [team.lead_id for team in teams if team is not None and team.lead_id is not None]
    return [ref for ref in (f"user:{number}" for number in leads) if _there(session, ref)]


def _there(session: Session, reference: str) -> bool:
    """Whether a person's account is open; teams and roles are always there."""
    kind, _, number = reference.partition(":")
    if kind != "user":
        return True
    user = session.get(User, int(number)) if number.isdecimal() else None
    return user is not None and user.active


def _clocks(step: Step, ticket: Ticket) -> Sequence[SlaClock]:
    return operations.clocks_of(step.session, ticket.id)


def _clock(step: Step, ticket_id: int, kind: str) -> SlaClock:
    try:
        return operations.clock_of(step.session, int(ticket_id), kind)
    except LookupError as error:
        raise OperatorError(str(error)) from error


def _calendars(step: Step) -> operations.Calendars:
    return operations.Calendars(step.session, step.services.settings.timezone)


def _calendar_words(error: NoWorkingTime) -> Text:
    return Text(
        f"The calendar “{error}” does not exist or has no working time: put it right, then try again.",
        f"日历“{error}”不存在或没有工作时间：请修正后重试。",
    )


def _written(step: Step, message_id: int | None) -> datetime | None:
    message = step.session.get(Message, int(message_id)) if message_id is not None else None
    return message.created_at if message is not None else None


def _trail(
    step: Step, ticket: Ticket, action: str, *, remark: str = "", clock: SlaClock | None = None
) -> None:
    data: dict[str, Any] = {}
    if clock is not None:
        words = CLOCKS[ClockKind(clock.kind)]
        data["clock"] = {"en": words.en, "zh": words.zh}
    write_trail(
        step.session,
        ticket,
        at=step.now,
        actor=step.actor,
        action=action,
        remark=remark,
        data=data,
    )


def _emit(step: Step, name: str, ticket: Ticket, clock: SlaClock) -> None:
    emit(
        step.session,
        step.services.engine,
        name,
        {"clock": str(clock.kind)},
        actor=step.actor,
        ticket_id=ticket.id,
    )


def _tell(step: Step, ticket: Ticket) -> None:
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    step.services.live.publish(step.session, f"ticket:{ticket.id}", "ticket.changed", data)
    step.services.live.publish(step.session, "tickets", "ticket.changed", data)
