"""Customers as persons: list, page with their tickets, adding and changing them, and picking one for a ticket."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.contacts.addresses import InvalidAddress
from desk.contacts.events import tell_created, telling
from desk.contacts.models import Contact
from desk.contacts.operations import AddressTaken, create_contact, update_contact
from desk.contacts.pages import blueprint
from desk.contacts.queries import (
    BadCursor,
    ContactFilter,
    all_companies,
    company_by_id,
    contact_by_id,
    list_contacts,
)
from desk.people.access import current_actor, current_user, requires
from desk.web import navigation
from desk.web.localisation import LOCALES

LEVELS: dict[str, Any] = {"normal": _l("Normal customer"), "vip": _l("VIP")}
KINDS: dict[str, Any] = {"2b": _l("Business"), "2c": _l("Private")}

navigation.register(
    navigation.Entry(
        key="customers",
        label=_l("Customers"),
        endpoint="contacts.contact_list",
        icon="address-book",
        permission="contact.read",
        order=30,
    )
)


@blueprint.get("/customers")
@requires("contact.read")
def contact_list() -> str:
    """Persons by name; search and filters are in the address."""
    chosen: dict[str, Any] = {
        k: request.args[k].strip() for k in ("q", "level", "kind") if request.args.get(k)
    }
    wanted = ContactFilter(
        text=chosen.get("q"),
        level=chosen["level"] if chosen.get("level") in LEVELS else None,
        kind=chosen["kind"] if chosen.get("kind") in KINDS else None,
    )
    with current_desk().reading() as session:
        try:
            page = list_contacts(session, wanted, cursor=request.args.get("after"))
        except BadCursor:
            page = list_contacts(session, wanted)
    here = url_for("contacts.contact_list", **chosen)
    return render_template(
        "contacts/contacts.html",
        contacts=page.rows,
        chosen=chosen,
        levels=list(LEVELS.items()),
        kinds=list(KINDS.items()),
        clear_href=url_for("contacts.contact_list") if chosen else None,
        first=here if request.args.get("after") else None,
        next=url_for("contacts.contact_list", **chosen, after=page.next) if page.next else None,
    )


@blueprint.get("/customers/pick")
@requires("contact.read")
def pick() -> str:
    """A few customers to choose from while one types (`?q=`), for a new ticket or the edited `?ticket=`."""
    text = request.args.get("q", "").strip()
    rows: tuple[Any, ...] = ()
    if len(text) >= 2:
        with current_desk().reading() as session:
            rows = list_contacts(session, ContactFilter(text=text), limit=8).rows
    return render_template(
        "contacts/_pick.html",
        contacts=rows,
        text=text,
        ticket_id=request.args.get("ticket", type=int),
    )


@blueprint.get("/customers/<int:contact_id>")
@requires("contact.read")
def contact_page(contact_id: int) -> str:
    """One customer with their newest tickets."""
    # Tickets know customers, not the other way round: only this page looks across, and late.
    from desk.tickets.queries import TicketFilter, list_tickets
    from desk.tickets.scope import visible

    with current_desk().reading() as session:
        contact = _found(session, contact_id)
        seen = visible(session, current_user())
        tickets = list_tickets(session, TicketFilter(contact_id=contact.id, seen=seen), limit=25)
    return render_template(
        "contacts/contact.html",
        contact=contact,
        tickets=tickets.rows,
        more=tickets.next,
        levels=LEVELS,
        locales=LOCALES,
    )


@blueprint.route("/customers/new", methods=["GET", "POST"])
@requires("contact.edit")
def new_contact() -> Any:
    """Add a customer."""
    if request.method == "GET":
        empty = {"level": "normal", "locale": current_desk().settings.locale}
        return _form(None, {**empty, "company_id": request.args.get("company", "")}, {})
    values = _sent()
    errors = _checked(values)
    if not errors:
        try:
            with current_desk().database.transaction() as session:
                contact = create_contact(
                    session,
                    name=values["name"],
                    mails=values["mails"].split(),
                    phones=_lines(values["phones"]),
                    company_id=_number(values["company_id"]),
                    level=values["level"],  # type: ignore[arg-type]
                    locale=values["locale"],
                    note=values["note"],
                )
                tell_created(session, current_desk().engine, contact, actor=current_actor())
            return redirect(url_for("contacts.contact_page", contact_id=contact.id), 303)
        except (AddressTaken, InvalidAddress) as error:
            errors = _address_errors(error, values)
    return _form(None, values, errors, 422)


@blueprint.route("/customers/<int:contact_id>/edit", methods=["GET", "POST"])
@requires("contact.edit")
def edit_contact(contact_id: int) -> Any:
    """Change a customer; somebody else's change in between is not overwritten but shown."""
    database = current_desk().database
    with current_desk().reading() as session:
        contact = _found(session, contact_id)
    if request.method == "GET":
        return _form(contact, _values_of(contact), {})
    values = _sent()
    errors = _checked(values)
    if not errors:
        try:
            with database.transaction() as session:
                kept = session.scalars(
                    select(Contact).where(Contact.id == contact_id).with_for_update()
                ).one()
                if _version(kept) != values["version"]:
                    words = _(
                        "Somebody else changed this customer meanwhile. Check and save again."
                    )
                    values["version"] = _version(kept)
                    return _form(kept, values, {"": words}, 409)
                with telling(session, current_desk().engine, kept, actor=current_actor()):
                    update_contact(
                        session,
                        kept,
                        name=values["name"],
                        company_id=_number(values["company_id"]),
                        level=values["level"],  # type: ignore[arg-type]
                        locale=values["locale"],
                        note=values["note"],
                        mails=values["mails"].split(),
                        phones=_lines(values["phones"]),
                    )
            flash(_("Saved."), "success")
            return redirect(url_for("contacts.contact_page", contact_id=contact_id), 303)
        except (AddressTaken, InvalidAddress) as error:
            errors = _address_errors(error, values)
    return _form(contact, values, errors, 422)


def _found(session: Session, contact_id: int) -> Contact:
    contact = contact_by_id(session, contact_id)
    if contact is None:
        abort(404)
    return contact


def _version(contact: Contact) -> str:
    return contact.updated_at.isoformat()


def _values_of(contact: Contact) -> dict[str, str]:
    def addresses(kind: str) -> str:
        return "\n".join(a.value for a in contact.addresses if a.kind == kind)

    return {
        "name": contact.name,
        "company_id": str(contact.company_id or ""),
        "level": contact.level,
        "locale": contact.locale,
        "note": contact.note,
        "mails": addresses("mail"),
        "phones": addresses("phone"),
        "version": _version(contact),
    }


def _sent() -> dict[str, str]:
    names = ("name", "company_id", "level", "locale", "note", "mails", "phones", "version")
    return {name: request.form.get(name, "").strip() for name in names}


def _checked(values: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not values["name"]:
        errors["name"] = _("A customer needs a name.")
    elif len(values["name"]) > 200:
        errors["name"] = _("At most 200 characters, please.")
    if values["level"] not in LEVELS:
        errors["level"] = _("Choose one of the list.")
    if values["locale"] not in LOCALES:
        errors["locale"] = _("Choose one of the list.")
    if values["company_id"]:
        with current_desk().reading() as session:
            if company_by_id(session, _number(values["company_id"]) or 0) is None:
                errors["company_id"] = _("Choose one of the list.")
    return errors


def _address_errors(error: AddressTaken | InvalidAddress, values: dict[str, str]) -> dict[str, str]:
    if isinstance(error, AddressTaken):
        field = "mails" if "@" in error.value else "phones"
        words = _(
            "%(address)s belongs to %(name)s already.", address=error.value, name=error.contact_name
        )
        return {field: words}
    wrong = str(error)
    field = "mails" if wrong in values["mails"].split() else "phones"
    return {field: _("“%(address)s” is not a usable address or number.", address=wrong)}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(";", "\n").splitlines() if line.strip()]


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _form(
    contact: Contact | None, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> Any:
    with current_desk().reading() as session:
        companies = [(company.id, company.name) for company in all_companies(session)]
    html = render_template(
        "contacts/contact_form.html",
        contact=contact,
        values=values,
        errors=errors,
        companies=companies,
        levels=list(LEVELS.items()),
        locales=list(LOCALES.items()),
    )
    return html, status
