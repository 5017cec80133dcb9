"""What the scheduler lets go of now and then, so that nothing grows for ever."""

from datetime import timedelta

from sqlalchemy import func, select

from desk.application import Desk
from desk.people.models import User
from desk.web.api.models import IdempotencyKey
from engine.timestamps import utc_now
from lanedesk.scheduler import tidy


def test_answers_kept_for_repeated_requests_go_after_a_day(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.add(User(login="api", name="API", password_hash="-", roles=[]))
        session.flush()
        for key, hours in (("old", 25), ("young", 23)):
            session.add(
                IdempotencyKey(
                    key=key, user_id=1, route="/api/v1/tickets", fingerprint="-",
                    created_at=utc_now() - timedelta(hours=hours),
                )
            )  # fmt: skip
    tidy(desk)
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
