"""Log lines with the ids that join them: request, instance, ticket, job.

Every module logs through the standard library; structlog gives the lines one shape, for a person (console) or a
program (json). `bind(ticket=7)` adds an id to every later line of the same request, job or thread.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, clear_contextvars, merge_contextvars
from structlog.typing import Processor

from desk.settings import SettingsError

bind = bound_contextvars
forget = clear_contextvars

# These tell each request or connection on their own; ours tell it once, with the ids.
QUIET = (
    "werkzeug",
    "gunicorn.access",
    "rq.worker",
    "mail.log",
    "asyncio",
    "fontTools",
    "alembic",
    "weasyprint",
)


def configure_logging(log_format: str, *, process: str, level: int = logging.INFO) -> None:
    """Send all log lines to standard error, as `console` or `json`; `process` names who speaks.

    Raises SettingsError for another format.
    """
    if log_format not in ("console", "json"):
        raise SettingsError(f"LANEDESK_LOG must be console or json, not {log_format!r}")
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    last: list[Processor]
    if log_format == "json":
        shared.append(_named(process))
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        shared.pop()  # the supervisor, journald or docker stamp the line
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # the fancy one prints local variables, and with them passwords
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _named(process: str) -> Processor:
    def add(
        _logger: Any, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    return add
