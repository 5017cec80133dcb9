"""The desk's calendars for expressions outside a process: conditions and texts of forms, where no engine runs."""

from flask import has_app_context

from desk.application import current_desk
from desk.calendars.building import DEFAULT, office, provider
from engine.functions import Host, WorkingCalendar


def host(zone: str) -> Host:
    """What functions on working time ask: the desk's calendars while a page is answered, else office hours."""
    if not has_app_context():
        return Host(lambda name: office(zone) if name == DEFAULT else None)
    desk = current_desk()
    provide = provider(desk.settings.timezone)

    def look_up(name: str) -> WorkingCalendar | None:
        with desk.reading() as session:
            return provide(session, name)

    return Host(look_up)
