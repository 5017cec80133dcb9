"""A desk with people and a browser without a screen, for the tests of pages and API."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from werkzeug.test import TestResponse

from desk.application import Desk
from desk.people import operations, passwords
from desk.people.models import Team, User
from desk.settings import Settings
from desk.storage import FolderStorage
from desk.translations.build import compile_catalog, read_pieces
from desk.web.application import create_web
from desk.web.live import Live
from engine.actors import SYSTEM
from engine.database import Database

PASSWORD = "a pond full of frogs"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost next to nothing."""
    monkeypatch.setattr(
        passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    passwords._nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def chinese() -> None:
    """The Chinese texts, compiled."""
    compile_catalog(read_pieces())


@pytest.fixture
def desk(settings: Settings, database: Database) -> Desk:
    """A desk without an engine and without Redis."""
    return Desk(
        settings=settings,
        database=database,
        engine=None,
        storage=FolderStorage(settings.data_dir / "files"),
        live=Live(None),
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once, not once a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(desk: Desk, compiled_templates: BytecodeCache) -> Flask:
    """The web application with the people's pages and API."""
    app = create_web(desk, subjects=["people"])
    app.jinja_env.bytecode_cache = compiled_templates
    return app


MakeUser = Callable[..., User]


@pytest.fixture
def make_user(desk: Desk) -> MakeUser:
    """`make_user("li", roles=["agent"])`; the password is PASSWORD."""

    def make(
        login: str,
        *,
        roles: Iterable[str] = ("agent",),
        must_change_password: bool = False,
        locale: str = "en",
        **more: Any,
    ) -> User:
        with desk.database.transaction() as session:
            return operations.create_user(
                session,
                login=login,
                name=more.pop("name", login.title()),
                password_hash=passwords.hash_password(PASSWORD),
                roles=roles,
                locale=locale,
                must_change_password=must_change_password,
                actor=SYSTEM,
                **more,
            )

    return make


@pytest.fixture
def make_team(desk: Desk) -> Callable[..., Team]:
    """`make_team("Support", members=[…])`."""

    def make(name: str, members: Iterable[User] = ()) -> Team:
        with desk.database.transaction() as session:
            kept = [session.get_one(User, user.id) for user in members]
            return operations.create_team(session, name=name, members=kept, actor=SYSTEM)

    return make


class Browser:
    """A client that keeps cookies and sends the CSRF token of the page it saw last."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        self.token = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._seen(self.client.get(path, **more))

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self._seen(
            self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **more)
        )

    def sign_in(self, login: str, password: str = PASSWORD, next: str = "/me") -> TestResponse:
        self.get("/login")
        answer = self.post("/login", {"login": login, "password": password, "next": next})
        if answer.status_code == 303:
            self.get("/me")
        return answer

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := TOKEN.search(answer.text)):
            self.token = found[1]
        return answer


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser nobody is signed in with."""
    return Browser(app)


@pytest.fixture
def bearer(desk: Desk) -> Callable[[User], dict[str, str]]:
    """`bearer(user)`: the headers of a program that acts as the user."""

    def make(user: User) -> dict[str, str]:
        with desk.database.transaction() as session:
            _token, secret = operations.create_token(session, user=user, name="test", actor=SYSTEM)
        return {"Authorization": f"Bearer {secret}"}

    return make
