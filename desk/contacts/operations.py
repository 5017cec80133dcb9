"""What can be done with customers: companies, the people in them, their addresses.

Every function takes the caller's open write session and leaves the commit to the caller.
"""

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import String, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from desk.contacts.addresses import (
    AddressKind,
    InvalidAddress,
    company_domains,
    normal,
    normal_mail,
    normal_phone,
    shown_phone,
)
from desk.contacts.models import Company, Contact, ContactAddress
from desk.database import insert_now, load_now
from engine.database import is_sqlite
from engine.statements import Query, run, values_of
from engine.timestamps import utc_now

Level = Literal["normal", "vip"]


class AddressTaken(Exception):
    """The address is another contact's; merging two contacts is a decision for a person."""

    def __init__(self, value: str, contact: Contact) -> None:
        super().__init__(f"{value} belongs to {contact.name}")
        # not the record: whoever catches this has rolled back, and the record is empty then
        self.value, self.contact_id, self.contact_name = value, contact.id, contact.name


class DomainTaken(Exception):
    """The mail domain is another company's."""

    def __init__(self, domain: str, company: Company) -> None:
        super().__init__(f"{domain} belongs to {company.name}")
        self.domain, self.company_id, self.company_name = domain, company.id, company.name


class NothingToMatch(ValueError):
    """Neither a mail address nor a phone number was given that could be used."""


def create_company(
    session: Session,
    *,
    name: str,
    domain: str | None = None,
    level: Level = "normal",
    phone: str | None = None,
    address: str | None = None,
    note: str = "",
) -> Company:
    """A new company (2B). Contacts that are already there are not moved into it.

    Raises DomainTaken; InvalidAddress for a phone number or domain that is none.
    """
    company = Company()
    _set_company(session, company, name, domain, level, phone, address, note)
    return company


def update_company(
    session: Session,
    company: Company,
    *,
    name: str,
    domain: str | None,
    level: Level,
    phone: str | None,
    address: str | None,
    note: str,
) -> Company:
    """Change a company; raises as `create_company` does."""
    _set_company(session, company, name, domain, level, phone, address, note)
    return company


def create_contact(
    session: Session,
    *,
    name: str,
    mails: Iterable[str] = (),
    phones: Iterable[str] = (),
    company_id: int | None = None,
    level: Level = "normal",
    locale: str = "zh_CN",
    owner_id: int | None = None,
    note: str = "",
) -> Contact:
    """A new contact: of a company (2B) when `company_id` is given, else on their own (2C).

    Without `company_id` the company is found by mail domain, as in `match_or_create`.
    Raises AddressTaken, InvalidAddress.
    """
    addresses = [("mail", normal_mail(m)) for m in mails] + [
        ("phone", normal_phone(p)) for p in phones
    ]
    mail = next((value for kind, value in addresses if kind == "mail"), None)
    contact = Contact(
        name=name.strip(),
        company_id=company_id if company_id is not None else _company_of(session, mail),
        level=level,
        locale=locale,
        owner_id=owner_id,
        note=note,
    )
    session.add(contact)
    session.flush()
    for kind, value in dict.fromkeys(addresses):
        _claim(session, contact, kind, value)
    return contact


def update_contact(
    session: Session,
    contact: Contact,
    *,
    name: str,
    company_id: int | None,
    level: Level,
    locale: str,
    note: str,
    mails: Iterable[str] | None = None,
    phones: Iterable[str] | None = None,
) -> Contact:
    """Change a contact; addresses that are given become exactly the contact's addresses.

    Raises AddressTaken, InvalidAddress; the caller's transaction must then be rolled back.
    """
    contact.name, contact.company_id, contact.level = name.strip(), company_id, level
    contact.locale, contact.note = locale, note
    contact.updated_at = utc_now()  # also when only an address changes
    for kind, given in (("mail", mails), ("phone", phones)):
        if given is None:
            continue
        wanted = {normal(kind, raw) for raw in given}  # type: ignore[arg-type]
        current = {a.value: a for a in contact.addresses if a.kind == kind}
        for value in current.keys() - wanted:
            contact.addresses.remove(current[value])
        session.flush()
        for value in sorted(wanted - current.keys()):
            _claim(session, contact, kind, value)
    return contact


def add_address(
    session: Session, contact: Contact, *, kind: AddressKind, value: str
) -> ContactAddress:
    """Give a contact one more address; an address they have already is returned as it is.

    Raises AddressTaken, InvalidAddress.
    """
    return _claim(session, contact, kind, normal(kind, value))


def find_contact(
    session: Session, *, mail: str | None = None, phone: str | None = None
) -> Contact | None:
    """The contact with this mail address, else with this phone number (both in any spelling)."""
    return _owner(session, _given(mail, phone))


def match_or_create(
    session: Session,
    *,
    mail: str | None = None,
    phone: str | None = None,
    name: str | None = None,
    locale: str | None = None,
) -> Contact:
    """The contact with this mail address or phone number; a new one where there is none.

    The mail address counts first. An existing contact is returned unchanged: anybody can write any
    phone number into a form, so only a person of the desk adds an address to a known contact. A new
    one is put into the company of its mail domain. Two callers at the same time get the same
    contact: the unique index decides. Raises NothingToMatch.
    """
    given = _given(mail, phone)
    if not given:
        raise NothingToMatch("neither a mail address nor a phone number")
    if owner := _owner(session, given):
        return owner
    kind, value = given[0]
    contact = Contact(
        name=((name or "").strip() or _name_from(kind, value))[:200],
        company_id=_company_of(session, value if kind == "mail" else None),
        locale=locale or "zh_CN",
    )
    insert_now(session, contact)
    if not _insert_address(session, contact.id, kind, value):
        # Somebody else made this contact since we looked; ours was never seen by anyone.
        session.execute(delete(Contact).where(Contact.id == contact.id))
        session.expunge(contact)
        faster = _owner(session, given[:1])
        if faster is None:
            raise RuntimeError(f"{value} is taken, but by nobody")
        return faster
    for kind, value in given[1:]:
        _insert_address(session, contact.id, kind, value)
    return contact


def _given(mail: str | None, phone: str | None) -> list[tuple[str, str]]:
    """What was given, in stored form, mail first; what is no address is passed over."""
    given: list[tuple[str, str]] = []
    for kind, raw in (("mail", mail), ("phone", phone)):
        if raw and raw.strip():
            try:
                given.append((kind, normal(kind, raw)))  # type: ignore[arg-type]
            except InvalidAddress:
                continue  # a form's free text; the words themselves stay on the message
    return given


def _owner(session: Session, given: list[tuple[str, str]]) -> Contact | None:
    if not given:
        return None
    for kind, value in given:  # mail first
        owner = run(session, _OWNER, {"of_kind": kind, "with_value": value}).scalar()
        if owner is not None:
            return load_now(session, Contact, owner)
    return None


_OWNER = Query(
    select(ContactAddress.contact_id).where(
        ContactAddress.kind == bindparam("of_kind"), ContactAddress.value == bindparam("with_value")
    )
)


def _company_of(session: Session, mail: str | None) -> int | None:
    domains = company_domains(mail) if mail else []
    if not domains:
        return None
    found = run(session, _OF_DOMAINS[is_sqlite(session)], {"domains": domains})
    known = {row.domain: row.id for row in found}
    return next((known[domain] for domain in domains if domain in known), None)


def _of_domains(for_sqlite: bool) -> Query:
    domains = select(values_of("domains", String, for_sqlite=for_sqlite))
    return Query(select(Company.id, Company.domain).where(Company.domain.in_(domains)))


_OF_DOMAINS = {lite: _of_domains(lite) for lite in (True, False)}


def _claim(session: Session, contact: Contact, kind: str, value: str) -> ContactAddress:
    inserted = _insert_address(session, contact.id, kind, value)
    address = session.scalars(
        select(ContactAddress).where(ContactAddress.kind == kind, ContactAddress.value == value)
    ).one()
    if address.contact_id != contact.id:
        raise AddressTaken(value, address.contact)
    if inserted:
        session.expire(contact, ["addresses"])
    return address


def _insert_address(session: Session, contact_id: int, kind: str, value: str) -> bool:
    """Whether the address is new; PostgreSQL waits for a transaction that is just inserting it."""
    now = utc_now()
    values = {"contact_id": contact_id, "kind": kind, "value": value, "created_at": now}
    new = _INSERT_ADDRESS[is_sqlite(session)]
    return bool(run(session, new, {**values, "updated_at": now}))


def _new_address(insert: Any) -> Query:
    return Query(
        insert(ContactAddress.__table__)
        .on_conflict_do_nothing(index_elements=["kind", "value"])
        .returning(ContactAddress.id)
    )


# By whether the database is SQLite; built once, since every new customer asks.
_INSERT_ADDRESS = {True: _new_address(sqlite_insert), False: _new_address(postgresql_insert)}


def _name_from(kind: str, value: str) -> str:
    return value.partition("@")[0] if kind == "mail" else shown_phone(value)


def _set_company(
    session: Session,
    company: Company,
    name: str,
    domain: str | None,
    level: Level,
    phone: str | None,
    address: str | None,
    note: str,
) -> None:
    known = normal_mail(f"x@{domain.strip().lstrip('@')}")[2:] if domain else None
    taken = (
        known
        and session.scalars(
            select(Company).where(Company.domain == known, Company.id != (company.id or 0))
        ).first()
    )
    if taken:
        raise DomainTaken(known or "", taken)
    company.name, company.level, company.note = name.strip(), level, note
    company.domain, company.address = known, address or None
    company.phone = normal_phone(phone) if phone and phone.strip() else None
    session.add(company)
    session.flush()
