"""All events of the desk, declared in one place so that one reading shows what a diagram can hear of."""

from desk.events.catalogue import FieldType, declare
from engine.operators import Text

_Payload = dict[str, tuple[FieldType, Text]]

_TICKET: _Payload = {"ticket_id": ("number", Text("Ticket", "工单"))}
_CONTACT: _Payload = {"contact_id": ("number", Text("Contact", "客户"))}
_COMPANY: _Payload = {"company_id": ("number", Text("Company", "公司"))}
_MESSAGE: _Payload = {"message_id": ("number", Text("Message", "消息"))}
_REMARK: _Payload = {"remark": ("string", Text("Remark", "备注"))}
_CHANGE: _Payload = {
    "fields": ("list<string>", Text("Names of the fields that changed", "发生变化的字段名")),
    "old": ("context", Text("Their values before, by name", "变化前的值（按字段名）")),
    "new": ("context", Text("Their values now, by name", "变化后的值（按字段名）")),
}

# Tickets: what has happened ---------------------------------------------------------------------------------------

declare(
    "ticket.created",
    Text("Ticket created", "工单已创建"),
    _TICKET
    | {
        "channel": ("string", Text("Channel", "渠道")),
        "priority": ("string", Text("Priority", "优先级")),
        "contact_id": ("number", Text("Contact", "客户")),
        "type": ("string", Text("Type", "类型")),
    },
    help=Text("A ticket has been registered.", "一张工单已登记。"),
)
declare(
    "ticket.changed",
    Text("Ticket changed", "工单已更新"),
    _TICKET | _CHANGE,
    help=Text(
        "Fields of a ticket have other values now: state, priority, handler, answers of its form. "
        "All changes of one update are one event.",
        "工单字段（状态、优先级、处理人、表单内容等）的值发生了变化。一次更新中的全部变化合为一个事件。",
    ),
)
declare(
    "ticket.state_changed",
    Text("Ticket's state changed", "工单状态已变更"),
    _TICKET
    | {
        "old": ("string", Text("State before", "原状态")),
        "new": ("string", Text("State now", "新状态")),
    },
    help=Text("The ticket has moved to another state.", "工单进入了另一状态。"),
)
declare(
    "ticket.assigned",
    Text("Ticket assigned", "工单已分配"),
    _TICKET
    | {
        "old": (
            "string",
            Text("Handler before: user:7, team:3 or null", "原处理人：user:7、team:3 或空"),
        ),
        "new": ("string", Text("Handler now", "现处理人")),
    },
    help=Text("The ticket has another handler, or none.", "工单换了处理人，或不再有处理人。"),
)
declare(
    "ticket.replied",
    Text("Agent replied", "座席已回复"),
    _TICKET | _MESSAGE,
    help=Text("A public reply has been filed under the ticket.", "一条对外回复已归入工单。"),
)
declare(
    "ticket.noted",
    Text("Note added", "已添加内部备注"),
    _TICKET | _MESSAGE,
    help=Text("A note among ourselves has been filed.", "一条内部备注已归入工单。"),
)
declare(
    "ticket.customer_wrote",
    Text("Customer's words filed", "客户来信已归入工单"),
    _TICKET | _MESSAGE | {"automatic": ("boolean", Text("An automatic answer", "自动回复"))},
    help=Text(
        "What the customer wrote has been filed under the ticket. Wait for this, and not for "
        "“customer.wrote”, in diagrams beside the ticket's own: that one asks the ticket's process "
        "what to do with the words.",
        "客户所写内容已归入工单。工单主流程之外的图请等待本事件，而不要等待“customer.wrote”："
        "后者用于询问工单主流程如何处理来信。",
    ),
)
declare(
    "ticket.rated",
    Text("Ticket rated by the customer", "客户已评价"),
    _TICKET
    | {
        "rating": ("number", Text("Stars, 1 to 5", "星级（1–5）")),
        "comment": ("string", Text("Comment", "留言")),
    },
    help=Text("The customer has rated the ticket.", "客户已对工单作出评价。"),
)
declare(
    "ticket.cancelled",
    Text("Ticket withdrawn", "工单已撤销"),
    _TICKET | _REMARK,
    help=Text(
        "Sent to the ticket's process, it asks it to cancel; told by the desk once the ticket is cancelled.",
        "发送给工单流程时表示请求撤销；工单撤销后由系统发出。",
    ),
    kind="asked",
)
declare(
    "ticket.close",
    Text("Closing asked for", "请求关闭工单"),
    _TICKET | _REMARK,
    help=Text(
        "Sent to the ticket's process, it asks it to end without its open step: nobody has answered.",
        "发送给工单流程，表示不再等待当前步骤，直接结束工单（如客户长期未回复）。",
    ),
    kind="asked",
)
declare(
    "ticket.withdrawn",
    Text("Ticket cancelled", "工单已取消"),
    _TICKET | _REMARK,
    help=Text("The ticket has been cancelled.", "工单已被取消。"),
)
declare(
    "ticket.returned",
    Text("Ticket returned", "工单已退回"),
    _TICKET | _REMARK,
    help=Text("The ticket was sent back to an earlier step.", "工单被退回到之前的步骤。"),
)
declare(
    "ticket.ended",
    Text("Ticket ended", "工单已结束"),
    _TICKET | _REMARK,
    help=Text("Work on the ticket has ended.", "工单处理完毕。"),
)
declare(
    "ticket.link_answered",
    Text("One-time link filled in", "一次性链接已填写"),
    _TICKET
    | {
        "link_id": ("number", Text("Link", "链接")),
        "fields": ("list<string>", Text("Keys of the fields that were asked for", "所填字段的标识")),
    },
    help=Text(
        "The customer has filled in the form of a link that was made for the ticket; its fields have their values.",
        "客户已填写为该工单生成的一次性链接，字段的值已写入工单。",
    ),
)
declare(
    "ticket.split",
    Text("Ticket split", "工单已拆分"),
    _TICKET
    | {
        "parent_id": ("number", Text("The ticket it was split from", "原工单")),
        "number_of_children": ("number", Text("How many tickets were made", "拆出的工单数")),
    },
    help=Text(
        "Told for each new ticket of a split; rules act on the new ticket.",
        "拆单时对每张新工单发出；规则作用于新工单。",
    ),
)
_CHILD: _Payload = {
    "child_id": ("number", Text("The part", "子单")),
    "child_number": ("string", Text("Its number", "子单编号")),
    "child_state": ("string", Text("Its state", "子单状态")),
    "child_result": ("string", Text("Its result", "子单处理结果")),
    "open_children": ("number", Text("Parts still open", "未结束的子单数")),
}
declare(
    "ticket.child_ended",
    Text("A part has ended", "子单已结束"),
    _TICKET | _CHILD,
    help=Text(
        "A ticket that was split off this one has ended; told every time, also after a reopening.",
        "从本单拆出的一张子单已结束；重开后再次结束时会再次发出。",
    ),
)
declare(
    "ticket.child_reopened",
    Text("A part goes on again", "子单已重开"),
    _TICKET | _CHILD,
    help=Text(
        "A ticket that was split off this one, and had ended, goes on again.",
        "从本单拆出且已结束的子单又重新处理。",
    ),
)
declare(
    "ticket.overdue",
    Text("A step takes too long", "节点超时"),
    _TICKET | {"step": ("string", Text("Element of the step", "节点元素标识"))},
    help=Text(
        "A step of the ticket has taken longer than its diagram allows.",
        "工单某一步骤的用时超过了流程图规定的时限。",
    ),
)
declare(
    "ticket.merged",
    Text("Ticket merged into another", "工单已合并"),
    _TICKET | {"into_id": ("number", Text("The ticket that goes on", "合并到的工单"))},
    help=Text("The ticket goes on as part of another.", "工单已并入另一张工单。"),
)
declare(
    "ticket.unmerged",
    Text("Merge undone", "工单合并已撤销"),
    _TICKET | {"from_id": ("number", Text("The ticket it was part of", "原先并入的工单"))},
    help=Text("The ticket stands for itself again.", "工单恢复为独立工单。"),
)
declare(
    "ticket.linked",
    Text("Tickets linked", "工单已关联"),
    _TICKET | {"other_id": ("number", Text("The other ticket", "另一张工单"))},
    help=Text("Two tickets have been linked.", "两张工单已建立关联。"),
)
declare(
    "ticket.copied",
    Text("Ticket copied to somebody", "工单已抄送"),
    _TICKET | {"to": ("list<string>", Text("Who: user:7, team:3", "抄送对象：user:7、team:3"))},
    help=Text("People were put on the copy list.", "工单增加了抄送人。"),
)
declare(
    "ticket.deleted",
    Text("Ticket deleted", "工单已删除"),
    _TICKET | _REMARK,
    help=Text("The ticket was taken out of all lists.", "工单已从列表中删除。"),
)

declare(
    "ticket.waiting",
    Text("Waiting for the customer", "等待客户回复"),
    _TICKET | {"waiting": ("boolean", Text("Whether it waits", "是否等待"))},
    help=Text(
        "Somebody said that the ticket waits for the customer, or waits no more.",
        "有人标记该工单正在等待客户，或不再等待。",
    ),
)

# SLA ----------------------------------------------------------------------------------------------------------------

_CLOCK: _Payload = {"clock": ("string", Text("Which clock", "哪个时钟"))}
declare(
    "ticket.sla_warned",
    Text("SLA about to be missed", "SLA 即将超时"),
    _TICKET | _CLOCK,
    help=Text("A target of the SLA is near.", "SLA 目标时间将近。"),
)
declare(
    "ticket.sla_missed",
    Text("SLA missed", "SLA 已超时"),
    _TICKET | _CLOCK,
    help=Text("A target of the SLA has passed.", "已超过 SLA 目标时间。"),
)

declare(
    "ticket.sla_moved",
    Text("SLA targets moved", "SLA 时限有变"),
    _TICKET,
    help=Text(
        "A working calendar has changed, and with it the moments at which targets are due.",
        "工作日历变更，时限的到期时刻随之改变。",
    ),
)

# People -------------------------------------------------------------------------------------------------------------

declare(
    "agent.unavailable",
    Text("Somebody of the desk is away", "客服不可用"),
    {
        "agent_id": ("number", Text("Who", "人员")),
        "reason": ("string", Text("absence or left", "absence（缺勤）或 left（账号停用）")),
        "start": ("date and time", Text("From when on", "开始时间")),
        "hours": ("number", Text("How many hours", "时长（小时）")),
    },
    help=Text(
        "An absence was entered or the account was closed: open tickets may need another handler.",
        "已登记缺勤或停用账号：其未结工单可能需要换人处理。",
    ),
    correlation="agent:<agent_id>",
)

# Customers ----------------------------------------------------------------------------------------------------------

declare(
    "contact.created",
    Text("Contact added", "客户已新建"),
    _CONTACT,
    help=Text("A person has been added to the customers.", "已新增一位客户联系人。"),
    correlation="contact:<contact_id>",
)
declare(
    "contact.changed",
    Text("Contact changed", "客户已更新"),
    _CONTACT | _CHANGE,
    help=Text("A contact's record has changed.", "客户资料已变更。"),
    correlation="contact:<contact_id>",
)
declare(
    "company.created",
    Text("Company added", "公司已新建"),
    _COMPANY,
    help=Text("A company has been added.", "已新增一家公司。"),
    correlation="company:<company_id>",
)
declare(
    "company.changed",
    Text("Company changed", "公司已更新"),
    _COMPANY | _CHANGE,
    help=Text("A company's record has changed.", "公司资料已变更。"),
    correlation="company:<company_id>",
)

# What customers and agents ask of a ticket's process ------------------------------------------------------------

declare(
    "mail.received",
    Text("Mail received", "收到邮件"),
    _MESSAGE,
    help=Text("A mail that belongs to no ticket yet.", "一封尚不属于任何工单的邮件。"),
    kind="asked",
    correlation=None,
)
declare(
    "form.submitted",
    Text("Form submitted", "客户提交表单"),
    _MESSAGE | {"form_link": ("string", Text("Key of the form link", "表单链接标识"))},
    help=Text("A customer has filled a published form.", "客户填写了已发布的表单。"),
    kind="asked",
    correlation=None,
)
declare(
    "ticket.requested",
    Text("Ticket requested at the desk", "座席建单"),
    _MESSAGE
    | {
        "title": ("string", Text("Title", "标题")),
        "priority": ("string", Text("Priority", "优先级")),
        "contact_id": ("number", Text("Contact", "客户")),
        "deadline": ("date and time", Text("Deadline", "截止完成时间")),
    },
    help=Text("An agent or a program asks for a ticket.", "座席或程序请求新建工单。"),
    kind="asked",
    correlation=None,
)
declare(
    "customer.wrote",
    Text("Customer writes", "客户来信"),
    _MESSAGE,
    help=Text(
        "The customer writes about an existing ticket; its process files the words.",
        "客户就已有工单来信，由工单流程归档。",
    ),
    kind="asked",
)
declare(
    "customer.rated",
    Text("Customer rates", "客户评价"),
    {
        "rating": ("number", Text("Stars, 1 to 5", "星级（1–5）")),
        "comment": ("string", Text("Comment", "留言")),
    },
    help=Text(
        "The customer rates; the ticket's process records it.", "客户提交评价，由工单流程记录。"
    ),
    kind="asked",
)
declare(
    "agent.replied",
    Text("Agent replies", "座席回复"),
    _MESSAGE,
    help=Text(
        "An agent has written a reply; the ticket's process files and sends it.",
        "座席写了回复，由工单流程归档并发送。",
    ),
    kind="asked",
)
declare(
    "agent.noted",
    Text("Agent leaves a note", "座席备注"),
    _MESSAGE,
    help=Text(
        "An agent has written a note; the ticket's process files it.",
        "座席写了内部备注，由工单流程归档。",
    ),
    kind="asked",
)

declare(
    "survey.answered",
    Text("Customer answered the survey", "客户已答满意度调查"),
    _TICKET
    | {
        "survey_id": ("number", Text("Survey", "满意度调查")),
        "score": ("number", Text("Stars, 1 to 5", "星级（1–5）")),
        "solved": ("boolean", Text("Solved", "是否解决")),
        "survey_comment": ("string", Text("Comment", "留言")),
    },
    help=Text("The customer has answered, once.", "客户已作答，每份调查只能作答一次。"),
    kind="asked",
    correlation="survey:<survey_id>",
)
declare(
    "insight.subscribed",
    Text("Somebody wants a dashboard by mail", "订阅了仪表板邮件"),
    {
        "report_id": ("number", Text("Order", "订阅")),
        "report": ("string", Text("Key of the order", "订阅标识")),
        "cycle": ("string", Text("Times, as a cron expression", "发送时间（cron 表达式）")),
    },
    help=Text(
        "Somebody has asked on the page of a dashboard to get it by mail.",
        "有人在仪表板页面订阅了邮件。",
    ),
    kind="asked",
    correlation="report:<report_id>",
)
declare(
    "insight.unsubscribed",
    Text("Somebody wants a dashboard by mail no more", "取消了仪表板邮件"),
    {"report_id": ("number", Text("Order", "订阅"))},
    help=Text("It is not to be sent any more.", "不再发送。"),
    kind="asked",
    correlation="report:<report_id>",
)
declare(
    "article.proposed",
    Text("Article to be reviewed", "知识文章待审核"),
    {
        "article_id": ("number", Text("Article", "知识文章")),
        "title": ("string", Text("Title", "标题")),
        "author": ("string", Text("Author: user:7", "作者：user:7")),
    },
    help=Text("Somebody asks for an article's review.", "有人提交了知识文章，请求审核。"),
    kind="asked",
    correlation="article:<article_id>",
)

# Tickets between desks -----------------------------------------------------------------------------------------

_TRANSFER: _Payload = {"transfer_id": ("number", Text("Transfer", "转单"))}
_TRANSFERRED = _TRANSFER | {
    "transfer": ("string", Text("Key of the transfer: transfer:7", "转单的匹配键：transfer:7")),
    "vendor": ("string", Text("Name of the other vendor", "对方服务商名称")),
}
_FROM_DESK: _Payload = (
    _TRANSFER
    | _TICKET
    | {
        "kind": ("string", Text("What is told", "告知内容")),
        "state": ("string", Text("State of their ticket", "对方工单的状态")),
    }
    | _REMARK
    | _MESSAGE
)
declare(
    "transfer.wanted",
    Text("Ticket to be passed on to another vendor", "请求转给其他服务商"),
    _TRANSFERRED
    | _TICKET
    | {
        "correlation": ("string", Text("Key of the ticket: ticket:7", "工单的匹配键：ticket:7")),
        "finish": (
            "boolean",
            Text("Finish our ticket when theirs has ended", "对方结束后完成本方工单"),
        ),
    },
    help=Text(
        "Somebody wants another vendor's desk to work on the ticket.",
        "有人请求将工单转给其他服务商处理。",
    ),
    kind="asked",
    correlation=None,
)
declare(
    "transfer.received",
    Text("Ticket from another vendor", "收到其他服务商转来的工单"),
    _TRANSFERRED
    | _MESSAGE
    | {
        "title": ("string", Text("Title", "标题")),
        "priority": ("string", Text("Priority", "优先级")),
        "type": ("string", Text("Our ticket type for it", "对应的本方工单类型")),
    },
    help=Text(
        "Another vendor's desk sends a ticket; a diagram makes one of ours of it.",
        "其他服务商转来一张工单，由流程在本平台建单。",
    ),
    kind="asked",
    correlation=None,
)
declare(
    "transfer.reported",
    Text("Other desk tells how far it is", "对方告知进展"),
    _FROM_DESK,
    help=Text(
        "Kind progress has the state of their ticket, kind reply a public reply.",
        "kind 为 progress 时带对方工单状态，为 reply 时带对外回复。",
    ),
    kind="asked",
    correlation="transfer:<transfer_id>",
)
declare(
    "transfer.concluded",
    Text("Other desk is done, or sends it back", "对方已处理完毕或退回"),
    _FROM_DESK,
    help=Text(
        "Kind is ended or returned, with their words.", "kind 为 ended 或 returned，并附说明。"
    ),
    kind="asked",
    correlation="transfer:<transfer_id>",
)
declare(
    "transfer.told",
    Text("Customer wrote to the other desk", "客户向对方来信"),
    _FROM_DESK,
    help=Text(
        "What the customer wrote to the desk that the ticket came from.",
        "客户在转出方写来的内容。",
    ),
    kind="asked",
    correlation="transfer:<transfer_id>",
)
declare(
    "transfer.withdrawn",
    Text("Other desk needs it no more", "对方不再需要处理"),
    _FROM_DESK,
    help=Text("The ticket has ended on the desk that it came from.", "工单已在转出方结束。"),
    kind="asked",
    correlation="transfer:<transfer_id>",
)
declare(
    "transfer.return_wanted",
    Text("Ticket to be sent back", "请求退回转入的工单"),
    _TRANSFER | _REMARK,
    help=Text(
        "Somebody wants the ticket to go back to the desk that it came from.",
        "有人请求将工单退回转出方。",
    ),
    kind="asked",
    correlation="transfer:<transfer_id>",
)

# Rules --------------------------------------------------------------------------------------------------------------

declare(
    "macro.run",
    Text("Macro run by an agent", "座席执行宏"),
    _TICKET | {"macro": ("string", Text("Key of the macro", "宏标识"))},
    help=Text(
        "An agent has chosen a macro; only that macro's diagram starts.",
        "座席选择了一个宏；只有该宏对应的流程会启动。",
    ),
)
