"""A view as the list of tickets shows it: in groups, each with its count and its first tickets."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from desk.insight import dimensions
from desk.tickets.queries import TicketFilter, TicketRow, group_tickets, rows_of
from desk.tickets.views.grouping import named

SHOWN_GROUPS = 12  # with tickets; of those behind them only name and count
OF_GROUP = 10  # tickets of a group; the rest are a click away


@dataclass(frozen=True)
class Group:
    """A group's name, how many tickets it has, the address of all of them, and the first."""

    name: str
    count: int
    href: str
    rows: tuple[TicketRow, ...]

    @property
    def is_cut(self) -> bool:
        """Whether there are more than the rows."""
        return self.count > len(self.rows)


def grouped(
    session: Session,
    wanted: TicketFilter,
    by: str,
    *,
    sort: str,
    ascending: bool,
    href: Callable[[str], str],
) -> list[Group]:
    """The tickets that fit, by a key of desk.tickets.views.grouping. `href` makes a group's address."""
    dimension = dimensions.dimension(by)
    if dimension is None:
        return []
    found = group_tickets(
        session, wanted, dimension.column, sort=sort, ascending=ascending, each=OF_GROUP
    )
    lines = named(session, by, found)
    shown = [one for _raw, _name, one in lines[:SHOWN_GROUPS]]
    rows = rows_of(session, wanted, [number for one in shown for number in one.ids])
    return [
        Group(name, one.count, href(raw), tuple(rows[number] for number in one.ids if number in rows))
        for raw, name, one in lines
    ]
