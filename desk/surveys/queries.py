"""What is asked about surveys: the newest answers, and how satisfied customers are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from desk.surveys.models import ANSWERED, Survey

SHOWN = 100


@dataclass(frozen=True)
class Satisfaction:
    """Of surveys asked since a time: how many were sent and answered, and the average of 1 to 5."""

    asked: int
    answered: int
    average: float | None
    unsolved: int


def satisfaction(session: Session, seen: ColumnElement[bool], since: datetime) -> Satisfaction:
    """The figures since `since`, of the tickets that the reader sees (desk.tickets.scope.visible)."""
    row = session.execute(
        select(
            func.count(),
            func.count(Survey.answered_at),
            func.avg(Survey.score),
            func.count().filter(Survey.solved.is_(False)),
        )
        .join(Survey.ticket)
        .where(Survey.asked_at >= since, seen)
    ).one()
    return Satisfaction(row[0], row[1], float(row[2]) if row[2] is not None else None, row[3])


def answers(
    session: Session, seen: ColumnElement[bool], *, low_only: bool = False
) -> Sequence[Survey]:
    """The newest answers with their tickets; `low_only`: 1 or 2, or not solved."""
    statement = (
        select(Survey)
        .join(Survey.ticket)
        .where(Survey.status == ANSWERED, seen)
        .order_by(Survey.answered_at.desc(), Survey.id.desc())
        .limit(SHOWN)
        .options(joinedload(Survey.ticket))
    )
    if low_only:
        statement = statement.where((Survey.score <= 2) | Survey.solved.is_(False))
    return session.scalars(statement).all()
