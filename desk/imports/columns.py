"""What a column of a workbook can be: the fields of a ticket and its customer, and the fields that the desk defines."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from desk.fields.models import Field, Kind
from desk.fields.values import ticket_fields
from desk.imports.sheet import Line, Sheet, plain
from engine.operators import Text

CUSTOM: Final = "fields."  # before the key of a field that the desk defines
_NOT_IN_CELLS: Final = (Kind.COMPUTED, Kind.FILE, Kind.POSITION, Kind.TABLE)
_MARKS: Final = re.compile(r"[\s*＊_:：]|[(（].*[)）]")  # what people write around a heading


@dataclass(frozen=True)
class Column:
    """One choice for a column. `also` are further headings by which it is known."""

    key: str
    title: Text
    help: Text
    also: tuple[str, ...] = ()


_STANDARD: Final = (
    Column("title", Text("Title", "标题"), Text("Needed", "必填"), ("主题", "工单标题", "subject", "summary")),
    Column("text", Text("Description", "描述"), Text("Any text", "任意文字"),
           ("内容", "问题描述", "工单内容", "text", "content", "details")),
    Column("priority", Text("Priority", "优先级"),
           Text("Low, Normal, High or Urgent", "低、普通、高或紧急"), ("紧急程度", "工单优先级")),
    Column("type", Text("Type", "类型"), Text("The name of a ticket type", "工单类型的名称"),
           ("工单类型", "工单模板", "ticket type", "category")),
    Column("deadline", Text("Deadline", "截止时间"), Text("2026-05-31 18:00", "2026-05-31 18:00"),
           ("截止日期", "截止完成时间", "完成期限", "due", "due date")),
    Column("team", Text("Team", "团队"), Text("The name of a team", "团队名称"),
           ("客服组", "受理客服组", "受理组", "group")),
    Column("person", Text("Person in charge", "受理人"), Text("A name or login", "姓名或登录名"),
           ("受理客服", "负责人", "客服", "assignee", "person", "agent", "owner")),
    Column("name", Text("Customer", "客户姓名"), Text("The name of the customer", "联系人姓名"),
           ("联系人", "姓名", "客户", "联系人名称", "联系人姓名", "contact", "name", "customer name", "contact name")),
    Column("phone", Text("Phone", "电话"), Text("A phone number", "手机或座机号码"),
           ("手机", "手机号", "手机号码", "联系电话", "座机", "固定电话", "mobile", "telephone", "phone number")),
    Column("mail", Text("Mail", "邮箱"), Text("A mail address", "邮箱地址"),
           ("电子邮箱", "邮件", "email", "e-mail", "mail address", "email address")),
    Column("company", Text("Company", "公司"), Text("The name of the company", "公司名称"),
           ("公司名称", "客户公司", "单位", "企业名称", "company name", "organisation", "organization")),
    Column("external", Text("Number elsewhere", "外部编号"),
           Text("Its number in the system it comes from", "在原系统中的编号"),
           ("编号", "工单编号", "工单号", "单号", "原编号", "number", "id", "ticket number", "external id")),
)  # fmt: skip


def custom_fields(session: Session, type_key: str) -> list[Field]:
    """The fields of the desk that a cell can fill for a ticket of the type."""
    return [field for field in ticket_fields(session, type_key) if field.kind not in _NOT_IN_CELLS]


def columns(fields: Sequence[Field]) -> list[Column]:
    """All choices: the standard ones, then the desk's own fields."""
    own = (
        Column(
            CUSTOM + field.key,
            _both(field.label, field.key),
            _both(field.help, ""),
            (field.key,),
        )
        for field in fields
    )
    return [*_STANDARD, *own]


def guess(sheet: Sheet, offered: Sequence[Column], *, header: bool) -> list[str]:
    """For each column of the sheet the key whose name its heading is, in either language; "" where none fits."""
    if not header:
        return [""] * sheet.width
    known: dict[str, str] = {}
    for column in offered:
        for word in (column.title.zh, column.title.en, *column.also):
            known.setdefault(_bare(word), column.key)
    found: list[str] = []
    for place in range(sheet.width):
        key = known.get(_bare(sheet.lines[0].cell(place)), "")
        found.append(key if key not in found else "")
    return found


def content(sheet: Sheet, *, header: bool) -> Sequence[Line]:
    """The rows that are tickets."""
    return sheet.lines[1:] if header else sheet.lines


def _bare(heading: str) -> str:
    return _MARKS.sub("", plain(heading)).casefold()


def _both(texts: Mapping[str, str], instead: str) -> Text:
    zh, en = texts.get("zh", ""), texts.get("en", "")
    return Text(en or zh or instead, zh or en or instead)
