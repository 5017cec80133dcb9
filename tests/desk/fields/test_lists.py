"""Fields in lists: columns, filters of every kind, orders that page without loss, exports, the search."""

import csv
import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.application import Desk
from desk.fields.lists import conditions
from desk.fields.models import Dictionary, Kind
from desk.tickets.models import Ticket
from desk.tickets.queries import BadCursor, TicketFilter, list_tickets

from .conftest import MakeField
from .test_values import put

Mailed = Callable[..., Ticket]
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def filled(
    desk: Desk, make_field: MakeField, faults: Dictionary, mailed: Mailed
) -> dict[str, Ticket]:
    """Three tickets that say much, and one that says nothing."""
    for key, kind in (
        ("floor", Kind.INTEGER), ("fault", Kind.CASCADE), ("parts", Kind.CHOICES), ("day", Kind.DATE),
        ("at", Kind.DATETIME), ("sure", Kind.CHECK), ("room", Kind.LINE), ("stars", Kind.STARS),
    ):  # fmt: skip
        make_field(key, kind, dictionary_id=faults.id, in_list=True, searchable=True)
    tickets = {name: mailed(sender_mail=f"{name}@acme.cn", subject=name) for name in "abcd"}
    put(desk, tickets["a"], {
        "floor": 2, "fault": "screen", "parts": ["printer", "sw"], "day": "2026-05-01",
        "at": "2026-05-01T00:30+08:00", "sure": True, "room": "仓库 North", "stars": 5,
    })  # fmt: skip
    put(desk, tickets["b"], {"floor": 10, "fault": "printer", "day": "2026-05-02", "room": "Attic"})
    put(desk, tickets["c"], {"floor": -1, "fault": "sw", "parts": ["sw"], "sure": False, "stars": 3})
    return tickets


def found(desk: Desk, **wanted: str) -> str:
    asked = {f"f.{name.replace('__', '.')}": value for name, value in wanted.items()}
    with desk.reading() as session:
        own = conditions(session, asked, ZONE)
        rows = list_tickets(session, TicketFilter(conditions=own, zone=ZONE), ascending=True).rows
    return "".join(row.title for row in rows)


@pytest.mark.parametrize(
    ("wanted", "tickets"),
    [
        ({"floor__from": "2"}, "ab"),
        ({"floor__from": "2", "floor__to": "9"}, "a"),
        ({"floor__to": "0"}, "c"),
        ({"floor__from": "high"}, "abcd"),
        ({"fault": "printer"}, "b"),
        ({"fault": "hw"}, "ab"),
        ({"parts": "sw"}, "ac"),
        ({"parts": "printer"}, "a"),
        ({"day__from": "2026-05-02"}, "b"),
        ({"day__to": "2026-05-01"}, "a"),
        ({"at__from": "2026-05-01", "at__to": "2026-05-01"}, "a"),
        ({"at__to": "2026-04-30"}, ""),
        ({"day__to": "9999-12-31"}, "abcd"),
        ({"sure": "1"}, "a"),
        ({"sure": "0"}, "bcd"),
        ({"room": "north"}, "a"),
        ({"room": "仓库"}, "a"),
        ({"stars": "3"}, "c"),
        ({"nothing": "x"}, "abcd"),
    ],
    ids=str,
)
def test_every_kind_is_filtered(
    desk: Desk, filled: dict[str, Ticket], wanted: dict[str, str], tickets: str
) -> None:
    assert found(desk, **wanted) == tickets


@pytest.mark.parametrize(
    ("sort", "up", "down"),
    [
        ("f.floor", "cabd", "bacd"),
        ("f.fault", "bacd", "cabd"),
        ("f.day", "abcd", "badc"),
        ("f.room", "bacd", "abdc"),
        ("f.nothing", "abcd", "dcba"),
    ],
)
def test_an_order_by_a_field_pages_both_ways_without_loss(
    desk: Desk, filled: dict[str, Ticket], sort: str, up: str, down: str
) -> None:
    for ascending, order in ((True, up), (False, down)):
        cursor, walked, last = None, "", None
        for _page in order:
            with desk.reading() as session:
                page = list_tickets(
                    session, TicketFilter(), sort=sort, ascending=ascending, cursor=cursor, limit=1
                )
            walked += page.rows[0].title
            cursor, last = page.next, page
        assert walked == order
        assert cursor is None
        assert last is not None
        back = last.previous
        with desk.reading() as session:
            page = list_tickets(
                session, TicketFilter(), sort=sort, ascending=ascending, cursor=back, limit=1
            )
        assert page.rows[0].title == order[-2]
    with desk.reading() as session, pytest.raises(BadCursor):
        list_tickets(session, TicketFilter(), sort="f.floor", cursor="WyJ4IiwxLDBd")


def test_the_list_shows_filters_and_exports_fields(
    desk: Desk, crew: SimpleNamespace, visit: Any, filled: dict[str, Ticket]
) -> None:
    boss = visit(crew.dispatcher)
    page = boss.get("/tickets").text
    assert 'name="f.floor.from"' in page
    assert "Hardware / Printer" in page
    page = boss.get("/tickets?column=f.fault&column=f.stars&sort=-f.floor&f.fault=hw").text
    rows = re.findall(r'<tr data-row id="ticket-\d+">.*?</tr>', page)
    assert [re.findall(r"data-row-link>(\w)<", row)[0] for row in rows] == ["b", "a"]
    assert "Hardware / Screen" in rows[1]
    assert "★★★★★" in rows[1]
    assert "sort=f.floor" in page or "sort=-f.fault" in page or "sort=f.fault" in page
    answer = boss.get("/tickets/export.csv?scope=found&f.fault=hw&sort=f.floor")
    table = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    by_name = [dict(zip(table[0], line, strict=True)) for line in table[1:]]
    assert [line["Field floor"] for line in by_name] == ["2", "10"]
    assert by_name[0]["Field parts"] == "Hardware / Printer, Software"
    assert by_name[0]["Field room"] == "仓库 North"


def test_the_search_finds_what_searchable_fields_say(
    desk: Desk, filled: dict[str, Ticket], make_field: MakeField
) -> None:
    make_field("quiet")
    put(desk, filled["b"], {"quiet": "仓库 South"})
    with desk.reading() as session:
        rows = list_tickets(session, TicketFilter(text="仓库")).rows
    assert [row.title for row in rows] == ["a"]
