"""Settings: dictionaries, each with its values in an order and, for cascades, below one another."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields import operations
from desk.fields.forms import entries_of
from desk.fields.models import Dictionary, DictionaryEntry, Field
from desk.fields.operations import FieldError
from desk.fields.pages import PERMISSION, blueprint, moved, texts
from desk.people.access import current_actor, requires
from desk.web import navigation
from desk.web.localisation import words

navigation.register_setting(
    navigation.SettingsTab(
        "dictionaries", _l("Dictionaries"), "fields.dictionary_list", PERMISSION, 27
    )
)


@blueprint.get("/settings/dictionaries")
@requires(PERMISSION)
def dictionary_list() -> str:
    """All dictionaries, and how much is in them."""
    return _list()


@blueprint.post("/settings/dictionaries")
@requires(PERMISSION)
def add_dictionary() -> Any:
    """Add an empty dictionary."""
    try:
        with current_desk().database.transaction() as session:
            made = operations.create_dictionary(
                session,
                request.form.get("key", ""),
                texts("title"),
                request.form.get("note", ""),
                actor=current_actor(),
            )
            key = made.key
    except FieldError as error:
        return _list(error), 422
    return redirect(url_for("fields.dictionary_page", key=key), 303)


@blueprint.get("/settings/dictionaries/<key>")
@requires(PERMISSION)
def dictionary_page(key: str) -> str:
    """One dictionary with its values."""
    return _page(key)


@blueprint.post("/settings/dictionaries/<key>")
@requires(PERMISSION)
def save_dictionary(key: str) -> Any:
    """Save title and note."""
    try:
        with current_desk().database.transaction() as session:
            found = _found(session, key)
            note = request.form.get("note", "")
            operations.change_dictionary(session, found, texts("title"), note, actor=current_actor())
    except FieldError as error:
        return _page(key, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("fields.dictionary_page", key=key), 303)


@blueprint.post("/settings/dictionaries/<key>/order")
@requires(PERMISSION)
def save_entry_order(key: str) -> Any:
    """Keep the values in the order of `key`; see `moved`."""
    with current_desk().database.transaction() as session:
        keys = moved(request.form.getlist("key"))
        operations.order_entries(session, _found(session, key), keys, actor=current_actor())
    return redirect(url_for("fields.dictionary_page", key=key), 303)


@blueprint.post("/settings/dictionaries/<key>/values")
@requires(PERMISSION)
def add_entry(key: str) -> Any:
    """Add a value, below another where `parent` names one."""
    try:
        with current_desk().database.transaction() as session:
            found = _found(session, key)
            parent = request.form.get("parent", "")
            operations.create_entry(
                session,
                found,
                request.form.get("entry_key", ""),
                texts("entry"),
                request.form.get("entry_note", ""),
                parent=_entry(session, found, parent) if parent else None,
                actor=current_actor(),
            )
    except FieldError as error:
        return _page(key, error, adding=True), 422
    return redirect(url_for("fields.dictionary_page", key=key, _anchor="add"), 303)


@blueprint.get("/settings/dictionaries/<key>/values/<entry>")
@requires(PERMISSION)
def entry_page(key: str, entry: str) -> str:
    """One value."""
    return _entry_page(key, entry)


@blueprint.post("/settings/dictionaries/<key>/values/<entry>")
@requires(PERMISSION)
def save_entry(key: str, entry: str) -> Any:
    """Save a value, or withdraw it."""
    try:
        with current_desk().database.transaction() as session:
            operations.change_entry(
                session,
                _entry(session, _found(session, key), entry),
                texts("title"),
                request.form.get("note", ""),
                active=request.form.get("active") == "1",
                actor=current_actor(),
            )
    except FieldError as error:
        return _entry_page(key, entry, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("fields.dictionary_page", key=key), 303)


def _found(session: Session, key: str) -> Dictionary:
    wanted = select(Dictionary).where(Dictionary.key == key)
    return session.scalars(wanted).one_or_none() or abort(404)


def _entry(session: Session, found: Dictionary, key: str) -> DictionaryEntry:
    wanted = select(DictionaryEntry).where(
        DictionaryEntry.dictionary_id == found.id, DictionaryEntry.key == key
    )
    return session.scalars(wanted).one_or_none() or abort(404)


def _list(error: FieldError | None = None) -> str:
    with current_desk().reading() as session:
        rows = session.execute(
            select(Dictionary, func.count(DictionaryEntry.id))
            .outerjoin(DictionaryEntry, DictionaryEntry.dictionary_id == Dictionary.id)
            .group_by(Dictionary.id)
            .order_by(Dictionary.key)
        ).all()
        return render_template("fields/dictionaries.html", rows=rows, error=error)


def _page(key: str, error: FieldError | None = None, *, adding: bool = False) -> str:
    with current_desk().reading() as session:
        found = _found(session, key)
        fields = session.scalars(select(Field).where(Field.dictionary_id == found.id)).all()
        entries = walked(entries_of(session, found.id))
        sent = request.method == "POST" and not adding
        return render_template(
            "fields/dictionary.html",
            found=found,
            title=texts("title") if sent else found.title,
            note=request.form.get("note", "") if sent else found.note,
            entries=entries,
            parents=[
                (entry.key, " – " * depth + words(entry.title))
                for entry, depth in entries
                if entry.active and depth + 1 < operations.DEPTH
            ],
            fields=fields,
            error=error,
        )


def walked(entries: list[DictionaryEntry]) -> list[tuple[DictionaryEntry, int]]:
    """The entries depth first, each with how deep it stands (0 on top)."""
    found: list[tuple[DictionaryEntry, int]] = []

    def walk(parent: int | None, depth: int) -> None:
        for entry in entries:
            if entry.parent_id == parent:
                found.append((entry, depth))
                walk(entry.id, depth + 1)

    walk(None, 0)
    return found


def _entry_page(key: str, entry: str, error: FieldError | None = None) -> str:
    with current_desk().reading() as session:
        dictionary = _found(session, key)
        found = _entry(session, dictionary, entry)
    sent = request.method == "POST"
    return render_template(
        "fields/entry.html",
        dictionary=dictionary,
        found=found,
        title=texts("title") if sent else found.title,
        note=request.form.get("note", "") if sent else found.note,
        active=request.form.get("active") == "1" if sent else found.active,
        error=error,
    )
