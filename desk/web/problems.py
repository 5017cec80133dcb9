"""What people and programs are told when something cannot be done.

Programs get problem details (RFC 9457); people get a page that says what happened, what was kept and what to do.
"""

import math
from typing import Any, NamedTuple

import structlog
from flask import Flask, current_app, g, json, render_template, request
from flask_babel import lazy_gettext as _l
from jinja2 import TemplateError
from markupsafe import escape
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, StatementError
from werkzeug.exceptions import (
    BadHost,
    BadRequest,
    Conflict,
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
    ServiceUnavailable,
)
from werkzeug.wrappers import Response

from desk.storage import StorageUnreachable
from desk.web.assets import AssetsNotBuilt
from desk.web.csrf import CsrfFailed
from desk.web.request_id import request_id
from engine.database import DatabaseUnreachable
from engine.errors import StateUnreadable

log = structlog.get_logger(__name__)

PROGRAMS_ONLY = "problems_for_programs_only"
PROBLEM_TYPE = "application/problem+json"
UNFIT = (OverflowError, UnicodeEncodeError)
DRAINED = (
    256 * 1024 * 1024
)  # bytes read and thrown away of a body that is too large, so that its sender hears why


class Words(NamedTuple):
    """Title and text of an error page."""

    title: Any
    text: Any


WORDS: dict[int | str, Words] = {
    400: Words(
        _l("That request could not be understood"),
        _l("Nothing was changed. Go back and try again; what you typed is still on that page."),
    ),
    401: Words(_l("Please sign in"), _l("This page is for people who are signed in.")),
    403: Words(
        _l("You may not see or do this"),
        _l(
            "Nothing was changed. If you need it for your work, ask an administrator for the permission."
        ),
    ),
    404: Words(
        _l("There is nothing here"),
        _l("The address may be mistyped, or what was here is gone. Nothing was changed."),
    ),
    405: Words(
        _l("That cannot be done here"),
        _l("Nothing was changed. Go back, reload the page and try again."),
    ),
    409: Words(
        _l("Somebody was faster"),
        _l(
            "This was changed while you were looking at it. Your change was not saved: go back, reload the page "
            "and look at it again."
        ),
    ),
    410: Words(
        _l("This is no longer here"), _l("It has expired or was removed. Nothing was changed.")
    ),
    413: Words(
        _l("That is too large"),
        _l(
            "Nothing was saved. Go back, choose smaller or fewer files and send again; your text is still there."
        ),
    ),
    422: Words(
        _l("Some of that is not right"),
        _l(
            "Nothing was saved. Go back and check the entries; what you typed is still on that page."
        ),
    ),
    429: Words(
        _l("Too many requests"),
        _l("Nothing was changed. Wait a little and try again."),
    ),
    500: Words(
        _l("Something went wrong on our side"),
        _l(
            "What you did last may not be saved. Go back and try again; if it happens again, tell an "
            "administrator the number below."
        ),
    ),
    503: Words(
        _l("The desk is not available right now"),
        _l("What you did last was not saved. Keep this window open and try again in a minute."),
    ),
    "csrf": Words(
        _l("This page was open for too long"),
        _l("Nothing was changed. Go back, copy what you typed, reload the page and send it again."),
    ),
    "unreadable": Words(
        _l("Where this flow stands cannot be read"),
        _l(
            "What is kept of it was written by a newer version of the program, or was damaged. Nothing was changed, "
            "and nothing moves on its own. Tell an administrator: the cockpit says more."
        ),
    ),
}


class FlowUnreadable(Conflict):
    """The kept state of a process says nothing to this program, so nothing can be done with it."""

    description = "What is kept of this instance cannot be read by this program: nothing was changed."


def explain_errors(app: Flask) -> None:
    """Answer every error of the application in the right form."""
    app.register_error_handler(HTTPException, _answer)
    for unreachable in (DatabaseUnreachable, OperationalError, InterfaceError):
        app.register_error_handler(unreachable, _database_away)
    app.register_error_handler(StorageUnreachable, _storage_away)
    for unfit in (DataError, *UNFIT):
        app.register_error_handler(unfit, _unfit)
    app.register_error_handler(StatementError, _statement_failed)
    app.register_error_handler(StateUnreadable, _flow_unreadable)


def explain_errors_to_programs(app: Flask) -> None:
    """The same for an application without pages: problem details, whatever the Accept header says."""
    app.extensions[PROGRAMS_ONLY] = True
    explain_errors(app)


def problem(
    status: int, title: str, detail: str | None = None, *, type: str = "about:blank", **members: Any
) -> Response:
    """A problem details answer (RFC 9457 §3). `members` are extension members, e.g. `errors`."""
    body = {"type": type, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if request_id():
        body["instance"] = f"urn:request:{request_id()}"
    body |= {key: value for key, value in members.items() if value is not None}
    # what is quoted of a request may hold half a character
    said = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(said, status, content_type=PROBLEM_TYPE)


def wants_problem() -> bool:
    """Whether the one who asked is a program: below /api/, or JSON is preferred to HTML."""
    if request.path.startswith("/api/") or PROGRAMS_ONLY in current_app.extensions:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_TYPE])
    return bool(request.accept_mimetypes) and best in ("application/json", PROBLEM_TYPE)


def _answer(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error  # a redirect, or an answer that was made complete
    if isinstance(error, RequestEntityTooLarge):
        _drain()
    response = _as_problem(error) if wants_problem() else _as_page(error)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _database_away(error: Exception) -> Any:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    log.error("database.unreachable", cause=cause[0] if cause else "", exc_info=error)
    return _answer(ServiceUnavailable(retry_after=30))


def _storage_away(error: Exception) -> Any:
    log.error("storage.unreachable", cause=str(error), exc_info=error)
    return _answer(ServiceUnavailable(retry_after=30))


def _unfit(error: Exception) -> Any:
    """A number, a date or half a character that nothing can hold: it came from outside, whoever stumbled over it."""
    log.warning("request.unfit", cause=str(getattr(error, "orig", error)), exc_info=error)
    return _answer(BadRequest("A value in it cannot be kept: it is too large, or no text."))


def _flow_unreadable(error: Exception) -> Any:
    log.error("instance.unreadable", cause=str(error), exc_info=error)
    return _answer(FlowUnreadable())


def _statement_failed(error: StatementError) -> Any:
    """What could not even be handed to the driver is unfit; all else is a fault of ours."""
    if isinstance(error.orig, UNFIT):
        return _unfit(error)
    raise error


def _as_problem(error: HTTPException) -> Response:
    data = getattr(error, "data", {})
    members: dict[str, Any] = {"errors": data.get("errors", data.get("messages"))}
    members |= data.get("members", {})
    standard = type(error).__module__.startswith("werkzeug") and type(error).description
    detail = data.get("message") or (None if error.description == standard else error.description)
    if isinstance(error, InternalServerError):
        detail = None
    answer = problem(error.code or 500, error.name, detail, **members)
    for name, value in dict(data.get("headers") or {}).items():
        answer.headers[name] = value
    return answer


def _as_page(error: HTTPException) -> Response:
    code = error.code or 500
    if code >= 500:
        g.setdefault("signed_in_user", None)  # the page must stand without the database
    own = {CsrfFailed: "csrf", FlowUnreadable: "unreadable"}
    words = WORDS.get(own.get(type(error), code))
    if words is None:
        words = WORDS[400 if code < 500 else 500]
    title, text = str(words.title), str(words.text)
    if isinstance(error, BadHost):  # no address can be made from it, and the layout is full of them
        html = _bare_page(title, text, code)
    else:
        html = _page(title, text, code)
    return Response(html, code, content_type="text/html; charset=utf-8")


def _page(title: str, text: str, code: int) -> str:
    try:
        return render_template(
            "layout/error.html", title=title, text=text, code=code, request_id=request_id()
        )
    except (TemplateError, AssetsNotBuilt):
        log.exception("error_page.failed")
        return _bare_page(title, text, code)


def _bare_page(title: str, text: str, code: int) -> str:
    """The same words without a layout, for when the layout itself is what failed."""
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p><p>{code} · {escape(request_id())}</p>"
        '<p><a href="/">Lanedesk</a></p>'
    )


def _drain() -> None:
    """Read on: a server that answers and closes while the browser still sends shows as a broken connection."""
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, DRAINED)
    for _ in range(math.ceil(left / 65536)):
        if not stream.read(min(65536, left)):
            return
        left -= 65536
