"""What can be done with people and teams, what is refused, and what stays in the log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.people import operations, queries
from desk.people.errors import PeopleError
from desk.people.models import ApiToken, Team, User
from engine.actors import SYSTEM, Actor
from tests.desk.web.fixtures import MakeUser

BOSS = Actor("user", 99, "Boss")


def lines(desk: Desk) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    with desk.reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [(line.action, line.subject, line.old, line.new) for line in found]


def test_a_new_person_is_in_the_log_without_any_password(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("  Li.Wei ", roles=["auditor", "agent"], name="  Li   Wei ")
    assert (user.login, user.name, user.roles) == ("li.wei", "Li Wei", ["agent", "auditor"])
    [line] = lines(desk)
    assert line == (
        "user_created",
        f"user:{user.id}",
        {},
        {"login": "li.wei", "name": "Li Wei", "roles": ["agent", "auditor"]},
    )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("login", {"login": "li"}),
        ("login", {"login": "LI"}),
        ("login", {"login": "a b"}),
        ("login", {"login": ""}),
        ("name", {"login": "new", "name": "  "}),
        ("name", {"login": "new", "name": "x" * 121}),
        ("email", {"login": "new", "email": "nowhere"}),
        ("phone", {"login": "new", "phone": "call me"}),
        ("roles", {"login": "new", "roles": ["emperor"]}),
        ("locale", {"login": "new", "locale": "tlh"}),
    ],
)
def test_wrong_entries_are_refused_at_their_field(
    make_user: MakeUser, field: str, values: dict[str, Any]
) -> None:
    make_user("li")
    with pytest.raises(PeopleError) as refused:
        make_user(**values)
    assert refused.value.field == field


def test_a_change_logs_what_was_and_what_is(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("li", email="li@old.cn")
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.change_user(session, kept, name="Li", email="li@new.cn", phone="", actor=BOSS)
        operations.change_user(session, kept, name="Li", email="li@new.cn", phone=None, actor=BOSS)
    assert lines(desk)[1:] == [
        ("user_changed", f"user:{user.id}", {"email": "li@old.cn"}, {"email": "li@new.cn"})
    ]


@pytest.mark.parametrize("how", ["roles", "deactivate"])
def test_the_last_administrator_stays(desk: Desk, make_user: MakeUser, how: str) -> None:
    root = make_user("root", roles=["administrator"])
    other = make_user("other", roles=["administrator"])
    with desk.database.transaction() as session:
        operations.deactivate_user(session, session.get_one(User, other.id), actor=BOSS)

    def remove() -> None:
        with desk.database.transaction() as session:
            kept = session.get_one(User, root.id)
            if how == "roles":
                operations.change_roles(session, kept, roles=["agent"], actor=BOSS)
            else:
                operations.deactivate_user(session, kept, actor=BOSS)

    with pytest.raises(PeopleError):
        remove()
    with desk.database.transaction() as session:
        operations.activate_user(session, session.get_one(User, other.id), actor=BOSS)
    remove()


def test_two_administrators_cannot_remove_each_other_at_once(
    desk: Desk, make_user: MakeUser
) -> None:
    ids = [make_user(name, roles=["administrator"]).id for name in ("a1", "b2")]

    def deactivate(user_id: int) -> bool:
        try:
            with desk.database.transaction() as session:
                operations.deactivate_user(session, session.get_one(User, user_id), actor=BOSS)
        except PeopleError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(deactivate, ids)) == [False, True]


def test_teams_change_one_member_at_a_time_in_the_log(
    desk: Desk, make_user: MakeUser, make_team: Callable[..., Team]
) -> None:
    ann, bob, cat = (make_user(login) for login in ("ann", "bob", "cat"))
    team = make_team("Support", members=[ann, bob])
    with desk.database.transaction() as session:
        kept = session.get_one(Team, team.id)
        members = [session.get_one(User, bob.id), session.get_one(User, cat.id)]
        operations.set_members(session, kept, members=members, actor=BOSS)
    changes = [
        (action, new["name"]) for action, subject, _, new in lines(desk) if "member" in action
    ]
    assert changes == [
        ("member_added", "Ann"),
        ("member_added", "Bob"),
        ("member_removed", "Ann"),
        ("member_added", "Cat"),
    ]
    with desk.reading() as session:
        kept_team = queries.team_by_id(session, team.id)
        assert kept_team is not None
        assert [user.login for user in kept_team.members] == ["bob", "cat"]


def test_a_team_s_name_is_its_own(desk: Desk, make_team: Callable[..., Team]) -> None:
    make_team("Support")
    other = make_team("Sales")
    for name in ("Support", " "):
        with desk.database.transaction() as session:
            kept = session.get_one(Team, other.id)
            with pytest.raises(PeopleError) as refused:
                operations.change_team(session, kept, name=name, active=True, actor=BOSS)
        assert refused.value.field == "name"
    with desk.database.transaction() as session:
        kept = session.get_one(Team, other.id)
        operations.change_team(session, kept, name="Sales", active=False, actor=BOSS)
    assert lines(desk)[-1][0] == "team_changed"


def test_of_a_token_only_its_hash_is_kept(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("bot")
    with desk.database.transaction() as session:
        token, secret = operations.create_token(session, user=user, name="ci", actor=BOSS)
        operations.revoke_token(session, token, actor=BOSS)
        operations.revoke_token(session, token, actor=BOSS)
    assert secret.startswith("ldk_")
    assert len(secret) > 40
    with desk.reading() as session:
        kept = session.get_one(ApiToken, token.id)
        assert secret not in (kept.sha256, kept.name)
    assert [line[0] for line in lines(desk)[-2:]] == ["token_created", "token_revoked"]


def test_passwords_never_reach_the_log(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("li")
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.reset_password(session, kept, password_hash="hash-one", actor=BOSS)
        assert kept.must_change_password
        operations.change_own_password(session, kept, password_hash="hash-two", actor=BOSS)
        assert not kept.must_change_password
        assert kept.session_epoch == 2
    assert "hash" not in str(lines(desk))


def test_preferences_take_only_what_is_offered(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("li")
    with desk.database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.change_preferences(session, kept, state="away", theme="dark")
        assert (kept.state, kept.theme, kept.locale) == ("away", "dark", "en")
        for wrong in ({"state": "asleep"}, {"theme": "pink"}, {"locale": "xx"}):
            with pytest.raises(PeopleError):
                operations.change_preferences(session, kept, **wrong)


def test_search_takes_its_wildcards_literally(desk: Desk, make_user: MakeUser) -> None:
    make_user("ann_b", name="王芳")
    make_user("annxb")
    make_user("bob", email="100%@mail.cn")

    def found(search: str) -> list[str]:
        with desk.reading() as session:
            return [
                u.login for u in session.scalars(queries.users(search=search).order_by(User.id))
            ]

    assert found("ANN_") == ["ann_b"]
    assert found("芳") == ["ann_b"]
    assert found("100%") == ["bob"]
    assert found("%") == ["bob"]
    assert found("") == ["ann_b", "annxb", "bob"]


def test_people_who_can(desk: Desk, make_user: MakeUser) -> None:
    make_user("zoe", roles=["supervisor"])
    make_user("amy", roles=["administrator"])
    make_user("li", roles=["agent"])
    gone = make_user("gone", roles=["supervisor"])
    with desk.database.transaction() as session:
        operations.deactivate_user(session, session.get_one(User, gone.id), actor=SYSTEM)
    with desk.reading() as session:
        assert [u.login for u in queries.people_who_can(session, "ticket.dispatch")] == [
            "amy",
            "zoe",
        ]
