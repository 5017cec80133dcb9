"""What can be done with notices: tell people of the desk, read them, and keep the list of targets outside."""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from desk.audit import actions
from desk.notices.models import Notice, Target
from desk.people.log import record
from desk.people.models import Team, User
from desk.people.permissions import candidates_of
from desk.tickets.models import Ticket
from desk.tickets.records import handler, opener
from engine.actors import Actor
from engine.operators import Text
from engine.timestamps import utc_now

KEPT_FOR_EACH = 500  # notices of one person; older ones go
METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


actions.declare({"target_saved": Text("Saved an external target", "保存外部目标")})


class TargetRefused(Exception):
    """A target cannot be kept as it was given; `field` and `words` say why."""

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(words.en)
        self.field, self.words = field, words


def notify(
    session: Session,
    live: Any,
    to: Iterable[str | None],
    text: Mapping[str, str],
    *,
    href: str = "",
    but: str | None = None,
) -> list[int]:
    """Put a line into the bell of people, teams and roles (`user:7`, `team:3`, `role:supervisor`); who was told.

    `but` is told nothing: nobody is told of their own doing. Side effects: a notice each; their open pages ring.
    """
    references = [r for r in dict.fromkeys(to) if r and r != but]
    people = [user for user in people_of(session, references) if f"user:{user.id}" != but]
    now = utc_now()
    session.add_all(
        Notice(user_id=user.id, text=dict(text), href=href[:400], at=now) for user in people
    )
    for reference in references:
        live.publish(session, reference, "notice", {"href": href, "text": dict(text)})
    return [user.id for user in people]


def addressed(to: Any, ticket: Ticket | None) -> list[str]:
    """References of what a diagram names, in a list or with commas. `handler`, `team`, `creator` are the ticket's."""
    names = [str(part) for part in to] if isinstance(to, list) else str(to).split(",")
    found = (_meant(name.strip(), ticket) for name in names)
    return list(dict.fromkeys(reference for reference in found if reference))


def _meant(name: str, ticket: Ticket | None) -> str | None:
    if ticket is None:
        return name
    if name == "handler":
        return handler(ticket)
    if name == "team":
        return f"team:{ticket.team_id}" if ticket.team_id is not None else None
    if name == "creator":
        return opener(ticket)
    return name


def people_of(session: Session, references: Iterable[str]) -> list[User]:
    """Whoever is meant by `user:7`, `team:3`, `role:supervisor`, once each and only with an open account."""
    found: dict[int, User] = {}
    for reference in references:
        kind, _, rest = reference.partition(":")
        if kind == "user" and rest.isdigit():
            user = session.get(User, int(rest))
            members = [user] if user else []
        elif kind == "team" and rest.isdigit():
            team = session.get(Team, int(rest))
            members = list(team.members) if team else []
        elif kind == "role":
            everybody = session.scalars(select(User).where(User.active))
            members = [user for user in everybody if reference in candidates_of(user)]
        else:
            members = []
        found |= {user.id: user for user in members if user.active}
    return list(found.values())


def notices_of(
    session: Session, user_id: int, *, before: int | None = None, limit: int = 50
) -> list[Notice]:
    """Somebody's notices, newest first."""
    wanted = select(Notice).where(Notice.user_id == user_id)
    if before is not None:
        wanted = wanted.where(Notice.id < before)
    return list(session.scalars(wanted.order_by(Notice.id.desc()).limit(limit)))


def unread(session: Session, user_id: int) -> int:
    """How many notices somebody has not read."""
    return session.scalar(
        select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    ) or 0  # fmt: skip


def mark_read(session: Session, user_id: int, notice_id: int | None = None) -> None:
    """One notice, or all of them, have been read."""
    wanted = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    if notice_id is not None:
        wanted = wanted.where(Notice.id == notice_id)
    session.execute(wanted.values(read_at=utc_now()))


def prune(session: Session, user_id: int) -> None:
    """Let go of the oldest notices past KEPT_FOR_EACH."""
    last = session.scalar(
        select(Notice.id)
        .where(Notice.user_id == user_id)
        .order_by(Notice.id.desc())
        .offset(KEPT_FOR_EACH)
        .limit(1)
    )
    if last is not None:
        session.execute(delete(Notice).where(Notice.user_id == user_id, Notice.id <= last))


def save_target(
    session: Session, target: Target | None, given: Mapping[str, str], *, actor: Actor
) -> Target:
    """Make or change a target. An empty password keeps the one there is. Raises TargetRefused.

    Side effect: a line in the people's log, without the password.
    """
    title, key, url = (given.get(name, "").strip() for name in ("title", "key", "url"))
    if not title:
        raise TargetRefused("title", Text("Give the target a title.", "请填写标题。"))
    if not _KEY.fullmatch(key):
        raise TargetRefused(
            "key",
            Text(
                "Use small letters, digits and hyphens (not first or last), at most 64 of them.",
                "只能使用小写字母、数字和连字符（不能在首尾），最多 64 个字符。",
            ),
        )
    taken = session.scalars(select(Target).where(Target.key == key)).first()
    if taken is not None and taken is not target:
        raise TargetRefused(
            "key", Text("There is a target with this key already.", "该标识已被使用。")
        )
    if not _is_web_address(url):
        raise TargetRefused(
            "url",
            Text(
                "A web address begins with https:// or http://.",
                "网址须以 https:// 或 http:// 开头。",
            ),
        )
    method = given.get("method", "POST")
    if target is None:
        target = Target(secret=secrets.token_hex(24))
        session.add(target)
    target.title, target.key, target.url = title[:200], key, url[:1000]
    target.method = method if method in METHODS else "POST"
    target.answer = "json" if given.get("answer") == "json" else "any"
    target.login = given.get("login", "").strip() or None
    if given.get("password"):
        target.password = given["password"]
    elif target.login is None:
        target.password = None
    target.body = given.get("body", "")
    target.active = given.get("active") == "1"
    session.flush()
    record(
        session, "target_saved", actor=actor, subject=actor.reference,
        new={"key": key, "url": url, "active": target.active},
    )  # fmt: skip
    return target


def _is_web_address(url: str) -> bool:
    """Whether it names a host to call, and nobody's password."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.username
        )
    except ValueError:  # "http://[", a port above 65535
        return False
