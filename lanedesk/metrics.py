"""/metrics for Prometheus: what this machine's processes counted, and what the database says waits.

Requests are counted in files that the web processes of one machine share (PROMETHEUS_MULTIPROC_DIR, set by
`lanedesk run`); all else is asked of the database when Prometheus comes, so it is right after any crash.
"""

import ipaddress
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, abort, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from connectors.mail.models import RawMail, RawMailStatus
from desk.application import Desk, current_desk
from desk.people.access import public, signed_in_user
from desk.people.permissions import can
from engine.tables import history, human_task, incident, job, process_instance, timer
from engine.timestamps import utc_now

blueprint = Blueprint("metrics", __name__)

REQUESTS = Counter("lanedesk_requests_total", "HTTP requests", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "lanedesk_request_seconds",
    "Time to answer an HTTP request",
    ["endpoint"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def measure_requests(app: Flask) -> None:
    """Count and time every request of this application."""

    @app.before_request
    def begin() -> None:
        g.metrics_began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        REQUESTS.labels(endpoint, request.method, response.status_code).inc()
        if "metrics_began" in g:
            SECONDS.labels(endpoint).observe(time.perf_counter() - g.metrics_began)
        return response


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus' text format, for this machine, and for whoever may read reports (bearer token or session)."""
    user = signed_in_user()
    if not _from_this_machine() and not (user and can(user, "report.read")):
        abort(403)
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    found = CollectorRegistry()
    found.register(DatabaseFigures(current_desk()))
    return Response(
        generate_latest(registry) + generate_latest(found), content_type=CONTENT_TYPE_LATEST
    )


def _from_this_machine() -> bool:
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False  # a unix socket: the proxy in front decides


class DatabaseFigures:
    """A Prometheus collector of what stands in the tables right now."""

    def __init__(self, desk: Desk) -> None:
        """Asks `desk`'s database at each collection."""
        self.desk = desk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures; none but `lanedesk_database_up 0` when the database does not answer."""
        up = GaugeMetricFamily("lanedesk_database_up", "1 when the database answered")
        try:
            with self.desk.database.reading() as session:
                figures = list(_figures(session, utc_now()))
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from figures


def _figures(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily(
        "lanedesk_jobs", "Jobs not done, by queue and status", labels=["queue", "status"]
    )
    counted = select(job.c.queue, job.c.status, func.count()).where(
        job.c.status.in_(("waiting", "running", "failed"))
    )
    for queue, status, count in session.execute(counted.group_by(job.c.queue, job.c.status)):
        jobs.add_metric([queue, status], count)
    yield jobs
    oldest = session.scalar(
        select(func.min(job.c.due_at)).where(job.c.status == "waiting", job.c.due_at <= now)
    )
    yield _gauge(
        "lanedesk_job_wait_seconds", "How long the oldest due job has waited", _age(oldest, now)
    )
    late = session.scalar(select(func.min(timer.c.due_at)).where(timer.c.due_at <= now))
    yield _gauge("lanedesk_timer_late_seconds", "How late the latest due timer is", _age(late, now))
    yield _gauge("lanedesk_timers_waiting", "Timers not fired yet", _count(session, timer.c.id))
    lately = now - timedelta(minutes=1)
    yield _gauge(
        "lanedesk_history_lines_last_minute",
        "What processes did in the last minute, in lines of the history",
        _count(session, history.c.seq, history.c.at > lately),
    )
    yield _gauge(
        "lanedesk_mails_last_minute",
        "Mails that came in during the last minute",
        _count(
            session, RawMail.id, RawMail.status.in_(RawMailStatus), RawMail.received_at > lately
        ),
    )
    yield _gauge(
        "lanedesk_incidents_open",
        "Incidents nobody has resolved",
        _count(session, incident.c.id, incident.c.resolved_at.is_(None)),
    )
    yield _gauge(
        "lanedesk_instances_active",
        "Processes that are running",
        _count(session, process_instance.c.id, process_instance.c.status == "active"),
    )
    yield _gauge(
        "lanedesk_tasks_open",
        "Tasks that wait for a person",
        _count(session, human_task.c.id, human_task.c.status == "open"),
    )


def _count(session: Session, column: Any, *where: Any) -> int:
    return session.scalar(select(func.count(column)).where(*where)) or 0


def _age(then: datetime | None, now: datetime) -> float:
    return (now - then).total_seconds() if then else 0.0


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
