"""Working calendars as the desk keeps them: weekly hours, days that are otherwise, and whose shifts count too."""

from datetime import date

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from engine.tables import Json


class Calendar(Record):
    """When people work [000 §2.9]. Diagrams name it by its key: `business duration("PT4H", "hotline")`.

    `week` holds seven texts, Monday first, such as "09:00-12:00,13:00-18:00"; an empty one is a free day.
    `public` names the country whose public holidays and make-up days count, None for none.
    `team_id` adds the shifts in the rota of that team's people.
    """

    __tablename__ = "working_calendar"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    week: Mapped[list[str]] = mapped_column(Json)
    public: Mapped[str | None] = mapped_column(
        String(8)
    )  # a key of desk.calendars.public.COUNTRIES
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)  # raised by every change
    days: Mapped[list["CalendarDay"]] = relationship(
        back_populates="calendar", order_by="CalendarDay.day", cascade="all, delete-orphan"
    )


class CalendarDay(Record):
    """A day of a calendar that is not as its week says: a holiday (no hours) or a make-up day (with hours)."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("calendar_id", "day"),)

    calendar_id: Mapped[int] = mapped_column(ForeignKey("working_calendar.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    hours: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(120), default="")
    calendar: Mapped[Calendar] = relationship(back_populates="days")
