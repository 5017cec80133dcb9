"""The functions that expressions have here beyond FEEL's own: one namespace, the same wherever an expression may stand.

A family is a module with `family`; it stands in FAMILIES, and that is all it takes. `FUNCTIONS` is the one mapping to
compile with (engine.feel caches by its identity), and an evaluation is given a `Host`, which knows the calendars.
"""

from collections.abc import Mapping
from types import MappingProxyType

from engine.feel import HostFunction
from engine.functions import business_time, moments, numbers, phones, texts
from engine.functions.catalogue import DeskFunction, Family, Host
from engine.functions.working_calendar import Hours, Workday, WorkingCalendar, office_calendar

__all__ = [
    "FAMILIES",
    "FUNCTIONS",
    "DeskFunction",
    "Family",
    "Host",
    "Hours",
    "Workday",
    "WorkingCalendar",
    "office_calendar",
]

FAMILIES: tuple[Family, ...] = tuple(
    module.family for module in (business_time, moments, texts, phones, numbers)
)
FUNCTIONS: Mapping[str, HostFunction] = MappingProxyType(
    {name: function for family in FAMILIES for name, function in family.hosted.items()}
)
