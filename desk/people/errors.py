"""What the people's operations refuse, in words for the one who asked."""

from typing import Any


class PeopleError(Exception):
    """Something was refused; nothing was changed. `field` names the form's field, `words` say why (lazy gettext)."""

    def __init__(self, field: str | None, words: Any) -> None:
        super().__init__(field)
        self.field, self.words = field, words

    def __str__(self) -> str:
        return str(self.words)


class LoginRefused(PeopleError):
    """Login and password do not belong together; it is never said which of them is wrong."""


class LockedOut(PeopleError):
    """Too many failed logins; `seconds` until the next may be tried."""

    def __init__(self, words: Any, seconds: int) -> None:
        super().__init__(None, words)
        self.seconds = seconds
