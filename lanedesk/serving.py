"""How gunicorn serves us: pages from within `lanedesk web`, live events by becoming gunicorn.

Pages run in threads, because engine steps, XML and PDF would block an event loop. Live events run in greenlets,
because thousands of browsers sit waiting; gevent has to change the standard library before anything else is imported.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from prometheus_client.multiprocess import mark_process_dead

from desk.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own unguessable file in it
EVENT_STREAMS = 10_000  # of one process; needs `ulimit -n` above it


class Web(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application: loaded once, then forked as often as WEB_CONCURRENCY says (once by default)."""

    def __init__(self, settings: Settings, application: Any) -> None:
        """`application` must hold no open connection: the workers are forked from here."""
        self.settings, self.application = settings, application
        super().__init__()

    def load_config(self) -> None:
        """gunicorn asks for its settings."""
        options = {
            "bind": f"{self.settings.bind}:{self.settings.web_port}",
            "worker_class": "gthread",
            "threads": self.settings.workers,
            "preload_app": True,
            **COMMON,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """gunicorn asks for the application."""
        return self.application


def events_command(settings: Settings) -> list[str]:
    """The command that serves live events; it reads COMMON and the hooks from this module."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind={settings.bind}:{settings.events_port}",
        "--worker-class=gevent",
        f"--worker-connections={EVENT_STREAMS}",
        f"--pythonpath={ROOT}",
        "--config=python:lanedesk.events_config",
        "lanedesk.events_app:create_app()",
    ]


def on_starting(server: Any) -> None:
    """gunicorn's hook: let its words join ours."""
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    server.log.setup = lambda *_: None


def child_exit(_server: Any, worker: Any) -> None:
    """gunicorn's hook: forget the gauges of a worker that is gone."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


COMMON: dict[str, Any] = {
    "timeout": 60,
    "graceful_timeout": 8,
    "keepalive": 20,
    "control_socket_disable": True,
    # a worker's sign of life goes to memory: where /tmp is a disk it would wait for it
    "worker_tmp_dir": str(MEMORY) if MEMORY.is_dir() else None,
    "on_starting": on_starting,
    "child_exit": child_exit,
}
