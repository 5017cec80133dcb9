"""Filters as they stand in the address of a page, and the choices that pages offer for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from desk.application import current_desk
from desk.cockpit.filters import InstanceFilter
from desk.cockpit.queries import Period
from desk.people.queries import active_teams, people_who_can
from desk.tickets.models import TicketType
from desk.tickets.trail import CHANNELS, PRIORITIES
from desk.web.localisation import words
from engine.timestamps import utc_now

STATUS_NAMES = {
    "active": _l("Running"),
    "suspended": _l("Suspended"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
    "failed": _l("Failed"),
}
STATUS_TONES = {
    "active": "working",
    "suspended": "waiting",
    "completed": "done",
    "cancelled": "off",
    "failed": "back",
}
DAYS = {"1": _l("Today"), "7": _l("Last 7 days"), "30": _l("Last 30 days"), "365": _l("Last year")}
FIELDS = (
    "process", "version", "status", "element", "incidents", "q", "from", "to", "type", "priority",
    "channel", "team", "assignee", "variable", "value",
)  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """The filters of this request as text by name, and what they mean."""

    address: dict[str, Any]
    wanted: InstanceFilter


def zone() -> ZoneInfo:
    """The desk's zone: in which days are meant."""
    return ZoneInfo(current_desk().settings.timezone)


def chosen(values: "MultiDict[str, str] | None" = None, **fixed: str) -> Chosen:
    """What the address (or these values) narrows to; what cannot be read narrows nothing."""
    given = values if values is not None else request.args
    address: dict[str, Any] = {
        name: given[name].strip() for name in FIELDS if given.get(name, "").strip()
    }
    address |= fixed
    version = _uuid(address.get("version"))
    until = _day(address.get("to"))
    wanted = InstanceFilter(
        process=address.get("process"),
        version=version,
        status=address.get("status")
        if address.get("status") in (*STATUS_NAMES, "running")
        else None,
        element=address.get("element"),
        incidents=bool(address.get("incidents")),
        text=address.get("q"),
        started_from=_day(address.get("from")),
        started_to=until + timedelta(days=1) if until else None,
        ticket_type=address.get("type"),
        priority=address.get("priority"),
        channel=address.get("channel"),
        team=_number(address.get("team")),
        assignee=_number(address.get("assignee")),
        variable=address.get("variable"),
        value=address.get("value") if address.get("variable") else None,
    )
    return Chosen(address, wanted)


def period() -> Period:
    """`?days=`: today or the last so many days, in whole days of the desk's zone."""
    here = zone()
    days = request.args.get("days", "")
    if days not in DAYS:
        return Period(zone=here)
    today = utc_now().astimezone(here).replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(since=today - timedelta(days=int(days) - 1), zone=here)


def choices(session: Session) -> dict[str, list[tuple[Any, Any]]]:
    """What the filters on records offer, as pairs of value and words."""
    types = session.execute(select(TicketType.key, TicketType.name).order_by(TicketType.position))
    return {
        "types": [(row.key, words(row.name)) for row in types],
        "priorities": list(PRIORITIES.items()),
        "channels": list(CHANNELS.items()),
        "teams": [(team.id, team.name) for team in active_teams(session)],
        "assignees": [(user.id, user.name) for user in people_who_can(session, "ticket.process")],
    }


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=zone())
    except ValueError:
        return None
