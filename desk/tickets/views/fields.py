"""What the conditions of a view can ask about: what rules ask of a ticket, and what only a list asks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from desk.rules.fields import FIELDS, Choice, Custom, Field, custom_fields, people, teams
from engine.operators import Text

ME: Final = "me"  # whoever reads
MINE: Final = "mine"  # the teams of whoever reads


def _people(session: Session) -> Sequence[Choice]:
    return [(ME, Text("Me", "我")), *people(session)]


def _teams(session: Session) -> Sequence[Choice]:
    return [(MINE, Text("My teams", "我的团队")), *teams(session)]


def _yes_no(_session: Session) -> Sequence[Choice]:
    return [("true", Text("Yes", "是")), ("false", Text("No", "否"))]


# What a rule knows only of one moment (what has changed, the words of the message) is not asked of lists.
_OF_RULES: Final = (
    "ticket.type", "ticket.state", "ticket.status", "ticket.priority", "ticket.channel", "ticket.title",
    "vendors.came_from", "vendors.given_to", "ticket.rating", "ticket.rating_comment", "ticket.created_at",
    "ticket.processed_at", "ticket.last_message_at", "ticket.first_response_at", "ticket.ended_at",
    "ticket.deadline", "ticket.overdue_at", "ticket.contact.name", "ticket.contact.level", "ticket.contact.mail",
    "ticket.contact.phone", "ticket.company.name", "ticket.company.level", "ticket.company.domain",
)  # fmt: skip
_OF_LISTS: Final = (
    Field("ticket.assignee_id", Text("Person", "处理人员"), "number_choice", _people),
    Field("ticket.team_id", Text("Team", "团队"), "number_choice", _teams),
    Field("ticket.creator_id", Text("Opened by", "登记人"), "number_choice", _people),
    Field("ticket.watcher_id", Text("Copied to, or followed by", "抄送人或关注人"), "number_choice", _people),
    Field("ticket.contact.owner_id", Text("Customer's owner", "客户负责人"), "number_choice", _people),
    Field("ticket.awaits_reply", Text("Waits for our reply", "待回应"), "flag", _yes_no),
    Field("ticket.sla_late", Text("SLA missed and still open", "SLA 已超时且未完成"), "flag", _yes_no),
    Field("ticket.number", Text("Ticket number", "工单编号"), "text"),
    Field("ticket.words", Text("Number, words, customer, phone", "编号、内容、客户、电话"), "words"),
    Field("ticket.customer", Text("Customer or company", "客户或公司"), "words"),
    Field("ticket.company.address", Text("Company's address", "公司地址"), "text"),
    Field("ticket.created_day", Text("Created on", "创建日期"), "day"),
    Field("ticket.processed_day", Text("Last change of state on", "状态变更日期"), "day"),
    Field("ticket.deadline_day", Text("Deadline on", "截止日期"), "day"),
)  # fmt: skip


def askable(session: Session) -> Custom:
    """The fields by their paths, in the order in which they are offered; withdrawn ones of the desk's own, too."""
    found = [replace(FIELDS[path], changes=None) for path in _OF_RULES]
    places = {one.path: number for number, one in enumerate(found)}
    at = places["ticket.title"]  # the handling stands beside the ticket's state
    own = [replace(field, changes=None) for field in custom_fields(session).values()]
    return {one.path: one for one in (*found[:at], *_OF_LISTS, *found[at:], *own)}
