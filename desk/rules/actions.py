"""What a rule can do [000 §5.1.6.1, §5.1.6.3]: each action is one operator with parameters, both ways.

An action becomes a service task and is read back from it; what the form cannot write, it does not read.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.assignment.ranking import WAYS
from desk.fields.values import active_fields
from desk.notices.channels import CHANNELS
from desk.notices.models import Target
from desk.people.models import Skill, Team
from desk.people.permissions import ROLES
from desk.rules.fields import (
    PRIORITIES,
    STATES,
    Choice,
    custom_fields,
    own_statuses,
    people,
    said,
    states,
    teams,
    types,
)
from desk.rules.rule import Action, Kind, Rule
from engine.operators import Text

InputKind = Literal["text", "words", "number", "choice", "flag"]
Parameters = dict[str, str]
_HOURS = re.compile(r'now\(\) \+ duration\("PT(\d{1,5})H"\)')
_PERSON = re.compile(r'=\["user:(\d+)"\]')
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

TICKET = {"ticket_id": "=ticket_id"}
CONTACT = {"contact_id": "=if contact_id != null then contact_id else ticket.contact_id"}
COMPANY = {"company_id": "=if company_id != null then company_id else ticket.company_id"}


class ActionRefused(ValueError):
    """An action cannot be done like that; `words` say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True)
class Input:
    """One thing to fill in. `parameter` is the operator's; the form's name is `name`."""

    name: str
    title: Text
    kind: InputKind
    choices: Callable[[Session], Sequence[Choice]] | None = None
    required: bool = True
    parameter: str = ""
    hours: bool = False  # a number of hours from now, as a moment
    listed: bool = False  # the operator wants a list of people
    whom: bool = False  # names such as handler, team:3 or role:supervisor, with commas
    words: Mapping[str, Text] | None = None  # a fixed list of choices
    of_field: bool = False  # what the field that `key` names can hold

    @property
    def target(self) -> str:
        """The operator's parameter."""
        return self.parameter or self.name


@dataclass(frozen=True)
class ActionKind:
    """One kind of action."""

    key: str
    title: Text
    operator: str
    inputs: tuple[Input, ...]
    fixed: Mapping[str, str]
    kinds: tuple[Kind, ...] = ("trigger", "automation", "macro")
    page: bool = False  # changes the page that somebody works on, not a record


def _channels(_session: Session) -> Sequence[Choice]:
    auto = ("auto", Text("Whatever reaches them", "自动选择可达渠道"))
    return [auto, *((key, channel.title) for key, channel in sorted(CHANNELS.items()))]


def _targets(session: Session) -> Sequence[Choice]:
    found = session.scalars(select(Target).where(Target.active).order_by(Target.title))
    return [(target.key, Text(target.title, target.title)) for target in found]


def team_names(session: Session) -> Sequence[Choice]:
    """The teams that are open, by the name under which `assign.ticket` knows them."""
    return _by_name(session.scalars(select(Team.name).where(Team.active).order_by(Team.name)))


def skill_names(session: Session) -> Sequence[Choice]:
    """The skills that can be asked for."""
    return _by_name(session.scalars(select(Skill.name).where(Skill.active).order_by(Skill.name)))


def own_fields(session: Session) -> Sequence[Choice]:
    """The fields that the desk defines and that can be set, by key."""
    return [
        (field.key, said(field.label, field.key))
        for field in active_fields(session)
        if field.kind not in ("computed", "file", "table")
    ]


def _by_name(names: Iterable[str]) -> Sequence[Choice]:
    return [(name, Text(name, name)) for name in names]


_EMPTY = Input("only_if_empty", Text("Only if it is empty", "仅在为空时"), "flag", required=False)
_VALUE = Text("Value", "值")
_WORDS = Input("text", Text("Words", "内容"), "words")
_TO = Input(
    "to",
    Text(
        "To whom: handler, team, creator, user:7, team:3, role:supervisor",
        "接收人：handler、team、creator、user:7、team:3、role:supervisor",
    ),
    "text",
    whom=True,
)
_WHOM: Final[dict[str, Text]] = {
    "handler": Text("handler", "处理人"),
    "team": Text("team", "所属团队"),
    "creator": Text("creator", "创建人"),
    "role:dispatcher": Text("dispatchers", "派单人员"),
    "role:approver": Text("approvers", "审批人"),
    "role:reviewer": Text("reviewers", "审核人"),
    **{f"role:{key}": role.name for key, role in ROLES.items()},
}
_MAKERS: tuple[ActionKind, ...] = (
    ActionKind("priority", Text("Set the priority", "设置优先级"), "ticket.set_field",
        (Input("value", _VALUE, "choice", words=PRIORITIES),), {**TICKET, "field": "priority"}),
    ActionKind("state", Text("Set the state", "设置状态"), "ticket.set_state",
        (Input("value", _VALUE, "choice", states, parameter="state", words=STATES),), TICKET),
    ActionKind("status", Text("Set the status", "设置细分状态"), "ticket.set_status",
        (Input("value", _VALUE, "choice", own_statuses, parameter="status"),), TICKET),
    ActionKind("close", Text("Close it where it waits", "关闭等待中的工单"), "ticket.close",
        (Input("text", Text("Result, for the customer", "处理结果（客户可见）"), "words", parameter="remark"),), TICKET),
    ActionKind("cancel", Text("Cancel the ticket", "取消工单"), "ticket.cancel",
        (Input("text", Text("Reason, for the trail", "原因（记入处理流程）"), "words", parameter="reason"),), TICKET,
        ("trigger", "automation")),
    ActionKind("type", Text("Set the type", "设置工单类型"), "ticket.set_field",
        (Input("value", _VALUE, "choice", types), _EMPTY), {**TICKET, "field": "type"}),
    ActionKind("title", Text("Set the title", "设置标题"), "ticket.set_field",
        (Input("value", _VALUE, "text"), _EMPTY), {**TICKET, "field": "title"}),
    ActionKind("deadline", Text("Set the deadline (hours from now)", "设置截止时间（从现在起小时数）"),
        "ticket.set_field", (Input("value", Text("Hours", "小时"), "number", hours=True), _EMPTY),
        {**TICKET, "field": "deadline"}),
    ActionKind("field", Text("Set a custom field", "设置自定义字段"), "ticket.set_custom_field",
        (Input("key", Text("Field", "字段"), "choice", own_fields), Input("value", _VALUE, "text", of_field=True), _EMPTY), TICKET),
    ActionKind("answer", Text("Set a field of the form", "设置表单字段"), "ticket.set_answer",
        (Input("key", Text("Field's key", "字段标识"), "text"), Input("value", _VALUE, "text"), _EMPTY), TICKET),
    ActionKind("team", Text("Give it to a team", "分配给团队"), "ticket.give",
        (Input("team", Text("Team", "团队"), "choice", teams), _EMPTY), TICKET),
    ActionKind("person", Text("Give it to a person", "分配给人员"), "ticket.give",
        (Input("person", Text("Person", "人员"), "choice", people), _EMPTY), TICKET),
    ActionKind("assign", Text("Let the desk choose a person", "自动分配给客服"), "assign.ticket",
        (Input("prefer", Text("Preferred", "优先方式"), "choice", words={key: way.name for key, way in WAYS.items()}),
         Input("team", Text("Team; empty: the ticket's own", "团队；留空为工单所属团队"), "choice", team_names, required=False),
         Input("skill", Text("Skill; empty: any", "技能；留空为不限"), "choice", skill_names, required=False)), TICKET),
    ActionKind("copy", Text("Copy it to a person (view only)", "抄送给人员（仅查看）"), "ticket.copy_to",
        (Input("people", Text("Person", "人员"), "choice", people, listed=True),), TICKET),
    ActionKind("note", Text("Add a note", "添加内部备注"), "ticket.add_note", (_WORDS,), TICKET),
    ActionKind("contact", Text("Change the customer", "更新联系人字段"), "contact.set_field",
        (Input("field", Text("Field", "字段"), "choice", words={
            "level": Text("Level", "级别"), "name": Text("Name", "姓名"), "mail": Text("One more mail address", "增加邮箱"),
            "phone": Text("One more phone number", "增加电话"), "note": Text("Note", "备注"), "locale": Text("Language", "语言"), "owner_id": Text("Owner", "负责人"),
        }), Input("value", _VALUE, "text"), _EMPTY), CONTACT),
    ActionKind("company", Text("Change the company", "更新公司字段"), "company.set_field",
        (Input("field", Text("Field", "字段"), "choice", words={
            "level": Text("Level", "级别"), "name": Text("Name", "名称"), "note": Text("Note", "备注"),
            "phone": Text("Phone", "电话"), "address": Text("Address", "地址"), "domain": Text("Mail domain", "邮箱域名"),
        }), Input("value", _VALUE, "text"), _EMPTY), COMPANY),
    ActionKind("tell_staff", Text("Tell people of the desk", "通知客服"), "notify.staff",
        (_TO, _WORDS), TICKET),
    ActionKind("mail_staff", Text("Mail people of the desk", "给客服发邮件"), "notify.mail",
        (_TO, Input("subject", Text("Subject", "主题"), "text"), _WORDS), TICKET),
    ActionKind("tell_customer", Text("Tell the customer", "通知客户"), "notify.customer",
        (Input("channel", Text("Channel", "渠道"), "choice", _channels), Input("subject", Text("Subject", "主题"), "text", required=False), _WORDS), TICKET),
    ActionKind("call_target", Text("Call an external target", "调用外部目标"), "notify.webhook",
        (Input("target", Text("Target", "外部目标"), "choice", _targets), Input("body", Text("Message body (JSON)", "消息体（JSON）"), "words", required=False)), TICKET),
    ActionKind("invite", Text("Invite the customer to rate", "邀请客户评价"), "mail.send", (), {**TICKET, "template": "ended"},
        ("trigger", "automation")),
    ActionKind("page_set", Text("Fill a field of the page", "填写页面字段"), "form.set_value",
        (Input("key", Text("Field's key", "字段标识"), "text"), Input("value", _VALUE, "text"), _EMPTY), {}, ("macro",), True),
    ActionKind("page_hide", Text("Hide a field (“replies” for the talk)", "隐藏字段（replies 为回复列表）"), "form.hide",
        (Input("key", Text("Field's key", "字段标识"), "text"),), {}, ("macro",), True),
    ActionKind("page_show", Text("Show a field", "显示字段"), "form.show",
        (Input("key", Text("Field's key", "字段标识"), "text"),), {}, ("macro",), True),
    ActionKind("page_read_only", Text("Let a field be read only", "字段只读"), "form.read_only",
        (Input("key", Text("Field's key", "字段标识"), "text"),), {}, ("macro",), True),
    ActionKind("page_view_only", Text("Let the page be read only", "仅查看"), "form.view_only", (), {}, ("macro",), True),
    ActionKind("page_block", Text("Do not let it be submitted", "阻止提交"), "form.block",
        (Input("text", Text("What the person is told", "提示内容"), "words"),), {}, ("macro",), True),
    ActionKind("page_hide_macro", Text("Hide another macro", "隐藏其他宏"), "form.hide_macro",
        (Input("key", Text("Key of the macro", "宏标识"), "text"),), {}, ("macro",), True),
    ActionKind("page_dial", Text("Offer to call a number", "系统外呼"), "form.dial",
        (Input("number", Text("Number; empty: the customer's", "号码；留空为客户电话"), "text", required=False),), {}, ("macro",), True),
)  # fmt: skip
ACTIONS: Final[dict[str, ActionKind]] = {kind.key: kind for kind in _MAKERS}


def choices_of(session: Session, one: Input, action: Action) -> Sequence[Choice]:
    """What can be chosen for an input of this action."""
    if one.of_field:
        field = next((f for f in custom_fields(session).values() if f.changes == f"fields.{action.value('key')}"), None)
        return field.choices(session) if field is not None and field.choices is not None else ()
    if one.words is not None:
        return list(one.words.items())
    return one.choices(session) if one.choices is not None else ()


def parameters_of(action: Action, rule: Rule) -> Parameters:
    """The operator's parameters as a diagram writes them. Raises ActionRefused."""
    kind = ACTIONS.get(action.kind)
    if kind is None or rule.kind not in kind.kinds:
        raise ActionRefused(Text("Choose what is to be done.", "请选择要执行的操作。"))
    found: Parameters = dict(kind.fixed)
    for one in kind.inputs:
        value = action.value(one.name).strip()
        if not value:
            if one.required:
                raise ActionRefused(
                    Text(
                        f"{kind.title.en}: “{one.title.en}” is missing.",
                        f"{kind.title.zh}：请填写“{one.title.zh}”。",
                    )
                )
            continue
        found[one.target] = _written(kind, one, value)
    return found


def _written(kind: ActionKind, one: Input, value: str) -> str:
    if one.hours:
        if not value.isdigit() or len(value) > 5:
            raise ActionRefused(
                Text(
                    f"{kind.title.en}: a whole number is wanted.", f"{kind.title.zh}：请填写整数。"
                )
            )
        return f'=now() + duration("PT{value}H")'
    if one.listed:
        return f'=["user:{value}"]'
    if one.kind == "flag":
        return "true"
    if one.name == "key" and not _KEY.fullmatch(value.replace("-", "_")):
        raise ActionRefused(
            Text(
                f"{kind.title.en}: a key has letters, digits and underscores.",
                f"{kind.title.zh}：标识只能使用字母、数字和下划线。",
            )
        )
    # A text that begins with “=” would be an expression; as one it says itself.
    return f"={json.dumps(value, ensure_ascii=False)}" if value.startswith("=") else value


def read(operator: str, parameters: Mapping[str, str], rule_kind: Kind) -> Action | None:
    """The action of a service task, None when the form knows no such action."""
    for kind in ACTIONS.values():
        if kind.operator != operator or rule_kind not in kind.kinds:
            continue
        left = dict(parameters)
        if any(left.pop(name, None) != value for name, value in kind.fixed.items()):
            continue
        values = []
        for one in kind.inputs:
            if one.target in left:
                said = _said(one, left.pop(one.target))
                if said is None:
                    break
                values.append((one.name, said))
            elif one.required:
                break
        else:
            if not left:
                return Action(kind.key, tuple(values))
    return None


def _said(one: Input, value: str) -> str | None:
    if one.hours:
        found = _HOURS.fullmatch(value.removeprefix("="))
        return found[1] if found else None
    if one.listed:
        found = _PERSON.fullmatch(value)
        return found[1] if found else None
    if one.kind == "flag":
        return "1" if value == "true" else None
    if not value.startswith("="):
        return value
    try:
        text = json.loads(value[1:])
    except ValueError:
        return None
    return text if isinstance(text, str) and text.startswith("=") else None


def says(action: Action, locale: str, session: Session | None = None) -> str:
    """The action in words, as the task's name in the diagram; with a session teams, people and the like by name."""
    kind = ACTIONS[action.kind]
    shown = [
        _named(one, value, locale, action, session)
        for one in kind.inputs
        if one.kind not in ("flag", "words") and (value := action.value(one.name))
    ]
    detail = " ".join(shown)
    title = kind.title.in_(locale).partition("（")[0].partition(" (")[0]
    said = f"{title}{'：' if locale.startswith('zh') else ': '}{detail}" if detail else title
    return said if len(said) <= 40 else f"{said[:39]}…"


def _named(one: Input, value: str, locale: str, action: Action, session: Session | None) -> str:
    if one.whom:
        comma = "、" if locale.startswith("zh") else ", "
        return comma.join(_called(each.strip(), locale, session) for each in value.split(","))
    known = dict(choices_of(session, one, action) if session is not None else (one.words or {}).items())
    return known[value].in_(locale) if value in known else value


def _called(whom: str, locale: str, session: Session | None) -> str:
    kind, _, number = whom.partition(":")
    known = dict(_WHOM)
    if session is not None and kind in ("user", "team") and number:
        known = dict(people(session) if kind == "user" else teams(session))
        whom = number if number in known else whom
    return known[whom].in_(locale) if whom in known else whom
