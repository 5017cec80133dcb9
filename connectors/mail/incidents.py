"""Telling an administrator that a mail needs a person."""

from sqlalchemy.orm import Session

from desk.application import Desk
from engine.incidents import open_incident
from engine.operators import Text


def report_incident(
    desk: Desk, session: Session, words: Text, *, error: Exception | None = None
) -> None:
    """Open an incident of kind `mail`, in the desk's first language; open pages are told."""
    incident_id = open_incident(session, "mail", words.in_(desk.settings.locale), error=error)
    desk.live.publish(session, "incidents", "incident.opened", {"incident_id": str(incident_id)})
