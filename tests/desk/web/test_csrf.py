"""Forged requests are refused."""

import pytest
from flask import Flask

from desk.people.access import public
from desk.web.csrf import csrf_exempt, csrf_token
from tests.desk.web.fixtures import Browser


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a form, and a door for other programs."""

    @app.route("/form", methods=["GET", "POST", "PUT", "DELETE"])
    @public
    def form() -> str:
        return f'<input name="csrf_token" value="{csrf_token()}">'

    @app.post("/webhook")
    @csrf_exempt
    @public
    def webhook() -> str:
        return "taken"

    return app


def test_the_token_of_the_page_is_taken_in_the_form_and_in_the_header(browser: Browser) -> None:
    browser.get("/form")
    assert browser.post("/form").status_code == 200
    for name in ("X-CSRF-Token", "X-CSRFToken"):
        answer = browser.client.post("/form", headers={name: browser.token})
        assert answer.status_code == 200, name
    assert (
        browser.client.delete("/form", headers={"X-CSRF-Token": browser.token}).status_code == 200
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("token", [None, "", "x", "AAAA", "A" * 88, "é" * 10])
def test_a_missing_or_wrong_token_is_refused(
    browser: Browser, method: str, token: str | None
) -> None:
    browser.get("/form")
    data = {} if token is None else {"csrf_token": token}
    answer = browser.client.open("/form", method=method, data=data)
    assert answer.status_code == 400
    assert "This page was open for too long" in answer.text


def test_a_token_of_another_session_is_refused(app: Flask, browser: Browser) -> None:
    other = Browser(app)
    other.get("/form")
    browser.get("/form")
    browser.token = other.token
    assert browser.post("/form").status_code == 400


def test_without_any_session_there_is_no_token_that_fits(app: Flask) -> None:
    answer = app.test_client().post("/form", data={"csrf_token": "A" * 88})
    assert answer.status_code == 400


def test_the_token_looks_different_on_every_page_and_all_of_them_work(browser: Browser) -> None:
    browser.get("/form")
    first = browser.token
    browser.get("/form")
    assert browser.token != first
    assert browser.client.post("/form", data={"csrf_token": first}).status_code == 200


def test_an_exempt_view_is_open(app: Flask) -> None:
    assert app.test_client().post("/webhook").text == "taken"


def test_an_address_that_is_not_there_is_not_found_first(app: Flask) -> None:
    assert app.test_client().post("/nothing").status_code == 404
