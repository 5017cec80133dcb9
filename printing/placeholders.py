"""What can stand between {{ and }} in a layout, in words, for the page on which layouts are edited."""

from typing import Final

from engine.operators import Text

PLACEHOLDERS: Final[tuple[tuple[Text, tuple[tuple[str, Text], ...]], ...]] = (
    (
        Text("Ticket", "工单"),
        (
            ("ticket.number / ticket.ticketId", Text("number", "编号")),
            ("ticket.title / ticket.subject", Text("title", "标题")),
            ("ticket.description / ticket.descript", Text("first words of the customer", "描述")),
            ("ticket.state / ticketState / ticketStatus", Text("state", "状态")),
            ("ticket.priority / priorityLevel", Text("priority", "优先级")),
            ("ticket.type / ticketType / templateName", Text("type", "类型")),
            ("ticket.channel / ticketSource", Text("channel", "来源")),
            ("ticket.created_at / createTime / createDT", Text("opened", "创建时间")),
            ("ticket.updated_at / updateTime / updateDT", Text("changed", "更新时间")),
            ("ticket.deadline, ticket.ended_at", Text("deadline, ended", "截止时间、结束时间")),
            ("ticket.assignee / servicerUserId / servicerUserName", Text("person", "处理人")),
            ("ticket.servicer_Mobile / servicerMobile", Text("the person's phone", "处理人电话")),
            ("ticket.team", Text("team", "团队")),
            ("ticket.opened_by / createUser / createUserName", Text("opened by", "创建人")),
            ("ticket.createUserGroup", Text("their teams", "创建人所在团队")),
            ("ticket.serviceCenterName", Text("name of this desk", "服务中心名称")),
            (
                "ticket.serviceSummaryDefaultField",
                Text("remark with which it was ended", "服务总结（结束时的备注）"),
            ),
            ("ticket.stars, ticket.rating_comment", Text("rating", "评价")),
            ("ticket.url, ticket.tracking_url", Text("addresses, for codes", "网址，用于二维码")),
            (
                "ticket.field_1 …, ticket.KEY",
                Text("fields of the form and custom fields", "表单字段和自定义字段（按序号或标识）"),
            ),
        ),
    ),
    (
        Text("Customer and company", "客户和公司"),
        (
            ("user.name", Text("name", "姓名")),
            ("user.phone / user.mobile", Text("phone", "电话")),
            ("user.mail / user.email", Text("mail", "邮箱")),
            ("user.tag, user.note", Text("tag, note", "标签、备注")),
            ("customer.templateName", Text("the word for a customer", "“客户”一词")),
            ("company.name / company.companyName", Text("name", "公司名称")),
            ("company.address, company.phone", Text("address, phone", "地址、电话")),
            ("company.companyTag, company.note", Text("tag, note", "标签、备注")),
        ),
    ),
    (
        Text("Known from other desks, always empty here", "其他服务台的占位符，此处总是为空"),
        (
            ("user.QQ", Text("QQ number", "QQ 号")),
            ("user.field_1 …, company.field_1 …", Text("fields of their own", "自定义字段")),
            (
                "company.serviceStartTime, company.serviceEndTime",
                Text("service period", "服务起止时间"),
            ),
            ("company.userGroup", Text("group of agents", "所属客服组")),
        ),
    ),
    (
        Text("Lists", "列表"),
        (
            ("{% for field in form %} field.label, field.value", Text("answers", "填写的内容")),
            ("field.columns, field.rows", Text("tables of the form", "表单中的表格")),
            ("{% for field in questions %} field.choices", Text("all questions", "全部问题")),
            ("{% for line in trail %} line.at, line.who, line.text", Text("trail", "处理流程")),
            ("{% for message in messages %} message.text", Text("conversation", "往来")),
            (
                '{% for one in field.pictures %} <img src="{{ one.address }}">',
                Text("pictures of an answer", "表单中的图片"),
            ),
            (
                "{% for step in steps %} step.name, step.who, step.at, step.fields",
                Text("what was filled in at each step", "各步骤填写的内容"),
            ),
            (
                '{% if signature %} <img src="{{ signature.address }}">',
                Text("picture of the signature", "签名图片"),
            ),
            (
                '{% for image in images %} <img src="{{ image.address }}">',
                Text("pictures that were sent", "图片附件"),
            ),
        ),
    ),
    (
        Text("Helpers", "工具"),
        (
            ("qr(ticket.url)", Text("QR code", "二维码")),
            ("barcode(ticket.number)", Text("bar code", "条形码")),
            ('t("中文", "English")', Text("a text in two languages", "双语文字")),
            ("desk.company, desk.now, desk.printed_by", Text("who prints, when", "打印信息")),
        ),
    ),
)
