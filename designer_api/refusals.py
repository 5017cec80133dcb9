"""How the designer's API says no: problem details, with words in both languages for the page."""

from typing import Any, NoReturn

from flask_smorest import abort

from designer_api.files.contents import NotAFile


def refuse(status: int, message: str, **members: Any) -> NoReturn:
    """Answer with a problem; `members` stand beside its detail (RFC 9457 §3.2)."""
    abort(status, message=message, members=members)
    raise AssertionError("abort raises")


def missing(what: str = "there is no such file") -> NoReturn:
    """404."""
    refuse(404, what)


def not_a_file(error: NotAFile) -> NoReturn:
    """422 in words of both languages."""
    refuse(422, str(error), words=error.words)
