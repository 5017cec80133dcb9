"""Addresses of built files, how they are served, and the small helpers of templates."""

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.web.assets import AssetsNotBuilt, Manifest, html_lang, readable_on, register_assets, utc


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build of one script."""
    (tmp_path / "desk-1.js").write_text("plain")
    (tmp_path / "desk-1.js.gz").write_bytes(b"packed")
    (tmp_path / "manifest.json").write_text(json.dumps({"desk.js": "desk-1.js"}))
    return tmp_path


@pytest.fixture
def client(dist: Path) -> FlaskClient:
    app = Flask("assets")
    register_assets(app, dist)
    return app.test_client()


def test_a_template_gets_the_hashed_address(dist: Path) -> None:
    app = Flask("assets")
    register_assets(app, dist)
    with app.test_request_context():
        template = app.jinja_env.from_string("{{ asset('desk.js') }}")
        assert template.render() == "/assets/desk-1.js"


def test_files_are_kept_for_a_year(client: FlaskClient) -> None:
    response = client.get("/assets/desk-1.js", headers={"Accept-Encoding": "identity"})
    assert response.data == b"plain"
    assert response.cache_control.max_age == 31_536_000
    assert response.cache_control.immutable


def test_browsers_that_take_gzip_get_the_packed_twin(client: FlaskClient) -> None:
    response = client.get("/assets/desk-1.js", headers={"Accept-Encoding": "gzip, br"})
    assert response.data == b"packed"
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in response.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["gone.js", "desk-1.js.gz", "../pyproject.toml", "%2e%2e/pyproject.toml"]
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/assets/{path}").status_code == 404


def test_a_missing_build_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AssetsNotBuilt, match="make setup"):
        Manifest(tmp_path).file("desk.js")


def test_an_unknown_bundle_is_named(dist: Path) -> None:
    with pytest.raises(AssetsNotBuilt, match=r"wall\.js is not in .*desk\.js"):
        Manifest(dist).file("wall.js")


def test_a_rebuild_is_seen_without_a_restart(dist: Path) -> None:
    manifest = Manifest(dist)
    assert manifest.file("desk.js") == "desk-1.js"
    path = dist / "manifest.json"
    path.write_text(json.dumps({"desk.js": "desk-2.js"}))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    assert manifest.file("desk.js") == "desk-2.js"


@pytest.mark.parametrize(
    ("colour", "text"),
    [
        ("#0f6a6a", "#ffffff"),
        ("#ffd400", "#101718"),
        ("#000000", "#ffffff"),
        ("#ffffff", "#101718"),
    ],
)
def test_text_on_a_company_colour_is_readable(colour: str, text: str) -> None:
    assert readable_on(colour) == text


@pytest.mark.parametrize("colour", ["teal", "#fff", "#12345g", "#0f6a6a;}body{", ""])
def test_what_is_no_colour_gets_into_no_style(colour: str) -> None:
    with pytest.raises(ValueError):
        readable_on(colour)


def test_naive_times_are_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert utc(datetime(2026, 11, 20, 12)) == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert utc(datetime(2026, 11, 20, 20, tzinfo=shanghai)) == datetime(
        2026, 11, 20, 12, tzinfo=UTC
    )


def test_the_language_of_a_page_outside_a_request_is_english() -> None:
    assert html_lang() == "en"
