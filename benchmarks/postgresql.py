"""Empty PostgreSQL databases for benchmarks: on the server of DATABASE_URL, else on a throw-away one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.fixtures.postgresql import PostgresqlServer


@contextmanager
def empty_databases() -> Iterator[Callable[[str], str]]:
    """A function that makes an empty database of a name and gives its address; all are dropped in the end.

    With DATABASE_URL the databases are made beside the one it names, which is itself left alone.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given:
        with _beside(given) as create:
            yield create
        return
    server = PostgresqlServer()
    try:
        yield server.create_database
    finally:
        server.stop()


@contextmanager
def _beside(address: str) -> Iterator[Callable[[str], str]]:
    url = make_url(address)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise SystemExit("DATABASE_URL must name a PostgreSQL server, or be left out")
    plain = url.set(drivername="postgresql")
    made: list[str] = []

    def run(statement: str, name: str) -> None:
        with psycopg.connect(
            plain.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def create(name: str) -> str:
        unique = f"lanedesk_benchmark_{name}_{os.getpid()}"
        run("CREATE DATABASE {}", unique)
        made.append(unique)
        return plain.set(database=unique).render_as_string(hide_password=False)

    try:
        yield create
    finally:
        for name in made:
            run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
