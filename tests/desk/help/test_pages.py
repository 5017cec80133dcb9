"""The manual inside the desk: the reader's language, links that stay in it, help that knows where one is."""

import re

import pytest
from flask import Flask

from desk.help.manual import pages
from desk.help.pages import ABOUT
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def reader(app: Flask, make_user: MakeUser) -> Browser:
    """An agent, reading English."""
    browser = Browser(app)
    browser.sign_in(make_user("li").login)
    return browser


def test_a_guest_is_asked_to_sign_in(app: Flask) -> None:
    assert Browser(app).get("/help/").status_code == 302


def test_every_page_can_be_read_and_leads_to_others_only_within(reader: Browser) -> None:
    known = {f"/help/{name}" for name in pages()}
    for name in pages():
        answer = reader.get(f"/help/{name}")
        assert answer.status_code == 200, name
        html = answer.text[answer.text.index("<article") : answer.text.index("</article>")]
        links = re.findall(r'<a href="([^"]+)"', html)
        inside = {
            link.partition("#")[0] for link in links if not link.startswith(("#", "https://"))
        }
        assert inside <= known, (name, inside - known)
        anchors = set(re.findall(r'<h\d id="([^"]+)"', html))
        assert {link[1:] for link in links if link.startswith("#")} <= anchors, name
        assert ".md" not in "".join(links), name


def test_what_is_no_page_is_not_there(reader: Browser) -> None:
    for name in ("nothing", "lint/nothing", "..%2f..%2fREADME", "architecture", "sla.zh-CN"):
        assert reader.get(f"/help/{name}").status_code == 404, name


def test_the_reader_gets_their_language(
    app: Flask, make_user: MakeUser, chinese: None, reader: Browser
) -> None:
    assert "<h1>Service levels and working calendars</h1>" in reader.get("/help/sla").text
    wang = Browser(app)
    wang.sign_in(make_user("wang", locale="zh_CN").login)
    page = wang.get("/help/sla").text
    assert "<h1>服务时限与工作日历</h1>" in page
    assert "[English]" not in page
    assert 'href="/help/lint/loop"' in wang.get("/help/lint").text
    assert '<h2 id="试运行">' in wang.get("/help/designer").text


def test_tables_fences_and_code_are_shown(reader: Browser) -> None:
    page = reader.get("/help/audit").text
    assert "<pre>lanedesk audit keep process:ticket-basic --days 730" in page
    assert "<td><code>LANEDESK_AUDIT_KEY</code></td>" in page
    assert "written by" not in reader.get("/help/events").text


def test_help_leads_to_the_page_about_the_place(app: Flask, make_user: MakeUser) -> None:
    admin = Browser(app)
    admin.sign_in(make_user("root", roles=["administrator"]).login)
    assert 'href="/help/sla" data-palette' in admin.get("/settings/calendars").text
    assert 'href="/help/triggers" data-palette' in admin.get("/rules").text
    assert 'href="/help/" data-palette' in admin.get("/me").text


def test_every_place_that_help_knows_is_a_place_and_has_its_page(app: Flask) -> None:
    rules = {re.sub(r"/<.*", "", rule.rule) for rule in app.url_map.iter_rules()}
    paths = {path.rstrip("/") for path in rules}
    for place, name in ABOUT.items():
        assert any(path == place or path.startswith(f"{place}/") for path in paths), place
        assert name in pages(), name
