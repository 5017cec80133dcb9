"""A new ticket at the desk: for whom, what about; the diagram that starts with it makes the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.contacts.addresses import InvalidAddress, normal_mail, normal_phone
from desk.contacts.models import Contact
from desk.contacts.operations import match_or_create
from desk.contacts.queries import contact_by_id
from desk.fields.entry import Entry, add_files, entry_of, stored_files
from desk.fields.values import EMPTY, FieldRefused
from desk.forms import Form, Submission
from desk.forms.fields.base import Input
from desk.forms.fields.file import FilePicker
from desk.people.access import current_actor, current_user, requires
from desk.rules import at_fields, macros
from desk.rules.at_fields import Filling
from desk.storage import UploadRefused
from desk.tickets.events import NobodyWaits, request_ticket
from desk.tickets.models import TicketType
from desk.tickets.pages import blueprint
from desk.tickets.pages.uploads import refused_words, store_files, upload_limit
from desk.tickets.trail import PRIORITIES
from desk.tickets.types import (
    BASIC,
    TypeUnavailable,
    default_type,
    form_of_type,
    open_types,
    requested_type,
)
from desk.web.localisation import words as in_words
from engine.errors import DiagramError
from engine.feel.errors import FeelError
from engine.operators import OperatorError

FIELDS = ("type", "contact_id", "name", "mail", "phone", "title", "text", "priority", "deadline")


@dataclass(frozen=True)
class _Request:
    """What the page sent, checked."""

    contact_id: int | None
    name: str
    mail: str
    phone: str
    title: str
    text: str
    priority: str
    deadline: datetime | None


@blueprint.get("/tickets/new")
@requires("ticket.create")
def new_ticket() -> Any:
    """The empty page; `?contact=` chooses the customer, `?type=` the type and with it the form."""
    with current_desk().reading() as session:
        kind = _kind(session, request.args.get("type", "")) or default_type(session, current_user())
    values = {
        "contact_id": request.args.get("contact", ""),
        "priority": kind.priority if kind else "normal",
        "type": kind.key if kind else BASIC,
    }
    return _show(values, {})


@blueprint.post("/tickets/new")
@requires("ticket.create")
def create_ticket() -> Any:
    """Start the process of the type. What is wrong comes back filled."""
    values = _sent()
    wanted, errors = _checked(values)
    desk, user = current_desk(), current_user()
    with desk.reading() as session:
        kind = _kind(session, values["type"])
        form = _form(session, kind)
        answers = _answers(form)
        filling = _filling(session, kind, form, values, answers)
    entry = filling.entry
    if values["type"] not in ("", BASIC) and kind is None:
        errors["type"] = _("This type was withdrawn, or is not yours to open.")
    sent = entry.read()
    if any(one and one.action is not None for one in (answers, sent)):
        return _show(values, {}, 200, _unjudged(answers), _unjudged(sent))
    if wanted is None or errors or any(one and one.errors for one in (answers, sent)):
        return _show(values, errors, 422, answers, sent)
    try:
        with desk.reading() as session:
            said, own = at_fields.submitted(session, user, filling, None)
        if said.messages:
            return _show(values, {"": " ".join(said.messages)}, 422, answers, sent)
        field_files = stored_files(sent)
        files = store_files()
        with desk.database.transaction() as session:
            ticket = request_ticket(
                session,
                desk.engine,
                actor=current_actor(),
                contact_id=_customer(session, wanted),
                title=wanted.title,
                text=wanted.text,
                priority=wanted.priority,
                deadline=wanted.deadline,
                attachments=files,
                kind=kind,
                form_data=_filled(answers, entry, sent, own),
            )
            add_files(session, desk, ticket, field_files, actor=current_actor())
            macros.run(
                session, desk.engine, said.ran, ticket_id=ticket.id, actor=current_actor(),
                page=at_fields.page_of(session, user, None), form=filling.own(),
            )  # fmt: skip
    except UploadRefused as refused:
        return _show(values, {"files": refused_words(refused)}, 422, answers, sent)
    except NobodyWaits:
        words = _(
            "No process for new tickets is deployed, so there is no ticket yet. "
            "What you typed is still here; ask an implementer to deploy one."
        )
        return _show(values, {"": words}, 409, answers, sent)
    except FieldRefused as refused_field:
        return _show(values, {"": in_words(refused_field.reason)}, 422, answers, sent)
    except (OperatorError, DiagramError, FeelError) as error:
        words = _("The process could not go on: %(reason)s", reason=str(error))
        return _show(values, {"": words}, 422, answers, sent)
    flash(_("Ticket %(number)s was opened.", number=ticket.number), "success")
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket.id), 303)


@blueprint.post("/tickets/new/macros")
@requires("ticket.create")
def filled_field() -> dict[str, Any]:
    """What macros make of the form as it is now: for the page's script."""
    with current_desk().reading() as session:
        return _asked(session)[0].as_json()


@blueprint.post("/tickets/new/macros/<string:key>")
@requires("ticket.create")
def run_macro_at_new(key: str) -> Any:
    """Somebody chose a macro: the form is filled as it says and shown again. There is no ticket to do more with."""
    problem: dict[str, str] = {}
    with current_desk().reading() as session:
        filling, answers = _asked(session)
        filled = filling.entry
        try:
            effects = at_fields.chosen(session, current_user(), filling, None, key)
        except LookupError:
            abort(404)
        except (DiagramError, FeelError) as error:
            problem = {"": _("A macro could not run: %(reason)s", reason=str(error))}
        else:
            filled = filled.under(filled=effects.values)
            if effects.messages:
                problem = {"": " ".join(effects.messages)}
    return _show(_sent(), problem, 200, answers, filled.shown_with(filling.entry.read()))


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _asked(session: Session) -> tuple[Filling, Submission | None]:
    """The own fields and the type's form as the page sent them."""
    values = _sent()
    kind = _kind(session, values["type"])
    form = _form(session, kind)
    answers = _answers(form)
    return _filling(session, kind, form, values, answers), answers


def _filling(
    session: Session,
    kind: TicketType | None,
    form: Form | None,
    values: Mapping[str, str],
    answers: Submission | None,
) -> Filling:
    """The own fields as macros let them be filled in: of what the page sent, or of an empty one."""
    ask = at_fields.sent if request.method == "POST" else at_fields.opened
    rest = {**values, **(answers.values if answers is not None else {})}
    return ask(session, current_user(), _entry(session, kind, form), None, rest)


def _unjudged(sent: Submission | None) -> Submission | None:
    """What was sent when only a row was added or taken away."""
    return replace(sent, errors={}) if sent is not None else None


def _checked(values: dict[str, str]) -> tuple[_Request | None, dict[str, str]]:
    errors: dict[str, str] = {}
    raw = values["contact_id"]
    contact_id = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None
    if not values["title"]:
        errors["title"] = _("Say in a few words what it is about.")
    elif len(values["title"]) > 400:
        errors["title"] = _("At most 400 characters, please; the rest belongs into the text.")
    if values["mail"]:
        try:
            normal_mail(values["mail"])
        except InvalidAddress:
            errors["mail"] = _("This is not a mail address.")
    if values["phone"]:
        try:
            normal_phone(values["phone"])
        except InvalidAddress:
            errors["phone"] = _("This is not a phone number.")
    if contact_id is None and not (values["mail"] or values["phone"]):
        errors["mail"] = _("Choose a customer, or give a mail address or a phone number.")
    if values["priority"] not in PRIORITIES:
        errors["priority"] = _("Choose one of the list.")
    deadline = None
    if values["deadline"]:
        try:
            deadline = moment(values["deadline"])
        except ValueError:
            errors["deadline"] = _("This is not a date and time.")
    if errors:
        return None, errors
    rest = {name: values[name] for name in ("name", "mail", "phone", "title", "text", "priority")}
    return _Request(contact_id=contact_id, deadline=deadline, **rest), {}


def _customer(session: Session, wanted: _Request) -> int:
    if wanted.contact_id is not None:
        if session.get(Contact, wanted.contact_id) is None:
            abort(404)
        return wanted.contact_id
    contact = match_or_create(
        session, mail=wanted.mail or None, phone=wanted.phone or None, name=wanted.name or None
    )
    return contact.id


def moment(raw: str) -> datetime:
    """A day, or a day with a time, as the desk's clocks show it. Raises ValueError."""
    zone = ZoneInfo(current_desk().settings.timezone)
    moment = datetime.fromisoformat(raw)
    if len(raw) == 10:
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _kind(session: Session, key: str) -> TicketType | None:
    """The type, if this person may open a ticket of it now."""
    try:
        return requested_type(session, key, current_user()) if key else None
    except TypeUnavailable:
        return None


def _form(session: Session, kind: TicketType | None) -> Form | None:
    """What the type asks for beyond what the page has itself: the customer, title, text and files."""
    if kind is None or kind.key == BASIC:
        return None
    schema = form_of_type(session, current_desk().engine, kind)
    if schema is None:
        return None
    form = Form.from_schema(schema)
    rest = tuple(
        component
        for component in form.components
        if not isinstance(component, FilePicker)
        and not (isinstance(component, Input) and component.key[0] in {*FIELDS, "files"})
    )
    return Form(rest, form.shape) if any(True for _c in rest) else None


def _entry(session: Session, kind: TicketType | None, form: Form | None) -> Entry:
    """The desk's own fields of a ticket of this type; what its form asks for is not asked twice."""
    asked = form.keys if form else ()
    return entry_of(session, kind.key if kind else BASIC, current_user(), but=asked)


def _filled(
    answers: Submission | None, entry: Entry, sent: Submission | None, own: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What goes along with the request: answers of the type's form, and the fields that have something.

    `own` is what macros of the submit set.
    """
    fields = {**(entry.wanted(sent) if sent is not None else {}), **own}
    kept = {key: value for key, value in fields.items() if value not in EMPTY}
    return {**(answers.values if answers is not None else {}), **kept} if answers or kept else None


def _answers(form: Form | None) -> Submission | None:
    if form is None:
        return None
    zone = ZoneInfo(current_desk().settings.timezone)
    return form.parse(request.form, request.files, data={}, locale=str(get_locale()), zone=zone)


def _show(
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    answers: Submission | None = None,
    sent: Submission | None = None,
) -> Any:
    raw = values.get("contact_id", "")
    contact = None
    locale = str(get_locale())
    with current_desk().reading() as session:
        if raw.isascii() and raw.isdigit() and len(raw) < 19:
            contact = contact_by_id(session, int(raw))
        kinds = open_types(session, current_user())
        kind = _kind(session, values.get("type", ""))
        form = _form(session, kind)
        filling = _filling(session, kind, form, values, answers)
    entry = filling.entry
    answered = answers.errors if answers is not None else {}
    html = render_template(
        "tickets/new.html",
        kinds=kinds,
        form_fields=form.render(
            answers.merged({}) if answers is not None else {},
            locale=locale,
            errors=answered,
            zone=ZoneInfo(current_desk().settings.timezone),
        )
        if form
        else None,
        form_errors=form.error_summary(answered, locale) if form and answered else None,
        filling=filling,
        changed_url=url_for("tickets.filled_field"),
        macro_url=lambda key: url_for("tickets.run_macro_at_new", key=key),
        sections=entry.sections(sent),
        field_errors=entry.errors(sent),
        values=values,
        errors=errors,
        contact=contact,
        priorities=list(PRIORITIES.items()),
        max_mb=upload_limit() // (1024 * 1024),
    )
    return html, status
