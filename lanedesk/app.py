"""The Flask application of the web process: pages, API, health and metrics."""

from flask import Flask

from desk.application import Desk
from desk.web.application import create_web
from lanedesk import health, metrics
from lanedesk.build import build_desk
from lanedesk.configuration import load_settings
from lanedesk.logs import configure_logging
from lanedesk.rooms import door_blueprints


def create_app(desk: Desk | None = None) -> Flask:
    """The application for a desk; without one it is built from the environment (for a WSGI server)."""
    if desk is None:
        settings = load_settings()
        configure_logging(settings.log_format, process="web")
        desk = build_desk(settings)
    pages, api = door_blueprints()
    app = create_web(desk, blueprints=[*pages, health.blueprint, metrics.blueprint], api=api)
    metrics.measure_requests(app)
    return app
