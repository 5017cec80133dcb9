"""A name for every request: given in X-Request-Id or made here, in every log line, in the answer and on error pages."""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("desk.web")
HEADER = "X-Request-Id"
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines; nobody reads their lines.
QUIET = frozenset({"assets", "health.alive", "health.ready", "metrics.metrics"})


def request_id() -> str:
    """The name of the request being answered; empty before it has one."""
    return str(g.get("request_id", ""))


def name_requests(app: Flask) -> None:
    """Name each request, bind the name to the log, and write one line when it is answered."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        g.request_began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" in g:
            response.headers[HEADER] = g.request_id
            if request.endpoint not in QUIET:
                log.info(
                    "request",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    ms=round((time.monotonic() - g.request_began) * 1000, 1),
                )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()
