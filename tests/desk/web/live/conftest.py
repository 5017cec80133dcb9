"""A reader of live events that ends with its test."""

from collections.abc import Iterator

import pytest

from desk.application import Desk
from desk.web.live.reading import Reader


@pytest.fixture
def reader(desk: Desk) -> Iterator[Reader]:
    """Without Redis: it looks every second."""
    reader = Reader(desk.database, None)
    yield reader
    reader.stop()
