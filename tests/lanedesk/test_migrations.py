"""The revisions lead to the very tables that the code describes, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url, text

from engine.database import Database, DatabaseUnreachable
from lanedesk.migrating import at_head, upgrade
from lanedesk.models import metadata


@pytest.fixture
def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, database_kind: str
) -> Iterator[Database]:
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("migrated")
    else:
        url = f"sqlite:///{tmp_path / 'migrated.db'}"
    database = Database(url)
    yield database
    database.dispose()


def test_revisions_and_models_are_the_same(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    assert difference == [], "write a revision: alembic revision --autogenerate -m '…'"


def test_a_second_upgrade_changes_nothing(empty_database: Database) -> None:
    assert not at_head(empty_database)
    before, after = upgrade(empty_database)
    assert before is None
    assert upgrade(empty_database) == (after, after)
    assert at_head(empty_database)


def test_two_processes_may_upgrade_at_once(empty_database: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(
                upgrade,
                [empty_database, Database(empty_database.engine.url.render_as_string(False))],
            )
        )
    assert sorted(before is None for before, _ in results) == [False, True]


def test_a_database_that_may_only_be_read_is_said_in_one_line(empty_database: Database) -> None:
    address = empty_database.engine.url
    if empty_database.is_sqlite:
        empty_database.check()
        allowed = f"sqlite:///file:{address.database}?mode=ro&uri=true"
    else:
        with empty_database.transaction() as session:
            session.execute(text("CREATE ROLE reader LOGIN"))
            session.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        allowed = make_url(str(address)).set(username="reader").render_as_string(False)
    reader = Database(allowed)
    with pytest.raises(DatabaseUnreachable, match=r"its tables cannot be made: .*(readonly|denied)") as said:
        upgrade(reader)
    reader.dispose()
    assert "\n" not in str(said.value)
    if not empty_database.is_sqlite:
        with empty_database.transaction() as session:
            session.execute(text("DROP ROLE reader"))
