"""Catalogues of goods and parts (商品目录, 备件目录) that rows of tables are picked from [000 §5.2.15].

Every change is an entry of the log. Items are withdrawn, never deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.fields.models import Catalogue, CatalogueItem, Field
from desk.fields.operations import KEY, FieldError
from desk.fields.tables import Fills, columns_of, digits
from desk.forms.tree import Json
from desk.people.log import record
from engine.actors import Actor

FOUND: Final = 20  # items that a search in a ticket shows
LARGEST: Final = Decimal(10) ** 12
# What a column of a file is called, in either language.
HEADINGS: Final[Mapping[str, str]] = {
    "code": "code", "编号": "code", "编码": "code", "name": "title", "title": "title", "名称": "title",
    "unit": "unit", "单位": "unit", "unit price": "price", "price": "price", "单价": "price",
    "note": "note", "备注": "note",
}  # fmt: skip


@dataclass(frozen=True)
class ItemSettings:
    """What can be set of an item; `price` as people write it, empty for none."""

    code: str
    title: str
    unit: str = ""
    price: str = ""
    note: str = ""
    active: bool = True


def catalogue_by_key(session: Session, key: str) -> Catalogue | None:
    """One of them."""
    return session.scalars(select(Catalogue).where(Catalogue.key == key)).one_or_none()


def items(
    session: Session, catalogue_id: int, said: str = "", *, limit: int | None = None
) -> Sequence[CatalogueItem]:
    """Items whose code, name or note holds every word, by code; withdrawn ones too."""
    wanted = select(CatalogueItem).where(CatalogueItem.catalogue_id == catalogue_id)
    for word in said.split()[:8]:
        wanted = wanted.where(
            CatalogueItem.code.icontains(word, autoescape=True)
            | CatalogueItem.title.icontains(word, autoescape=True)
            | CatalogueItem.note.icontains(word, autoescape=True)
        )
    return session.scalars(wanted.order_by(CatalogueItem.code, CatalogueItem.id).limit(limit)).all()


def offered(session: Session, catalogue_id: int, said: str) -> Sequence[CatalogueItem]:
    """What a search in a ticket finds: items in use, the first by code."""
    wanted = items(session, catalogue_id, said)
    return [item for item in wanted if item.active][:FOUND]


def row_of(table: Field, item: CatalogueItem) -> dict[str, Json]:
    """The row that an item fills, by the columns that take something from it."""
    price = None
    if item.price is not None:
        price = int(item.price) if item.price == item.price.to_integral_value() else float(item.price)
    has = {Fills.CODE: item.code, Fills.TITLE: item.title, Fills.UNIT: item.unit, Fills.PRICE: price}
    return {
        column.key: has[Fills(column.fills)] for column in columns_of(table) if column.fills != Fills.NOTHING
    }


def create_catalogue(
    session: Session, key: str, title: Mapping[str, str], note: str = "", *, actor: Actor
) -> Catalogue:
    """Add an empty catalogue. Raises FieldError: key taken or unusable, no title."""
    key = key.strip().lower()
    if not KEY.fullmatch(key):
        raise FieldError("key", _l("Use small letters, digits and underscores, a letter first."))
    if catalogue_by_key(session, key) is not None:
        raise FieldError("key", _l("There is a catalogue with this key already."))
    made = Catalogue(key=key, title=_title(title), note=_line(note, 400))
    session.add(made)
    session.flush()
    _log(session, key, actor, new={"name": made.title})
    return made


def add_item(
    session: Session, of: Catalogue, settings: ItemSettings, *, actor: Actor
) -> CatalogueItem:
    """Add an item. Raises FieldError."""
    made = CatalogueItem(catalogue_id=of.id)
    _keep(session, made, settings)
    session.add(made)
    session.flush()
    _log(session, of.key, actor, new=_said(made))
    return made


def change_item(
    session: Session, of: Catalogue, item: CatalogueItem, settings: ItemSettings, *, actor: Actor
) -> None:
    """Change an item, or withdraw it; rows that were picked keep what they took over. Raises FieldError."""
    old = _said(item)
    _keep(session, item, settings)
    session.flush()
    new = _said(item)
    differs = [name for name in new if old[name] != new[name]]
    if differs:
        old, new = ({"code": item.code, **{n: side[n] for n in differs}} for side in (old, new))
        _log(session, of.key, actor, old=old, new=new)


def bring_in(
    session: Session, of: Catalogue, rows: Iterable[Sequence[str]], *, actor: Actor
) -> tuple[int, int]:
    """Items of a file, its headings first; an item whose code is known is changed. Returns (added, changed).

    Raises FieldError for a heading that is missing and for the first row that cannot be kept; nothing is
    kept then, as the caller's transaction is rolled back.
    """
    lines = iter(rows)
    names = [HEADINGS.get(heading.strip().casefold(), "") for heading in next(lines, ())]
    if not {"code", "title"} <= set(names):
        raise FieldError("file", _l("The first row has to name the columns: code, name, unit, unit price, note."))
    known = {item.code: item for item in items(session, of.id)}
    added = changed = 0
    for number, cells in enumerate(lines, 2):
        given: dict[str, Any] = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
        item = known.get(given.get("code", ""))
        before = item and _said(item)
        try:
            if item is None:
                item = CatalogueItem(catalogue_id=of.id)
                _keep(session, item, ItemSettings(**{"code": "", "title": "", **given}))
                session.add(item)
                known[item.code] = item
                added += 1
                continue
            _keep(session, item, replace(settings_of(item), **given))
            changed += before != _said(item)
        except FieldError as error:
            reason = _l("Row %(number)s: %(reason)s", number=number, reason=error.words)
            raise FieldError("file", reason) from error
    session.flush()
    _log(session, of.key, actor, new={"rows": added + changed})
    return added, changed


def _keep(session: Session, item: CatalogueItem, settings: ItemSettings) -> None:
    code, title = _line(settings.code, 64), _line(settings.title, 200)
    if not code:
        raise FieldError("code", _l("Give it a code."))
    if not title:
        raise FieldError("title", _l("Give it a name."))
    price = _price(settings.price)
    with session.no_autoflush:
        same = select(CatalogueItem.id).where(
            CatalogueItem.catalogue_id == item.catalogue_id, CatalogueItem.code == code
        )
        taken = session.scalar(same)
    if taken is not None and taken != item.id:
        raise FieldError("code", _l("The catalogue has an item with this code already."))
    item.code, item.title, item.price = code, title, price
    item.unit, item.note, item.active = _line(settings.unit, 32), _line(settings.note, 400), settings.active


def _price(text: str) -> Decimal | None:
    text = text.strip().replace(",", "").replace("，", "").lstrip("¥￥")
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or abs(price) >= LARGEST:
        raise FieldError("price", _l("This is not a price."))
    return round(price, 4)


def settings_of(item: CatalogueItem) -> ItemSettings:
    """What is set of an item."""
    return ItemSettings(item.code, item.title, item.unit, _price_said(item), item.note, item.active)


def _price_said(item: CatalogueItem) -> str:
    return "" if item.price is None else digits(item.price)


def _title(texts: Mapping[str, str]) -> dict[str, str]:
    kept = {lang: said for lang, text in texts.items() if (said := _line(text, 120))}
    if not kept:
        raise FieldError("title_zh", _l("Give it a name."))
    return kept


def _line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]


def _said(item: CatalogueItem) -> dict[str, Any]:
    return {
        "code": item.code, "name": item.title, "unit": item.unit, "price": _price_said(item),
        "note": item.note, "active": item.active,
    }  # fmt: skip


def _log(
    session: Session,
    key: str,
    actor: Actor,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any],
) -> None:
    record(session, "catalogue_changed", actor=actor, subject=f"catalogue:{key}", old=old, new=new)
