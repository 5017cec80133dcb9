"""The made-up data of the sample pages. Its words are in texts.json: key, [Chinese, English]."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from desk.people.states import FACTORY

TEXTS: dict[str, list[str]] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
QR = Markup(
    '<svg viewBox="0 0 21 21" shape-rendering="crispEdges"><path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0z'
    'M9 1h2v3H9zM9 9h3v3H9zM14 9h2v4h-2zM10 14h4v2h-4zM17 15h3v5h-3z"/></svg>'
)


def context(
    *, zh: bool, theme: str, at: Callable[[float], datetime], person: type
) -> dict[str, Any]:
    """Everything that any sample page asks for."""

    def t(chinese: str, english: str) -> str:
        return chinese if zh else english

    def say(key: str) -> str:
        return t(*TEXTS[key])

    wang = {"kind": "contact", "name": say("fang_wang")}
    li = {"kind": "user", "name": say("wei_li")}
    chen = {"kind": "user", "name": say("jing_chen")}
    ticket = {
        "number": "WN-20261120-000042",
        "state": "processing",
        "status": None,
        "priority": "urgent",
        "team": {"name": say("field_support")},
        "title": say("printer_on_floor_3"),
        "assignee": li,
        "deadline": at(42),
        "href": "/ticket",
    }
    rows = [
        (
            "urgent",
            -135,
            42,
            say("printer_on_floor_3"),
            say("fang_wang_huadong_trade"),
            say("work_on_it"),
            -200,
            False,
        ),
        ("high", 12, 57, say("vpn_refuses_to_connect"), say("lei_zhao"), say("accept"), -9, True),
        (
            "normal",
            55,
            61,
            say("new_colleague_mailbox_door"),
            say("yang_liu_people_team"),
            say("dispatch"),
            -31,
            True,
        ),
        (
            "normal",
            180,
            33,
            say("invoice_carries_the_wrong"),
            say("suzhou_precision_machinery_co"),
            say("check"),
            -260,
            False,
        ),
        (
            "low",
            1500,
            18,
            say("projector_in_meeting_room"),
            say("li_sun"),
            say("work_on_it"),
            -1700,
            False,
        ),
        (
            "normal",
            4400,
            12,
            say("read_access_to_the"),
            say("qiang_zhou"),
            say("approve"),
            -2900,
            False,
        ),
    ]
    tasks = [
        {
            "id": index,
            "href": "/ticket",
            "priority": p,
            "due_at": at(due),
            "ticket_number": f"WN-20261120-{number:06d}",
            "title": title,
            "customer": customer,
            "step_name": step,
            "since": at(since),
            "accept_url": "/accept" if open_ else None,
            "assignee": None if open_ else li["name"],
            "returned": index == 2,
        }
        for index, (p, due, number, title, customer, step, since, open_) in enumerate(rows)
    ]
    conversation = [
        {
            "kind": "customer",
            "id": 1,
            "channel": "mail",
            "author": wang,
            "created_at": at(-212),
            "text": say("first_mail"),
            "html": None,
            "quoted": say("quoted_mail"),
            "delivery": None,
            "attachments": [
                {"filename": say("paper_jam_jpg"), "size": 1843200, "content_type": "image/jpeg"},
                {"filename": "error-log.txt", "size": 2210, "content_type": "text/plain"},
            ],
        },
        {"kind": "system", "id": 2, "text": say("ticket_created_waits_at"), "at": at(-212)},
        {"kind": "system", "id": 3, "text": say("jing_chen_dispatched_it"), "at": at(-205)},
        {"kind": "system", "id": 4, "text": say("wei_li_accepted_it"), "at": at(-200)},
        {
            "kind": "note",
            "id": 5,
            "channel": "desk",
            "author": chen,
            "created_at": at(-198),
            "html": None,
            "quoted": "",
            "delivery": None,
            "attachments": [],
            "text": say("the_fuser_was_replaced"),
        },
        {
            "kind": "reply",
            "id": 6,
            "channel": "mail",
            "author": li,
            "created_at": at(-160),
            "html": None,
            "quoted": "",
            "delivery": "sent",
            "attachments": [],
            "text": say("dear_ms_wang_i"),
        },
        {
            "kind": "customer",
            "id": 7,
            "channel": "mail",
            "author": wang,
            "created_at": at(-12),
            "html": None,
            "quoted": say("quoted_mail"),
            "delivery": None,
            "attachments": [],
            "text": say("very_good_thank_you"),
        },
        {
            "kind": "reply",
            "id": 8,
            "channel": "mail",
            "author": li,
            "created_at": at(-2),
            "html": None,
            "quoted": "",
            "delivery": "failed",
            "attachments": [],
            "text": say("the_spare_printer_is"),
        },
    ]
    trail = [
        {
            "at": at(-200),
            "who": li["name"],
            "text": say("accepted_the_ticket"),
            "from_state": "dispatched",
            "to_state": "processing",
        },
        {
            "at": at(-205),
            "who": chen["name"],
            "text": say("dispatched_it_to_wei"),
            "from_state": "pending",
            "to_state": "dispatched",
            "remark": say("he_is_nearest_the"),
        },
        {
            "at": at(-212),
            "who": say("system"),
            "text": say("created_the_ticket_from"),
            "from_state": None,
            "to_state": "pending",
        },
    ]
    listed = [
        {
            "href": "/ticket",
            "number": task["ticket_number"],
            "title": task["title"],
            "customer": task["customer"],
            "priority": task["priority"],
            "state": state,
            "assignee": task["assignee"],
            "created_at": task["since"],
            "deadline": task["due_at"],
        }
        for task, state in zip(
            tasks * 3,
            ["processing", "dispatched", "pending", "returned", "ended", "cancelled"] * 3,
            strict=True,
        )
    ]
    steps = [
        {"label": say("received"), "state": "done", "at": at(-212)},
        {"label": say("somebody_is_assigned"), "state": "done", "at": at(-205)},
        {"label": say("being_worked_on"), "state": "now", "at": at(-200)},
        {"label": say("done"), "state": "next"},
    ]
    return {
        "at": at,
        "t": t,
        "zh": zh,
        "csrf_token": lambda: "sample",
        "whole_page": lambda: True,
        "csp_nonce": lambda: "sample",
        "person_states": lambda: FACTORY,
        "current_user": person(li["name"], "李伟" if zh else "WL", "zh_CN" if zh else "en", theme),
        "navigation": [
            {
                "key": "tasks",
                "label": say("my_tasks"),
                "href": "/tasks",
                "icon": "checklist",
                "count": 6,
            },
            {
                "key": "tickets",
                "label": say("tickets"),
                "href": "/tickets",
                "icon": "ticket",
                "count": None,
            },
            {
                "key": "customers",
                "label": say("customers"),
                "href": "/customers",
                "icon": "users",
                "count": None,
            },
            {
                "key": "wall",
                "label": say("wall"),
                "href": "/wall",
                "icon": "device-tv",
                "count": None,
            },
            {
                "key": "designer",
                "label": say("designer"),
                "href": "/designer",
                "icon": "schema",
                "count": None,
            },
            {
                "key": "audit",
                "label": say("audit"),
                "href": "/audit",
                "icon": "history",
                "count": None,
            },
            {
                "key": "settings",
                "label": say("settings"),
                "href": "/settings",
                "icon": "settings",
                "count": None,
            },
        ],
        "notices_count": 2,
        "live_topics": ["tasks:17"],
        "live_since": "1041",
        "company": {
            "name": say("huadong_it_services"),
            "logo_url": None,
            "colour": "#c2410c",
            "site_url": None,
        },
        "languages": [
            {"label": "中文", "href": "?lang=zh_CN", "tag": "zh-CN", "current": zh},
            {"label": "English", "href": "?lang=en", "tag": "en", "current": not zh},
        ],
        "ticket": ticket,
        "tasks": tasks,
        "conversation": conversation,
        "trail": trail,
        "tickets": listed,
        "steps": steps,
        "contact": {
            "name": wang["name"],
            "level": "vip",
            "company": {"name": say("huadong_trade_co_ltd")},
            "note": say("prefers_a_call_first"),
            "addresses": [
                {"kind": "mail", "value": "fang.wang@example.cn"},
                {"kind": "phone", "value": "+86 21 5555 0142"},
            ],
        },
        "clocks": [
            {"name": say("first_answer"), "due_at": at(-150), "met_at": at(-160), "paused": False},
            {"name": say("solution"), "due_at": at(42), "met_at": None, "paused": False},
        ],
        "file_url": lambda file: "/file",
        "qr": QR,
    }
