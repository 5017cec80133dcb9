"""Views on the list of tickets: counted, grouped, made from filters, shared, closed, deleted and restored."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import html

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.people.models import User
from desk.tickets.models import Ticket
from desk.tickets.views.models import Standing, TicketView
from desk.tickets.views.shipped import SHIPPED, ensure_views
from engine.actors import SYSTEM
from tests.desk.fields.conftest import MakeField, faults, make_field  # noqa: F401
from tests.desk.web.fixtures import Browser

Mailed = Callable[..., Ticket]
Visit = Callable[[User], Browser]


@pytest.fixture
def shipped(desk: Desk) -> None:
    with desk.database.transaction() as session:
        ensure_views(session)


def change(desk: Desk, ticket: Ticket, **values: Any) -> None:
    with desk.database.transaction() as session:
        found = session.get_one(Ticket, ticket.id)
        for name, value in values.items():
            setattr(found, name, value)


def filled(**more: Any) -> dict[str, Any]:
    """The form of a view: all that are urgent."""
    return {
        "do": "save", "name": "Burning", "all-1-field": "ticket.priority", "all-1-operator": "is",
        "all-1-value": ["urgent"], "sort": "-created", "audience": "me", **more,
    }  # fmt: skip


def made(browser: Browser, **more: Any) -> int:
    """The id of a new view."""
    answer = browser.post("/tickets/views/new", data=filled(**more))
    assert answer.status_code == 303
    found = re.search(r"view=(\d+)", answer.location)
    assert found is not None
    return int(found[1])


def counts(browser: Browser) -> dict[str, str]:
    """Names and counts of the views beside the list."""
    tree = html.fromstring(f"<div>{browser.get('/tickets/views/counts').text}</div>")
    return {a.findtext("span"): a.xpath("string(span[@class='ld-count'])") for a in tree.xpath("//li/a")}


def titles(browser: Browser, address: str) -> list[str]:
    tree = html.fromstring(browser.get(address).text)
    return [str(text) for text in tree.xpath("//a[@data-row-link]/text()")]


def test_those_that_come_with_the_desk_count_what_the_reader_sees(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed, shipped: None
) -> None:
    mine, theirs, ended = mailed(subject="Mine"), mailed(subject="Theirs"), mailed(subject="Ended")
    change(desk, mine, assignee_id=crew.lilei.id, team_id=crew.team.id, state="processing")
    change(desk, theirs, assignee_id=crew.hanmei.id, state="processing")
    change(desk, ended, state="ended", ended_at=ended.created_at, assignee_id=crew.lilei.id)
    with desk.database.transaction() as session:
        ensure_views(session)  # a second start adds none
    agent = counts(visit(crew.lilei))
    assert list(agent) == [one.name.en for one in SHIPPED.values()]
    assert agent["My open tickets"] == "1"
    assert agent["Waiting for our reply"] == "1"
    assert agent["With nobody"] == "0"
    assert agent["Ended in the last 7 days"] == "1"
    assert counts(visit(crew.auditor))["All open tickets"] == "2"
    number = next(v for v in views(desk) if v.key == "mine").id
    assert titles(visit(crew.lilei), f"/tickets?view={number}") == ["Mine"]
    assert titles(visit(crew.hanmei), f"/tickets?view={number}") == ["Theirs"]


def views(desk: Desk) -> list[TicketView]:
    with desk.reading() as session:
        return list(session.query(TicketView).order_by(TicketView.id))


def test_filters_become_a_view_that_finds_the_same(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed
) -> None:
    burning = mailed(subject="Burning office")
    change(desk, burning, priority="urgent")
    change(desk, mailed(subject="Burning question"), priority="low")
    boss = visit(crew.dispatcher)
    day = burning.created_at.date()
    address = f"q=burning&priority=urgent&state=pending&assignee=none&created_from={day}&created_to=9999-12-30"
    assert titles(boss, f"/tickets?{address}") == ["Burning office"]
    assert "Save as a view" in boss.get(f"/tickets?{address}").text
    page = html.fromstring(boss.get(f"/tickets/views/new?{address}").text)
    form = page.xpath("//form[contains(@class, 'ld-rule')]")[0]
    answer = boss.post("/tickets/views/new", data={**_multi(form.form_values()), "name": "Fire", "do": "save"})
    assert answer.status_code == 303
    assert titles(boss, answer.location) == ["Burning office"]
    assert counts(boss) == {"Fire": "1"}
    assert counts(visit(crew.lilei)) == {}, "it is the dispatcher's own"
    export = boss.get(f"{answer.location}&scope=found".replace("/tickets?", "/tickets/export.csv?"))
    assert export.text.count("Burning") == 1


def _multi(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def test_groups_have_heads_with_counts_and_lead_to_all_of_theirs(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed
) -> None:
    for number in range(12):
        change(desk, mailed(subject=f"T{number}"), team_id=crew.team.id, priority="urgent")
    change(desk, mailed(subject="Alone"), priority="urgent")
    boss = visit(crew.dispatcher)
    number = made(boss, group_by="team", column=["number", "with"], sort="created")
    tree = html.fromstring(boss.get(f"/tickets?view={number}").text)
    heads = [(h.findtext("a"), h.findtext("span")) for h in tree.xpath("//tr[@class='ld-group']/th")]
    assert heads == [("一线", "12"), ("none", "1")]
    assert [e.text_content() for e in tree.xpath("//th[@scope='col']")] == ["Tick", "Number", "Title", "With"]
    assert len(tree.xpath("//a[@data-row-link]")) == 11, "ten of the first, one of the second"
    href = tree.xpath("//tr[@class='ld-group']/th/a/@href")[0]
    assert titles(boss, href) == [f"T{number}" for number in range(12)]
    assert titles(boss, f"/tickets?view={number}&in=none") == ["Alone"]
    assert titles(boss, f"/tickets?view={number}&in=nonsense") == []


def test_a_field_of_the_desk_groups(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed, faults: Any, make_field: MakeField  # noqa: F811
) -> None:
    from desk.fields.values import set_values

    make_field("device", "choice", dictionary_id=faults.id)
    one, other = mailed(subject="Prints"), mailed(subject="Nothing said")
    for ticket in (one, other):
        change(desk, ticket, priority="urgent")
    with desk.database.transaction() as session:
        set_values(session, desk, session.get_one(Ticket, one.id), {"device": "printer"}, actor=SYSTEM)
    boss = visit(crew.dispatcher)
    number = made(boss, group_by="field:device")
    tree = html.fromstring(boss.get(f"/tickets?view={number}").text)
    heads = tree.xpath("//tr[@class='ld-group']/th/a/text()")
    assert heads[1:] == ["none"]
    assert titles(boss, f"/tickets?view={number}&in=printer") == ["Prints"]


def test_who_sees_a_view_and_who_may_change_it(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed
) -> None:
    boss, agent, other = visit(crew.dispatcher), visit(crew.lilei), visit(crew.hanmei)
    made(boss, name="For all", audience="everybody")
    made(boss, name="For the team", audience="some", share=[f"team:{crew.team.id}"])
    one = made(boss, name="For one", audience="some", share=[f"user:{crew.lilei.id}", "role:auditor"])
    own = made(agent, name="Own")
    assert list(counts(agent)) == ["For all", "For the team", "For one", "Own"]
    assert list(counts(other)) == ["For all", "For the team"]
    assert list(counts(visit(crew.auditor))) == ["For all", "For one"]
    assert agent.get(f"/tickets/views/{one}").status_code == 403
    assert agent.post(f"/tickets/views/{one}/act", data={"do": "delete"}).status_code == 403
    assert boss.get(f"/tickets/views/{own}").status_code == 403, "nobody changes what others keep for themselves"
    assert other.get(f"/tickets?view={own}").status_code == 302
    assert agent.post("/tickets/views/new", data=filled(name="X", audience="everybody")).status_code == 422
    answer = other.get(f"/tickets/export.csv?view={own}&scope=found")
    assert len(answer.text.strip().splitlines()) == 1, "a view that one does not see has no tickets"


def test_names_are_told_apart_by_all_who_see_them(desk: Desk, crew: SimpleNamespace, visit: Visit) -> None:
    boss, agent = visit(crew.dispatcher), visit(crew.lilei)
    number = made(agent, name="Burning")
    made(boss, name="Burning")  # each their own
    again = agent.post("/tickets/views/new", data=filled(name="burning"))
    assert again.status_code == 422
    assert "another one with this name" in again.text
    shared = made(boss, name="Shared", audience="everybody")
    assert agent.post("/tickets/views/new", data=filled(name="Shared")).status_code == 422
    assert agent.post(f"/tickets/views/{number}", data=filled(note="As before")).status_code == 303
    assert boss.post(f"/tickets/views/{shared}/act", data={"do": "delete"}).status_code == 303
    made(agent, name="Shared")


def test_a_view_is_closed_opened_deleted_and_restored(
    desk: Desk, crew: SimpleNamespace, visit: Visit, shipped: None
) -> None:
    boss = visit(crew.dispatcher)
    view = views(desk)[0]

    def act(do: str) -> str:
        assert boss.post(f"/tickets/views/{view.id}/act", data={"do": do}).status_code == 303
        return views(desk)[0].standing

    assert act("close") == Standing.CLOSED
    assert "My open tickets" not in counts(boss)
    assert boss.get(f"/tickets?view={view.id}").status_code == 302
    assert act("open") == Standing.OPEN
    assert act("delete") == Standing.DELETED
    with desk.database.transaction() as session:
        ensure_views(session)
    assert views(desk)[0].standing == Standing.DELETED, "a new start does not bring it back"
    assert act("restore") == Standing.OPEN
    boss.post(f"/tickets/views/{view.id}", data=filled(name="Changed", audience="everybody"))
    assert list(counts(boss))[-1] == "Changed"
    assert act("reset") == Standing.OPEN
    assert list(counts(boss))[0] == "My open tickets"
    assert boss.post(f"/tickets/views/{view.id}/act", data={"do": "burn"}).status_code == 400
    with desk.reading() as session:
        said = [row.action for row in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert [one for one in said if one.startswith("ticket_view")].count("ticket_view_standing") == 4


def test_what_is_wrong_is_said_at_its_place_and_rows_come_and_go(
    desk: Desk, crew: SimpleNamespace, visit: Visit
) -> None:
    boss = visit(crew.dispatcher)
    more = boss.post("/tickets/views/new", data=filled(do="add-any"))
    assert more.status_code == 200
    assert 'name="any-1-field"' in more.text
    less = boss.post("/tickets/views/new", data=filled(do="remove-all-1"))
    assert 'name="all-1-field"' not in less.text
    wrong = boss.post(
        "/tickets/views/new",
        data=filled(
            **{"name": "", "all-1-field": "ticket.rating", "all-1-operator": "more", "all-1-value": "many"},
            group_by="form:x", audience="some", share=["team:4711"],
        ),
    )  # fmt: skip
    assert wrong.status_code == 422
    for words in ("A view needs a name", "A number is wanted", "cannot be grouped", "There is nobody called"):
        assert words in wrong.text, words
    assert views(desk) == []


def test_programs_list_views_and_their_tickets(
    desk: Desk, crew: SimpleNamespace, visit: Visit, mailed: Mailed, bearer: Any
) -> None:
    change(desk, mailed(subject="Hot"), priority="urgent")
    mailed(subject="Cold")
    number = made(visit(crew.dispatcher), audience="everybody")
    with desk.reading() as session:
        token = bearer(session.get_one(User, crew.dispatcher.id))
    api = visit(crew.dispatcher)
    (line,) = api.get("/api/v1/ticket-views", headers=token).json["items"]
    assert (line["id"], line["name"]["en"], line["count"]) == (number, "Burning", 1)
    found = api.get(f"/api/v1/tickets?view={number}", headers=token).json["items"]
    assert [one["title"] for one in found] == ["Hot"]
    assert api.get("/api/v1/tickets?view=4711", headers=token).status_code == 422
    assert api.get(f"/api/v1/tickets.csv?view={number}", headers=token).text.count("Hot") == 1
