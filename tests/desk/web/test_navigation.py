"""The rail shows what the role may use."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from desk.people.access import requires
from desk.people.models import User
from desk.web import navigation
from desk.web.navigation import Entry
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture(autouse=True)
def own_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other subjects registered is put aside."""
    settings = navigation._entries["settings"]
    monkeypatch.setattr(navigation, "_entries", {"settings": settings})


@pytest.fixture
def app(app: Flask) -> Flask:
    @app.get("/tasks", endpoint="tasks.mine")
    @requires("ticket.read")
    def tasks() -> str:
        return ""

    def count(_session: Session, user: User) -> int:
        return 17 if user.login == "li" else 0

    navigation.register(
        Entry("tasks", "My tasks", "tasks.mine", "checklist", "ticket.read", count, order=10)
    )
    navigation.register(Entry("elsewhere", "Not here", "nobody.has.it", "ghost"))
    return app


def test_entries_are_shown_by_permission_in_order_with_their_count(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li", roles=["supervisor"])
    browser.sign_in("li")
    page = browser.get("/me").text
    rail = page[page.index("ld-rail") : page.index("ld-frame")]
    assert rail.index('href="/tasks"') < rail.index('href="/settings/people"')
    assert 'data-count="tasks">17<' in rail
    assert "Not here" not in rail
    assert browser.get("/").location == "/tasks"


def test_pages_below_an_entry_and_those_that_belong_to_it_mark_it(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li", roles=["administrator"])
    browser.sign_in("li")
    mark = 'data-palette aria-current="page"'
    for path in ("/settings/people", "/settings/people/1", "/settings/teams"):
        page = browser.get(path).text
        assert page.split('href="/settings/people" title')[1][:60].count(mark) == 1, path
    assert mark not in browser.get("/me").text


def test_what_the_role_may_not_use_is_not_there(browser: Browser, make_user: MakeUser) -> None:
    make_user("ann", roles=["agent"])
    browser.sign_in("ann")
    page = browser.get("/me").text
    assert 'href="/tasks"' in page
    assert "/settings/people" not in page
    assert "data-count" not in page[page.index("ld-rail") : page.index("ld-frame")]


def test_somebody_without_any_entry_starts_at_their_profile(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("none", roles=[])
    browser.sign_in("none")
    assert browser.get("/").location == "/me"


def test_a_key_is_taken_once() -> None:
    navigation.register(Entry("tasks", "Others", "others", "ghost"))
    with pytest.raises(ValueError, match="tasks"):
        navigation.register(Entry("tasks", "Mine", "mine", "ghost"))
