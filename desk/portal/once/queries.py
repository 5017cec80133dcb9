"""What is asked of one-time links."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.portal.models import OneTimeLink


def newest_links(
    session: Session, ticket_id: int | None, *, limit: int = 50
) -> Sequence[OneTimeLink]:
    """Links that were made for a ticket, or without one for anybody, newest first."""
    return session.scalars(
        select(OneTimeLink)
        .where(OneTimeLink.ticket_id == ticket_id)
        .order_by(OneTimeLink.id.desc())
        .limit(limit)
    ).all()
