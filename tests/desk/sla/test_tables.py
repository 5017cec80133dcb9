"""The tables of service levels as a supervisor fills them in: targets, the chain of notices, the effect of a state."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from desk.contacts.models import Company, Contact
from desk.people import work
from desk.people.models import Team, User
from desk.sla.models import ClockKind
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM
from engine.tables import job
from lanedesk.deploying import LIBRARY
from tests.desk.sla.conftest import MONDAY, World
from tests.desk.sla.test_life import told, trail

Arrive = Callable[..., Ticket]


def becomes(world: World, ticket: Ticket, **fields: Any) -> None:
    with world.desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, world.desk, kept, fields, actor=SYSTEM)  # type: ignore[arg-type]
    world.work()


def with_rows(name: str, *rows: tuple[str, ...], column: tuple[str, str] = ("", "")) -> bytes:
    """A table of the library with these rows (inputs, then outputs); `column`: an input, and what it becomes."""
    text = (LIBRARY / "sla/ticket-sla" / f"{name}.dmn").read_text().replace(*column)
    head, _, rest = text.partition("<rule ")
    inputs = text.count("<input ")
    written = ""
    for row, cells in enumerate(rows):
        entries = [
            f'<{kind} id="x{row}_{n}"><text>{cell}</text></{kind}>'
            for n, cell in enumerate(cells)
            for kind in ("inputEntry" if n < inputs else "outputEntry",)
        ]
        written += f'<rule id="x{row}">{"".join(entries)}</rule>'
    return f"{head}{written}{rest[rest.rindex('</rule>') + 7 :]}".encode()


def test_each_priority_has_its_three_targets(world: World, arrived: Arrive) -> None:
    """The shipped table: the two scenarios of the manual (000 §5.3.3) are urgent and normal, in minutes."""
    ticket = arrived()
    expected = {
        ("urgent", "normal"): [15, 30, 120], ("high", "normal"): [20, 45, 180],
        ("normal", "normal"): [30, 60, 240], ("low", "normal"): [120, 240, 960],
        ("urgent", "vip"): [10, 20, 90], ("normal", "vip"): [20, 45, 180],
    }  # fmt: skip
    found = {}
    for priority, level in expected:
        with world.desk.database.transaction() as session:
            session.get_one(Contact, ticket.contact_id).level = level
        becomes(world, ticket, priority="low" if priority == "normal" else "normal")
        becomes(world, ticket, priority=priority)
        clocks = world.clocks(ticket)
        found[priority, level] = [(clocks[kind].target_seconds or 0) // 60 for kind in ClockKind]
    assert found == expected


def test_a_row_of_the_table_may_be_for_one_customer(world: World, arrived: Arrive) -> None:
    """The table is the supervisors': another column, another row, and nothing else changes."""
    any_other = ("-", "-", "-", "-", '"P3"', '"default"', '"PT30M"', '"PT1H"', '"PT4H"')
    of_acme = ("-", "-", '"Acme"', "-", '"Acme"', '"default"', '"PT5M"', '"PT8M"', '"PT11M"')
    table = with_rows(
        "sla-targets", of_acme, any_other, column=("contact.level", "ticket.company.name")
    )
    with world.desk.database.transaction() as session:
        world.desk.engine.deploy(session, {"sla-targets.dmn": table}, actor=SYSTEM)
        session.add(Company(name="Acme", domain="acme.cn"))
    theirs, others = arrived(), arrived(sender_mail="li@other.cn")
    targets = [[c.target_seconds for c in world.clocks(t).values()] for t in (theirs, others)]
    assert targets == [[300, 480, 660], [1800, 3600, 14400]]


def test_each_row_of_the_chain_reaches_whom_it_names(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    """Before and after each target, in working time; whom nobody is, the supervisors stand in for."""
    table = with_rows(
        "sla-chain",
        ('"first_response"', "-", '"-PT10M"', '"lead"', '"一"', "null", "null"),
        ('"first_response"', "-", '"PT5M"', '"team"', '"二"', "null", "null"),
        ('"second_response"', "-", '"-PT20M"', f'"user:{crew.lilei.id}"', '"三"', "null", "null"),
        ('"second_response"', "-", '"PT1M"', '"assignee"', '"四"', "null", "null"),
        ('"resolution"', "-", '"-PT150M"', '"role:supervisor"', '"五"', "null", "null"),
        ('"resolution"', "-", '"PT5M"', '"team, lead"', '"六"', '"partner"', "null"),
    )
    with world.desk.database.transaction() as session:
        world.desk.engine.deploy(session, {"sla-chain.dmn": table}, actor=SYSTEM)
        team = session.get_one(Team, crew.team.id)
        work.set_assignment(session, team, automatic=False, lead_id=crew.hanmei.id, actor=SYSTEM)
    ticket = arrived()
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, team=f"team:{crew.team.id}")
    with world.desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = crew.auditor.id
        session.get_one(User, crew.auditor.id).active = False
    lilei, hanmei, boss = crew.lilei.id, crew.hanmei.id, crew.dispatcher.id
    seen: list[tuple[str, str, set[int]]] = []
    for minutes in (20, 35, 40, 61, 90, 305):  # 10:20 … 15:05, with an hour of lunch
        before = len(told(world))
        world.wait(minutes=minutes - (world.at - MONDAY).total_seconds() / 60 - 0.1)
        assert len(told(world)) == before, f"too early before minute {minutes}"
        world.wait(minutes=0.2)
        new = told(world)[before:]
        seen.append((f"{minutes}", new[0][1].rpartition("（")[2][:1], {who for who, _ in new}))
    assert seen == [
        ("20", "一", {hanmei}), ("35", "二", {lilei, hanmei}), ("40", "三", {lilei}),
        ("61", "四", {boss}), ("90", "五", {boss}), ("305", "六", {lilei, hanmei}),
    ]  # fmt: skip
    with world.desk.reading() as session:
        calls = session.scalars(
            select(job.c.parameters).where(job.c.operator == "notify.webhook")
        ).all()
    assert [(call["target"], call["ticket_id"]) for call in calls] == [("partner", ticket.id)]


def test_what_a_machine_sends_is_no_reply_and_a_cancelled_ticket_owes_nothing(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    ticket = arrived()
    with world.desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        message = receive_message(
            session, kind="reply", channel="mail", author=SYSTEM, text="已收到", automatic=True
        )
        world.desk.engine.message(
            session, "agent.replied", {"message_id": message.id}, actor=SYSTEM,
            correlation=f"ticket:{kept.id}",
        )  # fmt: skip
    world.work()
    assert not any(clock.over for clock in world.clocks(ticket).values())
    world.complete(ticket, "dispatch", "cancel", crew.dispatcher, dispatch_remark="重复")
    clocks = world.clocks(ticket).values()
    assert [(clock.dropped_at, clock.met_at) for clock in clocks] == [(world.at, None)] * 3
    world.wait(days=3)
    assert trail(world, ticket) == []
