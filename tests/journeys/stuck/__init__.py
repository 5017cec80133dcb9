"""A ticket that gets stuck: its mail has no words, because a variable was left empty."""

from pathlib import Path
from uuid import UUID

from desk.settings import Settings
from desk.tickets.operations import receive_message
from engine.actors import Actor
from lanedesk.build import build_desk
from tests.fixtures.running import RunningDesk

FOLDER = Path(__file__).parent
MAIL = "hanmei@example.com"
TITLE = "热水器不出热水"
CUSTOMER = "韩梅"
PAUSE = "师傅今天停工"


def deploy(running: RunningDesk) -> None:
    """Deploy the process of visits on the running desk, as an implementer does."""
    done = running.command("deploy", str(FOLDER))
    assert done.returncode == 0, done.stdout + done.stderr


def arrive(running: RunningDesk, *, visit_time: str = "", title: str = TITLE) -> UUID:
    """A customer asks for a visit; the ticket's instance."""
    desk = build_desk(Settings.from_environment(running.environment))
    customer = Actor("contact", None, CUSTOMER)
    with desk.database.transaction() as session:
        message = receive_message(
            session, kind="customer", channel="form", author=customer, subject=title,
            text="昨晚开始不出热水，麻烦安排师傅上门。", sender_mail=MAIL,
        )  # fmt: skip
        session.flush()
        data = {"message_id": message.id, "visit_time": visit_time}
        started: UUID = desk.engine.start(session, "visit", data, actor=customer)
    desk.database.dispose()
    return started
