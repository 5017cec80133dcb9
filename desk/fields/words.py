"""What fields are called on pages."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l

from desk.fields.models import Held, Kind

KINDS: Final[dict[str, Any]] = {
    Kind.LINE: _l("Single line"),
    Kind.TEXT: _l("Several lines"),
    Kind.CHOICE: _l("Drop-down"),
    Kind.CHOICES: _l("Several of a list"),
    Kind.CASCADE: _l("Cascade"),
    Kind.INTEGER: _l("Whole number"),
    Kind.DECIMAL: _l("Decimal number"),
    Kind.CHECK: _l("Check box"),
    Kind.DATE: _l("Date"),
    Kind.DATETIME: _l("Date and time"),
    Kind.TIME: _l("Time of day"),
    Kind.PATTERN: _l("Text by a pattern"),
    Kind.STARS: _l("Star rating"),
    Kind.PHONE: _l("Phone number"),
    Kind.POSITION: _l("Position"),
    Kind.FILE: _l("File"),
    Kind.COMPUTED: _l("Computed"),
    Kind.TABLE: _l("Table of rows"),
}
HELD: Final[dict[str, Any]] = {
    Held.NOBODY: _l("Nobody"),
    Held.AGENTS: _l("Everybody of the desk"),
    Held.TEAMS: _l("Some teams"),
    Held.PEOPLE: _l("Some people"),
    Held.CUSTOMERS: _l("Customers"),
}
