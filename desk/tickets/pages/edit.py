"""Editing a ticket (编辑) [004 §4.10.1]: title, priority, deadline, customer and fields, by who may."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.contacts.queries import contact_by_id
from desk.fields.entry import Entry, add_files, entry_of, stored_files
from desk.fields.values import FieldRefused, set_values, shown
from desk.forms import Submission
from desk.people.access import current_actor, current_user, requires
from desk.rules import at_fields, macros
from desk.storage import UploadRefused
from desk.tickets.changes import (
    ChangedMeanwhile,
    Field,
    TicketDeleted,
    edit_ticket,
    fingerprint,
    may_edit,
)
from desk.tickets.models import Ticket
from desk.tickets.pages import blueprint
from desk.tickets.pages.new import moment
from desk.tickets.pages.uploads import refused_words
from desk.tickets.queries import ticket_by_id
from desk.tickets.scope import may_see
from desk.tickets.trail import PRIORITIES
from desk.web.localisation import words
from engine.errors import DiagramError
from engine.feel.errors import FeelError
from engine.operators import OperatorError

NAMES = ("title", "priority", "deadline", "contact_id")


@blueprint.get("/tickets/<int:ticket_id>/edit")
@requires("ticket.create")
def edit_page(ticket_id: int) -> Any:
    """The form as the ticket stands; `?contact=` proposes another customer."""
    with current_desk().reading() as session:
        ticket = _editable(session, ticket_id)
        values = _values(ticket)
        if proposed := request.args.get("contact", type=int):
            values["contact_id"] = str(proposed)
        return _show(session, ticket, values, {}, fingerprint(session, ticket))


@blueprint.post("/tickets/<int:ticket_id>/edit")
@requires("ticket.create")
def save_ticket(ticket_id: int) -> Any:
    """Save what differs. 409 when somebody else edited meanwhile: both versions are shown."""
    desk, user = current_desk(), current_user()
    values, seen = _sent(), request.form.get("seen", "")
    wanted, errors = _checked(values)
    with desk.reading() as session:
        ticket = _editable(session, ticket_id)
        filling = at_fields.sent(session, user, _entry(session, ticket), ticket, values)
    entry = filling.entry
    sent = entry.read()
    if sent is not None and sent.action is not None:  # a row more or less: nothing is judged yet
        return _again(ticket_id, values, {}, seen, 200, sent)
    if errors or (sent is not None and not sent.complete):
        return _again(ticket_id, values, errors, seen, 422, sent)
    try:
        with desk.reading() as session:
            said, own = at_fields.submitted(session, user, filling, _editable(session, ticket_id))
        if said.messages:
            return _again(ticket_id, values, {"": " ".join(said.messages)}, seen, 422, sent)
        files = stored_files(sent)
        with desk.database.transaction() as session:
            ticket = _editable(session, ticket_id)
            if values["deadline"] == _values(ticket)["deadline"]:
                wanted.pop("deadline")  # the page shows minutes: seconds are not edited away
            actor = current_actor()
            changed: list[str] = [
                *edit_ticket(session, desk, ticket, wanted, actor=actor, seen=seen)
            ]
            if sent is not None:
                own_values = {**entry.wanted(sent), **own}
                changed += set_values(session, desk, ticket, own_values, actor=actor)
                changed += add_files(session, desk, ticket, files, left=entry.left(), actor=actor)
            page = at_fields.page_of(session, user, ticket)
            macros.run(
                session, desk.engine, said.ran, ticket_id=ticket_id, actor=actor, page=page,
                form=filling.own(),
            )  # fmt: skip
    except UploadRefused as refused:
        return _again(ticket_id, values, {"": refused_words(refused)}, seen, 422, sent)
    except FieldRefused as refused:  # a field was changed while the page stood open
        return _again(ticket_id, values, {"": words(refused.reason)}, seen, 422, sent)
    except ChangedMeanwhile:
        return _again(ticket_id, values, {}, None, 409, sent)
    except LookupError:
        return _again(ticket_id, values, {"contact_id": _("Choose one of the list.")}, seen, 422, sent)
    except TicketDeleted:
        abort(404)
    except (OperatorError, DiagramError, FeelError) as error:
        problem = _("A macro could not run: %(reason)s", reason=str(error))
        return _again(ticket_id, values, {"": problem}, seen, 422, sent)
    flash(_("Saved.") if changed else _("Nothing was changed."), "success")
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id), 303)


@blueprint.post("/tickets/<int:ticket_id>/edit/macros")
@requires("ticket.create")
def edited_field(ticket_id: int) -> dict[str, Any]:
    """What macros make of the form as it is now: for the page's script."""
    with current_desk().reading() as session:
        ticket = _editable(session, ticket_id)
        entry = _entry(session, ticket)
        return at_fields.sent(session, current_user(), entry, ticket, _sent()).as_json()


@blueprint.post("/tickets/<int:ticket_id>/edit/macros/<string:key>")
@requires("ticket.create")
def run_macro_at_edit(ticket_id: int, key: str) -> Any:
    """Somebody chose a macro: the form is filled as it says and shown again; what else it does is done now."""
    desk, user, values = current_desk(), current_user(), _sent()
    seen = request.form.get("seen", "")
    with desk.reading() as session:
        ticket = _editable(session, ticket_id)
        before, was = _values(ticket), fingerprint(session, ticket)
        filling = at_fields.sent(session, user, _entry(session, ticket), ticket, values)
    problem: dict[str, str] = {}
    filled = filling.entry
    try:
        with desk.database.transaction() as session:
            ticket = _editable(session, ticket_id)
            effects = at_fields.chosen(session, user, filling, ticket, key)
            filled = filled.under(filled=effects.values)
            page = at_fields.page_of(session, user, ticket)
            macros.run(
                session, desk.engine, effects.ran, ticket_id=ticket_id, actor=current_actor(), page=page,
                form=filling.own(),
            )  # fmt: skip
            if effects.messages:
                problem = {"": " ".join(effects.messages)}
    except LookupError:
        abort(404)
    except (OperatorError, DiagramError, FeelError) as error:
        problem = {"": _("A macro could not run: %(reason)s", reason=str(error))}
    with desk.reading() as session:
        ticket = _editable(session, ticket_id)
        now = _values(ticket)
        kept = {name: now[name] if values[name] == before[name] else values[name] for name in NAMES}
        return _show(
            session, ticket, kept, problem, fingerprint(session, ticket) if seen == was else seen,
            sent=filled.shown_with(filling.entry.read()),
        )  # fmt: skip


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in NAMES}


def _entry(session: Session, ticket: Ticket) -> Entry:
    return entry_of(session, ticket.type, current_user(), ticket)


def _editable(session: Session, ticket_id: int) -> Ticket:
    ticket = ticket_by_id(session, ticket_id)
    if ticket is None or ticket.deleted_at is not None:
        abort(404)
    if not may_see(session, current_user(), ticket):
        abort(404)
    if not may_edit(current_user(), ticket):
        abort(403)
    return ticket


def _values(ticket: Ticket) -> dict[str, str]:
    zone = ZoneInfo(current_desk().settings.timezone)
    at = ticket.deadline
    return {
        "title": ticket.title,
        "priority": ticket.priority,
        "deadline": f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" if at else "",
        "contact_id": str(ticket.contact_id or ""),
    }


def _checked(values: dict[str, str]) -> tuple[dict[Field, Any], dict[str, str]]:
    errors: dict[str, str] = {}
    wanted: dict[Field, Any] = {"title": " ".join(values["title"].split())}
    if not wanted["title"]:
        errors["title"] = _("Say in a few words what it is about.")
    elif len(wanted["title"]) > 400:
        errors["title"] = _("At most 400 characters, please; the rest belongs into the text.")
    wanted["priority"] = values["priority"]
    if values["priority"] not in PRIORITIES:
        errors["priority"] = _("Choose one of the list.")
    try:
        wanted["deadline"] = moment(values["deadline"]) if values["deadline"] else None
    except ValueError:
        errors["deadline"] = _("This is not a date and time.")
    raw = values["contact_id"]
    if raw.isascii() and raw.isdigit() and len(raw) < 19:
        wanted["contact_id"] = int(raw)
    elif raw:
        errors["contact_id"] = _("Choose one of the list.")
    return wanted, errors


def _again(
    ticket_id: int,
    values: dict[str, str],
    errors: dict[str, str],
    seen: str | None,
    status: int,
    sent: Submission | None,
) -> Any:
    """The form as it was filled; without `seen` over the ticket as it stands now."""
    with current_desk().reading() as session:
        ticket = _editable(session, ticket_id)
        page = _show(
            session, ticket, values, errors, seen or fingerprint(session, ticket),
            sent=sent, outdated=seen is None,
        )  # fmt: skip
    return page, status


def _show(
    session: Session,
    ticket: Ticket,
    values: dict[str, str],
    errors: dict[str, str],
    seen: str,
    *,
    sent: Submission | None = None,
    outdated: bool = False,
) -> str:
    entry, user = _entry(session, ticket), current_user()
    ask = at_fields.sent if request.method == "POST" else at_fields.opened
    filling = ask(session, user, entry, ticket, values)
    entry = filling.entry
    raw = values["contact_id"]
    usable = raw.isascii() and raw.isdigit() and len(raw) < 19
    return render_template(
        "tickets/edit.html",
        ticket=ticket,
        values=values,
        errors=errors,
        seen=seen,
        outdated=outdated,
        contact=contact_by_id(session, int(raw)) if usable else None,
        priorities=list(PRIORITIES.items()),
        filling=filling,
        changed_url=url_for("tickets.edited_field", ticket_id=ticket.id),
        macro_url=lambda key: url_for("tickets.run_macro_at_edit", ticket_id=ticket.id, key=key),
        sections=entry.sections(sent),
        field_errors=entry.errors(sent),
        field_facts=[
            (words(field.label), words(shown(session, field, entry.values.get(field.key))))
            for field in entry.fields
        ]
        if outdated
        else [],
    )
