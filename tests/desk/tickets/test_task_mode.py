"""Task mode: through many tickets, one after the other, and what happens to them meanwhile."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.people.models import User
from desk.tickets.models import Ticket
from desk.tickets.task_mode import operations
from desk.tickets.task_mode.models import TaskRun, TaskRunTicket
from engine.tables import human_task
from tests.desk.web.fixtures import Browser

from .conftest import acting

TITLES = ("一", "二", "三", "四", "五")


@pytest.fixture
def tickets(mailed: Callable[..., Ticket]) -> list[Ticket]:
    """Five tickets that wait to be dispatched."""
    return [mailed(subject=f"工单{title}", sender_mail=f"{n}@acme.cn") for n, title in enumerate(TITLES)]


@pytest.fixture
def walk(desk: Desk, crew: SimpleNamespace, tickets: list[Ticket], visit: Any) -> "Walk":
    return Walk(desk, crew, tickets, visit(crew.dispatcher))


class Walk:
    """The dispatcher in task mode."""

    def __init__(self, desk: Desk, crew: Any, tickets: list[Ticket], browser: Browser) -> None:
        self.desk, self.crew, self.tickets, self.browser = desk, crew, tickets, browser

    def start(self, *places: int) -> Any:
        self.browser.get("/tickets/task-mode")
        ids = [self.tickets[n].id for n in places]
        return self.browser.post("/tickets/task-mode", {"id": [str(one) for one in ids]})

    def page(self, n: int) -> str:
        return str(self.browser.get(f"/tickets/{self.tickets[n].id}").text)

    def dispatch(self, n: int, browser: Browser | None = None) -> Any:
        data = {"team": str(self.crew.team.id), "outcome": "dispatch"}
        (browser or self.browser).get(f"/tickets/{self.tickets[n].id}")
        return (browser or self.browser).post(f"/tasks/{self.step(n)}/complete", data)

    def step(self, n: int) -> Any:
        with self.desk.reading() as session:
            return self.desk.engine.open_tasks(session, self.tickets[n].instance_id)[0]

    def act(self, do: str, n: int | None = None, run: int | None = None) -> Any:
        given = {"do": do} | ({"ticket": str(self.tickets[n].id)} if n is not None else {})
        return self.browser.post(f"/tasks/runs/{run or self.run}", given)

    @property
    def run(self) -> int:
        with self.desk.reading() as session:
            return session.scalars(select(TaskRun.id).order_by(TaskRun.id.desc())).first() or 0

    def leads_to(self, answer: Any, n: int) -> bool:
        assert answer.status_code == 303, answer.text
        return bool(answer.location.endswith(f"/tickets/{self.tickets[n].id}"))

    @property
    def states(self) -> str:
        with self.desk.reading() as session:
            rows = select(TaskRunTicket.state).where(TaskRunTicket.run_id == self.run)
            found = session.scalars(rows.order_by(TaskRunTicket.position))
            return " ".join(found)


def place(page: str) -> str:
    """What the bar says, such as “2 of 3”; nothing without a bar."""
    found = re.search(r'class="ld-run".*?<strong>(.*?)</strong>', page, re.DOTALL)
    return found[1] if found else ""


def test_after_each_step_the_next_ticket_opens(walk: Walk) -> None:
    page = walk.browser.get(
        "/tickets/task-mode?" + "&".join(f"id={ticket.id}" for ticket in walk.tickets[:3])
    ).text
    assert "3 tickets, one after the other" in page
    assert walk.leads_to(walk.start(2, 0, 1), 2)
    assert place(walk.page(2)) == "1 of 3"
    assert place(walk.page(0)) == "", "the bar is where the run is"
    assert walk.leads_to(walk.dispatch(2), 0)
    assert place(walk.page(0)) == "2 of 3"
    assert walk.leads_to(walk.dispatch(1), 1), "another ticket's step leads nowhere else"
    assert place(walk.page(0)) == "2 of 3"
    last = walk.dispatch(0)
    assert last.location.endswith(f"/tasks/runs/{walk.run}")
    over = walk.browser.get(last.location).text
    assert "That was the last one." in over
    assert "no step of it is yours any more" in over
    assert walk.states == "done done passed"
    assert place(walk.page(1)) == ""


def test_a_step_done_by_a_program_takes_the_run_further(walk: Walk, app: Flask, bearer: Any) -> None:
    walk.start(0, 1)
    headers = bearer(walk.crew.dispatcher)
    sent = {"outcome": "dispatch", "values": {"team": walk.crew.team.id}}
    address = f"/api/v1/tasks/{walk.step(0)}/complete"
    assert app.test_client().post(address, json=sent, headers=headers).status_code == 204
    assert walk.states == "done waiting"
    assert place(walk.page(1)) == "2 of 2"


def test_a_submit_that_is_refused_stays(walk: Walk) -> None:
    walk.start(0, 1)
    walk.page(0)
    assert walk.browser.post(f"/tasks/{walk.step(0)}/complete", {"outcome": "dispatch"}).status_code == 422
    assert place(walk.page(0)) == "1 of 2"
    assert walk.states == "waiting waiting"


def test_a_run_is_paused_and_goes_on_in_any_browser(walk: Walk, visit: Any) -> None:
    walk.start(0, 1, 2)
    walk.dispatch(0)
    walk.page(1)
    assert walk.act("pause").location.endswith("/tasks")
    assert place(walk.page(1)) == "", "while it rests the mode is the normal one"
    assert walk.leads_to(walk.dispatch(4), 4)
    at_home = Walk(walk.desk, walk.crew, walk.tickets, visit(walk.crew.dispatcher))
    assert "Task mode: 2 of 3" in at_home.browser.get("/tasks").text
    assert at_home.leads_to(at_home.act("resume"), 1)
    assert place(walk.page(1)) == "2 of 3", "and here, too"
    at_home.act("end")
    assert "Task mode: " not in at_home.browser.get("/tasks").text
    assert walk.states == "done waiting waiting"


def test_what_is_skipped_comes_again(walk: Walk) -> None:
    walk.start(0, 1)
    walk.page(0)
    assert walk.leads_to(walk.act("skip", 0), 1)
    assert walk.leads_to(walk.act("skip", 0), 1), "pressed twice, it skips once"
    assert walk.states == "skipped waiting"
    assert walk.dispatch(1).location.endswith(f"/tasks/runs/{walk.run}")
    assert "Go through the skipped ones" in walk.browser.get(f"/tasks/runs/{walk.run}").text
    assert walk.leads_to(walk.act("again"), 0)
    assert place(walk.page(0)) == "2 of 2"


def test_what_others_did_meanwhile_is_passed_over_with_a_word(
    walk: Walk, desk: Desk, make_user: Any, visit: Any
) -> None:
    wang = make_user("wang", name="王芳", roles=["supervisor"])
    walk.start(0, 1, 2, 3, 4)
    others = visit(wang)
    walk.dispatch(1, others)
    with desk.database.transaction() as session:
        desk.engine.claim(session, walk.step(2), actor=acting(wang))
        session.get_one(Ticket, walk.tickets[3].id).state = "ended"
        session.execute(
            human_task.update()
            .where(human_task.c.instance_id == walk.tickets[3].instance_id)
            .values(assignee=f"user:{wang.id}")
        )
    answer = walk.dispatch(0)
    assert walk.leads_to(answer, 4)
    told = walk.page(4)
    assert "3 tickets were passed over:" in told
    assert f"{walk.tickets[2].number} (王芳 has taken it)" in told
    assert f"{walk.tickets[3].number} (it has ended)" in told
    assert place(told) == "5 of 5"
    assert walk.states == "done passed passed passed waiting"


def test_who_is_overtaken_on_the_open_ticket_goes_on(walk: Walk, make_user: Any, visit: Any) -> None:
    walk.start(0, 1)
    walk.page(0)
    walk.dispatch(0, visit(make_user("wang", name="王芳", roles=["supervisor"])))
    assert walk.leads_to(walk.act("skip", 0), 1)
    assert walk.states == "passed waiting"


def test_a_second_run_pauses_the_first(walk: Walk) -> None:
    walk.start(0, 1)
    first = walk.run
    walk.start(2)
    assert place(walk.page(2)) == "1 of 1"
    assert place(walk.page(0)) == ""
    assert walk.browser.get("/tasks").text.count("Task mode: 1 of") == 2
    assert walk.leads_to(walk.act("resume", run=first), 0)
    assert place(walk.page(2)) == ""


def test_only_own_steps_and_own_runs(walk: Walk, desk: Desk, visit: Any) -> None:
    lilei = visit(walk.crew.lilei)
    lilei.get("/tickets/task-mode")
    none = lilei.post("/tickets/task-mode", {"id": [str(walk.tickets[0].id)]})
    assert none.location.endswith("/tickets")
    with desk.reading() as session:
        assert session.scalar(select(TaskRun.id)) is None
    walk.start(0)
    assert lilei.get(f"/tasks/runs/{walk.run}").status_code == 404
    assert lilei.post(f"/tasks/runs/{walk.run}", {"do": "end"}).status_code == 404
    assert walk.act("dance").status_code == 422
    auditor = visit(walk.crew.auditor)
    assert auditor.get("/tickets/task-mode?scope=found").status_code == 403


def test_a_ticket_that_is_deleted_is_passed_over(walk: Walk, desk: Desk) -> None:
    walk.start(0, 1)
    with desk.database.transaction() as session:
        session.get_one(Ticket, walk.tickets[0].id).deleted_at = walk.tickets[0].created_at
        user = session.get_one(User, walk.crew.dispatcher.id)
        run = session.get_one(TaskRun, walk.run)
        onward = operations.resume(session, user, run)
    assert onward.ticket_id == walk.tickets[1].id
    assert [one.reason for one in onward.passed] == ["gone"]
