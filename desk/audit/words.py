"""The history in words, in either language: rows of processes and entries of the log, each one sentence.

Said with Text, not gettext: exports and audit packs are written where no web request says which language to take.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from desk.audit.actions import ACTIONS
from desk.audit.names import Names, name_in, said_in
from engine.operators import Text

# event of the history → the sentence after the name of who did it; %(step)s is the element as drawn
SENTENCES: Final[dict[str, Text]] = {
    "started": Text("started the process (version %(version)s)", "启动了流程（版本 %(version)s）"),
    "completed": Text("passed step “%(step)s”", "通过了步骤“%(step)s”"),
    "submitted": Text("finished step “%(step)s”", "完成了步骤“%(step)s”"),
    "submitted_with": Text(
        "finished step “%(step)s” with “%(outcome)s”", "完成了步骤“%(step)s”，结果为“%(outcome)s”"
    ),
    "claimed": Text("took step “%(step)s”", "领取了步骤“%(step)s”"),
    "released": Text("gave step “%(step)s” back", "放回了步骤“%(step)s”"),
    "fired": Text("the time of “%(step)s” had come", "“%(step)s”到时触发"),
    "received": Text("“%(step)s” received %(event)s", "“%(step)s”收到 %(event)s"),
    "thrown": Text("“%(step)s” sent %(event)s", "“%(step)s”发出 %(event)s"),
    "decided": Text("“%(step)s” was decided", "“%(step)s”作出决策"),
    "cancelled": Text("cancelled the process", "取消了流程"),
    "cancelled_step": Text("cancelled step “%(step)s”", "取消了步骤“%(step)s”"),
    "suspended": Text("suspended the process", "挂起了流程"),
    "resumed": Text("let the process go on", "恢复了流程"),
    "edited": Text("edited values of the process", "修改了流程数据"),
    "variables": Text("values of the process changed", "流程数据发生变化"),
    "moved": Text("moved the token from “%(step)s” to “%(to)s”", "将流转位置从“%(step)s”移至“%(to)s”"),
    "added": Text("put a token at “%(step)s”", "在“%(step)s”增加了流转位置"),
    "migrated": Text(
        "migrated the process from version %(from)s to %(to)s",
        "将流程从版本 %(from)s 迁移到版本 %(to)s",
    ),
    "reverted": Text("took the migration back", "撤销了迁移"),
    "retried": Text("tried “%(step)s” again", "重试了“%(step)s”"),
    "resolved": Text("resolved an incident at “%(step)s”", "处理了“%(step)s”的异常"),
    "ended": Text("the process ended", "流程结束"),
    "ended_step": Text("the process ended at “%(step)s”", "流程在“%(step)s”结束"),
    "failed": Text("the process ended in an error at “%(step)s”", "流程在“%(step)s”因错误结束"),
}  # fmt: skip
CHANGED: Final = Text("%(name)s from %(old)s to %(new)s", "%(name)s由%(old)s改为%(new)s")
CHANGED_IN: Final = Text(
    "changed %(changes)s in step “%(step)s”", "在步骤“%(step)s”中将%(changes)s"
)
AND_CHANGED: Final = Text("%(what)s, changed %(changes)s", "%(what)s，将%(changes)s")
CHANGED_ONLY: Final = Text("changed %(changes)s", "将%(changes)s")
SET: Final = Text("%(name)s to %(new)s", "%(name)s设为%(new)s")

NAMES: Final[dict[str, Text]] = {
    "priority": Text("priority", "优先级"), "title": Text("title", "标题"),
    "deadline": Text("deadline", "截止时间"), "contact_id": Text("customer", "客户"),
    "state": Text("state", "状态"), "outcome": Text("outcome", "结果"),
    "team": Text("team", "团队"), "assignee": Text("person", "处理人"),
    "level": Text("level", "级别"), "name": Text("name", "名称"), "note": Text("note", "备注"),
    "company_id": Text("company", "公司"), "locale": Text("language", "语言"),
    "login": Text("login", "登录名"), "email": Text("e-mail", "邮箱"),
    "phone": Text("phone", "电话"), "roles": Text("roles", "角色"),
    "active": Text("open", "启用"), "address": Text("address", "地址"),
    "days": Text("days", "天数"), "rows": Text("rows", "行数"), "file": Text("file", "文件"),
    "format": Text("format", "格式"), "size": Text("size", "大小"),
    "type": Text("type", "类型"), "domain": Text("mail domain", "邮箱域名"),
    "user": Text("person", "人员"), "tickets": Text("tickets", "工单数"),
    "filter": Text("filter", "筛选条件"), "number": Text("ticket", "工单"),
    "messages": Text("messages", "消息数"), "files": Text("files", "文件数"),
    "token": Text("key", "令牌"), "kind": Text("kind", "类型"),
    "deployment": Text("deployment", "发布编号"), "source": Text("source", "数据来源"),
    "ticket": Text("ticket", "工单"), "since": Text("from", "开始"), "until": Text("to", "结束"),
    "processes": Text("processes", "流程"), "person": Text("person", "人员"),
    "slug": Text("address", "地址"), "process": Text("process", "流程"),
    "sha256": Text("SHA-256", "SHA-256"), "reason": Text("reason", "原因"),
    "key": Text("key", "标识"), "label": Text("label", "显示名称"), "fields": Text("fields", "字段"),
    "group_id": Text("group", "分组"), "dictionary_id": Text("dictionary", "字典"),
    "expression": Text("formula", "公式"), "pattern": Text("pattern", "正则表达式"),
    "columns": Text("columns", "列"), "catalogue_id": Text("catalogue", "目录"),
    "code": Text("code", "编号"), "unit": Text("unit", "单位"), "price": Text("unit price", "单价"),
    "required": Text("required", "必填"), "held": Text("read-only for", "只读范围"),
    "in_list": Text("in lists", "列表显示"), "searchable": Text("searchable", "提供搜索"),
    "types": Text("types", "类型"), "order": Text("order", "排序"),
}  # fmt: skip
VALUES: Final[dict[str, Text]] = {
    "urgent": Text("urgent", "紧急"), "high": Text("high", "高"), "normal": Text("normal", "普通"),
    "low": Text("low", "低"), "true": Text("yes", "是"), "false": Text("no", "否"),
    "vip": Text("VIP", "VIP"), "null": Text("nothing", "空"),
}  # fmt: skip
SYSTEM_NAME: Final = Text("System", "系统")
LONGEST: Final = 60  # characters of a value in a sentence
_DIGEST: Final = re.compile(r"[0-9a-f]{40,}")


def who(actor: Mapping[str, Any], locale: str) -> str:
    """Who did it, by name."""
    if actor.get("kind") == "system":
        return SYSTEM_NAME.in_(locale)
    return str(actor.get("name") or actor.get("kind") or "?")


def sentence(
    event: str,
    element: str | None,
    data: Mapping[str, Any],
    names: Names,
    locale: str,
    *,
    before: Mapping[str, Any] | None = None,
    outcomes: Mapping[str, str] | None = None,
) -> str:
    """What a row of a process's history says, without who and when.

    `before` holds the process's values until then: with it, a row that changes some says from what to what.
    `outcomes` holds the labels of the step's outcomes.
    """
    step = said_in(names, element.partition("#")[0] if element else None, locale)
    changes = changed(data.get("set") or {}, data.get("before") or before or {}, locale)
    if changes and event in ("completed", "variables", "edited", "retried"):
        said = CHANGED_IN if step else CHANGED_ONLY
        return said.in_(locale) % {"changes": changes, "step": step}
    key = event
    if event == "submitted" and data.get("outcome"):
        key = "submitted_with"
    elif event in ("cancelled", "ended") and step:
        key = f"{event}_step"
    if key not in SENTENCES:
        return f"{event} {step}".strip()
    outcome = str(data.get("outcome") or "")
    what = SENTENCES[key].in_(locale) % {
        "step": step,
        "version": data.get("version", "?"),
        "outcome": (outcomes or {}).get(outcome) or name_in(names, outcome, locale),
        "event": data.get("message") or data.get("signal") or "",
        "from": data.get("from", "?"),
        "to": said_in(names, str(data["to"]), locale) if "to" in data else "?",
    }
    if changes and event in ("submitted", "ended"):
        return AND_CHANGED.in_(locale) % {"what": what, "changes": changes}
    return what


def changed(values: Mapping[str, Any], before: Mapping[str, Any], locale: str) -> str:
    """`priority from normal to high, title to …`: what differs of `values`; empty when nothing does."""
    parts = []
    for name, new in values.items():
        old = before.get(name)
        if name in before and old == new:
            continue
        template = CHANGED if name in before and old is not None else SET
        parts.append(
            template.in_(locale)
            % {
                "name": field(name, locale), "old": shown(old, locale), "new": shown(new, locale),
            }
        )  # fmt: skip
    return ("，" if locale.startswith("zh") else ", ").join(parts)


def entry_sentence(action: str, old: Mapping[str, Any], new: Mapping[str, Any], locale: str) -> str:
    """What an entry of the log says, without who and when: the action, then what changed."""
    words = ACTIONS[action].in_(locale) if action in ACTIONS else action
    zh = locale.startswith("zh")
    words = words if zh else words[:1].lower() + words[1:]
    changes = changed({name: value for name, value in new.items() if name in old}, old, locale)
    alone = {
        **{n: v for n, v in old.items() if n not in new},
        **{n: v for n, v in new.items() if n not in old},
    }
    said = ("，" if zh else ", ").join(
        f"{field(name, locale)} {shown(value, locale)}" for name, value in alone.items()
    )
    detail = ("；" if zh else "; ").join(part for part in (changes, said) if part)
    return f"{words}{'：' if zh else ': '}{detail}" if detail else words


SUBJECTS: Final[dict[str, Text]] = {
    "user": Text("person", "人员"), "team": Text("team", "团队"), "contact": Text("customer", "客户"),
    "company": Text("company", "公司"), "ticket": Text("ticket", "工单"),
    "process": Text("process", "流程"), "setting": Text("setting", "设置"),
    "background": Text("background work", "后台任务"), "archive": Text("archive", "归档"),
    "retention": Text("retention", "保留期限"), "attachment": Text("attachment", "附件"),
    "calendar": Text("calendar", "日历"), "form_link": Text("form link", "表单链接"), "system": Text("system", "系统"),
    "field": Text("field", "字段"),
}  # fmt: skip


def subject(reference: str, locale: str) -> str:
    """What an entry is about, in words: `user:7` → `person 7`; a long id is cut."""
    kind, _, name = reference.partition(":")
    if kind not in SUBJECTS:
        return reference
    short = name[:8] if len(name) == 36 and name.count("-") == 4 else name
    return f"{SUBJECTS[kind].in_(locale)} {short}".strip()


def field(name: str, locale: str) -> str:
    """A field's name in words."""
    return NAMES[name].in_(locale) if name in NAMES else name


def shown(value: Any, locale: str) -> str:
    """A value in a sentence: short, in the reader's words where it has some."""
    if value is None or isinstance(value, bool):
        return VALUES[{None: "null", True: "true", False: "false"}[value]].in_(locale)
    if isinstance(value, str) and value in VALUES:
        return VALUES[value].in_(locale)
    if isinstance(value, list):
        return ("、" if locale.startswith("zh") else ", ").join(
            shown(v, locale) for v in value
        ) or "–"
    if isinstance(value, Mapping) and value and value.keys() <= {"zh", "en"}:
        text = value.get("zh" if locale.startswith("zh") else "en")
        return shown(text or next(iter(value.values())), locale)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{field(k, locale)} {shown(v, locale)}" for k, v in value.items())
        return f"{{{inner[:LONGEST]}}}"
    text = str(value)
    if len(text) >= 40 and _DIGEST.match(text):
        return f"{text[:12]}…"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# Events of processes as a filter calls them.
EVENT_NAMES: Final[dict[str, Text]] = {
    "started": Text("Process: started", "流程：启动"),
    "submitted": Text("Process: step finished by a person", "流程：人工完成步骤"),
    "completed": Text("Process: step passed", "流程：通过步骤"),
    "claimed": Text("Process: step taken", "流程：领取步骤"),
    "released": Text("Process: step given back", "流程：放回步骤"),
    "decided": Text("Process: decided", "流程：决策"),
    "received": Text("Process: event received", "流程：收到事件"),
    "thrown": Text("Process: event sent", "流程：发出事件"),
    "fired": Text("Process: timer", "流程：定时触发"),
    "cancelled": Text("Process: cancelled", "流程：取消"),
    "suspended": Text("Process: suspended", "流程：挂起"),
    "resumed": Text("Process: resumed", "流程：恢复"),
    "edited": Text("Process: values edited", "流程：修改数据"),
    "moved": Text("Process: token moved", "流程：移动流转位置"),
    "migrated": Text("Process: migrated", "流程：迁移版本"),
    "retried": Text("Process: tried again", "流程：重试"),
    "resolved": Text("Process: incident resolved", "流程：处理异常"),
    "ended": Text("Process: ended", "流程：结束"),
}
