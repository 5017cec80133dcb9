"""The templates themselves: they render, obey the content security policy, speak Chinese, and weigh little."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from lxml import html

from desk.translations.build import read_pieces
from frontend.samples import data
from frontend.samples.app import PAGES, Clock, Person, create_samples

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "desk/web/templates"
DIST = ROOT / "frontend/dist"
PUBLIC = ["form", "received", "track", "rate"]


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    with create_samples().test_client() as client:
        yield client


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_obey_the_policy_and_keep_ids_apart(
    client: FlaskClient, page: str, lang: str
) -> None:
    response = client.get(f"/{page}?lang={lang}")
    assert response.status_code == 200
    tree = html.fromstring(response.data)
    assert tree.get("lang") == {"en": "en", "zh_CN": "zh-CN"}[lang]
    for element in tree.iter(html.etree.Element):
        assert not [
            name for name in element.attrib if name.startswith(("on", "hx-on")) or name == "style"
        ]
        data = element.get("type") == "application/json"
        if element.tag in ("script", "style") and element.get("src") is None and not data:
            assert element.get("nonce")
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("page", PAGES)
def test_labels_and_names_point_to_something(client: FlaskClient, page: str) -> None:
    tree = html.fromstring(client.get(f"/{page}").data)
    ids = set(tree.xpath("//@id"))
    for attribute in [
        "for",
        "aria-labelledby",
        "aria-describedby",
        "aria-controls",
        "popovertarget",
        "data-dialog",
    ]:
        for value in tree.xpath(f"//@{attribute}"):
            assert set(value.split()) <= ids, (attribute, value)


@pytest.mark.parametrize("page", PUBLIC)
def test_customer_pages_have_no_script_and_weigh_under_100_kb(
    client: FlaskClient, page: str
) -> None:
    body = client.get(f"/{page}?lang=zh_CN").data
    tree = html.fromstring(body)
    assert not tree.xpath("//script")
    manifest = json.loads((DIST / "manifest.json").read_text())
    files = [manifest["customer.css"], manifest["icons.svg"]]
    assert sum((DIST / name).stat().st_size for name in files) + len(body) < 100 * 1024


@pytest.mark.parametrize(
    ("name", "limit"), [("customer.css", 30), ("desk.css", 40), ("desk.js", 30), ("flow.js", 70)]
)
def test_bundles_stay_small(name: str, limit: int) -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    packed = gzip.compress((DIST / manifest[name]).read_bytes())
    assert len(packed) < limit * 1024


def test_styles_load_nothing_from_elsewhere() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    for name in ["desk.css", "customer.css", "flow.css"]:
        css = (DIST / manifest[name]).read_text()
        assert not re.findall(r"url\((?!['\"]?(?:data:|#))[^)]*", css), name
        assert "@import" not in css


def test_the_lock_file_names_no_address() -> None:
    lock = (ROOT / "frontend/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert not re.search(r"registry\.|\.tgz", lock)


def test_every_text_of_the_frame_is_there_in_chinese() -> None:
    catalog = read_pieces()
    said = extract_from_dir(
        TEMPLATES, method_map=[("**.html", "jinja2")], keywords={"_": None, "ngettext": (1, 2)}
    )
    missing = []
    for file, _line, message, *_rest in said:
        single = message[0] if isinstance(message, tuple) else message
        entry = catalog.get(single)
        if entry is None or not all(
            entry.string if isinstance(entry.string, tuple) else [entry.string]
        ):
            missing.append((file, single))
    assert not missing
    assert len(list(catalog)) > 100


def test_the_times_of_the_script_are_the_times_of_the_server() -> None:
    """`in {n} min` for scripts and `in %(n)s min` for templates must be the same words."""
    with (ROOT / "desk/translations/pieces/frontend.po").open("rb") as source:
        catalog = {
            str(m.id): str(m.string)
            for m in read_po(source, locale="zh_CN")
            if isinstance(m.id, str)
        }
    pairs = [text for text in catalog if "{n} " in text]
    assert len(pairs) == 9
    for text in pairs:
        assert catalog[text].replace("{n}", "%(n)s") == catalog[text.replace("{n}", "%(n)s")]


def test_the_rail_follows_events_only_where_the_desk_offers_it(client: FlaskClient) -> None:
    app = client.application
    asked = app.jinja_env.from_string('{% extends "layout/desk.html" %}')
    with app.test_request_context("/tickets"):
        values = data.context(zh=False, theme="light", at=Clock(), person=Person)
        plain = html.fromstring(asked.render(**values)).get_element_by_id("rail")
        alive = html.fromstring(
            asked.render(**values, links={"rail": "/me/rail"})
        ).get_element_by_id("rail")
    assert plain.get("hx-get") is None
    assert alive.get("hx-get") == "/me/rail"
    assert alive.get("hx-trigger") == "live:tasks:17 from:body"
    assert [link.text_content().strip() for link in alive.xpath(".//a[@aria-current='page']")] == [
        "Tickets"
    ]


def test_parts_of_the_frame_without_an_address_are_left_out(client: FlaskClient) -> None:
    app = client.application
    page = app.jinja_env.from_string('{% extends "layout/desk.html" %}')
    with app.test_request_context("/tickets"):
        values = data.context(zh=False, theme="light", at=Clock(), person=Person)
        links = {"create": None, "notices": None, "search": None}
        tree = html.fromstring(page.render(**values, links=links))
    assert not tree.xpath("//*[@id='bell' or @id='search' or @data-key='c']")
    assert not tree.xpath("//*[@id='palette']//@hx-get")
