"""What can be done with dashboards: make, copy, change, share, delete, have mailed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.actions import declare
from desk.audit.erasure import delete_after_commit
from desk.audit.operations import record
from desk.insight.models import Dashboard, DashboardReport, DashboardShare
from desk.insight.periods import LONGEST_DAYS
from desk.insight.queries import CannotAsk
from desk.insight.shipped import SHIPPED
from desk.insight.tiles import MOST_TILES, Tile
from desk.people.models import Team, User
from desk.people.permissions import ROLES
from desk.storage import Storage
from desk.tickets.relations.refusal import Refused
from engine.actors import Actor
from engine.operators import OperatorError, Text

LONGEST_NAME = 80
SUBSCRIBED, UNSUBSCRIBED = "insight.subscribed", "insight.unsubscribed"


@dataclass(frozen=True)
class Cycle:
    """When a dashboard is mailed: words, and a cron expression in the desk's zone."""

    title: Text
    cron: str


CYCLES = {
    "daily": Cycle(Text("Every day at 8:00", "每天 8:00"), "0 8 * * *"),
    "workdays": Cycle(Text("Monday to Friday at 8:00", "周一至周五 8:00"), "0 8 * * MON-FRI"),
    "weekly": Cycle(Text("Mondays at 8:00", "每周一 8:00"), "0 8 * * MON"),
    "monthly": Cycle(Text("On the first of the month at 8:00", "每月 1 日 8:00"), "0 8 1 * *"),
}

declare(
    {
        "dashboard_created": Text("Made a dashboard", "新建了仪表板"),
        "dashboard_changed": Text("Changed a dashboard", "修改了仪表板"),
        "dashboard_deleted": Text("Deleted a dashboard", "删除了仪表板"),
    }
)


class DashboardRefused(Refused):
    """A dashboard cannot be so."""


class DashboardOutdated(OperatorError):
    """Somebody else has changed it in the meantime; `words` say so."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Somebody has changed this dashboard meanwhile: look at it again.",
                "他人刚刚修改了此仪表板，请刷新后再试。",
            )
        )


def create(
    session: Session,
    *,
    name: Mapping[str, str],
    owner: User | None,
    actor: Actor,
    days: int = 30,
    tiles: Sequence[Tile] = (),
    shares: Sequence[str] = (),
) -> Dashboard:
    """A dashboard, of nobody where `owner` is None. Raises DashboardRefused.

    Side effects: rows, an entry in the log.
    """
    made = Dashboard(
        name=_name(name),
        owner_id=owner.id if owner else None,
        days=_days(days),
        tiles=_tiles(tiles),
        shares=[DashboardShare(candidate=one) for one in _shares(session, shares)],
    )
    session.add(made)
    session.flush()
    record(
        session,
        "dashboard_created",
        actor=actor,
        subject=f"dashboard:{made.id}",
        new={"name": made.name},
    )
    return made


def change(
    session: Session,
    found: Dashboard,
    *,
    seen: int,
    actor: Actor,
    name: Mapping[str, str] | None = None,
    days: int | None = None,
    tiles: Sequence[Tile] | None = None,
    shares: Sequence[str] | None = None,
) -> None:
    """Change what is given. `seen` is the revision that the person has looked at.

    Side effects: the row, its shares, an entry in the log with what became different. Raises DashboardRefused,
    DashboardOutdated.
    """
    session.refresh(found, with_for_update={"of": Dashboard})
    if found.revision != seen:
        raise DashboardOutdated
    before = _said(found)
    if name is not None:
        found.name = _name(name)
    if days is not None:
        found.days = _days(days)
    if tiles is not None:
        found.tiles = _tiles(tiles)
    if shares is not None:
        _share(session, found, shares)
    after = _said(found)
    different = {key for key in after if after[key] != before[key]}
    if not different:
        return
    found.revision += 1
    session.flush()
    record(
        session, "dashboard_changed", actor=actor, subject=f"dashboard:{found.id}",
        old={key: before[key] for key in different}, new={key: after[key] for key in different},
    )  # fmt: skip


def delete(session: Session, storage: Storage, found: Dashboard, *, actor: Actor) -> None:
    """Take it away. Side effects: the rows and the pages that were mailed go, an entry in the log."""
    record(
        session, "dashboard_deleted", actor=actor, subject=f"dashboard:{found.id}", old=_said(found)
    )
    orders = session.scalars(
        select(DashboardReport).where(DashboardReport.dashboard_id == found.id)
    ).all()
    session.delete(found)
    session.flush()
    _forget_pages(session, storage, [order.page for order in orders])


def subscribe(
    session: Session, desk: Desk, found: Dashboard, *, user: User, cycle: str, actor: Actor
) -> DashboardReport:
    """Have a dashboard mailed to a person at the times of a key of CYCLES; another cycle takes the place of theirs.

    Side effects: a row; the message insight.subscribed starts the flow that mails. Raises DashboardRefused.
    """
    if cycle not in CYCLES:
        raise DashboardRefused("There is no such time.", "没有这种发送时间。", "cycle")
    if not user.email:
        raise DashboardRefused(
            "You have no mail address yet: ask an administrator to enter it.",
            "您还没有邮箱，请联系管理员填写。",
            "cycle",
        )
    unsubscribe(session, desk, found, user=user, actor=actor)
    made = DashboardReport(dashboard_id=found.id, user_id=user.id, cycle=CYCLES[cycle].cron)
    session.add(made)
    session.flush()
    payload = {"report_id": made.id, "report": f"report:{made.id}", "cycle": made.cycle}
    if not desk.engine.message(session, SUBSCRIBED, payload, actor=actor).started:
        raise DashboardRefused(
            "No flow waits for that: deploy insight-report.",
            "没有对应的流程，请先发布 insight-report。",
            "cycle",
        )
    return made


def unsubscribe(
    session: Session, desk: Desk, found: Dashboard, *, user: User, actor: Actor
) -> None:
    """Mail it no more. Side effects: the row and the page that was mailed last go; the message insight.unsubscribed
    ends the flow.
    """
    order = report_of(session, found, user)
    if order is None:
        return
    key = f"report:{order.id}"
    desk.engine.message(
        session, UNSUBSCRIBED, {"report_id": order.id}, actor=actor, correlation=key
    )
    drop_order(session, desk.storage, order)


def keep_page(session: Session, storage: Storage, report_id: int, page: str) -> None:
    """Note what was made for an order, under its key of the storage. Side effect: the page made before goes."""
    order = session.get(DashboardReport, report_id)
    before: str | None = page  # the order went meanwhile
    if order is not None:
        before, order.page = order.page, page
        session.flush()
    _forget_pages(session, storage, [before])


def drop_order(session: Session, storage: Storage, order: DashboardReport) -> None:
    """What nobody can get any more. Side effects: the row and the page that was mailed last go."""
    session.delete(order)
    session.flush()
    _forget_pages(session, storage, [order.page])


def report_of(session: Session, found: Dashboard, user: User) -> DashboardReport | None:
    """How a person gets the dashboard by mail; None: not at all."""
    return session.scalars(
        select(DashboardReport).where(
            DashboardReport.dashboard_id == found.id, DashboardReport.user_id == user.id
        )
    ).one_or_none()


def ensure_dashboards(session: Session, *, actor: Actor) -> None:
    """Make the dashboards that ship, for everybody; where there is any, nothing is done."""
    if session.scalar(select(Dashboard.id).limit(1)) is not None:
        return
    for one in SHIPPED:
        create(
            session, name={"en": one.name.en, "zh": one.name.zh}, owner=None, actor=actor, days=one.days,
            tiles=one.tiles, shares=[f"role:{key}" for key in ROLES],
        )  # fmt: skip


def tiles_of(found: Dashboard) -> list[Tile]:
    """Its tiles."""
    return [Tile.from_json(one) for one in found.tiles]


# ----------------------------------------------------------------------------------------------------------------------


def _forget_pages(session: Session, storage: Storage, pages: Iterable[str | None]) -> None:
    """Delete the files, once it holds, that no other order has: the same figures make the same file."""
    gone = {page for page in pages if page}
    kept = session.scalars(select(DashboardReport.page).where(DashboardReport.page.in_(gone)))
    delete_after_commit(session, storage, sorted(gone - set(kept)))


def _name(name: Mapping[str, str]) -> dict[str, str]:
    kept = {key: " ".join(name.get(key, "").split()) for key in ("zh", "en")}
    if not all(kept.values()):
        raise DashboardRefused("A dashboard needs a name.", "请填写仪表板名称。", "name")
    if any(len(text) > LONGEST_NAME for text in kept.values()):
        raise DashboardRefused(
            f"A name has {LONGEST_NAME} characters at most.",
            f"名称最多 {LONGEST_NAME} 个字符。",
            "name",
        )
    return kept


def _days(days: int) -> int:
    if not 1 <= days <= LONGEST_DAYS:
        raise DashboardRefused(
            f"A period has 1 to {LONGEST_DAYS} days.", f"期间为 1 至 {LONGEST_DAYS} 天。", "days"
        )
    return days


def _tiles(tiles: Sequence[Tile]) -> list[dict[str, object]]:
    if len(tiles) > MOST_TILES:
        raise DashboardRefused(
            f"A dashboard has {MOST_TILES} tiles at most.",
            f"仪表板最多 {MOST_TILES} 个图块。",
            "tiles",
        )
    try:
        for tile in tiles:
            tile.check()
    except CannotAsk as error:
        raise DashboardRefused(
            f"That is no tile: {error}", f"图块无效：{error}", "tiles"
        ) from error
    return [tile.as_json() for tile in tiles]


def _shares(session: Session, shares: Sequence[str]) -> list[str]:
    kept = list(dict.fromkeys(shares))
    for one in kept:
        kind, _, key = one.partition(":")
        known = key in ROLES if kind == "role" else _is_team(session, kind, key)
        if not known:
            raise DashboardRefused(
                f"There is no team or role {one}.", f"没有团队或角色 {one}。", "shares"
            )
    return kept


def _is_team(session: Session, kind: str, key: str) -> bool:
    number = key.isdecimal() and len(key) < 19
    return kind == "team" and number and session.get(Team, int(key)) is not None


def _share(session: Session, found: Dashboard, shares: Sequence[str]) -> None:
    wanted = _shares(session, shares)
    found.shares = [one for one in found.shares if one.candidate in wanted]
    known = {one.candidate for one in found.shares}
    found.shares += [DashboardShare(candidate=one) for one in wanted if one not in known]


def _said(found: Dashboard) -> dict[str, object]:
    return {
        "name": dict(found.name), "days": found.days, "tiles": list(found.tiles),
        "shares": sorted(one.candidate for one in found.shares),
    }  # fmt: skip
