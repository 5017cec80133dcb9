"""Passwords: hashed with Argon2id (RFC 9106), checked at the same cost for everybody, refused when easy to guess."""

import re
import secrets
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from desk.people.errors import PeopleError

SHORTEST = 10  # characters
LONGEST = 256  # characters; more only costs time
# without letters and digits that look alike
GENERATED_FROM = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

hasher = PasswordHasher()  # argon2-cffi's defaults are RFC 9106's low-memory recommendation


def hash_password(password: str) -> str:
    """The hash to keep. Takes tens of milliseconds: never inside a transaction."""
    return hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one; `None` (nobody has that login) takes as long and is never right."""
    if len(password) > LONGEST:
        password = ""
    try:
        hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return hasher.hash(secrets.token_hex(16))


def generate_password() -> str:
    """A first password that a person can type: 16 characters in groups, 90 bits."""
    groups = ["".join(secrets.choice(GENERATED_FROM) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)


def check_policy(password: str, *, login: str) -> None:
    """Raise PeopleError if the password is too easy (NIST SP 800-63B §5.1.1.2: length and known words, no puzzles)."""
    if len(password) < SHORTEST:
        raise PeopleError("password", _l("Use at least %(n)s characters.", n=SHORTEST))
    if len(password) > LONGEST:
        raise PeopleError("password", _l("Use at most %(n)s characters.", n=LONGEST))
    plain = password.casefold()
    name = login.casefold().partition("@")[0]
    if plain == login.casefold() or (len(name) >= 4 and name in plain):
        raise PeopleError("password", _l("The password must not contain your login."))
    if plain in common_passwords() or _is_pattern(plain):
        raise PeopleError("password", _l("This password is among the first that others would try."))


@cache
def common_passwords() -> frozenset[str]:
    """Passwords of ten characters or more that are used over and over, in lower case."""
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _is_pattern(plain: str) -> bool:
    """One short piece repeated (`abcabcabcabc`), or one long run up or down (`abcdefghijkl`, `9876543210`)."""
    if re.fullmatch(r"(.{1,4}?)\1+.{0,3}", plain, re.DOTALL):
        return True
    steps = {ord(b) - ord(a) for a, b in zip(plain, plain[1:], strict=False)}
    return steps in ({1}, {-1})
