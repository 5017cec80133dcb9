"""What a view asks of all tickets at once is what a rule asks of one: every field by every operator."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.fields.models import Kind
from desk.people.models import User
from desk.rules.conditions import ConditionRefused, operators_for
from desk.rules.fields import FIELDS, custom_fields
from desk.rules.rule import Condition
from desk.tickets.models import Message, Ticket
from desk.tickets.relations.watching import follow
from desk.tickets.views.conditions import Asking, Reader
from desk.tickets.views.models import TicketView
from desk.tickets.views.operations import kept
from engine.timestamps import utc_now
from tests.desk.fields.conftest import MakeField, faults, make_field  # noqa: F401
from tests.desk.rules.test_conditions import conditions, world  # noqa: F401
from tests.desk.rules.test_own_fields import conditions as own_conditions
from tests.desk.rules.test_own_fields import ticket  # noqa: F401

from ..conftest import acting

ZONE = ZoneInfo("Asia/Shanghai")


def asking(session: Session, user: User) -> Asking:
    return Asking(session, Reader.of(session.get_one(User, user.id), ZONE, utc_now()))


def found(session: Session, clause: ColumnElement[bool]) -> set[int]:
    return set(session.scalars(select(Ticket.id).where(clause)))


def of_rules(path: str, known: Any, values: dict[str, Any]) -> Iterator[tuple[Condition, bool]]:
    """What rules are tested with, as far as it can be asked of a list."""
    for condition, holds in conditions(path, values):
        if condition.operator in operators_for(known[path]):
            yield condition, holds


def test_every_field_that_rules_ask_about_means_the_same(
    desk: Desk, world: SimpleNamespace, crew: SimpleNamespace  # noqa: F811
) -> None:
    wrong = []
    with desk.reading() as session:
        asks = asking(session, crew.lilei)
        shared = [path for path in FIELDS if path in asks.known]
        assert len(shared) > 25
        for path in shared:
            for condition, holds in of_rules(path, asks.known, world.values):
                if (world.ticket in found(session, asks.clause(condition))) is not holds:
                    wrong.append(condition)
    assert wrong == []


def test_of_what_is_not_there_only_empty_and_the_negations_hold(
    desk: Desk, world: SimpleNamespace, crew: SimpleNamespace  # noqa: F811
) -> None:
    always = {
        "ticket.type", "ticket.state", "ticket.priority", "ticket.channel", "ticket.title", "ticket.created_at",
        "ticket.processed_at", "ticket.last_message_at",
    }  # fmt: skip
    with desk.reading() as session:
        asks = asking(session, crew.lilei)
        for path in {*FIELDS} & {*asks.known} - always:
            for condition, _holds in of_rules(path, asks.known, world.values):
                there = world.bare in found(session, asks.clause(condition))
                assert there is (condition.operator in ("empty", "is_not", "contains_not")), condition


@pytest.mark.parametrize("kind", list(Kind))
def test_the_desks_own_fields_mean_the_same(
    desk: Desk, ticket: Ticket, crew: SimpleNamespace, mailed: Any, kind: str  # noqa: F811
) -> None:
    empty = mailed(subject="Nothing is filled in").id
    with desk.reading() as session:
        asks = asking(session, crew.lilei)
        for holds in (True, False):
            for condition in own_conditions(kind, custom_fields(session), holds=holds):
                if condition.operator.startswith("changed"):
                    continue
                tickets = found(session, asks.clause(condition))
                assert (ticket.id in tickets) is holds, condition
                if kind != "computed":  # which every ticket has
                    nothing = condition.operator in ("empty", "is_not", "contains_not", "has_not")
                    assert (empty in tickets) is nothing, condition


def test_what_only_lists_ask_about(
    desk: Desk, world: SimpleNamespace, crew: SimpleNamespace, mailed: Any  # noqa: F811
) -> None:
    quiet = mailed(subject="Answered").id
    today = utc_now().astimezone(ZONE).date()
    with desk.database.transaction() as session:
        full, dispatcher = session.get_one(Ticket, world.ticket), session.get_one(User, crew.dispatcher.id)
        full.created_by = acting(crew.hanmei).as_json()
        follow(session, full, dispatcher, actor=acting(dispatcher))
        session.add(Message(ticket_id=quiet, kind="reply", channel="mail", author={}, text="Done"))
    with desk.reading() as session:
        full = session.get_one(Ticket, world.ticket)
        asks = asking(session, crew.hanmei)

        def of(path: str, operator: str, *values: str) -> set[int]:
            return found(session, asks.clause(Condition(path, operator, values)))

        assert of("ticket.creator_id", "is", "me") == {full.id}
        assert full.id not in of("ticket.creator_id", "is_not", "me")
        assert of("ticket.watcher_id", "is", str(crew.dispatcher.id)) == {full.id}
        assert of("ticket.watcher_id", "filled") == {full.id}
        assert of("ticket.team_id", "is", "mine") == {full.id}
        assert of("ticket.assignee_id", "is", "me") == set()
        assert of("ticket.awaits_reply", "is", "true") == {full.id, world.bare}
        assert of("ticket.awaits_reply", "is", "false") == {quiet}
        assert of("ticket.sla_late", "is", "true") == set()
        assert of("ticket.number", "contains", full.number[-6:]) == {full.id}
        assert of("ticket.words", "contains", "不工作") >= {full.id}
        assert full.id not in of("ticket.words", "contains_not", "打印机")
        assert of("ticket.customer", "contains", "艾克米") == {full.id, quiet}
        assert of("ticket.customer", "contains_not", "艾克米") == {world.bare}
        opened = full.created_at.astimezone(ZONE).date()
        assert of("ticket.created_day", "is", opened.isoformat()) >= {full.id}
        assert full.id not in of("ticket.created_day", "more", today.isoformat())
        assert full.id in of("ticket.created_day", "more", (opened - timedelta(days=1)).isoformat())
        assert full.id in of("ticket.created_day", "within_days", "0")
        assert of("ticket.created_day", "days_ago", "2") == set()


def test_all_any_and_the_type_are_joined_and_what_is_gone_holds_for_none(
    desk: Desk, world: SimpleNamespace, crew: SimpleNamespace  # noqa: F811
) -> None:
    urgent = Condition("ticket.priority", "is", ("urgent",))
    mail, vendor = (Condition("ticket.channel", "is", (one,)) for one in ("mail", "vendor"))
    view = TicketView(all_of=kept((urgent,)), any_of=kept((mail, vendor)), type="complaint")
    gone = Condition("ticket.fields.withdrawn_long_ago", "is", ("x",))
    with desk.reading() as session:
        asks = asking(session, crew.lilei)
        assert found(session, asks.where(view)) == {world.ticket}
        view.type = "refund"
        assert found(session, asks.where(view)) == set()
        view.type, view.any_of = None, kept((mail,))
        assert found(session, asks.where(view)) == set()
        view.any_of = kept((gone, vendor))
        assert found(session, asks.where(view)) == {world.ticket}
        view.all_of = kept((gone,))
        assert found(session, asks.where(view)) == set()


@pytest.mark.parametrize(
    ("path", "operator", "values"),
    [
        ("ticket.nothing", "is", ("x",)),
        ("ticket.state", "changed_to", ("ended",)),
        ("ticket.state", "is", ()),
        ("ticket.rating", "more", ("many",)),
        ("ticket.rating", "more", ("9" * 40,)),
        ("ticket.assignee_id", "is", ("somebody",)),
        ("ticket.created_at", "older", ("1e9",)),
        ("ticket.created_at", "older", ("0.5",)),
        ("ticket.created_day", "is", ("yesterday",)),
        ("ticket.created_day", "days_ago", ("999999",)),
        ("ticket.created_day", "more", ("9999-12-31",)),
    ],
)
def test_what_makes_no_sense_is_refused(
    desk: Desk, crew: SimpleNamespace, path: str, operator: str, values: tuple[str, ...]
) -> None:
    with desk.reading() as session, pytest.raises(ConditionRefused):
        asking(session, crew.lilei).clause(Condition(path, operator, values))
