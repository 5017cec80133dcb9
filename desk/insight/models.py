"""Dashboards that people keep, with whom they are shared, and to whom they are mailed."""

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from desk.people.models import User
from engine.tables import Json


class Dashboard(Record):
    """Tiles in their order, over the last `days` days. One without an owner has come with the desk."""

    __tablename__ = "dashboard"

    name: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    days: Mapped[int] = mapped_column(Integer, default=30)
    tiles: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)  # desk.insight.tiles
    revision: Mapped[int] = mapped_column(Integer, default=1)  # changes count it up
    owner: Mapped[User | None] = relationship()
    shares: Mapped[list["DashboardShare"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="DashboardShare.id"
    )


class DashboardShare(Record):
    """Who else sees a dashboard: `team:3` or `role:agent`, as desk.people.permissions.candidates_of names them."""

    __tablename__ = "dashboard_share"
    __table_args__ = (UniqueConstraint("dashboard_id", "candidate"),)

    dashboard_id: Mapped[int] = mapped_column(ForeignKey("dashboard.id", ondelete="CASCADE"))
    candidate: Mapped[str] = mapped_column(String(64), index=True)


class DashboardReport(Record):
    """Somebody gets a dashboard by mail. `cycle` is a cron expression of five fields, in the desk's zone; the flow
    insight-report waits for its times, with the correlation key `report:<id>`."""

    __tablename__ = "dashboard_report"
    __table_args__ = (UniqueConstraint("dashboard_id", "user_id"),)

    dashboard_id: Mapped[int] = mapped_column(ForeignKey("dashboard.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    cycle: Mapped[str] = mapped_column(String(64))
    page: Mapped[str | None] = mapped_column(String(80))  # of the storage: what was mailed last
