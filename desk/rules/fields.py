"""What conditions can ask about: the ticket, its customer, their company, the event [000 §5.1.6.1, §5.1.6.3]."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.fields.forms import entries_of, leaves
from desk.fields.models import Field as TicketField
from desk.fields.tables import columns_of
from desk.fields.values import all_fields
from desk.people.models import Team, User
from desk.tickets.models import TicketState, TicketType
from desk.tickets.statuses import statuses
from desk.vendors.queries import all_vendors
from engine.operators import Text

Kind = Literal[
    "choice", "number_choice", "text", "number", "moment",
    "several", "flag", "day", "time", "file", "computed", "words",
]  # fmt: skip
Choice = tuple[str, Text]
Choices = Callable[[Session], Sequence[Choice]]

STATES: Final[dict[str, Text]] = {
    "pending": Text("Waiting for dispatch", "待派发"),
    "dispatched": Text("Dispatched", "已派发"),
    "processing": Text("In progress", "处理中"),
    "waiting": Text("Waiting for the customer", "等待客户回复"),
    "returned": Text("Returned", "已退回"),
    "cancelled": Text("Cancelled", "已取消"),
    "ended": Text("Ended", "已结束"),
}
PRIORITIES: Final[dict[str, Text]] = {
    "low": Text("Low", "低"),
    "normal": Text("Normal", "普通"),
    "high": Text("High", "高"),
    "urgent": Text("Urgent", "紧急"),
}
CHANNELS: Final[dict[str, Text]] = {
    "mail": Text("Mail", "邮件"),
    "form": Text("Form", "表单"),
    "desk": Text("Desk", "服务台"),
    "tracking": Text("Tracking page", "进度页"),
    "api": Text("API", "API"),
    "vendor": Text("Another vendor", "其他服务商"),
}
LEVELS: Final[dict[str, Text]] = {
    "normal": Text("Normal customer", "普通客户"),
    "vip": Text("VIP", "VIP"),
}


def _fixed(words: dict[str, Text]) -> Choices:
    return lambda _session: list(words.items())


def states(_session: Session) -> Sequence[Choice]:
    """The states of tickets."""
    return [
        (state.value, STATES.get(state.value, Text(state.value, state.value)))
        for state in TicketState
    ]


def own_statuses(session: Session) -> Sequence[Choice]:
    """The statuses that the desk has within the states."""
    return [(one.key, said(one.title, one.key)) for one in statuses(session).values() if one.active]


def types(session: Session) -> Sequence[Choice]:
    """The ticket types."""
    found = session.scalars(select(TicketType).order_by(TicketType.key))
    return [
        (kind.key, Text(kind.name.get("en") or kind.key, kind.name.get("zh") or kind.key))
        for kind in found
    ]


def teams(session: Session) -> Sequence[Choice]:
    """The teams that are open."""
    found = session.scalars(select(Team).where(Team.active).order_by(Team.name))
    return [(str(team.id), Text(team.name, team.name)) for team in found]


def people(session: Session) -> Sequence[Choice]:
    """The people who can sign in."""
    found = session.scalars(select(User).where(User.active).order_by(User.name))
    return [(str(user.id), Text(user.name, user.name)) for user in found]


def vendors(session: Session) -> Sequence[Choice]:
    """The other desks, withdrawn ones too: tickets of theirs remain."""
    return [(vendor.key, Text(vendor.name, vendor.name)) for vendor in all_vendors(session)]


@dataclass(frozen=True)
class Field:
    """Something that can be asked. `path` is FEEL; `changes` is its name in `ticket.changed`, where it has one."""

    path: str
    title: Text
    kind: Kind
    choices: Choices | None = None
    changes: str | None = None


FIELDS: Final[dict[str, Field]] = {
    field.path: field
    for field in (
        Field("ticket.type", Text("Ticket type", "工单类型"), "choice", types, "type"),
        Field("ticket.state", Text("State", "状态"), "choice", states, "state"),
        Field("ticket.status", Text("Status", "细分状态"), "choice", own_statuses, "status"),
        Field("ticket.priority", Text("Priority", "优先级"), "choice", _fixed(PRIORITIES), "priority"),
        Field("ticket.channel", Text("Channel", "渠道"), "choice", _fixed(CHANNELS)),
        Field("vendors.came_from", Text("Came from the vendor", "工单转入服务商"), "choice", vendors),
        Field("vendors.given_to", Text("Passed on to the vendor", "工单转出服务商"), "choice", vendors),
        Field("ticket.title", Text("Title", "标题"), "text", None, "title"),
        Field("ticket.handler", Text("Handler (user:7, team:3)", "处理人（user:7、team:3）"), "text", None, "handler"),
        Field("ticket.team_id", Text("Team", "团队"), "number_choice", teams),
        Field("ticket.assignee_id", Text("Person", "处理人员"), "number_choice", people),
        Field("ticket.rating", Text("Rating", "评价星级"), "number"),
        Field("ticket.rating_comment", Text("Comment of the rating", "评价留言"), "text"),
        Field("ticket.created_at", Text("Created", "创建时间"), "moment"),
        Field("ticket.processed_at", Text("Last change of state", "状态变更时间"), "moment"),
        Field("ticket.last_message_at", Text("Last message", "最近消息时间"), "moment"),
        Field("ticket.first_response_at", Text("First response", "首次响应时间"), "moment"),
        Field("ticket.ended_at", Text("Ended", "结束时间"), "moment"),
        Field("ticket.deadline", Text("Deadline", "截止完成时间"), "moment", None, "deadline"),
        Field("ticket.overdue_at", Text("A step takes too long since", "节点超时开始时间"), "moment"),
        Field("sla.resolution.paused_at", Text("Waiting for the customer since", "等待客户回复开始时间"), "moment"),
        Field("ticket.contact.name", Text("Customer's name", "客户姓名"), "text"),
        Field("ticket.contact.level", Text("Customer's level", "客户级别"), "choice", _fixed(LEVELS)),
        Field("ticket.contact.mail", Text("Customer's mail address", "客户邮箱"), "text"),
        Field("ticket.contact.phone", Text("Customer's phone number", "客户电话"), "text"),
        Field("ticket.contact.owner_id", Text("Customer's owner", "客户负责人"), "number_choice", people),
        Field("ticket.company.name", Text("Company's name", "公司名称"), "text"),
        Field("ticket.company.level", Text("Company's level", "公司级别"), "choice", _fixed(LEVELS)),
        Field("ticket.company.domain", Text("Company's mail domain", "公司邮箱域名"), "text"),
        Field("contact.name", Text("Contact's name (events of customers)", "客户姓名（客户事件）"), "text"),
        Field("contact.level", Text("Contact's level (events of customers)", "客户级别（客户事件）"), "choice", _fixed(LEVELS)),
        Field("message.text", Text("Words of the message", "消息内容"), "text"),
        Field("message.subject", Text("Subject of the message", "消息主题"), "text"),
        Field("message.channel", Text("Channel of the message", "消息渠道"), "choice", _fixed(CHANNELS)),
        Field("rating", Text("Rating just given", "刚提交的评价星级"), "number"),
        Field("remark", Text("Remark of the event", "事件备注"), "text"),
        Field("clock", Text("Clock of the SLA", "SLA 时钟"), "text"),
    )
}  # fmt: skip
# Macros ask about the page beside the ticket [000 §5.1.6.3, special conditions].
PAGE_FIELDS: Final[dict[str, Field]] = {
    field.path: field
    for field in (
        Field("page.place", Text("Page", "所在页面"), "choice", _fixed({
            "step": Text("Step of a ticket", "工单步骤"), "edit": Text("Editing a ticket", "编辑工单"),
            "new": Text("New ticket", "新建工单"),
        })),
        Field("page.step", Text("Step (its id in the diagram)", "步骤（图中标识）"), "text"),
        Field("page.outcome", Text("Button that was pressed", "所点按钮"), "text"),
        Field("page.changed", Text("Field that changed", "发生变化的字段"), "text"),
        Field(
            "page.mode", Text("Mode", "工单模式"), "choice",
            _fixed({"normal": Text("Normal", "普通模式"), "task": Text("Task mode", "任务模式")}),
        ),
        Field(
            "page.last_result", Text("Result of the last action", "上一操作状态"), "choice",
            _fixed({"done": Text("Done", "成功"), "failed": Text("Failed", "失败")}),
        ),
        Field(
            "page.call", Text("Call from the ticket", "工单呼叫状态"), "choice",
            _fixed({
                "calling": Text("Calling", "拨打中"), "answered": Text("Answered", "拨打成功"),
                "failed": Text("Failed", "拨打失败"),
            }),
        ),
        Field("page.copied", Text("The reader is on the copy list", "当前用户是抄送人"), "choice", _fixed({
            "yes": Text("Yes", "是"), "no": Text("No", "否"),
        })),
    )
}  # fmt: skip
CUSTOM = re.compile(r"(?:ticket\.form|form)\.([A-Za-z_][A-Za-z0-9_]{0,63})")


OWN = "ticket.fields."
Custom = Mapping[str, Field]  # the fields that the desk defines, by their paths
NONE: Final[Custom] = {}
_KINDS: Final[dict[str, Kind]] = {
    "choice": "choice", "cascade": "choice", "choices": "several", "integer": "number", "decimal": "number",
    "stars": "number", "check": "flag", "date": "day", "datetime": "moment", "time": "time", "file": "file",
    "computed": "computed", "table": "file",
}  # fmt: skip
_YES_NO: Final = {"true": Text("Yes", "是"), "false": Text("No", "否")}


def custom_fields(session: Session) -> Custom:
    """The fields that the desk defines for its tickets, in their order; withdrawn ones too, as rules may ask for them."""
    found = [one for field in all_fields(session) for one in (_custom(field), *_totals(field))]
    return {field.path: field for field in found}


def _custom(field: TicketField) -> Field:
    kind = _KINDS.get(field.kind, "text")
    choices: Choices | None = None
    if field.dictionary_id is not None:
        choices = partial(_entries, field.dictionary_id)
    elif kind == "flag":
        choices = _fixed(_YES_NO)
    path = f"{OWN}{field.key}" + (".address" if field.kind == "position" else "")
    return Field(path, said(field.label, field.key), kind, choices, f"fields.{field.key}")


def _totals(field: TicketField) -> Iterator[Field]:
    """The totals of a table, each a number."""
    label = said(field.label, field.key)
    for column in columns_of(field) if field.kind == "table" else ():
        if column.total:
            title = Text(f"{label.en}: total {column.says('en')}", f"{label.zh}：{column.says('zh')}合计")
            rows = f"{OWN}{field.key}[{column.key} != null]"
            yield Field(f"sum({rows}.{column.key})", title, "number")


def _entries(dictionary_id: int, session: Session) -> Sequence[Choice]:
    options = leaves(entries_of(session, dictionary_id))
    return [(one.token, Text(one.say("en"), one.say("zh"))) for one in options]


def said(texts: Mapping[str, str], otherwise: str) -> Text:
    """A text that people wrote in one language or both."""
    zh, en = texts.get("zh"), texts.get("en")
    return Text(en or zh or otherwise, zh or en or otherwise)


def field_of(path: str, custom: Custom = NONE) -> Field | None:
    """A field by its path; answers of forms are `ticket.form.<key>`, and on the page being filled `form.<key>`."""
    found = custom.get(path) or FIELDS.get(path) or PAGE_FIELDS.get(path)
    if found is None and (answer := CUSTOM.fullmatch(path)):
        of_page = path.startswith("form.")
        words = (
            Text(f"Field on the page: {answer[1]}", f"页面字段：{answer[1]}")
            if of_page
            else Text(f"Answer of the form: {answer[1]}", f"表单字段：{answer[1]}")
        )
        return Field(path, words, "text")
    return found
