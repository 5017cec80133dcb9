"""The flows that ship, on the real desk: what is special about each, beyond what its scenarios tell."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from desk.application import Desk
from desk.notices.models import Notice
from desk.portal import page_keys
from desk.portal.tracking import tracking_token
from desk.surveys.models import Survey
from desk.surveys.operations import NotOpen, answer, ask
from desk.tickets.events import NobodyWaits, cancel, request_ticket
from desk.tickets.models import Ticket, TicketPayment, TrailEntry
from desk.tickets.pages.selection import delete_one
from desk.tickets.payments.operations import payments_of
from desk.tickets.payments.operations import settle as settle_payment
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.splitting import Part, split
from desk.tickets.relations.watching import follow
from desk.tickets.states.operators import close
from desk.tickets.types import (
    TypeSettings,
    change_type,
    ensure_types,
    requested_type,
    type_by_key,
)
from engine import inspection
from engine.actors import SYSTEM, Actor
from engine.errors import TaskGone
from engine.scheduler import run_due
from engine.tables import human_task, job, process_instance, process_version
from engine.timestamps import utc_now
from lanedesk.deploying import LIBRARY
from tests.desk.web.fixtures import Browser

from .conftest import acting


@pytest.fixture
def library(desk: Desk) -> None:
    """The ticket flows alone: these tests need no others."""
    for folder in sorted((LIBRARY / "tickets").iterdir()):
        kept = {p.name: p.read_bytes() for p in Path(folder).iterdir()
                if p.suffix in (".bpmn", ".dmn", ".form")}  # fmt: skip
        with desk.database.transaction() as session:
            desk.engine.deploy(session, kept, actor=SYSTEM)


@pytest.fixture
def opened(desk: Desk, crew: SimpleNamespace) -> Callable[..., Ticket]:
    """`opened("complaint", form={…})`: a ticket of that type, opened by 李雷."""
    with desk.database.transaction() as session:
        ensure_types(session)

    def make(key: str, form: dict[str, Any] | None = None) -> Ticket:
        with desk.database.transaction() as session:
            return request_ticket(
                session,
                desk.engine,
                actor=acting(crew.lilei),
                title="试一试",
                text="",
                kind=requested_type(session, key, crew.dispatcher),
                form_data=form or {},
            )

    return make


@pytest.fixture
def do(desk: Desk) -> Callable[..., None]:
    """`do(ticket, "dispatch", user, outcome, **values)`: complete the open step of that element."""

    def complete(ticket: Ticket, element: str, user: Any, outcome: str, **values: Any) -> None:
        with desk.database.transaction() as session:
            task_id = session.scalar(
                select(human_task.c.id).where(
                    human_task.c.instance_id == ticket.instance_id,
                    human_task.c.element_id == element,
                    human_task.c.status == "open",
                )
            )
            assert task_id is not None, f"no open step {element}: {standing(desk, ticket)}"
            desk.engine.complete(session, task_id, values, outcome=outcome, actor=acting(user))

    return complete


def standing(desk: Desk, ticket: Ticket) -> list[str]:
    with desk.reading() as session:
        return list(inspection.progress(desk.engine, session, ticket.instance_id)["active"])


def step(desk: Desk, ticket: Ticket, element: str) -> Any:
    with desk.reading() as session:
        task_id = session.scalars(
            select(human_task.c.id).where(
                human_task.c.instance_id == ticket.instance_id,
                human_task.c.element_id == element,
                human_task.c.status == "open",
            )
        ).one()
        return desk.engine.task(session, task_id)


def reload(desk: Desk, ticket: Ticket) -> Ticket:
    with desk.reading() as session:
        return session.get_one(Ticket, ticket.id)


def trail_of(desk: Desk, ticket: Ticket, action: str) -> list[TrailEntry]:
    with desk.reading() as session:
        return list(
            session.scalars(
                select(TrailEntry).where(
                    TrailEntry.ticket_id == ticket.id, TrailEntry.action == action
                )
            )
        )


# -- going back to any earlier step -----------------------------------------------------------------


def test_a_complaint_goes_back_and_what_was_entered_there_comes_back(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, settle: Any
) -> None:
    ticket = opened("complaint")
    do(ticket, "take_up", crew.dispatcher, "dispatch", person=crew.lilei.id, severity="major")
    do(ticket, "investigate", crew.lilei, "done", findings="快递员未核对", fault="partner")
    do(ticket, "propose", crew.lilei, "done", settlement="道歉", compensation=10)
    settle()
    do(
        ticket, "confirm", crew.dispatcher, "return",
        return_to="investigate", return_reason="客户说不是这样", solution="暂定",
    )  # fmt: skip

    again = step(desk, ticket, "investigate")
    assert again.assignee == f"user:{crew.lilei.id}"
    assert again.data["findings"] == "快递员未核对"
    assert again.data["fault"] == "partner"
    assert again.data["severity"] == "major"
    for later in ("settlement", "compensation", "solution"):
        assert again.data[later] is None, later
    (line,) = trail_of(desk, ticket, "returned_to")
    assert line.remark == "客户说不是这样"
    assert (line.data["from_step"]["zh"], line.data["step"]["zh"]) == ("回访客户", "调查")

    # …and once more, to the very first step; the one who did that is asked again
    do(ticket, "investigate", crew.lilei, "return", return_to="take_up", return_reason="派错人了")
    first = step(desk, ticket, "take_up")
    assert first.assignee == f"user:{crew.dispatcher.id}"
    assert first.data["severity"] == "major"
    assert first.data["findings"] is None


def test_only_steps_that_were_done_are_offered(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, visit: Any
) -> None:
    ticket = opened("complaint")
    do(ticket, "take_up", crew.dispatcher, "dispatch", person=crew.lilei.id)
    lilei = visit(crew.lilei)
    page = lilei.get(f"/tickets/{ticket.id}").text
    assert "Take the complaint up" in page
    task = step(desk, ticket, "investigate")
    for wrong in ("propose", "confirm", "ended"):
        sent = lilei.post(
            f"/tasks/{task.id}/complete",
            {"outcome": "return", "return_to": wrong, "return_reason": "x"},
        )
        assert sent.status_code == 422, wrong
    with pytest.raises(Refused):
        do(ticket, "investigate", crew.lilei, "return", return_to="propose", return_reason="x")
    assert standing(desk, ticket).count("investigate") == 1


# -- approvals --------------------------------------------------------------------------------------


def test_two_approvals_are_two_people(
    desk: Desk,
    crew: SimpleNamespace,
    opened: Any,
    do: Any,
    make_user: Any,
    visit: Any,
    bearer: Any,
    app: Any,
) -> None:
    chief = make_user("zong", name="总监", roles=["administrator"])
    ticket = opened("service-request", {"category": "purchase", "amount": 20000})
    do(ticket, "approve", crew.dispatcher, "approve")

    # the first is not offered the second, and reads why when it is tried all the same
    first, second = visit(crew.dispatcher), visit(chief)
    task = step(desk, ticket, "approve_again")
    assert "Second approval" in second.get("/tasks").text
    assert "Second approval" not in first.get("/tasks").text
    assert f"/tasks/{task.id}/complete" not in first.get(f"/tickets/{ticket.id}").text
    for act in ("claim", "complete"):
        first.post(f"/tasks/{task.id}/{act}", {"outcome": "approve"})
        assert "Somebody else must do this step" in first.get("/tasks").text
    by_program = app.test_client().post(
        f"/api/v1/tasks/{task.id}/complete",
        json={"outcome": "approve"},
        headers=bearer(crew.dispatcher),
    )
    assert by_program.status_code == 403
    assert "Somebody else" in by_program.json["detail"]

    # the record refuses it, too, whatever a diagram offers
    with pytest.raises(Refused, match="somebody else's"):
        do(ticket, "approve_again", crew.dispatcher, "approve")
    do(ticket, "approve_again", chief, "approve")
    assert "dispatch" in standing(desk, ticket)
    assert [line.data["level"] for line in trail_of(desk, ticket, "approved")] == [1, 2]


def test_who_asked_does_not_approve(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("service-request", {"category": "account"})
    assert step(desk, ticket, "approve").excluded == (f"user:{crew.lilei.id}",)
    with pytest.raises(Refused, match="yourself"):
        do(ticket, "approve", crew.lilei, "approve")
    assert "approve" in standing(desk, ticket)


def test_an_approval_by_somebody_without_the_right(
    desk: Desk, crew: SimpleNamespace, opened: Any, visit: Any, bearer: Any, app: Any
) -> None:
    ticket = opened("service-request", {"category": "account"})
    task = step(desk, ticket, "approve")
    hanmei = visit(crew.hanmei)
    assert "First approval" not in hanmei.get("/tasks").text
    answer = hanmei.post(f"/tasks/{task.id}/complete", {"outcome": "approve"})
    assert answer.status_code == 403
    by_program = app.test_client().post(
        f"/api/v1/tasks/{task.id}/complete",
        json={"outcome": "approve"},
        headers=bearer(crew.hanmei),
    )
    assert by_program.status_code == 403
    assert "approve" in standing(desk, ticket)
    assert trail_of(desk, ticket, "approved") == []


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"category": "hardware", "amount": 80}, "dispatch"),
        ({"category": "hardware", "amount": 600}, "approve"),
        ({"category": "account", "amount": 1}, "approve"),
        ({}, "approve"),
    ],
)
def test_the_table_says_how_many_approvals(
    desk: Desk, opened: Any, form: dict[str, Any], at: str
) -> None:
    assert at in standing(desk, opened("service-request", form))


# -- waiting for a customer who does not answer ------------------------------------------------------


def test_a_process_that_takes_no_closing_leaves_it_to_the_handler(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("refund", {"amount": 300})
    do(ticket, "check", crew.hanmei, "justified", amount=300, what="运费")
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        kept.assignee_id = crew.hanmei.id
        step = SimpleNamespace(session=session, services=desk, actor=SYSTEM)
        assert close(step, ticket_id=ticket.id, remark="x") == {"asked": False}
    with desk.reading() as session:
        (notice,) = session.scalars(select(Notice).where(Notice.user_id == crew.hanmei.id)).all()
        assert notice.text["zh"].startswith("无法自动关闭")
    assert reload(desk, ticket).state != "ended"


# -- money ------------------------------------------------------------------------------------------


def test_a_refund_is_approved_paid_and_told(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("refund", {"amount": 300})
    do(ticket, "check", crew.hanmei, "justified", amount=300, what="运费")
    do(ticket, "approve", crew.dispatcher, "approve")
    do(ticket, "pay", crew.dispatcher, "failed", fail_reason="账号有误")
    do(ticket, "check", crew.hanmei, "justified", amount=280, what="运费")
    with pytest.raises(Refused):  # a second approval of one ticket is somebody else's, too
        do(ticket, "approve", crew.dispatcher, "approve")
    with desk.reading() as session:
        assert [(p.status, str(p.amount)) for p in payments_of(session, ticket.id)] == [
            ("void", "300.00")
        ]


def test_money_is_settled_once(desk: Desk, crew: SimpleNamespace, opened: Any, do: Any) -> None:
    ticket = opened("refund", {"amount": 20})
    do(ticket, "check", crew.hanmei, "justified", amount=20)
    do(ticket, "pay", crew.dispatcher, "paid", method="cash", reference="C-1")
    with desk.database.transaction() as session:
        (payment,) = payments_of(session, ticket.id)
        assert (payment.status, payment.reference) == ("paid", "C-1")
        again = {"at": utc_now(), "actor": acting(crew.dispatcher)}
        assert not settle_payment(session, payment, method="cash", reference="C-1", **again)
        with pytest.raises(Refused):
            settle_payment(session, payment, method="cash", reference="C-2", **again)
    assert reload(desk, ticket).state == "ended"
    assert len(trail_of(desk, ticket, "paid")) == 1
    (line,) = trail_of(desk, ticket, "ended")
    assert "C-1" in line.remark


def test_the_engineer_collects_what_is_due(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("on-site")
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    do(ticket, "accept", crew.lilei, "accept")
    do(ticket, "arrive", crew.lilei, "arrived")
    do(ticket, "serve", crew.lilei, "complete", solution="已修好", fee=88.5, fee_for="上门费")
    do(ticket, "collect", crew.lilei, "collected", method="wechat", reference="W-1")
    do(ticket, "sign", crew.lilei, "signed", signer="吴敏")
    with desk.reading() as session:
        payment = session.scalars(select(TicketPayment)).one()
        assert (payment.kind, str(payment.amount), payment.status) == ("charge", "88.50", "paid")
    assert reload(desk, ticket).state == "ended"


# -- overdue ----------------------------------------------------------------------------------------


def test_an_overdue_step_is_marked_until_the_ticket_moves_on(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, visit: Any
) -> None:
    ticket = opened("on-site")
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    with desk.database.transaction() as session:
        follow(session, session.get_one(Ticket, ticket.id), crew.hanmei, actor=acting(crew.hanmei))
    now = utc_now() + timedelta(hours=3)
    clock, desk.engine.clock = desk.engine.clock, lambda: now
    try:
        run_due(desk.engine, desk.database)
    finally:
        desk.engine.clock = clock
    marked = reload(desk, ticket)
    assert marked.overdue_at is not None
    assert marked.overdue_step == {"zh": "接收任务", "en": "Accept the task"}
    with desk.reading() as session:
        told = select(Notice.user_id).where(Notice.text["zh"].as_string().startswith("节点已超时"))
        assert set(session.scalars(told)) == {crew.lilei.id, crew.hanmei.id}, "handler, and who follows"
    other = opened("refund")
    page = visit(crew.lilei).get("/tickets?overdue=1").text
    assert ticket.number in page
    assert other.number not in page
    do(ticket, "accept", crew.lilei, "accept")
    assert reload(desk, ticket).overdue_at is None


# -- surveys ----------------------------------------------------------------------------------------


def test_a_survey_answered_twice_keeps_the_first_answer(
    desk: Desk, crew: SimpleNamespace, opened: Any
) -> None:
    ticket = opened("refund")
    customer = Actor("contact", None, "")
    with desk.database.transaction() as session:
        survey = ask(session, session.get_one(Ticket, ticket.id), at=utc_now())
        assert ask(session, session.get_one(Ticket, ticket.id), at=utc_now()) is survey
        answer(session, desk.engine, survey, score=5, solved=True, comment="很好", actor=customer)
    with pytest.raises(NotOpen), desk.database.transaction() as session:  # noqa: PT012
        same = session.get_one(Survey, survey.id)
        answer(session, desk.engine, same, score=1, solved=False, comment="改", actor=customer)
    with desk.reading() as session:
        kept = session.get_one(Survey, survey.id)
        assert (kept.score, kept.solved, kept.comment) == (5, True, "很好")


def test_the_customers_survey_page(
    desk: Desk, app: Flask, crew: SimpleNamespace, opened: Any, make_user: Any
) -> None:
    ticket = opened("refund")
    token = tracking_token(desk.settings, ticket.id)
    customer = Browser(app)
    address = f"/t/{token}/survey"
    assert customer.get(address).status_code == 404
    with desk.database.transaction() as session:
        ask(session, session.get_one(Ticket, ticket.id), at=utc_now())
    page = customer.get(address)
    assert "Were you satisfied?" in page.text
    assert "script" not in page.headers["Content-Security-Policy"]
    found = re.search(rf'name="{page_keys.FIELD}" value="([^"]+)"', page.text)
    assert found is not None
    field, key = page_keys.FIELD, found[1]
    assert customer.post(address, {field: key, "rating": "9"}).status_code == 422
    sent = customer.post(address, {field: key, "rating": "2", "solved": "no", "comment": "慢"})
    assert sent.status_code == 303
    thanks = customer.get(address).text
    assert "Thank you for your answer" in thanks
    again = customer.post(address, {field: key, "rating": "5"})
    assert again.status_code == 409
    assert "answered before" in again.text
    with desk.reading() as session:
        assert session.scalars(select(Survey)).one().score == 2


def test_customers_are_asked_where_the_type_says_so(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, settle: Any
) -> None:
    with desk.database.transaction() as session:
        kind = type_by_key(session, "refund") or pytest.fail("no type")
        change_type(
            session, desk.engine, kind,
            TypeSettings(kind.name, kind.process_key, {}, kind.form_key, "RF", survey=True),
        )  # fmt: skip
    for key, asked in (("refund", True), ("on-site", False)):
        ticket = opened(key)
        if key == "refund":
            do(ticket, "check", crew.hanmei, "justified", amount=20)
            do(ticket, "pay", crew.dispatcher, "paid", method="cash", reference="C-1")
        else:
            do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
            do(ticket, "accept", crew.lilei, "accept")
            do(ticket, "arrive", crew.lilei, "arrived")
            do(ticket, "serve", crew.lilei, "complete", solution="好")
            do(ticket, "sign", crew.lilei, "signed", signer="吴敏")
        settle()
        with desk.reading() as session:
            running = session.scalars(
                select(process_instance.c.id)
                .join(process_version, process_version.c.id == process_instance.c.version_id)
                .where(process_version.c.key == "ticket-survey")
            ).all()
        assert len(running) == 1, (key, asked)


# -- parts ------------------------------------------------------------------------------------------


def test_an_incident_ends_only_after_its_parts(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, settle: Any
) -> None:
    ticket = opened("incident")
    do(
        ticket, "triage", crew.dispatcher, "dispatch",
        impact="high", urgency="high", person=crew.lilei.id,
    )  # fmt: skip
    assert reload(desk, ticket).priority == "urgent"
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        parts = [Part("查交换机", person_id=crew.hanmei.id), Part("联系厂商")]
        first, second = split(session, desk, mine, parts, actor=acting(crew.lilei))
    do(ticket, "work", crew.lilei, "finish", solution="已恢复")
    settle()
    assert standing(desk, ticket) == ["part_ended"]
    do(first, "accept", crew.hanmei, "accept")
    do(first, "process", crew.hanmei, "finish", solution="已更换")
    settle()
    assert standing(desk, ticket) == ["part_ended"]
    do(second, "dispatch", crew.dispatcher, "cancel", dispatch_remark="不需要了")
    settle()
    assert reload(desk, ticket).state == "ended"


def test_a_supervisor_cancels_an_open_ticket_with_a_reason(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, visit: Any
) -> None:
    ticket = opened("refund")
    do(ticket, "check", crew.dispatcher, "justified", amount=20)
    boss, lilei = visit(crew.dispatcher), visit(crew.lilei)
    path = f"/tickets/{ticket.id}"
    assert f"{path}/cancel" in boss.get(path).text
    assert f"{path}/cancel" not in lilei.get(path).text
    assert lilei.post(f"{path}/cancel", {"reason": "不做了"}).status_code == 403
    assert boss.post(f"{path}/cancel", {"reason": " "}).status_code == 409
    assert "pay" in standing(desk, ticket)

    assert boss.post(f"{path}/cancel", {"reason": "客户撤回了申请"}).status_code == 303
    assert reload(desk, ticket).state == "cancelled"
    assert [line.remark for line in trail_of(desk, ticket, "cancelled")] == ["客户撤回了申请"]
    with desk.reading() as session:
        assert [payment.status for payment in payments_of(session, ticket.id)] == ["void"]
    assert f"{path}/cancel" not in boss.get(path).text
    assert boss.post(f"{path}/cancel", {"reason": "noch einmal"}).status_code == 409


def test_a_ticket_that_is_over_or_still_sends_is_not_cancelled(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, visit: Any, settle: Any
) -> None:
    boss, ticket = visit(crew.dispatcher), opened("refund")
    path = f"/tickets/{ticket.id}"
    boss.post(f"{path}/messages", {"kind": "reply", "text": "请稍候"})
    answer = boss.post(f"{path}/cancel", {"reason": "重复"})
    assert answer.status_code == 409
    assert "still being sent" in answer.text
    do(ticket, "check", crew.dispatcher, "justified", amount=20)
    do(ticket, "pay", crew.dispatcher, "paid", method="transfer", reference="T1")
    assert reload(desk, ticket).state == "ended"
    settle()
    assert f"{path}/cancel" not in boss.get(path).text  # though its process waits for the rating
    assert boss.post(f"{path}/cancel", {"reason": "重复"}).status_code == 409
    assert reload(desk, ticket).state == "ended"


def test_a_ticket_whose_flow_cannot_be_read_is_not_cancelled_and_says_why(
    desk: Desk, crew: SimpleNamespace, opened: Any, visit: Any
) -> None:
    boss, ticket = visit(crew.dispatcher), opened("refund")
    path = f"/tickets/{ticket.id}"
    with desk.database.transaction() as session:
        session.execute(
            update(process_instance)
            .where(process_instance.c.id == ticket.instance_id)
            .values(state=b"garbage")
        )
    answer = boss.post(f"{path}/cancel", {"reason": "重复"})
    assert answer.status_code == 409
    assert "cannot be read by this program: nothing was changed" in answer.text
    with desk.reading() as session:
        task = session.scalar(
            select(human_task.c.id).where(human_task.c.instance_id == ticket.instance_id)
        )
    answer = boss.post(f"/tasks/{task}/complete", {"outcome": "justified", "amount": "20"})
    assert answer.status_code == 409
    assert "Where this flow stands cannot be read" in answer.text
    assert not delete_one(desk, ticket.id, reason="重复", actor=acting(crew.dispatcher))
    fresh = reload(desk, ticket)
    assert fresh.state != "cancelled"
    assert fresh.deleted_at is None


def test_who_can_cancel_in_the_step_has_one_button_for_it(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any, visit: Any
) -> None:
    ticket, boss = opened("basic"), visit(crew.dispatcher)
    page = boss.get(f"/tickets/{ticket.id}").text
    assert 'name="outcome" value="cancel"' in page
    assert f"/tickets/{ticket.id}/cancel" not in page
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    page = boss.get(f"/tickets/{ticket.id}").text
    assert 'name="outcome" value="cancel"' not in page
    assert f"/tickets/{ticket.id}/cancel" in page


@pytest.mark.parametrize("key", ["basic", "complaint", "incident", "on-site", "refund", "service-request"])
def test_the_customer_is_told_that_the_ticket_was_cancelled(
    desk: Desk, crew: SimpleNamespace, opened: Any, key: str
) -> None:
    ticket = opened(key)
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        cancel(session, desk.engine, mine, reason="重复", actor=acting(crew.dispatcher))
    assert reload(desk, ticket).state == "cancelled"
    assert standing(desk, ticket) == ["es_cancel", "x_tell"]
    with desk.reading() as session:
        mails = select(job.c.parameters).where(
            job.c.instance_id == ticket.instance_id, job.c.status == "waiting"
        )
        told = [given for given in session.scalars(mails) if given.get("template") == "cancelled"]
        assert [given["ticket_id"] for given in told] == [ticket.id]


def test_of_ending_and_cancelling_at_once_the_first_counts(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    """Whoever cancels read the ticket as open; meanwhile its handler has finished it."""
    ticket = opened("basic")
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    do(ticket, "accept", crew.lilei, "accept")
    do(ticket, "process", crew.lilei, "finish", solution="好了")
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        set_committed_value(mine, "state", "processing")
        with pytest.raises(NobodyWaits):
            cancel(session, desk.engine, mine, reason="重复", actor=acting(crew.dispatcher))
    assert reload(desk, ticket).state == "ended"

    other = opened("basic")
    do(other, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    do(other, "accept", crew.lilei, "accept")
    finishing = step(desk, other, "process")
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, other.id)
        cancel(session, desk.engine, mine, reason="重复", actor=acting(crew.dispatcher))
    with desk.database.transaction() as session, pytest.raises(TaskGone):
        desk.engine.complete(
            session, finishing.id, {"solution": "好了"}, outcome="finish", actor=acting(crew.lilei)
        )
    assert reload(desk, other).state == "cancelled"


def test_two_who_end_and_cancel_at_the_same_instant(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("basic")
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    do(ticket, "accept", crew.lilei, "accept")
    finishing, together, done = step(desk, ticket, "process").id, Barrier(2), []

    def finish(session: Session) -> None:
        desk.engine.complete(
            session, finishing, {"solution": "好了"}, outcome="finish", actor=acting(crew.lilei)
        )

    def withdraw(session: Session) -> None:
        mine = session.get_one(Ticket, ticket.id)
        cancel(session, desk.engine, mine, reason="重复", actor=acting(crew.dispatcher))

    def one(act: Callable[[Session], None], state: str) -> None:
        together.wait(timeout=30)
        with suppress(TaskGone, NobodyWaits):
            with desk.database.transaction() as session:
                act(session)
            done.append(state)

    threads = [Thread(target=one, args=given) for given in ((finish, "ended"), (withdraw, "cancelled"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert done == [reload(desk, ticket).state]


def test_asking_to_cancel_and_the_answer_stand_in_the_trail(
    desk: Desk, crew: SimpleNamespace, opened: Any, do: Any
) -> None:
    ticket = opened("on-site")
    do(ticket, "dispatch", crew.dispatcher, "dispatch", person=crew.lilei.id)
    do(ticket, "accept", crew.lilei, "apply", cancel_reason="客户不在家")
    do(ticket, "agree", crew.dispatcher, "refuse", answer="客户已在路上")
    asked, refused = trail_of(desk, ticket, "moved")
    assert (asked.remark, asked.actor["name"], asked.data["step"]["zh"]) == ("客户不在家", "李雷", "申请取消")
    assert (refused.remark, refused.actor["name"]) == ("客户已在路上", "调度")
