"""What the audit log says of people: every login and every change of rights, and the words for it."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from desk.audit import actions, operations
from desk.people.permissions import ROLES
from engine.actors import Actor
from engine.operators import Text

ACTIONS: Final[dict[str, Text]] = {
    "signed_in": Text("Signed in", "登录"),
    "signed_out": Text("Signed out", "退出登录"),
    "login_failed": Text("Failed to sign in", "登录失败"),
    "sessions_ended": Text("Ended all sessions", "结束所有会话"),
    "user_created": Text("Created the account", "创建账号"),
    "user_changed": Text("Changed the account", "修改账号"),
    "roles_changed": Text("Changed the roles", "修改角色"),
    "user_deactivated": Text("Deactivated the account", "停用账号"),
    "user_activated": Text("Activated the account", "启用账号"),
    "user_unlocked": Text("Unlocked the login", "解除登录锁定"),
    "password_changed": Text("Changed the password", "修改密码"),
    "password_reset": Text("Set a first password", "重置密码"),
    "team_created": Text("Created the team", "创建团队"),
    "team_changed": Text("Changed the team", "修改团队"),
    "member_added": Text("Added to the team", "加入团队"),
    "member_removed": Text("Removed from the team", "移出团队"),
    "tickets_exported": Text("Exported tickets", "导出工单"),
    "ticket_deleted": Text("Deleted a ticket", "删除工单"),
    "calendar_created": Text("Added a working calendar", "新增工作日历"),
    "calendar_changed": Text("Changed a working calendar", "修改工作日历"),
    "skill_changed": Text("Changed a skill", "修改技能"),
    "skills_changed": Text("Changed skills of a person", "修改人员技能"),
    "work_changed": Text("Changed how somebody takes work", "修改接单设置"),
    "state_changed": Text("Changed the states to choose from", "修改接单状态选项"),
    "shift_changed": Text("Changed a shift", "修改班次"),
    "rota_changed": Text("Changed the rota", "修改排班"),
    "absence_added": Text("Entered an absence", "登记缺勤"),
    "absence_removed": Text("Removed an absence", "删除缺勤"),
    "field_created": Text("Added a ticket field", "新增工单字段"),
    "field_changed": Text("Changed a ticket field", "修改工单字段"),
    "field_deleted": Text("Deleted a ticket field", "删除工单字段"),
    "field_order": Text("Changed the order of ticket fields", "调整工单字段顺序"),
    "field_group_changed": Text("Changed a group of ticket fields", "修改工单字段分组"),
    "dictionary_changed": Text("Changed a dictionary", "修改数据字典"),
    "catalogue_changed": Text("Changed a catalogue", "修改商品目录"),
    "token_created": Text("Created a key for programs", "创建访问令牌"),
    "token_revoked": Text("Revoked a key for programs", "吊销访问令牌"),
}

actions.declare(ACTIONS)


FIELDS: Final[dict[str, Text]] = {
    "login": Text("login", "登录名"),
    "name": Text("name", "名称"),
    "email": Text("e-mail", "邮箱"),
    "phone": Text("phone", "电话"),
    "roles": Text("roles", "角色"),
    "active": Text("open", "启用"),
    "address": Text("address", "地址"),
    "token": Text("key", "令牌"),
    "user": Text("person", "人员"),
    "tickets": Text("tickets", "工单数"),
    "filter": Text("filter", "筛选条件"),
    "number": Text("ticket", "工单"),
    "layout": Text("layout", "版式"),
    "version": Text("version", "版本"),
    "reason": Text("reason", "原因"),
    "path": Text("path", "路径"),
    "folder": Text("folder", "文件夹"),
    "files": Text("files", "文件"),
    "processes": Text("processes", "流程"),
    "note": Text("note", "备注"),
    "zone": Text("time zone", "时区"),
    "hours": Text("hours", "时段"),
    "public": Text("public holidays", "公共节假日"),
    "team": Text("team", "团队"),
    "days": Text("days", "日期"),
    "key": Text("key", "标识"),
    "capacity": Text("open tickets at once", "同时处理上限"),
    "share": Text("share", "分配比例"),
    "on_rota": Text("works by the rota", "按排班接单"),
    "automatic": Text("automatic assignment", "自动分配"),
    "lead": Text("team lead", "组长"),
    "skills": Text("skills", "技能"),
    "takes_work": Text("takes tickets", "可接单"),
    "day": Text("day", "日期"),
    "shift": Text("shift", "班次"),
    "start": Text("from", "开始"),
    "end": Text("until", "结束"),
    "kind": Text("kind", "类型"),
    "label": Text("label", "显示名称"),
    "group_id": Text("group", "分组"),
    "dictionary_id": Text("dictionary", "字典"),
    "expression": Text("formula", "公式"),
    "pattern": Text("pattern", "正则表达式"),
    "columns": Text("columns", "列"),
    "catalogue_id": Text("catalogue", "目录"),
    "required": Text("required", "必填"),
    "held": Text("read-only for", "只读范围"),
    "in_list": Text("in lists", "列表显示"),
    "searchable": Text("searchable", "提供搜索"),
    "types": Text("ticket types", "工单类型"),
    "fields": Text("fields", "字段"),
    "order": Text("order", "排序"),
}


def actor_name(actor: Mapping[str, Any], locale: str) -> str:
    """Who it was, for people; `actor` is an engine.actors.Actor as JSON."""
    return Text("System", "系统").in_(locale) if actor["kind"] == "system" else str(actor["name"])


def as_words(values: Mapping[str, Any], locale: str) -> str:
    """The values of a log row in one line, for people: `name: Li Wei · roles: Agent, Auditor`."""
    zh = locale.startswith("zh")
    return " · ".join(
        f"{FIELDS[key].in_(locale) if key in FIELDS else key}{'：' if zh else ': '}{_value(value, locale)}"
        for key, value in values.items()
    )


def _value(value: Any, locale: str) -> str:
    if isinstance(value, bool):
        return Text("yes", "是").in_(locale) if value else Text("no", "否").in_(locale)
    if isinstance(value, list):
        names = [ROLES[key].name.in_(locale) if key in ROLES else str(key) for key in value]
        return ("、" if locale.startswith("zh") else ", ").join(names) or "–"
    if isinstance(value, Mapping):
        text = value.get("zh" if locale.startswith("zh") else "en")
        return str(text or next(iter(value.values()), "–"))
    return "–" if value is None else str(value)


def record(
    session: Session,
    action: str,
    *,
    actor: Actor,
    subject: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to the audit log. `subject` is `user:7` or `team:3`; never a password in it."""
    operations.record(session, action, actor=actor, subject=subject, old=old, new=new)
