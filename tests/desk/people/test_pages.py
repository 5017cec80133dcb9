"""The pages of people: signing in, the profile, the settings."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from desk.application import Desk
from desk.people import operations
from desk.people.models import ApiToken, Team, User
from engine.actors import SYSTEM
from tests.desk.web.fixtures import PASSWORD, Browser, MakeUser


def user_of(desk: Desk, user_id: int) -> User:
    with desk.reading() as session:
        return session.get_one(User, user_id)


@pytest.fixture
def root(make_user: MakeUser, browser: Browser) -> User:
    """An administrator, signed in."""
    user = make_user("root", roles=["administrator"])
    browser.sign_in("root")
    return user


@pytest.mark.usefixtures("chinese")
def test_a_language_chosen_at_the_sign_in_is_the_one_to_go_on_in(
    desk: Desk, browser: Browser, make_user: MakeUser
) -> None:
    user = make_user("li", locale="zh_CN")
    assert '<input type="hidden" name="lang" value="en">' in browser.get("/login?lang=en").text
    sent = {"login": "li", "password": PASSWORD, "next": "/me", "lang": "en"}
    refused = browser.post("/login", {**sent, "password": "wrong"})
    assert '<input type="hidden" name="lang" value="en">' in refused.text
    assert browser.post("/login", {**sent, "lang": "xx"}).status_code == 303
    assert user_of(desk, user.id).locale == "zh_CN"
    browser.get("/me")
    browser.post("/logout")
    browser.get("/login")
    assert browser.post("/login", sent).status_code == 303
    assert user_of(desk, user.id).locale == "en"
    assert '<html lang="en"' in browser.get("/me").text


def test_a_refused_login_keeps_the_name_and_says_why(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    browser.get("/login?next=/me")
    answer = browser.post("/login", {"login": "li", "password": "wrong", "next": "/me?a=b"})
    assert answer.status_code == 422
    assert "Login or password is wrong." in answer.text
    assert 'value="li"' in answer.text
    assert 'value="/me?a=b"' in answer.text
    assert "wrong" not in answer.text.replace("is wrong", "")
    assert browser.post("/login", {"login": "li", "password": ""}).status_code == 422


def test_a_locked_out_login_says_how_long(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    browser.get("/login")
    for _ in range(5):
        browser.post("/login", {"login": "li", "password": "wrong"})
    answer = browser.post("/login", {"login": "li", "password": PASSWORD})
    assert answer.status_code == 429
    assert "1 minute" in answer.text
    assert int(answer.headers["Retry-After"]) <= 30


@pytest.mark.usefixtures("chinese")
def test_the_login_page_speaks_the_guest_s_language(browser: Browser) -> None:
    assert "登录名" in browser.get("/login", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    assert "Login" in browser.get("/login", headers={"Accept-Language": "en-GB"}).text
    assert "登录名" in browser.get("/login?lang=zh_CN", headers={"Accept-Language": "en"}).text
    assert "登录名" in browser.get("/login", headers={"Accept-Language": "en"}).text, "remembered"


def test_who_is_signed_in_needs_no_login_page(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    browser.sign_in("li")
    assert browser.get("/login?next=/me").location == "/me"


def test_signing_out_ends_the_session_and_empties_the_cache(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    browser.sign_in("li")
    answer = browser.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert browser.get("/me").status_code == 302


def test_the_profile_names_the_person_their_roles_and_teams(
    browser: Browser, make_user: MakeUser, make_team: Callable[..., Team]
) -> None:
    make_team("Night shift", members=[make_user("li", name="Li <Wei>")])
    browser.sign_in("li")
    page = browser.get("/me").text
    assert "Li &lt;Wei&gt;" in page
    assert "Night shift" in page
    assert "Agent" in page


def test_preferences_are_kept_and_lead_back_to_the_page(
    browser: Browser, desk: Desk, make_user: MakeUser
) -> None:
    user = make_user("li")
    browser.sign_in("li")
    answer = browser.post("/me/preferences", {"state": "busy", "next": "/me?tab=1"})
    assert answer.location == "/me?tab=1"
    browser.post("/me/preferences", {"theme": "dark", "next": "//evil.example"})
    browser.post("/me/preferences", {"locale": "zh_CN"})
    kept = user_of(desk, user.id)
    assert (kept.state, kept.theme, kept.locale) == ("busy", "dark", "zh_CN")
    assert 'lang="zh-CN" data-theme="dark"' in browser.get("/me").text
    assert browser.post("/me/preferences", {"theme": "pink"}).status_code == 400


def test_the_own_password_is_changed_and_other_browsers_are_signed_out(
    app: Flask, browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    other = Browser(app)
    other.sign_in("li")
    browser.sign_in("li")
    browser.get("/me/password")
    new = "quite another pond"
    answer = browser.post("/me/password", {"current": PASSWORD, "password": new, "repeat": new})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert "Your password is changed" in browser.get("/me").text
    assert other.get("/me").status_code == 302
    assert other.sign_in("li").status_code == 422
    assert other.sign_in("li", new).status_code == 303


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            {"current": "wrong", "password": "quite another", "repeat": "quite another"},
            "not your password",
        ),
        ({"current": PASSWORD, "password": "short", "repeat": "short"}, "at least 10"),
        ({"current": PASSWORD, "password": PASSWORD, "repeat": PASSWORD}, "old password"),
        (
            {"current": PASSWORD, "password": "quite another", "repeat": "quite an other"},
            "not the same",
        ),
    ],
)
def test_a_password_change_is_refused_with_words(
    browser: Browser, desk: Desk, make_user: MakeUser, entries: dict[str, str], words: str
) -> None:
    user = make_user("li")
    browser.sign_in("li")
    browser.get("/me/password")
    answer = browser.post("/me/password", entries)
    assert answer.status_code == 422
    assert words in answer.text
    assert user_of(desk, user.id).session_epoch == 0


def test_whoever_found_an_open_browser_cannot_guess_the_password(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li")
    browser.sign_in("li")
    browser.get("/me/password")
    for _ in range(5):
        browser.post("/me/password", {"current": "guess", "password": "x", "repeat": "x"})
    new = "quite another pond"
    answer = browser.post("/me/password", {"current": PASSWORD, "password": new, "repeat": new})
    assert answer.status_code == 422
    assert "Too many attempts" in answer.text


def test_the_first_password_leads_through_its_change_to_the_desk(
    browser: Browser, make_user: MakeUser
) -> None:
    make_user("li", must_change_password=True)
    browser.sign_in("li", next="/settings/teams")
    page = browser.get("/me/password")
    assert "chosen by somebody else" in page.text
    new = "quite another pond"
    answer = browser.post("/me/password", {"current": PASSWORD, "password": new, "repeat": new})
    assert answer.location == "/"
    assert browser.get("/me").status_code == 200


def test_a_key_is_shown_once_and_can_be_revoked(browser: Browser, desk: Desk, root: User) -> None:
    browser.get("/me")
    made = browser.post("/me/tokens", {"name": "reports", "days": "30"})
    assert made.status_code == 200
    found = re.search(r"<code>(ldk_[\w-]{40,})</code>", made.text)
    assert found
    assert made.headers["Cache-Control"] == "no-store"
    assert made.headers["HX-Push-Url"] == "/me", "F5 must not make another"
    assert found[1] not in str(made.headers), "no cookie keeps it"
    with browser.client.session_transaction() as kept:
        assert found[1] not in str(dict(kept))
    assert "ldk_" not in browser.get("/me").text
    assert "reports" in browser.get("/me").text
    with desk.reading() as session:
        token = session.get_one(ApiToken, 1)
        assert token.expires_at is not None
        assert 29 <= (token.expires_at - token.created_at).days <= 30
    assert browser.post("/me/tokens/1/revoke").status_code == 303
    assert "reports" not in browser.get("/me").text
    assert browser.post("/me/tokens", {"name": " "}).status_code == 422


def test_somebody_else_s_key_is_not_there(
    app: Flask, browser: Browser, desk: Desk, make_user: MakeUser, bearer: Callable[..., object]
) -> None:
    bearer(make_user("bot"))
    make_user("li")
    browser.sign_in("li")
    assert browser.post("/me/tokens/1/revoke").status_code == 404
    assert browser.post("/me/tokens", {"name": "mine"}).status_code == 403, "agents make no keys"


def test_a_person_is_added_and_the_first_password_works_once(
    app: Flask, browser: Browser, desk: Desk, root: User, make_team: Callable[..., Team]
) -> None:
    team = make_team("Support")
    browser.get("/settings/people/new")
    answer = browser.post(
        "/settings/people/new",
        {
            "login": "Wang",
            "name": "王芳",
            "roles": ["agent"],
            "teams": [str(team.id)],
            "locale": "en",
        },
    )
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r"(\w{4}-\w{4}-\w{4}-\w{4})", answer.text)
    assert found
    other = Browser(app)
    assert other.sign_in("wang", found[1]).status_code == 303
    assert other.get("/settings/people").location == "/me/password"
    page = browser.get("/settings/people?q=王").text
    assert "王芳" in page
    assert "Support" in page
    assert "root" not in page.split("<table")[1]


def test_a_wrong_entry_comes_back_with_all_that_was_written(browser: Browser, root: User) -> None:
    browser.get("/settings/people/new")
    answer = browser.post(
        "/settings/people/new",
        {"login": "root", "name": "Ro Ot", "email": "ro@ot", "roles": ["auditor"], "locale": "en"},
    )
    assert answer.status_code == 422
    assert "Somebody has this login already." in answer.text
    assert 'value="Ro Ot"' in answer.text
    assert 'value="auditor" checked' in answer.text
    assert 'value="agent" checked' not in answer.text


def form_of(page: str) -> dict[str, str]:
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found
    return {"version": found[1]}


def test_a_person_is_changed_and_the_page_says_who_did_it(
    browser: Browser, desk: Desk, root: User, make_user: MakeUser, make_team: Callable[..., Team]
) -> None:
    user, team = make_user("li"), make_team("Support")
    path = f"/settings/people/{user.id}"
    form = form_of(browser.get(path).text)
    form |= {"name": "Li Wei", "email": "li@wei.cn", "phone": ""}
    answer = browser.post(path, {**form, "roles": ["supervisor"], "teams": [str(team.id)]})
    assert answer.status_code == 303
    kept = user_of(desk, user.id)
    assert (kept.name, kept.email, kept.roles) == ("Li Wei", "li@wei.cn", ["supervisor"])
    page = browser.get(path).text
    assert "roles: Supervisor" in page
    assert page.count("Root") >= 2, "the log names who did it"


def test_a_person_that_changed_meanwhile_is_not_overwritten(
    browser: Browser, desk: Desk, root: User, make_user: MakeUser
) -> None:
    user = make_user("li")
    path = f"/settings/people/{user.id}"
    form = form_of(browser.get(path).text)
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.change_user(session, kept, name="Li", email="x@y.cn", phone=None, actor=SYSTEM)
    answer = browser.post(path, {**form, "name": "Mine", "roles": ["agent"]})
    assert answer.status_code == 422
    assert "Somebody changed this person" in answer.text
    assert 'value="Mine"' in answer.text
    assert user_of(desk, user.id).email == "x@y.cn"
    form = form_of(answer.text)
    assert browser.post(path, {**form, "name": "Mine", "roles": ["agent"]}).status_code == 303


def test_the_last_administrator_is_told_so(browser: Browser, desk: Desk, root: User) -> None:
    path = f"/settings/people/{root.id}"
    form = form_of(browser.get(path).text)
    answer = browser.post(path, {**form, "name": "Root", "roles": ["agent"]})
    assert answer.status_code == 422
    assert "last administrator" in answer.text
    assert browser.post(f"{path}/active", {"active": "0"}).status_code == 422
    assert user_of(desk, root.id).active


def test_an_account_is_closed_opened_unlocked_and_given_a_new_password(
    app: Flask, browser: Browser, desk: Desk, root: User, make_user: MakeUser
) -> None:
    user = make_user("li")
    path = f"/settings/people/{user.id}"
    other = Browser(app)
    browser.post(f"{path}/active", {"active": "0"})
    assert other.sign_in("li").status_code == 422
    browser.post(f"{path}/active", {"active": "1"})
    for _ in range(6):
        other.sign_in("li", "wrong")
    assert "Too many failed attempts" in browser.get(path).text
    browser.post(f"{path}/unlock")
    assert other.sign_in("li").status_code == 303
    found = re.search(r"(\w{4}-\w{4}-\w{4}-\w{4})", browser.post(f"{path}/password").text)
    assert found
    assert other.get("/me").status_code == 302, "the old session is over"
    assert other.sign_in("li", found[1]).status_code == 303


def test_the_own_reset_leads_on_to_choosing_a_password(browser: Browser, root: User) -> None:
    browser.get(f"/settings/people/{root.id}")
    answer = browser.post(f"/settings/people/{root.id}/password")
    assert answer.status_code == 200
    assert browser.get("/me").location == "/me/password"


def test_teams_are_added_and_filled(
    browser: Browser, desk: Desk, root: User, make_user: MakeUser
) -> None:
    user = make_user("li")
    browser.get("/settings/teams")
    answer = browser.post("/settings/teams", {"name": "Support"})
    path = answer.location
    assert browser.post("/settings/teams", {"name": "Support"}).status_code == 422
    stale = form_of(browser.get(path).text)
    data = {**stale, "name": "Help", "active": "1", "members": [str(user.id)]}
    assert browser.post(path, data).status_code == 303
    assert "Li" in browser.get("/settings/teams").text
    outdated = browser.post(path, {**stale, "name": "Mine", "active": "1"})
    assert outdated.status_code == 422
    assert "Somebody changed this team" in outdated.text
    assert 'value="Mine"' in outdated.text
    empty = browser.post(path, {**form_of(browser.get(path).text), "name": "", "active": "1"})
    assert "up to 120 characters" in empty.text
    with desk.reading() as session:
        team = session.get_one(Team, 1)
        assert (team.name, team.active, [u.login for u in team.members]) == ("Help", True, ["li"])


@pytest.mark.parametrize("role", ["supervisor", "auditor"])
def test_who_may_only_read_sees_no_buttons_and_cannot_post(
    browser: Browser, make_user: MakeUser, role: str
) -> None:
    user = make_user("look", roles=[role])
    browser.sign_in("look")
    page = browser.get(f"/settings/people/{user.id}")
    assert page.status_code == 200
    assert "Close the account" not in page.text
    assert "Save" not in page.text
    for path in ("", "/active", "/password", "/unlock"):
        assert browser.post(f"/settings/people/{user.id}{path}").status_code == 403
    assert browser.post("/settings/teams", {"name": "X"}).status_code == 403


def test_an_agent_has_no_settings(browser: Browser, make_user: MakeUser) -> None:
    make_user("li")
    browser.sign_in("li")
    assert browser.get("/settings/people").status_code == 403
    assert "/settings/people" not in browser.get("/me").text


def test_unknown_people_and_teams_are_not_found(browser: Browser, root: User) -> None:
    for path in ("/settings/people/4711", "/settings/teams/4711"):
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404


def test_long_lists_go_on_to_the_next_page(
    browser: Browser, root: User, make_user: MakeUser
) -> None:
    for i in range(55):
        make_user(f"agent{i:02}")
    first = browser.get("/settings/people?q=agent").text
    assert first.count("data-row-link") == 50
    found = re.search(r'href="(/settings/people\?q=agent&amp;after=[^"]+)"', first)
    assert found
    second = browser.get(found[1].replace("&amp;", "&")).text
    assert second.count("data-row-link") == 5
