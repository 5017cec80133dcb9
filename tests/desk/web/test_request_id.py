"""A name for every request."""

import pytest
import structlog
from flask import Flask
from structlog.testing import capture_logs

from desk.people.access import public
from tests.desk.web.fixtures import Browser


def test_a_name_is_made_where_none_is_given(browser: Browser) -> None:
    names = {browser.get("/login").headers["X-Request-Id"] for _ in range(3)}
    assert len(names) == 3


def test_a_given_name_is_kept(browser: Browser) -> None:
    answer = browser.get("/login", headers={"X-Request-Id": "proxy-1234.abc"})
    assert answer.headers["X-Request-Id"] == "proxy-1234.abc"


@pytest.mark.parametrize("odd", ["short", "x" * 65, "a b c d e f g h", "<script>alert"])
def test_an_odd_name_is_not(browser: Browser, odd: str) -> None:
    assert browser.get("/login", headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd


def test_the_name_is_in_the_log_on_the_error_page_and_in_the_problem(
    app: Flask, browser: Browser
) -> None:
    @app.get("/log")
    @public
    def write() -> str:
        return str(structlog.contextvars.get_contextvars()["request_id"])

    headers = {"X-Request-Id": "request-42"}
    assert browser.get("/log", headers=headers).text == "request-42"
    assert "request_id" not in structlog.contextvars.get_contextvars(), "the next one is another"
    assert "request-42" in browser.get("/nothing", headers=headers).text
    problem = browser.get("/api/v1/nothing", headers=headers).get_json()
    assert problem["instance"] == "urn:request:request-42"


def test_each_request_leaves_one_line(browser: Browser) -> None:
    with capture_logs() as lines:
        browser.get("/nothing?secret=1")
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nothing", 404)
    assert line["ms"] >= 0
