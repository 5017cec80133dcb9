"""Customers as programs see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.contacts import operations, queries
from desk.contacts.addresses import InvalidAddress
from desk.contacts.events import tell_created
from desk.contacts.models import Company, Contact
from desk.contacts.schemas import (
    AddressSchema,
    CompanyPage,
    CompanyQuery,
    CompanySchema,
    ContactPage,
    ContactQuery,
    ContactSchema,
    NewCompany,
    NewContact,
)
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("contacts", description="Customers: people and companies")


@contextmanager
def _changing() -> Iterator[Session]:
    """A transaction; what the operations refuse becomes 409 or 422."""
    try:
        with current_desk().database.transaction() as session:
            yield session
    except operations.AddressTaken as taken:
        abort(409, message=f"{taken.value} belongs to contact {taken.contact_id}.")
    except operations.DomainTaken as taken:
        abort(409, message=f"{taken.domain} belongs to company {taken.company_id}.")
    except InvalidAddress as invalid:
        abort(422, message=f"Not a usable address, number or domain: {invalid}")


@blueprint.route("/contacts")
@requires("contact.read")
@blueprint.arguments(ContactQuery, location="query")
@blueprint.response(200, ContactPage)
def list_contacts(query: dict[str, Any]) -> dict[str, Any]:
    """People by name."""
    limit, after = query.pop("limit"), query.pop("after")
    wanted = queries.ContactFilter(text=query.pop("q", None), **query)
    with current_desk().reading() as session, _reading_pages():
        page = queries.list_contacts(session, wanted, cursor=after, limit=limit)
    return {"items": page.rows, "next": page.next}


@blueprint.route("/contacts", methods=["POST"])
@requires("contact.edit")
@blueprint.arguments(NewContact)
@blueprint.response(201, ContactSchema)
def create_contact(given: dict[str, Any]) -> Contact:
    """Add a customer. 409 when an address is somebody else's."""
    with _changing() as session:
        if given["company_id"] is not None and session.get(Company, given["company_id"]) is None:
            abort(422, errors={"json": {"company_id": ["There is no such company."]}})
        contact = operations.create_contact(session, **given)
        tell_created(session, current_desk().engine, contact, actor=current_actor())
        number = contact.id
    return _contact(number)


@blueprint.route("/contacts/<int:contact_id>")
@requires("contact.read")
@blueprint.response(200, ContactSchema)
def get_contact(contact_id: int) -> Contact:
    """One customer."""
    return _contact(contact_id)


@blueprint.route("/contacts/<int:contact_id>/addresses", methods=["POST"])
@requires("contact.edit")
@blueprint.arguments(AddressSchema)
@blueprint.response(201, ContactSchema)
def add_address(given: dict[str, Any], contact_id: int) -> Contact:
    """Give a customer one more address. 409 when it is somebody else's."""
    with _changing() as session:
        contact = session.get(Contact, contact_id)
        if contact is None:
            raise NotFound
        operations.add_address(session, contact, kind=given["kind"], value=given["value"])
    return _contact(contact_id)


@blueprint.route("/companies")
@requires("contact.read")
@blueprint.arguments(CompanyQuery, location="query")
@blueprint.response(200, CompanyPage)
def list_companies(query: dict[str, Any]) -> dict[str, Any]:
    """Companies by name."""
    with current_desk().reading() as session, _reading_pages():
        page = queries.list_companies(
            session,
            text=query.get("q"),
            level=query.get("level"),
            cursor=query["after"],
            limit=query["limit"],
        )
    return {"items": page.rows, "next": page.next}


@blueprint.route("/companies", methods=["POST"])
@requires("contact.edit")
@blueprint.arguments(NewCompany)
@blueprint.response(201, CompanySchema)
def create_company(given: dict[str, Any]) -> Company:
    """Add a company. 409 when the mail domain is another's."""
    with _changing() as session:
        company = operations.create_company(session, **given)
        tell_created(session, current_desk().engine, company, actor=current_actor())
        return company


@blueprint.route("/companies/<int:company_id>")
@requires("contact.read")
@blueprint.response(200, CompanySchema)
def get_company(company_id: int) -> Company:
    """One company."""
    with current_desk().reading() as session:
        company = queries.company_by_id(session, company_id)
    if company is None:
        raise NotFound
    return company


@contextmanager
def _reading_pages() -> Iterator[None]:
    try:
        yield
    except queries.BadCursor:
        abort(422, message="`after` is not a cursor of this list.")


def _contact(contact_id: int) -> Contact:
    with current_desk().reading() as session:
        contact = queries.contact_by_id(session, contact_id)
    if contact is None:
        raise NotFound
    return contact
