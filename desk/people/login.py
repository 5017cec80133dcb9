"""Signing in: failures cost time, for the account that is tried and for the address that tries.

An attempt is counted as failed before the password is looked at, and given back when it was right: many attempts at
once are not more attempts. A login that nobody has is treated as one that somebody has, in time and in words.
"""

import ipaddress
import math
from datetime import datetime, timedelta

import structlog
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _ln
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from desk.people.access import actor_of
from desk.people.errors import LockedOut, LoginRefused
from desk.people.log import record
from desk.people.models import LoginThrottle, User
from desk.people.passwords import hash_password, needs_rehash, verify_password
from engine.database import Database
from engine.timestamps import utc_now

log = structlog.get_logger(__name__)

FREE_PER_LOGIN = 5  # failures before the account waits
FREE_PER_ADDRESS = 30  # … and before the address does: an office shares one
FIRST_WAIT = timedelta(seconds=30)  # doubles with every further failure
LONGEST_WAIT = timedelta(minutes=15)  # so that nobody can lock a colleague out for a day
FORGOTTEN_AFTER = timedelta(hours=1)  # without a further failure


def sign_in(database: Database, login: str, password: str, *, address: str) -> User:
    """The user with this login and password, with teams; counts the attempt, logs it and notes the time.

    Raises LoginRefused, or LockedOut with the seconds to wait. Opens transactions of its own, since the password is
    checked between them: a hash takes long.
    """
    user = _attempt(database, login, password, address)
    new_hash = hash_password(password) if needs_rehash(user.password_hash) else None
    with database.transaction() as session:
        _give_back(session, user.login, address)
        user = session.get_one(User, user.id, options=[selectinload(User.teams)])
        if new_hash is not None:
            user.password_hash = new_hash
        user.last_login_at = utc_now()
        actor, subject = actor_of(user), f"user:{user.id}"
        record(session, "signed_in", actor=actor, subject=subject, new={"address": address})
    return user


def confirm_password(database: Database, user: User, password: str, *, address: str) -> None:
    """Make sure that who is signed in knows the password; counts like a login.

    Raises LoginRefused (for the field `current`) or LockedOut.
    """
    try:
        _attempt(database, user.login, password, address)
    except LoginRefused:
        raise LoginRefused("current", _l("This is not your password.")) from None
    with database.transaction() as session:
        _give_back(session, user.login, address)


def _attempt(database: Database, login: str, password: str, address: str) -> User:
    login = normal_login(login)
    keys = _keys(login, address)
    _count_attempt(database, keys)
    with database.reading() as session:
        user = session.scalar(select(User).where(User.login == login, User.active))
        session.expunge_all()
    right = verify_password(user.password_hash if user else None, password)
    if user is not None and right:
        return user
    log.warning("people.login_refused", login=login, address=address, known=user is not None)
    if user is not None:
        with database.transaction() as session:
            actor, subject = actor_of(user), f"user:{user.id}"
            record(session, "login_failed", actor=actor, subject=subject, new={"address": address})
    raise LoginRefused(None, _l("Login or password is wrong."))


def _keys(login: str, address: str) -> dict[str, int]:
    """What failures are counted for, and how many are free."""
    return {
        f"login:{login}"[:200]: FREE_PER_LOGIN,
        f"address:{network_of(address)}": FREE_PER_ADDRESS,
    }


def _give_back(session: Session, login: str, address: str) -> None:
    keys = _keys(normal_login(login), address)
    for throttle in session.scalars(select(LoginThrottle).where(LoginThrottle.key.in_(keys))):
        if throttle.key.startswith("login:"):
            session.delete(throttle)
        else:  # an own account must not wash away what the address tried on others
            throttle.failures = max(0, throttle.failures - 1)
            throttle.locked_until = None


def unlock(session: Session, login: str) -> bool:
    """Forget the failures of an account; whether there were any."""
    throttle = session.scalar(
        select(LoginThrottle).where(LoginThrottle.key == f"login:{normal_login(login)}")
    )
    if throttle is not None:
        session.delete(throttle)
    return throttle is not None


def locked_until(session: Session, login: str) -> datetime | None:
    """Until when the account waits, if it does."""
    until = session.scalar(
        select(LoginThrottle.locked_until).where(
            LoginThrottle.key == f"login:{normal_login(login)}"
        )
    )
    return until if until and until > utc_now() else None


def normal_login(login: str) -> str:
    """How logins are kept and compared."""
    return login.strip().casefold()


def _count_attempt(database: Database, keys: dict[str, int]) -> None:
    """Count one more, or raise LockedOut; in one transaction, so that attempts at once cannot slip through."""
    for _try in range(2):
        try:
            with database.transaction() as session:
                for key, free in sorted(keys.items()):
                    _count(session, key, free)
            return
        except IntegrityError:
            continue  # two first attempts at once: the other's row is there now
    raise LockedOut(_l("Too many attempts at once. Try again in a moment."), 1)


def _count(session: Session, key: str, free: int) -> None:
    now = utc_now()
    throttle = session.scalar(
        select(LoginThrottle).where(LoginThrottle.key == key).with_for_update()
    )
    if throttle is None:
        throttle = LoginThrottle(key=key, failures=0, last_at=now)
        session.add(throttle)
    elif throttle.locked_until is not None and throttle.locked_until > now:
        raise _locked_out(throttle.locked_until - now)
    elif now - throttle.last_at > FORGOTTEN_AFTER:
        throttle.failures, throttle.locked_until = 0, None
    throttle.failures += 1
    throttle.last_at = now
    over = throttle.failures - free
    if over >= 0:
        throttle.locked_until = now + min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT)


def _locked_out(wait: timedelta) -> LockedOut:
    seconds = math.ceil(wait.total_seconds())
    return LockedOut(
        _ln(
            "Too many attempts. Try again in %(num)s minute, or ask an administrator.",
            "Too many attempts. Try again in %(num)s minutes, or ask an administrator.",
            math.ceil(seconds / 60),
        ),
        seconds,
    )


def network_of(address: str) -> str:
    """Where an address belongs: itself, or for IPv6 the /64 that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
