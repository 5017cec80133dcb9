"""A view as the list of tickets shows it: in groups, each with its count and its first tickets."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from desk.tickets.queries import TicketFilter, TicketRow, list_tickets
from desk.tickets.views.grouping import condition, groups

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
    found = []
    for number, (raw, name, count) in enumerate(groups(session, wanted, by)):
        rows: tuple[TicketRow, ...] = ()
        if number < SHOWN_GROUPS and (its := condition(by, raw)) is not None:
            of_group = replace(wanted, conditions=(*wanted.conditions, its))
            page = list_tickets(session, of_group, sort=sort, ascending=ascending, limit=OF_GROUP)
            rows = page.rows
        found.append(Group(name, count, href(raw), rows))
    return found
