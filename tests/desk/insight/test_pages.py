"""The pages of insight: figures with their tables, what leads to tickets, and whom they show what."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from engine.timestamps import utc_now
from tests.desk.insight.conftest import Shop

AsRole = Callable[..., Any]


def test_a_figure_is_a_chart_and_a_table(shop: Shop, as_role: AsRole) -> None:
    shop.ticket(utc_now() - timedelta(minutes=1), priority="urgent")
    browser = as_role("auditor")
    page = browser.get("/insight/explore?measure=opened&by=priority").text
    assert "data-chart=" in page
    assert re.search(r"<td>Urgent</td>.*?>1</a>", page)
    (href,) = set(re.findall(r'href="(/insight/tickets[^"]*key=urgent[^"]*)"', page))
    behind = browser.get(href.replace("&amp;", "&")).text
    assert "WN-000001" in behind
    number = browser.get("/insight/explore?measure=open").text
    assert re.search(r'class="ld-big"><a [^>]*>1</a>', number)


def test_nonsense_in_the_address_is_left_out(shop: Shop, as_role: AsRole) -> None:
    browser = as_role("auditor")
    asked = "measure=x&by=y&days=999999999999999999&team=abc&chart=z&form:a'b=c"
    assert browser.get(f"/insight/explore?{asked}").status_code == 200
    assert browser.get("/insight/tickets?measure=open&by=team&key=abc").status_code == 404


def test_an_agent_finds_only_the_own_tickets(shop: Shop, as_role: AsRole) -> None:
    shop.ticket(utc_now() - timedelta(minutes=1))
    page = as_role("agent").get("/insight/tickets?measure=opened").text
    assert "WN-" not in page
