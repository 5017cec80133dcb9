"""Somebody takes no more work: the diagrams are told, so that their open tickets find others."""

from datetime import datetime, timedelta

from flask import has_app_context
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.events.emitting import emit
from desk.people.models import User
from desk.people.work import on_unavailable
from engine.actors import Actor

FOR_GOOD = timedelta(days=3650)


@on_unavailable
def tell_diagrams(
    session: Session,
    user: User,
    reason: str,
    start: datetime | None,
    end: datetime | None,
    actor: Actor,
) -> None:
    """Side effect: the event agent.unavailable, with when it begins and for how many hours.

    Only what is done on a page or by the API is heard: a command has no engine to tell.
    """
    engine = current_desk().engine if has_app_context() else None
    if engine is None:
        return
    begins = start or engine.clock()
    length = (end - begins) if end is not None else FOR_GOOD
    payload = {
        "agent_id": user.id,
        "reason": reason,
        "start": begins.isoformat(),
        "hours": round(length.total_seconds() / 3600, 1),
    }
    emit(session, engine, "agent.unavailable", payload, actor=actor)
