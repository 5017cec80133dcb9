"""The desk's main pages, and what can be asked of any of them."""

import re
from typing import Any

from playwright.sync_api import Page

from desk.tickets.types import SHIPPED
from lanedesk.demo import PEOPLE, TEAMS, TICKETS
from tests.journeys import stuck
from tests.journeys.customers import ALL, DRIPS, OPINION, PRAISE, WHY_MOVED

# (name, address); the ticket, customer and flow are found on the pages that list them
LISTS = {
    "tasks": "/tasks",
    "tickets": "/tickets",
    "new-ticket": "/tickets/new",
    "import": "/tickets/import",
    "customers": "/customers",
    "companies": "/companies",
    "flows": "/flows",
    "incidents": "/incidents",
    "cockpit": "/cockpit",
    "instances": "/cockpit/instances",
    "batches": "/cockpit/batches",
    "stores": "/cockpit/stores",
    "insight": "/insight",
    "any-figure": "/insight/explore?measure=opened&by=priority",
    "variants": "/insight/processes",
    "form-links": "/settings/forms",
    "one-time-links": "/settings/forms/once",
    "fields": "/settings/fields",
    "dictionaries": "/settings/dictionaries",
    "mailboxes": "/settings/mailboxes",
    "people": "/settings/people",
    "teams": "/settings/teams",
    "profile": "/me",
}
FIRST_OF = {
    "ticket": "/tickets",
    "customer": "/customers",
    "flow": "/flows",
    "process": "/cockpit",
    "instance": "/cockpit/instances",
    "person": "/settings/people",
    "dashboard": "/insight",
    "ways": "/insight/processes",
}

CHINESE = re.compile(r"[\u4e00-\u9fff]")

# Texts of the page that a person sees, without what the desk did not write itself: conversations, titles, names.
_TEXTS = """() => {
  const said = ".ld-message-body, .ld-trail-remark, .ld-changes, .ld-code-facts, [lang|=zh], option, .ld-flow-canvas, "
    + ".ld-avatar, .ld-file";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest("script, style") || parent.closest(said) || !node.data.trim()) continue;
    texts.push(node.data.trim());
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (element.closest(said)) continue;
    for (const name of ["aria-label", "title", "placeholder"]) {
      const text = element.getAttribute(name);
      if (text) texts.push(text);
    }
  }
  return texts;
}"""


def desk_pages(page: Page) -> dict[str, str]:
    """Addresses of the main pages by name, as far as the reader may see them."""
    found = dict(LISTS)
    for name, listing in FIRST_OF.items():
        page.goto(listing)
        href = page.locator("main [data-row-link]").first.get_attribute("href")
        assert href, f"nothing is listed at {listing}"
        found[name] = href
    return found


def said_by_people() -> list[str]:
    """Names and titles of the demo: they stay as they were written, in any language."""
    names = [name for name, _roles in PEOPLE.values()]
    tickets = [text for t in TICKETS for text in (t.customer, t.subject, t.text, t.solution)]
    tickets += [text for request in ALL for text in (request.name, request.title)]
    tickets += [stuck.CUSTOMER, stuck.TITLE, stuck.PAUSE, WHY_MOVED, OPINION]
    # the administrator's name, the titles of the form links, a language in its own words
    first_start = [
        "管理员",
        "提交服务请求",
        "中文",
        *(kind.name["zh"] for kind in SHIPPED.values()),
    ]
    return sorted(
        filter(None, [*names, *TEAMS, *tickets, DRIPS, PRAISE, *first_start]), key=len, reverse=True
    )


def chinese_on_frame(page: Page) -> list[str]:
    """Chinese among the desk's own words."""
    left: list[str] = []
    for text in page.evaluate(_TEXTS):
        for known in said_by_people():
            text = text.replace(known, "")
        if CHINESE.search(text):
            left.append(text)
    return left


def first_paint(page: Page) -> float:
    """Milliseconds from the request to the first content, as the browser measured it."""
    entries: list[dict[str, Any]] = page.evaluate(
        "performance.getEntriesByType('paint').map((e) => ({name: e.name, at: e.startTime}))"
    )
    return float(next(e["at"] for e in entries if e["name"] == "first-contentful-paint"))
