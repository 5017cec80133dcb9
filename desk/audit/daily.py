"""What the scheduler does for the audit once a day: the root, and the archives by the rules."""

import logging
from datetime import datetime

from desk.application import Desk
from desk.audit.retention import rules
from desk.audit.roots import daily_root, write_files
from desk.audit.works import ARCHIVE
from desk.background.operations import submit
from desk.settings import SettingsError
from engine.actors import SYSTEM
from engine.incidents import open_incident

log = logging.getLogger(__name__)
_told: set[str] = set()  # what this process opened an incident for: one is enough


def daily(desk: Desk, now: datetime) -> None:
    """At the first call of a day (UTC): take the root and ask for the archives. At every call: catch up on root files.

    A key or a folder that cannot be used becomes an incident, once a process; it is tried again at every call.
    """
    try:
        root = daily_root(desk.database, desk.settings, now)
        write_files(desk.database, desk.settings)
    except (SettingsError, OSError) as error:
        words = f"the day's root could not be signed or kept elsewhere: {error}"
        log.warning(words)
        if words not in _told:
            _told.add(words)
            with desk.database.transaction() as session:
                open_incident(session, "audit", words, error=error)
        return
    if root is not None:
        with desk.database.transaction() as session:
            if rules(session):
                submit(session, ARCHIVE, {}, actor=SYSTEM)
