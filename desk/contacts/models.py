"""Customers: companies, the people in them, and the addresses by which they are recognised."""

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record


class Company(Record):
    """A business customer (2B)."""

    __tablename__ = "company"

    name: Mapped[str] = mapped_column(String(200), index=True)
    domain: Mapped[str | None] = mapped_column(String(200), unique=True)  # matches new mail senders
    level: Mapped[str] = mapped_column(String(16), default="normal")  # normal | vip
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(400))
    note: Mapped[str] = mapped_column(Text, default="")
    contacts: Mapped[list["Contact"]] = relationship(back_populates="company")


class Contact(Record):
    """A person who asks: of a company (2B) or on their own (2C)."""

    __tablename__ = "contact"
    __table_args__ = (Index(None, "name"),)

    name: Mapped[str] = mapped_column(String(200))
    company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", ondelete="SET NULL"), index=True
    )
    level: Mapped[str] = mapped_column(String(16), default="normal")  # normal | vip
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(Text, default="")
    company: Mapped[Company | None] = relationship(back_populates="contacts")
    addresses: Mapped[list["ContactAddress"]] = relationship(
        back_populates="contact", cascade="all, delete-orphan", order_by="ContactAddress.id"
    )


class ContactAddress(Record):
    """One mail address or phone number; normalised, so that it belongs to one contact only."""

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(8))  # mail | phone
    value: Mapped[str] = mapped_column(String(254))
    contact: Mapped[Contact] = relationship(back_populates="addresses")
