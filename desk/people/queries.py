"""What is asked of people: lists, one by number, who can take work, what was logged."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from desk.audit.models import AuditEntry
from desk.people.models import ApiToken, Team, User
from desk.people.permissions import can


def users(*, search: str = "", active: bool | None = None) -> Select[User]:
    """People with their teams, unordered; `search` looks into login, name, mail and phone."""
    query = select(User).options(selectinload(User.teams))
    if active is not None:
        query = query.where(User.active == active)
    if search.strip():
        pattern = f"%{_escaped(search.strip())}%"
        columns = (User.login, User.name, User.email, User.phone)
        query = query.where(or_(*(column.ilike(pattern, escape="\\") for column in columns)))
    return query


def teams(*, active: bool | None = None) -> Select[Team]:
    """Teams with their members, unordered."""
    query = select(Team).options(selectinload(Team.members))
    return query if active is None else query.where(Team.active == active)


def user_by_id(session: Session, user_id: int) -> User | None:
    """One person with their teams, active or not."""
    return session.get(User, user_id, options=[selectinload(User.teams)])


def user_by_login(session: Session, login: str) -> User | None:
    """One person with their teams, active or not."""
    return session.scalar(users().where(User.login == login.strip().casefold()))


def team_by_id(session: Session, team_id: int) -> Team | None:
    """One team with its members."""
    return session.get(Team, team_id, options=[selectinload(Team.members)])


def team_by_name(session: Session, name: str) -> Team | None:
    """One team with its members."""
    return session.scalar(teams().where(Team.name == name))


def users_by_ids(session: Session, ids: Iterable[int]) -> Sequence[User]:
    """These people, by name; unknown numbers are left out."""
    return session.scalars(users().where(User.id.in_(list(ids))).order_by(User.name, User.id)).all()


def teams_by_ids(session: Session, ids: Iterable[int]) -> Sequence[Team]:
    """These teams, by name; unknown numbers are left out."""
    return session.scalars(teams().where(Team.id.in_(list(ids))).order_by(Team.name)).all()


def active_teams(session: Session) -> Sequence[Team]:
    """The teams that tickets can be dispatched to, by name."""
    return session.scalars(teams(active=True).order_by(Team.name)).all()


def people_who_can(session: Session, permission: str) -> list[User]:
    """Active people who hold a permission, by name."""
    found = session.scalars(users(active=True).order_by(User.name, User.id))
    return [user for user in found if can(user, permission)]


def count_users(session: Session) -> int:
    """How many accounts there are, active or not."""
    return session.scalar(select(func.count(User.id))) or 0


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """A person's keys for programs that were not revoked, newest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id.desc())
    ).all()


def log_of(session: Session, subject: str, *, limit: int = 50) -> Sequence[AuditEntry]:
    """The newest lines about `user:7` or `team:3`."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == subject)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    ).all()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
