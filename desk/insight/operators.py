"""Insight, offered to diagrams: a dashboard made ready for the mail."""

from typing import Annotated, Any

from desk.insight.boards import board
from desk.insight.measures import Setting
from desk.insight.models import DashboardReport
from desk.insight.report import report
from desk.people.queries import user_by_id
from engine.operators import JobRun, Operators, Param, Text

operators = Operators()


@operators.job(
    "insight.render",
    title=Text("Make a dashboard ready for the mail", "生成仪表板报告"),
    help=Text(
        "Works the figures of a dashboard out for who gets it by mail, with what that person may see. Returns wanted "
        "(false: the dashboard, the person or the order is gone), and for mail.tell user_id, subject, text and page.",
        "为订阅人生成仪表板报告，仅含其有权查看的数据。返回 wanted（仪表板、人员或订阅已不存在时为 false），"
        "以及供 mail.tell 使用的 user_id、subject、text 和 page。",
    ),
    icon="chart-bar",
)
def render(
    run: JobRun, *, report_id: Annotated[int, Param(Text("Order of a report", "报告订阅"))]
) -> dict[str, Any]:
    """Returns {"wanted"}, and when it is: "user_id", "subject", "text", "page" (a key of the storage)."""
    desk = run.services
    with run.database.reading() as session:
        order = session.get(DashboardReport, int(report_id))
        user = user_by_id(session, order.user_id) if order is not None else None
        if order is None or user is None or not user.active:
            return {"wanted": False}
        found = board(session, user, order.dashboard_id)
        if found is None:
            return {"wanted": False}
        made = report(Setting.of(desk, session), desk.settings, user, found)
    page = desk.storage.put(made.html.encode(), suffix=".html")
    return {
        "wanted": True, "user_id": user.id, "subject": made.subject, "text": made.text, "page": page,
    }  # fmt: skip
