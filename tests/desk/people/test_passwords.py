"""Which passwords are taken, and how they are kept."""

import time

import pytest
from argon2 import PasswordHasher

from desk.people import passwords
from desk.people.errors import PeopleError
from desk.people.passwords import (
    check_policy,
    common_passwords,
    generate_password,
    hash_password,
    needs_rehash,
    verify_password,
)


def test_a_hash_is_argon2id_and_knows_its_password_only() -> None:
    kept = hash_password("a pond full of frogs")
    assert kept.startswith("$argon2id$")
    assert verify_password(kept, "a pond full of frogs")
    assert not verify_password(kept, "a pond full of frogs ")
    assert not verify_password("not a hash", "a pond full of frogs")


def test_nobody_has_any_password_and_finding_out_takes_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16384))
    passwords._nobodys_hash.cache_clear()
    kept = hash_password("a pond full of frogs")
    assert not verify_password(None, "x")  # the first time makes the hash that stands in

    def seconds(password_hash: str | None) -> float:
        took = []
        for _ in range(5):
            began = time.perf_counter()
            assert not verify_password(password_hash, "wrong")
            took.append(time.perf_counter() - began)
        return min(took)

    assert seconds(None) > seconds(kept) / 3
    passwords._nobodys_hash.cache_clear()


def test_a_hash_of_weaker_parameters_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = hash_password("a pond full of frogs")
    assert not needs_rehash(kept)
    monkeypatch.setattr(
        passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)
    )
    assert needs_rehash(kept)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "nine char",
        "x" * 257,
        "Password123",
        "qwertyuiop",
        "WoAiNi1314520",
        "1234567890",
        "0987654321",
        "abcabcabcabc",
        "zzzzzzzzzzzz",
        "abcdefghijklm",
        "li.wei@shop",
        "I am LI.WEI@shop.cn!",
        "li.wei is my name",
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    with pytest.raises(PeopleError) as refused:
        check_policy(password, login="li.wei@shop.cn")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["a pond full of frogs", "春眠不觉晓处处闻啼鸟", "kT9-mq2W-x4"]
)
def test_long_ones_of_any_kind_are_taken(password: str) -> None:
    check_policy(password, login="li")


def test_first_passwords_differ_and_pass_the_policy() -> None:
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        check_policy(password, login="li")


def test_the_list_has_only_what_the_length_rule_lets_through_in_lower_case() -> None:
    for password in common_passwords():
        assert password == password.casefold()
        assert len(password) >= 9, password
