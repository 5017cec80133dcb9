"""/healthz: this process answers. /readyz: the desk can do its work, or why not."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker

from desk.application import Desk, current_desk
from desk.people.access import public
from engine.database import DatabaseUnreachable
from lanedesk.migrating import at_head
from lanedesk.scheduler import HEARTBEAT

blueprint = Blueprint("health", __name__)

WORKER_QUEUES = ("engine", "mail")
SILENT_SECONDS = (
    120  # a worker that sent no heartbeat for so long is gone (RQ sends one every 30 to 60 s)
)


class NotReady(Exception):
    """A part cannot do its work; `str()` says why."""


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """200 as long as this process answers at all."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """200 when every part works, else 503; the JSON names each part with `ok` or the reason."""
    reasons = {name: _reason(check, current_desk()) for name, check in CHECKS.items()}
    ok = all(reason == "ok" for reason in reasons.values())
    return jsonify(status="ready" if ok else "not ready", parts=reasons), 200 if ok else 503


def _reason(check: Callable[[Desk], None], desk: Desk) -> str:
    try:
        check(desk)
    except NotReady as error:
        return str(error)
    return "ok"


def _database(desk: Desk) -> None:
    try:
        desk.database.check()
    except DatabaseUnreachable as error:
        raise NotReady(
            "the database does not answer"
        ) from error  # its address is not for everybody


def _migrations(desk: Desk) -> None:
    try:
        up_to_date = at_head(desk.database)
    except DatabaseUnreachable as error:
        raise NotReady("the database does not answer") from error
    if not up_to_date:
        raise NotReady("the tables are not up to date: run `lanedesk migrate`")


def _redis(desk: Desk) -> None:
    try:
        _client(desk).ping()
    except RedisError as error:
        raise NotReady("Redis does not answer") from error


def _workers(desk: Desk) -> None:
    try:
        workers = Worker.all(connection=_client(desk))
    except RedisError as error:
        raise NotReady("Redis does not answer") from error
    now = datetime.now(UTC)
    served = {
        name
        for worker in workers
        if worker.last_heartbeat and (now - worker.last_heartbeat).total_seconds() < SILENT_SECONDS
        for name in worker.queue_names()
    }
    missing = [name for name in WORKER_QUEUES if name not in served]
    if missing:
        raise NotReady(f"no worker serves {', '.join(missing)}")


def _scheduler(desk: Desk) -> None:
    try:
        beat = _client(desk).get(HEARTBEAT)
    except RedisError as error:
        raise NotReady("Redis does not answer") from error
    if beat is None:
        raise NotReady("no scheduler runs")


def _client(desk: Desk) -> Redis:
    if desk.redis is None:
        raise NotReady("there is no Redis: set REDIS_URL, or start the desk with `lanedesk run`")
    return desk.redis


CHECKS: dict[str, Callable[[Desk], None]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "workers": _workers,
    "scheduler": _scheduler,
}
