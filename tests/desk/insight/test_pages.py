"""The pages of insight: figures with their tables, what leads to tickets, and whom they show what."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.insight import views
from desk.insight.operations import ensure_dashboards
from desk.insight.shipped import SHIPPED
from engine.actors import SYSTEM
from tests.desk.insight.conftest import Shop

AsRole = Callable[..., Any]


def test_a_figure_is_a_chart_and_a_table(shop: Shop, as_role: AsRole) -> None:
    shop.ticket(shop.floor.now - timedelta(minutes=1), priority="urgent")
    browser = as_role("auditor")
    page = browser.get("/insight/explore?measure=opened&by=priority").text
    assert "data-chart=" in page
    assert re.search(r">Urgent</span></td>.*?>1</a>", page)
    (href,) = set(re.findall(r'href="(/insight/tickets[^"]*key=urgent[^"]*)"', page))
    behind = browser.get(href.replace("&amp;", "&")).text
    assert "WN-000001" in behind
    number = browser.get("/insight/explore?measure=open").text
    assert re.search(r'class="ld-big"><a [^>]*>1</a>', number)


def test_a_period_from_a_day_to_a_day(shop: Shop, as_role: AsRole) -> None:
    zone = ZoneInfo(shop.desk.settings.timezone)
    shop.ticket(datetime(2026, 3, 10, tzinfo=zone))
    shop.ticket(datetime(2026, 3, 12, tzinfo=zone) - timedelta(seconds=1))
    shop.ticket(datetime(2026, 3, 12, tzinfo=zone))
    browser = as_role("auditor")
    page = browser.get("/insight/explore?measure=opened&from=2026-03-10&to=2026-03-11").text
    assert re.search(r'class="ld-big"><a [^>]*>2</a>', page)
    assert 'value="dates" selected' in page
    assert 'name="from" value="2026-03-10"' in page
    (href,) = re.findall(r'class="ld-big"><a href="([^"]+)"', page)
    behind = browser.get(href.replace("&amp;", "&")).text
    assert "Mar 10 – 11, 2026" in behind
    assert len(set(re.findall(r"WN-\d+", behind))) == 2


def test_nonsense_in_the_address_is_left_out(shop: Shop, as_role: AsRole) -> None:
    browser = as_role("auditor")
    asked = "measure=x&by=y&days=999999999999999999&team=abc&chart=z&form:a'b=c"
    assert browser.get(f"/insight/explore?{asked}").status_code == 200
    assert browser.get("/insight/tickets?measure=open&by=team&key=abc").status_code == 404


def test_an_agent_finds_only_the_own_tickets(shop: Shop, as_role: AsRole) -> None:
    shop.ticket(shop.floor.now - timedelta(minutes=1))
    page = as_role("agent").get("/insight/tickets?measure=opened").text
    assert "WN-" not in page


def test_a_dashboard_is_made_filled_and_shared(
    shop: Shop, as_role: AsRole, make_user: Callable[..., Any], make_team: Callable[..., Any]
) -> None:
    team = make_team("Support", [make_user("li", roles=["agent"])])
    make_user("han", roles=["agent"])
    shop.ticket(shop.floor.now - timedelta(minutes=1), priority="urgent", team_id=team.id)
    browser = as_role("implementer")
    browser.get("/insight")
    edit = browser.post("/insight", {"name": "Mine"}).location
    page = browser.get(edit).text
    assert "No tiles yet" in page
    home = edit.removesuffix("/edit")

    def post(path: str, **values: Any) -> Any:
        revision = re.findall(r'name="revision" value="(\d+)"', browser.get(edit).text)[0]
        return browser.post(f"{home}{path}", {"revision": revision, **values})

    assert post("/tiles", measure="opened", by="priority", chart="bar").status_code == 303
    assert (
        post("/tiles", measure="open", size="small", priority="urgent", title="Hot").status_code
        == 303
    )
    assert post("/tiles", measure="nothing").status_code == 422
    assert post("/tiles/1", act="up").status_code == 303
    assert post("/tiles/0", act="wide").status_code == 303
    assert post("/tiles/7", act="up").status_code == 404
    asked = {"any": "1", "measure": "sla", "by": "day"}
    assert browser.post(f"{home}/tiles", asked).status_code == 303  # from “Any figure”
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    assert post("/tiles", measure="ended", **march).status_code == 303
    assert "Mar 1 – 31, 2026" in browser.get(edit).text
    shares = [f"team:{team.id}"]
    assert post("/edit", name="Ours", days="7", shares=shares).status_code == 303
    assert post("/edit", name="Ours", days="7", shares=["team:99"]).status_code == 422
    assert post("/edit", name=" ", days="7").status_code == 422
    shown = browser.get(f"{home}?whole=1").text
    assert re.findall(r'<section class="ld-card ld-tile is-(\w+)"', shown) == [
        "wide", "half", "half", "half",
    ]  # fmt: skip
    assert "Mar 1 – 31, 2026" in shown
    assert "measure=ended&amp;from=2026-03-01&amp;to=2026-03-31" in shown
    assert (
        "measure=open&amp;from=2025-12-01&amp;to=2025-12-31"
        in browser.get(f"{home}?from=2025-12-31&to=2025-12-01&whole=1").text
    )
    assert shown.index("Hot") < shown.index("Tickets opened")

    browser.post("/logout")
    browser.sign_in("li")
    assert "Ours" in browser.get("/insight").text
    assert re.search(r'class="ld-big"><a [^>]*>1</a>', browser.get(f"{home}?whole=1").text)
    assert re.search(r'class="ld-big"><a [^>]*>1</a>', browser.get(f"{home}/tiles/0").text)
    assert browser.get(edit).status_code == 403
    browser.post("/logout")
    browser.sign_in("han")
    assert "Ours" not in browser.get("/insight").text
    assert browser.get(home).status_code == 404
    assert browser.get(f"{home}/tiles/0").status_code == 404


def test_the_tiles_of_a_dashboard_ask_one_by_one(
    shop: Shop, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.desk.database.transaction() as session:
        ensure_dashboards(session, actor=SYSTEM)
    shop.ticket(shop.floor.now - timedelta(minutes=1))
    browser = as_role("supervisor")
    (home, *_) = re.findall(r'href="(/insight/\d+)"', browser.get("/insight").text)
    asked: list[str] = []
    answer = views.figures

    def counted(setting: Any, user: Any, question: Any, zone: Any) -> Any:
        asked.append(question.measure)
        return answer(setting, user, question, zone)

    monkeypatch.setattr(views, "figures", counted)
    page = browser.get(f"{home}?days=7").text
    assert asked == []
    tiles = re.findall(r'aria-busy="true" hx-get="([^"]+)" hx-trigger="load"', page)
    assert len(tiles) == len(SHIPPED[0].tiles)
    assert all(tile.endswith("?days=7") for tile in tiles)
    titles = re.compile(r'<h2 title="[^"]*">[^\n]*</h2>')
    shown = [browser.get(tile).text for tile in tiles]
    assert asked == [tile.measure for tile in SHIPPED[0].tiles]
    assert [titles.findall(part) for part in shown] == [[one] for one in titles.findall(page)]
    rooms = re.compile(r'class="ld-figure (is-\w+)"')
    assert [rooms.findall(part) for part in shown] == [[one] for one in rooms.findall(page)]
    # without script: a way to have them in one go, with the same figures
    (whole,) = re.findall(r'<noscript>.*href="([^"]*whole=1[^"]*)"', page)
    at_once = browser.get(whole.replace("&amp;", "&")).text
    assert "aria-busy" not in at_once
    figure = re.compile(r'<p class="ld-big">.*</p>')
    assert figure.findall(at_once) == figure.findall("".join(shown))
    assert re.search(r">1</a>", figure.findall(at_once)[0])
    assert browser.get(f"{home}/tiles/{len(tiles)}").status_code == 404


def test_two_who_change_a_dashboard_at_once(shop: Shop, as_role: AsRole) -> None:
    browser = as_role("implementer")
    browser.get("/insight")
    home = browser.post("/insight", {"name": "Mine"}).location.removesuffix("/edit")
    tile = {"measure": "open", "revision": "1"}
    assert browser.post(f"{home}/tiles", tile).location.endswith("/edit")
    browser.post(f"{home}/tiles", tile)
    page = browser.get(f"{home}/edit").text
    assert "Somebody has changed this dashboard meanwhile" in page
    assert page.count('class="ld-tiles"') == 1
    assert page.count('value="remove"') == 1


def test_the_dashboards_that_ship(shop: Shop, as_role: AsRole) -> None:
    with shop.desk.database.transaction() as session:
        ensure_dashboards(session, actor=SYSTEM)
        ensure_dashboards(session, actor=SYSTEM)
    shop.ticket(shop.floor.now - timedelta(minutes=1))
    browser = as_role("supervisor")
    page = browser.get("/insight").text
    assert page.count("comes with the desk") == len(SHIPPED)
    for href in re.findall(r'href="(/insight/\d+)"', page):
        assert browser.get(href).text.count('<section class="ld-card ld-tile') >= 10
        assert browser.get(f"{href}/edit").status_code == 403
        copied = browser.post(f"{href}/copy").location
        assert browser.get(copied).text.count('value="remove"') >= 10
        assert browser.post(copied.replace("/edit", "/delete")).status_code == 303
        assert browser.get(copied).status_code == 404


def test_an_auditor_reads_dashboards_and_makes_none(shop: Shop, as_role: AsRole) -> None:
    browser = as_role("auditor")
    assert "New dashboard" not in browser.get("/insight").text
    assert browser.post("/insight", {"name": "Mine"}).status_code == 403


def test_the_wall_is_a_dashboard_that_reads_itself_again(shop: Shop, as_role: AsRole) -> None:
    with shop.desk.database.transaction() as session:
        ensure_dashboards(session, actor=SYSTEM)
    browser = as_role("supervisor")
    home = re.findall(r'href="(/insight/\d+)"', browser.get("/insight").text)[0]
    page = browser.get(f"{home}/wall").text
    assert 'data-live="tickets"' in page
    again = re.findall(r'hx-get="([^"]*/wall/tiles)"', page)[0]
    shop.ticket(shop.floor.now - timedelta(minutes=1))
    part = browser.get(again).text
    assert "<html" not in part
    assert re.search(r'class="ld-big"><a [^>]*>1</a>', part)
    browser.post("/logout")
    assert as_role("agent").get(f"{home}/wall").status_code == 403
