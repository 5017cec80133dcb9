"""What can be measured. A measure is facts (a ticket, a moment, a value) and how values become one figure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from desk.application import Desk
from desk.cockpit.models import Deviation, TasksDone
from desk.insight.sql import seconds_between
from desk.sla.models import ClockKind, SlaClock
from desk.surveys.models import Survey
from desk.tickets.models import Message, Ticket, TicketState, TrailEntry
from desk.tickets.queries import OPEN_STATES
from engine.operators import Text
from engine.tables import human_task

DAY: Final = 86_400  # seconds

Unit = Literal["count", "duration", "share", "score"]


@dataclass(frozen=True)
class Setting:
    """What facts depend on beside the records: now, and the days after which an end is final."""

    session: Session
    now: datetime
    final_after_days: int

    @classmethod
    def of(cls, desk: Desk, session: Session) -> Self:
        """That of a desk, now."""
        return cls(session, desk.engine.clock(), desk.settings.ticket_reopen_days)


Facts = Callable[[Setting], Select[Any]]


@dataclass(frozen=True)
class Measure:
    """Its facts are rows of `ticket_id`, `at`, `value` (seconds for a duration, 0 or 1 for a share) and `number`: how
    many facts the row stands for, with `value` their sum. Those of which a percentage is asked stand for one each.

    `how`: they are counted, averaged, or the figure is the value that this percentage of them does not exceed.
    `now`: about how things are, whatever the period. `good` is which way is better: +1 more, -1 less, 0 neither.
    """

    key: str
    title: Text
    help: Text
    unit: Unit
    facts: Facts
    how: Literal["count", "mean"] | int = "mean"
    now: bool = False
    good: int = 0


def _facts(ticket_id: Any, at: Any, value: Any, number: Any = None) -> Select[Any]:
    return select(
        ticket_id.label("ticket_id"),
        at.label("at"),
        cast(value, Float).label("value"),
        (literal(1) if number is None else number).label("number"),
    )


def _opened(_setting: Setting) -> Select[Any]:
    return _facts(Ticket.id, Ticket.created_at, literal(1.0))


def _ended(_setting: Setting) -> Select[Any]:
    return _facts(Ticket.id, Ticket.ended_at, literal(1.0)).where(
        Ticket.state == TicketState.ENDED, Ticket.ended_at.is_not(None)
    )


def _open(_setting: Setting) -> Select[Any]:
    return _facts(Ticket.id, Ticket.created_at, literal(1.0)).where(Ticket.state.in_(OPEN_STATES))


def _first_response(_setting: Setting) -> Select[Any]:
    return _facts(
        Ticket.id, Ticket.first_response_at,
        seconds_between(Ticket.created_at, Ticket.first_response_at),
    ).where(Ticket.first_response_at.is_not(None))  # fmt: skip


def _resolution(_setting: Setting) -> Select[Any]:
    return _facts(
        Ticket.id, Ticket.ended_at, seconds_between(Ticket.created_at, Ticket.ended_at)
    ).where(Ticket.state == TicketState.ENDED, Ticket.ended_at.is_not(None))


def _sla(kind: ClockKind | None) -> Facts:
    def facts(setting: Setting) -> Select[Any]:
        late = and_(SlaClock.met_at.is_(None), SlaClock.due_at < setting.now)
        missed = or_(SlaClock.breached_at.is_not(None), late)
        decided = case(
            (SlaClock.breached_at.is_not(None), SlaClock.breached_at),
            (SlaClock.met_at.is_not(None), SlaClock.met_at),
            else_=SlaClock.due_at,
        )
        found = _facts(SlaClock.ticket_id, decided, case((missed, 0.0), else_=1.0)).where(
            SlaClock.dropped_at.is_(None),
            SlaClock.target_seconds.is_not(None),
            or_(missed, SlaClock.met_at.is_not(None)),
        )
        return found if kind is None else found.where(SlaClock.kind == kind.value)

    return facts


def _tasks(_setting: Setting) -> Select[Any]:
    """Tasks of the tickets' own processes, of which machines did `value`: a row for a ticket and a day."""
    done = TasksDone
    return _facts(
        Ticket.id, done.at, done.automatic, done.automatic + done.human
    ).join_from(done, Ticket, Ticket.instance_id == done.instance_id)  # fmt: skip


def _drawn(_setting: Setting) -> Select[Any]:
    """Tickets by their opening: 1 where nobody took the process off its way."""
    taken_off = Ticket.instance_id.in_(select(Deviation.instance_id))
    return _facts(Ticket.id, Ticket.created_at, case((taken_off, 0.0), else_=1.0)).where(
        Ticket.instance_id.is_not(None)
    )


def _untouched(_setting: Setting) -> Select[Any]:
    touched = exists().where(
        human_task.c.instance_id == Ticket.instance_id, human_task.c.status == "completed"
    )
    return _facts(Ticket.id, Ticket.ended_at, case((touched, 0.0), else_=1.0)).where(
        Ticket.state == TicketState.ENDED, Ticket.ended_at.is_not(None)
    )


def _first_contact(setting: Setting) -> Select[Any]:
    """Each end of a ticket: 1 when people had answered once at most, and it was and stays closed."""
    end = aliased(TrailEntry)
    replies = (
        select(func.count())
        .where(
            Message.ticket_id == end.ticket_id, Message.kind == "reply",
            Message.created_at <= end.at,
        )
        .scalar_subquery()
    )  # fmt: skip
    again = _reopened(end, setting.final_after_days, before=True)
    return _facts(end.ticket_id, end.at, case((and_(~again, replies <= 1), 1.0), else_=0.0)).where(
        end.action == "ended"
    )


def _reopenings(setting: Setting) -> Select[Any]:
    end = aliased(TrailEntry)
    again = _reopened(end, setting.final_after_days, before=False)
    return _facts(end.ticket_id, end.at, case((again, 1.0), else_=0.0)).where(end.action == "ended")


def _reopened(end: Any, days: int, *, before: bool) -> ColumnElement[bool]:
    """Whether the ticket was reopened in so many days after this end; with `before`, or ever before it."""
    reopening = aliased(TrailEntry)
    asked = [
        reopening.ticket_id == end.ticket_id,
        reopening.action == "reopened",
        seconds_between(end.at, reopening.at) <= days * DAY,
    ]
    if not before:
        asked.append(reopening.id > end.id)
    return exists().where(*asked)


def _satisfaction(_setting: Setting) -> Select[Any]:
    """Answers to surveys, and the stars given on the tracking page."""
    both = union_all(
        _facts(Survey.ticket_id, Survey.answered_at, Survey.score).where(
            Survey.answered_at.is_not(None), Survey.score.is_not(None)
        ),
        _facts(Ticket.id, Ticket.rated_at, Ticket.rating).where(
            Ticket.rated_at.is_not(None), Ticket.rating.is_not(None)
        ),
    ).subquery()
    return select(both.c.ticket_id, both.c.at, both.c.value, both.c.number)


_RESPONSE_HELP = Text(
    "From the opening of the ticket to the first public answer, by the clock on the wall.",
    "从工单创建到首次公开回复的自然时长。",
)
_RESOLUTION_HELP = Text(
    "From the opening to the end of tickets that have ended, by the clock on the wall.",
    "已结束工单从创建到结束的自然时长。",
)
_SLA_HELP = Text(
    "Of the promises that were decided in the period, the share that was kept.",
    "期间内已有结果的时限承诺中，按时达成的比例。",
)

MEASURES: Final[dict[str, Measure]] = {
    measure.key: measure
    for measure in (
        Measure("opened", Text("Tickets opened", "新建工单"),
                Text("By the time they were opened.", "按创建时间统计。"), "count", _opened, "count"),
        Measure("ended", Text("Tickets ended", "结束工单"),
                Text("By the time they ended.", "按结束时间统计。"), "count", _ended, "count", good=1),
        Measure("open", Text("Open tickets now", "当前未结工单"),
                Text("What is open at this moment, whatever the period; over time, by when they were opened.",
                     "此刻未结束的工单，与期间无关；按时间查看时以创建时间归类。"),
                "count", _open, "count", now=True, good=-1),
        Measure("first_response", Text("First response, median", "首次响应（中位数）"), _RESPONSE_HELP,
                "duration", _first_response, 50, good=-1),
        Measure("first_response_p90", Text("First response, nine of ten", "首次响应（P90）"), _RESPONSE_HELP,
                "duration", _first_response, 90, good=-1),
        Measure("resolution", Text("Resolution, median", "解决时长（中位数）"), _RESOLUTION_HELP,
                "duration", _resolution, 50, good=-1),
        Measure("resolution_p90", Text("Resolution, nine of ten", "解决时长（P90）"), _RESOLUTION_HELP,
                "duration", _resolution, 90, good=-1),
        Measure("sla", Text("SLA attainment", "SLA 达成率"), _SLA_HELP, "share", _sla(None), good=1),
        Measure("sla_first_response", Text("SLA: first response", "SLA 达成率：首次响应"), _SLA_HELP,
                "share", _sla(ClockKind.FIRST_RESPONSE), good=1),
        Measure("sla_second_response", Text("SLA: second response", "SLA 达成率：二次响应"), _SLA_HELP,
                "share", _sla(ClockKind.SECOND_RESPONSE), good=1),
        Measure("sla_resolution", Text("SLA: resolution", "SLA 达成率：解决"), _SLA_HELP,
                "share", _sla(ClockKind.RESOLUTION), good=1),
        Measure("automation", Text("Automation rate", "自动化率"),
                Text("Of the tasks that were done in tickets' processes, the share that no person had to do.",
                     "工单流程中已完成的任务里，无需人工完成的比例。"), "share", _tasks, good=1),
        Measure("as_drawn", Text("Went as drawn", "按图执行率"),
                Text("Of the tickets opened in the period, the share in whose process nobody moved a token, edited a "
                     "value, changed the version or closed an incident by hand.",
                     "期间内新建的工单中，流程从未被人工移动流转位置、修改数据、迁移版本或手工关闭异常的比例。"),
                "share", _drawn, good=1),
        Measure("untouched", Text("Ended without a person", "全自动办结率"),
                Text("Of the tickets that ended, the share in which nobody completed a step.",
                     "已结束的工单中，没有任何人工步骤的比例。"), "share", _untouched, good=1),
        Measure("first_contact", Text("First-contact resolution", "首次联系解决率"),
                Text("Of the ends of tickets, the share with one answer of an agent at most, never reopened before and "
                     "not in the days in which customers can reopen them (setting LANEDESK_REOPEN_DAYS).",
                     "工单结束时，座席至多回复一次、此前从未重开、且在可重开天数内（设置项 LANEDESK_REOPEN_DAYS）"
                     "未被重开的比例。"), "share", _first_contact, good=1),
        Measure("reopened", Text("Reopen rate", "重开率"),
                Text("Of the ends of tickets, the share that was reopened in the days in which customers can.",
                     "工单结束后，在可重开天数内被重开的比例。"), "share", _reopenings, good=-1),
        Measure("satisfaction", Text("Satisfaction, of five", "满意度（5 分制）"),
                Text("The average of all answers to surveys and ratings given in the period.",
                     "期间内全部调查答复和评价的平均分。"), "score", _satisfaction, good=1),
    )
}  # fmt: skip
