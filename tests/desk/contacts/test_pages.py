"""Customers in the browser: adding, changing, finding; and what two people do at the same time."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.contacts.models import Company, Contact
from tests.desk.web.fixtures import (  # noqa: F401
    Browser,
    chinese,
    make_user,
    quick_hashes,
)


@pytest.fixture
def lilei(app: Flask, make_user: Callable[..., Any]) -> Browser:  # noqa: F811
    """A browser with an agent signed in."""
    make_user("lilei")
    browser = Browser(app)
    assert browser.sign_in("lilei").status_code == 303
    return browser


VALUES = {"name": "韩梅", "level": "normal", "locale": "zh_CN", "mails": "Han@Acme.cn",
          "phones": "138 0013 8000"}  # fmt: skip


def test_a_customer_and_their_company(desk: Desk, lilei: Browser) -> None:
    lilei.get("/companies/new")
    made = lilei.post("/companies/new", {"name": "Acme", "domain": "acme.cn", "level": "vip"})
    assert made.status_code == 303, made.text
    lilei.get("/customers/new")
    made = lilei.post("/customers/new", VALUES)
    assert made.status_code == 303, made.text
    page = lilei.get(made.location).text
    for words in ("韩梅", "Acme", "han@acme.cn", "138 0013 8000"):
        assert words in page
    assert "韩梅" in lilei.get("/customers?q=13800").text
    assert "No customer fits" in lilei.get("/customers?q=nobody&kind=2c").text
    assert "Acme" in lilei.get("/companies?q=acme&level=vip").text
    assert "韩梅" in lilei.get("/companies/1").text
    assert lilei.get("/customers?after=!").status_code == 200
    assert lilei.get("/companies?after=!").status_code == 200


def test_what_is_wrong_comes_back_filled(desk: Desk, lilei: Browser) -> None:
    lilei.get("/customers/new")
    assert lilei.post("/customers/new", VALUES).status_code == 303
    lilei.get("/customers/new")
    taken = lilei.post("/customers/new", {**VALUES, "name": "Somebody", "mails": ""})
    assert taken.status_code == 422
    assert "belongs to 韩梅 already" in taken.text
    assert "Somebody" in taken.text
    for change in (
        {"name": ""}, {"level": "x"}, {"mails": "no mail"}, {"phones": "call me"}, {"company_id": "4711"}
    ):  # fmt: skip
        answer = lilei.post("/customers/new", {**VALUES, **change})
        assert answer.status_code == 422, change
    lilei.post("/companies/new", {"name": "Acme", "domain": "acme.cn", "level": "normal"})
    for change in ({"domain": "acme.cn"}, {"domain": "a b"}, {"name": ""}, {"phone": "x"}):
        values = {"name": "B", "level": "normal", **change}
        assert lilei.post("/companies/new", values).status_code == 422, change
    with desk.reading() as session:
        assert len(session.scalars(select(Contact)).all()) == 1
        assert len(session.scalars(select(Company)).all()) == 1


def version(page: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page)
    assert found
    return found[1]


def test_two_people_change_one_customer(desk: Desk, lilei: Browser) -> None:
    lilei.get("/customers/new")
    where = lilei.post("/customers/new", VALUES).location
    seen = version(lilei.get(f"{where}/edit").text)
    first = {**VALUES, "version": seen, "phones": ""}
    assert lilei.post(f"{where}/edit", first).status_code == 303
    second = {**VALUES, "version": seen, "note": "my words"}
    answer = lilei.post(f"{where}/edit", second)
    assert answer.status_code == 409
    assert "Somebody else changed this customer" in answer.text
    assert "my words" in answer.text
    retried = {**second, "version": version(answer.text)}
    assert lilei.post(f"{where}/edit", retried).status_code == 303
    with desk.reading() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.note == "my words"


def test_two_people_change_one_company(desk: Desk, lilei: Browser) -> None:
    lilei.get("/companies/new")
    where = lilei.post("/companies/new", {"name": "Acme", "level": "normal"}).location
    seen = version(lilei.get(f"{where}/edit").text)
    values = {"name": "Acme", "level": "vip", "version": seen}
    assert lilei.post(f"{where}/edit", values).status_code == 303
    assert lilei.post(f"{where}/edit", {**values, "note": "x"}).status_code == 409


def test_who_may_not(app: Flask, desk: Desk, make_user: Callable[..., Any]) -> None:  # noqa: F811
    make_user("audit", roles=["auditor"])
    auditor = Browser(app)
    auditor.sign_in("audit")
    assert auditor.get("/customers").status_code == 200
    for path in ("/customers/new", "/companies/new"):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, VALUES).status_code == 403
    assert app.test_client().get("/customers").status_code == 302
