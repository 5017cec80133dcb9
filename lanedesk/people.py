"""People, from the command line: for the first administrator, and for whoever is locked out."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from desk.application import Desk
from desk.people import operations, queries
from desk.people.errors import PeopleError
from desk.people.models import Team, User
from desk.people.passwords import generate_password, hash_password
from engine.actors import SYSTEM


class CannotDo(Exception):
    """`str()` says why, in one line."""


def add(
    desk: Desk,
    login: str,
    *,
    name: str,
    email: str | None,
    roles: Iterable[str],
    teams: Iterable[str],
) -> str:
    """Add a person; the words to print, with the first password. Raises CannotDo."""
    password = generate_password()
    hashed = hash_password(password)
    try:
        with desk.database.transaction() as session:
            operations.create_user(
                session,
                login=login,
                name=name,
                email=email,
                password_hash=hashed,
                roles=roles,
                teams=[_team(session, team) for team in teams],
                locale=desk.settings.locale,
                actor=SYSTEM,
            )
    except PeopleError as error:
        raise CannotDo(f"{error.field}: {error}") from error
    return f"{login} can sign in with the password {password} and has to change it then"


def new_password(desk: Desk, login: str) -> str:
    """Give a new first password; the words to print. Ends the person's sessions and any lock-out. Raises CannotDo."""
    password = generate_password()
    hashed = hash_password(password)
    with desk.database.transaction() as session:
        user = queries.user_by_login(session, login)
        if user is None:
            raise CannotDo(f"nobody has the login {login}")
        operations.reset_password(session, user, password_hash=hashed, actor=SYSTEM)
    return f"{login} can sign in with the password {password} and has to change it then"


def listing(desk: Desk) -> str:
    """All people, one a line: login, name, roles, teams, and whether the account is closed."""
    with desk.database.reading() as session:
        people = session.scalars(
            select(User).options(selectinload(User.teams)).order_by(User.login)
        ).all()
        return "\n".join(_line(user) for user in people)


def _line(user: User) -> str:
    parts = [
        user.login,
        user.name,
        ",".join(user.roles),
        ",".join(team.name for team in user.teams) or "-",
    ]
    return "\t".join(parts if user.active else [*parts, "closed"])


def _team(session: Session, name: str) -> Team:
    team = queries.team_by_name(session, name)
    if team is None:
        known = session.scalars(select(Team.name).order_by(Team.name)).all()
        raise CannotDo(f"there is no team {name}; there are: {', '.join(known) or 'none'}")
    return team
