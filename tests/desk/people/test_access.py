"""Who is asking, and may they?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from desk.application import Desk
from desk.people import access, operations
from desk.people.access import (
    current_actor,
    public,
    requires,
    safe_next,
    signed_in_user,
    user_of_session,
)
from desk.people.models import ApiToken, User
from desk.web.csrf import csrf_exempt
from engine.actors import SYSTEM
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a few views to try."""

    @app.get("/open")
    @public
    def open_view() -> str:
        user = signed_in_user()
        return user.login if user else "nobody"

    @app.get("/tickets")
    @requires("ticket.read")
    def tickets() -> str:
        return current_actor().reference

    @app.route("/dispatch", methods=["GET", "POST"])
    @requires("ticket.read", "ticket.dispatch")
    def dispatch() -> str:
        return "dispatched"

    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    @app.get("/api/v1/try")
    @requires("ticket.read")
    def program() -> str:
        return current_actor().reference

    @app.post("/api/v1/try-post")
    @csrf_exempt
    @requires("ticket.read")
    def program_post() -> str:
        return "done"

    return app


def test_a_view_without_a_mark_is_closed_to_everybody(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("root", roles=["administrator"])
    browser.sign_in("root")
    assert browser.get("/forgotten").status_code == 403


def test_a_misspelt_permission_stops_the_program_where_it_is_written() -> None:
    with pytest.raises(ValueError, match=r"ticket\.raed"):
        requires("ticket.raed")


def test_a_public_view_knows_who_is_signed_in(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    assert browser.get("/open").text == "nobody"
    browser.sign_in("li")
    assert browser.get("/open").text == "li"


def test_a_page_sends_to_the_login_and_comes_back(browser: Browser, make_user: MakeUser) -> None:
    user = make_user("li")
    answer = browser.get("/tickets?state=open&page=2")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/tickets?state%3Dopen%26page%3D2"
    browser.get(answer.location)
    answer = browser.sign_in("li", next="/tickets?state=open&page=2")
    assert answer.location == "/tickets?state=open&page=2"
    assert browser.get("/tickets").text == f"user:{user.id}"


def test_a_fragment_sends_the_whole_window_to_the_login(browser: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://desk.test/tickets/7?tab=flow"}
    answer = browser.get("/tickets", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/tickets/7?tab%3Dflow"


def test_all_named_permissions_are_needed(browser: Browser, make_user: MakeUser) -> None:
    make_user("li", roles=["agent"])
    make_user("boss", roles=["supervisor"])
    browser.sign_in("li")
    assert browser.get("/dispatch").status_code == 403
    browser.sign_in("boss")
    assert browser.post("/logout").status_code == 303
    browser.sign_in("boss")
    assert browser.get("/dispatch").text == "dispatched"


def test_roles_count_from_the_next_page_on(
    browser: Browser, desk: Desk, make_user: MakeUser
) -> None:
    user = make_user("li", roles=["agent"])
    browser.sign_in("li")
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.change_roles(session, kept, roles=["supervisor"], actor=SYSTEM)
    assert browser.get("/dispatch").status_code == 200


def test_the_first_password_must_be_changed_before_anything_else(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li", must_change_password=True)
    browser.sign_in("li")
    answer = browser.get("/tickets")
    assert (answer.status_code, answer.location) == (302, "/me/password")
    assert browser.get("/me/password").status_code == 200
    assert browser.post("/logout").status_code == 303


@pytest.mark.parametrize("how", ["deactivated", "signed out everywhere", "too old"])
def test_a_session_ends_when(
    browser: Browser,
    desk: Desk,
    make_user: MakeUser,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = make_user("li")
    browser.sign_in("li")
    assert browser.get("/tickets").status_code == 200
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        if how == "deactivated":
            operations.deactivate_user(session, kept, actor=SYSTEM)
        elif how == "signed out everywhere":
            operations.end_sessions(session, kept, actor=SYSTEM)
    if how == "too old":
        monkeypatch.setattr(access, "utc_now", lambda: utc_now() + timedelta(days=8))
    assert browser.get("/tickets").status_code == 302


def test_signing_in_drops_what_the_cookie_held_before(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    browser.get("/login")
    with browser.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        token = before["csrf"]
    browser.post("/login", {"login": "li", "password": "a pond full of frogs"})
    with browser.client.session_transaction() as after:
        assert "planted" not in after
        assert after.get("csrf") != token
        assert after["user"]


def test_an_altered_cookie_is_nobody(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    browser.sign_in("li")
    cookie = browser.client.get_cookie("lanedesk", domain="localhost")
    assert cookie is not None
    payload, rest = cookie.value.split(".", 1)
    browser.client.set_cookie("lanedesk", f"{payload[:-2]}xx.{rest}", domain="localhost")
    assert browser.get("/open").text == "nobody"


@pytest.mark.parametrize(
    "wrong", [{"user": "1"}, {"epoch": None}, {"since": None}, {"since": "0"}, {"id": None}, {"id": 1}]
)
def test_odd_session_values_are_nobody(
    desk: Desk, make_user: MakeUser, wrong: dict[str, object]
) -> None:
    user = make_user("li")
    values = {"user": user.id, "id": "x", "epoch": 0, "since": int(utc_now().timestamp())}
    assert user_of_session(desk, values) is not None
    assert user_of_session(desk, {**values, **wrong}) is None
    assert user_of_session(desk, {}) is None


def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    browser: Browser, app: Flask, desk: Desk, make_user: MakeUser
) -> None:
    user = make_user("li")
    browser.sign_in("li")
    stolen = browser.client.get_cookie("lanedesk", domain="localhost")
    assert stolen is not None
    browser.post("/logout")
    thief = app.test_client()
    thief.set_cookie("lanedesk", stolen.value, domain="localhost")
    assert thief.get("/open").text == "nobody"
    assert thief.get("/tickets").status_code == 302
    with desk.reading() as session:
        assert len(session.get_one(User, user.id).ended_sessions) == 1


def test_signing_out_of_one_browser_leaves_the_others(
    browser: Browser, app: Flask, make_user: MakeUser
) -> None:
    make_user("li")
    browser.sign_in("li")
    other = Browser(app)
    other.sign_in("li")
    other.post("/logout")
    assert other.get("/open").text == "nobody"
    assert browser.get("/open").text == "li"


def test_what_ended_long_ago_is_forgotten(
    browser: Browser, desk: Desk, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user("li")
    for days in (0, 6, 8):
        monkeypatch.setattr(
            access, "utc_now", lambda days=days: utc_now() + timedelta(days=days)
        )
        monkeypatch.setattr(
            operations, "utc_now", lambda days=days: utc_now() + timedelta(days=days)
        )
        browser.sign_in("li")
        browser.post("/logout")
    with desk.reading() as session:
        assert len(session.get_one(User, user.id).ended_sessions) == 2


def test_a_program_that_signs_out_ends_no_session(
    app: Flask, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]
) -> None:
    assert app.test_client().post("/logout", headers=bearer(make_user("bot"))).status_code == 303


def test_a_program_acts_as_its_user(
    app: Flask, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]
) -> None:
    user = make_user("bot")
    client = app.test_client()
    assert client.get("/api/v1/try", headers=bearer(user)).text == f"user:{user.id}"
    assert client.get("/api/v1/try").status_code == 401
    assert client.get("/api/v1/try").headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("how", ["wrong", "revoked", "expired", "closed account", "empty"])
def test_a_token_is_refused_when(
    app: Flask,
    desk: Desk,
    make_user: MakeUser,
    bearer: Callable[[User], dict[str, str]],
    how: str,
) -> None:
    user = make_user("bot")
    headers = bearer(user)
    if how in ("wrong", "empty"):
        headers = {"Authorization": "Bearer " + ("ldk_nope" if how == "wrong" else "")}
    with desk.database.transaction() as session:
        token = session.get_one(ApiToken, 1)
        if how == "revoked":
            operations.revoke_token(session, token, actor=SYSTEM)
        elif how == "expired":
            token.expires_at = utc_now() - timedelta(seconds=1)
        elif how == "closed account":
            operations.deactivate_user(session, session.get_one(User, user.id), actor=SYSTEM)
    answer = app.test_client().get("/api/v1/try", headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_cookie_does_not_stand_in_for_a_wrong_token(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    browser.sign_in("li")
    answer = browser.get("/api/v1/try", headers={"Authorization": "Bearer ldk_nope"})
    assert answer.status_code == 401


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(
    app: Flask, desk: Desk, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]
) -> None:
    headers = bearer(make_user("bot"))
    client = app.test_client()

    def last_used() -> object:
        with desk.reading() as session:
            return session.get_one(ApiToken, 1).last_used_at

    client.get("/api/v1/try", headers=headers)
    first = last_used()
    assert first is not None
    client.get("/api/v1/try", headers=headers)
    assert last_used() == first


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/tickets?x=1#a", True),
        ("/", True),
        ("", False),
        (None, False),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example/", False),
        ("\\\\evil.example", False),
        ("javascript:alert(1)", False),
        ("/\t/evil.example", False),
        ("tickets", False),
        ("http://[", False),
    ],
)
def test_after_the_login_nobody_is_sent_elsewhere(target: str | None, kept: bool) -> None:
    assert safe_next(target) == (target if kept else "/")


def test_an_address_that_htmx_cannot_mean_leads_home(app: Flask, browser: Browser, make_user: MakeUser) -> None:
    odd = {"HX-Request": "true", "HX-Current-URL": "http://[bad"}
    assert browser.get("/me", headers=odd).headers["HX-Redirect"] == "/login?next=/"
    make_user("li")
    browser.sign_in("li")
    assert browser.get("/me/rail", headers=odd).status_code == 200
