"""Settings: catalogues of goods and parts, each a list that is searched, added to and brought in from a file."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields import catalogues
from desk.fields.catalogues import ItemSettings
from desk.fields.models import Catalogue, CatalogueItem
from desk.fields.operations import FieldError
from desk.fields.pages import PERMISSION, blueprint, texts
from desk.fields.tables import digits
from desk.imports.sheet import ImportRefused, read_sheet
from desk.people.access import current_actor, requires
from desk.web import navigation
from desk.web.localisation import words

MOST = 500  # items that the page of a catalogue shows

navigation.register_setting(
    navigation.SettingsTab("catalogues", _l("Catalogues"), "fields.catalogue_list", PERMISSION, 28)
)


@blueprint.get("/settings/catalogues")
@requires(PERMISSION)
def catalogue_list() -> str:
    """All catalogues, and how much is in them."""
    return _list()


@blueprint.post("/settings/catalogues")
@requires(PERMISSION)
def add_catalogue() -> Any:
    """Add an empty catalogue."""
    form = request.form
    try:
        with current_desk().database.transaction() as session:
            made = catalogues.create_catalogue(
                session, form.get("key", ""), texts("title"), form.get("note", ""), actor=current_actor()
            )
            key = made.key
    except FieldError as error:
        return _list(error), 422
    return redirect(url_for("fields.catalogue_page", key=key), 303)


@blueprint.get("/settings/catalogues/<key>")
@requires(PERMISSION)
def catalogue_page(key: str) -> str:
    """One catalogue with its items; `?q=` searches."""
    return _page(key)


@blueprint.post("/settings/catalogues/<key>")
@requires(PERMISSION)
def add_item(key: str) -> Any:
    """Add an item."""
    try:
        with current_desk().database.transaction() as session:
            catalogues.add_item(session, _found(session, key), _sent(active=True), actor=current_actor())
    except FieldError as error:
        return _page(key, error), 422
    return redirect(url_for("fields.catalogue_page", key=key, _anchor="add"), 303)


@blueprint.post("/settings/catalogues/<key>/file")
@requires(PERMISSION)
def bring_in_items(key: str) -> Any:
    """Items of a workbook or a CSV file; those whose code is known are changed."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise FieldError("file", _l("Choose a file."))
        sheet = read_sheet(file.filename, file.stream)
        with current_desk().database.transaction() as session:
            rows = (line.cells for line in sheet.lines)
            added, changed = catalogues.bring_in(session, _found(session, key), rows, actor=current_actor())
    except ImportRefused as refused:
        return _page(key, FieldError("file", words(refused.words))), 422
    except FieldError as error:
        return _page(key, error), 422
    flash(_("%(added)s items were added, %(changed)s changed.", added=added, changed=changed), "success")
    return redirect(url_for("fields.catalogue_page", key=key), 303)


@blueprint.get("/settings/catalogues/<key>/items/<int:number>")
@requires(PERMISSION)
def item_page(key: str, number: int) -> str:
    """One item."""
    return _item_page(key, number)


@blueprint.post("/settings/catalogues/<key>/items/<int:number>")
@requires(PERMISSION)
def save_item(key: str, number: int) -> Any:
    """Save an item, or withdraw it."""
    try:
        with current_desk().database.transaction() as session:
            found = _found(session, key)
            sent = _sent(active=request.form.get("active") == "1")
            item = _item(session, found, number)
            catalogues.change_item(session, found, item, sent, actor=current_actor())
    except FieldError as error:
        return _item_page(key, number, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("fields.catalogue_page", key=key), 303)


def _sent(*, active: bool) -> ItemSettings:
    form = request.form
    code, title, unit, price, note = (
        form.get(name, "") for name in ("code", "title", "unit", "price", "note")
    )
    return ItemSettings(code, title, unit, price, note, active)


def _found(session: Session, key: str) -> Catalogue:
    return catalogues.catalogue_by_key(session, key) or abort(404)


def _item(session: Session, found: Catalogue, number: int) -> CatalogueItem:
    item = session.get(CatalogueItem, number)
    return item if item is not None and item.catalogue_id == found.id else abort(404)


def _list(error: FieldError | None = None) -> str:
    with current_desk().reading() as session:
        rows = session.execute(
            select(Catalogue, func.count(CatalogueItem.id))
            .outerjoin(CatalogueItem, CatalogueItem.catalogue_id == Catalogue.id)
            .group_by(Catalogue.id)
            .order_by(Catalogue.key)
        ).all()
        return render_template("fields/catalogues.html", rows=rows, error=error)


def _page(key: str, error: FieldError | None = None) -> str:
    said = request.args.get("q", "")
    with current_desk().reading() as session:
        found = _found(session, key)
        return render_template(
            "fields/catalogue.html",
            found=found,
            said=said,
            items=catalogues.items(session, found.id, said, limit=MOST),
            digits=digits,
            error=error,
        )


def _item_page(key: str, number: int, error: FieldError | None = None) -> str:
    with current_desk().reading() as session:
        found = _found(session, key)
        item = _item(session, found, number)
    sent = request.method == "POST"
    return render_template(
        "fields/item.html",
        catalogue=found,
        item=item,
        settings=_sent(active=request.form.get("active") == "1") if sent else catalogues.settings_of(item),
        error=error,
    )
