"""The tracking page: what it shows and hides in every state, a word more, the rating, links that do not work."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import select, update
from structlog.testing import capture_logs

from desk.portal import rate
from desk.portal.tracking import read_token, shortened, tracking_token, tracking_url
from desk.settings import Settings
from desk.tickets.models import Attachment, Ticket, TrailEntry
from tests.desk.portal.conftest import PNG, Customer, Office, hidden, picture

SETTINGS = Settings(secret_key="a secret that only tests know", public_url="https://desk.test/")


# -- the token --------------------------------------------------------------------------------------------------------


def test_a_token_leads_to_its_ticket_only() -> None:
    token = tracking_token(SETTINGS, 7)
    assert read_token(SETTINGS, token) == 7
    assert tracking_url(SETTINGS, 7).startswith("https://desk.test/t/")
    assert read_token(replace(SETTINGS, secret_key="another secret"), token) is None
    assert read_token(SETTINGS, token[:-1]) is None
    assert read_token(SETTINGS, "") is None
    assert read_token(SETTINGS, "工单") is None


def test_a_token_made_for_something_else_is_none_of_ours() -> None:
    other = URLSafeTimedSerializer(SETTINGS.secret_key, salt="reply").dumps(7)
    assert read_token(SETTINGS, str(other)) is None
    text = URLSafeTimedSerializer(SETTINGS.secret_key, salt="tracking").dumps("7")
    assert read_token(SETTINGS, str(text)) is None


def test_a_token_ends_with_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    token = tracking_token(SETTINGS, 7)
    later = datetime.now(UTC) + timedelta(days=SETTINGS.tracking_days)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(later.timestamp()) - 60)
    assert read_token(SETTINGS, token) == 7
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(later.timestamp()) + 60)
    assert read_token(SETTINGS, token) is None


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/t/abcdefghijkl", "/t/abcdef…"),
        ("/t/abcdefghijkl/received", "/t/abcdef…/received"),
        ("/t/abcdefghijkl/no/such/page", "/t/abcdef…/no/such/page"),
        ("/tickets/7", "/tickets/7"),
        ("/f/t/x", "/f/t/x"),
    ],
)
def test_a_log_cannot_open_the_page(path: str, logged: str) -> None:
    assert shortened(path) == logged


def test_no_log_line_holds_the_token(customer: Customer, office: Office, app: Flask) -> None:
    path = customer.request()
    token = path.removeprefix("/t/")
    with capture_logs() as lines:
        customer.get(path)
        customer.get(f"{path}/received")
        customer.get(f"{path}/no/such/page")
        customer.post(f"{path}/received", {})
        customer.write(path, "还有一件事")
    assert len(lines) > 5
    assert token not in str(lines)
    assert f"/t/{token[:6]}…" in str(lines)


def test_a_failure_does_not_log_the_token(
    customer: Customer,
    office: Office,
    app: Flask,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = customer.request()
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setattr("desk.portal.pages.tracking.progress", lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR):
        assert customer.get(path).status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert path.removeprefix("/t/") not in caplog.text


# -- links that do not work -------------------------------------------------------------------------------------------


def test_every_link_that_is_no_good_gets_the_same_answer(
    customer: Customer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = customer.request()
    never = f"/t/{tracking_token(office.desk.settings, 999_999)}"
    other = "A" if path[-2] != "A" else "B"  # of the last character only four bits count
    altered = [path[:-2] + other + path[-1], path + "x", "/t/x", f"{path[:-1]}/received"]
    answers = [customer.get(address) for address in [never, *altered]]
    later = datetime.now(UTC) + timedelta(days=office.desk.settings.tracking_days + 1)
    with monkeypatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: int(later.timestamp()))
        answers += [customer.get(path), customer.get(f"{path}/received")]
        answers += [
            customer.get(f"{path}/files/1/photo.png"),
            customer.post(path, {"act": "write"}),
        ]
    assert {answer.status_code for answer in answers} == {404}
    pages = {answer.text.partition("<main")[2].partition("</main>")[0] for answer in answers}
    assert len(pages) == 1
    assert "该链接已失效" in pages.pop()
    assert customer.get(path).status_code == 200


def test_a_deleted_ticket_answers_as_if_it_had_never_been(
    customer: Customer, office: Office
) -> None:
    path = customer.request()
    with office.desk.database.transaction() as session:
        session.scalars(select(Ticket)).one().deleted_at = datetime.now(UTC)
    never = f"/t/{tracking_token(office.desk.settings, 999_999)}"
    answers = [
        customer.get(never),
        customer.get(path),
        customer.get(f"{path}/received"),
        customer.post(path, {"act": "write", "text": "还在吗？"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    pages = {answer.text.partition("<main")[2].partition("</main>")[0] for answer in answers}
    assert len(pages) == 1
    assert "该链接已失效" in pages.pop()


def test_a_refused_token_is_looked_up_all_the_same(customer: Customer, office: Office) -> None:
    """So that the time it takes does not tell a good signature from a bad one."""
    from sqlalchemy import event

    def statements(path: str) -> int:
        seen: list[str] = []

        def note(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(office.desk.database.engine, "before_cursor_execute", note)
        customer.get(path)
        event.remove(office.desk.database.engine, "before_cursor_execute", note)
        return len([s for s in seen if s.startswith("SELECT")])

    never = f"/t/{tracking_token(office.desk.settings, 999_999)}"
    assert statements("/t/altered") == statements(never) > 0


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_every_state_in_the_customers_words(
    customer: Customer, english: Customer, office: Office
) -> None:
    path = customer.request()

    def shows(chinese: str, other: str) -> None:
        assert chinese in customer.get(path).text
        assert other in english.get(path).text

    shows("我们正在为您安排处理人员", "We are finding the right person")
    office.do("dispatch", team=office.team_id)
    shows("已交给一线支持", "一线支持 has it and will start soon")
    office.do("return", return_reason="客户脾气不好")
    shows("正在重新安排", "Looking for the right person")
    assert "客户脾气不好" not in customer.get(path).text
    office.do("dispatch", person=office.agent.id)
    shows("已交给李明", "李明 has it")
    office.do("accept")
    shows("李明正在处理", "李明 is working on it")
    office.do("finish", solution="已更换搓纸轮。")
    shows("已处理完毕", "It is done.")
    shows("已更换搓纸轮。", "已更换搓纸轮。")


def test_a_cancelled_request_is_told_kindly_and_without_reasons(
    customer: Customer, english: Customer, office: Office
) -> None:
    path = customer.request()
    office.do("cancel", dispatch_remark="重复提交，烦人")
    page = customer.get(path).text
    assert "该请求已取消" in page
    assert "烦人" not in page
    assert 'href="/f/request"' in page
    assert "<textarea" not in page
    assert "This request was cancelled" in english.get(path).text


def test_four_steps_with_their_times(customer: Customer, office: Office) -> None:
    path = customer.request()
    before = customer.get(path).text
    assert before.count('<li class="is-now"') == 1
    assert before.count('<li class="is-next"') == 3
    office.finish()
    after = customer.get(path).text.partition('class="ld-progress"')[2].partition("</ol>")[0]
    for label in ("已提交", "已派发", "处理中", "已结束"):
        assert label in after
    assert after.count("<time") == 4
    assert after.count('class="is-done"') == 4


def test_a_deadline_is_told_while_the_ticket_is_open(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.do("dispatch", person=office.agent.id, dispatch_deadline="2031-05-04T09:30:00+08:00")
    assert "2031/5/4 09:30" in customer.get(path).text
    office.do("accept")
    office.do("finish", solution="")
    assert "2031/5/4" not in customer.get(path).text


def test_the_conversation_is_the_public_one(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.say("reply", "请问打印机是什么型号？ http://help.example/model <b>")
    office.say("note", "这个客户总是忘记加纸")
    page = customer.get(path).text
    assert "请问打印机是什么型号？" in page
    assert "&lt;b&gt;" in page
    assert 'href="http://help.example/model"' in page
    assert "李明" in page
    assert "这个客户总是忘记加纸" not in page
    assert "三楼的打印机一直卡纸。" in page
    assert "wangfang@example.com" not in page


def test_earlier_messages_are_a_page_away(customer: Customer, office: Office) -> None:
    path = customer.request(text="最早的一句")
    for number in range(50):
        office.say("reply", f"回复 {number}")
    page = customer.get(path).text
    assert "最早的一句" not in page
    earlier = page.partition('class="btn" href="')[2].partition('"')[0]
    assert "before=" in earlier
    assert "最早的一句" in customer.get(earlier).text
    for nonsense in ("before=x", "before=-1", f"before={10**30}"):
        assert customer.get(f"{path}?{nonsense}").status_code == 200


def test_the_page_is_private_small_and_without_script(customer: Customer) -> None:
    answer = customer.get(customer.request())
    assert answer.cache_control.private
    assert not answer.cache_control.public
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert len(answer.data) < 100 * 1024


def test_the_language_link_comes_back_to_the_page(customer: Customer) -> None:
    path = customer.request()
    page = customer.post(path, {"act": "write", "text": ""})
    assert f'href="{path}?lang=en"' in page.text
    assert "Add something" in customer.get(f"{path}?lang=en").text


# -- files ------------------------------------------------------------------------------------------------------------


def test_files_of_public_messages_can_be_had(customer: Customer, office: Office) -> None:
    path = customer.request(
        photos=[picture("照片.png"), (BytesIO(b"<svg onload=alert(1)>"), "x.svg")]
    )
    office.settle()
    page = customer.get(path).text
    links = [part.partition('"')[0] for part in page.split('class="ld-file" href="')[1:]]
    assert len(links) == 1 or len(links) == 2
    shown = customer.get(links[0])
    assert shown.data == PNG
    assert shown.mimetype == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.cache_control.private
    assert not shown.cache_control.public


def test_anything_but_a_picture_is_saved_not_shown(customer: Customer, office: Office) -> None:
    path = customer.request(photos=(BytesIO(b"<script>alert(1)</script>"), "page.txt"))
    link = customer.get(path).text.partition('class="ld-file" href="')[2].partition('"')[0]
    answer = customer.get(link)
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_of_notes_and_of_other_tickets_cannot_be_had(
    customer: Customer, office: Office
) -> None:
    path = customer.request(photos=picture())
    other = customer.request(title="别人的工单", mail="other@example.com", phone="")
    with office.desk.reading() as session:
        number = session.query(Attachment.id).scalar()
    assert customer.get(f"{path}/files/{number}/x.png").status_code == 200
    assert customer.get(f"{other}/files/{number}/x.png").status_code == 404
    with office.desk.database.transaction() as session:
        file = session.get_one(Attachment, number)
        file.message.kind = "note"
    assert customer.get(f"{path}/files/{number}/x.png").status_code == 404
    assert customer.get(f"{path}/files/{10**30}/x.png").status_code == 404


# -- a word more ------------------------------------------------------------------------------------------------------


def test_a_word_more_with_a_photo(customer: Customer, office: Office) -> None:
    path = customer.request()
    answer = customer.write(path, "补充一张照片", files=picture("补充.png"))
    assert answer.status_code == 303
    page = customer.get(answer.location).text
    assert "已收到，谢谢。" in page
    assert "补充一张照片" in page
    assert "补充.png" in page
    message = office.messages()[-1]
    assert (message.kind, message.channel) == ("customer", "tracking")
    assert message.author["id"] == office.ticket().contact_id
    assert message.ticket_id == office.ticket().id


def test_a_file_alone_is_a_word(customer: Customer, office: Office) -> None:
    path = customer.request()
    assert customer.write(path, "", files=picture()).status_code == 303


def test_an_empty_or_endless_word_comes_back(
    customer: Customer, english: Customer, office: Office
) -> None:
    path = customer.request()
    empty = customer.write(path, "  \r\n ")
    assert empty.status_code == 422
    assert "请填写内容或选择文件" in empty.text
    long = english.write(path, "很" * 8001)
    assert long.status_code == 422
    assert "8001 characters; 8000 are allowed" in long.text
    assert "很" * 8001 in long.text
    assert len(office.messages()) == 1


def test_a_file_too_large_for_a_word_is_refused_with_the_words_kept(
    customer: Customer, office: Office
) -> None:
    path = customer.request()
    answer = customer.write(path, "见附件", files=picture("large.png", 30 * 1024 * 1024))
    assert answer.status_code == 422
    assert "large.png" in answer.text
    assert "见附件</textarea>" in answer.text
    assert "请重新选择文件" in answer.text
    assert len(office.messages()) == 1


def test_the_same_word_twice_is_filed_once(customer: Customer, office: Office) -> None:
    path = customer.request()
    values = {"act": "write", "text": "还在吗？", "__key": customer.key(path)}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: customer.post(path, values), range(3)))
    assert {a.status_code for a in answers} == {303}
    assert len(office.messages()) == 2
    assert customer.write(path, "还在吗？").status_code == 303  # a new page: meant again
    assert len(office.messages()) == 3


def test_a_word_from_a_foreign_page_comes_back(customer: Customer, office: Office) -> None:
    path = customer.request()
    answer = customer.post(path, {"act": "write", "text": "你好", "__key": "forged"})
    assert answer.status_code == 400
    assert "你好</textarea>" in answer.text
    key = hidden(answer.text, "__key")
    assert customer.post(path, {"act": "write", "text": "你好", "__key": key}).status_code == 303


def test_answering_an_ended_ticket_reopens_it(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.finish()
    assert "问题还没有解决？" in customer.get(path).text
    customer.write(path, "又卡纸了")
    office.settle()
    assert office.ticket().state == "processing"
    page = customer.get(path).text
    assert "李明正在处理" in page
    assert 'class="ld-rating"' not in page


def test_a_word_after_the_door_closed_is_kept_on_the_page(
    customer: Customer, office: Office
) -> None:
    path = customer.request()
    key = customer.key(path)
    office.do("cancel")
    answer = customer.post(path, {"act": "write", "text": "请等一下", "__key": key})
    assert answer.status_code == 409
    assert "没有发送" in answer.text
    assert "请等一下</textarea>" in answer.text
    assert 'href="/f/request"' in answer.text
    assert len(office.messages()) == 1


def test_one_network_can_write_so_much_an_hour(
    customer: Customer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rate.PER_HOUR, "tracking", 1)
    path = customer.request()
    assert customer.write(path, "一").status_code == 303
    refused = customer.write(path, "二")
    assert refused.status_code == 429
    assert "二</textarea>" in refused.text


# -- the rating -------------------------------------------------------------------------------------------------------


def test_stars_are_offered_when_the_diagram_waits_for_them(
    customer: Customer, office: Office
) -> None:
    path = customer.request()
    assert 'name="rating"' not in customer.get(path).text
    office.finish()
    assert 'name="rating"' in customer.get(path).text
    answer = customer.rate(path, 5, "很快，谢谢！")
    assert answer.status_code == 303
    ticket = office.ticket()
    assert (ticket.rating, ticket.rating_comment) == (5, "很快，谢谢！")
    assert "您给了 5 星" in customer.get(answer.location).text or "5 星" in customer.get(path).text


@pytest.mark.parametrize("stars", ["", "0", "6", "4.5", "five", "-1", "５"])
def test_stars_that_are_none_come_back_with_the_comment(
    customer: Customer, office: Office, stars: str
) -> None:
    path = customer.request()
    office.finish()
    answer = customer.rate(path, stars, "还行")
    assert answer.status_code == 422
    assert "请选择 1 至 5 星" in answer.text
    assert "还行</textarea>" in answer.text
    assert office.ticket().rating is None


def test_rating_twice_at_once_counts_once(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.finish()
    values = {"act": "rate", "rating": "4", "comment": "", "__key": customer.key(path)}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: customer.post(path, values), range(3)))
    assert {a.status_code for a in answers} == {303}
    with office.desk.reading() as session:
        assert session.query(TrailEntry).filter(TrailEntry.action == "rated").count() == 1


def test_a_rating_may_be_changed(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.finish()
    customer.rate(path, 2)
    assert "修改评价" in customer.get(path).text
    customer.rate(path, 5)
    assert office.ticket().rating == 5


def test_a_rating_that_comes_too_late_is_told_so(customer: Customer, office: Office) -> None:
    path = customer.request()
    office.finish()
    key = customer.key(path)
    with office.desk.database.transaction() as session:
        office.desk.engine.cancel(
            session, office.ticket().instance_id, actor=office.actor, reason="-"
        )
    answer = customer.post(path, {"act": "rate", "rating": "5", "__key": key})
    assert answer.status_code == 409
    assert "不能评价" in answer.text
    assert office.ticket().rating is None


def test_a_closed_ticket_leads_to_a_new_request(
    customer: Customer, english: Customer, office: Office
) -> None:
    path = customer.request()
    office.finish()
    customer.rate(path, 4)
    with office.desk.database.transaction() as session:
        office.desk.engine.cancel(
            session, office.ticket().instance_id, actor=office.actor, reason="-"
        )
    page = customer.get(path).text
    assert "该请求已关闭" in page
    assert 'href="/f/request"' in page
    assert "<textarea" not in page
    assert "This request is closed" in english.get(path).text


def test_a_ticket_without_a_customer_has_a_page_too(customer: Customer, office: Office) -> None:
    path = customer.request()
    with office.desk.database.transaction() as session:
        session.execute(update(Ticket).values(contact_id=None))
    assert customer.get(path).status_code == 200
    assert "请保存进度页面的网址" in customer.get(f"{path}/received").text
    assert customer.write(path, "还是我").status_code == 303
