"""Mail, offered to diagrams: sending, and (used by the listener itself) reading what came in."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from connectors.mail.ingest import read_mail
from connectors.mail.intake import INGEST, QUEUE
from connectors.mail.outgoing import Order, send
from connectors.mail.staff import tell
from desk.notices.channels import Channel, register
from desk.notices.operations import addressed, people_of
from desk.notices.placeholders import filled
from desk.tickets.models import Ticket
from engine.operators import JobRun, OperatorError, Operators, Param, Step, Text

operators = Operators()
TELL = "mail.tell"

# What notify.customer takes when the customer has an address; a diagram need not name it.
register(
    Channel(
        key="mail",
        title=Text("Mail", "邮件"),
        operator="mail.send",
        parameters=lambda ticket, subject, text: {
            "ticket_id": ticket.id, "template": "message", "subject": subject, "body": text,
        },
        reaches=lambda _session, ticket: ticket.contact is not None
        and any(address.kind == "mail" for address in ticket.contact.addresses),
    )
)  # fmt: skip

Template = Literal["acknowledgement", "reply", "ended", "cancelled", "reopened", "message"]


@operators.job(
    "mail.send",
    title=Text("Send a mail to the customer", "给客户发邮件"),
    help=Text(
        "Sends one mail of the ticket, in the customer's language. “reply” sends a message that an agent wrote; all "
        "others are automatic mails: automatic senders, mailing lists and mail loops never get those. "
        "Returns sent, and the reason where nothing was sent.",
        "以客户的语言发送一封工单邮件。reply 用于发送座席写好的消息；其余均为自动邮件，"
        "不会发给自动回复、邮件列表或循环往来的邮箱。返回是否已发送，以及未发送的原因。",
    ),
    queue=QUEUE,
    tries=8,
    backoff=timedelta(seconds=60),
    permission="ticket.work",
    icon="mail-forward",
)
def mail_send(
    run: JobRun,
    *,
    ticket_id: Annotated[int, Param(Text("Ticket", "工单"))],
    template: Annotated[
        Template,
        Param(
            Text("Kind of mail", "邮件类型"),
            Text(
                "acknowledgement, reply, ended (with the invitation to rate), cancelled, reopened, or message for your "
                "own words",
                "acknowledgement 受理通知，reply 座席回复，ended 办结并邀请评价，cancelled 已取消，reopened 重新受理，"
                "message 自定义内容",
            ),
        ),
    ],
    message_id: Annotated[
        int | None, Param(Text("Message", "消息"), Text("What “reply” sends", "reply 所发送的消息"))
    ] = None,
    subject: Annotated[
        str | None, Param(Text("Subject", "主题"), Text("Of a “message”", "用于 message"))
    ] = None,
    body: Annotated[
        str | None,
        Param(
            Text("Words", "正文"),
            Text("Of a “message”, or added to “ended” or “cancelled”", "message 的正文，或附在 ended、cancelled 中"),
        ),
    ] = None,
) -> dict[str, Any]:
    """Returns {"sent": true, "mail": Message-ID} or {"sent": false, "reason": …}, see outgoing.send."""
    if template == "reply" and message_id is None:
        raise OperatorError("mail.send: the template “reply” needs a message_id")
    if template == "message" and not body:
        raise OperatorError("mail.send: the template “message” needs a body")
    order = Order(
        ticket_id=int(ticket_id),
        kind=template,
        unique=run.idempotency_key,
        message_id=int(message_id) if template == "reply" and message_id is not None else None,
        subject=subject or "",
        words=body or "",
    )
    return send(run.services, order, run.finish)


@operators.inline(
    "notify.mail",
    title=Text("Mail people of the desk", "给客服发邮件"),
    help=Text(
        "Sends words of your own to the mail addresses of people, teams and roles: handler, team, creator, “user:7”, "
        "“team:3”, “role:supervisor”; several are separated by commas. Who has no address gets none.",
        "将自定义内容发到客服的邮箱。可填 handler（当前处理人）、team、creator、user:7、team:3、role:supervisor，"
        "多个用逗号分隔；没有邮箱的人员不发送。",
    ),
    icon="mail-share",
)
def notify_mail(
    step: Step,
    *,
    to: Annotated[Any, Param(Text("To whom", "接收人"))],
    subject: Annotated[str, Param(Text("Subject", "主题"))],
    text: Annotated[
        str,
        Param(
            Text("Words", "内容"),
            Text(
                "May hold placeholders: {{ticket.subject}} …", "可使用占位符：{{ticket.subject}} 等"
            ),
        ),
    ],
    ticket_id: Annotated[int | None, Param(Text("Ticket", "工单"))] = None,
) -> dict[str, Any]:
    """Returns {"mailed": how many, "without_address": [names]}. Side effect: a job for each mail."""
    ticket = step.session.get(Ticket, int(ticket_id)) if ticket_id is not None else None
    people = people_of(step.session, addressed(to, ticket))
    reached = [user for user in people if user.email]
    zone = ZoneInfo(step.services.settings.timezone)
    words = [filled(part, ticket, zone) if ticket else part for part in (subject, text)]
    for user in reached:
        step.services.engine.enqueue(
            step.session,
            TELL,
            {"user_id": user.id, "subject": words[0], "text": words[1], "ticket_id": ticket_id},
            key=f"{TELL}:{step.instance_id}:{step.element_id}:{step.now.isoformat()}:{user.id}",
        )
    without = [user.name for user in people if not user.email]
    return {"mailed": len(reached), "without_address": without}


@operators.job(
    TELL,
    title=Text("Mail one person of the desk", "给一位客服发邮件"),
    help=Text(
        "“notify.mail” asks for it, once for each person. With “page” a page that was made before (insight.render) "
        "stands in the mail instead of the words, which remain for readers without HTML.",
        "由 notify.mail 逐人调用。填写 page 时，邮件正文为先前生成的页面（insight.render），"
        "文字内容供不支持 HTML 的阅读器使用。",
    ),
    queue=QUEUE,
    tries=8,
    backoff=timedelta(seconds=60),
    icon="mail-share",
)
def mail_tell(
    run: JobRun,
    *,
    user_id: Annotated[int, Param(Text("Person", "人员"))],
    subject: Annotated[str, Param(Text("Subject", "主题"))],
    text: Annotated[str, Param(Text("Words", "内容"))],
    ticket_id: Annotated[int | None, Param(Text("Ticket", "工单"))] = None,
    page: Annotated[
        str | None, Param(Text("Page", "页面"), Text("Its key in the storage", "页面的存储标识"))
    ] = None,
) -> dict[str, Any]:
    """Returns {"sent": true, "mail": Message-ID} or {"sent": false, "reason": …}, see staff.tell."""
    ticket = int(ticket_id) if ticket_id is not None else None
    return tell(run.services, int(user_id), subject, text, ticket, run.idempotency_key, page)


@operators.job(
    INGEST,
    title=Text("Read a mail that came in", "读取收到的邮件"),
    help=Text(
        "The mail listener does this by itself for every mail; a diagram does not need it.",
        "邮件监听进程会自动读取每封邮件，流程图中无需使用。",
    ),
    queue=QUEUE,
    icon="mail-opened",
)
def mail_ingest(
    run: JobRun, *, raw_mail_id: Annotated[int, Param(Text("Raw mail", "原始邮件"))]
) -> dict[str, Any]:
    """Returns {"status"} and, where a message was made, {"message_id"}; see ingest.read_mail."""
    return read_mail(run.services, int(raw_mail_id), run.finish)
