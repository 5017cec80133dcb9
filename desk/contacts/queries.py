"""What is asked about customers: lists with search, one contact, one company."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from desk.contacts.models import Company, Contact, ContactAddress

PAGE = 50


class BadCursor(ValueError):
    """A paging cursor that this list did not give out."""


@dataclass(frozen=True)
class ContactFilter:
    """What the list of people is narrowed to; `text` looks into name, company, mail and phone."""

    text: str | None = None
    company_id: int | None = None
    level: str | None = None
    kind: str | None = None  # 2b: of a company | 2c: on their own


@dataclass(frozen=True)
class Page:
    """Rows, and the cursor of the next page."""

    rows: tuple[Any, ...]
    next: str | None


def list_contacts(
    session: Session, wanted: ContactFilter, *, cursor: str | None = None, limit: int = PAGE
) -> Page:
    """Contacts by name, with company and addresses. Raises BadCursor."""
    statement = select(Contact).options(
        joinedload(Contact.company), selectinload(Contact.addresses)
    )
    if wanted.text:
        statement = statement.where(_contact_text(wanted.text.strip()))
    if wanted.company_id is not None:
        statement = statement.where(Contact.company_id == wanted.company_id)
    if wanted.level is not None:
        statement = statement.where(Contact.level == wanted.level)
    if wanted.kind is not None:
        own = Contact.company_id.is_(None)
        statement = statement.where(own if wanted.kind == "2c" else ~own)
    return _by_name(session, statement, Contact, cursor, limit)


def list_companies(
    session: Session,
    *,
    text: str | None = None,
    level: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Companies by name. Raises BadCursor."""
    statement = select(Company)
    if text:
        statement = statement.where(
            or_(
                Company.name.icontains(text.strip(), autoescape=True),
                Company.domain.icontains(text.strip(), autoescape=True),
            )
        )
    if level is not None:
        statement = statement.where(Company.level == level)
    return _by_name(session, statement, Company, cursor, limit)


def contact_by_id(session: Session, number: int) -> Contact | None:
    """The contact with company and addresses."""
    return session.scalars(
        select(Contact)
        .where(Contact.id == number)
        .options(joinedload(Contact.company), selectinload(Contact.addresses))
    ).one_or_none()


def company_by_id(session: Session, number: int) -> Company | None:
    """The company."""
    return session.get(Company, number)


def count_people(session: Session, company_id: int) -> int:
    """How many contacts a company has."""
    statement = select(func.count()).where(Contact.company_id == company_id)
    return session.scalar(statement) or 0


def all_companies(session: Session, *, limit: int = 1000) -> list[Company]:
    """Companies to choose from, by name."""
    return list(session.scalars(select(Company).order_by(Company.name, Company.id).limit(limit)))


def _contact_text(text: str) -> Any:
    addresses = select(ContactAddress.contact_id)
    found = [
        Contact.name.icontains(text, autoescape=True),
        Contact.company_id.in_(
            select(Company.id).where(Company.name.icontains(text, autoescape=True))
        ),
    ]
    digits = "".join(c for c in text if c.isdecimal() and c.isascii()).lstrip("0")
    if len(digits) >= 3 and len(digits) >= len(text) // 2:
        found.append(
            Contact.id.in_(
                addresses.where(
                    ContactAddress.kind == "phone", ContactAddress.value.contains(digits)
                )
            )
        )
    else:
        found.append(
            Contact.id.in_(
                addresses.where(
                    ContactAddress.kind == "mail",
                    ContactAddress.value.contains(text.lower(), autoescape=True),
                )
            )
        )
    return or_(*found)


def _by_name(
    session: Session, statement: Select[Any], table: Any, cursor: str | None, limit: int
) -> Page:
    if cursor:
        statement = statement.where(tuple_(table.name, table.id) > tuple_(*_read_cursor(cursor)))
    rows = session.scalars(statement.order_by(table.name, table.id).limit(limit + 1)).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        packed = json.dumps([last.name, last.id]).encode()
        following = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return Page(tuple(rows[:limit]), following)


def _read_cursor(cursor: str) -> tuple[str, int]:
    try:
        name, number = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return str(name), int(number)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(cursor[:80]) from error
