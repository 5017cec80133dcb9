"""A small desk with two teams: of each kind of record that belongs to a ticket, one of the own team, one of another."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from desk.application import Desk
from desk.audit.operations import record
from desk.background.models import DONE, BackgroundJob
from desk.contacts.models import Company, Contact
from desk.knowledge.models import Article, ArticleState
from desk.notices.models import Notice
from desk.people.access import actor_of
from desk.people.models import ApiToken, Team, User
from desk.surveys.models import ANSWERED, Survey
from desk.tickets.models import Attachment, Message, Ticket, TrailEntry
from desk.tickets.task_mode.models import TaskRun
from desk.tickets.views.models import TicketView
from engine.incidents import open_incident
from engine.tables import human_task, process_instance
from engine.timestamps import utc_now
from tests.desk.cockpit.conftest import Floor

ROLES = {
    "A": "administrator",
    "I": "implementer",
    "S": "supervisor",
    "G": "agent",
    "U": "auditor",
}
OWN, FOREIGN = "Quittenmus", "Zwetschgenröster"  # words that stand in every text of the two sides


@dataclass
class World:
    """People by letter of their role, with their keys; ids of records by name of the route's argument."""

    people: dict[str, User] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)
    of_person: dict[str, dict[str, Any]] = field(default_factory=dict)


def build(
    desk: Desk,
    floor: Floor,
    make_user: Callable[..., User],
    make_team: Callable[..., Team],
    bearer: Callable[[User], dict[str, str]],
) -> World:
    """The desk with its people: supervisor and agent are in the team that owns the one side."""
    world = World({letter: make_user(role, roles=[role]) for letter, role in ROLES.items()})
    world.headers = {letter: bearer(user) for letter, user in world.people.items()}
    stranger = make_user("stranger", roles=["supervisor", "agent"])
    ours = make_team("Ours", [world.people["S"], world.people["G"]])
    theirs = make_team("Theirs", [stranger])
    with desk.reading() as session:  # with their teams, which came after them
        loaded = session.scalars(select(User).options(selectinload(User.teams)))
        by_id = {user.id: user for user in loaded}
        world.people = {letter: by_id[user.id] for letter, user in world.people.items()}
    with desk.database.transaction() as session:
        company = Company(name="Obst AG")
        session.add(company)
        session.flush()
        contact = Contact(name="Frau Kern", company_id=company.id)
        session.add(contact)
        session.flush()
        shared = {"contact_id": contact.id, "company_id": company.id}
    world.own = shared | _side(desk, floor, OWN, 1, ours, world.people["G"], shared)
    world.foreign = shared | _side(desk, floor, FOREIGN, 2, theirs, stranger, shared)
    for letter, user in world.people.items():
        world.of_person[letter] = _belongings(desk, user, OWN)
    world.foreign |= _belongings(desk, stranger, FOREIGN)
    floor.work()
    return world


def _side(
    desk: Desk,
    floor: Floor,
    word: str,
    number: int,
    team: Team,
    agent: User,
    shared: dict[str, Any],
) -> dict[str, Any]:
    instance = floor.start("review", subject=word)
    ticket = floor.ticket(
        instance, f"WN-20260302-{number:06d}", team_id=team.id, assignee_id=agent.id,
        created_by=actor_of(agent).as_json(), **shared,
    )  # fmt: skip
    actor = actor_of(agent)
    with desk.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.id == ticket).values(title=f"About {word}"))
        (task,) = desk.engine.open_tasks(session, instance)
        session.execute(
            update(human_task).where(human_task.c.id == task).values(assignee=f"user:{agent.id}")
        )
        message = Message(
            ticket_id=ticket, kind="customer", channel="mail", author={"kind": "contact"},
            text=f"{word} is broken", html=f"<p>{word}</p>",
        )  # fmt: skip
        session.add(message)
        session.flush()
        key = desk.storage.put(word.encode())
        attachment = Attachment(
            message_id=message.id, filename=f"{word}.txt", content_type="text/plain",
            size=len(word.encode()), sha256="0" * 64, storage_key=key,
        )  # fmt: skip
        article = Article(
            title=f"How to cook {number}", body="Slowly.", state=ArticleState.PUBLISHED,
            ticket_id=ticket, author=actor.as_json(),
        )  # fmt: skip
        session.add_all(
            [
                attachment, article,
                TrailEntry(ticket_id=ticket, at=utc_now(), actor=actor.as_json(), action="noted",
                           remark=word),
                Survey(ticket_id=ticket, status=ANSWERED, asked_at=utc_now(),
                       answered_at=utc_now(), score=1, comment=f"{word}!"),
            ]
        )  # fmt: skip
        incident = open_incident(
            session, "job", f"{word} cannot be reached", instance_id=instance, element_id="write"
        )
        record(
            session, "ticket_changed", actor=actor, subject=f"ticket:{ticket}", ticket_id=ticket,
            old={"title": word}, new={"title": f"About {word}"},
        )  # fmt: skip
        version = session.scalar(
            process_instance.select()
            .with_only_columns(process_instance.c.version_id)
            .where(process_instance.c.id == instance)
        )
        return {
            "ticket_id": ticket, "instance_id": instance, "task_id": task, "other_id": ticket,
            "message_id": message.id, "attachment_id": attachment.id, "filename": "x",
            "incident_id": incident, "version_id": version, "team_id": team.id,
            "user_id": agent.id, "article_id": article.id,
        }  # fmt: skip


def _belongings(desk: Desk, user: User, word: str) -> dict[str, Any]:
    """What is one person's alone."""
    with desk.database.transaction() as session:
        job = BackgroundJob(
            kind="export", name={"en": word, "zh": word}, actor=actor_of(user).as_json(),
            owner_id=user.id, status=DONE, file_key=desk.storage.put(word.encode()),
            file_name="x.txt", file_type="text/plain", file_size=len(word),
        )  # fmt: skip
        notice = Notice(user_id=user.id, text={"en": word, "zh": word}, href="/me", at=utc_now())
        token = ApiToken(user_id=user.id, name=word, sha256=f"{user.id:064d}")
        run = TaskRun(user_id=user.id)
        view = TicketView(owner_id=user.id, name={"en": word, "zh": word})
        session.add_all([job, notice, token, run, view])
        session.flush()
        return {
            "job_id": job.id, "notice_id": notice.id, "token_id": token.id, "task_run_id": run.id,
            "view_id": view.id,
        }  # fmt: skip


NOBODY = UUID("00000000-0000-4000-8000-000000000000")
