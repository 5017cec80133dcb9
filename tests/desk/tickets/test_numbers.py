"""No number is given twice, and none is left out, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest

from desk.tickets.numbers import next_number
from engine.database import Database

from .conftest import NOW

ZONE = ZoneInfo("Asia/Shanghai")


def test_many_at_once(database: Database) -> None:
    def ask(_number: int) -> str:
        with database.transaction() as session:
            return next_number(session, now=NOW, zone=ZONE)

    with ThreadPoolExecutor(8) as pool:
        given = sorted(pool.map(ask, range(40)))
    assert given == [f"WN-20260504-{n:06d}" for n in range(1, 41)]


def test_a_transaction_that_fails_gives_its_number_back(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            assert next_number(session, now=NOW, zone=ZONE).endswith("-000001")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.transaction() as session:
        assert next_number(session, now=NOW, zone=ZONE).endswith("-000001")
