"""Tickets to print, and the whole application to print them from."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desk.people.access import actor_of
from desk.people.models import User
from engine.actors import Actor
from printing.press import Press, press
from tests.desk.tickets.conftest import crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)


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
