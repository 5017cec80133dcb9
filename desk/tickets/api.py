"""Tickets, messages and tasks as programs see them: the same doors to the process as the pages have."""

import base64
import binascii
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import flask
from flask import Response, send_file
from flask_babel import get_locale
from flask_smorest import abort
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.contacts.addresses import InvalidAddress, normal_mail, normal_phone
from desk.contacts.models import Contact
from desk.contacts.operations import NothingToMatch, match_or_create
from desk.fields import lists as own_fields
from desk.fields.entry import add_files, entry_of
from desk.fields.forms import CONTAINER
from desk.fields.models import Field, Kind
from desk.fields.values import (
    EMPTY,
    FieldRefused,
    as_entered,
    held_for,
    keep_answers,
    set_values,
    ticket_fields,
    values_of,
)
from desk.forms import Form
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can, candidates_of
from desk.storage import FileMissing, UploadRefused
from desk.tickets import changes, events, queries, statuses
from desk.tickets.attachments import StoredFile, note_download, store_upload
from desk.tickets.conversation import trail
from desk.tickets.copies import Copy, CopyRefused, copies_of
from desk.tickets.delivery import with_deliveries
from desk.tickets.export import csv_of
from desk.tickets.models import Attachment, Message, Ticket, TicketType
from desk.tickets.needs import form_for, unmet
from desk.tickets.operations import lock
from desk.tickets.relations.watching import only_looks
from desk.tickets.schemas import (
    Completion,
    MessagePage,
    MessageSchema,
    NewFile,
    NewMessage,
    NewTicket,
    StatusChange,
    TaskDetail,
    TaskList,
    TicketDeletion,
    TicketDetail,
    TicketEdit,
    TicketFilterQuery,
    TicketListPage,
    TicketQuery,
    TrailList,
)
from desk.tickets.scope import may_see, visible
from desk.tickets.steps import (
    NotOffered,
    form_of,
    form_options,
    may_read,
    outcome_of,
    require_offer,
)
from desk.tickets.task_mode import operations as task_mode
from desk.tickets.tasks import my_tasks
from desk.tickets.types import (
    BASIC,
    TypeUnavailable,
    form_of_type,
    requested_type,
)
from desk.tickets.views.queries import asked_by, view_of
from desk.web.api import ApiBlueprint, PageQuery, page_of
from desk.web.problems import problem
from engine import inspection
from engine.errors import (
    DiagramError,
    InstanceGone,
    InstanceSuspended,
    TaskGone,
    TaskTaken,
    UnknownOutcome,
)
from engine.human_tasks import OpenTask
from engine.operators import OperatorError
from engine.timestamps import utc_now

MOST_FILES = 20  # new ones in one field, in one request

blueprint = ApiBlueprint("tickets", description="Tickets, their messages and trail, and my tasks")


@blueprint.route("/tickets")
@requires("ticket.read")
@blueprint.arguments(TicketQuery, location="query")
@blueprint.response(200, TicketListPage)
def list_tickets(query: dict[str, Any]) -> dict[str, Any]:
    """Tickets, newest first unless sorted otherwise."""
    sort, limit, after = _sort(query.pop("sort")), query.pop("limit"), query.pop("after")
    wanted = _filter(query)
    with current_desk().reading() as session:
        try:
            page = queries.list_tickets(
                session,
                wanted,
                sort=sort.removeprefix("-"),
                ascending=not sort.startswith("-"),
                cursor=after,
                limit=limit,
            )
        except queries.BadCursor:
            abort(422, message="`after` is not a cursor of this list.")
        has = values_of(session, [row.id for row in page.rows])
    rows = [{**vars(row), "own_fields": has[row.id]} for row in page.rows]
    return {"items": rows, "next": page.next}


@blueprint.route("/tickets", methods=["POST"])
@requires("ticket.create")
@blueprint.arguments(NewTicket)
@blueprint.response(201, TicketDetail)
def create_ticket(given: dict[str, Any]) -> Any:
    """Take a request down. The customer is `contact_id`, or found or made by mail or phone."""
    desk = current_desk()
    given["own_fields"], left, files = _files_apart(given["own_fields"])
    with _talking_to_the_process(), desk.database.transaction() as session:
        kind = _type(session, given["type"])
        answers = _answers(session, kind, given["form"])
        own = _own_fields(session, kind, given["own_fields"], answers or {}, files.keys() | left.keys())
        ticket = events.request_ticket(
            session,
            desk.engine,
            actor=current_actor(),
            contact_id=_customer(session, given),
            title=given["title"],
            text=given["text"],
            priority=given["priority"],
            deadline=given["deadline"],
            channel="api",
            kind=kind,
            form_data={**(answers or {}), **own} if own else answers,
        )
        with _held_to_fields():
            add_files(session, desk, ticket, files, left=left, actor=current_actor())
    return _detail(ticket.id)


@blueprint.route("/tickets/<int:ticket_id>")
@requires("ticket.read")
@blueprint.response(200, TicketDetail)
def get_ticket(ticket_id: int) -> Any:
    """One ticket, and what its process takes where it stands."""
    return _detail(ticket_id)


@blueprint.route("/tickets/<int:ticket_id>", methods=["PATCH"])
@requires("ticket.create")
@blueprint.arguments(TicketEdit)
@blueprint.response(200, TicketDetail)
def edit_ticket(given: dict[str, Any], ticket_id: int) -> Any:
    """Change title, priority, deadline or customer, as whoever opened it or who dispatches."""
    desk = current_desk()
    own, left, files = _files_apart(given.pop("own_fields", {}))
    with desk.database.transaction() as session:
        ticket = _found(session, ticket_id)
        if ticket.deleted_at is not None:
            raise NotFound
        user = current_user()
        if not changes.may_edit(user, ticket) or only_looks(session, ticket, user):
            abort(403, message="Only who opened the ticket, or who dispatches, may edit it.")
        fields = ticket_fields(session, ticket.type)
        held = held_for(fields, user)
        asked = own.keys() | files.keys() | left.keys()
        wrong = {key: ["This field is read-only."] for key in asked & held} or _no_files(
            fields, files
        )
        if wrong:
            abort(422, errors={"json": {"fields": wrong}})
        wanted = cast("dict[changes.Field, Any]", given)
        try:
            with _held_to_fields():
                changes.edit_ticket(session, desk, ticket, wanted, actor=current_actor())
                set_values(session, desk, ticket, own, actor=current_actor())
                add_files(session, desk, ticket, files, left=left, actor=current_actor())
        except changes.TicketDeleted:
            raise NotFound from None
        except LookupError:
            abort(422, errors={"json": {"contact_id": ["There is no such customer."]}})
    return _detail(ticket_id)


@blueprint.route("/tickets/<int:ticket_id>/status", methods=["PUT"])
@requires("ticket.process")
@blueprint.arguments(StatusChange)
@blueprint.response(200, TicketDetail)
def put_status(given: dict[str, Any], ticket_id: int) -> Any:
    """Give the ticket a status of the desk's own. 409 for one of a state in which the ticket is not."""
    desk, status = current_desk(), given["status"]
    with desk.database.transaction() as session:
        ticket = _found(session, ticket_id)
        if only_looks(session, ticket, current_user()):
            abort(403, message="This ticket was copied to you to read along.")
        lock(session, ticket)
        try:
            statuses.set_status(
                session, desk, ticket, status, actor=current_actor(), at=utc_now()
            )
        except statuses.NoSuchStatus:
            abort(422, errors={"json": {"status": ["There is no such status."]}})
        if ticket.status != status:
            abort(409, message="The ticket is not in the state that this status belongs to.")
    return _detail(ticket_id)


@blueprint.route("/tickets/<int:ticket_id>", methods=["DELETE"])
@requires("ticket.delete")
@blueprint.arguments(TicketDeletion, location="query")
@blueprint.response(204)
def delete_ticket(query: dict[str, Any], ticket_id: int) -> None:
    """Take the ticket out of all lists and stop its process; it is kept for audits."""
    desk = current_desk()
    with desk.database.transaction() as session:
        ticket = _found(session, ticket_id)
        if ticket.deleted_at is not None:
            raise NotFound
        try:
            changes.delete_ticket(
                session, desk, ticket, reason=query["reason"], actor=current_actor()
            )
        except changes.TicketDeleted:
            raise NotFound from None


@blueprint.route("/tickets.csv")
@requires("ticket.read", "ticket.export")
@blueprint.arguments(TicketFilterQuery, location="query")
@blueprint.response(200, content_type="text/csv")
def export_tickets(query: dict[str, Any]) -> Response:
    """All tickets that fit, as CSV: UTF-8 with BOM, headings in the caller's language."""
    sort, words = _sort(query.pop("sort")), flask.request.query_string.decode()
    return csv_of(
        _filter(query),
        words,
        sort=sort.removeprefix("-"),
        ascending=not sort.startswith("-"),
    )


@blueprint.route("/tickets/<int:ticket_id>/messages")
@requires("ticket.read")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, MessagePage)
def list_messages(query: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """What was said on a ticket, oldest first."""
    with current_desk().reading() as session:
        _found(session, ticket_id)
        statement = (
            select(Message)
            .where(Message.ticket_id == ticket_id)
            .options(selectinload(Message.attachments))
        )
        page = page_of(session, statement, [Message.id], **query)
        with_deliveries(session, ticket_id, page["items"])
        return page


@blueprint.route("/tickets/<int:ticket_id>/messages", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(NewMessage)
@blueprint.response(201, MessageSchema)
def create_message(given: dict[str, Any], ticket_id: int) -> Any:
    """Reply to the customer or leave a note. 409 when the process takes no such message now."""
    desk = current_desk()
    files = stored_files(given["attachments"])
    with _talking_to_the_process(), desk.database.transaction() as session:
        ticket = _found(session, ticket_id)
        if only_looks(session, ticket, current_user()):
            abort(403, message="This ticket was copied to you to read along.")
        message = events.say(
            session,
            desk.engine,
            ticket,
            kind=given["kind"],
            author=current_actor(),
            text=given["text"],
            attachments=files,
            channel="api",
            cc=_copies(session, ticket, given),
        )
    with desk.reading() as session:
        sent = session.get_one(Message, message.id, options=[selectinload(Message.attachments)])
        return with_deliveries(session, ticket_id, [sent])[0]


@blueprint.route("/tickets/<int:ticket_id>/trail")
@requires("ticket.read")
@blueprint.response(200, TrailList)
def get_trail(ticket_id: int) -> dict[str, Any]:
    """What was done with a ticket: the newest 200 lines, newest first."""
    with current_desk().reading() as session:
        _found(session, ticket_id)
        return {"items": trail(session, ticket_id)}


@blueprint.route("/attachments/<int:attachment_id>")
@requires("ticket.read")
@blueprint.response(200, content_type="application/octet-stream")
def get_attachment(attachment_id: int) -> Response:
    """The bytes of a file."""
    desk = current_desk()
    with desk.reading() as session:
        found = session.get(Attachment, attachment_id, options=[joinedload(Attachment.message)])
        if found is None or found.message.ticket_id is None:
            raise NotFound
        _found(session, found.message.ticket_id)
    try:
        stream = desk.storage.open(found.storage_key)
    except FileMissing:
        raise NotFound("The bytes of this file are gone.") from None
    note_download(desk, found, current_actor())
    return send_file(
        stream,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=found.filename,
        etag=found.sha256,
    )


@blueprint.route("/tasks")
@requires("ticket.read")
@blueprint.response(200, TaskList)
def list_tasks() -> dict[str, Any]:
    """The open steps that wait for whom the token acts as."""
    user = current_user()
    with current_desk().reading() as session:
        rows = my_tasks(session, candidates=candidates_of(user), me=f"user:{user.id}")
    return {"items": rows}


@blueprint.route("/tasks/<uuid:task_id>")
@requires("ticket.read")
@blueprint.response(200, TaskDetail)
def get_task(task_id: UUID) -> Any:
    """An open step with its form and outcomes. 409 when it is no longer open."""
    with _talking_to_the_process(), current_desk().reading() as session:
        task = current_desk().engine.task(session, task_id)
        if not may_read(session, task_id, task.instance_id, current_user()):
            raise NotFound
        return task


@blueprint.route("/tasks/<uuid:task_id>/claim", methods=["POST"])
@requires("ticket.read")
@blueprint.response(204)
def claim_task(task_id: UUID) -> None:
    """Take a free step."""
    desk = current_desk()
    with _talking_to_the_process(), desk.database.transaction() as session:
        require_offer(session, task_id, current_user())
        desk.engine.claim(session, task_id, actor=current_actor())


@blueprint.route("/tasks/<uuid:task_id>/release", methods=["POST"])
@requires("ticket.read")
@blueprint.response(204)
def release_task(task_id: UUID) -> None:
    """Give a step back to those it was offered to."""
    desk = current_desk()
    with _talking_to_the_process(), desk.database.transaction() as session:
        require_offer(session, task_id, current_user())
        desk.engine.release(session, task_id, actor=current_actor())


@blueprint.route("/tasks/<uuid:task_id>/complete", methods=["POST"])
@requires("ticket.read")
@blueprint.arguments(Completion)
@blueprint.response(204)
def complete_task(given: dict[str, Any], task_id: UUID) -> None:
    """Do a step. The values are held to its form; 409 says who was faster."""
    desk = current_desk()
    with _talking_to_the_process():
        with desk.reading() as session:
            require_offer(session, task_id, current_user())
            task = desk.engine.task(session, task_id)
            values = _values(session, task, given["values"], given["outcome"])
        with desk.database.transaction() as session:
            require_offer(session, task_id, current_user())
            its = select(Ticket).where(Ticket.instance_id == task.instance_id)
            if (ticket := session.scalars(its).first()) is not None:
                keep_answers(session, desk, ticket, values, actor=current_actor())
            desk.engine.complete(
                session, task_id, values, outcome=given["outcome"], actor=current_actor()
            )
            if ticket is not None:
                task_mode.finished(session, current_user(), ticket.id)


@contextmanager
def _talking_to_the_process() -> Iterator[None]:
    """What the process refuses, as problem details."""
    try:
        yield
    except TaskGone as gone:
        if gone.ended_by is None and gone.outcome is None:
            raise NotFound("There is no such open task.") from None
        by = gone.ended_by.as_json() if gone.ended_by else None
        detail = "Somebody was faster: this task is no longer open."
        flask.abort(problem(409, "Task is gone", detail, ended_by=by, outcome=gone.outcome))
    except TaskTaken as taken:
        detail = "Somebody else has claimed this task."
        flask.abort(problem(409, "Task is taken", detail, assignee=taken.assignee))
    except NotOffered as refused:
        abort(403, message=refused.words or "This task is not offered to you.")
    except (events.NobodyWaits, InstanceGone, InstanceSuspended) as error:
        abort(409, message=str(error))
    except UnknownOutcome as error:
        abort(422, message=str(error), errors={"json": {"outcome": [str(error)]}})
    except (OperatorError, DiagramError) as error:
        abort(422, message=str(error))


def _values(
    session: Session, task: OpenTask, values: dict[str, Any], outcome: str | None
) -> dict[str, Any]:
    form, chosen = form_of(task), outcome_of(task, outcome)
    if form is None:
        return values
    submission = form_for(form, chosen).validate_json(
        values,
        locale=str(get_locale()),
        data=task.data,
        options=form_options(session, form, task),
        zone=ZoneInfo(current_desk().settings.timezone),
    )
    wrong = {**unmet(form, chosen, submission), **submission.errors}
    if wrong:
        errors = {name: [text] for name, text in wrong.items()}
        abort(422, message="The form is not right.", errors={"json": {"values": errors}})
    return submission.values


def _type(session: Session, key: str | None) -> TicketType | None:
    try:
        return requested_type(session, key, current_user()) if key is not None else None
    except TypeUnavailable as refused:
        if refused.reason == "forbidden":
            abort(403, message="Tickets of this type are not yours to open.")
        words = {"unknown": "There is no such type.", "withdrawn": "This type was withdrawn."}
        abort(422, errors={"json": {"type": [words[refused.reason]]}})
        raise


def _answers(
    session: Session, kind: TicketType | None, values: dict[str, Any]
) -> dict[str, Any] | None:
    """The type's form as filled, held to its rules as far as it was filled; None without a type."""
    schema = form_of_type(session, current_desk().engine, kind) if kind else None
    if schema is None:
        if values:
            abort(422, errors={"json": {"form": ["This type has no form."]}})
        return None
    form = Form.from_schema(schema)
    submission = form.validate_json(values, locale=str(get_locale()), data={})
    wrong = {k: v for k, v in submission.errors.items() if k.split(".")[0] in values}
    if wrong:
        abort(422, errors={"json": {"form": {name: [text] for name, text in wrong.items()}}})
    return {name: value for name, value in submission.values.items() if name in values}


@contextmanager
def _held_to_fields() -> Iterator[None]:
    """What a field cannot hold ends the request, at its key."""
    try:
        yield
    except FieldRefused as refused:
        words = refused.reason.in_(str(get_locale()))
        abort(422, errors={"json": {"fields": {refused.key: [words]}}})


def _files_apart(
    values: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, list[Any]], dict[str, list[StoredFile]]]:
    """Values without those that bring new files; of these by key what stays in the field, and the files, kept.

    A new file is {"filename", "content"}, the bytes in Base64, beside the numbers of those that stay.
    """
    rest, left, files = dict(values), dict[str, list[Any]](), dict[str, list[StoredFile]]()
    for key, value in values.items():
        new = [one for one in value if isinstance(one, dict) and "content" in one] if isinstance(value, list) else []
        if not new or not all(one.keys() == {"filename", "content"} for one in new):
            continue
        if any(NewFile().validate(one) for one in new) or len(new) > MOST_FILES:
            abort(422, errors={"json": {"fields": {key: ["These files are not right."]}}})
        left[key] = [one for one in rest.pop(key) if one not in new]
        files[key] = stored_files(new)
    return rest, left, files


def _no_files(fields: Sequence[Field], files: Collection[str]) -> dict[str, list[str]]:
    """Keys that are sent files and are none of fields that hold them, with words."""
    known = {field.key for field in fields if field.kind == Kind.FILE}
    return {key: ["This field holds no files."] for key in files if key not in known}


def _own_fields(
    session: Session,
    kind: TicketType | None,
    values: dict[str, Any],
    answers: dict[str, Any],
    files: Collection[str],
) -> dict[str, Any]:
    """The desk's own fields of a new ticket, held to their rules; what its form has answered is not asked again.

    `files` are the keys of those that are sent files.
    """
    whole = entry_of(session, kind.key if kind else BASIC, current_user(), but=answers)
    wrong = _no_files(whole.fields, files) | {
        field.key: ["Choose a file."]
        for field in whole.fields
        if field.kind == Kind.FILE and field.required and field.key not in files
    }
    if wrong:
        abort(422, errors={"json": {"fields": wrong}})
    entry = replace(whole, fields=[field for field in whole.fields if field.kind != Kind.FILE])
    if not entry.fields:
        wrong = {key: ["There is no such field."] for key in values}
    else:
        kinds = {field.key: field for field in entry.fields}
        entered = {k: as_entered(kinds[k], v) if k in kinds else v for k, v in values.items()}
        form, payload = entry.form(), {CONTAINER: entered}
        done = form.validate_json(payload, locale=str(get_locale()), options=entry.options)
        wrong = {name.removeprefix("fields."): [text] for name, text in done.errors.items()}
    if wrong:
        abort(422, errors={"json": {"fields": wrong}})
    wanted = entry.wanted(done) if entry.fields else {}
    return {key: value for key, value in wanted.items() if value not in EMPTY}


def _customer(session: Session, given: dict[str, Any]) -> int | None:
    if given["contact_id"] is not None:
        if session.get(Contact, given["contact_id"]) is None:
            abort(422, errors={"json": {"contact_id": ["There is no such customer."]}})
        return int(given["contact_id"])
    for field, normal in (("mail", normal_mail), ("phone", normal_phone)):
        if given[field]:
            try:
                normal(given[field])
            except InvalidAddress:
                abort(422, errors={"json": {field: ["Not usable."]}})
    try:
        contact = match_or_create(
            session, mail=given["mail"], phone=given["phone"], name=given["name"]
        )
    except NothingToMatch:
        return None
    return contact.id


def stored_files(files: list[dict[str, str]]) -> list[StoredFile]:
    """The files of a request, kept. The request ends with 422 for one that is not taken."""
    desk = current_desk()
    limit = desk.settings.upload_limit_mb * 1024 * 1024
    kept = []
    for number, file in enumerate(files):
        try:
            stream = io.BytesIO(base64.b64decode(file["content"], validate=True))
            kept.append(store_upload(desk.storage, file["filename"], stream, limit=limit))
        except binascii.Error:
            errors = {number: {"content": ["Not Base64."]}}
            abort(422, errors={"json": {"attachments": errors}})
        except UploadRefused as refused:
            errors = {number: {"content": [f"Not taken: {refused.reason}."]}}
            abort(422, errors={"json": {"attachments": errors}})
    return kept


def _filter(query: dict[str, Any]) -> queries.TicketFilter:
    query["text"] = query.pop("q", None)
    if query.get("deleted") and not can(current_user(), "history.read"):
        abort(403, message="Deleted tickets are shown to those who read the history.")
    number, zone = query.pop("view", None), ZoneInfo(current_desk().settings.timezone)
    with current_desk().reading() as session:
        user = current_user()
        view = view_of(session, user, number) if number is not None else None
        if view is None and number is not None:
            flask.abort(problem(422, "No such view", "There is no such view, or it is not yours to see."))
        asked = asked_by(session, user, view, zone) if view is not None else true()
        conditions = (asked, *_own_conditions(session, zone))
        seen = visible(session, user)
    return queries.TicketFilter(**query, conditions=conditions, seen=seen, zone=zone)


def _own_conditions(session: Session, zone: ZoneInfo) -> tuple[ColumnElement[bool], ...]:
    """What the address asks of the desk's own fields; ends the request with 422 for what none of them can be asked."""
    found: list[ColumnElement[bool]] = []
    for name, text in flask.request.args.items():
        if not name.startswith(f"{CONTAINER}."):
            continue
        asked = own_fields.conditions(session, {f"f.{name.removeprefix(f'{CONTAINER}.')}": text}, zone)
        if not asked:
            abort(422, errors={"query": {name: ["No list can be asked that."]}})
        found += asked
    return tuple(found)


def _sort(name: str) -> str:
    """The order as the query knows it; ends the request with 422 for a field that lists do not show."""
    bare = name.removeprefix("-")
    if not bare.startswith(f"{CONTAINER}."):
        return name
    field = f"f.{bare.removeprefix(f'{CONTAINER}.')}"
    with current_desk().reading() as session:
        if own_fields.order_by(session, field) is None:
            abort(422, errors={"query": {"sort": ["Lists do not show this field."]}})
    return name.replace(bare, field)


def _copies(session: Session, ticket: Ticket, given: dict[str, Any]) -> list[Copy]:
    """Who gets a reply beside the customer; a note goes to nobody."""
    if given["kind"] == "note" and (given["cc"] or given["copied"]):
        abort(422, errors={"json": {"cc": ["A note is mailed to nobody."]}})
    try:
        return copies_of(session, ticket, given["cc"], given["copied"])
    except CopyRefused as refused:
        abort(422, errors={"json": {"cc": [refused.words.in_(str(get_locale()))]}})
        raise


def _found(session: Session, ticket_id: int) -> Ticket:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not may_see(session, current_user(), ticket):
        raise NotFound
    return ticket


def _detail(ticket_id: int) -> dict[str, Any]:
    """A ticket as TicketDetail shows it: names instead of the rows they stand for."""
    with current_desk().reading() as session:
        ticket = queries.ticket_by_id(session, ticket_id)
        user = current_user()
        if ticket is None or not may_see(session, user, ticket):
            raise NotFound
        awaits = sorted(inspection.awaited(session, ticket.instance_id))
        own = values_of(session, [ticket_id])[ticket_id]
    names = {
        "customer": ticket.contact,
        "company": ticket.company,
        "team": ticket.team,
        "assignee": ticket.assignee,
    }
    columns = {column.key: getattr(ticket, column.key) for column in Ticket.__table__.columns}
    shown = {key: row.name if row else None for key, row in names.items()}
    address = ticket.company.address if ticket.company else None
    return {**columns, **shown, "address": address, "awaits": awaits, "own_fields": own}


# their calls are of this blueprint
from desk.tickets import types_api as _types  # noqa: E402, F401
from desk.tickets.relations import api as _relations  # noqa: E402, F401
from desk.tickets.views import api as _views  # noqa: E402, F401
