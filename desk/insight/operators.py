"""Insight, offered to diagrams: a dashboard made ready for the mail."""

from typing import Annotated, Any

from desk.application import Desk
from desk.insight.boards import board
from desk.insight.measures import Setting
from desk.insight.models import DashboardReport
from desk.insight.operations import drop_order, keep_page
from desk.insight.report import Report, report
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
    """Returns {"wanted"}, and when it is: "user_id", "subject", "text", "page" (a key of the storage).

    Side effects: the page is kept until the next one of the same order is made, or the order goes; so does an order
    that nobody can get any more.
    """
    desk = run.services
    made = _made(desk, int(report_id))
    if made is None:
        with run.database.transaction() as session:
            if (order := session.get(DashboardReport, int(report_id))) is not None:
                drop_order(session, desk.storage, order)
        return {"wanted": False}
    user_id, found = made
    page = desk.storage.put(found.html.encode(), suffix=".html")
    with run.database.transaction() as session:
        keep_page(session, desk.storage, int(report_id), page)
    return {
        "wanted": True, "user_id": user_id, "subject": found.subject, "text": found.text, "page": page,
    }  # fmt: skip


def _made(desk: Desk, report_id: int) -> tuple[int, Report] | None:
    """For whom, and what; None where the order, its person or their sight of the dashboard is gone."""
    with desk.reading() as session:
        order = session.get(DashboardReport, report_id)
        user = user_by_id(session, order.user_id) if order is not None else None
        if order is None or user is None or not user.active:
            return None
        found = board(session, user, order.dashboard_id)
        if found is None:
            return None
        return user.id, report(Setting.of(desk, session), desk.settings, user, found)
