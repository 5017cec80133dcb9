"""What all of the API shares: paging, idempotency keys, rates, the document."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select

from desk.application import Desk
from desk.people.access import requires
from desk.people.models import Team, User
from desk.web.api import documents, idempotency, page_of
from desk.web.api.models import IdempotencyKey
from desk.web.application import create_web
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser, MakeUser

Bearer = Callable[[User], dict[str, str]]


# -- paging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_every_row_once_whatever_comes_meanwhile(
    desk: Desk, make_user: MakeUser, descending: bool
) -> None:
    for i in range(7):
        make_user(f"user{i}", name="Same" if i < 5 else "Other")
    seen: list[str] = []
    after = None
    while True:
        with desk.reading() as session:
            page = page_of(
                session,
                select(User),
                [User.name, User.id],
                limit=3,
                after=after,
                descending=descending,
                shape=lambda user: user.login,
            )
        seen += page["items"]
        after = page["next"]
        if after is None:
            break
        make_user(f"later{len(seen)}", name="Zzz" if descending else "Aaa")
    expected = ["user5", "user6", "user0", "user1", "user2", "user3", "user4"]
    if descending:
        expected = ["user4", "user3", "user2", "user1", "user0", "user6", "user5"]
    assert seen == expected


@pytest.mark.parametrize("cursor", ["x", "!!!", "WzFd", "WzEsMiwzXQ", "e30", "W1sxXSwyXQ", "é"])
def test_a_cursor_that_is_not_ours_is_a_problem(
    app: Flask, make_user: MakeUser, bearer: Bearer, cursor: str
) -> None:
    headers = bearer(make_user("root", roles=["administrator"]))
    path = "/settings/people" if cursor == "WzFd" else "/api/v1/users"
    if path.startswith("/settings"):
        browser = Browser(app)
        browser.sign_in("root")
        assert browser.get(path, query_string={"after": cursor}).status_code == 422
    else:
        answer = app.test_client().get(path, query_string={"after": cursor}, headers=headers)
        assert answer.status_code == 422
        assert "cursor" in answer.get_json()["detail"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
def test_a_page_has_its_limits(app: Flask, make_user: MakeUser, bearer: Bearer, limit: str) -> None:
    headers = bearer(make_user("root", roles=["administrator"]))
    answer = app.test_client().get("/api/v1/users", query_string={"limit": limit}, headers=headers)
    assert answer.status_code == 422
    assert "limit" in answer.get_json()["errors"]["query"]


# -- idempotency --------------------------------------------------------------------------------------------------


@pytest.fixture
def program(app: Flask, make_user: MakeUser, bearer: Bearer) -> FlaskClient:
    """A client that acts as an administrator."""
    client = app.test_client()
    headers = bearer(make_user("root", roles=["administrator"]))
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client


def add(client: FlaskClient, name: str, key: str) -> Any:
    return client.post("/api/v1/teams", json={"name": name}, headers={"Idempotency-Key": key})


def teams(desk: Desk) -> list[str]:
    with desk.reading() as session:
        return list(session.scalars(select(Team.name).order_by(Team.id)))


def test_a_post_that_is_repeated_is_answered_again_and_done_once(
    desk: Desk, program: FlaskClient
) -> None:
    first, second = add(program, "Support", "key-1"), add(program, "Support", "key-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.get_json() == first.get_json()
    assert second.headers["Idempotent-Replay"] == "true"
    assert teams(desk) == ["Support"]
    assert add(program, "Sales", "key-2").status_code == 201


def test_a_key_with_another_body_is_refused(desk: Desk, program: FlaskClient) -> None:
    add(program, "Support", "key-1")
    answer = add(program, "Sales", "key-1")
    assert answer.status_code == 422
    assert "used with another request" in answer.get_json()["detail"]
    assert teams(desk) == ["Support"]


def test_a_refusal_is_repeated_too(desk: Desk, program: FlaskClient) -> None:
    add(program, "Support", "key-1")
    assert add(program, "Support", "key-2").status_code == 422
    answer = add(program, "Support", "key-2")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert "Idempotent-Replay" in answer.headers


def test_keys_of_two_users_and_two_routes_do_not_meet(
    app: Flask, desk: Desk, program: FlaskClient, make_user: MakeUser, bearer: Bearer
) -> None:
    add(program, "Support", "key-1")
    other = app.test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = bearer(make_user("two", roles=["administrator"]))[
        "Authorization"
    ]
    assert add(other, "Sales", "key-1").status_code == 201
    answer = program.post(
        "/api/v1/tokens", json={"name": "x"}, headers={"Idempotency-Key": "key-1"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_a_length(program: FlaskClient, key: str) -> None:
    assert add(program, "Support", key).status_code == 400


def test_a_duplicate_that_comes_while_the_first_is_at_work_is_told_to_wait(
    app: Flask, desk: Desk, make_user: MakeUser, bearer: Bearer
) -> None:
    working, go_on = Event(), Event()

    @app.post("/api/v1/slow")
    @requires()
    def slow() -> dict[str, bool]:
        working.set()
        assert go_on.wait(10)
        return {"done": True}

    headers = {**bearer(make_user("bot")), "Idempotency-Key": "key-1"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: app.test_client().post("/api/v1/slow", headers=headers))
        assert working.wait(10)
        second = app.test_client().post("/api/v1/slow", headers=headers)
        go_on.set()
        assert second.status_code == 409
        assert first.result().status_code == 200
    third = app.test_client().post("/api/v1/slow", headers=headers)
    assert third.get_json() == {"done": True}
    assert third.headers["Idempotent-Replay"] == "true"


def test_what_failed_on_our_side_can_be_tried_again_with_the_same_key(
    app: Flask, make_user: MakeUser, bearer: Bearer
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    tries = []

    @app.post("/api/v1/shaky")
    @requires()
    def shaky() -> dict[str, int]:
        tries.append(request.path)
        return {"answer": 1 // (len(tries) - 1)}

    headers = {**bearer(make_user("bot")), "Idempotency-Key": "key-1"}
    client = app.test_client()
    assert client.post("/api/v1/shaky", headers=headers).status_code == 500
    assert client.post("/api/v1/shaky", headers=headers).get_json() == {"answer": 1}
    assert client.post("/api/v1/shaky", headers=headers).get_json() == {"answer": 1}
    assert len(tries) == 2


def test_keys_of_killed_processes_and_of_yesterday_are_free_again(
    desk: Desk, program: FlaskClient
) -> None:
    add(program, "Support", "key-1")
    add(program, "Sales", "key-2")
    with desk.database.transaction() as session:
        killed, old = session.scalars(select(IdempotencyKey).order_by(IdempotencyKey.id)).all()
        killed.status, killed.created_at = None, utc_now() - idempotency.ABANDONED * 2
        old.created_at = utc_now() - timedelta(hours=25)
    assert add(program, "Help", "key-1").status_code == 201
    with desk.database.transaction() as session:
        assert idempotency.prune(session) == 1
    assert add(program, "More", "key-2").status_code == 201


def test_without_permission_a_key_is_not_used_up(
    app: Flask, desk: Desk, make_user: MakeUser, bearer: Bearer
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(make_user("li"))["Authorization"]
    assert add(client, "Support", "key-1").status_code == 403
    with desk.reading() as session:
        assert session.scalars(select(IdempotencyKey)).all() == []


# -- rates --------------------------------------------------------------------------------------------------------


def test_a_token_gets_so_many_answers_a_minute(
    desk: Desk, redis: Redis, make_user: MakeUser, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.web.api.rate_limit.time.time", lambda: 1_000_000_000.0)
    desk.redis = redis
    app = create_web(desk, subjects=["people"])
    app.config["API_PER_MINUTE"] = 3
    wild, calm = bearer(make_user("wild")), bearer(make_user("calm"))
    client = app.test_client()
    answers = [client.get("/api/v1/me", headers=wild).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    refused = client.get("/api/v1/me", headers=wild)
    assert refused.content_type == "application/problem+json"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/me", headers=calm).status_code == 200


def test_without_redis_nobody_is_refused(desk: Desk, make_user: MakeUser, bearer: Bearer) -> None:
    desk.redis = Redis(host="127.0.0.1", port=1, socket_connect_timeout=1)
    app = create_web(desk, subjects=["people"])
    app.config["API_PER_MINUTE"] = 1
    headers = bearer(make_user("bot"))
    client = app.test_client()
    assert [client.get("/api/v1/me", headers=headers).status_code for _ in range(2)] == [200, 200]


# -- the document -------------------------------------------------------------------------------------------------


def test_the_document_names_every_operation_with_its_token_and_its_problems(
    program: FlaskClient,
) -> None:
    spec = program.get("/api/v1/openapi.json").get_json()
    assert spec["openapi"] == "3.1.0"
    operation = spec["paths"]["/api/v1/users"]["post"]
    assert operation["summary"] == "Add a person; the answer carries the first password."
    assert spec["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    default = operation["responses"]["default"]
    assert "DEFAULT_ERROR" in default["$ref"]
    error = spec["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert "application/problem+json" in error


def test_the_page_of_the_document_is_our_own_and_complete(app: Flask, make_user: MakeUser) -> None:
    make_user("li")
    browser = Browser(app)
    browser.sign_in("li")
    page = browser.get("/api/v1/docs").text
    assert "POST /api/v1/users" in page
    assert "UserSchema" in page or 'id="schema-User"' in page
    assert "first_password" in page
    assert not re.search(r'(src|href)="https?://(?!localhost)', page)
    links = set(re.findall(r'href="#(schema-[^"]+)"', page))
    anchors = set(re.findall(r'id="(schema-[^"]+)"', page))
    assert {link for link in links if not link.startswith("schema-[")} <= anchors


def test_code_is_marked_and_everything_is_escaped() -> None:
    marked = documents.marked_code("<b> `a<b` & `c`")
    assert marked == "&lt;b&gt; <code>a&lt;b</code> &amp; <code>c</code>"


def test_schema_names() -> None:
    name = documents.schema_name
    assert name({"$ref": "#/components/schemas/User"}) == "User"
    assert name({"type": "array", "items": {"$ref": "#/x/User"}}) == "[User]"
    assert name({"type": ["string", "null"]}) == "string | null"
    assert name({"type": "string", "format": "date-time"}) == "string (date-time)"
    assert name({}) == "any"
