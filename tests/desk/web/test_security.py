"""Cookies, headers and proxies."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, request

from desk.application import Desk
from desk.people.access import public
from desk.web import security
from desk.web.application import create_web
from desk.web.live.application import create_events
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser, MakeUser


def cookie_of(app: Flask) -> str:
    client = app.test_client()
    return client.get("/login", base_url="https://desk.test").headers["Set-Cookie"]


def test_the_cookie_is_closed_to_scripts_and_other_sites(app: Flask) -> None:
    cookie = cookie_of(app)
    assert cookie.startswith("lanedesk=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_tls_the_cookie_is_tied_to_the_host(desk: Desk) -> None:
    desk.settings = replace(desk.settings, public_url="https://desk.test")
    app = create_web(desk, subjects=["people"])
    cookie = cookie_of(app)
    assert cookie.startswith("__Host-lanedesk=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "max-age=" in app.test_client().get("/login").headers["Strict-Transport-Security"]


def test_files_that_caches_share_carry_no_cookie(
    app: Flask, browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    browser.sign_in("li")
    page = browser.get("/me").text
    stylesheet = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    headers = browser.get(stylesheet).headers
    assert "public" in headers["Cache-Control"]
    assert "Set-Cookie" not in headers
    assert "Cookie" not in headers["Vary"]


def test_the_cookie_of_somebody_who_works_is_renewed_now_and_then(
    browser: Browser, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("li")
    browser.sign_in("li")
    assert "Set-Cookie" not in browser.get("/me").headers
    monkeypatch.setattr(security, "utc_now", lambda: utc_now() + timedelta(minutes=11))
    assert "Set-Cookie" in browser.get("/me").headers
    assert "Set-Cookie" not in browser.get("/me").headers


def test_a_desk_without_a_secret_does_not_start(desk: Desk) -> None:
    desk.settings = replace(desk.settings, secret_key="")
    with pytest.raises(ValueError, match="secret_key"):
        create_web(desk, subjects=["people"])


def test_the_policy_lets_run_only_what_the_page_itself_names(browser: Browser) -> None:
    answer = browser.get("/login")
    policy = dict(
        rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert "unsafe" not in str(policy)
    nonce = policy["script-src"].split("'nonce-")[1].rstrip("'")
    assert f'<script nonce="{nonce}">' in answer.text
    assert nonce not in browser.get("/login").text
    assert policy["connect-src"] == "'self' http://localhost:8081", "the events process"


@pytest.mark.parametrize("path", ["/login", "/nothing", "/api/v1/nothing"])
def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-cache"


def test_a_view_may_set_its_own_policy(app: Flask) -> None:
    @app.get("/picture")
    @public
    def picture() -> tuple[str, dict[str, str]]:
        return "", {"Content-Security-Policy": "sandbox", "Cache-Control": "private, max-age=60"}

    headers = app.test_client().get("/picture").headers
    assert headers.getlist("Content-Security-Policy") == ["sandbox"]
    assert headers["Cache-Control"] == "private, max-age=60"


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1 http"), (1, "10.1.1.1 https")])
def test_forwarded_headers_are_believed_of_known_proxies_only(
    desk: Desk, proxies: int, seen: str
) -> None:
    desk.settings = replace(desk.settings, trusted_proxies=proxies)
    app = create_web(desk, subjects=["people"])

    @app.get("/who")
    @public
    def who() -> str:
        return f"{request.remote_addr} {request.scheme}"

    @app.get("/where")
    @public
    def where() -> str:
        return request.host

    headers = {
        "X-Forwarded-For": "6.6.6.6, 10.1.1.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "666",
    }
    assert app.test_client().get("/where", headers=headers).text == "localhost"
    assert app.test_client().get("/who", headers=headers).text == seen


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b", ".x"])
def test_a_host_that_cannot_be_a_name_is_refused(app: Flask, desk: Desk, host: str) -> None:
    page = app.test_client().get("/login", headers={"Host": host, "Accept-Language": "en"})
    assert (page.status_code, "could not be understood" in page.text) == (400, True)
    events = create_events(desk).test_client().get("/events/stream", headers={"Host": host})
    assert (events.status_code, events.json["title"]) == (400, "Bad Request")
    longest = app.test_client().get("/login", headers={"Host": "a" * 63 + ".example:18080"})
    assert longest.status_code == 200


def test_behind_a_proxy_the_events_are_on_the_same_origin(desk: Desk, make_user: MakeUser) -> None:
    make_user("li")
    desk.settings = replace(desk.settings, trusted_proxies=1)
    browser = Browser(create_web(desk, subjects=["people"]))
    browser.sign_in("li")
    answer = browser.get("/me")
    assert 'data-live-url="/events/stream"' in answer.text
    assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]


def test_a_request_that_is_too_large_is_refused_in_words(desk: Desk) -> None:
    desk.settings = replace(desk.settings, upload_limit_mb=1)
    browser = Browser(create_web(desk, subjects=["people"]))
    browser.get("/login")
    answer = browser.post("/login", {"login": "x" * (6 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "That is too large" in answer.text
