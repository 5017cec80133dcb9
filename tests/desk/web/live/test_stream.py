"""The events process as a browser meets it: over HTTP, with the cookie of the web process."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server

from desk.application import Desk
from desk.people import operations
from desk.people.models import User
from desk.web.live import application
from desk.web.live.application import create_events
from engine.actors import SYSTEM
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def events(desk: Desk) -> Iterator[Flask]:
    app = create_events(desk)
    yield app
    app.extensions["live_reader"].stop()


@pytest.fixture
def address(events: Flask) -> Iterator[str]:
    """The events process, listening."""
    server = make_server("127.0.0.1", 0, events, threaded=True)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/events/stream"
    server.shutdown()
    thread.join(timeout=10)


@pytest.fixture
def cookie(browser: Browser, make_user: MakeUser) -> dict[str, str]:
    """The headers of somebody signed in at the web process: an agent with the number 1."""
    make_user("li")
    browser.sign_in("li")
    found = browser.client.get_cookie("lanedesk", domain="localhost")
    assert found is not None
    return {"Cookie": f"lanedesk={found.value}"}


def publish(desk: Desk, topic: str, kind: str, **data: Any) -> None:
    with desk.database.transaction() as session:
        desk.live.publish(session, topic, kind, data)


def messages(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Server-sent events as a browser reads them: {"id", "data", …} or {"": comment}."""
    message: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            message[name] = value.removeprefix(" ")
        elif message:
            yield message
            message = {}


def test_events_stream_as_they_happen_and_go_on_where_the_last_connection_stopped(
    desk: Desk, address: str, cookie: dict[str, str]
) -> None:
    publish(desk, "role:agent", "before")
    url = f"{address}?topics=role:agent,user:1"
    with httpx.stream("GET", url, headers=cookie, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.headers["Cache-Control"] == "no-store"
        stream = messages(answer.iter_lines())
        assert next(stream) == {"retry": "3000", "id": "1"}
        publish(desk, "ticket:2", "somebody else's")
        publish(desk, "role:agent", "answered", number="WN-1", 谁="王芳")
        message = next(stream)
        body = json.loads(message["data"])
        assert (body["topic"], body["kind"], body["data"]) == (
            "role:agent", "answered", {"number": "WN-1", "谁": "王芳"},
        )  # fmt: skip
        assert message["id"] == str(body["id"]) == "3"
    publish(desk, "user:1", "while away")
    with httpx.stream("GET", url, headers={**cookie, "Last-Event-ID": "3"}, timeout=10) as answer:
        stream = messages(answer.iter_lines())
        assert json.loads(next(stream)["data"])["kind"] == "while away"
        assert next(stream)["id"] == "4"


def test_a_page_says_from_where_it_wants_to_hear(
    desk: Desk, address: str, cookie: dict[str, str], browser: Browser
) -> None:
    publish(desk, "role:agent", "before the page")
    page = browser.get("/me").text
    since = page.split('data-live-since="')[1].split('"')[0]
    publish(desk, "role:agent", "between page and stream")
    url = f"{address}?topics=role:agent&after={since}"
    with httpx.stream("GET", url, headers=cookie, timeout=10) as answer:
        first = next(messages(answer.iter_lines()))
    assert json.loads(first["data"])["kind"] == "between page and stream"


def test_silence_is_broken_by_heartbeats(
    address: str, cookie: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "HEARTBEAT", 0.1)
    with httpx.stream("GET", f"{address}?topics=tickets", headers=cookie, timeout=10) as answer:
        stream = messages(answer.iter_lines())
        next(stream)
        assert next(stream) == {"": "alive"}
        assert next(stream) == {"": "alive"}


def test_who_is_signed_out_everywhere_is_let_go(
    desk: Desk, address: str, cookie: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "HEARTBEAT", 0.1)
    with httpx.stream("GET", f"{address}?topics=tickets", headers=cookie, timeout=10) as answer:
        stream = messages(answer.iter_lines())
        next(stream)
        with desk.database.transaction() as session:
            operations.end_sessions(session, session.get_one(User, 1), actor=SYSTEM)
        assert all(message == {"": "alive"} for message in stream), "and then it ends"


def test_a_long_poll_waits_for_the_first_event(
    desk: Desk, address: str, cookie: dict[str, str]
) -> None:
    url = f"{address}?topics=tickets"
    here = httpx.get(f"{url}&wait=0", headers=cookie).json()
    assert here == {"events": [], "last": "0"}
    timer = threading.Timer(0.3, publish, (desk, "tickets", "one"))
    timer.start()
    answer = httpx.get(f"{url}&wait=25&after={here['last']}", headers=cookie, timeout=30).json()
    timer.join()
    assert [event["kind"] for event in answer["events"]] == ["one"]
    assert answer["last"] == "1"
    publish(desk, "tickets", "two")
    publish(desk, "tickets", "three")
    later = httpx.get(f"{url}&wait=25&after=1", headers=cookie).json()
    assert [event["kind"] for event in later["events"]] == ["two", "three"]
    assert httpx.get(f"{url}&wait=0.1&after={later['last']}", headers=cookie).json() == {
        "events": [],
        "last": "3",
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("topics=tickets", 200),
        ("topics=user:1,role:agent", 200),
        ("topics=user:2", 403),
        ("topics=ticket:5", 403),
        ("topics=tickets,incidents", 403),
        ("topics=", 400),
        ("", 400),
        ("topics=" + ",".join(f"ticket:{i}" for i in range(51)), 400),
        ("topics=tickets&wait=soon", 400),
    ],
)
def test_topics_are_for_those_who_may(
    events: Flask, cookie: dict[str, str], query: str, status: int
) -> None:
    path = f"/events/stream?{query}" + ("" if "wait" in query else "&wait=0")
    answer = events.test_client(use_cookies=False).get(path, headers=cookie)
    assert answer.status_code == status
    if status != 200:
        assert answer.content_type == "application/problem+json"


def test_nobody_hears_nothing(events: Flask) -> None:
    answer = events.test_client(use_cookies=False).get("/events/stream?topics=tickets")
    assert answer.status_code == 401


def test_one_person_has_so_many_streams(
    events: Flask, cookie: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "CONNECTIONS_PER_USER", 2)
    client = events.test_client(use_cookies=False)
    open_streams = [client.get("/events/stream?topics=tickets", headers=cookie) for _ in range(2)]
    refused = client.get("/events/stream?topics=tickets", headers=cookie)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "30"
    assert client.get("/events/stream?topics=tickets&wait=0", headers=cookie).status_code == 200
    for stream in open_streams:
        stream.close()
    again = client.get("/events/stream?topics=tickets", headers=cookie)
    assert again.status_code == 200
    again.close()


@pytest.mark.parametrize(
    ("public_url", "origin", "allowed"),
    [
        ("http://desk.test", "http://desk.test", True),
        ("http://desk.test", "https://desk.test", False),
        ("http://desk.test", "http://desk.test:8080", False),
        ("http://desk.test", "http://evil.example", False),
        ("http://desk.test", "null", False),
        ("http://127.0.0.1:8080", "http://localhost:8080", True),
        ("http://127.0.0.1:8080", "http://localhost:9090", False),
        ("http://desk.test", "http://localhost", False),
    ],
)
def test_only_the_desk_s_own_pages_may_read_with_the_cookie(
    desk: Desk, cookie: dict[str, str], public_url: str, origin: str, allowed: bool
) -> None:
    desk.settings = replace(desk.settings, public_url=public_url)
    app = create_events(desk)
    headers = {**cookie, "Origin": origin}
    answer = app.test_client(use_cookies=False).get(
        "/events/stream?topics=tickets&wait=0", headers=headers
    )
    app.extensions["live_reader"].stop()
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert ("Access-Control-Allow-Credentials" in answer.headers) is allowed
    assert "Origin" in answer.headers["Vary"]


def test_the_events_process_leaves_the_cookie_to_the_web_process(
    events: Flask, cookie: dict[str, str]
) -> None:
    answer = events.test_client(use_cookies=False).get(
        "/events/stream?topics=tickets&wait=0", headers=cookie
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
