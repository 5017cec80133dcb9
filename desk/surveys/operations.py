"""What can be done with surveys: ask, answer once, close."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.surveys.models import ANSWERED, ASKED, EXPIRED, Survey
from desk.tickets.models import Ticket
from engine.actors import Actor
from engine.runtime import Engine
from engine.timestamps import utc_now

ANSWERED_EVENT = "survey.answered"
LONGEST_COMMENT = 2_000


class NotOpen(Exception):
    """The survey takes no answer any more: it was answered before, or closed."""


def ask(session: Session, ticket: Ticket, *, at: datetime) -> Survey:
    """A survey for the ticket's customer; one that is open already is that one.

    Side effects: a row.
    """
    found = newest(session, ticket.id)
    if found is not None and found.status == ASKED:
        return found
    made = Survey(ticket_id=ticket.id, status=ASKED, asked_at=at)
    session.add(made)
    session.flush()
    return made


def answer(
    session: Session,
    engine: Engine,
    survey: Survey,
    *,
    score: int,
    solved: bool | None,
    comment: str,
    actor: Actor,
) -> None:
    """Keep what the customer says, once. Two that are sent at the same moment count as one.

    Side effects: the row; the message survey.answered to who waits for it. Raises NotOpen.
    """
    session.refresh(survey, with_for_update={"of": Survey})
    if survey.status != ASKED:
        raise NotOpen(survey.status)
    if not 1 <= score <= 5:
        raise ValueError(f"a score is 1 to 5, not {score}")
    survey.status, survey.answered_at = ANSWERED, utc_now()
    survey.score, survey.solved, survey.comment = score, solved, comment[:LONGEST_COMMENT]
    session.flush()
    payload: dict[str, Any] = {
        "survey_id": survey.id,
        "ticket_id": survey.ticket_id,
        "score": score,
        "solved": solved,
        "survey_comment": survey.comment,
    }
    engine.message(session, ANSWERED_EVENT, payload, actor=actor, correlation=f"survey:{survey.id}")


def close(session: Session, survey: Survey) -> bool:
    """Nobody has answered in time; False when somebody has."""
    session.refresh(survey, with_for_update={"of": Survey})
    if survey.status != ASKED:
        return False
    survey.status = EXPIRED
    session.flush()
    return True


def newest(session: Session, ticket_id: int) -> Survey | None:
    """The ticket's last survey."""
    return session.scalars(
        select(Survey).where(Survey.ticket_id == ticket_id).order_by(Survey.id.desc()).limit(1)
    ).first()
