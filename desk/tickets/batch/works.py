"""Batches of tickets as background work: one transaction a ticket, so that one that fails stops no other."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.background.kinds import work
from desk.background.running import Running
from desk.contacts.models import Contact
from desk.people.models import User
from desk.tickets import changes, events
from desk.tickets.attachments import StoredFile
from desk.tickets.changes import ChangedMeanwhile, TicketDeleted, edit_ticket
from desk.tickets.dispatching import dispatch_now
from desk.tickets.models import Ticket, TrailEntry
from desk.tickets.operations import write_trail
from desk.tickets.records import handler
from desk.tickets.relations.handover import hand_over
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.watching import only_looks
from desk.tickets.scope import may_see
from desk.tickets.types import TypeUnavailable, requested_type
from engine.errors import DiagramError, EngineError
from engine.operators import OperatorError, Text
from engine.timestamps import utc_now

CREATE = "tickets.create"
EDIT = "tickets.edit"
MOST = 500  # tickets of one batch
MOST_REASONS = 50  # of failures that are kept in words

REFUSALS = (OperatorError, DiagramError, EngineError, events.NobodyWaits, TypeUnavailable,
             ChangedMeanwhile, TicketDeleted, LookupError)  # fmt: skip


@work(CREATE, title=Text("Opening tickets", "批量新建工单"), permission="ticket.create")
def create_tickets(desk: Desk, task: Running) -> None:
    """`parameters`: contacts, people (who gets each, or null), title, text, priority, type.

    Each ticket bears the batch and its place in it, so that a try after a crash makes none twice.
    The result counts: {"made", "failed", "reasons"}.
    """
    given = task.parameters
    contacts: Sequence[int] = given["contacts"]
    people: Sequence[int | None] = given["people"]
    there = _made(desk, task) if task.tries > 1 else set()
    results = _Results(task, len(contacts), Text("Opening tickets", "正在新建工单"))
    for number, (contact_id, person_id) in enumerate(zip(contacts, people, strict=True)):
        if number in there:
            results.done(None)
            continue
        results.attempt(partial(_create_one, desk, task, given, number, contact_id, person_id))
    results.finish("made")


@work(EDIT, title=Text("Changing tickets", "批量修改工单"), permission="ticket.process")
def edit_tickets(desk: Desk, task: Running) -> None:
    """`parameters`: ids, and of priority, deadline, team_id, person_id, kind, text and files what is wanted.

    Doing it again changes nothing twice: fields are set to the same, and a word is said once, as the
    place in the batch is kept after each. The result counts: {"changed", "failed", "reasons"}.
    """
    ids: Sequence[int] = task.parameters["ids"]
    results = _Results(task, len(ids), Text("Changing tickets", "正在修改工单"))
    begin = int(task.state.get("next", 0))
    for number, ticket_id in enumerate(ids):
        if number < begin:
            results.done(None)
            continue
        results.attempt(partial(_edit_one, desk, task, ticket_id))
        task.keep({"next": number + 1})
    results.finish("changed")


def _create_one(
    desk: Desk,
    task: Running,
    given: Mapping[str, Any],
    number: int,
    contact_id: int,
    person_id: int | None,
) -> None:
    with desk.database.transaction() as session:
        user = session.get(User, task.actor.id) if task.actor.kind == "user" else None
        if session.get(Contact, contact_id) is None:
            raise Refused("This customer is not there any more.", "该客户已不存在。")
        kind = requested_type(session, given["type"], user) if given.get("type") else None
        ticket = events.request_ticket(
            session,
            desk.engine,
            actor=task.actor,
            contact_id=contact_id,
            title=given["title"],
            text=given["text"],
            priority=given["priority"],
            kind=kind,
        )
        data = {"batch": str(task.id), "place": number}
        write_trail(session, ticket, at=utc_now(), actor=task.actor, action="batched", data=data)
        if person_id is not None:
            dispatch_now(session, desk, ticket, person_id=person_id, actor=task.actor)


def _edit_one(desk: Desk, task: Running, ticket_id: int) -> None:
    given = task.parameters
    with desk.database.transaction() as session:
        user = session.get_one(User, task.actor.id)
        ticket = session.get(Ticket, ticket_id)
        if ticket is None or ticket.deleted_at is not None or not may_see(session, user, ticket):
            raise Refused("There is no such ticket any more.", "该工单已不存在。")
        if only_looks(session, ticket, user):
            raise Refused("It was copied to you to read along.", "该工单仅抄送给您查看。")
        wanted = {name: given[name] for name in ("priority", "deadline") if name in given}
        if wanted:
            if not changes.may_edit(user, ticket):
                raise Refused("You may not edit this ticket.", "您不能编辑该工单。")
            if "deadline" in wanted:
                wanted["deadline"] = changes.moment_of(wanted["deadline"])
            edit_ticket(session, desk, ticket, wanted, actor=task.actor)  # type: ignore[arg-type]
        if given.get("team_id") is not None or given.get("person_id") is not None:
            _give(session, desk, task, ticket)
        files = [StoredFile(**file) for file in given.get("files", ())]
        if given.get("text") or files:
            events.say(
                session,
                desk.engine,
                ticket,
                kind=given["kind"],
                author=task.actor,
                text=given["text"],
                attachments=files,
            )


def _give(session: Session, desk: Desk, task: Running, ticket: Ticket) -> None:
    team_id, person_id = task.parameters.get("team_id"), task.parameters.get("person_id")
    if handler(ticket) is not None:
        hand_over(session, desk, ticket, team_id=team_id, person_id=person_id, actor=task.actor)
    elif not dispatch_now(
        session, desk, ticket, team_id=team_id, person_id=person_id, actor=task.actor
    ):
        raise Refused("It cannot be dispatched where it stands.", "工单当前不能派发。")


def _made(desk: Desk, task: Running) -> set[int]:
    """The places of the batch that have a ticket already."""
    with desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry.data).where(
                TrailEntry.action == "batched",
                TrailEntry.data["batch"].as_string() == str(task.id),
            )
        )
        return {int(str(data["place"])) for data in lines}


class _Results:
    """Counts what was done and keeps why some were not."""

    def __init__(self, task: Running, total: int, words: Text) -> None:
        self.task, self.total, self.words = task, total, words
        self.good = self.tried = 0
        self.reasons: list[dict[str, str]] = []
        self.failed = 0
        task.progress(0, total, words)

    def attempt(self, do: Callable[[], None]) -> None:
        try:
            do()
        except REFUSALS as error:
            self.done(error)
        else:
            self.done(None)

    def done(self, error: Exception | None) -> None:
        self.tried += 1
        if error is None:
            self.good += 1
        else:
            self.failed += 1
            said = getattr(error, "words", None) or Text(str(error), str(error))
            if len(self.reasons) < MOST_REASONS:
                self.reasons.append({"place": str(self.tried), "en": said.en, "zh": said.zh})
        self.task.progress(self.tried, self.total, self.words)

    def finish(self, what: str) -> None:
        self.task.result |= {what: self.good, "failed": self.failed, "reasons": self.reasons}
