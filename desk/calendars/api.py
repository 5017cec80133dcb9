"""Working calendars as programs see them."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.calendars import operations, queries
from desk.calendars.building import provider
from desk.calendars.models import Calendar
from desk.calendars.schemas import (
    AnswerSchema,
    CalendarChange,
    CalendarPage,
    CalendarQuery,
    CalendarSchema,
    DaysSchema,
    NewCalendar,
    Question,
)
from desk.people.access import current_actor, requires
from desk.people.errors import PeopleError
from desk.web.api import ApiBlueprint, page_of
from desk.web.api.changing import changing

blueprint = ApiBlueprint("calendars-api", description="Working calendars")


@blueprint.route("/calendars")
@requires("people.read")
@blueprint.arguments(CalendarQuery, location="query")
@blueprint.response(200, CalendarPage)
def list_calendars(query: dict[str, Any]) -> dict[str, Any]:
    """All calendars, in the order in which they were added."""
    with current_desk().reading() as session:
        return page_of(
            session,
            queries.calendars(),
            [Calendar.id],
            limit=query["limit"],
            after=query["after"],
        )


@blueprint.route("/calendars", methods=["POST"])
@requires("calendar.edit")
@blueprint.arguments(NewCalendar)
@blueprint.response(201, CalendarSchema)
def add_calendar(given: dict[str, Any]) -> Calendar:
    """Add a calendar. 422 when it would have no working time."""
    with changing(PeopleError) as session:
        number = operations.create(session, **given, actor=current_actor()).id
    return _calendar(number)


@blueprint.route("/calendars/<int:calendar_id>")
@requires("people.read")
@blueprint.response(200, CalendarSchema)
def get_calendar(calendar_id: int) -> Calendar:
    """One calendar with its own days."""
    return _calendar(calendar_id)


@blueprint.route("/calendars/<int:calendar_id>", methods=["PATCH"])
@requires("calendar.edit")
@blueprint.arguments(CalendarChange)
@blueprint.response(200, CalendarSchema)
def change_calendar(given: dict[str, Any], calendar_id: int) -> Calendar:
    """Change a calendar; what is due by it moves."""
    with changing(PeopleError) as session:
        row = _row(session, calendar_id)
        kept = {name: getattr(row, name) for name in CalendarChange().fields}
        operations.change(session, row, **{**kept, **given}, actor=current_actor())
    return _calendar(calendar_id)


@blueprint.route("/calendars/<int:calendar_id>/days", methods=["POST"])
@requires("calendar.edit")
@blueprint.arguments(DaysSchema)
@blueprint.response(200, CalendarSchema)
def set_days(given: dict[str, Any], calendar_id: int) -> Calendar:
    """Enter holidays (no hours) or make-up days (with hours); what was entered for a day before is replaced."""
    given["last"] = given["last"] or given["first"]
    with changing(PeopleError) as session:
        operations.set_days(session, _row(session, calendar_id), **given, actor=current_actor())
    return _calendar(calendar_id)


@blueprint.route("/calendars/<int:calendar_id>/days/<int:day_id>", methods=["DELETE"])
@requires("calendar.edit")
@blueprint.response(200, CalendarSchema)
def remove_day(calendar_id: int, day_id: int) -> Calendar:
    """Let a day be again what the week and the public holidays say."""
    with changing(PeopleError) as session:
        row = _row(session, calendar_id)
        if all(day.id != day_id for day in row.days):
            raise NotFound
        operations.remove_day(session, row, day_id, actor=current_actor())
    return _calendar(calendar_id)


@blueprint.route("/calendars/<string:key>/calculate", methods=["POST"])
@requires("people.read")
@blueprint.arguments(Question)
@blueprint.response(200, AnswerSchema)
def calculate(given: dict[str, Any], key: str) -> dict[str, Any]:
    """Count working time by a calendar's key; "default" is always there."""
    zone = current_desk().settings.timezone
    with current_desk().reading() as session:
        found = provider(zone)(session, key)
    if found is None:
        raise NotFound
    answer: dict[str, Any] = {"due": None, "seconds": None}
    if given["seconds"] is not None:
        answer["due"] = found.add(given["start"], timedelta(seconds=given["seconds"]))
    if given["end"] is not None:
        worked = found.between(given["start"], given["end"])
        answer["seconds"] = None if worked is None else int(worked.total_seconds())
    return answer


def _row(session: Session, calendar_id: int) -> Calendar:
    row = queries.calendar_by_id(session, calendar_id)
    if row is None:
        raise NotFound
    return row


def _calendar(calendar_id: int) -> Calendar:
    with current_desk().reading() as session:
        return _row(session, calendar_id)
