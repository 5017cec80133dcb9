"""Connections that are kept between transactions: never one that failed, closed when they shall be."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from engine.database import Database
from engine.tables import awaited_event


def driver(session: Session) -> object:
    return session.connection().connection.driver_connection


def test_the_next_transaction_has_the_connection_of_the_last_and_nothing_of_its_session(
    database: Database,
) -> None:
    with database.transaction() as first:
        used = driver(first)
        first.execute(insert(awaited_event).values(name="a"))
        first.info["left"] = True
    with database.transaction() as second:
        assert driver(second) is used
        assert second.scalars(select(awaited_event.c.name)).all() == ["a"]
        assert "left" not in second.info


def test_a_question_within_a_transaction_has_a_connection_of_its_own(database: Database) -> None:
    with database.transaction() as session, database.reading() as question:
        assert driver(question) is not driver(session)
        session.execute(insert(awaited_event).values(name="a"))
        assert question.scalars(select(awaited_event.c.name)).all() == []


def test_a_transaction_that_failed_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.execute(insert(awaited_event).values(name="lost"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction() as session:
        assert session.scalars(select(awaited_event.c.name)).all() == []


def test_after_its_connection_has_died_the_next_transaction_has_another(
    database: Database,
) -> None:
    def lose() -> None:
        with database.transaction() as session:
            driver(session).close()  # type: ignore[attr-defined]
            session.execute(text("SELECT 1"))

    with pytest.raises(Exception, match="closed"):
        lose()
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_disposing_closes_what_was_kept(database: Database) -> None:
    with database.transaction() as session:
        used = driver(session)
    database.dispose()
    with pytest.raises(Exception, match="closed"):
        used.execute("SELECT 1")  # type: ignore[attr-defined]
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1
