"""Fixtures for all tests. LANEDESK_TEST_DATABASE says on which database they run: sqlite (default) or postgresql."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from redis import Redis

from desk.settings import Settings
from engine.database import Database
from lanedesk.models import metadata
from lanedesk.private_redis import PrivateRedis, RedisMissing
from tests.fixtures import chromium
from tests.fixtures.databases import Databases
from tests.fixtures.memory import keep_files_in_memory
from tests.fixtures.missing import missing
from tests.fixtures.postgresql import PostgresqlMissing, PostgresqlServer
from tests.fixtures.process_state import changed, process_state, put_back
from tests.fixtures.smtp import SmtpSink, start_sink

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext

    from desk.application import Desk
    from tests.fixtures.desk_clock import DeskClock
    from tests.fixtures.running import RunningDesk

keep_files_in_memory()
# A machine that does much else at once is no failure, and a run says the same as the run before it.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only tests with a database run."""
    if KIND == "postgresql":
        again = [
            item
            for item in items
            if NEEDS_DATABASE & set(getattr(item, "fixturenames", ()))
            and (not item.get_closest_marker("journey") or item.get_closest_marker("each_database"))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in again])
        items[:] = again


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name every test that was not run, and why."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"NOT RUN: {report.nodeid}: {reason}")


KIND = os.environ.get("LANEDESK_TEST_DATABASE", "sqlite")
NEEDS_DATABASE = {
    "database_kind",
    "database",
}  # fixtures: what asks for one of them depends on the kind of database
SCREENSHOTS = Path(__file__).parent.parent / "var" / "screenshots"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A test leaves the process as it was: no other test can hang on it, in whatever order they run."""
    before = process_state()
    yield
    differences = changed(before, process_state())
    if differences:
        put_back(before)
        pytest.fail(f"left behind: {'; '.join(differences)}", pytrace=False)


@pytest.fixture(scope="session")
def postgresql(worker_id: str) -> Iterator[PostgresqlServer]:
    """A PostgreSQL server of this test process; `create_database(name)` gives an address."""
    try:
        server = PostgresqlServer()
    except PostgresqlMissing as error:
        missing(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """`gw0`, `gw1` … under pytest-xdist, else `main`."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def database_kind() -> str:
    """`sqlite` or `postgresql`. A test that asks for it, or for a database, runs on each of them."""
    return KIND


@pytest.fixture(scope="session")
def prepared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> str:
    """The address of a database with all tables and no rows; on SQLite a file to copy from."""
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("tests")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'prepared.db'}"
    database = Database(url)
    metadata.create_all(database.engine)
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return url


@pytest.fixture(scope="session")
def prepared_library(
    request: pytest.FixtureRequest,
    prepared_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    database_kind: str,
) -> str:
    """The address of a database in which the diagrams that ship are deployed; it takes seconds, so it is done once."""
    from lanedesk.build import build_desk
    from lanedesk.deploying import LIBRARY, bundles, deploy_bundle

    folder = tmp_path_factory.mktemp("library")
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("library")
        database = Database(url)
        metadata.create_all(database.engine)
        database.dispose()
    else:
        url = f"sqlite:///{folder / 'library.db'}"
        shutil.copyfile(prepared_database.removeprefix("sqlite:///"), folder / "library.db")
    desk = build_desk(Settings(data_dir=folder, database_url=url, secret_key="a library"))
    for _name, bundle in bundles([LIBRARY]):
        deploy_bundle(desk, bundle, note="test")
    if desk.database.is_sqlite:
        with desk.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    desk.database.dispose()
    return url


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Databases:
    """Makes the copies that single tests work on."""
    on_server = database_kind == "postgresql"
    server = request.getfixturevalue("postgresql") if on_server else None
    return Databases(tmp_path_factory.mktemp("databases"), server)


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, databases: Databases, prepared_database: str
) -> str:
    """The address of a database of this test alone: all tables, and the rows of `library` where it asks for that."""
    prepared = prepared_database
    if "prepared_library" in request.fixturenames:
        prepared = request.getfixturevalue("prepared_library")
    return databases.copy(prepared, "test")


@pytest.fixture
def database(databases: Databases, database_url: str) -> Iterator[Database]:
    """A Database with all tables and no rows."""
    database = databases.open(database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRedis]:
    """A real Redis of this test process."""
    try:
        server = PrivateRedis(tmp_path_factory.mktemp("redis"))
        server.start()
    except RedisMissing as error:
        missing(str(error))
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: PrivateRedis) -> Iterator[Redis]:
    """A client of an empty Redis."""
    client = Redis.from_url(redis_server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server for what the desk sends; `wait(n)` gives the messages."""
    sink, controller = start_sink()
    yield sink
    controller.stop()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a desk in a temporary folder."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        secret_key="a secret that only tests know",
        public_url="http://desk.test",
    )


# The imports inside what follows keep tests of a single package fast: they need not load the whole desk.


@pytest.fixture(scope="session")
def compiled_templates() -> None:
    """All applications of this process share them."""
    from tests.fixtures.templates import share_compiled_templates

    share_compiled_templates()


@pytest.fixture
def desk(
    settings: Settings,
    database: Database,
    redis_server: PrivateRedis,
    redis: Redis,
    compiled_templates: None,
) -> Iterator["Desk"]:
    """The whole desk, built as in production: engine, operators, storage, Redis; no diagram is deployed."""
    from lanedesk.build import build_desk

    built = build_desk(replace(settings, redis_url=redis_server.url))
    built.database.dispose()
    built.database = database
    client = built.redis
    yield built
    if client is not None:
        client.close()


@pytest.fixture
def library(prepared_library: str, desk: "Desk") -> None:
    """The diagrams that ship with the desk are deployed: `database_url` has seen to it."""


@pytest.fixture
def settle(desk: "Desk") -> Callable[[], None]:
    """Call it to do all jobs that are due, as the workers would; with a limit, so that a loop cannot hang the tests."""
    from engine.jobs import due_queues, work

    def do_jobs() -> None:
        for _round in range(100):
            with desk.database.reading() as session:
                queues = list(due_queues(session, desk.engine.clock()))
            if not queues:
                return
            for queue in queues:
                work(desk.engine, desk.database, queue, limit=1000)
        raise AssertionError("jobs go on making jobs")

    return do_jobs


@pytest.fixture
def app(desk: "Desk") -> Iterator["Flask"]:
    """The web application on the test's desk. It is not built for the test: one that adds views builds its own."""
    from tests.fixtures.applications import application_of

    with application_of(desk) as app:
        yield app


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Headless Chromium of this machine; one a test process."""
    program = chromium.program()
    if program is None:
        missing("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=chromium.FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_context(
    browser: "Browser", running_desk: "RunningDesk"
) -> Iterator[Callable[..., "BrowserContext"]]:
    """`new_context(viewport=…, locale=…)`: a browser of its own (cookies) on the running desk, 10 s of patience."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> "BrowserContext":
        context = browser.new_context(
            **{"base_url": running_desk.url, "locale": "zh-CN", **options}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def desk_mail() -> Iterator[SmtpSink]:
    """Where the running desk's mails arrive; `wait(n, to=…)` gives those to one customer."""
    sink, controller = start_sink()
    yield sink
    controller.stop()


@pytest.fixture(scope="session")
def desk_clock(tmp_path_factory: pytest.TempPathFactory) -> "DeskClock":
    """The running desk's clock; whoever puts it forward does so for all journeys that come after."""
    from tests.fixtures.desk_clock import DeskClock

    return DeskClock(tmp_path_factory.mktemp("clock") / "ahead")


@pytest.fixture(scope="session")
def running_desk(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    database_kind: str,
    desk_mail: SmtpSink,
    desk_clock: "DeskClock",
) -> Iterator["RunningDesk"]:
    """All processes of a desk with demo people and tickets, shared by the journeys of a test process."""
    from tests.fixtures.running import RunningDesk

    more = {"LANEDESK_SMTP_URL": desk_mail.url, **desk_clock.environment}
    if database_kind == "postgresql":
        more["DATABASE_URL"] = request.getfixturevalue("postgresql").create_database("journeys")
    desk = RunningDesk.prepare(tmp_path_factory.mktemp("desk"), **more)
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def screenshots() -> Path:
    """Where pictures of pages are left for people to look at: var/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
