"""The fixtures give every test an empty database of its own."""

from sqlalchemy import func, select

from desk.people.models import Team
from engine.database import Database


def _add_team(database: Database) -> int:
    with database.transaction() as session:
        session.add(Team(name="一线"))
        session.flush()
        return session.scalar(select(func.count(Team.id))) or 0


def test_a_first_test_finds_no_rows(database: Database) -> None:
    assert _add_team(database) == 1


def test_a_second_test_finds_none_of_the_first(database: Database) -> None:
    assert _add_team(database) == 1
