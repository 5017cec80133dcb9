"""Words in messages and forms are found, Chinese ones of two characters too, on either side of the index."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from desk.application import Desk
from desk.tickets.models import Message, Ticket, message_words
from desk.tickets.operations import receive_message
from desk.tickets.queries import TicketFilter, list_tickets
from desk.tickets.searching import AT_ONCE, excerpt, excerpts, index_new, parts_of
from engine.actors import Actor
from engine.database import Database
from engine.timestamps import utc_now

from .test_queries import NewTicket, new_ticket  # noqa: F401

WANG = Actor("contact", None, "王小明")
LATER = timedelta(minutes=5)


def test_texts_are_found_by_their_parts() -> None:
    assert parts_of("打印机 is OUT, VPN坏") == {"打印", "印机", "is", "out", "vpn"}
    assert parts_of("a 坏 …") == set()


def said(session: Any, ticket: Ticket, text: str, **more: Any) -> Message:
    message = receive_message(
        session, kind="customer", channel="mail", author=WANG, text=text, **more
    )
    message.ticket_id = ticket.id
    session.flush()
    return message


def found(database: Database, text: str) -> list[str]:
    with database.reading() as session:
        page = list_tickets(session, TicketFilter(text=text), ascending=True)
        return [row.title for row in page.rows]


def test_what_was_said_and_filled_in_is_found(database: Database, new_ticket: NewTicket) -> None:  # noqa: F811
    with database.transaction() as session:
        first, second = new_ticket(session, title="A"), new_ticket(session, title="B")
        new_ticket(session, title="C", form_data={"device": "HP LaserJet 4250", "floor": 7})
        said(session, first, "三号楼的打印机 100% 卡纸，请派人来看。")
        said(session, first, "还是卡纸")
        said(session, second, "The printer in building 3 prints blank pages; 纸张正常")
    # before the index has reached them, and after
    for taken in (0, 0 if database.is_sqlite else 3):
        assert index_new(database, utc_now() + (LATER if taken else timedelta())) == taken
        assert found(database, "卡纸") == ["A"]
        assert found(database, "打印机 派人") == ["A"]
        assert found(database, "张") == []  # one character: only in titles, names and numbers
        assert found(database, "纸张") == ["B"]
        assert found(database, "机打") == []
        assert found(database, "PRINTER blank") == ["B"]
        assert found(database, "printers") == []
        assert found(database, "100%") == ["A"]
        assert found(database, "10_%") == []
        assert found(database, "laserjet") == ["C"]
        assert found(database, "device") == []  # the name of a field is nothing that was said
    assert index_new(database, utc_now() + LATER) == 0


def test_the_index_takes_each_message_once_and_loses_none(
    database: Database,
    new_ticket: NewTicket,  # noqa: F811
) -> None:
    with database.transaction() as session:
        ticket = new_ticket(session)
        for number in range(AT_ONCE + 2):
            said(session, ticket, f"编号 {number}")
    taken = [index_new(database, utc_now() + LATER) for _ in range(3)]
    assert taken == ([0, 0, 0] if database.is_sqlite else [AT_ONCE, 2, 0])
    with database.reading() as session:
        rows = session.scalar(select(func.count()).select_from(message_words))
    assert rows == sum(taken)


def test_an_excerpt_marks_the_words_and_runs_nothing(
    database: Database,
    new_ticket: NewTicket,  # noqa: F811
) -> None:
    piece = excerpt("<b>" + "长" * 100 + "打印机<script>卡纸" + "长" * 100, ["打印机", "卡纸"])
    assert piece is not None
    assert "<mark>打印机</mark>&lt;script&gt;<mark>卡纸</mark>" in piece
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert excerpt("nothing here", ["打印机"]) is None
    with database.transaction() as session:
        first = new_ticket(session)
        second = new_ticket(session, form_data={"where": "二楼打印机旁"})
        said(session, first, "打印机坏了")
        said(session, first, "打印机又坏了")
        wanted = [first.id, second.id]
    with database.reading() as session:
        shown = excerpts(session, "打印机", wanted)
    assert shown == {
        first.id: "<mark>打印机</mark>又坏了",
        second.id: "二楼<mark>打印机</mark>旁",
    }


def test_list_palette_and_search_show_where_it_was_said(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket = mailed(subject="求助", text="会议室的投影仪不亮")
    boss, lilei = visit(crew.dispatcher), visit(crew.lilei)
    palette = {"HX-Request-Type": "partial"}
    for page in ("/tickets?q=投影仪", "/search?q=投影仪"):
        shown = boss.get(page).text
        assert ticket.number in shown
        assert "会议室的<mark>投影仪</mark>不亮" in shown
        assert ticket.number not in lilei.get(page).text  # nobody's yet, and not theirs to see
    shown = boss.get("/search?q=投影仪", headers=palette).text
    assert "会议室的<mark>投影仪</mark>不亮" in shown
    assert ticket.number in shown
