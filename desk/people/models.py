"""People who work at the desk: users, their teams, their roles."""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class Team(Record):
    """A group of people that tickets can be dispatched to."""

    __tablename__ = "team"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    # Whether tickets that reach the team are given to its people by the assignment diagram.
    automatic: Mapped[bool] = mapped_column(Boolean, default=False)
    # Who leads it [000 §2.10.2]: reminders and escalations "to the team lead" reach this person.
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    members: Mapped[list["User"]] = relationship(
        secondary="team_member", back_populates="teams", order_by="User.name"
    )


class User(Record):
    """Somebody who can sign in. `roles` are keys of desk.people.permissions.ROLES."""

    __tablename__ = "user_account"

    login: Mapped[str] = mapped_column(String(120), unique=True)  # kept in lower case
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    roles: Mapped[list[str]] = mapped_column(Json, default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    state: Mapped[str] = mapped_column(String(16), default="available")  # see desk.people.states
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    theme: Mapped[str] = mapped_column(String(8), default="system")  # light | dark | system
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    session_epoch: Mapped[int] = mapped_column(Integer, default=0)  # raised: all sessions end
    # Sessions that were signed out before their time: id -> when they began, in seconds since 1970.
    ended_sessions: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    teams: Mapped[list[Team]] = relationship(
        secondary="team_member", back_populates="members", order_by="Team.name"
    )


class TeamMember(Record):
    """Who belongs to which team."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )


class AgentState(Record):
    """A state that people may choose beside the factory ones [000 §5.2.4], e.g. training; see desk.people.states."""

    __tablename__ = "agent_state"

    key: Mapped[str] = mapped_column(String(16), unique=True)
    name_en: Mapped[str] = mapped_column(String(60))
    name_zh: Mapped[str] = mapped_column(String(60))
    takes_work: Mapped[bool] = mapped_column(Boolean, default=False)  # 可接单
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class AgentWork(Record):
    """How somebody takes work: how much at once, when, from where. Its row is what an assignment locks."""

    __tablename__ = "agent_work"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), unique=True
    )
    capacity: Mapped[int | None] = mapped_column(Integer)  # open tickets at once; None: no limit
    share: Mapped[int] = mapped_column(Integer, default=1)  # weight when tickets go by percentage
    on_rota: Mapped[bool] = mapped_column(Boolean, default=False)  # takes work in shifts only
    latitude: Mapped[float | None] = mapped_column(Float)  # degrees, WGS 84
    longitude: Mapped[float | None] = mapped_column(Float)
    last_assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned: Mapped[int] = mapped_column(Integer, default=0)  # tickets that were ever given


class Skill(Record):
    """Something that tickets need and people know: a language, a product, a device."""

    __tablename__ = "skill"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class UserSkill(Record):
    """How well somebody knows it: 0 lowest to 9 highest [004 §4.15.4.1]."""

    __tablename__ = "user_skill"
    __table_args__ = (UniqueConstraint("user_id", "skill_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id", ondelete="CASCADE"), index=True)
    level: Mapped[int] = mapped_column(Integer, default=5)
    skill: Mapped[Skill] = relationship()


class Shift(Record):
    """Hours that the rota gives to people, e.g. "night" 22:00-06:00 [000 §2.10.4]."""

    __tablename__ = "shift"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    hours: Mapped[str] = mapped_column(String(200))  # as desk.calendars.models.Calendar.week
    zone: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class RotaEntry(Record):
    """Somebody works a shift that begins on a day."""

    __tablename__ = "rota_entry"
    __table_args__ = (UniqueConstraint("user_id", "day", "shift_id"), Index(None, "day"))

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id", ondelete="CASCADE"), index=True)
    shift: Mapped[Shift] = relationship()


class Absence(Record):
    """Somebody is away from a moment to another (outside): leave, illness."""

    __tablename__ = "absence"
    __table_args__ = (Index(None, "user_id", "end"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Record):
    """A key for programs, acting as a user; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()


class LoginThrottle(Record):
    """Failed logins of one account name or one address, whether that account exists or not."""

    __tablename__ = "login_throttle"

    key: Mapped[str] = mapped_column(String(200), unique=True)  # "login:…" | "address:…"
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
