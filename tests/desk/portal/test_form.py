"""The public form: shown in both languages, checked on the server, sent once, never losing a word."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select, update

from desk.application import Desk
from desk.contacts.models import Contact
from desk.fields.operations import FieldSettings, create_field
from desk.fields.values import values_of
from desk.portal import page_keys, rate
from desk.portal.models import FormLink, PortalUse
from desk.tickets.models import Attachment, Ticket
from desk.tickets.types import ensure_types, type_by_key
from engine.actors import SYSTEM
from engine.errors import DiagramError
from tests.desk.portal.conftest import FILLED, PNG, Customer, Office, hidden, picture

SIZE_LIMIT = 100 * 1024  # bytes of a page without its style sheet


def test_the_form_speaks_the_readers_language(customer: Customer, english: Customer) -> None:
    chinese, other = customer.get("/f/request").text, english.get("/f/request").text
    assert '<html lang="zh-' in chinese
    assert "提交服务请求" in chinese
    assert "您的姓名" in chinese
    assert "Ask for help" in other
    assert "Your name" in other
    assert "您的姓名" not in other


def test_the_language_can_be_asked_for_by_address_without_cookies(customer: Customer) -> None:
    shown = customer.get("/f/request?lang=en")
    assert "Your name" in shown.text
    assert 'action="/f/request?lang=en"' in shown.text
    sent = customer.post("/f/request?lang=en", {"__key": hidden(shown.text, "__key")})
    assert "Please fill this in." in sent.text
    assert 'href="/f/request?lang=zh_CN"' in sent.text


def test_the_page_is_small_and_runs_no_script(customer: Customer) -> None:
    answer = customer.get("/f/request")
    assert len(answer.data) < SIZE_LIMIT
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.cache_control.private
    assert "Set-Cookie" not in answer.headers


def test_a_filled_form_becomes_a_ticket_and_a_way_back(customer: Customer, office: Office) -> None:
    answer = customer.submit({**FILLED, "photos": picture()})
    assert answer.status_code == 303
    ticket = office.ticket()
    assert (ticket.title, ticket.state, ticket.channel) == ("打印机坏了", "pending", "form")
    assert ticket.form_data["kind"] == "fault"
    assert ticket.form_data["photos"] == ["照片.png"]
    assert ticket.form_key == "request"
    message = office.messages()[0]
    assert message.text == FILLED["text"]
    assert message.author["kind"] == "contact"
    assert message.author["id"] == ticket.contact_id
    with office.desk.reading() as session:
        contact = session.get_one(Contact, ticket.contact_id)
        file = session.scalars(select(Attachment)).one()
    assert (contact.name, contact.locale) == ("王芳", "zh_CN")
    assert file.content_type == "image/png"
    assert file.sha256 == hashlib.sha256(PNG).hexdigest()
    thanks = customer.get(answer.location)
    assert ticket.number in thanks.text
    assert f'href="{office.tracking().rpartition(".")[0].rpartition(".")[0]}' in thanks.text
    assert customer.get(answer.location.removesuffix("/received")).status_code == 200


def test_a_new_customer_is_written_to_in_the_language_of_the_form(
    english: Customer, office: Office
) -> None:
    english.submit({**FILLED, "name": "Anna Schmidt", "mail": "anna@example.com", "phone": ""})
    with office.desk.reading() as session:
        assert session.get_one(Contact, office.ticket().contact_id).locale == "en"


def test_what_is_wrong_comes_back_filled_with_words_at_the_field(
    customer: Customer, english: Customer, office: Office
) -> None:
    wrong = {
        **FILLED,
        "mail": "nonsense",
        "kind": "bribe",
        "title": "",
        "extra": "x",
        "__admin": "1",
    }
    for reader, words in (
        (customer, ["有 3 处需要修改", "邮箱地址不正确", "请填写此项。", "该选项不可用"]),
        (
            english,
            ["3 entries need your attention", "not an e-mail address", "Please fill this in."],
        ),
    ):
        answer = reader.submit(wrong)
        assert answer.status_code == 422
        for expected in words:
            assert expected in answer.text
        assert 'value="nonsense"' in answer.text
        assert "三楼的打印机一直卡纸。" in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert office.tickets() == 0
    assert office.messages() == []


def test_fields_that_the_form_does_not_have_are_left_out(
    customer: Customer, office: Office
) -> None:
    customer.submit({**FILLED, "priority": "urgent", "state": "ended"})
    ticket = office.ticket()
    assert (ticket.priority, ticket.state) == ("normal", "pending")
    assert set(ticket.form_data) == {"name", "mail", "phone", "kind", "title", "text", "photos"}


def test_what_customers_write_is_never_markup(customer: Customer, office: Office) -> None:
    attack = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    came_back = customer.submit({**FILLED, "text": attack, "mail": attack})
    assert attack not in came_back.text
    assert "&lt;script&gt;" in came_back.text
    path = customer.request(text=attack, title=attack, name=attack)
    for page in (path, f"{path}/received"):
        assert "<script>alert" not in customer.get(page).text
        assert "<img src=x" not in customer.get(page).text


def test_a_file_of_30_mb_is_refused_at_its_field_and_nothing_is_kept(
    customer: Customer, office: Office
) -> None:
    large = picture("large.png", 30 * 1024 * 1024)
    answer = customer.submit({**FILLED, "photos": [picture("small.png"), large]})
    assert answer.status_code == 422
    assert "large.png" in answer.text
    assert "25 MB" in answer.text
    assert FILLED["title"] in answer.text
    assert office.tickets() == 0
    assert not any((office.desk.settings.data_dir / "files").glob("??/??/*"))


@pytest.mark.parametrize("name", ["virus.exe", "holiday.png.scr", "run.bat"])
def test_programs_are_refused(customer: Customer, office: Office, name: str) -> None:
    answer = customer.submit({**FILLED, "photos": (BytesIO(b"MZ" + b"\0" * 99), name)})
    assert answer.status_code == 422
    assert name in answer.text
    assert office.tickets() == 0


def test_a_program_dressed_as_a_picture_is_refused(customer: Customer, office: Office) -> None:
    answer = customer.submit({**FILLED, "photos": (BytesIO(b"MZ" + b"\0" * 99), "photo.png")})
    assert answer.status_code == 422
    assert office.tickets() == 0


def test_a_body_beyond_all_bounds_is_told_so(
    customer: Customer, app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1024 * 1024)
    answer = customer.submit({**FILLED, "photos": picture(size=2 * 1024 * 1024)})
    assert answer.status_code == 413
    assert office.tickets() == 0


def test_sent_twice_is_sent_once(customer: Customer, office: Office) -> None:
    values = {**FILLED, "__key": customer.key("/f/request")}
    first = customer.post("/f/request", {**values, "photos": picture()})
    second = customer.post("/f/request", {**values, "photos": picture()})
    number = office.ticket().number
    assert office.tickets() == 1
    assert len(office.messages()) == 1
    assert number in customer.get(first.location).text
    assert number in customer.get(second.location).text


def test_clicked_twice_at_once_is_sent_once(customer: Customer, office: Office) -> None:
    values = {**FILLED, "__key": customer.key("/f/request")}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: customer.post("/f/request", values), range(4)))
    assert [a.status_code for a in answers] == [303] * 4
    assert office.tickets() == 1


def test_gone_back_and_changed_is_another_request(customer: Customer, office: Office) -> None:
    key = customer.key("/f/request")
    customer.post("/f/request", {**FILLED, "__key": key})
    customer.post("/f/request", {**FILLED, "title": "空调也坏了", "__key": key})
    assert office.tickets() == 2


@pytest.mark.parametrize("key", ["", "nonsense", "other page", "old"])
def test_a_page_that_is_not_ours_comes_back_filled(
    customer: Customer, office: Office, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    settings = office.desk.settings
    if key == "other page":
        key = page_keys.new_page_key(settings, "ticket:1")
    elif key == "old":
        key = page_keys.new_page_key(settings, "form:request")
        monkeypatch.setattr(page_keys, "LIFETIME", timedelta(seconds=-1))
    answer = customer.post("/f/request", {**FILLED, "__key": key})
    assert answer.status_code == 400
    assert "页面打开时间过长" in answer.text
    assert FILLED["title"] in answer.text
    assert office.tickets() == 0
    monkeypatch.undo()
    again = customer.post("/f/request", {**FILLED, "__key": hidden(answer.text, "__key")})
    assert again.status_code == 303


def test_another_site_cannot_send_it(customer: Customer, office: Office) -> None:
    values = {**FILLED, "__key": customer.key("/f/request")}
    answer = customer.post("/f/request", values, **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert office.tickets() == 0
    answer = customer.post(
        "/f/request", values, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    )
    assert answer.status_code == 303


def test_the_trap_for_programs_costs_a_person_one_more_click(
    customer: Customer, office: Office
) -> None:
    answer = customer.submit({**FILLED, "__website": "https://spam.example"})
    assert answer.status_code == 422
    assert FILLED["title"] in answer.text
    assert "spam.example" not in answer.text
    assert office.tickets() == 0
    assert (
        customer.post("/f/request", {**FILLED, "__key": hidden(answer.text, "__key")}).status_code
        == 303
    )


def test_one_network_can_send_so_much_an_hour(
    customer: Customer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rate.PER_HOUR, "form", 2)
    for number in range(2):
        assert customer.submit({**FILLED, "title": f"第 {number} 个"}).status_code == 303
    refused = customer.submit({**FILLED, "title": "第三个"})
    assert refused.status_code == 429
    assert "第三个" in refused.text
    assert "60 分钟后" in refused.text
    assert office.tickets() == 2
    with office.desk.database.transaction() as session:
        use = session.scalars(select(PortalUse)).one()
        assert "127.0.0.1" not in use.key
        use.since = use.since - timedelta(hours=1)
    assert customer.submit({**FILLED, "title": "第三个"}).status_code == 303


def test_wrong_entries_do_not_count(customer: Customer, office: Office) -> None:
    customer.submit({**FILLED, "mail": "nonsense"})
    with office.desk.reading() as session:
        assert session.scalars(select(PortalUse)).all() == []


def test_a_closed_form_says_so(customer: Customer, office: Office, desk: Desk) -> None:
    key = customer.key("/f/request")
    with desk.database.transaction() as session:
        session.execute(update(FormLink).values(active=False))
    shown = customer.get("/f/request")
    assert shown.status_code == 410
    assert "该表单已关闭" in shown.text
    assert customer.post("/f/request", {**FILLED, "__key": key}).status_code == 410
    assert customer.get("/f/request/qr.svg").status_code == 404
    assert office.tickets() == 0


def test_an_unknown_form_is_not_there(customer: Customer) -> None:
    missing = customer.get("/f/nothing")
    assert missing.status_code == 404
    assert "default-src 'none'" in missing.headers["Content-Security-Policy"]
    assert "<script" not in missing.text, "the policy of customers' pages lets none run"
    assert 'href="/f/request' in missing.text, "and a way on"
    assert customer.get("/f/nothing/qr.svg").status_code == 404


@pytest.mark.parametrize("form_key", ["no-such-form", "dispatch"])
def test_a_form_that_is_not_for_the_public_is_not_shown(
    customer: Customer, desk: Desk, form_key: str
) -> None:
    """`dispatch` lists the desk's teams and people."""
    with desk.database.transaction() as session:
        session.execute(update(FormLink).values(form_key=form_key))
    answer = customer.get("/f/request")
    assert answer.status_code == 503
    assert "一线支持" not in answer.text


def test_when_no_process_takes_it_nothing_is_lost(
    customer: Customer, office: Office, desk: Desk
) -> None:
    with desk.database.transaction() as session:
        session.execute(update(FormLink).values(message="form.nobody"))
    answer = customer.submit()
    assert answer.status_code == 503
    assert FILLED["title"] in answer.text
    assert office.messages() == []


def test_when_the_diagram_fails_nothing_is_lost_or_half_done(
    customer: Customer, office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DiagramError("register", "no such operator")

    key = customer.key("/f/request")
    with monkeypatch.context() as patch:
        patch.setattr(desk.engine, "message", fail)
        answer = customer.post("/f/request", {**FILLED, "__key": key, "photos": picture()})
    assert answer.status_code == 503
    assert FILLED["text"].partition("\n")[0] in answer.text
    assert "请重新选择文件" in answer.text
    assert "no such operator" not in answer.text
    assert office.messages() == []
    with desk.reading() as session:
        assert session.scalars(select(Contact)).all() == []
    again = {**FILLED, "__key": hidden(answer.text, "__key")}
    assert customer.post("/f/request", again).status_code == 303


def test_the_qr_code_is_a_picture_of_the_address(customer: Customer) -> None:
    answer = customer.get("/f/request/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "<svg" in answer.text
    assert "http://desk.test/f/request" in answer.text  # its title
    saved = customer.get("/f/request/qr.svg?download")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="request.svg"'


def test_required_fields_are_asked_for_where_the_type_says_so(
    customer: Customer, office: Office, desk: Desk
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
        for key, more in (
            ("room", {"required": True}), ("note", {}), ("inner", {"required": True, "held": "customers"}),
            ("title", {"required": True}),
        ):  # fmt: skip
            create_field(session, key, FieldSettings({"zh": f"字段{key}"}, **more), actor=SYSTEM)
    assert 'name="fields.room"' not in customer.get("/f/request").text
    with desk.database.transaction() as session:
        basic = type_by_key(session, "basic")
        assert basic is not None
        basic.asks_fields = True
    page = customer.get("/f/request").text
    assert "字段room" in page
    assert page.count('name="fields.') == 1, "only what is required, a customer's to say and not asked already"
    answer = customer.submit(FILLED)
    assert answer.status_code == 422
    assert "字段room" in answer.text
    assert customer.submit({**FILLED, "fields.room": "3-12"}).status_code == 303
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert values_of(session, [ticket.id])[ticket.id] == {"room": "3-12", "title": FILLED["title"]}
