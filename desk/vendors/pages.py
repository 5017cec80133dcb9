"""What people see of other vendors' desks: the settings, and on a ticket how it goes over and back."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.tickets.answers import labelled_answers
from desk.tickets.models import OVER, Ticket
from desk.tickets.pages.relations import workable
from desk.tickets.relations.refusal import Refused
from desk.tickets.trail import STATES
from desk.vendors import operations
from desk.vendors.models import Transfer, Vendor
from desk.vendors.operations import Choice
from desk.vendors.queries import active_vendors, all_vendors, came_from, transfers_of
from desk.web import navigation
from desk.web.localisation import words
from engine.errors import DiagramError
from engine.operators import OperatorError

blueprint = Blueprint("vendors", "desk.vendors", template_folder="templates")
FIELDS = ("name", "key", "url", "known_as", "token", "secret", "types", "active")
STATUSES: dict[str, tuple[Any, str]] = {  # words, and the tone of the badge
    "asked": (_l("on its way"), "waiting"),
    "accepted": (_l("at work"), "sent"),
    "refused": (_l("not taken"), "back"),
    "returned": (_l("sent back"), "back"),
    "ended": (_l("done"), "done"),
    "withdrawn": (_l("not needed any more"), "off"),
}

navigation.register_setting(
    navigation.SettingsTab("vendors", _l("Other vendors"), "vendors.index", "settings.edit", 65)
)


@blueprint.app_context_processor
def transfers_of_tickets() -> dict[str, Any]:
    """`transfers(ticket)` for the page of a ticket: its transfers, what they are called, and which acts there are."""

    def transfers(ticket: Ticket) -> dict[str, Any]:
        known: dict[int, dict[str, Any]] = g.setdefault("transfers", {})  # several parts ask
        if ticket.id not in known:
            known[ticket.id] = found_for(ticket)
        return known[ticket.id]

    def found_for(ticket: Ticket) -> dict[str, Any]:
        with current_desk().reading() as session:
            found = transfers_of(session, ticket.id)
            vendors = active_vendors(session)
        there = next((t for t in found if t.direction == "out" and t.open), None)
        ongoing = ticket.state not in OVER and ticket.merged_into_id is None
        origin = next((t for t in found if t.direction == "in"), None)
        return {
            "all": found,
            "there": there,
            "origin": origin,
            "statuses": STATUSES,
            "states": STATES,
            "can_pass_on": ongoing and there is None and bool(vendors),
            "can_send_back": there is None and origin is not None and origin.open,
        }

    return {"transfers": transfers}


@blueprint.get("/tickets/<int:ticket_id>/transfer")
@requires("ticket.process")
def transfer_page(ticket_id: int) -> Any:
    """To whom the ticket should go, and what goes with it."""
    return _transfer_page(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/transfer")
@requires("ticket.process")
def transfer_ticket(ticket_id: int) -> Any:
    """Pass the ticket on. 422 with words when it cannot be, with what was chosen."""
    desk, form = current_desk(), request.form
    choice = Choice(
        customer=form.get("customer") == "1",
        talk=form.get("talk") == "1",
        files=form.get("files") == "1",
        fields=form.getlist("fields"),
        note=form.get("note", "").strip(),
        finish=form.get("finish") == "1",
    )
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id)
            vendor = session.get(Vendor, form.get("vendor", type=int) or 0)
            if vendor is None:
                raise Refused("Choose a vendor.", "请选择服务商。", "vendor")
            operations.pass_on(session, desk.engine, ticket, vendor, choice, actor=current_actor())
    except (OperatorError, DiagramError) as error:
        return _transfer_page(ticket_id, error)
    flash(_("The ticket is on its way to %(name)s.", name=vendor.name), "success")
    return _back(ticket_id)


@blueprint.get("/tickets/<int:ticket_id>/send-back")
@requires("ticket.process")
def return_page(ticket_id: int) -> Any:
    """Why the ticket should go back to the desk that it came from."""
    return _return_page(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/send-back")
@requires("ticket.process")
def return_ticket(ticket_id: int) -> Any:
    """Send it back. 422 with words when it cannot be."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            operations.send_back(
                session,
                desk.engine,
                workable(session, ticket_id),
                reason=request.form.get("reason", ""),
                actor=current_actor(),
            )
    except (OperatorError, DiagramError) as error:
        return _return_page(ticket_id, error)
    flash(_("The ticket goes back."), "success")
    return _back(ticket_id)


@blueprint.get("/settings/vendors")
@requires("settings.edit")
def index() -> str:
    """The desks that tickets may go to and come from."""
    with current_desk().reading() as session:
        return render_template("vendors/vendors.html", vendors=all_vendors(session))


@blueprint.route("/settings/vendors/new", methods=["GET", "POST"])
@requires("settings.edit")
def new_vendor() -> Any:
    """Add one."""
    return _edit(None)


@blueprint.route("/settings/vendors/<int:vendor_id>", methods=["GET", "POST"])
@requires("settings.edit")
def vendor(vendor_id: int) -> Any:
    """Look at one and change it."""
    return _edit(vendor_id)


def _edit(vendor_id: int | None) -> Any:
    desk = current_desk()
    with desk.reading() as session:
        found = session.get(Vendor, vendor_id) if vendor_id is not None else None
    if vendor_id is not None and found is None:
        abort(404)
    errors: dict[str, str] = {}
    values = {name: str(getattr(found, name, None) or "") for name in FIELDS}
    values |= {"token": "", "secret": "", "types": _lines(found.types if found else {})}
    values["active"] = "1" if found is None or found.active else ""
    if request.method == "POST":
        values = {name: request.form.get(name, "") for name in FIELDS}
        try:
            types = _mapping(values["types"])
            with desk.database.transaction() as session:
                kept = session.get(Vendor, vendor_id) if vendor_id is not None else None
                given = {**values, "types": types}
                saved = operations.save_vendor(session, kept, given, actor=current_actor())
            flash(_("Saved."), "success")
            return redirect(url_for("vendors.vendor", vendor_id=saved.id), 303)
        except Refused as refused:
            errors = {refused.field: words(refused.words)}
    html = render_template("vendors/vendor.html", vendor=found, values=values, errors=errors)
    return html, 422 if errors else 200


def _lines(types: dict[str, str]) -> str:
    return "\n".join(f"{theirs} = {ours}" for theirs, ours in types.items())


def _mapping(text: str) -> dict[str, str]:
    """Lines of `theirs = ours`."""
    types = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        theirs, equals, ours = (part.strip() for part in line.partition("="))
        if not equals or not theirs or not ours:
            raise Refused(
                f"“{line}” is not of the form “theirs = ours”.",
                f"“{line}”格式应为“对方类型 = 本方类型”。",
                "types",
            )
        types[theirs] = ours
    return types


def _transfer_page(ticket_id: int, error: Exception | None = None) -> Any:
    def context(session: Session, ticket: Ticket) -> dict[str, Any]:
        engine, locale = current_desk().engine, str(get_locale())
        answers = labelled_answers(session, engine, ticket, locale=locale)
        answers.pop("description", None)  # it goes in any case
        return {
            "vendors": [(vendor.id, vendor.name) for vendor in active_vendors(session)],
            "answers": answers,
        }

    return _act_page(ticket_id, "transfer", context, error)


def _return_page(ticket_id: int, error: Exception | None = None) -> Any:
    def context(session: Session, ticket: Ticket) -> dict[str, Any]:
        origin: Transfer | None = came_from(session, ticket.id)
        return {"origin": origin or abort(404)}

    return _act_page(ticket_id, "return", context, error)


def _act_page(ticket_id: int, page: str, more: Any, error: Exception | None) -> Any:
    with current_desk().reading() as session:
        ticket = workable(session, ticket_id)
        html = render_template(
            f"vendors/{page}.html",
            ticket=ticket,
            error=words(getattr(error, "words", None)) or str(error) if error else None,
            field=getattr(error, "field", ""),
            form=request.form,
            **more(session, ticket),
        )
    return html, 422 if error else 200


def _back(ticket_id: int) -> Response:
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id, panel="together"), 303)
