"""Who may do what, and which tasks are offered to whom."""

import pytest

from desk.people.models import Team, User
from desk.people.permissions import PERMISSIONS, ROLES, can, candidates_of, permissions_of


def person(*roles: str, active: bool = True, teams: tuple[Team, ...] = ()) -> User:
    return User(id=7, login="li", name="Li", roles=list(roles), active=active, teams=list(teams))


def test_every_permission_of_a_role_is_in_the_list() -> None:
    for role in ROLES.values():
        assert role.permissions <= PERMISSIONS.keys(), role.key


def test_everything_can_be_done_by_an_administrator() -> None:
    assert permissions_of(["administrator"]) == PERMISSIONS.keys()


def test_an_auditor_changes_nothing() -> None:
    # "all" is whose processes are seen, not what is done to them.
    assert {p.partition(".")[2] for p in permissions_of(["auditor"])} == {"read", "export", "all"}


def test_roles_add_up_and_unknown_ones_count_for_nothing() -> None:
    both = permissions_of(["agent", "auditor", "emperor"])
    assert both == permissions_of(["agent"]) | permissions_of(["auditor"])


def test_an_agent_processes_but_does_not_dispatch() -> None:
    assert can(person("agent"), "ticket.process")
    assert not can(person("agent"), "ticket.dispatch")


def test_a_closed_account_and_nobody_can_do_nothing() -> None:
    assert not can(person("administrator", active=False), "ticket.read")
    assert not can(None, "ticket.read")


def test_a_mistyped_permission_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        can(person("administrator"), "ticket.raed")


def test_tasks_are_offered_to_the_person_their_open_teams_and_what_they_may_do() -> None:
    teams = (Team(id=3, name="A", active=True), Team(id=4, name="B", active=False))
    assert candidates_of(person("supervisor", teams=teams)) == [
        "user:7",
        "team:3",
        "role:agent",
        "role:approver",
        "role:dispatcher",
        "role:reviewer",
        "role:supervisor",
    ]
    assert candidates_of(person("auditor")) == ["user:7", "role:auditor"]
    assert candidates_of(person("supervisor", active=False, teams=teams)) == []


def test_both_languages_have_words_for_everything() -> None:
    texts = [
        *PERMISSIONS.values(),
        *(r.name for r in ROLES.values()),
        *(r.help for r in ROLES.values()),
    ]
    for text in texts:
        assert text.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
