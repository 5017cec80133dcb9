"""Language, times, sizes and words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from desk.web.localisation import absolute_time, file_size, relative_time, select_locale, words
from engine.operators import Text
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser, MakeUser


@pytest.fixture
def in_request(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("path", "accept", "chosen"),
    [
        ("/", "", "zh_CN"),
        ("/", "en-GB,en;q=0.8,zh;q=0.5", "en"),
        ("/", "fr,de;q=0.9", "zh_CN"),
        ("/", "fr,zh-Hans-CN;q=0.9", "zh_CN"),
        ("/?lang=en", "zh-CN", "en"),
        ("/?lang=klingon", "en", "en"),
    ],
)
def test_a_guest_s_language(app: Flask, path: str, accept: str, chosen: str) -> None:
    with app.test_request_context(path, headers={"Accept-Language": accept}):
        assert select_locale() == chosen


def test_the_person_s_own_language_comes_first(browser: Browser, make_user: MakeUser) -> None:
    make_user("li", locale="zh_CN")
    browser.get("/login?lang=en")
    browser.sign_in("li")
    assert '<html lang="zh-CN"' in browser.get("/me?lang=en").text


def test_without_a_request_it_is_the_desk_s(app: Flask) -> None:
    with app.app_context():
        assert select_locale() == "zh_CN"


def test_language_links_keep_the_rest_of_the_address(browser: Browser) -> None:
    page = browser.get("/login?next=/me&lang=en").text
    assert 'href="/login?next=%2Fme&amp;lang=zh_CN"' in page
    assert (
        'href="/login?next=%2Fme&amp;lang=en" lang="en" hreflang="en" aria-current="true"' in page
    )


@pytest.mark.usefixtures("in_request")
def test_times_are_in_the_desk_s_zone_and_the_reader_s_language() -> None:
    when = datetime(2026, 5, 4, 16, 30, tzinfo=UTC)
    with force_locale("en"):
        assert absolute_time(when).startswith("May 5, 2026, 12:30:00")
        assert relative_time(utc_now() + timedelta(minutes=12, seconds=5)) == "in 12 minutes"
        assert relative_time((utc_now() - timedelta(hours=3)).replace(tzinfo=None)) == "3 hours ago"
    with force_locale("zh_CN"):
        assert absolute_time(when) == "2026年5月5日 00:30:00"
        assert relative_time(utc_now() + timedelta(minutes=12, seconds=5)) == "12分钟后"


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (26_214_400, "25 MB"),
        (5 * 1024**4, "5 TB"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    with force_locale("en"):
        assert file_size(size) == shown


@pytest.mark.usefixtures("in_request")
def test_words_in_both_languages() -> None:
    both = {"zh": "派发", "en": "Dispatch"}
    with force_locale("zh_CN"):
        assert words(both) == "派发"
        assert words(Text("Dispatch", "派发")) == "派发"
        assert words({"en": "Only English"}) == "Only English"
    with force_locale("en"):
        assert words(both) == "Dispatch"
        assert words("as it is") == "as it is"
        assert words(None) == ""
        assert words({"en": "", "zh": "仅中文"}) == "仅中文"
        assert words({}) == ""
