"""A desk with the shipped diagrams and the default form link, and a customer with a phone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from desk.application import Desk
from desk.people import operations as people
from desk.people.models import User
from desk.portal.operations import ensure_form_link
from desk.portal.tracking import tracking_token
from desk.tickets.models import Message, Ticket
from engine.actors import SYSTEM, Actor

PNG = bytes.fromhex("89504e470d0a1a0a") + b"\0" * 64
FILLED = {
    "name": "王芳",
    "mail": "wangfang@example.com",
    "phone": "138 0013 8000",
    "kind": "fault",
    "title": "打印机坏了",
    "text": "三楼的打印机一直卡纸。\n请尽快处理。",
}


@pytest.fixture
def app(desk: Desk, library: None, app: Flask) -> Flask:
    """The web application, with the default form link."""
    with desk.database.transaction() as session:
        ensure_form_link(session, actor=SYSTEM)
    return app


@dataclass
class Customer:
    """Somebody with a browser and no account. `language` is what the browser asks for."""

    client: FlaskClient
    language: str = "zh-CN"

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers={"Accept-Language": self.language}, **options)

    def key(self, path: str) -> str:
        """The hidden key of a page."""
        return hidden(self.get(path).text, "__key")

    def post(self, path: str, values: Mapping[str, Any], **headers: str) -> TestResponse:
        return self.client.post(
            path,
            data=dict(values),
            headers={"Accept-Language": self.language, **headers},
            content_type="multipart/form-data",
        )

    def submit(self, values: Mapping[str, Any] = FILLED, path: str = "/f/request") -> TestResponse:
        """Open the form, fill it in, send it."""
        return self.post(path, {**values, "__key": self.key(path)})

    def request(self, **changes: Any) -> str:
        """Have a ticket: the path of its tracking page."""
        answer = self.submit({**FILLED, **changes})
        assert answer.status_code == 303, answer.text
        return answer.location.removesuffix("/received")

    def write(self, path: str, text: str, **more: Any) -> TestResponse:
        """Add a word on a tracking page."""
        return self.post(path, {"act": "write", "text": text, "__key": self.key(path), **more})

    def rate(self, path: str, rating: Any, comment: str = "") -> TestResponse:
        """Rate on a tracking page."""
        values = {"act": "rate", "rating": rating, "comment": comment, "__key": self.key(path)}
        return self.post(path, values)


@pytest.fixture
def customer(app: Flask) -> Customer:
    return Customer(app.test_client(use_cookies=False))


@pytest.fixture
def english(app: Flask) -> Customer:
    return Customer(app.test_client(use_cookies=False), "en-GB")


@dataclass
class Office:
    """The people of the desk, doing their steps through the engine."""

    desk: Desk
    agent: User
    team_id: int
    settle: Callable[[], None]

    @property
    def actor(self) -> Actor:
        return Actor("user", self.agent.id, self.agent.name)

    def ticket(self) -> Ticket:
        """The newest ticket."""
        with self.desk.reading() as session:
            return session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()

    def tickets(self) -> int:
        with self.desk.reading() as session:
            return len(session.scalars(select(Ticket.id)).all())

    def messages(self) -> list[Message]:
        """What customers said, oldest first."""
        said = select(Message).where(Message.kind == "customer").order_by(Message.id)
        with self.desk.reading() as session:
            return list(session.scalars(said))

    def tracking(self) -> str:
        """The path of the newest ticket's tracking page."""
        return f"/t/{tracking_token(self.desk.settings, self.ticket().id)}"

    def do(self, outcome: str, **values: Any) -> None:
        """Complete the open step of the newest ticket."""
        with self.desk.database.transaction() as session:
            task_id: UUID = self.desk.engine.open_tasks(session, self.ticket().instance_id)[0]
            self.desk.engine.complete(session, task_id, values, outcome=outcome, actor=self.actor)
        self.settle()

    def say(self, kind: str, text: str) -> None:
        """Reply or leave a note."""
        from desk.tickets.events import say

        with self.desk.database.transaction() as session:
            ticket = session.get_one(Ticket, self.ticket().id)
            say(session, self.desk.engine, ticket, kind=kind, author=self.actor, text=text)  # type: ignore[arg-type]
        self.settle()

    def finish(self, solution: str = "已更换搓纸轮。") -> None:
        """Dispatch, accept, finish."""
        self.do("dispatch", person=self.agent.id)
        self.do("accept")
        self.do("finish", solution=solution)


@pytest.fixture
def office(desk: Desk, app: Flask, settle: Callable[[], None]) -> Office:
    with desk.database.transaction() as session:
        agent = people.create_user(
            session,
            login="liming",
            name="李明",
            password_hash="-",
            roles=["agent"],
            locale="zh_CN",
            actor=SYSTEM,
        )
        team = people.create_team(session, name="一线支持", members=[agent], actor=SYSTEM)
    return Office(desk, agent, team.id, settle)


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return unescape(found[1])


def picture(name: str = "照片.png", size: int = 0) -> tuple[BytesIO, str]:
    """An upload that is a PNG."""
    return BytesIO(PNG + b"\0" * size), name
