"""What can be done with people, teams and keys for programs.

Every function takes the caller's write session and the actor, and leaves a line in the people's log. Passwords come in
as hashes (desk.people.passwords): hashing is slow and must not happen while the database is locked.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.people import login as logins
from desk.people.access import SESSION_LIFETIME, hash_of_token
from desk.people.errors import PeopleError
from desk.people.log import record
from desk.people.models import ApiToken, Team, User
from desk.people.permissions import ROLES
from desk.people.states import all_states
from desk.people.work import tell_unavailable
from engine.actors import Actor
from engine.timestamps import utc_now

LOGIN = re.compile(r"[\w.@+-]{2,120}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+")
PHONE = re.compile(r"[0-9+()\-\s.]{3,40}")
THEMES = ("light", "dark", "system")
LOCALES = ("zh_CN", "en")
TOKEN_PREFIX = "ldk_"  # noqa: S105 - so that scanners recognise a leaked key


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    password_hash: str,
    actor: Actor,
    roles: Iterable[str] = ("agent",),
    email: str | None = None,
    phone: str | None = None,
    locale: str = "zh_CN",
    teams: Iterable[Team] = (),
    must_change_password: bool = True,
) -> User:
    """Add a person who can sign in. Raises PeopleError naming the field: login taken, name empty, unknown role.

    The password is a first one: it must be changed at the first login, unless told otherwise.
    """
    login = logins.normal_login(login)
    if not LOGIN.fullmatch(login):
        raise PeopleError("login", _l("Use letters, digits and . _ - + @ only, at least two."))
    if session.scalar(select(User.id).where(User.login == login)) is not None:
        raise PeopleError("login", _l("Somebody has this login already."))
    user = User(
        login=login,
        password_hash=password_hash,
        must_change_password=must_change_password,
        name=_name(name),
        email=_email(email),
        phone=_phone(phone),
        roles=_roles(roles),
        locale=_one_of("locale", locale, LOCALES),
        teams=list(teams),
        active=True,
        state="available",
        theme="system",
        session_epoch=0,
    )
    session.add(user)
    session.flush()
    record(
        session,
        "user_created",
        actor=actor,
        subject=f"user:{user.id}",
        new={"login": login, "name": user.name, "roles": user.roles},
    )
    for team in user.teams:
        _log_member(session, "member_added", team, user, actor)
    return user


def change_user(
    session: Session, user: User, *, name: str, email: str | None, phone: str | None, actor: Actor
) -> None:
    """Change how a person is called and reached. Raises PeopleError naming the field."""
    _change(
        session,
        user,
        {"name": _name(name), "email": _email(email), "phone": _phone(phone)},
        "user_changed",
        actor,
    )


def change_roles(session: Session, user: User, *, roles: Iterable[str], actor: Actor) -> None:
    """Give exactly these roles; they count from the person's next page on.

    Raises PeopleError if nobody would be left who may administer, or a role is unknown.
    """
    new = _roles(roles)
    if "administrator" in user.roles and "administrator" not in new:
        _keep_an_administrator(session, user, "roles")
    _change(session, user, {"roles": new}, "roles_changed", actor)


def deactivate_user(session: Session, user: User, *, actor: Actor) -> None:
    """Close the account: all sessions and keys for programs stop working at once.

    Open tickets stay assigned until the diagram that hears of it gives them to others (desk.people.work). Raises
    PeopleError for the last administrator.
    """
    if not user.active:
        return
    if "administrator" in user.roles:
        _keep_an_administrator(session, user, None)
    user.active = False
    user.session_epoch += 1
    record(session, "user_deactivated", actor=actor, subject=f"user:{user.id}")
    tell_unavailable(session, user, "left", actor=actor)


def activate_user(session: Session, user: User, *, actor: Actor) -> None:
    """Open a closed account again, with its old password and roles."""
    if user.active:
        return
    user.active = True
    record(session, "user_activated", actor=actor, subject=f"user:{user.id}")


def unlock_user(session: Session, user: User, *, actor: Actor) -> None:
    """Let the person try to sign in again at once after too many failures."""
    if logins.unlock(session, user.login):
        record(session, "user_unlocked", actor=actor, subject=f"user:{user.id}")


def reset_password(session: Session, user: User, *, password_hash: str, actor: Actor) -> None:
    """Give a new first password, to be changed at the next login. Ends all sessions and any lock-out."""
    user.password_hash = password_hash
    user.must_change_password = True
    user.session_epoch += 1
    logins.unlock(session, user.login)
    record(session, "password_reset", actor=actor, subject=f"user:{user.id}")


def change_own_password(session: Session, user: User, *, password_hash: str, actor: Actor) -> None:
    """Set the password the person chose. Ends all sessions; the page that did it begins a new one."""
    user.password_hash = password_hash
    user.must_change_password = False
    user.session_epoch += 1
    record(session, "password_changed", actor=actor, subject=f"user:{user.id}")


def end_sessions(session: Session, user: User, *, actor: Actor) -> None:
    """Sign the person out everywhere."""
    user.session_epoch += 1
    record(session, "sessions_ended", actor=actor, subject=f"user:{user.id}")


def sign_out(session: Session, user: User, *, session_id: str, since: int, actor: Actor) -> None:
    """Sign the person out of one browser: whoever has a copy of its cookie is nobody from now on.

    `since`: when that session began, in seconds since 1970. `user` must be locked: two browsers may end at once.
    """
    oldest = int((utc_now() - SESSION_LIFETIME).timestamp())  # what is older ended by itself
    remembered = {key: began for key, began in user.ended_sessions.items() if began >= oldest}
    user.ended_sessions = {**remembered, session_id: since}
    record(session, "signed_out", actor=actor, subject=f"user:{user.id}")


def change_preferences(
    session: Session,
    user: User,
    *,
    state: str | None = None,
    locale: str | None = None,
    theme: str | None = None,
) -> None:
    """Change what only concerns the person themselves; None leaves it. Not logged. Raises PeopleError."""
    if state is not None:
        user.state = _one_of("state", state, [known.key for known in all_states(session)])
    if locale is not None:
        user.locale = _one_of("locale", locale, LOCALES)
    if theme is not None:
        user.theme = _one_of("theme", theme, THEMES)


def create_team(session: Session, *, name: str, actor: Actor, members: Iterable[User] = ()) -> Team:
    """Add a team. Raises PeopleError if the name is empty or taken."""
    team = Team(name=_team_name(session, name, None), members=list(members), active=True)
    session.add(team)
    session.flush()
    record(session, "team_created", actor=actor, subject=f"team:{team.id}", new={"name": team.name})
    for member in team.members:
        _log_member(session, "member_added", team, member, actor)
    return team


def change_team(session: Session, team: Team, *, name: str, active: bool, actor: Actor) -> None:
    """Rename a team, or close it: tickets cannot be dispatched to a closed one, its tickets stay.

    Raises PeopleError if the name is empty or taken.
    """
    new = {"name": _team_name(session, name, team), "active": active}
    old = {key: getattr(team, key) for key in new}
    if new == old:
        return
    team.name, team.active = str(new["name"]), active
    record(session, "team_changed", actor=actor, subject=f"team:{team.id}", old=old, new=new)


def set_members(session: Session, team: Team, *, members: Iterable[User], actor: Actor) -> None:
    """Make exactly these people the team's members."""
    wanted = {user.id: user for user in members}
    for user in [user for user in team.members if user.id not in wanted]:
        remove_member(session, team, user, actor=actor)
    for user in wanted.values():
        add_member(session, team, user, actor=actor)


def set_teams(session: Session, user: User, *, teams: Iterable[Team], actor: Actor) -> None:
    """Make the person a member of exactly these teams."""
    wanted = {team.id: team for team in teams}
    for team in [team for team in user.teams if team.id not in wanted]:
        remove_member(session, team, user, actor=actor)
    for team in wanted.values():
        add_member(session, team, user, actor=actor)


def add_member(session: Session, team: Team, user: User, *, actor: Actor) -> None:
    """Put somebody into a team; nothing happens if they are in it."""
    if user not in team.members:
        team.members.append(user)
        _log_member(session, "member_added", team, user, actor)


def remove_member(session: Session, team: Team, user: User, *, actor: Actor) -> None:
    """Take somebody out of a team; what was dispatched to them personally stays with them."""
    if user in team.members:
        team.members.remove(user)
        _log_member(session, "member_removed", team, user, actor)


def create_token(
    session: Session, *, user: User, name: str, actor: Actor, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A key with which programs act as the user. The second value is the key itself: shown once, kept nowhere.

    Raises PeopleError for an empty name or a time that has passed.
    """
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise PeopleError("name", _l("Say what the key is for, in up to 120 characters."))
    if expires_at is not None and expires_at <= utc_now():
        raise PeopleError("expires_at", _l("This time has passed already."))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id, name=name, sha256=hash_of_token(secret), expires_at=expires_at
    )
    session.add(token)
    session.flush()
    record(
        session,
        "token_created",
        actor=actor,
        subject=f"user:{user.id}",
        new={"token": token.id, "name": name},
    )
    return token, secret


def revoke_token(session: Session, token: ApiToken, *, actor: Actor) -> None:
    """Make a key useless, at once and for good."""
    if token.revoked_at is not None:
        return
    token.revoked_at = utc_now()
    record(
        session,
        "token_revoked",
        actor=actor,
        subject=f"user:{token.user_id}",
        old={"token": token.id, "name": token.name},
    )


def _change(
    session: Session, user: User, values: dict[str, object], action: str, actor: Actor
) -> None:
    changed = {key: value for key, value in values.items() if getattr(user, key) != value}
    if not changed:
        return
    old = {key: getattr(user, key) for key in changed}
    for key, value in changed.items():
        setattr(user, key, value)
    record(session, action, actor=actor, subject=f"user:{user.id}", old=old, new=changed)


def _log_member(session: Session, action: str, team: Team, user: User, actor: Actor) -> None:
    record(
        session,
        action,
        actor=actor,
        subject=f"team:{team.id}",
        new={"user": user.id, "name": user.name},
    )


def _keep_an_administrator(session: Session, leaving: User, field: str | None) -> None:
    """Raise if nobody else is one. All open accounts are locked, always in the same order, so that two
    administrators cannot remove each other at the same time, nor wait for each other."""
    accounts = session.scalars(
        select(User)
        .where(User.active)
        .order_by(User.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not any("administrator" in user.roles for user in accounts if user.id != leaving.id):
        raise PeopleError(
            field, _l("This is the last administrator. Make somebody else one first.")
        )


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise PeopleError("name", _l("Write a name of up to 120 characters."))
    return name


def _email(email: str | None) -> str | None:
    email = (email or "").strip()
    if not email:
        return None
    if len(email) > 254 or not MAIL.fullmatch(email):
        raise PeopleError("email", _l("This is not an e-mail address. Example: name@example.com"))
    return email


def _phone(phone: str | None) -> str | None:
    phone = (phone or "").strip()
    if not phone:
        return None
    if not PHONE.fullmatch(phone):
        raise PeopleError("phone", _l("This is not a phone number. Example: +86 138 0013 8000"))
    return phone


def _roles(roles: Iterable[str]) -> list[str]:
    wanted = set(roles)
    if unknown := wanted - ROLES.keys():
        raise PeopleError("roles", _l("There is no role “%(role)s”.", role=sorted(unknown)[0]))
    return [key for key in ROLES if key in wanted]


def _one_of(field: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise PeopleError(field, _l("Please choose one of the offered values."))
    return value


def _team_name(session: Session, name: str, team: Team | None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise PeopleError("name", _l("Write a name of up to 120 characters."))
    taken = session.scalar(select(Team.id).where(Team.name == name))
    if taken is not None and (team is None or taken != team.id):
        raise PeopleError("name", _l("There is a team with this name already."))
    return name
