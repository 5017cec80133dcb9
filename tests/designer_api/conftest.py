"""The whole application with a deployed process, for the doors' tests."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from desk.application import Desk
from desk.settings import Settings
from engine.actors import SYSTEM
from engine.database import Database
from lanedesk.build import build_desk
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)
from tests.engine.diagrams import diagram, person

BODY = '<startEvent id="s"/><endEvent id="e"/>' + person("a", candidates="team:1") + "s->a a->e"


@pytest.fixture
def desk(settings: Settings, database: Database) -> Desk:
    """A desk with an engine and one deployed process."""
    desk = build_desk(settings)
    desk.database = database
    with desk.database.transaction() as session:
        desk.engine.deploy(session, {"p.bpmn": diagram(BODY)}, actor=SYSTEM, note="first")
    return desk


class Program:
    """A program that acts as a new person with one role."""

    def __init__(self, app: Flask, headers: dict[str, str]) -> None:
        self.client, self.headers = app.test_client(), headers

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, **content: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers, **content)

    def put(self, path: str, **content: Any) -> TestResponse:
        return self.client.put(path, headers=self.headers, **content)

    def patch(self, path: str, **content: Any) -> TestResponse:
        return self.client.patch(path, headers=self.headers, **content)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(path, headers=self.headers)


@pytest.fixture
def program(
    app: Flask, make_user: Callable[..., Any], bearer: Callable[..., Any]  # noqa: F811
) -> Callable[[str], Program]:
    """`program("agent")`."""
    return lambda role: Program(app, bearer(make_user(role, roles=[role])))
