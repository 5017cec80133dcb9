"""Tickets to print, and the whole application to print them from."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache

from desk.application import Desk
from desk.people.access import actor_of
from desk.people.models import User
from engine.actors import Actor
from lanedesk.app import create_app
from printing.press import Press, press
from tests.desk.tickets.conftest import crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    chinese,
    compiled_templates,
    make_team,
    make_user,
    quick_hashes,
)


@pytest.fixture
def app(desk: Desk, compiled_templates: BytecodeCache) -> Flask:  # noqa: F811
    """The application as it is served."""
    made = create_app(desk)
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture(scope="session")
def machine() -> Iterator[Press]:
    """The press of this test process."""
    yield press()
    press().end()


@pytest.fixture
def acting() -> Callable[[User], Actor]:
    """The actor that a person is."""
    return actor_of


def texts(pdf: bytes) -> list[str]:
    """The text of every page, without white space: what a reader finds when searching."""
    import pypdfium2

    document: Any = pypdfium2.PdfDocument(pdf)
    return ["".join(page.get_textpage().get_text_range().split()) for page in document]
