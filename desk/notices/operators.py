"""Notices, offered to diagrams: one family for people of the desk, customers, and other systems [000 §5.1.6.1]."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.notices import outbound
from desk.notices.channels import channel_for
from desk.notices.models import Target
from desk.notices.operations import addressed, notify
from desk.notices.placeholders import filled, filled_json
from desk.tickets.models import Ticket
from desk.tickets.parameters import TicketParam, ticket_of
from engine.history import plain
from engine.operators import (
    JobRun,
    OperatorError,
    Operators,
    Param,
    PermanentFailure,
    Step,
    Text,
)

operators = Operators()

OptionalTicket = Annotated[int | None, Param(Text("Ticket", "工单"))]
TextParam = Annotated[
    str,
    Param(
        Text("Words", "内容"),
        Text(
            "May hold placeholders: {{ticket.subject}}, {{user.name}} …",
            "可使用占位符：{{ticket.subject}}、{{user.name}} 等",
        ),
    ),
]


@operators.inline(
    "notify.staff",
    title=Text("Tell people of the desk", "向客服发送系统消息"),
    help=Text(
        "A line in the bell of people, teams and roles: handler, watchers of the diagram's choice, “user:7”, “team:3”, "
        "“role:supervisor”. Several are separated by commas.",
        "在客服的消息中心显示一条消息。可填 handler（当前处理人）、user:7、team:3、role:supervisor，多个用逗号分隔。",
    ),
    icon="bell",
)
def staff(
    step: Step,
    *,
    to: Annotated[Any, Param(Text("To whom", "接收人"))],
    text: Annotated[
        Any,
        Param(
            Text("Words", "内容"),
            Text(
                'May hold placeholders: {{ticket.subject}}, {{user.name}} …; in both languages: ={en: "…", zh: "…"}',
                '可使用占位符：{{ticket.subject}}、{{user.name}} 等；双语写作 ={en: "…", zh: "…"}',
            ),
        ),
    ],
    ticket_id: OptionalTicket = None,
) -> dict[str, Any]:
    """Returns {"told": how many people}. With a ticket, the line names it and leads to it."""
    ticket = step.session.get(Ticket, int(ticket_id)) if ticket_id is not None else None
    said = text if isinstance(text, Mapping) else {"en": text, "zh": text}
    told = notify(
        step.session,
        step.services.live,
        addressed(to, ticket),
        {language: _line(str(words), ticket, step) for language, words in said.items()},
        href=f"/tickets/{ticket.id}" if ticket else "",
    )
    return {"told": len(told)}


def _line(words: str, ticket: Ticket | None, step: Step) -> str:
    if ticket is None:
        return words
    words = f"{ticket.number} {filled(words, ticket, _zone(step))}"
    return words if ticket.title in words else f"{words} · {ticket.title}"


@operators.inline(
    "notify.customer",
    title=Text("Tell the customer", "通知客户"),
    help=Text(
        "Sends words of your own to the ticket's customer by the channel that reaches them (“auto”), or by one that is "
        "named; a channel connected later can be named too. Returns the channel, none if nobody is reached.",
        "以可达的渠道（auto）或指定渠道将自定义内容发送给工单客户。以后接入的渠道也可在此指定。返回所用渠道，无法送达时为空。",
    ),
    icon="message-forward",
)
def customer(
    step: Step,
    *,
    ticket_id: TicketParam,
    text: TextParam,
    channel: Annotated[
        str, Param(Text("Channel", "渠道"), Text("auto, mail …", "auto、mail 等"))
    ] = "auto",
    subject: Annotated[str | None, Param(Text("Subject", "主题"))] = None,
) -> dict[str, Any]:
    """Returns {"channel": key or None}. Side effect: the channel's job."""
    ticket = ticket_of(step.session, ticket_id)
    chosen = channel_for(step.session, ticket, channel)
    if chosen is None:
        return {"channel": None}
    zone = _zone(step)
    given = chosen.parameters(
        ticket, filled(subject or "", ticket, zone), filled(text, ticket, zone)
    )
    key = f"notify:{step.instance_id}:{step.element_id}:{step.now.isoformat()}:{ticket.id}"
    step.services.engine.enqueue(step.session, chosen.operator, given, key=key)
    return {"channel": chosen.key}


@operators.job(
    "notify.webhook",
    title=Text("Call an external target", "调用外部目标"),
    help=Text(
        "Sends JSON to a target of the settings, signed with its secret. The body may hold placeholders. "
        "Tried again when nobody answers; what the target refuses becomes an incident.",
        "向“设置”中登记的外部目标发送 JSON，并用其密钥签名。消息体可使用占位符。无应答时自动重试；对方拒绝则形成异常。",
    ),
    tries=8,
    backoff=timedelta(seconds=30),
    icon="webhook",
)
def webhook(
    run: JobRun,
    *,
    target: Annotated[str, Param(Text("Target", "外部目标"), Text("Its key", "目标标识"))],
    ticket_id: OptionalTicket = None,
    body: Annotated[
        Any,
        Param(
            Text("Message body", "消息体"),
            Text(
                "JSON or a context; empty: the target's own",
                "JSON 或上下文；留空则用目标自带的消息体",
            ),
        ),
    ] = None,
) -> dict[str, Any]:
    """Returns {"status", "answer"}: the answer as JSON where it is JSON, else text."""
    settings = run.services.settings
    with run.database.reading() as session:
        found = session.scalars(select(Target).where(Target.key == target)).one_or_none()
        if found is None or not found.active:
            raise PermanentFailure(f"there is no active target {target!r}")
        content = _content(session, found, body, ticket_id, ZoneInfo(settings.timezone))
    headers = _headers(found, content, run.idempotency_key)
    try:
        answer = outbound.call(
            found.method, found.url, headers, content,
            private_hosts=frozenset(filter(None, settings.private_hosts.split(","))),
        )  # fmt: skip
    except outbound.Forbidden as error:
        raise PermanentFailure(str(error)) from error
    except outbound.Unreachable as error:
        raise OperatorError(str(error)) from error
    return _understood(found, answer)


def _content(
    session: Session, target: Target, body: Any, ticket_id: int | None, zone: ZoneInfo
) -> bytes:
    ticket = session.get(Ticket, int(ticket_id)) if ticket_id is not None else None
    template = body if body not in (None, "") else target.body
    if not isinstance(template, str):
        return orjson.dumps(plain(template))
    if not template:
        return orjson.dumps({"ticket_id": ticket_id})
    if ticket is None:
        return template.encode()
    try:
        return orjson.dumps(plain(filled_json(template, ticket, zone)))
    except ValueError as error:
        raise PermanentFailure(str(error)) from error


def _headers(target: Target, content: bytes, key: str) -> dict[str, str]:
    """`Lanedesk-Signature` is the hex HMAC-SHA256 of the body with the target's secret."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Lanedesk",
        "Host": urlsplit(target.url).netloc,
        "Lanedesk-Delivery": hashlib.sha256(key.encode()).hexdigest()[:32],
        "Lanedesk-Signature": signature(target.secret, content),
    }
    if target.login:
        pair = f"{target.login}:{target.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def signature(secret: str, content: bytes) -> str:
    """What the receiver computes too, to know who sent it and that it is whole."""
    return "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _understood(target: Target, answer: outbound.Answer) -> dict[str, Any]:
    text = answer.body.decode("utf-8", "replace")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise OperatorError(f"{target.key} answered {answer.status}: {text[:200]}")
    if not 200 <= answer.status < 300:
        raise PermanentFailure(f"{target.key} answered {answer.status}: {text[:200]}")
    try:
        value: Any = orjson.loads(answer.body) if answer.body else None
    except orjson.JSONDecodeError:
        if target.answer == "json":
            raise PermanentFailure(f"{target.key} did not answer JSON: {text[:200]}") from None
        value = text[:2000]
    return {"status": answer.status, "answer": value}


def _zone(step: Step) -> ZoneInfo:
    return ZoneInfo(step.services.settings.timezone)
