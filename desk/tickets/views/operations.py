"""What can be done with views of tickets: save, close, delete, restore [000 §5.1.5]."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from desk.audit.actions import declare
from desk.audit.operations import record
from desk.people.models import Team, User
from desk.people.permissions import ROLES, can, candidates_of
from desk.rules.conditions import ConditionRefused
from desk.rules.rule import Condition
from desk.tickets.queries import SORTS
from desk.tickets.views.conditions import Asking
from desk.tickets.views.grouping import groupings
from desk.tickets.views.models import Standing, TicketView, TicketViewShare
from engine.actors import Actor
from engine.operators import Text

EVERYBODY: Final = "everybody"
SHARE: Final = "ticket_view.share"
LONGEST_NAME: Final = 80
MOST_OWN: Final = 100  # views of one person
_AFTER_SHIPPED: Final = 100  # the position of views that people made

declare(
    {
        "ticket_view_saved": Text("Saved a view of tickets", "保存了工单视图"),
        "ticket_view_standing": Text("Opened, closed or deleted a view of tickets", "启用、关闭或删除了工单视图"),
    }
)  # fmt: skip


class ViewRefused(ValueError):
    """A view cannot be so; `problems` has the words by the name of the entry."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__(", ".join(f"{name}: {words.en}" for name, words in problems.items()))
        self.problems = problems


@dataclass(frozen=True)
class Draft:
    """A view as it was filled in. `shares`: who sees it but its owner, EVERYBODY, `team:3`, `role:agent`, `user:7`."""

    name: str = ""
    name_en: str = ""
    note: str = ""
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    type: str = ""
    columns: tuple[str, ...] = ()
    group_by: str = ""
    sort: str = "-created"
    category: str = ""
    shares: tuple[str, ...] = ()


def may_change(user: User, view: TicketView) -> bool:
    """Their owner; who may share views, those that others see, too."""
    return (view.owner_id == user.id and not view.shares) or can(user, SHARE) and bool(view.shares)


def save(
    session: Session, view: TicketView | None, draft: Draft, *, asking: Asking, user: User, actor: Actor
) -> TicketView:
    """Make a view of the user's, or change one. Raises ViewRefused.

    Side effects: the row, its shares, a line in the log where others see it.
    """
    problems = _problems(session, view, draft, asking, user)
    if problems:
        raise ViewRefused(problems)
    if view is None:
        view = TicketView(owner_id=user.id, position=_AFTER_SHIPPED)
        session.add(view)
    old = _said(view) if view.id else None
    view.name = {"zh": draft.name, "en": draft.name_en or draft.name}
    view.note, view.type, view.columns = draft.note, draft.type or None, list(draft.columns)
    view.all_of, view.any_of = kept(draft.all), kept(draft.any)
    view.group_by, view.sort, view.category = draft.group_by or None, draft.sort, draft.category
    there = {share.candidate: share for share in view.shares}
    view.shares = [there.get(one) or TicketViewShare(candidate=one) for one in dict.fromkeys(draft.shares)]
    session.flush()
    if old is None or _said(view) != old:
        record(
            session, "ticket_view_saved", actor=actor, subject=f"ticket_view:{view.id}", old=old, new=_said(view)
        )
    return view


def stand(session: Session, view: TicketView, standing: Standing, *, actor: Actor) -> None:
    """List a view, close it or delete it. Side effects: the row, a line in the log."""
    if view.standing == standing:
        return
    old, view.standing = view.standing, standing
    session.flush()
    record(
        session, "ticket_view_standing", actor=actor, subject=f"ticket_view:{view.id}",
        old={"standing": old}, new={"standing": str(standing), "name": view.name},
    )  # fmt: skip


def kept(conditions: Iterable[Condition]) -> list[dict[str, object]]:
    """Conditions as a view keeps them."""
    return [{"field": c.field, "operator": c.operator, "values": list(c.values)} for c in conditions]


def _said(view: TicketView) -> dict[str, Any]:
    names = ("name", "note", "all_of", "any_of", "type", "columns", "group_by", "sort", "category")
    return {
        **{name: getattr(view, name) for name in names},
        "shares": sorted(share.candidate for share in view.shares),
    }


def _problems(
    session: Session, view: TicketView | None, draft: Draft, asking: Asking, user: User
) -> dict[str, Text]:
    found: dict[str, Text] = {}
    if not draft.name:
        found["name"] = Text("A view needs a name.", "请填写名称。")
    elif len(draft.name) > LONGEST_NAME or len(draft.name_en) > LONGEST_NAME:
        found["name"] = Text("A name has at most 80 characters.", "名称最多 80 个字。")
    elif _taken(session, view, draft, user):
        found["name"] = Text(
            "Somebody who sees this view sees another one with this name.", "可见范围内已有同名的视图。"
        )
    for group, conditions in (("all", draft.all), ("any", draft.any)):
        for number, condition in enumerate(conditions, 1):
            try:
                asking.clause(condition)
            except ConditionRefused as refused:
                found[f"{group}-{number}"] = refused.words
    if draft.group_by and draft.group_by not in groupings(session):
        found["group_by"] = Text("Tickets cannot be grouped by that.", "不能按该字段分组。")
    if draft.sort.removeprefix("-") not in SORTS and not draft.sort.startswith(("f.", "-f.")):
        found["sort"] = Text("Tickets cannot be sorted by that.", "不能按该字段排序。")
    if unknown := _unknown(session, draft.shares):
        found["shares"] = Text(f"There is nobody called {unknown}.", f"没有“{unknown}”。")
    elif draft.shares and not can(user, SHARE):
        found["shares"] = Text("You may keep views for yourself only.", "您只能保存自己可见的视图。")
    if view is None and _own_count(session, user) >= MOST_OWN:
        found["name"] = Text("You have 100 views already: delete one first.", "您已有 100 个视图，请先删除一个。")
    return found


def _own_count(session: Session, user: User) -> int:
    wanted = select(TicketView.id).where(
        TicketView.owner_id == user.id, TicketView.standing != Standing.DELETED
    )
    return len(session.scalars(wanted).all())


def _taken(session: Session, view: TicketView | None, draft: Draft, user: User) -> bool:
    """Whether one of those who see this view sees another of the same name."""
    wanted = draft.shares
    of = TicketViewShare.candidate
    shared = select(TicketViewShare.view_id)
    theirs = shared if EVERYBODY in wanted else shared.where(of.in_((EVERYBODY, *wanted)))
    mine = shared.where(of.in_((EVERYBODY, *candidates_of(user))))
    others = session.scalars(
        select(TicketView).where(
            TicketView.standing != Standing.DELETED,
            TicketView.id != (view.id if view else 0),
            or_(TicketView.owner_id == user.id, TicketView.id.in_(mine), TicketView.id.in_(theirs)),
        )
    )
    names = {name.casefold() for name in (draft.name, draft.name_en) if name}
    return any(names & {name.casefold() for name in other.name.values()} for other in others)


def _unknown(session: Session, shares: Iterable[str]) -> str | None:
    for share in shares:
        kind, _, key = share.partition(":")
        if share == EVERYBODY or (kind == "role" and key in ROLES):
            continue
        record_of: Any = {"team": Team, "user": User}.get(kind)
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None
        if record_of is None or number is None or session.get(record_of, number) is None:
            return share
    return None


def by_id(session: Session, number: int) -> TicketView | None:
    """A view with those who see it."""
    return session.get(TicketView, number, options=[selectinload(TicketView.shares)])
