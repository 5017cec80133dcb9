"""What every journey starts from: signed-in people, customers with and without script, pictures on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.pictures import Pictures

SignIn = Callable[..., Page]
expect.set_options(timeout=10_000)  # ms; a machine that does other things, too


GROUPS = {  # of about the same length; each has a running desk and a browser of its own
    "pages": {"pages", "english", "insight", "audit", "printing", "operations", "keyboard"},
    "designing": {"designer"},
}


def group_of(journey: str) -> str:
    """The group of `tests/journeys/test_<journey>.py`."""
    subject = journey.split("_")[0]
    return next((name for name, subjects in GROUPS.items() if subject in subjects), "flows")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist asks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a journey, and those of a group share a running desk and a browser.

    The pages are looked at before anybody has done anything on them. Those that put the clock forward come last, and
    so does what is timed: then the machine has the least to do.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.xdist_group(group_of(item.path.stem.removeprefix("test_"))))
    items.sort(key=_turn)


def pytest_collection_finish(session: pytest.Session) -> None:
    """A process of pytest-xdist names the group in the test's id; else each journey might start a desk of its own."""
    if hasattr(session.config, "workerinput"):
        journeys = [item for item in session.items if item.get_closest_marker("journey")]
        assert all("@" in item.nodeid for item in journeys), "pytest-xdist keeps no groups together"


def _turn(item: pytest.Item) -> int:
    if item.path.stem == "test_pages":
        return 0
    last = "time" in getattr(item, "fixturenames", ()) or item.name == "test_opens_quickly"
    return 2 if last else 1


@pytest.fixture
def pictures(request: pytest.FixtureRequest, screenshots: Path) -> Pictures:
    """`pictures.take(page, "name")` leaves `var/screenshots/<file>/<test>/NN-name.png`; older ones are removed."""
    journey = request.node.path.stem.removeprefix("test_").replace("_", "-")
    return Pictures(screenshots / journey / request.node.name.removeprefix("test_"))


@pytest.fixture
def new_page(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """`new_page(viewport=…)`: a page in a browser of its own; the journey fails on any error of its scripts."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # what the server refuses on purpose (409, 422) is said there, too
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def make(**options: Any) -> Page:
        page = new_context(**{"viewport": {"width": 1440, "height": 900}, **options}).new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(error.stack or str(error)))
        return page

    yield make
    assert not faults, faults


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """What the browsers of people who have signed in before hold, by login."""
    return {}


@pytest.fixture
def sign_in(
    new_page: Callable[..., Page], running_desk: RunningDesk, sessions: dict[str, Any]
) -> SignIn:
    """`sign_in("liming")`: their browser, at My tasks."""

    def enter(login: str, **options: Any) -> Page:
        known = sessions.get(login)
        page = new_page(**({"storage_state": known} if known else {}), **options)
        page.goto("/tasks")
        if not known:
            page.locator("#login").fill(login)
            page.locator("#password").fill(running_desk.password)
            page.locator("#password").press("Enter")
            page.wait_for_url("**/tasks")
            sessions[login] = page.context.storage_state()
        return page

    return enter
