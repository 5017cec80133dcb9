"""A desk with tickets whose times, ends and answers are known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from desk.contacts.models import Contact
from desk.insight.measures import Setting
from desk.insight.periods import Dates, LastDays
from desk.insight.queries import Figure, Question, figures
from desk.people import queries as people
from desk.people.models import User
from desk.sla.models import SlaClock
from desk.tickets.models import Message, Ticket, TicketState, TrailEntry
from tests.desk.cockpit.conftest import Floor, as_role, desk, floor, line  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 31, 4, 0, tzinfo=UTC)  # noon in Shanghai
ACTOR = {"kind": "user", "id": 1, "name": "Ann"}


class Shop:
    """Tickets as tests want them; `ask` answers as for a person who sees all of them."""

    def __init__(self, floor: Floor, reader: User) -> None:  # noqa: F811
        self.desk, self.floor = floor.desk, floor
        self.count = 0
        self.reader = reader

    def ticket(
        self,
        opened: datetime,
        *,
        answered: timedelta | None = None,
        ended: timedelta | None = None,
        replies: int = 0,
        reopened: timedelta | None = None,
        clock: bool | None = None,
        level: str | None = None,
        process: str = "review",
        **more: Any,
    ) -> int:
        """A ticket; times are after its opening, `reopened` after its end; `clock`: whether its promise was kept."""
        self.count += 1
        instance = more.pop("instance", None) or self.floor.start(process, number="+1")
        with self.desk.database.transaction() as session:
            if level is not None:
                contact = Contact(name="c", level=level)
                session.add(contact)
                session.flush()
                more["contact_id"] = contact.id
            over = ended is not None and reopened is None
            ticket = Ticket(
                number=f"WN-{self.count:06}", title=f"Ticket {self.count}", instance_id=instance,
                created_at=opened, channel=more.pop("channel", "mail"),
                first_response_at=opened + answered if answered is not None else None,
                ended_at=opened + ended if over and ended is not None else None,
                state=TicketState.ENDED if over else TicketState.PROCESSING, **more,
            )  # fmt: skip
            session.add(ticket)
            session.flush()
            for number in range(replies):
                at = opened + timedelta(minutes=number)
                session.add(
                    Message(
                        ticket_id=ticket.id,
                        kind="reply",
                        channel="mail",
                        author=ACTOR,
                        created_at=at,
                    )
                )
            if ended is not None:
                self._trail(session, ticket.id, "ended", opened + ended)
            if ended is not None and reopened is not None:
                self._trail(session, ticket.id, "reopened", opened + ended + reopened)
            if clock is not None:
                at = opened + timedelta(hours=1)
                met = {"met_at": at} if clock else {"breached_at": at}
                session.add(
                    SlaClock(ticket_id=ticket.id, kind="resolution", target_seconds=3600, **met)
                )
            return ticket.id

    def change(self, ticket_id: int, **values: Any) -> None:
        """Set fields of a ticket."""
        with self.desk.database.transaction() as session:
            session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))

    def setting(self, session: Any) -> Setting:
        """What measures are told."""
        return Setting(session, NOW, 7)

    def ask(
        self, measure: str, by: str | None = None, days: int | Dates = 31, **filters: Any
    ) -> list[Figure]:
        """The answer for somebody who sees all; `filters` are fields."""
        return self.ask_as(self.reader.login, measure, by, days, **filters)

    def ask_as(
        self,
        login: str,
        measure: str,
        by: str | None = None,
        days: int | Dates = 31,
        **filters: Any,
    ) -> list[Figure]:
        """The answer for a person."""
        with self.desk.reading() as session:
            user = people.user_by_login(session, login)
            assert user is not None
            period = LastDays(days) if isinstance(days, int) else days
            asked = Question(measure, by, period, filters)
            return figures(self.setting(session), user, asked, SHANGHAI)

    @staticmethod
    def _trail(session: Any, ticket_id: int, action: str, at: datetime) -> None:
        session.add(TrailEntry(ticket_id=ticket_id, at=at, actor=ACTOR, action=action))
        session.flush()


@pytest.fixture
def shop(floor: Floor, make_user: Callable[..., User]) -> Shop:  # noqa: F811
    """The desk's tickets."""
    return Shop(floor, make_user("reader", roles=["auditor"]))
