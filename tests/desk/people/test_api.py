"""People, teams and keys as programs see them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.application import Desk
from desk.people.models import Team, User
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def api(app: Flask, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]) -> FlaskClient:
    """A client that acts as an administrator."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(make_user("root", roles=["administrator"]))[
        "Authorization"
    ]
    return client


def test_me_says_who_and_what_is_allowed(
    app: Flask, make_user: MakeUser, make_team: Callable[..., Team], bearer: Callable[..., Any]
) -> None:
    user = make_user("li")
    team = make_team("Support", members=[user])
    answer = app.test_client().get("/api/v1/me", headers=bearer(user))
    me = answer.get_json()
    assert me["login"] == "li"
    assert me["teams"] == [{"id": team.id, "name": "Support"}]
    assert "ticket.process" in me["permissions"]
    assert me["candidates"] == [f"user:{user.id}", f"team:{team.id}", "role:agent"]
    assert "password_hash" not in me


def test_people_are_read_page_by_page(api: FlaskClient, make_user: MakeUser) -> None:
    for i in range(5):
        make_user(f"agent{i}")
    seen, after = [], None
    while True:
        page = api.get(
            "/api/v1/users", query_string={"limit": 2, "after": after} if after else {"limit": 2}
        )
        body = page.get_json()
        seen += [user["login"] for user in body["items"]]
        after = body["next"]
        if after is None:
            break
    assert seen == ["root", *(f"agent{i}" for i in range(5))]
    assert [u["login"] for u in api.get("/api/v1/users?q=agent3").get_json()["items"]] == ["agent3"]


def test_a_person_is_added_changed_and_closed(
    api: FlaskClient, make_team: Callable[..., Team]
) -> None:
    team = make_team("Support")
    answer = api.post(
        "/api/v1/users", json={"login": "wang", "name": "王芳", "team_ids": [team.id]}
    )
    assert answer.status_code == 201
    made = answer.get_json()
    assert len(made["first_password"]) == 19
    assert made["roles"] == ["agent"]
    path = f"/api/v1/users/{made['id']}"
    changed = api.patch(path, json={"roles": ["supervisor"], "team_ids": [], "active": False})
    assert changed.status_code == 200
    got = api.get(path).get_json()
    assert (got["roles"], got["teams"], got["active"], got["name"]) == (
        ["supervisor"],
        [],
        False,
        "王芳",
    )
    assert "first_password" not in got


def test_teams_are_added_and_changed(api: FlaskClient, make_user: MakeUser) -> None:
    user = make_user("li")
    made = api.post("/api/v1/teams", json={"name": "Support", "member_ids": [user.id]}).get_json()
    path = f"/api/v1/teams/{made['id']}"
    assert [m["login"] for m in api.get(path).get_json()["members"]] == ["li"]
    changed = api.patch(path, json={"name": "Help", "member_ids": []}).get_json()
    assert (changed["name"], changed["members"], changed["active"]) == ("Help", [], True)
    assert [t["name"] for t in api.get("/api/v1/teams").get_json()["items"]] == ["Help"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "X"}, "login"),
        ({"login": "root", "name": "X"}, "login"),
        ({"login": "x2", "name": "X", "roles": ["emperor"]}, "roles"),
        ({"login": "x2", "name": "X", "email": "nowhere"}, "email"),
        ({"login": "x2", "name": "X", "is_god": True}, "is_god"),
    ],
)
def test_wrong_fields_are_named_in_the_problem(
    api: FlaskClient, body: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/users", json=body)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert field in answer.get_json()["errors"]["json"]


@pytest.mark.parametrize("what", [{"team_ids": [4711]}, {"roles": ["agent"]}])
def test_what_cannot_be_done_is_a_problem_and_changes_nothing(
    api: FlaskClient, desk: Desk, what: dict[str, Any]
) -> None:
    """A team that is not there; the last administrator."""
    answer = api.patch("/api/v1/users/1", json={"name": "Changed", **what})
    assert answer.status_code == 422
    assert answer.get_json()["detail"]
    with desk.reading() as session:
        assert session.get_one(User, 1).name == "Root"


def test_what_is_not_there_is_a_404_problem(api: FlaskClient) -> None:
    for path in ("/api/v1/users/4711", "/api/v1/teams/4711", "/api/v1/nothing"):
        answer = api.get(path)
        assert (answer.status_code, answer.get_json()["status"]) == (404, 404)


def test_a_token_makes_and_revokes_tokens(app: Flask, api: FlaskClient) -> None:
    made = api.post("/api/v1/tokens", json={"name": "ci", "days": 7}).get_json()
    client = app.test_client()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    names = [token["name"] for token in api.get("/api/v1/tokens").get_json()["items"]]
    assert names == ["ci", "test"]
    assert api.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert api.delete("/api/v1/tokens/4711").status_code == 404


def test_permissions_hold_for_programs_too(
    app: Flask, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]
) -> None:
    headers = bearer(make_user("li"))
    client = app.test_client()
    assert client.get("/api/v1/users", headers=headers).status_code == 403
    # not even by a validation error does it say more
    assert client.post("/api/v1/users", json={"x": 1}, headers=headers).status_code == 403


def test_a_browser_needs_its_token_for_changes(browser: Browser, make_user: MakeUser) -> None:
    make_user("root", roles=["administrator"])
    browser.sign_in("root")
    assert browser.client.get("/api/v1/me").status_code == 200
    refused = browser.client.post("/api/v1/teams", json={"name": "X"})
    assert refused.status_code == 400
    assert "CSRF" in refused.get_json()["detail"]
    taken = browser.client.post(
        "/api/v1/teams", json={"name": "X"}, headers={"X-CSRF-Token": browser.token}
    )
    assert taken.status_code == 201
