"""Custom fields of tickets, their groups, the dictionaries they choose from, and one value a ticket and field.

[000 §5.1.1, §9.3.10; 004 §4.10.1, §4.17.2, §4.17.6, §4.17.11]
"""

import json
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class AnyJson(TypeDecorator[Any]):
    """Any JSON value as text: SQLite's JSON columns take a number on its own for a number."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Kind(StrEnum):
    """What a field holds [000 §5.1.1]."""

    CHOICE = "choice"  # 下拉列表: the key of an entry of its dictionary
    CHOICES = "choices"  # several of them: a list of keys
    CASCADE = "cascade"  # 级联: the key of a leaf of a dictionary that is a tree
    LINE = "line"  # 单行文本
    TEXT = "text"  # 多行文本
    INTEGER = "integer"  # 数字
    DECIMAL = "decimal"  # 小数
    CHECK = "check"  # 复选框
    DATE = "date"  # 日期: "2026-05-31"
    DATETIME = "datetime"  # 日期时间: "2026-05-31T09:30+08:00"
    TIME = "time"  # 时间: "09:30"
    PATTERN = "pattern"  # 正则表达式
    STARS = "stars"  # 评星: 1–5
    PHONE = "phone"  # 文本（电话类型）
    POSITION = "position"  # 位置字段: {"address", "lat", "lon"}
    FILE = "file"  # 附件: a list of {"id", "name"}, attachments of the ticket
    COMPUTED = "computed"  # 计算字段: what its FEEL says
    TABLE = "table"  # 商品表, 资产表: a list of rows, objects by the keys of its columns


class Held(StrEnum):
    """For whom a field is read-only [000 §5.1.1]."""

    NOBODY = "nobody"
    AGENTS = "agents"  # everybody of the desk
    TEAMS = "teams"
    PEOPLE = "people"
    CUSTOMERS = "customers"


class FieldGroup(Record):
    """Fields that stand together and fold together (字段分组) [000 §9.3.10]."""

    __tablename__ = "ticket_field_group"

    title: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    note: Mapped[str] = mapped_column(String(400), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)


class Dictionary(Record):
    """Values to choose from (数据字典) [004 §4.17.11]."""

    __tablename__ = "dictionary"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(400), default="")


class DictionaryEntry(Record):
    """One value. It is withdrawn, never deleted: tickets that have it keep it, nobody can choose it."""

    __tablename__ = "dictionary_entry"
    __table_args__ = (UniqueConstraint("dictionary_id", "key"),)

    dictionary_id: Mapped[int] = mapped_column(ForeignKey("dictionary.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("dictionary_entry.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(400), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Catalogue(Record):
    """Goods or parts from which rows of tables are picked (商品目录, 备件目录) [000 §5.2.15]."""

    __tablename__ = "catalogue"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(400), default="")


class CatalogueItem(Record):
    """One of them. It is withdrawn, never deleted; rows that were picked keep what they took over."""

    __tablename__ = "catalogue_item"
    __table_args__ = (UniqueConstraint("catalogue_id", "code"),)

    catalogue_id: Mapped[int] = mapped_column(ForeignKey("catalogue.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(32), default="")
    price: Mapped[Decimal | None] = mapped_column(Numeric(16, 4))
    note: Mapped[str] = mapped_column(String(400), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Field(Record):
    """A field of tickets. Its key and kind last; it is withdrawn, never deleted while tickets have values."""

    __tablename__ = "ticket_field"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_field_group.id"), index=True)
    label: Mapped[dict[str, str]] = mapped_column(Json)
    help: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    kind: Mapped[str] = mapped_column(String(16))
    dictionary_id: Mapped[int | None] = mapped_column(ForeignKey("dictionary.id"), index=True)
    expression: Mapped[str] = mapped_column(Text, default="")  # FEEL, of a computed field
    pattern: Mapped[str] = mapped_column(String(256), default="")  # of a text by pattern
    columns: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # of a table
    catalogue_id: Mapped[int | None] = mapped_column(ForeignKey("catalogue.id"), index=True)
    required: Mapped[bool] = mapped_column(Boolean, default=False)
    held: Mapped[str] = mapped_column(String(16), default=Held.NOBODY)
    held_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # of teams or people
    in_list: Mapped[bool] = mapped_column(Boolean, default=False)
    searchable: Mapped[bool] = mapped_column(Boolean, default=False)
    types: Mapped[list[str]] = mapped_column(Json, default=list)  # of tickets; empty: all
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    group: Mapped[FieldGroup | None] = relationship(lazy="joined")
    dictionary: Mapped[Dictionary | None] = relationship(lazy="joined")


class FieldValue(Record):
    """What a ticket has in a field; no row where it has nothing.

    `value` is what everybody reads. Lists filter and sort by the rest: the whole as text (keys of
    several choices as "|a|b|", rows of a table as a sentence), the beginning of it to sort by, a number (of a
    table its first total), a moment in UTC.
    """

    __tablename__ = "ticket_field_value"
    __table_args__ = (
        UniqueConstraint("ticket_id", "field_id"),
        Index(None, "field_id", "start"),
        Index(None, "field_id", "number"),
        Index(None, "field_id", "moment"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    field_id: Mapped[int] = mapped_column(ForeignKey("ticket_field.id", ondelete="CASCADE"))
    value: Mapped[Any] = mapped_column(AnyJson)
    text: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[str] = mapped_column(String(100), default="")
    number: Mapped[Decimal | None] = mapped_column(Numeric(30, 10))
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime)
