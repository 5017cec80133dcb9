"""Who may do what: the one list of permissions, and the roles that bundle them.

A role is a set of permissions; somebody with several roles may do what any of them allows [002 §3.3.1].
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from desk.people.models import User
from engine.operators import Text

PERMISSIONS: Final[dict[str, Text]] = {
    "ticket.read": Text("See tickets", "查看工单"),
    "ticket.create": Text("Create tickets", "新建工单"),
    "ticket.dispatch": Text("Dispatch tickets to teams and people", "派发工单"),
    "ticket.process": Text("Accept, answer and finish tickets", "受理、回复和完成工单"),
    "ticket.approve": Text("Approve what tickets ask for", "审批工单申请"),
    "ticket.cancel": Text("Cancel tickets", "取消工单"),
    "ticket.export": Text("Export tickets", "导出工单"),
    "ticket.import": Text("Import tickets", "导入工单"),
    "ticket.delete": Text("Delete tickets", "删除工单"),
    "ticket_view.share": Text("Share views of tickets", "共享工单视图"),
    "ticket_type.edit": Text("Set up ticket types", "设置工单类型"),
    "knowledge.read": Text("See the knowledge base", "查看知识库"),
    "knowledge.edit": Text("Write articles of the knowledge base", "编写知识文章"),
    "knowledge.review": Text("Review and publish articles", "审核和发布知识文章"),
    "contact.read": Text("See customers", "查看客户"),
    "contact.edit": Text("Add and change customers", "新增和修改客户"),
    "form_link.edit": Text("Open and close form links", "管理表单链接"),
    "report.read": Text("See the wall and reports", "查看大屏和报表"),
    "report.edit": Text("Make dashboards and share them", "制作和共享仪表板"),
    "process.read": Text("See diagrams and where their tokens stand", "查看流程图和流转位置"),
    "process.all": Text(
        "See the tickets, processes and incidents of all teams", "查看所有团队的工单、流程和异常"
    ),
    "process.design": Text("Draw and test diagrams", "设计和测试流程"),
    "process.deploy": Text("Deploy diagrams", "发布流程"),
    "process.operate": Text(
        "Cancel, move and migrate running processes", "取消、调整和迁移运行中的流程"
    ),
    "incident.read": Text("See incidents", "查看异常"),
    "incident.resolve": Text("Retry and resolve incidents", "重试和处理异常"),
    "history.read": Text("See the history", "查看历史记录"),
    "history.export": Text("Export the history", "导出历史记录"),
    "people.read": Text("See people and teams", "查看人员和团队"),
    "people.edit": Text("Add and change people, teams and roles", "管理人员、团队和角色"),
    "calendar.edit": Text(
        "Change calendars, shifts, rota and skills", "管理工作日历、班次、排班和技能"
    ),
    "token.create": Text("Create keys for programs", "创建程序访问令牌"),
    "settings.edit": Text("Change the desk's settings", "修改系统设置"),
}


@dataclass(frozen=True)
class Role:
    """A named bundle of permissions."""

    key: str
    name: Text
    help: Text
    permissions: frozenset[str]


def _role(key: str, name: Text, help: Text, permissions: Iterable[str]) -> Role:
    return Role(key, name, help, frozenset(permissions))


ROLES: Final[dict[str, Role]] = {
    role.key: role
    for role in (
        _role(
            "administrator",
            Text("Administrator", "管理员"),
            Text(
                "May do everything, people and settings included.",
                "拥有全部权限，包括人员和系统设置。",
            ),
            PERMISSIONS,
        ),
        _role(
            "implementer",
            Text("Implementer", "实施人员"),
            Text("Draws, tests and deploys diagrams.", "设计、测试并发布流程。"),
            (
                "ticket.read",
                "ticket_type.edit",
                "knowledge.read",
                "contact.read",
                "form_link.edit",
                "report.read",
                "report.edit",
                "process.read",
                "process.all",
                "process.design",
                "process.deploy",
                "process.operate",
                "incident.read",
                "incident.resolve",
                "history.read",
                "people.read",
                "token.create",
            ),
        ),
        _role(
            "supervisor",
            Text("Supervisor", "主管"),
            Text(
                "Dispatches, watches the wall, helps out on tickets.",
                "派发工单、查看大屏、协助处理工单。",
            ),
            (
                "ticket.read",
                "ticket.create",
                "ticket.dispatch",
                "ticket.process",
                "ticket.approve",
                "ticket.cancel",
                "ticket.export",
                "ticket.import",
                "ticket_view.share",
                "knowledge.read",
                "knowledge.edit",
                "knowledge.review",
                "contact.read",
                "contact.edit",
                "form_link.edit",
                "report.read",
                "report.edit",
                "process.read",
                "incident.read",
                "history.read",
                "people.read",
                "calendar.edit",
            ),
        ),
        _role(
            "agent",
            Text("Agent", "座席"),
            Text("Works on tickets and customers.", "处理工单，维护客户资料。"),
            (
                "ticket.read",
                "ticket.create",
                "ticket.process",
                "ticket.export",
                "knowledge.read",
                "knowledge.edit",
                "contact.read",
                "contact.edit",
                "process.read",
            ),
        ),
        _role(
            "auditor",
            Text("Auditor", "审计员"),
            Text("Reads everything, changes nothing.", "可查看全部内容，不能修改。"),
            (
                "ticket.read",
                "ticket.export",
                "knowledge.read",
                "contact.read",
                "report.read",
                "process.read",
                "process.all",
                "incident.read",
                "history.read",
                "history.export",
                "people.read",
            ),
        ),
    )
}

# What a lane of a diagram may name besides the roles above: whoever holds the permission belongs to it.
CANDIDATE_ROLES: Final[dict[str, str]] = {
    "dispatcher": "ticket.dispatch",
    "agent": "ticket.process",
    "approver": "ticket.approve",
    "reviewer": "knowledge.review",
}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All that these roles allow together; an unknown role allows nothing."""
    return _joined(tuple(sorted(roles)))


@lru_cache(maxsize=64)
def _joined(roles: tuple[str, ...]) -> frozenset[str]:
    sets = (ROLES[key].permissions for key in roles if key in ROLES)
    return frozenset().union(*sets)


def can(user: User | None, permission: str) -> bool:
    """Whether this person may do it. Raises KeyError for a permission that is not in the list."""
    if permission not in PERMISSIONS:
        raise KeyError(f"there is no permission {permission!r}")
    return user is not None and user.active and permission in permissions_of(user.roles)


def candidates_of(user: User) -> list[str]:
    """The names under which tasks are offered to this person: `user:7`, `team:3`, `role:dispatcher`.

    Needs `user.teams`; inactive teams are left out, and somebody inactive is a candidate for nothing.
    """
    if not user.active:
        return []
    held = {key for key in user.roles if key in ROLES and key not in CANDIDATE_ROLES}
    held |= {key for key, permission in CANDIDATE_ROLES.items() if can(user, permission)}
    return [
        f"user:{user.id}",
        *(f"team:{team.id}" for team in user.teams if team.active),
        *(f"role:{key}" for key in sorted(held)),
    ]
