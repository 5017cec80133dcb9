"""What layouts can print of a ticket: both spellings of other desks' placeholders, forms, the audit pack."""

import io
import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import update

from desk.application import Desk
from desk.contacts.models import Company, Contact
from desk.fields.models import Kind
from desk.fields.operations import FieldSettings, create_field
from desk.fields.tables import PRODUCTS
from desk.fields.values import set_values
from desk.forms import Form
from desk.people.access import actor_of
from desk.tickets import events
from desk.tickets.models import Ticket
from engine import inspection
from engine.actors import SYSTEM
from engine.history import START, chain
from engine.operators import Text
from engine.tables import process_instance
from engine.timestamps import utc_now
from printing.answers import lines
from printing.documents import ticket_order, tickets
from printing.facts import ticket_facts
from printing.kinds import KINDS
from printing.pack import chain_facts
from printing.placeholders import PLACEHOLDERS
from printing.press import Order, Press
from printing.queries import Layout, layout_by_key
from printing.wording import speaking
from tests.printing.conftest import texts

# [000 §5.2.20] as read from the manual, and [000 §5.2.19] beside it
MANUAL = re.findall(
    r"\S+",
    """
    ticket.subject ticket.description ticket.ticketId ticket.serviceCenterName ticket.createUser
    ticket.createUserName ticket.createUserGroup ticket.createTime ticket.templateName
    ticket.ticketState ticket.ticketSource ticket.priorityLevel ticket.field_1
    ticket.serviceSummaryDefaultField customer.templateName company.companyName company.address
    company.serviceStartTime company.serviceEndTime company.userGroup company.companyTag
    company.field_1 company.field_40 user.field_1 user.field_40
    user.name user.mobile user.email user.QQ user.tag user.note
    ticket.descript ticket.createDT ticket.updateDT ticket.ticketType ticket.ticketStatus ticket.updateTime
    ticket.servicerUserId ticket.servicer_Mobile
    """,
)


@pytest.fixture
def worked(desk: Desk, mailed: Any, settle: Any, crew: SimpleNamespace) -> Ticket:
    """A ticket that was dispatched, accepted, answered and noted."""
    ticket: Ticket = mailed(subject="打印机坏了", text="三楼的打印机一直提示缺纸")
    settle()
    with desk.database.transaction() as session:
        company = Company(name="恒泰公司", address="上海市南京西路 1 号", level="vip")
        session.add(company)
        session.flush()
        kept = session.get_one(Ticket, ticket.id)
        kept.company_id = session.get_one(Contact, kept.contact_id).company_id = company.id
        kept.form_key, kept.form_data = (
            "request",
            {"name": "韩梅梅", "kind": "fault", "zhuanda": "甲"},
        )
    for person, outcome, values in (
        (crew.dispatcher, "dispatch", {"person": crew.lilei.id, "dispatch_remark": "今天内"}),
        (crew.lilei, "accept", {}),
    ):
        with desk.database.transaction() as session:
            (task,) = desk.engine.open_tasks(session, ticket.instance_id)
            desk.engine.complete(session, task, values, outcome=outcome, actor=actor_of(person))
        settle()
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        for kind, said in (("reply", "工程师下午到"), ("note", "备件已领")):
            events.say(
                session, desk.engine, kept, kind=kind, author=actor_of(crew.lilei), text=said
            )  # type: ignore[arg-type]
    settle()
    return ticket


def facts_of(desk: Desk, ticket: Ticket, *, locale: str = "zh_CN") -> dict[str, Any]:
    with desk.reading() as session, speaking(desk, locale):
        (found,) = tickets(session, [ticket.id])
        return ticket_facts(session, desk, found, by="李雷", locale=locale)


def test_both_spellings_of_the_placeholders_are_printed(
    desk: Desk, worked: Ticket, machine: Press, chinese: None
) -> None:
    layout = "|".join(f"{name}={{{{ {name} }}}}" for name in MANUAL)
    sheet = machine.prints(Order(layout, [facts_of(desk, worked)]))
    assert sheet.notes == []  # each has a value, be it an empty one
    page = "".join(texts(sheet.pdf))
    for expected in (
        "ticket.subject=打印机坏了|", "ticket.descript=三楼的打印机一直提示缺纸|", "ticket.ticketStatus=处理中|",
        "ticket.ticketState=处理中|", "ticket.servicerUserId=李雷|", "company.companyTag=VIP|",
        f"ticket.ticketId={worked.number}|", "user.email=han@acme.cn|", "ticket.field_1=韩梅梅|",
    ):  # fmt: skip
        assert expected in page


def test_fields_of_the_form_are_read_by_name_number_and_label(desk: Desk, worked: Ticket) -> None:
    facts = facts_of(desk, worked)
    assert facts["ticket"]["zhuanda"] == "甲"  # {{ticket.xx}}: the key of a custom field
    assert [(line["label"], line["value"]) for line in facts["form"]] == [
        ("您的姓名", "韩梅梅"), ("问题类型", "故障报修"), ("zhuanda", "甲"),
    ]  # fmt: skip
    english = facts_of(desk, worked, locale="en")
    assert ("What is it about?", "Something is broken") in [
        (line["label"], line["value"]) for line in english["form"]
    ]


def test_a_table_is_printed_with_its_total_and_read_by_name(desk: Desk, worked: Ticket) -> None:
    with desk.database.transaction() as session:
        settings = FieldSettings({"zh": "商品", "en": "Products"}, Kind.TABLE, columns=PRODUCTS)
        create_field(session, "products", settings, actor=SYSTEM)
        rows = [{"title": "墨盒", "product_price": 120.5, "product_num": 2}]
        set_values(session, desk, session.get_one(Ticket, worked.id), {"products": rows}, actor=SYSTEM)
    facts = facts_of(desk, worked)
    assert facts["ticket"]["products"] == "墨盒，120.5，2，241（合计：241）"
    (line,) = (line for line in facts["form"] if line["key"] == "products")
    assert line["columns"] == ["商品", "单价", "数量", "总价"]
    assert line["rows"] == [["墨盒", "120.5", "2", "241"], ["合计", "", "", "241"]]


def test_fields_that_the_desk_defines_are_read_by_name_number_and_label(desk: Desk, worked: Ticket) -> None:
    with desk.database.transaction() as session:
        for key, zh in (("zhuanda", "转达"), ("site", "地点")):
            create_field(session, key, FieldSettings({"zh": zh}), actor=SYSTEM)
        wanted = {"zhuanda": "乙", "site": "浦东"}
        set_values(session, desk, session.get_one(Ticket, worked.id), wanted, actor=SYSTEM)
    facts = facts_of(desk, worked)
    assert (facts["ticket"]["zhuanda"], facts["ticket"]["site"]) == ("乙", "浦东")
    assert [(line["label"], line["value"]) for line in facts["form"]][-2:] == [("转达", "乙"), ("地点", "浦东")]
    numbered = [facts["ticket"][name] for name in facts["ticket"] if name.startswith("field_")]
    assert numbered[-2:] == ["乙", "浦东"]


def test_internal_notes_are_not_printed_for_customers(desk: Desk, worked: Ticket) -> None:
    said = [message["text"] for message in facts_of(desk, worked)["messages"]]
    assert "工程师下午到" in said
    assert "备件已领" not in said


def test_facts_are_plain_values(desk: Desk, worked: Ticket) -> None:
    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(k, str) and plain(v) for k, v in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return isinstance(value, str | int | bool)

    assert plain(facts_of(desk, worked))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_layout_that_ships_prints_whole(
    desk: Desk, worked: Ticket, crew: SimpleNamespace, machine: Press, chinese: None, kind: str, locale: str
) -> None:  # fmt: skip
    with desk.reading() as session:
        layout = layout_by_key(session, kind)
        (found,) = tickets(session, [worked.id])
        assert layout is not None
        order = ticket_order(
            session, desk, found, layout, actor=actor_of(crew.lilei), locale=locale
        )
    sheet = machine.prints(order)
    assert sheet.notes == []  # nothing missing, nothing refused
    whole = "".join(texts(sheet.pdf))
    assert worked.number in whole
    assert "打印机坏了" in whole


def test_the_audit_pack_holds_trail_steps_messages_hashes_and_files(
    desk: Desk, worked: Ticket, crew: SimpleNamespace, machine: Press, chinese: None
) -> None:
    with desk.reading() as session:
        layout = layout_by_key(session, "audit_pack")
        (found,) = tickets(session, [worked.id])
        assert layout is not None
        order = ticket_order(
            session, desk, found, layout, actor=actor_of(crew.auditor), locale="zh_CN"
        )
        rows = inspection.history_of(session, worked.instance_id)
    pdf = machine.prints(order).pdf
    whole = "".join(texts(pdf))
    for words in (
        "校验通过",
        "派发工单",
        "今天内",
        "备件已领",
        "工程师下午到",
        "受理",
        rows[-1]["hash"].hex(),
    ):
        assert words in whole, words
    attached = PdfReader(io.BytesIO(pdf)).attachments
    (data,) = attached[f"{worked.number}.json"]
    previous = START
    for row in orjson.loads(data)["history"]:  # who has only the PDF can check the chain
        typed = {**row, "instance_id": UUID(row["instance_id"]), "at": datetime.fromisoformat(row["at"]),
                 "token_id": UUID(row["token_id"]) if row["token_id"] else None}  # fmt: skip
        previous = chain(previous, typed)
        assert previous.hex() == row["hash"]
    assert b"ticket-basic" in attached[f"{worked.number}.bpmn"][0]


def test_a_history_that_was_changed_is_told(desk: Desk, worked: Ticket) -> None:
    with desk.reading() as session:
        rows = inspection.history_of(session, worked.instance_id)
        assert chain_facts(session, worked.instance_id, rows)["whole"]
        changed = [{**row, "data": {"x": 1}} if row["seq"] == 3 else row for row in rows]
        assert chain_facts(session, worked.instance_id, changed)["broken_at"] == 3
        cut = chain_facts(session, worked.instance_id, rows[:-1])
        assert (cut["whole"], cut["broken_at"]) == (False, len(rows))
        gap = chain_facts(session, worked.instance_id, rows[:2] + rows[3:])
        assert gap["broken_at"] == 3


def test_pictures_that_came_with_a_ticket_can_be_shown(
    desk: Desk, mailed: Any, crew: SimpleNamespace, machine: Press
) -> None:
    from desk.tickets.attachments import StoredFile

    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    picture = out.getvalue()
    key = desk.storage.put(picture, suffix=".png")
    stored = StoredFile("故障.png", "image/png", len(picture), key)
    ticket = mailed(attachments=[stored])
    kind = KINDS["ticket"]
    source = "{% for i in images %}<img src='{{ i.address }}'>{{ i.name }}{% endfor %}"
    layout = Layout("own", kind, {"zh": "甲"}, source, 1, True)
    with desk.reading() as session:
        (found,) = tickets(session, [ticket.id])
        order = ticket_order(
            session, desk, found, layout, actor=actor_of(crew.lilei), locale="zh_CN"
        )
    sheet = machine.prints(order)
    assert sheet.notes == []
    assert "故障.png" in texts(sheet.pdf)[0]
    assert b"/Subtype /Image" in sheet.pdf or b"/Subtype/Image" in sheet.pdf


def test_a_form_with_tables_choices_and_what_was_kept_of_an_older_one(desk: Desk) -> None:
    form = Form.from_schema(
        {
            "type": "default",
            "components": [
                {"type": "radio", "key": "ok", "id": "a", "label": "是否解决",
                 "values": [{"label": "是", "value": "yes"}, {"label": "否", "value": "no"}]},
                {"type": "dynamiclist", "path": "items", "id": "b", "label": "设备", "components": [
                    {"type": "textfield", "key": "name", "id": "c", "label": "名称"},
                    {"type": "number", "key": "n", "id": "d", "label": "数量"}]},
                {"type": "checkbox", "key": "paid", "id": "e", "label": "已付款"},
            ],
        }
    )  # fmt: skip
    values = {"ok": "no", "items": [{"name": "打印机", "n": 2}], "paid": True, "old": ["x", "y"]}
    with desk.reading() as session:
        found = lines(session, desk, form, values, locale="zh_CN")
        broken = lines(
            session, desk, form, {"ok": {"a": 1}, "items": "?", "paid": 3}, locale="zh_CN"
        )
    by_key = {line["key"]: line for line in found}
    assert [(c["label"], c["chosen"]) for c in by_key["ok"]["choices"]] == [
        ("是", False),
        ("否", True),
    ]
    assert by_key["ok"]["value"] == "否"
    assert (by_key["items"]["columns"], by_key["items"]["rows"]) == (
        ["名称", "数量"],
        [["打印机", "2"]],
    )
    assert by_key["old"]["value"] == "x, y"
    assert all(isinstance(line["value"], str) for line in broken)


def documented(group: tuple[Text, Any]) -> set[str]:
    """The names of a group on the layout's page, each whole: `ticket.state / ticketState` are two of the ticket."""
    found = set()
    for names, _meaning in group[1]:
        of = ""
        for name in re.split(r"[ /,…]+", names):
            if re.fullmatch(r"[a-z]+\.\w+", name):
                of = name.split(".")[0]
                found.add(name)
            elif of and re.fullmatch(r"\w+", name):
                found.add(f"{of}.{name}")
    return found


def test_every_placeholder_is_named_on_the_page_of_layouts_and_has_a_value(
    desk: Desk, worked: Ticket, chinese: None
) -> None:
    facts = facts_of(desk, worked)
    named = {group[0].en: documented(group) for group in PLACEHOLDERS}
    every = set().union(*named.values())
    assert {name for name in MANUAL if not name.endswith("field_40")} <= every
    values = {}
    for name in every - {"ticket.KEY", "message.text", "image.address"}:
        of, key = name.split(".")
        if of in facts:
            values[name] = facts[of][key]
    assert len(values) > 50
    empty = named["Known from other desks, always empty here"]
    assert {values[name] for name in empty} == {""}
    assert empty == {
        "user.QQ", "user.field_1", "company.field_1", "company.serviceStartTime",
        "company.serviceEndTime", "company.userGroup",
    }  # fmt: skip


def test_a_chain_is_judged_from_where_its_archive_ends(desk: Desk, worked: Ticket) -> None:
    from desk.audit.models import Archive, ArchivedChain

    with desk.database.transaction() as session:
        rows = inspection.history_of(session, worked.instance_id)
        archive = Archive(at=utc_now(), kind="history", reason="", file_key="", size=0, rows=5)
        session.add(archive)
        session.flush()
        session.add(
            ArchivedChain(
                instance_id=worked.instance_id, archive_id=archive.id, seq=5, hash=rows[4]["hash"]
            )
        )
        session.flush()
        told = chain_facts(session, worked.instance_id, rows[5:])
        assert (told["whole"], told["archived"]) == (True, 5)
        session.execute(
            update(process_instance)
            .where(process_instance.c.id == worked.instance_id)
            .values(history_seq=len(rows) + 1)
        )
        assert not chain_facts(session, worked.instance_id, rows[5:])["whole"]
