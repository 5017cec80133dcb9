"""Signing in: what is counted, who waits, what is said."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.people import login as logins
from desk.people import operations, passwords
from desk.people.errors import LockedOut, LoginRefused
from desk.people.login import sign_in
from desk.people.models import User
from engine.actors import SYSTEM
from engine.timestamps import utc_now
from tests.desk.web.fixtures import PASSWORD, MakeUser


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(logins, "utc_now", clock)
    return clock


def fail(desk: Desk, login: str, times: int, address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused):
            sign_in(desk.database, login, "wrong", address=address)


def test_the_right_password_signs_in_whatever_the_case_of_the_login(
    desk: Desk, make_user: MakeUser
) -> None:
    made = make_user("li")
    user = sign_in(desk.database, " LI ", PASSWORD, address="10.0.0.1")
    assert user.id == made.id
    assert user.teams == []
    with desk.reading() as session:
        assert session.get_one(User, made.id).last_login_at is not None
        line = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert line is not None
    assert (line.action, line.subject, line.new) == (
        "signed_in",
        f"user:{made.id}",
        {"address": "10.0.0.1"},
    )


def test_after_five_failures_the_account_waits_even_for_the_right_password(
    desk: Desk, make_user: MakeUser, clock: Clock
) -> None:
    make_user("li")
    fail(desk, "li", 5)
    with pytest.raises(LockedOut) as locked:
        sign_in(desk.database, "li", PASSWORD, address="10.9.9.9")
    assert locked.value.seconds == 30
    clock.now += timedelta(seconds=31)
    sign_in(desk.database, "li", PASSWORD, address="10.9.9.9")


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(
    desk: Desk, make_user: MakeUser, clock: Clock
) -> None:
    make_user("li")
    fail(desk, "li", 4)
    waits = []
    for _ in range(7):
        fail(desk, "li", 1)
        with pytest.raises(LockedOut) as locked:
            sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")
        waits.append(locked.value.seconds)
        clock.now += timedelta(seconds=locked.value.seconds + 1)
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_login_that_nobody_has_is_treated_and_answered_the_same(
    desk: Desk, make_user: MakeUser, clock: Clock
) -> None:
    make_user("li")

    def words(login: str) -> list[str]:
        said = []
        for _ in range(6):
            with pytest.raises((LoginRefused, LockedOut)) as refused:
                sign_in(desk.database, login, "wrong", address="10.0.0.1")
            said.append(str(refused.value))
        return said

    assert words("li") == words("nobody")


def test_a_right_login_forgets_the_account_s_failures(desk: Desk, make_user: MakeUser) -> None:
    make_user("li")
    fail(desk, "li", 4)
    sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")
    fail(desk, "li", 4)
    sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")


def test_an_address_that_tries_many_accounts_waits_and_its_own_account_does_not_help(
    desk: Desk, make_user: MakeUser
) -> None:
    make_user("mine")
    for i in range(29):
        fail(desk, f"victim{i}", 1)
        if i % 5 == 0:
            sign_in(desk.database, "mine", PASSWORD, address="10.0.0.1")
    fail(desk, "victim-last", 1)
    with pytest.raises(LockedOut):
        sign_in(desk.database, "mine", PASSWORD, address="10.0.0.1")
    sign_in(desk.database, "mine", PASSWORD, address="10.0.0.2")


def test_all_addresses_of_one_ipv6_network_count_together(desk: Desk) -> None:
    for i in range(30):
        fail(desk, f"victim{i}", 1, address=f"2001:db8:1:2::{i:x}")
    with pytest.raises(LockedOut):
        sign_in(desk.database, "other", "wrong", address="2001:db8:1:2:ffff::1")
    fail(desk, "other", 1, address="2001:db8:1:3::1")


def test_an_ipv4_address_counts_the_same_however_the_socket_writes_it(desk: Desk) -> None:
    for i in range(30):
        fail(desk, f"victim{i}", 1, address="::ffff:10.0.0.1" if i % 2 else "10.0.0.1")
    with pytest.raises(LockedOut):
        sign_in(desk.database, "other", "wrong", address="10.0.0.1")
    fail(desk, "other", 1, address="::ffff:10.0.0.2")


def test_many_attempts_at_once_are_not_more_attempts(desk: Desk, make_user: MakeUser) -> None:
    make_user("li")

    def attempt(_: int) -> str:
        try:
            sign_in(desk.database, "li", "wrong", address="10.0.0.1")
        except LockedOut:
            return "locked"
        except LoginRefused:
            return "refused"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(24)))
    assert answers.count("refused") == 5
    assert answers.count("locked") == 19


def test_failures_are_forgotten_after_an_hour(
    desk: Desk, make_user: MakeUser, clock: Clock
) -> None:
    make_user("li")
    fail(desk, "li", 4)
    clock.now += timedelta(minutes=61)
    fail(desk, "li", 4)
    sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")


def test_an_administrator_lifts_the_lock(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("li")
    fail(desk, "li", 5)
    with desk.database.transaction() as session:
        operations.unlock_user(session, session.get_one(User, user.id), actor=SYSTEM)
    sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")


def test_a_closed_account_is_told_nothing_else(desk: Desk, make_user: MakeUser) -> None:
    user = make_user("li")
    with desk.database.transaction() as session:
        operations.deactivate_user(session, session.get_one(User, user.id), actor=SYSTEM)
    with pytest.raises(LoginRefused):
        sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")


def test_a_weak_hash_is_replaced_at_the_login(
    desk: Desk, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user("li")
    stronger = PasswordHasher(time_cost=2, memory_cost=32, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", stronger)
    sign_in(desk.database, "li", PASSWORD, address="10.0.0.1")
    with desk.reading() as session:
        kept = session.get_one(User, user.id).password_hash
    assert not stronger.check_needs_rehash(kept)
