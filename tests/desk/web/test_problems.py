"""What people and programs are told when something cannot be done."""

from typing import Any

import pytest
from flask import Flask, abort, render_template_string
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError
from werkzeug.exceptions import Conflict

from desk.people.access import public
from desk.storage import StorageUnreachable
from desk.web import problems
from desk.web.assets import AssetsNotBuilt
from engine.database import DatabaseUnreachable
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def app(app: Flask) -> Flask:
    """With views that fail."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/fail/<how>")
    @public
    def fail(how: str) -> Any:
        if how == "bug":
            raise ZeroDivisionError("secret detail")
        if how == "template":
            return render_template_string("{{ nothing.at.all }}")
        if how == "database":
            raise OperationalError("SELECT secret", {}, Exception("connection refused"))
        if how == "unreachable":
            raise DatabaseUnreachable("DATABASE_URL postgresql://x: refused")
        if how == "files":
            raise StorageUnreachable("s3://secret: refused")
        if how == "unfit":
            raise DataError("SELECT secret", {}, Exception("integer out of range"))
        if how == "unsaid":
            raise StatementError("", "SELECT secret", {}, OverflowError("date value out of range"))
        if how == "statement":
            raise IntegrityError("INSERT secret", {}, Exception("duplicate"))
        if how == "overflow":
            raise OverflowError("date value out of range")
        if how == "half a character":
            return "\ud800".encode()
        if how == "conflict":
            raise Conflict("The ticket was taken by <Li>.")
        if how == "quotation":
            raise Conflict("\ud800 is taken.")
        return abort(int(how))

    return app


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("400", 400, "could not be understood"),
        ("403", 403, "You may not see or do this"),
        ("404", 404, "There is nothing here"),
        ("410", 410, "no longer here"),
        ("418", 418, "could not be understood"),
        ("429", 429, "Too many requests"),
        ("conflict", 409, "Somebody was faster"),
        ("bug", 500, "went wrong on our side"),
        ("template", 500, "went wrong on our side"),
        ("502", 502, "went wrong on our side"),
        ("database", 503, "not available right now"),
        ("unreachable", 503, "not available right now"),
        ("unfit", 400, "could not be understood"),
        ("unsaid", 400, "could not be understood"),
        ("statement", 500, "went wrong on our side"),
        ("overflow", 400, "could not be understood"),
        ("half a character", 400, "could not be understood"),
        ("files", 503, "not available right now"),
    ],
)
def test_people_get_words(browser: Browser, how: str, status: int, words: str) -> None:
    answer = browser.get(f"/fail/{how}")
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("how", ["bug", "database"])
def test_programs_get_problem_details_without_what_is_inside(browser: Browser, how: str) -> None:
    answer = browser.get(f"/fail/{how}", headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    assert "secret" not in answer.text
    assert "detail" not in body or how == "database"


@pytest.mark.parametrize("path", ["/settings/people/{}", "/api/v1/users/{}"])
def test_a_number_that_no_record_can_have_is_not_found(
    browser: Browser, make_user: MakeUser, path: str
) -> None:
    make_user("root", roles=["administrator"])
    browser.sign_in("root")
    for number in (2**63 - 1, 2**63, 10**30):
        assert browser.get(path.format(number)).status_code == 404


def test_a_reason_that_was_given_is_the_detail(browser: Browser) -> None:
    body = browser.get("/fail/conflict", headers={"Accept": "application/problem+json"}).get_json()
    assert body["title"] == "Conflict"
    assert body["detail"] == "The ticket was taken by <Li>."


def test_half_a_character_can_be_quoted(browser: Browser) -> None:
    answer = browser.get("/fail/quotation", headers={"Accept": "application/json"})
    assert answer.get_json()["detail"] == "? is taken."


@pytest.mark.parametrize(
    ("accept", "is_problem"),
    [
        (None, False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("application/json", True),
        ("application/json, text/html;q=0.5", True),
    ],
)
def test_the_accept_header_decides_outside_of_the_api(
    browser: Browser, accept: str | None, is_problem: bool
) -> None:
    answer = browser.get("/nothing", headers={"Accept": accept} if accept else {})
    assert (answer.content_type == "application/problem+json") is is_problem


def test_below_the_api_it_is_always_a_problem(browser: Browser) -> None:
    answer = browser.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert answer.content_type == "application/problem+json"
    assert browser.client.delete("/api/v1/me").status_code == 405


def test_a_method_that_is_not_there_names_those_that_are(browser: Browser) -> None:
    assert "POST" in browser.get("/logout").headers["Allow"]


@pytest.mark.usefixtures("chinese")
def test_the_reader_s_language_is_spoken(browser: Browser, make_user: MakeUser) -> None:
    make_user("li", locale="zh_CN")
    browser.sign_in("li")
    assert "页面不存在" in browser.get("/nothing").text


def test_the_error_page_stands_without_the_database(
    app: Flask, browser: Browser, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("li")
    browser.sign_in("li")
    database = app.extensions["lanedesk"].database

    def away() -> Any:
        raise DatabaseUnreachable("gone")

    monkeypatch.setattr(database, "reading", away)
    answer = browser.get("/me")
    assert answer.status_code == 503
    assert "not available right now" in answer.text
    assert answer.headers["Retry-After"] == "30"


def test_the_words_come_even_if_the_layout_is_what_failed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise AssetsNotBuilt("run make setup")

    monkeypatch.setattr(problems, "render_template", broken)
    answer = browser.get("/nothing")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
