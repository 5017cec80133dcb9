"""What the log can say was done. A subject declares its own actions; an action nobody declared is refused."""

from collections.abc import Mapping
from typing import Final

from engine.operators import Text

ACTIONS: Final[dict[str, Text]] = {
    "deployed": Text("Deployed", "发布了流程"),
    "export_asked": Text("Asked for an export", "申请了导出"),
    "downloaded": Text("Downloaded a file", "下载了文件"),
    "setting_changed": Text("Changed a setting", "修改了设置"),
    "contact_created": Text("Added a customer", "新增了客户"),
    "contact_changed": Text("Changed a customer", "修改了客户"),
    "contact_erased": Text("Erased a customer's personal data", "清除了客户的个人信息"),
    "company_created": Text("Added a company", "新增了公司"),
    "company_changed": Text("Changed a company", "修改了公司"),
    "ticket_changed": Text("Changed a ticket", "修改了工单"),
    "history_archived": Text("Archived old history", "归档了历史记录"),
    "archive_read": Text("Opened an archive", "查看了归档"),
    "audit_row_refused": Text("Found a row that the desk did not write", "发现非系统写入的记录"),
    "retention_changed": Text("Changed how long the history is kept", "修改了历史保留期限"),
}


def declare(actions: Mapping[str, Text]) -> None:
    """Add actions; called by a subject's module when it is imported. Raises ValueError for two meanings of one name."""
    for key, words in actions.items():
        if ACTIONS.setdefault(key, words) != words:
            raise ValueError(f"the action {key!r} is declared twice with different words")
