"""When a working calendar changes, the moments that are due by it move, and the diagrams are told."""

from flask import has_app_context
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.calendars.building import NoWorkingTime
from desk.calendars.models import Calendar
from desk.calendars.operations import on_change
from desk.events.emitting import emit
from desk.people.errors import PeopleError
from desk.sla.operations import Calendars, reckon_all
from engine.actors import Actor
from engine.timestamps import utc_now


@on_change
def move_due_moments(session: Session, calendar: Calendar, actor: Actor) -> None:
    """Side effects: stored due moments; an event for each ticket whose clocks moved.

    Raises PeopleError when clocks still count by a calendar that is taken out of use.
    """
    if not has_app_context():
        return  # a command draws up a calendar: no clock counts by it yet, or its next look finds it
    desk = current_desk()
    calendars = Calendars(session, desk.settings.timezone)
    try:
        moved = reckon_all(session, calendar.key, calendars, now=utc_now())
    except NoWorkingTime as error:
        raise PeopleError(
            "active", _l("Open tickets count their service levels by this calendar.")
        ) from error
    for ticket_id in moved:
        emit(session, desk.engine, "ticket.sla_moved", {}, actor=actor, ticket_id=ticket_id)
