"""A question as it stands in the address of a page, and what its form offers."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.insight.dimensions import (
    DIMENSIONS,
    FIELD,
    FORM,
    TIMES,
    answers,
    condition,
    dimension,
    own_fields,
)
from desk.insight.measures import MEASURES, Setting
from desk.insight.periods import BETWEEN, Dates, LastDays, Period, from_address
from desk.insight.queries import Question
from desk.insight.views import NONE, address, by_words
from desk.insight.words import period_words
from desk.people.queries import active_teams, people_who_can
from desk.rules.fields import types
from desk.web.localisation import select_locale, words
from engine.timestamps import utc_now

DAYS = {
    "1": _l("Today"),
    "7": _l("Last 7 days"),
    "30": _l("Last 30 days"),
    "90": _l("Last 90 days"),
    "365": _l("Last year"),
}
PERIODS = {**DAYS, BETWEEN: _l("From a day to a day")}


def zone() -> ZoneInfo:
    """The desk's zone: in which days are meant."""
    return ZoneInfo(current_desk().settings.timezone)


def setting(session: Session) -> Setting:
    """What measures need to know of this desk."""
    return Setting.of(current_desk(), session)


def locale() -> str:
    """The reader's."""
    return select_locale()


def question(given: Mapping[str, str]) -> Question:
    """The question of an address; what cannot be read is left out."""
    measure, by = given.get("measure", ""), given.get("by", "")
    return Question(
        measure if measure in MEASURES else "opened",
        by if by in TIMES or dimension(by) else None,
        period(given) or LastDays(),
        filters(given),
    )


def period(given: Mapping[str, str]) -> Period | None:
    """The period of an address; None where it names none."""
    return from_address(given, utc_now().astimezone(zone()).date())


def period_fields(chosen: Period) -> dict[str, Any]:
    """What the fields of a period show: `days` and its choices, `from` and `to`."""
    between = isinstance(chosen, Dates)
    days = BETWEEN if isinstance(chosen, Dates) else str(chosen.days)
    offered = PERIODS if days in PERIODS else {days: words(period_words(chosen)), **PERIODS}
    return {"days": days, "choices": list(offered.items()), **(chosen.address if between else {})}


def filters(given: Mapping[str, str]) -> dict[str, str]:
    """The fields that an address narrows to."""
    found = {}
    for key, value in given.items():
        chosen = "" if value == NONE else value
        known = key in DIMENSIONS or key.startswith((FORM, FIELD))
        if known and value and condition(key, chosen) is not None:
            found[key] = chosen
    return found


def behind(asked: Question, key: str | None) -> str:
    """The address of the tickets behind a row."""
    values = address(asked) if key is None else {**address(asked), "key": key or NONE}
    return url_for("insight.tickets", **values)


def choices(session: Session) -> dict[str, list[tuple[str, Any]]]:
    """What the form of a question offers, as pairs of value and words: measures, fields, and values of fields."""
    return {
        "measures": [(key, words(one.title)) for key, one in MEASURES.items()],
        "by": [
            *((key, words(by_words(key))) for key in (*TIMES, *DIMENSIONS)),
            *((key, words(label)) for key, label in own_fields(session)),
            *((key, words(by_words(key))) for key in answers(session)),
        ],
        "type": [(key, words(text)) for key, text in types(session)],
        "priority": _named("priority"),
        "channel": _named("channel"),
        "state": _named("state"),
        "level": _named("level"),
        "team": [(str(team.id), team.name) for team in active_teams(session)],
        "assignee": [(str(u.id), u.name) for u in people_who_can(session, "ticket.process")],
    }


def given() -> Mapping[str, str]:
    """The address of this request, one value a name."""
    return request.args.to_dict()


def _named(key: str) -> list[tuple[str, Any]]:
    session: Any = None  # these have their words in the program
    return [(value, words(text)) for value, text in DIMENSIONS[key].names(session, []).items()]
