"""Customers as companies: list, page with their people and tickets, adding and changing them."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.contacts.addresses import InvalidAddress
from desk.contacts.events import tell_created, telling
from desk.contacts.models import Company
from desk.contacts.operations import DomainTaken, create_company, update_company
from desk.contacts.pages import blueprint
from desk.contacts.pages.people import LEVELS
from desk.contacts.queries import (
    BadCursor,
    ContactFilter,
    company_by_id,
    count_people,
    list_companies,
    list_contacts,
)
from desk.people.access import current_actor, current_user, requires

FIELDS = ("name", "domain", "level", "phone", "address", "note")


@blueprint.get("/companies")
@requires("contact.read")
def company_list() -> str:
    """Companies by name; search and filter are in the address."""
    chosen: dict[str, Any] = {
        k: request.args[k].strip() for k in ("q", "level") if request.args.get(k)
    }
    level = chosen["level"] if chosen.get("level") in LEVELS else None
    with current_desk().reading() as session:
        try:
            page = list_companies(
                session, text=chosen.get("q"), level=level, cursor=request.args.get("after")
            )
        except BadCursor:
            page = list_companies(session, text=chosen.get("q"), level=level)
    return render_template(
        "contacts/companies.html",
        companies=page.rows,
        chosen=chosen,
        levels=list(LEVELS.items()),
        clear_href=url_for("contacts.company_list") if chosen else None,
        first=url_for("contacts.company_list", **chosen) if request.args.get("after") else None,
        next=url_for("contacts.company_list", **chosen, after=page.next) if page.next else None,
    )


@blueprint.get("/companies/<int:company_id>")
@requires("contact.read")
def company_page(company_id: int) -> str:
    """One company with its people and newest tickets."""
    # Tickets know customers, not the other way round: only this page looks across, and late.
    from desk.tickets.queries import TicketFilter, list_tickets
    from desk.tickets.scope import visible

    with current_desk().reading() as session:
        company = _found(session, company_id)
        people = list_contacts(session, ContactFilter(company_id=company.id), limit=25)
        count = count_people(session, company.id)
        seen = visible(session, current_user())
        tickets = list_tickets(session, TicketFilter(company_id=company.id, seen=seen), limit=25)
    return render_template(
        "contacts/company.html",
        company=company,
        people=people.rows,
        people_count=count,
        tickets=tickets.rows,
        levels=LEVELS,
    )


@blueprint.route("/companies/new", methods=["GET", "POST"])
@requires("contact.edit")
def new_company() -> Any:
    """Add a company."""
    if request.method == "GET":
        return _form(None, {"level": "normal"}, {})
    values = _sent()
    errors = _checked(values)
    if not errors:
        try:
            with current_desk().database.transaction() as session:
                company = create_company(session, **_given(values))
                tell_created(session, current_desk().engine, company, actor=current_actor())
            return redirect(url_for("contacts.company_page", company_id=company.id), 303)
        except (DomainTaken, InvalidAddress) as error:
            errors = _address_errors(error, values)
    return _form(None, values, errors, 422)


@blueprint.route("/companies/<int:company_id>/edit", methods=["GET", "POST"])
@requires("contact.edit")
def edit_company(company_id: int) -> Any:
    """Change a company; somebody else's change in between is not overwritten but shown."""
    database = current_desk().database
    with current_desk().reading() as session:
        company = _found(session, company_id)
    if request.method == "GET":
        values = {name: getattr(company, name) or "" for name in FIELDS}
        return _form(company, {**values, "version": company.updated_at.isoformat()}, {})
    values = _sent()
    errors = _checked(values)
    if not errors:
        try:
            with database.transaction() as session:
                kept = session.scalars(
                    select(Company).where(Company.id == company_id).with_for_update()
                ).one()
                if kept.updated_at.isoformat() != values["version"]:
                    words = _("Somebody else changed this company meanwhile. Check and save again.")
                    values["version"] = kept.updated_at.isoformat()
                    return _form(kept, values, {"": words}, 409)
                with telling(session, current_desk().engine, kept, actor=current_actor()):
                    update_company(session, kept, **_given(values))
            flash(_("Saved."), "success")
            return redirect(url_for("contacts.company_page", company_id=company_id), 303)
        except (DomainTaken, InvalidAddress) as error:
            errors = _address_errors(error, values)
    return _form(company, values, errors, 422)


def _found(session: Session, company_id: int) -> Company:
    company = company_by_id(session, company_id)
    if company is None:
        abort(404)
    return company


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in (*FIELDS, "version")}


def _given(values: dict[str, str]) -> dict[str, Any]:
    """The values as the operations take them: an empty field is none."""
    optional = {name: values[name] or None for name in ("domain", "phone", "address")}
    return {
        "name": values["name"],
        "level": values["level"],
        "note": values["note"],
        **optional,
    }


def _checked(values: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not values["name"]:
        errors["name"] = _("A company needs a name.")
    elif len(values["name"]) > 200:
        errors["name"] = _("At most 200 characters, please.")
    if len(values["address"]) > 400:
        errors["address"] = _("At most 400 characters, please.")
    if values["level"] not in LEVELS:
        errors["level"] = _("Choose one of the list.")
    return errors


def _address_errors(error: DomainTaken | InvalidAddress, values: dict[str, str]) -> dict[str, str]:
    if isinstance(error, DomainTaken):
        words = _(
            "%(domain)s belongs to %(name)s already.", domain=error.domain, name=error.company_name
        )
        return {"domain": words}
    if str(error) == values["phone"]:
        return {"phone": _("This is not a phone number.")}
    return {"domain": _("This is not a mail domain. Example: acme.com")}


def _form(
    company: Company | None, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> Any:
    html = render_template(
        "contacts/company_form.html",
        company=company,
        values=values,
        errors=errors,
        levels=list(LEVELS.items()),
    )
    return html, status
