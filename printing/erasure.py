"""Tickets that were printed together before a customer's personal data is erased may hold it: they go, too."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.erasure import also_erases
from desk.background.models import BackgroundJob
from desk.background.operations import take_back
from desk.storage import Storage
from desk.tickets.models import Message
from printing.works import KIND


@also_erases
def erase_prints(session: Session, storage: Storage, messages: list[Message]) -> None:
    """Take back all PDFs of many tickets; each can be asked for again."""
    jobs = session.scalars(select(BackgroundJob).where(BackgroundJob.kind == KIND)).all()
    take_back(session, storage, jobs)
