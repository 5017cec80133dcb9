"""What a ticket has in its fields: checked by kind, told to everybody, computed anew."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.fields.forms import entries_of
from desk.fields.models import Dictionary, FieldValue, Kind
from desk.fields.operations import change_entry
from desk.fields.values import (
    FieldRefused,
    feel_value,
    held_for,
    set_values,
    shown,
    ticket_fields,
    values_of,
)
from desk.people.models import User
from desk.tickets.models import Ticket, TrailEntry
from engine.actors import SYSTEM

from .conftest import MakeField

Mailed = Callable[..., Ticket]


def put(desk: Desk, ticket: Ticket, wanted: dict[str, Any]) -> list[str]:
    with desk.database.transaction() as session:
        return set_values(
            session, desk, session.get_one(Ticket, ticket.id), wanted, actor=SYSTEM
        )


def has(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    with desk.reading() as session:
        return values_of(session, [ticket.id])[ticket.id]


KINDS: list[tuple[Kind, Any, Any, str]] = [
    (Kind.CHOICE, "printer", "nothing", "Hardware / Printer"),
    (Kind.CHOICES, ["printer", "sw"], ["printer", "nothing"], "Hardware / Printer, Software"),
    (Kind.CASCADE, "screen", "hw", "Hardware / Screen"),
    (Kind.LINE, "十二楼", 12, "十二楼"),
    (Kind.TEXT, "一\n二", ["一"], "一\n二"),
    (Kind.INTEGER, 12, 1.5, "12"),
    (Kind.DECIMAL, 1.25, "much", "1.25"),
    (Kind.CHECK, True, "yes", "yes"),
    (Kind.DATE, "2026-05-31", "2026-02-30", "2026-05-31"),
    (Kind.DATETIME, "2026-05-31T09:30+08:00", "soon", "2026-05-31 09:30"),
    (Kind.TIME, "09:30", "25:00", "09:30"),
    (Kind.PATTERN, "AB-12", "xAB-12", "AB-12"),
    (Kind.STARS, 4, 6, "★★★★☆"),
    (Kind.PHONE, "010-6552 9988", "call me", "010-6552 9988"),
    (
        Kind.POSITION,
        {"address": "人民路 1 号", "lat": 31.23, "lon": 121.47},
        {"address": "nowhere", "lat": 91},
        "人民路 1 号 · 31.23, 121.47",
    ),
]


@pytest.mark.parametrize(("kind", "good", "bad", "words"), KINDS, ids=[row[0] for row in KINDS])
def test_every_kind_takes_what_fits_and_refuses_the_rest_in_words(
    desk: Desk, faults: Dictionary, make_field: MakeField, mailed: Mailed, kind: Kind, good: Any,
    bad: Any, words: str,
) -> None:  # fmt: skip
    field = make_field("mine", kind, dictionary_id=faults.id, pattern="[A-Z]{2}-[0-9]+")
    ticket = mailed()
    assert put(desk, ticket, {"mine": good}) == ["mine"]
    assert has(desk, ticket) == {"mine": good}
    with desk.reading() as session:
        assert shown(session, field, good)["en"] == words
        feel_value(field, good)
    assert put(desk, ticket, {"mine": good}) == []
    with pytest.raises(FieldRefused) as refused:
        put(desk, ticket, {"mine": bad})
    assert refused.value.key == "mine"
    assert refused.value.reason.en != refused.value.reason.zh
    assert has(desk, ticket) == {"mine": good}
    assert put(desk, ticket, {"mine": None}) == ["mine"]
    assert not any(has(desk, ticket).values())


def test_a_change_is_a_line_in_words_and_an_entry_of_the_log(
    desk: Desk, faults: Dictionary, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("fault", Kind.CASCADE, dictionary_id=faults.id, label={"zh": "故障", "en": "Fault"})
    ticket = mailed()
    put(desk, ticket, {"fault": "printer"})
    put(desk, ticket, {"fault": "sw"})
    with desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry.data)
            .where(TrailEntry.ticket_id == ticket.id, TrailEntry.action == "edited")
            .order_by(TrailEntry.id)
        ).all()
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "ticket_changed", AuditEntry.ticket_id == ticket.id)
            .order_by(AuditEntry.id.desc())
        ).first()
    assert lines == [
        {
            "field": "fields.fault", "label": {"zh": "故障", "en": "Fault"},
            "old": None, "new": {"zh": "硬件 / 打印机", "en": "Hardware / Printer"},
        },
        {
            "field": "fields.fault", "label": {"zh": "故障", "en": "Fault"},
            "old": {"zh": "硬件 / 打印机", "en": "Hardware / Printer"},
            "new": {"zh": "软件", "en": "Software"},
        },
    ]  # fmt: skip
    assert entry is not None
    assert "fields.fault" in entry.new


def test_nothing_is_set_when_one_value_is_refused(
    desk: Desk, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("floor", Kind.INTEGER)
    make_field("room", required=True)
    make_field("gone", active=False)
    make_field("place", Kind.POSITION, required=True)
    ticket = mailed()
    for wanted, key in (
        ({"floor": 3, "room": ""}, "room"),
        ({"floor": 3, "gone": "x"}, "gone"),
        ({"floor": 3, "place": None}, "place"),
        ({"floor": 3, "place": {"lat": 1}}, "place"),
        ({"floor": 3, "nothing": "x"}, "nothing"),
    ):
        with pytest.raises(FieldRefused) as refused:
            put(desk, ticket, wanted)
        assert refused.value.key == key
        assert has(desk, ticket) == {}


def test_computed_fields_follow_in_their_order(
    desk: Desk, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("price", Kind.DECIMAL)
    make_field("count", Kind.INTEGER)
    make_field("total", Kind.COMPUTED, expression="=price * count")
    make_field("dear", Kind.COMPUTED, expression='if total > 100 then "yes" else "no"')
    make_field("until", Kind.DATE)
    make_field("broken", Kind.COMPUTED, expression='until + "x" * 3')
    make_field("endless", Kind.COMPUTED, expression="count(for i in 1..1000000 return i)")
    ticket = mailed()
    assert put(desk, ticket, {"price": 0.1, "count": 3}) == ["price", "count", "total", "dear"]
    assert has(desk, ticket) == {"price": 0.1, "count": 3, "total": 0.3, "dear": "no"}
    put(desk, ticket, {"price": 60, "until": "2026-05-31"})
    assert has(desk, ticket)["total"] == 180
    assert has(desk, ticket)["dear"] == "yes"
    with pytest.raises(FieldRefused):
        put(desk, ticket, {"total": 1})
    put(desk, ticket, {"count": None})
    assert "total" not in has(desk, ticket)


def test_a_withdrawn_entry_stays_where_it_is_and_is_offered_to_nobody_else(
    desk: Desk, faults: Dictionary, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("fault", Kind.CHOICES, dictionary_id=faults.id)
    first, second = mailed(), mailed(sender_mail="li@acme.cn")
    put(desk, first, {"fault": ["printer"]})
    with desk.database.transaction() as session:
        hardware = next(e for e in entries_of(session, faults.id) if e.key == "hw")
        change_entry(session, hardware, hardware.title, "", active=False, actor=SYSTEM)
    put(desk, first, {"fault": ["printer", "sw"]})
    with pytest.raises(FieldRefused):
        put(desk, second, {"fault": ["printer"]})


def test_lists_have_what_they_sort_and_filter_by(
    desk: Desk, faults: Dictionary, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("when", Kind.DATETIME)
    make_field("much", Kind.DECIMAL)
    make_field("many", Kind.CHOICES, dictionary_id=faults.id)
    ticket = mailed()
    put(
        desk, ticket,
        {"when": "2026-05-31T09:30+08:00", "much": 1.5, "many": ["printer", "sw"]},
    )  # fmt: skip
    with desk.reading() as session:
        rows = {row.text: row for row in session.scalars(select(FieldValue))}
    assert rows["2026-05-31 09:30"].moment is not None
    assert rows["2026-05-31 09:30"].moment.isoformat() == "2026-05-31T01:30:00+00:00"
    assert rows["1.5"].number is not None
    assert float(rows["1.5"].number) == 1.5
    assert "|printer|sw|" in rows


def test_fields_belong_to_types_and_are_read_only_for_some(
    desk: Desk, crew: SimpleNamespace, make_field: MakeField
) -> None:
    make_field("all")
    make_field("agents", held="agents")
    make_field("team", held="teams", held_ids=[crew.team.id])
    make_field("person", held="people", held_ids=[crew.lilei.id])
    make_field("customers", held="customers")
    with desk.reading() as session:
        fields = ticket_fields(session, "basic")
        assert [field.key for field in fields] == ["all", "agents", "team", "person", "customers"]
        lilei = session.get_one(User, crew.lilei.id)
        dispatcher = session.get_one(User, crew.dispatcher.id)
        assert held_for(fields, lilei) == {"agents", "team", "person"}
        assert held_for(fields, dispatcher) == {"agents"}
        assert held_for(fields, None) == {"customers"}
