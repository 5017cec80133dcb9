"""What the cockpit keeps of the history, in a shape that answers at once: passes, their sums, paths, variables.

All of it is worked out from the history (desk.cockpit.projection) and could be thrown away.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from engine.tables import metadata
from engine.timestamps import UtcDateTime


class Projected(DeclarativeBase):
    """A row that is worked out from the history; it has no number and no times of its own."""

    __abstract__ = True
    metadata = metadata


class Pass(Projected):
    """An element or sequence flow that a token has passed.

    `took`: milliseconds from the token's coming to its leaving; of a flow, those of the step that was left by it;
    `bucket` as in desk.cockpit.durations.
    `again`: the instance had passed it before.
    """

    __tablename__ = "pass"
    # Covers every question that is asked of single passes: a million rows are read from it alone.
    __table_args__ = (
        Index(
            "ix_pass_covering",
            "version_id",
            "instance_id",
            "at",
            "element_id",
            "bucket",
            "took",
            "again",
        ),
    )

    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)  # of the history's row
    element_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    version_id: Mapped[UUID] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    took: Mapped[int] = mapped_column(BigInteger)
    bucket: Mapped[int] = mapped_column(SmallInteger)
    again: Mapped[bool] = mapped_column()


class PassSum(Projected):
    """Passes of a day (in the desk's zone) by duration; `bucket` as in desk.cockpit.durations."""

    __tablename__ = "pass_sum"

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # ordinal: date.toordinal()
    element_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    bucket: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    again: Mapped[int] = mapped_column(Integer)
    took: Mapped[int] = mapped_column(BigInteger)  # sum
    longest: Mapped[int] = mapped_column(BigInteger)


class TasksDone(Projected):
    """Tasks that were done in an instance on a day (in the desk's zone): by machines, by people; `at`: the last one."""

    __tablename__ = "tasks_done"
    __table_args__ = (Index(None, "at"),)

    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)  # ordinal: date.toordinal()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    automatic: Mapped[int] = mapped_column(Integer)
    human: Mapped[int] = mapped_column(Integer)


class InstanceVariable(Projected):
    """The newest value of a variable, as text, for filters: simple values of up to 200 characters."""

    __tablename__ = "instance_variable"
    __table_args__ = (Index(None, "name", "value"),)

    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class InstanceLink(Projected):
    """An instance that an event of another one has started."""

    __tablename__ = "instance_link"
    __table_args__ = (Index(None, "child_id"),)

    parent_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)


class PathStep(Projected):
    """A node of the tree of all paths: the element completed after those of `previous` (None: the first).

    The id is made of both (desk.cockpit.projection), so that a path has one id, however many instances took it.
    """

    __tablename__ = "path_step"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    previous_id: Mapped[UUID | None] = mapped_column()
    element_id: Mapped[str] = mapped_column(String(255))


class Deviation(Projected):
    """A row of the history in which a person made an instance leave what is drawn; see DEVIATIONS of the projection."""

    __tablename__ = "deviation"
    __table_args__ = (Index(None, "at"),)

    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(32))


class ProjectedInstance(Projected):
    """Up to which row an instance's history is worked out, and the path of completed elements up to there.

    `took`: milliseconds from its start to its end, whatever that was; None while it runs.
    """

    __tablename__ = "projected_instance"
    __table_args__ = (Index(None, "path_id"),)

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(Integer)
    path_id: Mapped[UUID | None] = mapped_column()
    took: Mapped[int | None] = mapped_column(BigInteger)


class ProjectedUntil(Projected):
    """One row: the time up to which the history was looked through."""

    __tablename__ = "projected_until"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    behind: Mapped[bool] = mapped_column()  # more was there than one round took
