"""Ticket types: what bundles a process, its form, numbers, rights and print layout [000 §5.1.2, §5.1.3].

A ticket is requested by type, and the type's process starts. A type is withdrawn, never deleted:
what runs goes on as it began, nobody can ask for a new one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import ROLES, can
from desk.tickets.models import TicketType
from engine.errors import UnknownProcess
from engine.library import Version
from engine.runtime import Engine

BASIC: Final = "basic"
REQUESTED: Final = "ticket.requested"
_KEY: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_PREFIX: Final = re.compile(r"[A-Z]{1,6}")

Reason = Literal[
    "key", "taken", "name", "process", "prefix", "roles", "priority", "default", "withdrawn"
]


class TypeRefused(ValueError):
    """A type cannot be kept like that. `field` and `reason` say what is wrong."""

    def __init__(self, field: str, reason: Reason) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class TypeUnavailable(Exception):
    """No ticket of this type can be asked for: there is none, it was withdrawn, or not by this person."""

    def __init__(self, key: str, reason: Literal["unknown", "withdrawn", "forbidden"]) -> None:
        super().__init__(f"ticket type {key!r}: {reason}")
        self.key, self.reason = key, reason


@dataclass(frozen=True)
class TypeSettings:
    """What can be set of a type. Role lists are keys of desk.people.permissions.ROLES; empty means all."""

    name: Mapping[str, str]
    process_key: str
    help: Mapping[str, str]
    form_key: str | None = None
    prefix: str = "WN"
    create_roles: Sequence[str] = ()
    read_roles: Sequence[str] = ()
    priority: str = "normal"
    print_layout: str | None = None
    survey: bool = False
    active: bool = True
    asks_fields: bool = False


SHIPPED: Final[dict[str, TypeSettings]] = {
    BASIC: TypeSettings(
        {"zh": "一般工单", "en": "General"},
        "ticket-basic",
        {"zh": "派发、受理、处理、结束。", "en": "Dispatched, accepted, worked on, ended."},
        "request",
    ),
    "incident": TypeSettings(
        {"zh": "事件", "en": "Incident"},
        "ticket-incident",
        {
            "zh": "有东西坏了：先分级，超时自动升级。",
            "en": "Something is broken: graded first, escalated when it takes too long.",
        },
        "incident",
        prefix="INC",
    ),
    "service-request": TypeSettings(
        {"zh": "服务请求", "en": "Service request"},
        "ticket-service-request",
        {
            "zh": "需要审批的申请：主管审批，金额大的再由第二人审批。",
            "en": "Somebody needs something that must be approved, large sums by two people.",
        },
        "service_request",
        prefix="REQ",
    ),
    "on-site": TypeSettings(
        {"zh": "上门任务", "en": "On-site task"},
        "ticket-on-site",
        {
            "zh": "派工程师上门：接收、到达、收费、完成、客户签字。",
            "en": "An engineer goes there: accepts, arrives, collects, completes; the customer signs.",
        },
        "on_site",
        prefix="OS",
    ),
    "complaint": TypeSettings(
        {"zh": "投诉", "en": "Complaint"},
        "ticket-complaint",
        {
            "zh": "受理、调查、方案、回访，可退回到之前任何一步。",
            "en": "Taken up, looked into, settled, asked again; it can go back to any earlier step.",
        },
        "complaint",
        prefix="CP",
        priority="high",
    ),
    "refund": TypeSettings(
        {"zh": "退款", "en": "Refund"},
        "ticket-refund",
        {
            "zh": "核实、按金额审批、打款、告知客户。",
            "en": "Checked, approved by its amount, paid back, and the customer is told.",
        },
        "refund",
        prefix="RF",
    ),
}


def ensure_types(session: Session) -> None:
    """Add the types that ship with the desk and are not there. Those that are there are not changed.

    Where no type is the default one, the basic type is.
    """
    known = set(session.scalars(select(TicketType.key)))
    for position, (key, settings) in enumerate(SHIPPED.items()):
        if key not in known:
            session.add(_kept(TicketType(key=key, position=position), settings))
    session.flush()
    if session.scalar(select(TicketType.id).where(TicketType.is_default)) is None:
        basic = type_by_key(session, BASIC)
        if basic is not None and basic.active:
            make_default(session, basic)


def create_type(session: Session, engine: Engine, key: str, settings: TypeSettings) -> TicketType:
    """A new type. Raises TypeRefused."""
    if not _KEY.fullmatch(key):
        raise TypeRefused("key", "key")
    if type_by_key(session, key) is not None:
        raise TypeRefused("key", "taken")
    _check(session, engine, settings)
    last = session.scalar(select(TicketType.position).order_by(TicketType.position.desc()).limit(1))
    made = _kept(TicketType(key=key, position=(last or 0) + 1), settings)
    session.add(made)
    session.flush()
    return made


def change_type(
    session: Session, engine: Engine, found: TicketType, settings: TypeSettings
) -> TicketType:
    """Change a type, or withdraw it with `active=False`. Tickets that run are not touched.

    Raises TypeRefused, also for the default one that is to be withdrawn: another must be the default before.
    """
    _check(session, engine, settings)
    if found.key == BASIC and settings.prefix != "WN":
        raise TypeRefused("prefix", "prefix")
    if found.is_default and not settings.active:
        raise TypeRefused("active", "default")
    _kept(found, settings)
    session.flush()
    return found


def make_default(session: Session, found: TicketType) -> None:
    """From now on a new ticket begins with this type, instead of the one before. Raises TypeRefused."""
    if not found.active:
        raise TypeRefused("key", "withdrawn")
    before = TicketType.is_default, TicketType.id != found.id
    session.execute(update(TicketType).where(*before).values(is_default=False))
    found.is_default = True
    session.flush()


def order_types(session: Session, keys: Sequence[str]) -> None:
    """Offer the types in this order from now on. Those not named come after them, as they were."""
    wanted = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    for place, found in enumerate(
        sorted(all_types(session), key=lambda kind: wanted.get(kind.key, len(wanted)))
    ):
        found.position = place
    session.flush()


def type_by_key(session: Session, key: str) -> TicketType | None:
    """The type with this key, withdrawn ones too."""
    return session.scalars(select(TicketType).where(TicketType.key == key)).one_or_none()


def type_of_form(session: Session, process_key: str, form_key: str) -> TicketType | None:
    """The type whose requests fill in this form; the first in their order where there are more."""
    return session.scalars(
        select(TicketType)
        .where(
            TicketType.process_key == process_key, TicketType.form_key == form_key, TicketType.active
        )
        .order_by(TicketType.position, TicketType.id)
        .limit(1)
    ).one_or_none()


def prefix_of(session: Session, key: str) -> str:
    """The letters of the numbers of this type's tickets; those of the basic type are always WN."""
    if key == BASIC:
        return "WN"
    found = select(TicketType.prefix).where(TicketType.key == key)
    return session.scalar(found) or "WN"


def all_types(session: Session) -> list[TicketType]:
    """All types in their order, withdrawn ones last."""
    order = (TicketType.active.desc(), TicketType.position, TicketType.id)
    return list(session.scalars(select(TicketType).order_by(*order)))


def open_types(session: Session, user: User) -> list[TicketType]:
    """The types of which this person may open a ticket, in their order."""
    return [found for found in all_types(session) if found.active and may_open(user, found)]


def default_type(session: Session, user: User) -> TicketType | None:
    """The type that a new ticket of this person begins with: the default one, or the first that they may open.

    None where no type is the default one: then it is a general ticket.
    """
    if session.scalar(select(TicketType.id).where(TicketType.is_default)) is None:
        return None
    kinds = open_types(session, user)
    return next((kind for kind in kinds if kind.is_default), kinds[0] if kinds else None)


def may_open(user: User, found: TicketType) -> bool:
    """Whether this person may ask for a ticket of the type."""
    return can(user, "ticket.create") and _holds(user, found.create_roles)


def hidden_types(session: Session, user: User) -> tuple[str, ...]:
    """Keys of the types whose tickets this person may not see; who exports the history reads them there anyway."""
    if can(user, "history.export"):
        return ()
    rows = session.execute(select(TicketType.key, TicketType.read_roles))
    return tuple(key for key, roles in rows if not _holds(user, roles))


def requested_type(session: Session, key: str, user: User | None) -> TicketType:
    """The type that is asked for. Raises TypeUnavailable; `user` None is a program or a customer."""
    found = type_by_key(session, key)
    if found is None:
        raise TypeUnavailable(key, "unknown")
    if not found.active:
        raise TypeUnavailable(key, "withdrawn")
    if user is not None and not may_open(user, found):
        raise TypeUnavailable(key, "forbidden")
    return found


def process_of(session: Session, engine: Engine, found: TicketType) -> tuple[Version, str] | None:
    """The latest version of the type's process and the start event for a request; None: not deployed.

    That is its start event without a trigger, else the one for `ticket.requested`.
    """
    try:
        version = engine.library.latest(session, found.process_key)
    except UnknownProcess:
        return None
    starts = version.program.root.model.starts
    plain = next((s for s in starts if not s.triggers), None)
    asked = next((s for s in starts if s.trigger.name == REQUESTED), None)
    start = plain or asked
    return (version, start.id) if start else None


def form_of_type(session: Session, engine: Engine, found: TicketType) -> dict[str, Any] | None:
    """The form-js schema that a request of this type fills in, as deployed last."""
    started = process_of(session, engine, found)
    if started is None or found.form_key is None:
        return None
    schema: dict[str, Any] | None = engine.library.form(session, started[0], found.form_key)
    return schema


def _holds(user: User, roles: Iterable[str]) -> bool:
    wanted = set(roles)
    return not wanted or bool(wanted & set(user.roles)) or "administrator" in user.roles


def _check(session: Session, engine: Engine, settings: TypeSettings) -> None:
    if not any(text.strip() for text in settings.name.values()):
        raise TypeRefused("name_zh", "name")
    if not _PREFIX.fullmatch(settings.prefix):
        raise TypeRefused("prefix", "prefix")
    if settings.priority not in ("low", "normal", "high", "urgent"):
        raise TypeRefused("priority", "priority")
    if not set(settings.create_roles) | set(settings.read_roles) <= set(ROLES):
        raise TypeRefused("create_roles", "roles")
    try:
        engine.library.latest(session, settings.process_key)
    except UnknownProcess as error:
        raise TypeRefused("process_key", "process") from error


def _kept(found: TicketType, settings: TypeSettings) -> TicketType:
    found.name = {lang: " ".join(text.split())[:120] for lang, text in settings.name.items()}
    found.help = {lang: " ".join(text.split())[:400] for lang, text in settings.help.items()}
    found.process_key, found.form_key = settings.process_key, settings.form_key or None
    found.prefix, found.priority = settings.prefix, settings.priority
    found.create_roles, found.read_roles = list(settings.create_roles), list(settings.read_roles)
    found.print_layout, found.survey = settings.print_layout or None, settings.survey
    found.active, found.asks_fields = settings.active, settings.asks_fields
    return found
