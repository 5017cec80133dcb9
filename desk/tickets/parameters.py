"""Parameters that many operators have: how the designer asks for tickets, teams and people, and what values name."""

from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk.database import load_now
from desk.tickets.models import Ticket
from engine.operators import OperatorError, Param, Step, Text

TicketParam = Annotated[int, Param(Text("Ticket", "工单"))]
TeamParam = Annotated[Any, Param(Text("Team", "团队"), Text("Number or “team:3”", "编号或 team:3"))]
PersonParam = Annotated[
    Any, Param(Text("Person", "人员"), Text("Number or “user:7”", "编号或 user:7"))
]
RemarkParam = Annotated[str | None, Param(Text("Remark", "备注"))]


def ticket_of(session: Session, number: int) -> Ticket:
    """The ticket with this id. Raises OperatorError."""
    ticket = load_now(session, Ticket, int(number))
    if ticket is None:
        raise OperatorError(f"there is no ticket with id {number}")
    return ticket


def number_of(kind: str, value: Any) -> int | None:
    """The number in 3, "3" or "team:3"; None for nothing. Raises OperatorError."""
    if value is None or value == "":
        return None
    text = str(value).removeprefix(f"{kind}:")
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise OperatorError(f"{value!r:.80} does not name a {kind}")
    return int(text)


def moment_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """A deadline as an aware datetime; a day means its end, in the desk's zone. Raises OperatorError."""
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


def zone_of(step: Step) -> ZoneInfo:
    """The desk's zone, in which days and times without one are meant."""
    return ZoneInfo(step.services.settings.timezone)
