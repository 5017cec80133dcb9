"""Facts to look at a layout with while there is no ticket yet."""

from typing import Any

from desk.application import Desk
from printing.facts import desk_facts


def sample_facts(desk: Desk, by: str, *, chinese: bool) -> dict[str, Any]:
    """A ticket that nobody has; call it inside `speaking`."""

    def say(zh: str, en: str) -> str:
        return zh if chinese else en

    form = [
        _line("kind", say("问题类型", "What is it about?"), say("故障报修", "Something is broken")),
        {**_line("items", say("设备清单", "Devices"), ""),
         "columns": [say("名称", "Name"), say("数量", "Number")],
         "rows": [[say("激光打印机", "Laser printer"), "2"], [say("扫描仪", "Scanner"), "1"]]},
    ]  # fmt: skip
    number = "WN-20260101-000001"
    ticket = {
        "number": number, "ticketId": number,
        "title": say("三楼打印机一直提示缺纸", "The printer says it has no paper"),
        "description": say("纸盒是满的，重启过两次还是这样。", "The tray is full, I restarted it twice."),
        "state": say("处理中", "In progress"), "priority": say("高", "High"),
        "channel": say("邮件", "Mail"), "assignee": say("李雷", "Li Lei"), "team": say("一线支持", "First line"),
        "created_at": "2026-01-01 09:30", "deadline": "2026-01-02 18:00", "ended_at": "",
        "stars": 5, "url": desk.settings.public_url, "tracking_url": desk.settings.public_url,
    }  # fmt: skip
    return {
        "desk": desk_facts(desk, by),
        "ticket": ticket,
        "user": {"name": say("韩梅梅", "Han Meimei"), "phone": "+8613800138000", "mail": "han@example.com"},
        "company": {"name": say("恒泰公司", "Hengtai Ltd"), "address": say("上海市南京西路 1 号", "1 Nanjing Road")},
        "form": form,
        "questions": form,
        "messages": [{"kind": "customer", "kind_name": say("客户", "Customer"), "who": say("韩梅梅", "Han Meimei"),
                      "at": "2026-01-01 09:30", "text": ticket["description"], "files": []}],
        "trail": [{"at": "2026-01-01 09:31", "who": say("王芳", "Wang Fang"),
                   "text": say("派发给李雷", "dispatched it to Li Lei"), "remark": ""}],
        "tickets": [{**ticket, "customer": say("韩梅梅", "Han Meimei")}],
        "groups": [{"name": say("状态", "State"), "rows": [{"name": ticket["state"], "count": 1}]}],
        "images": [],
        "steps": [],
        "signature": None,
    }  # fmt: skip


def _line(key: str, label: str, value: str) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value, "rows": [], "choices": [], "pictures": []}
