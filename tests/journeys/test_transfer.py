"""A ticket that another desk works on: passed on, worked there, ended here; the pages of both desks."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk.vendors.conftest import Side, branch, hq, make_side  # noqa: F401
from tests.desk.web.fixtures import PASSWORD, quick_hashes  # noqa: F401
from tests.journeys.accessibility import serious_faults
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """`visit(side, "agent")`: a browser of its own in which this person of that desk has signed in."""
    contexts = []

    def enter(side: Side, login: str, **options: object) -> Page:
        context = browser.new_context(base_url=side.url, locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/tasks")
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url("**/tasks")
        return page

    yield enter
    for context in contexts:
        context.close()


def sound(page: Page) -> None:
    """Nothing is wider than the window, and axe-core finds nothing serious."""
    window = page.viewport_size
    assert window is not None
    assert page.evaluate("document.scrollingElement.scrollWidth") <= window["width"]
    assert not serious_faults(page)


def test_another_desk_works_on_a_ticket_and_ours_ends(
    branch: Side,  # noqa: F811
    hq: Side,  # noqa: F811
    visit: Visit,
    pictures: Pictures,
) -> None:
    ours = branch.ticket(title="三楼的打印机坏了")
    agent = visit(branch, "agent", color_scheme="dark")
    agent.goto(f"/tickets/{ours.id}?panel=together")
    agent.get_by_role("link", name="To another vendor…").click()
    agent.get_by_label("Vendor", exact=True).select_option(label="hq")
    agent.get_by_label("Note for their people").fill("Please look at it this week.")
    agent.get_by_label("The customer: name, phone, mail, company").check()
    agent.get_by_label("What was said with the customer").check()
    agent.get_by_label("Finish our ticket when theirs is done").check()
    pictures.take(agent, "pass-on")
    sound(agent)
    agent.get_by_role("button", name="Pass on", exact=True).click()
    expect(agent.get_by_text("It is on its way to hq.").first).to_be_visible()
    pictures.take(agent, "on-its-way")

    branch.work()  # their desk gets it
    theirs = hq.received()
    phone = visit(branch, "agent", **PHONE)
    phone.goto(f"/tickets/{ours.id}?panel=together")
    expect(phone.get_by_text(f"hq works on it as {theirs.number}").first).to_be_visible()
    pictures.take(phone, "works-on-it", whole=True)
    sound(phone)

    worker = visit(hq, "agent")
    worker.goto("/tasks")
    worker.get_by_role("link", name="三楼的打印机坏了").click()
    expect(worker.get_by_text(f"It came from branch, where it is {ours.number}.")).to_be_visible()
    expect(worker.get_by_text("Please look at it this week.").first).to_be_visible()
    pictures.take(worker, "came-from-another-desk")
    sound(worker)
    hq.do(theirs, "dispatch", "dispatch", person=hq.agent.id)
    hq.do(theirs, "accept", "accept")
    worker.goto(f"/tickets/{theirs.id}")
    worker.locator("#editor-step [name=solution]").fill("A new fuser.")
    worker.locator("#editor-step button[value=finish]").click()
    expect(worker.locator(".ld-ticket-header")).to_contain_text("Ended")

    hq.work()  # ours is told
    branch.work()
    agent.goto(f"/tickets/{ours.id}?panel=together")
    expect(agent.locator(".ld-ticket-header")).to_contain_text("Ended")
    expect(agent.locator("#side-together")).to_contain_text(theirs.number)
    agent.get_by_role("tab", name="History").click()
    expect(agent.locator("#trail")).to_contain_text("A new fuser.")
    pictures.take(agent, "ended-on-both")
