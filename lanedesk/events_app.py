"""The Flask application of the events process: open streams to thousands of browsers, and nothing else.

It reads the database and never runs a diagram, so it is built without an engine and starts quickly.
"""

import atexit
import gc

from flask import Flask

from desk.application import Desk
from desk.storage import open_storage
from desk.web.live import Live
from desk.web.live.application import create_events
from engine.database import Database
from lanedesk import models  # noqa: F401 - no part is built before all tables are known
from lanedesk.configuration import load_settings
from lanedesk.logs import configure_logging
from lanedesk.redis_client import connect_redis


def create_app() -> Flask:
    """The application, built from the environment."""
    atexit.register(gc.freeze)  # ends at once, see lanedesk.cli.main
    settings = load_settings()
    configure_logging(settings.log_format, process="events")
    redis = connect_redis(settings.redis_url)
    return create_events(
        Desk(
            settings=settings,
            database=Database(settings.database),
            engine=None,
            storage=open_storage(settings),
            live=Live(redis),
            redis=redis,
        )
    )
