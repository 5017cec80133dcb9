"""From a workbook to tickets: columns guessed, rows checked, opened once each, refused ones given back."""

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.background import operations as background
from desk.background.models import DONE, BackgroundJob
from desk.background.running import Running, work_due
from desk.contacts.models import Company, Contact
from desk.contacts.operations import create_company, match_or_create
from desk.fields.models import Dictionary, DictionaryEntry, Field, Kind
from desk.fields.values import values_of
from desk.imports import works
from desk.imports.models import ImportedRow, TicketImport
from desk.tickets.models import Ticket, TrailEntry

HEAD = ["标题*", "描述", "优先级", "联系人", "手机号", "公司名称", "截止时间", "受理人", "单号"]


@pytest.fixture
def send(crew: SimpleNamespace, visit: Any) -> Callable[..., Any]:
    """`send(workbook)`: the dispatcher uploads it; the browser and the address of the import."""

    def send(book: io.BytesIO, name: str = "工单.xlsx") -> Any:
        boss = visit(crew.dispatcher)
        boss.get("/tickets/import")
        sent = boss.post("/tickets/import", {"file": (book, name)})
        assert sent.status_code == 303, sent.text
        return boss, sent.headers["Location"]

    return send


def chosen(*keys: str, **more: str) -> dict[str, str]:
    return {f"column_{n}": key for n, key in enumerate(keys)} | {"header": "1", "skip_known": "1"} | more


KEYS = ("title", "text", "priority", "name", "phone", "company", "deadline", "person", "external")


def newest(desk: Desk) -> BackgroundJob:
    with desk.reading() as session:
        return session.scalars(
            select(BackgroundJob).order_by(BackgroundJob.created_at.desc())
        ).first() or pytest.fail("no work")


def test_a_workbook_becomes_tickets_and_wrong_rows_come_back(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any
) -> None:
    with desk.database.transaction() as session:
        known = match_or_create(session, phone="13900139000", name="老客户").id
        create_company(session, name="甲公司")
    boss, address = send(
        workbook(
            HEAD,
            ["打印机卡纸", "三楼", "紧急", "王芳", 13800138000, "甲公司", "2026年5月31日 18:00", "李雷", "A-1"],
            ["＝HYPERLINK(1)", None, None, "谁", "１３９ ００１３ ９０００", None, 46173.75, None, "A-2"],
            ["没有电话", None, "很急", "某人", "不是电话", None, "明天", "没人", "A-3"],
            ["同号", None, None, None, None, "乙公司", None, None, "A-1"],
        )
    )  # fmt: skip
    page = boss.get(address).text
    for words in ("4 rows.", "2 cannot be opened", "This is not a phone number.", "Low, Normal, High or Urgent.",
                  "This is not a date and time.", "Nobody of that name works on tickets.",
                  "Row 2 has the same number."):  # fmt: skip
        assert words in page
    started = boss.post(address, chosen(*KEYS, act="start"))
    assert started.status_code == 303
    assert boss.post(address, chosen(*KEYS, act="start")).headers["Location"].startswith("/background/")
    work_due(desk)
    job = newest(desk)
    assert (job.status, job.result["made"], job.result["failed"]) == (DONE, 2, 2)
    with desk.reading() as session:
        first, second = session.scalars(select(Ticket).order_by(Ticket.id))
        assert (first.title, first.priority, first.assignee_id) == ("打印机卡纸", "urgent", crew.lilei.id)
        assert first.deadline is not None
        assert first.deadline.isoformat() == "2026-05-31T10:00:00+00:00"
        assert first.contact is not None
        assert first.contact.company is not None
        assert (first.contact.name, first.contact.company.name) == ("王芳", "甲公司")
        assert (second.title, second.contact_id) == ("＝HYPERLINK(1)", known)
        assert second.deadline is not None
        assert second.deadline.isoformat() == "2026-05-31T10:00:00+00:00"
        assert session.scalar(select(func.count(Company.id))) == 1
        trail = session.scalars(select(TrailEntry.data).where(TrailEntry.action == "imported")).all()
        assert [line["row"] for line in trail] == [2, 3]
        logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "tickets_imported")).one()
        assert logged.new == {"path": "工单.xlsx", "tickets": 4}
        assert session.scalars(select(TicketImport.rows)).all() == [None]
    back = boss.get(f"/background/{job.id}/file")
    book = load_workbook(io.BytesIO(back.data))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == (*HEAD, "Why it was refused")
    assert rows[1][0] == "没有电话"
    assert "This is not a phone number." in rows[1][9]
    assert rows[2][8:] == ("A-1", "Row 2 has the same number.")
    # a row is mended in that file, and sent once more
    for place, text in (("C2", "高"), ("E2", "13700137000"), ("G2", None), ("H2", None)):
        book.active[place] = text
    again = io.BytesIO()
    book.save(again)
    again.seek(0)
    boss, address = send(again)
    boss.post(address, chosen(*KEYS, act="start"))
    work_due(desk)
    assert newest(desk).result["made"] == 1
    listed = boss.get("/tickets/import").text
    assert listed.count("工单.xlsx") == 2


def test_numbers_that_have_a_ticket_are_refused_by_choice(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any
) -> None:
    rows = (["标题", "单号"], ["一", "X1"])
    for settings, made in ((chosen("title", "external"), 1), (chosen("title", "external"), 0),
                           (chosen("title", "external", skip_known=""), 1)):  # fmt: skip
        boss, address = send(workbook(*rows))
        boss.post(address, settings)
        if not made:
            assert "There is a ticket already: WN-" in boss.get(address).text
        boss.post(address, {**settings, "act": "start"})
        work_due(desk)
        assert newest(desk).result["made"] == made
    with desk.reading() as session:
        number = session.scalars(select(Ticket.number)).first()
    boss, address = send(workbook(["标题", "单号"], ["二", number]))
    assert f"There is a ticket already: {number}" in boss.get(address).text


def test_columns_are_guessed_in_both_languages_and_chosen_by_hand(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any
) -> None:
    boss, address = send(workbook(["Subject", "E-Mail", "Nonsense", "标题"], ["a", "a@b.cn", "", ""]))
    with desk.reading() as session:
        assert session.scalars(select(TicketImport.mapping)).one() == ["title", "mail", "", ""]
    twice = boss.post(address, chosen("title", "mail", "title", ""))
    assert twice.status_code == 422
    assert "Two columns are “Title”." in twice.text
    without = boss.post(address, chosen("", "mail", "", "", act="start"))
    assert without.status_code == 422
    assert "Choose the column that holds the title." in without.text
    headless = {"column_0": "title", "act": "start", "skip_known": "1"}
    assert boss.post(address, headless).status_code == 303
    work_due(desk)
    with desk.reading() as session:
        assert set(session.scalars(select(Ticket.title))) == {"Subject", "a"}


def test_fields_of_the_desk_are_filled_by_their_rules(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any
) -> None:
    with desk.database.transaction() as session:
        kinds = Dictionary(key="device", title={"zh": "设备", "en": "Device"})
        session.add(kinds)
        session.flush()
        session.add_all(
            [
                DictionaryEntry(dictionary_id=kinds.id, key="printer", title={"zh": "打印机", "en": "Printer"}),
                Field(key="device", label={"zh": "设备", "en": "Device"}, kind=Kind.CHOICE, dictionary_id=kinds.id),
                Field(key="bought", label={"zh": "购买日期", "en": "Bought"}, kind=Kind.DATE),
                Field(key="amount", label={"zh": "金额", "en": "Amount"}, kind=Kind.DECIMAL),
                Field(key="serial", label={"zh": "序列号", "en": "Serial"}, kind=Kind.PATTERN, pattern="[A-Z]\\d{3}"),
                Field(key="urgent", label={"zh": "加急", "en": "Rush"}, kind=Kind.CHECK),
            ]
        )  # fmt: skip
    boss, address = send(
        workbook(
            ["标题", "设备", "购买日期", "金额", "序列号", "加急"],
            ["好", "打印机", 46173, "１，２００．５", "A123", "是"],
            ["坏", "飞机", "昨天", "很多", "123", "也许"],
        )
    )
    page = boss.get(address).text
    for words in ("There is no such value to choose.", "This is not a date and time.", "This is not a number.",
                  "Write yes or no."):  # fmt: skip
        assert words in page
    keys = ("title", *(f"fields.{key}" for key in ("device", "bought", "amount", "serial", "urgent")))
    boss.post(address, chosen(*keys, act="start"))
    work_due(desk)
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert values_of(session, [ticket.id])[ticket.id] == {
            "device": "printer", "bought": "2026-05-31", "amount": 1200.5, "serial": "A123", "urgent": True,
        }  # fmt: skip


def test_a_try_after_a_crash_makes_no_ticket_twice(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies behind the second commit; what was made stays, and the rest follows."""
    boss, address = send(workbook(["标题", "单号"], *([f"第{n}件", f"N{n}"] for n in range(5))))
    boss.post(address, chosen("title", "external", act="start"))
    tell = Running.progress

    def die(self: Running, done: int, *more: Any) -> None:
        if done == 2:
            raise RuntimeError("the worker died")
        tell(self, done, *more)

    with monkeypatch.context() as patched:
        patched.setattr(Running, "progress", die)
        work_due(desk)
    with desk.database.transaction() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 2
        assert background.again(session, session.scalars(select(BackgroundJob)).one())
    work_due(desk)
    assert newest(desk).result == {"made": 5, "failed": 0, "reasons": []}
    with desk.reading() as session:
        assert sorted(session.scalars(select(Ticket.title))) == [f"第{n}件" for n in range(5)]
        assert session.scalars(select(ImportedRow.row).order_by(ImportedRow.row)).all() == [2, 3, 4, 5, 6]


def test_who_may_import_and_whose_it_is(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any, visit: Any, make_user: Any
) -> None:
    assert visit(crew.lilei).get("/tickets/import").status_code == 403
    _boss, address = send(workbook(["标题"], ["一"]))
    other = visit(make_user("second", roles=["supervisor"]))
    assert other.get(address).status_code == 404
    boss = visit(crew.dispatcher)
    boss.get("/tickets/import")
    for data, words in (({}, "Choose a file."), ({"file": (io.BytesIO(b"MZ"), "a.xlsx")}, "program"),
                        ({"file": (io.BytesIO(b"PK"), "a.xlsx")}, "damaged")):  # fmt: skip
        refused = boss.post("/tickets/import", data)
        assert refused.status_code == 422
        assert words in refused.text


def test_the_template_is_read_back(desk: Desk, crew: SimpleNamespace, visit: Any, send: Any) -> None:
    given = visit(crew.dispatcher).get("/tickets/import/template.xlsx")
    boss, address = send(io.BytesIO(given.data))
    with desk.reading() as session:
        mapping = session.scalars(select(TicketImport.mapping)).one()
    assert mapping[:2] == ["title", "text"]
    assert "" not in mapping
    empty = boss.post(address, chosen(*mapping, act="start"))
    assert empty.status_code == 422
    assert "There is no row below the headings." in empty.text


def test_a_program_imports(
    desk: Desk, crew: SimpleNamespace, workbook: Any, app: Any, bearer: Any
) -> None:
    client = app.test_client()
    headers = bearer(crew.dispatcher)

    def send(book: io.BytesIO, **form: str) -> Any:
        return client.post(
            "/api/v1/tickets/imports", data={"file": (book, "a.xlsx"), **form}, headers=headers
        )

    answer = send(workbook(["What", "电话"], ["卡纸", "13800138000"], ["", "x"]), mapping='{"A": "title"}')
    assert answer.status_code == 202, answer.text
    given = answer.get_json()
    assert (given["rows"], given["mapping"]) == (2, {"A": "title"})
    assert given["refused"] == [{"row": 3, "column": "A", "reason": "The title is missing."}]
    work_due(desk)
    done = client.get(f"/api/v1/background/{given['job']['id']}", headers=headers).get_json()
    assert done["result"]["made"] == 1
    for book, form, words in (
        (workbook(["What"], ["x"]), {}, "Choose the column that holds the title."),
        (workbook(["标题"], ["x"]), {"mapping": "[]"}, "`mapping` is not an object"),
        (workbook(["标题"], ["x"]), {"type": "nothing"}, "no ticket of such a type"),
        (io.BytesIO(b"PK"), {}, "damaged"),
    ):
        refused = send(book, **form)
        assert refused.status_code == 422
        assert words in refused.get_data(as_text=True)
    with desk.reading() as session:
        assert session.scalar(select(func.count(TicketImport.id))) == 1
    assert client.post("/api/v1/tickets/imports", headers=bearer(crew.lilei)).status_code == 403


def test_erasure_takes_waiting_rows_and_refused_ones(
    desk: Desk, crew: SimpleNamespace, workbook: Any, send: Any
) -> None:
    boss, address = send(workbook(["标题", "电话"], ["", "13800138000"]))
    boss.post(address, chosen("title", "phone", act="start"))
    send(workbook(["标题"], ["等着"]))
    work_due(desk)
    assert newest(desk).file_key is not None
    with desk.database.transaction() as session:
        works.erase_imports(session, desk.storage, [])
    assert newest(desk).file_key is None
    with desk.reading() as session:
        assert session.scalars(select(TicketImport.rows)).all() == [None, None]
        assert session.scalar(select(func.count(Contact.id))) == 0
