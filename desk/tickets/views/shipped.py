"""The views that come with the desk: they may be changed, closed and deleted, and be brought back as they were."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.rules.rule import Condition
from desk.tickets.models import TicketState
from desk.tickets.queries import OPEN_STATES
from desk.tickets.views.models import Standing, TicketView, TicketViewShare
from desk.tickets.views.operations import EVERYBODY, kept
from engine.operators import Text

# Categories that the desk knows in both languages; others are the words of whoever made them.
CATEGORIES: Final[Mapping[str, Text]] = {
    "open": Text("Not finished", "未完成"),
    "done": Text("Finished", "处理完成"),
}
_OPEN: Final = Condition("ticket.state", "is", tuple(map(str, OPEN_STATES)))


@dataclass(frozen=True)
class Shipped:
    """A view for everybody."""

    name: Text
    all: tuple[Condition, ...]
    any: tuple[Condition, ...] = ()
    sort: str = "-created"
    category: str = "open"


SHIPPED: Final[Mapping[str, Shipped]] = {
    "mine": Shipped(
        Text("My open tickets", "我的未完成工单"),
        (_OPEN, Condition("ticket.assignee_id", "is", ("me",))),
        sort="deadline",
    ),
    "awaiting": Shipped(
        Text("Waiting for our reply", "待回应工单"),
        (_OPEN, Condition("ticket.awaits_reply", "is", ("true",))),
        sort="updated",
    ),
    "unassigned": Shipped(
        Text("With nobody", "未分配工单"), (_OPEN, Condition("ticket.assignee_id", "empty")), sort="created"
    ),
    "late": Shipped(
        Text("Too late", "超时工单"),
        (_OPEN,),
        (Condition("ticket.overdue_at", "filled"), Condition("ticket.sla_late", "is", ("true",))),
        sort="deadline",
    ),
    "open": Shipped(Text("All open tickets", "全部未完成工单"), (_OPEN,)),
    "created": Shipped(
        Text("Opened by me", "我创建的工单"),
        (_OPEN, Condition("ticket.creator_id", "is", ("me",))),
    ),
    "ended": Shipped(
        Text("Ended in the last 7 days", "近 7 天已结束工单"),
        (
            Condition("ticket.state", "is", (str(TicketState.ENDED),)),
            Condition("ticket.ended_at", "younger", ("168",)),
        ),
        sort="-processed",
        category="done",
    ),
}  # fmt: skip


def ensure_views(session: Session) -> None:
    """Make those that were never there; what somebody has changed or deleted stays so."""
    there = set(session.scalars(select(TicketView.key).where(TicketView.key.is_not(None))))
    for key in SHIPPED:
        if key not in there:
            view = TicketView(key=key, shares=[TicketViewShare(candidate=EVERYBODY)])
            set_as_shipped(view)
            session.add(view)
    session.flush()


def set_as_shipped(view: TicketView) -> None:
    """Give a view that has come with the desk the name, conditions and looks it came with. Who sees it stays."""
    assert view.key is not None
    shipped = SHIPPED[view.key]
    view.name = {"zh": shipped.name.zh, "en": shipped.name.en}
    view.note, view.type, view.columns, view.group_by = "", None, [], None
    view.all_of, view.any_of = kept(shipped.all), kept(shipped.any)
    view.sort, view.category = shipped.sort, shipped.category
    view.position = list(SHIPPED).index(view.key)
    view.standing = Standing.OPEN
