"""A dashboard is mailed at its times by a flow that ships, with what its reader may see, until they want it no more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select, update

from desk.application import Desk
from desk.insight import operations, svg
from desk.insight.models import Dashboard, DashboardReport
from desk.insight.tiles import Tile
from desk.insight.views import Row, View
from desk.people.models import User
from engine import jobs, scheduler
from engine.actors import SYSTEM
from engine.database import Database
from engine.tables import process_instance, process_version
from tests.desk.insight.conftest import Shop

LIBRARY = Path(__file__).parents[3] / "bpmn_library" / "insight" / "insight-report"
EIGHT = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)  # in Shanghai


@pytest.fixture
def board(shop: Shop) -> int:
    """A shared dashboard, and the flow that mails it."""
    desk = shop.desk
    with desk.database.transaction() as session:
        bundle = {"r.bpmn": (LIBRARY / "insight-report.bpmn").read_bytes()}
        desk.engine.deploy(session, bundle, actor=SYSTEM, note="")
        made = operations.create(
            session, name={"zh": "概览", "en": "Overview"}, owner=None, actor=SYSTEM, days=7,
            tiles=[Tile("opened", "priority"), Tile("open", title={"zh": "未结", "en": "Still <open>"}),
                   Tile("sla", "day"), Tile("opened", "day")],
            shares=["role:agent", "role:auditor"],
        )  # fmt: skip
        return made.id


def mails(desk: Desk) -> list[Any]:
    import email
    from email import policy

    folder = desk.settings.data_dir / "outbox"
    files = sorted(folder.glob("*.eml"), key=lambda f: f.stat().st_mtime) if folder.exists() else []
    return [email.message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]


def pages(desk: Desk) -> list[str]:
    folder = desk.settings.data_dir / "files"
    return [file.name for file in folder.rglob("*.html")]


def until(shop: Shop, moment: datetime) -> None:
    """Time passes, and workers do what is due."""
    shop.floor.now = moment
    desk = shop.desk
    scheduler.run_due(desk.engine, desk.database)
    for queue in ("engine", "mail", "engine"):
        jobs.work(desk.engine, desk.database, queue)


def running(shop: Shop) -> int:
    with shop.desk.reading() as session:
        rows = session.scalars(
            select(process_instance.c.id)
            .join(process_version, process_version.c.id == process_instance.c.version_id)
            .where(process_version.c.key == "insight-report", process_instance.c.status == "active")
        )
        return len(rows.all())


def change(database: Database, statement: Any) -> None:
    with database.transaction() as session:
        session.execute(statement)


def test_a_dashboard_comes_every_morning_until_it_is_cancelled(
    shop: Shop, board: int, as_role: Callable[..., Any]
) -> None:
    browser = as_role("agent", email="li@desk.example")
    with shop.desk.reading() as session:
        agent = session.scalars(select(User).where(User.login == "agent")).one()
    opened = EIGHT - timedelta(hours=20)
    shop.ticket(opened, priority="urgent", assignee_id=agent.id)
    shop.ticket(opened, priority="low")
    page = browser.get(f"/insight/{board}").text
    assert "Not by mail" in page
    assert browser.post(f"/insight/{board}/mail", {"cycle": "daily"}).status_code == 303
    assert 'value="daily" selected' in browser.get(f"/insight/{board}").text
    assert running(shop) == 1
    until(shop, EIGHT - timedelta(minutes=1))
    assert mails(shop.desk) == []
    until(shop, EIGHT)
    (mail,) = mails(shop.desk)
    assert mail["To"].addresses[0].addr_spec == "li@desk.example"
    assert "Overview" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert "Still <open>: 1" in text
    assert "Urgent: 1" in text
    assert "Low" not in text  # another's ticket
    html = mail.get_body(("html",)).get_content()
    assert "Still &lt;open&gt;" in html
    assert html.count("<svg") == 2  # of bars and of days; nothing was promised
    assert f"http://desk.test/insight/{board}" in html or f"/insight/{board}" in html
    until(shop, EIGHT + timedelta(days=1))
    assert len(mails(shop.desk)) == 2

    with shop.desk.reading() as session:
        page = session.scalars(select(DashboardReport.page)).one()
    assert page is not None
    assert pages(shop.desk) == [page]  # that of the day before went
    assert browser.post(f"/insight/{board}/mail", {"cycle": ""}).status_code == 303
    assert running(shop) == 0
    assert pages(shop.desk) == []
    until(shop, EIGHT + timedelta(days=2))
    assert len(mails(shop.desk)) == 2


def test_another_time_takes_the_place_of_the_one_before(
    shop: Shop, board: int, as_role: Callable[..., Any]
) -> None:
    browser = as_role("agent", email="li@desk.example")
    for cycle in ("daily", "weekly"):
        browser.get(f"/insight/{board}")
        browser.post(f"/insight/{board}/mail", {"cycle": cycle})
    assert running(shop) == 1
    with shop.desk.reading() as session:
        assert session.scalars(select(DashboardReport.cycle)).all() == ["0 8 * * MON"]
    page = browser.post(f"/insight/{board}/mail", {"cycle": "hourly"})
    assert page.status_code == 303
    assert "There is no such time." in browser.get(f"/insight/{board}").text


@pytest.mark.parametrize("gone", ["person", "dashboard", "share"])
def test_nothing_is_sent_to_who_is_gone(
    shop: Shop, board: int, as_role: Callable[..., Any], gone: str
) -> None:
    browser = as_role("agent", email="li@desk.example")
    browser.get(f"/insight/{board}")
    browser.post(f"/insight/{board}/mail", {"cycle": "daily"})
    desk = shop.desk
    until(shop, EIGHT)
    assert (len(mails(desk)), len(pages(desk))) == (1, 1)
    if gone == "person":
        change(desk.database, update(User).where(User.login == "agent").values(active=False))
    with desk.database.transaction() as session:
        found = session.get_one(Dashboard, board)
        if gone == "dashboard":
            operations.delete(session, desk.storage, found, actor=SYSTEM)
        if gone == "share":
            operations.change(session, found, seen=1, actor=SYSTEM, shares=["role:auditor"])
    until(shop, EIGHT + timedelta(days=1))
    assert len(mails(desk)) == 1
    assert running(shop) == 0
    assert pages(desk) == []
    with desk.reading() as session:
        assert session.scalars(select(DashboardReport.id)).all() == []


def test_who_has_no_address_is_told(shop: Shop, board: int, as_role: Callable[..., Any]) -> None:
    browser = as_role("agent")
    browser.get(f"/insight/{board}")
    browser.post(f"/insight/{board}/mail", {"cycle": "daily"})
    assert "You have no mail address yet" in browser.get(f"/insight/{board}").text
    assert running(shop) == 0


@pytest.mark.parametrize("over_time", [True, False])
def test_charts_are_well_formed_whatever_the_names(over_time: bool) -> None:
    rows = [
        Row('<b>&"', 3.0, "3", 3, ""),
        Row("一" * 60, 0.0, "0", 0, ""),
        Row("x", None, "–", 0, ""),
    ]
    view = View("t", "h", "count", "bar", "b", over_time, rows)
    root = etree.fromstring(svg.chart(view).encode())
    bars = root.findall(".//{*}rect")
    assert len(bars) == 2
    assert max(float(bar.get("width" if not over_time else "height") or 0) for bar in bars) > 100
    assert svg.chart(View("t", "h", "count", "table", "b", over_time, rows)) == ""
