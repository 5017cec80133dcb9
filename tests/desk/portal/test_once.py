"""One-time links: chosen fields, filled in once, into a new ticket or the one they were made for."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.contacts.models import Contact
from desk.contacts.operations import match_or_create
from desk.fields.models import Field, Kind
from desk.fields.operations import FieldSettings, create_field
from desk.fields.tables import PRODUCTS
from desk.fields.values import set_values, values_of
from desk.portal import rate
from desk.portal.models import OneTimeLink
from desk.portal.once.operations import erase_links
from desk.portal.operators import operators
from desk.tickets.models import Message, Ticket, TrailEntry
from desk.tickets.types import ensure_types
from engine.actors import SYSTEM
from engine.operators import OperatorError, Step
from engine.timestamps import utc_now
from tests.desk.events.test_events import STARTS, hearing, jobs
from tests.desk.tickets.conftest import crew as a_crew  # noqa: F401
from tests.desk.tickets.conftest import mailed, visit  # noqa: F401
from tests.desk.web.fixtures import make_team, make_user, quick_hashes  # noqa: F401


@pytest.fixture
def crew(desk: Desk, a_crew: SimpleNamespace) -> SimpleNamespace:  # noqa: F811
    """The crew, the types that ship, and two fields of tickets."""
    with desk.database.transaction() as session:
        ensure_types(session)
        session.add(Field(key="serial", label={"zh": "序列号", "en": "Serial"}, kind=Kind.LINE))
        session.add(Field(key="bought", label={"zh": "购买日期", "en": "Bought"}, kind=Kind.DATE))
    return a_crew


@pytest.fixture
def generator(desk: Desk, crew: SimpleNamespace, visit: Any) -> Callable[..., str]:  # noqa: F811
    """`generator(ticket_id, {"Serial": ("required", "", 1)})`: makes the link; its path."""

    def make(ticket_id: int | None, chosen: dict[str, tuple[str, str, int]], **more: Any) -> str:
        boss = visit(crew.dispatcher)
        page = f"/tickets/{ticket_id}/once" if ticket_id else "/settings/forms/once"
        shown = boss.get(page, query_string={k: v for k, v in more.items() if k == "type"})
        labels = re.findall(r'<tr><td class="ld-keep">([^<]+)</td>\s*<td class="is-entry"><select', shown.text)
        data: dict[str, Any] = {"title_zh": "补充资料", "title_en": "Tell us more", "days": 3, **more}
        for label, (mode, value, order) in chosen.items():
            place = labels.index(label)
            data |= {f"mode_{place}": mode, f"order_{place}": order}
            data |= {f"value_{place}": value} if value is not None else {}
        answer = boss.post(page, data)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        found = re.search(r'value="[^"]*(/o/[^"]+)"', answer.text)
        assert found
        return found[1]

    return make


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def fill(phone: FlaskClient, path: str, values: dict[str, str]) -> Any:
    page = phone.get(path)
    assert page.status_code == 200, page.text
    key = re.search(r'name="__key" value="([^"]+)"', page.text)
    assert key
    return phone.post(path, data={"__key": html.unescape(key[1]), **values})


def said(page: str) -> str:
    """What a page says to people."""
    return page[page.index("<main") : page.index("</main>")]


def only(desk: Desk) -> OneTimeLink:
    with desk.reading() as session:
        return session.scalars(select(OneTimeLink)).one()


def test_a_link_opens_a_ticket_once(
    desk: Desk, generator: Callable[..., str], phone: FlaskClient
) -> None:
    path = generator(
        None,
        {
            "Title": ("required", "", 2), "Your words": ("open", "", 3), "Name": ("shown", "王芳", 1),
            "Mobile": ("required", "", 4), "Serial": ("open", "A-7", 5), "Bought": ("open", "2026年5月1日", 6),
        },
    )  # fmt: skip
    token = path.removeprefix("/o/")
    assert token not in only(desk).token_hash
    page = phone.get(path).text
    assert page.index("王芳") < page.index('name="title"') < page.index('name="fields.serial"')
    assert 'value="A-7"' in page
    assert "<script" not in page
    missing = fill(phone, path, {"title": "", "contact.phone": "13800138000"})
    assert missing.status_code == 422
    sent = fill(
        phone,
        path,
        {
            "title": "打印机坏了", "text": "三楼", "contact.name": "不是我", "contact.phone": "13800138000",
            "fields.serial": "B-8", "fields.bought": "2026-05-02",
        },
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    assert "/t/" in sent.headers["Location"]
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.title, ticket.channel) == ("打印机坏了", "form")
        assert ticket.contact is not None
        assert ticket.contact.name == "王芳"  # what is only shown cannot be sent otherwise
        assert values_of(session, [ticket.id])[ticket.id] == {"serial": "B-8", "bought": "2026-05-02"}
    for again in (phone.get(path), phone.post(path, data={})):
        assert again.status_code == 410
        assert "This link was used already" in again.text
        assert ticket.number not in again.text
    with desk.reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 1
    assert all(kept["value"] is None for kept in only(desk).fields)


def test_a_link_from_a_ticket_answers_there(
    desk: Desk,
    crew: SimpleNamespace,
    generator: Callable[..., str],
    phone: FlaskClient,
    mailed: Any,  # noqa: F811
    visit: Any,  # noqa: F811
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        set_values(session, desk, session.get_one(Ticket, ticket.id), {"serial": "旧"}, actor=SYSTEM)
        match_or_create(session, phone="13900139000", name="别人")
    chosen = {
        "Serial": ("required", None, 1), "Name": ("open", None, 2), "Mobile": ("open", "", 3),
        "Landline": ("open", "", 4), "Note": ("open", "", 5),
    }  # fmt: skip
    hearing(desk, "ticket.link_answered", "answered", STARTS)
    path = generator(ticket.id, chosen)
    sent = fill(
        phone,
        path,
        {
            "fields.serial": "新-1", "contact.name": "韩梅梅", "contact.phone": "021-88881234",
            "contact.landline": "13900139000", "contact.note": "下午在",
        },
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    assert phone.get(sent.headers["Location"]).status_code == 200
    with desk.reading() as session:
        kept = session.get_one(Ticket, ticket.id)
        assert values_of(session, [kept.id])[kept.id] == {"serial": "新-1"}
        contact = session.get_one(Contact, kept.contact_id)
        assert (contact.name, contact.note) == ("韩梅梅", "下午在")
        # somebody else's number stays theirs; the trail has it
        assert {a.value for a in contact.addresses} == {"han@acme.cn", "+862188881234"}
        line = session.scalars(select(TrailEntry).where(TrailEntry.action == "link_answered")).one()
        assert "新-1" in line.remark
        assert "13900139000" in line.remark
    (told,) = [job for job in jobs(desk) if job["name"] == "ticket.link_answered" and job.get("starts")]
    keys = {"fields.serial", "contact.name", "contact.phone", "contact.landline", "contact.note"}
    assert (told["payload"]["ticket_id"], set(told["payload"]["fields"])) == (ticket.id, keys)
    assert "filled in the form of a one-time link" in visit(crew.dispatcher).get(f"/tickets/{ticket.id}").text


def test_links_expire_are_withdrawn_and_tell_strangers_nothing(
    desk: Desk,
    crew: SimpleNamespace,
    generator: Callable[..., str],
    phone: FlaskClient,
    mailed: Any,  # noqa: F811
    visit: Any,  # noqa: F811
) -> None:
    ticket = mailed()
    path = generator(ticket.id, {"Your words": ("required", "", 1)})
    boss = visit(crew.dispatcher)
    boss.get(f"/tickets/{ticket.id}/once")
    withdraw = f"/tickets/{ticket.id}/once/{only(desk).id}/withdraw"
    assert boss.post(f"/settings/forms/once/{only(desk).id}/withdraw").status_code == 404
    assert boss.post(withdraw).status_code == 303
    assert "used or withdrawn before" in boss.get(boss.post(withdraw).headers["Location"]).text
    gone, stranger = phone.get(path), phone.get("/o/nothing-of-ours")
    assert (gone.status_code, said(gone.text)) == (stranger.status_code, said(stranger.text))
    assert "This link does not work any more" in said(gone.text)
    with desk.database.transaction() as session:
        session.execute(
            update(OneTimeLink).values(withdrawn_at=None, expires_at=utc_now() - timedelta(minutes=1))
        )
    assert phone.get(path).status_code == 410
    assert "expired" in boss.get(f"/tickets/{ticket.id}/once").text
    with desk.reading() as session:
        noted = select(AuditEntry.action).where(AuditEntry.subject.like("one_time_link:%"))
        actions = set(session.scalars(noted))
    assert actions == {"link_made", "link_withdrawn"}


def test_a_generator_says_what_is_wrong(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Any  # noqa: F811
) -> None:
    boss = visit(crew.dispatcher)
    boss.get("/settings/forms/once")
    good = {"title_zh": "a", "days": 3, "mode_0": "open"}
    for wrong, words in (
        ({"mode_0": ""}, "Choose at least one field."), ({"mode_0": "shown"}, "Leave something to be filled in."),
        ({"days": 0}, "1 to 90 days."), ({"title_zh": " "}, "Give it a title."),
    ):  # fmt: skip
        answer = boss.post("/settings/forms/once", good | wrong)
        assert answer.status_code == 422
        assert words in answer.text
    assert visit(crew.lilei).get("/settings/forms/once").status_code == 403
    complaint = boss.get("/settings/forms/once?type=complaint").text
    basic = boss.get("/settings/forms/once").text
    # each type's own request form is offered
    assert complaint.count('name="mode_') != basic.count('name="mode_')


def test_sending_too_often_and_from_elsewhere_is_refused(
    desk: Desk, generator: Callable[..., str], phone: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = generator(None, {"Your words": ("open", "", 1)})
    assert phone.post(path, data={"text": "x"}).status_code == 400
    assert fill(phone, path, {"text": "x", "__website": "spam"}).status_code == 422
    monkeypatch.setitem(rate.PER_HOUR, "form", 0)
    assert fill(phone, path, {"text": "x"}).status_code == 429
    assert only(desk).used_at is None


def test_a_diagram_makes_a_link(desk: Desk, crew: SimpleNamespace, mailed: Any, phone: FlaskClient) -> None:  # noqa: F811
    ticket = mailed()
    operator = operators["form.link"]
    with desk.database.transaction() as session:
        step = Step(session, SYSTEM, ticket.instance_id, "Task_1", {"zh": "问", "en": "Ask"}, {}, utc_now(), desk)
        given = operator.check_arguments(
            {"ticket_id": ticket.id, "fields": ["contact.name=", "fields.serial!", "text"]}
        )
        made = operator.function(step, **given)
        with pytest.raises(OperatorError, match="nothing"):
            operator.function(step, ticket_id=ticket.id, fields=["nothing"])
    path = made["link"].removeprefix(desk.settings.public_url.rstrip("/"))
    page = phone.get(path).text
    assert "韩梅" in page
    assert fill(phone, path, {"text": "x"}).status_code == 422
    with desk.database.transaction() as session:
        erase_links(session, desk.storage, list(session.scalars(select(Message))))
    assert all(kept["value"] is None for kept in only(desk).fields)
    assert "韩梅" not in phone.get(path).text


def test_a_table_is_filled_in_by_the_customer_row_by_row(
    desk: Desk, crew: SimpleNamespace, mailed: Any, generator: Callable[..., str], phone: FlaskClient,  # noqa: F811
) -> None:  # fmt: skip
    with desk.database.transaction() as session:
        settings = FieldSettings({"zh": "商品", "en": "Products"}, Kind.TABLE, columns=PRODUCTS)
        create_field(session, "products", settings, actor=SYSTEM)
    ticket = mailed()
    toner = {"title": "墨盒", "product_price": 120.5, "product_num": 2}
    with desk.database.transaction() as session:
        set_values(session, desk, session.get_one(Ticket, ticket.id), {"products": [toner]}, actor=SYSTEM)
    path = generator(ticket.id, {"Products": ("required", None, 1)})
    page = phone.get(path).text
    assert 'name="fields.products.0.title"' in page
    assert 'value="墨盒"' in page
    first = {f"fields.products.0.{key}": str(cell) for key, cell in toner.items()}
    added = fill(phone, path, {**first, "__action": "add:fields.products"})
    assert added.status_code == 200
    assert 'name="fields.products.1.title"' in added.text
    assert "invalid-feedback" not in said(added.text)
    assert fill(phone, path, {}).status_code == 422  # a row is needed
    second = {"fields.products.1.title": "硒鼓", "fields.products.1.product_price": "300"}
    wrong = fill(phone, path, {**first, **second})
    assert wrong.status_code == 422
    assert "Entry 2 · Number" in wrong.text
    assert fill(phone, path, {**first, **second, "fields.products.1.product_num": "1"}).status_code == 303
    with desk.reading() as session:
        rows = values_of(session, [ticket.id])[ticket.id]["products"]
        assert [row["product_sum"] for row in rows] == [241, 300]
