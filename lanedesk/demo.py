"""People and tickets to look at in an evaluation. The tickets go through the real diagram, as the real ones do."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.fields.models import DictionaryEntry, Kind
from desk.fields.operations import (
    FieldSettings,
    create_dictionary,
    create_entry,
    create_field,
    create_group,
)
from desk.people import operations, queries
from desk.people.access import actor_of
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM, Actor
from engine.delivery import Delivery
from engine.tables import human_task

# team: its members
TEAMS = {"一线支持": ("liming", "zhaoli"), "现场服务": ("zhaoli", "sunqiang")}

# login: name, roles
PEOPLE = {
    "wangfang": ("王芳", ["supervisor"]),
    "liming": ("李明", ["agent"]),
    "zhaoli": ("赵丽", ["agent"]),
    "sunqiang": ("孙强", ["agent"]),
    "zhangwei": ("张伟", ["implementer"]),
    "liuyang": ("刘洋", ["auditor"]),
}


@dataclass(frozen=True)
class DemoTicket:
    """A customer's words, and how far the ticket has come."""

    customer: str
    mail: str
    subject: str
    text: str
    priority: str = "normal"
    team: str | None = None
    person: str | None = None
    stage: Literal["pending", "dispatched", "processing", "ended"] = "pending"
    solution: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)  # of FIELDS


# A dictionary: key of each value, the key of the one above it, title.
PROBLEMS = (
    ("hardware", None, {"zh": "硬件", "en": "Hardware"}),
    ("printer", "hardware", {"zh": "打印机", "en": "Printer"}),
    ("computer", "hardware", {"zh": "电脑", "en": "Computer"}),
    ("software", None, {"zh": "软件", "en": "Software"}),
    ("network", None, {"zh": "网络", "en": "Network"}),
)
FIELDS = {
    "problem": FieldSettings(
        {"zh": "问题分类", "en": "Kind of problem"}, Kind.CASCADE, in_list=True, searchable=True
    ),
    "floor": FieldSettings(
        {"zh": "楼层", "en": "Floor"}, Kind.INTEGER, in_list=True, searchable=True
    ),
    "affected": FieldSettings({"zh": "受影响人数", "en": "People affected"}, Kind.INTEGER),
}

TICKETS = (
    DemoTicket(
        "陈静",
        "chenjing@hengtai.example",
        "打印机一直提示缺纸",
        "三楼的打印机纸盒是满的，但一直提示缺纸，重启过两次还是这样，请尽快处理。",
        fields={"problem": "printer", "floor": 3},
    ),
    DemoTicket(
        "周强",
        "zhouqiang@hengtai.example",
        "无法登录考勤系统",
        "今天早上开始登录考勤系统就提示“密码已过期”，点修改密码又报错，截图稍后补上。",
        priority="high",
    ),
    DemoTicket(
        "Anna Schmidt",
        "anna.schmidt@nordlicht.example",
        "Invoice shows the wrong address",
        "Hello, the invoice of this month still shows our old address. Could you please correct it?",
        team="一线支持",
        stage="dispatched",
    ),
    DemoTicket(
        "吴敏",
        "wumin@example.com",
        "空调安装预约改期",
        "原定周四上午的安装，因为家里临时有事，想改到周六下午，可以吗？",
        priority="urgent",
        team="现场服务",
        person="sunqiang",
        stage="processing",
    ),
    DemoTicket(
        "郑磊",
        "zhenglei@example.com",
        "快递显示签收但没有收到",
        "单号显示昨天已签收，但我和家人都没有收到，请帮忙核实一下。",
        team="一线支持",
        person="liming",
        stage="ended",
        solution="已与快递员核实：包裹放在小区南门驿站，客户已取到。",
    ),
)


def add_demo_people(session: Session, password_hash: str, *, locale: str) -> tuple[str, ...]:
    """Add the people and their teams; their logins."""
    made = {
        login: operations.create_user(
            session,
            login=login,
            name=name,
            password_hash=password_hash,
            roles=roles,
            locale=locale,
            must_change_password=False,
            actor=SYSTEM,
        )
        for login, (name, roles) in PEOPLE.items()
    }
    for name, members in TEAMS.items():
        operations.create_team(
            session, name=name, members=[made[login] for login in members], actor=SYSTEM
        )
    return tuple(made)


def add_demo_fields(session: Session) -> None:
    """Fields that every ticket has, in a group, and the dictionary of one of them."""
    problems = create_dictionary(
        session, "problems", {"zh": "问题分类", "en": "Kinds of problems"}, actor=SYSTEM
    )
    entries: dict[str | None, DictionaryEntry] = {}
    for key, above, title in PROBLEMS:
        entries[key] = create_entry(
            session, problems, key, title, parent=entries.get(above), actor=SYSTEM
        )
    group = create_group(session, {"zh": "问题信息", "en": "About the problem"}, actor=SYSTEM)
    for key, settings in FIELDS.items():
        placed = replace(settings, group_id=group.id, dictionary_id=problems.id)
        create_field(session, key, placed, actor=SYSTEM)


def add_demo_tickets(desk: Desk) -> None:
    """Let each customer write, then do what the people of the desk did, task by task."""
    for ticket in TICKETS:
        with desk.database.transaction() as session:
            instance_id = _arrive(desk, session, ticket)
        for element, outcome, login, values in _steps(ticket):
            with desk.database.transaction() as session:
                _do(desk, session, instance_id, element, outcome, login, values)


def _arrive(desk: Desk, session: Session, ticket: DemoTicket) -> UUID:
    author = Actor("contact", None, ticket.customer)
    message = receive_message(
        session,
        kind="customer",
        channel="form",
        author=author,
        subject=ticket.subject,
        text=ticket.text,
        sender_mail=ticket.mail,
        form_data=ticket.fields or None,
    )
    delivery: Delivery = desk.engine.message(
        session,
        "ticket.requested",
        {"message_id": message.id, "priority": ticket.priority},
        actor=author,
    )
    return delivery.started[0]


def _steps(ticket: DemoTicket) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """(element, outcome, login, values) of each task that was done."""
    agent = ticket.person or "liming"
    steps: list[tuple[str, str, str, Mapping[str, Any]]] = [
        ("dispatch", "dispatch", "wangfang", {"team": ticket.team, "person": ticket.person}),
        ("accept", "accept", agent, {}),
        ("process", "finish", agent, {"solution": ticket.solution}),
    ]
    return steps[: ("pending", "dispatched", "processing", "ended").index(ticket.stage)]


def _do(
    desk: Desk,
    session: Session,
    instance_id: UUID,
    element: str,
    outcome: str,
    login: str,
    values: Mapping[str, Any],
) -> None:
    user = queries.user_by_login(session, login)
    assert user is not None
    task_id = session.scalars(
        select(human_task.c.id).where(
            human_task.c.instance_id == instance_id,
            human_task.c.element_id == element,
            human_task.c.status == "open",
        )
    ).one()
    given = dict(values)
    if given.get("team"):
        team = queries.team_by_name(session, given["team"])
        assert team is not None
        given["team"] = team.id
    if given.get("person"):
        person = queries.user_by_login(session, given["person"])
        assert person is not None
        given["person"] = person.id
    desk.engine.complete(session, task_id, given, outcome=outcome, actor=actor_of(user))
