"""Two desks with databases, people and web servers of their own, which know each other as vendors."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from desk.application import Desk
from desk.contacts.operations import match_or_create
from desk.people import operations as people
from desk.people import passwords
from desk.people.models import User
from desk.settings import Settings
from desk.tickets.events import request_ticket, say
from desk.tickets.models import Message, Ticket, TrailEntry
from desk.tickets.types import ensure_types
from desk.vendors.models import Transfer, Vendor
from desk.vendors.operations import Choice, pass_on, save_vendor
from engine import delivery, jobs
from engine.actors import SYSTEM, Actor
from engine.jobs import due_queues
from engine.tables import human_task
from lanedesk.app import create_app
from lanedesk.build import build_desk
from tests.desk.web.fixtures import PASSWORD, Browser, quick_hashes  # noqa: F401

SECRET = "the same secret on both of the desks"


class Side:
    """One of the two desks: `agent` works there, `token` is a key of it for the other."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.desk: Desk = build_desk(replace(settings, private_hosts="127.0.0.1"))
        with self.desk.database.transaction() as session:
            ensure_types(session)
            made = [
                people.create_user(
                    session, login=login, name=title, roles=[role], locale="en", actor=SYSTEM,
                    password_hash=passwords.hash_password(PASSWORD), must_change_password=False,
                )
                for login, title, role in (
                    ("agent", f"座席 {name}", "supervisor"),
                    ("admin", "管理员", "administrator"),
                    ("partner", "伙伴", "agent"),
                )
            ]  # fmt: skip
            _, self.token = people.create_token(session, user=made[2], name="partner", actor=SYSTEM)
        self.agent: User = made[0]
        self.actor = Actor("user", self.agent.id, self.agent.name)
        self.app = create_app(self.desk)
        self.server: Any = None
        self.port = 0
        self.vendor_id = 0

    @property
    def url(self) -> str:
        """Where the other desk reaches this one."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Answer, on the same port as before."""
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.server_port
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def shut(self) -> None:
        """Be away."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def knows(self, other: "Side", **changes: Any) -> None:
        """Keep the other desk as a vendor."""
        given = {
            "name": other.name, "key": other.name, "known_as": self.name, "url": other.url,
            "token": other.token, "secret": SECRET, "active": "1", **changes,
        }  # fmt: skip
        with self.desk.database.transaction() as session:
            kept = session.get(Vendor, self.vendor_id) if self.vendor_id else None
            self.vendor_id = save_vendor(session, kept, given, actor=SYSTEM).id

    def work(self) -> None:
        """Do all due jobs, and deliver what was kept."""
        for _round in range(50):
            delivery.deliver_kept(self.desk.engine, self.desk.database)
            with self.desk.reading() as session:
                queues = list(due_queues(session, self.desk.engine.clock()))
            if not queues:
                return
            for queue in queues:
                jobs.work(self.desk.engine, self.desk.database, queue, limit=200)
        raise AssertionError("jobs go on making jobs")

    def ticket(self, **given: Any) -> Ticket:
        """A ticket of a customer of this desk, at work with its agent."""
        values = {"title": "打印机坏了", "text": "卡纸", "contact_id": self.customer(), **given}
        with self.desk.database.transaction() as session:
            made = request_ticket(session, self.desk.engine, actor=self.actor, **values)
        self.do(made, "dispatch", "dispatch", person=self.agent.id)
        self.do(made, "accept", "accept")
        return made

    def customer(self) -> int:
        """The desk's customer."""

        with self.desk.database.transaction() as session:
            found = match_or_create(session, mail="han@acme.cn", phone="13800000000", name="韩梅")
            return found.id

    def do(self, ticket: Ticket, element: str, outcome: str, **values: Any) -> None:
        """Do the open step of a ticket."""
        with self.desk.database.transaction() as session:
            task = session.scalar(
                select(human_task.c.id).where(
                    human_task.c.instance_id == ticket.instance_id,
                    human_task.c.element_id == element,
                    human_task.c.status == "open",
                )
            )
            assert task is not None, f"no open step {element}"
            self.desk.engine.complete(session, task, values, outcome=outcome, actor=self.actor)

    def pass_on(self, ticket: Ticket, **choice: Any) -> Transfer:
        """Ask for the ticket to go to the other desk."""
        with self.desk.database.transaction() as session:
            return pass_on(
                session,
                self.desk.engine,
                session.get_one(Ticket, ticket.id),
                session.get_one(Vendor, self.vendor_id),
                Choice(**choice),
                actor=self.actor,
            )

    def reply(self, ticket: Ticket, text: str) -> None:
        """Answer the customer."""
        with self.desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            say(session, self.desk.engine, kept, kind="reply", author=self.actor, text=text)

    def received(self) -> Ticket:
        """The newest ticket that came from the other desk."""
        with self.desk.reading() as session:
            found = session.scalars(
                select(Ticket).where(Ticket.channel == "vendor").order_by(Ticket.id.desc())
            ).first()
        assert found is not None
        return found

    def now(self, ticket: Ticket) -> Ticket:
        """The ticket as it is now."""
        with self.desk.reading() as session:
            return session.get_one(Ticket, ticket.id)

    def transfers(self) -> list[Transfer]:
        """All transfers, oldest first."""
        with self.desk.reading() as session:
            return list(session.scalars(select(Transfer).order_by(Transfer.id)))

    def trail(self, ticket: Ticket) -> list[tuple[str, str]]:
        """Action and remark of each line of the trail."""
        with self.desk.reading() as session:
            rows = session.execute(
                select(TrailEntry.action, TrailEntry.remark)
                .where(TrailEntry.ticket_id == ticket.id)
                .order_by(TrailEntry.id)
            )
            return [(action, remark) for action, remark in rows]

    def messages(self, ticket: Ticket, kind: str) -> list[str]:
        """The words of one kind on a ticket."""
        with self.desk.reading() as session:
            wanted = select(Message.text).where(
                Message.ticket_id == ticket.id, Message.kind == kind
            )
            return list(session.scalars(wanted.order_by(Message.id)))

    def key_of(self, login: str) -> dict[str, str]:
        """The headers of a program that acts as somebody of this desk."""
        with self.desk.database.transaction() as session:
            user = session.scalars(select(User).where(User.login == login)).one()
            _, secret = people.create_token(session, user=user, name="test", actor=SYSTEM)
        return {"Authorization": f"Bearer {secret}"}

    def browser(self, login: str = "agent") -> Browser:
        """A browser with somebody of this desk signed in."""
        made = Browser(self.app)
        assert made.sign_in(login).status_code == 303
        return made

    def close(self) -> None:
        """Be gone."""
        self.shut()
        self.desk.database.dispose()


@pytest.fixture
def make_side(
    request: pytest.FixtureRequest,
    prepared_library: str,
    database_kind: str,
    tmp_path: Path,
) -> Iterator[Callable[[str], Side]]:
    """`make_side("branch")`: a desk that answers, with the diagrams that ship."""
    made: list[Side] = []

    def make(name: str) -> Side:
        folder = tmp_path / name
        folder.mkdir()
        if database_kind == "postgresql":
            server = request.getfixturevalue("postgresql")
            url = server.copy_database(prepared_library, f"vendor_{name}")
        else:
            shutil.copyfile(prepared_library.removeprefix("sqlite:///"), folder / "desk.db")
            url = f"sqlite:///{folder / 'desk.db'}"
        settings = Settings(
            data_dir=folder, database_url=url, secret_key=f"a secret key of {name}",
            public_url=f"http://{name}.test",
        )  # fmt: skip
        side = Side(name, settings)
        side.open()
        made.append(side)
        return side

    yield make
    for side in made:
        side.close()


@pytest.fixture
def branch(make_side: Callable[[str], Side]) -> Side:
    """The desk that passes tickets on."""
    return make_side("branch")


@pytest.fixture
def hq(make_side: Callable[[str], Side], branch: Side) -> Side:
    """The desk that takes them; each knows the other."""
    made = make_side("hq")
    branch.knows(made)
    made.knows(branch)
    return made
