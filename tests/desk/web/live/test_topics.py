"""Who may listen to what."""

import pytest

from desk.application import Desk
from desk.people.models import Team, User
from desk.web.live.topics import may_listen, parse_topics


def person(*roles: str) -> User:
    return User(
        id=7, login="li", name="Li", roles=list(roles), active=True,
        teams=[Team(id=3, name="A", active=True)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "agent", "auditor", "nobody"),
    [
        ("user:7", True, True, True),
        ("user:8", False, False, False),
        ("team:3", True, True, True),
        ("team:4", False, False, False),
        ("role:agent", True, False, False),
        ("role:dispatcher", False, False, False),
        ("tickets", True, True, False),
        ("incidents", False, True, False),
        ("ticket:12", False, False, False),  # there is none
        ("instance:0b7b1c0e-5d5c-4f0e-9d43-1f0a4c1f2d11", False, False, False),  # nor this
        ("instance:12", False, False, False),
        ("unknown", False, False, False),
        ("ticket:12:13", False, False, False),
        ("ticket:" + "x" * 41, False, False, False),
        ("ticket:" + "9" * 40, False, False, False),
        ("", False, False, False),
    ],
)
def test_own_topics_and_what_the_permissions_open(
    desk: Desk, topic: str, agent: bool, auditor: bool, nobody: bool
) -> None:
    with desk.reading() as session:
        assert may_listen(session, person("agent"), topic) is agent
        assert may_listen(session, person("auditor"), topic) is auditor
        assert may_listen(session, person(), topic) is nobody


def test_topics_are_joined_by_commas_or_spaces() -> None:
    assert parse_topics(" a,b  c,a, ") == ["a", "b", "c"]
