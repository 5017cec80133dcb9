"""The kinds of printed documents: what each shows, and the layout that ships for it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from engine.operators import Text

FOLDER: Final = Path(__file__).parent / "layouts"


@dataclass(frozen=True)
class Kind:
    """One kind of document. `many`: one document shows a whole selection of tickets, instead of a document for each.

    `permission`: beside seeing the ticket. `archive`: PDF/A-3 with the facts as attached files.
    """

    key: str
    name: Text
    help: Text
    many: bool = False
    permission: str | None = None
    archive: bool = False


KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind(
            "ticket",
            Text("Ticket", "工单"),
            Text(
                "The ticket with its form, conversation and trail.",
                "工单内容、表单、往来和处理流程。",
            ),
        ),
        Kind(
            "work_order",
            Text("Work order", "派工单"),
            Text(
                "For work at the customer's: products, what was done, signatures.",
                "上门服务用：产品清单、处理结果、双方签字。",
            ),
        ),
        Kind(
            "satisfaction",
            Text("Satisfaction sheet", "满意度回执"),
            Text(
                "The customer ticks how it went and signs; a code leads to the same page.",
                "客户勾选满意度并签字，也可扫码评价。",
            ),
        ),
        Kind(
            "questionnaire",
            Text("Questionnaire", "调查问卷"),
            Text(
                "The questions of the ticket's form, to be filled in by hand.",
                "工单表单的问题，供手工填写。",
            ),
        ),
        Kind(
            "report",
            Text("Report", "汇总报表"),
            Text("Counts and a list of the chosen tickets.", "所选工单的统计和清单。"),
            many=True,
        ),
        Kind(
            "audit_pack",
            Text("Audit pack", "审计材料"),
            Text(
                "All that is known of one ticket, with hashes, as PDF/A for the archive.",
                "一张工单的全部记录和校验值，PDF/A 归档格式。",
            ),
            permission="history.read",
            archive=True,
        ),
    )
}


@cache
def shipped(kind: str) -> str:
    """The source of the layout that ships for a kind."""
    return (FOLDER / f"{kind}.html").read_text(encoding="utf-8")
