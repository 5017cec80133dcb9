"""Exports that were made before a customer's personal data is erased hold it in the open: they go, too."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.erasure import also_erases
from desk.background.models import BackgroundJob
from desk.background.operations import take_back
from desk.exports.wanted import FORMATS
from desk.exports.works import EXPORT
from desk.storage import Storage
from desk.tickets.models import Message


@also_erases
def erase_exports(session: Session, storage: Storage, messages: list[Message]) -> None:
    """Take back all exports but those for mining, which name customers by their numbers only."""
    jobs = session.scalars(select(BackgroundJob).where(BackgroundJob.kind == EXPORT)).all()
    take_back(session, storage, [j for j in jobs if not FORMATS[j.parameters["format"]].mining])
