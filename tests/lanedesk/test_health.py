"""What a load balancer, an administrator and Prometheus are told."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy.exc import OperationalError

from desk.application import Desk
from engine.database import Database, DatabaseUnreachable
from engine.incidents import open_incident
from engine.timestamps import utc_now
from lanedesk import health
from lanedesk.redis_client import connect_redis
from lanedesk.scheduler import Scheduler


@pytest.fixture
def client(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(
        health, "at_head", lambda _database: True
    )  # the test's tables are made without revisions
    return app.test_client()


def parts(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get("/readyz").get_json()["parts"])


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}


def test_not_ready_without_workers_and_scheduler(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "not ready",
        "parts": {
            "database": "ok",
            "migrations": "ok",
            "redis": "ok",
            "workers": "no worker serves engine, mail",
            "scheduler": "no scheduler runs",
        },
    }


def test_ready(client: FlaskClient, desk: Desk, redis: Redis) -> None:
    worker = SimpleWorker(
        [Queue(name, connection=redis) for name in ("engine", "mail")], connection=redis
    )
    worker.register_birth()
    Scheduler(desk).round()
    answer = client.get("/readyz")
    assert answer.get_json()["status"] == "ready"
    assert answer.status_code == 200
    worker.register_death()
    assert parts(client)["workers"] == "no worker serves engine, mail"


def test_a_redis_that_is_away(client: FlaskClient, desk: Desk) -> None:
    desk.redis = connect_redis("redis://127.0.0.1:1")
    began = time.monotonic()
    assert parts(client)["redis"] == "Redis does not answer"
    assert time.monotonic() - began < 3  # three checks ask it
    desk.redis = None
    assert "REDIS_URL" in parts(client)["redis"]


def test_a_database_that_is_away_is_said_without_its_address(
    client: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnreachable("DATABASE_URL postgresql://secret.host: no route")

    monkeypatch.setattr(desk.database, "check", away)
    monkeypatch.setattr(health, "at_head", away)
    assert parts(client)["database"] == "the database does not answer"
    assert b"secret.host" not in client.get("/readyz").data


def test_tables_of_another_version(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "at_head", lambda _database: False)
    assert "lanedesk migrate" in parts(client)["migrations"]


def test_metrics_count_what_waits(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        open_incident(session, "mail", "unreadable", now=utc_now())
    client.get("/healthz")
    said = client.get("/metrics").get_data(as_text=True)
    assert "lanedesk_incidents_open 1.0" in said
    assert "lanedesk_database_up 1.0" in said
    assert 'lanedesk_requests_total{endpoint="health.alive",method="GET",status="200"}' in said


def test_metrics_without_a_database_say_so(
    client: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(desk.database, "reading", away)
    assert "lanedesk_database_up 0.0" in client.get("/metrics").get_data(as_text=True)


def test_metrics_are_not_for_strangers(client: FlaskClient) -> None:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert b"lanedesk_incidents_open" not in answer.data
