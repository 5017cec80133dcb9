"""Public holidays and make-up days (调休) of countries, ready to be used by a calendar.

Mainland China's come from the State Council's yearly notices, as the package chinesecalendar has them; a year for which
there is no notice yet has none, and the page of the calendar says up to when they are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from chinese_calendar import Holiday, constants

from engine.operators import Text

MAINLAND = "cn"
COUNTRIES: Mapping[str, Text] = {MAINLAND: Text("Mainland China", "中国大陆")}
MAINLAND_ZONES = frozenset(
    {"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "PRC"}
)
_NAMES = {feast.value: Text(feast.value, feast.chinese) for feast in Holiday}


@dataclass(frozen=True)
class PublicDays:
    """A country's free days and days that are worked although they fall on a weekend, with their names."""

    holidays: Mapping[date, Text]
    make_up_days: Mapping[date, Text]
    until: date  # the last day of the last year that is known


@lru_cache(maxsize=8)
def public_days(country: str) -> PublicDays:
    """What is known of a country; `country` is a key of COUNTRIES. Raises KeyError."""
    if country not in COUNTRIES:
        raise KeyError(country)
    holidays = {day: _NAMES[name] for day, name in constants.holidays.items()}
    made_up = {day: _NAMES[name] for day, name in constants.workdays.items()}
    return PublicDays(holidays, made_up, date(max(holidays).year, 12, 31))


def country_of(zone: str) -> str | None:
    """The country whose public days are meant where nobody has chosen: that of the zone, if we know it."""
    return MAINLAND if zone in MAINLAND_ZONES else None
