"""Settings: the fields of tickets, in groups, in an order that people choose."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields import operations
from desk.fields.forms import FROM_DICTIONARY
from desk.fields.models import Catalogue, Dictionary, Field, FieldGroup, Held, Kind
from desk.fields.operations import FieldError, FieldSettings
from desk.fields.pages import PERMISSION, blueprint, columns, moved, texts
from desk.fields.tables import PRESETS, columns_of
from desk.fields.values import all_fields
from desk.fields.words import HELD, KINDS
from desk.forms import Submission
from desk.people.access import current_actor, requires
from desk.people.pages.versions import form_version
from desk.people.queries import active_teams, people_who_can
from desk.tickets.types import all_types
from desk.web import navigation
from desk.web.localisation import words

navigation.register_setting(
    navigation.SettingsTab("fields", _l("Ticket fields"), "fields.field_list", PERMISSION, 26)
)


@blueprint.get("/settings/fields")
@requires(PERMISSION)
def field_list() -> str:
    """All fields by group, withdrawn ones too."""
    with current_desk().reading() as session:
        fields = all_fields(session)
        groups = _groups(session)
        types = {kind.key: words(kind.name) for kind in all_types(session)}
    return render_template(
        "fields/fields.html",
        groups=[
            (group, [field for field in fields if field.group_id == (group.id if group else None)])
            for group in (*groups, None)
        ],
        any_fields=bool(fields),
        kinds=KINDS,
        types=types,
    )


@blueprint.post("/settings/fields")
@requires(PERMISSION)
def save_order() -> Any:
    """Keep the fields in the order of `key`; see `moved`."""
    with current_desk().database.transaction() as session:
        keys = moved(request.form.getlist("key"))
        operations.order_fields(session, keys, actor=current_actor())
    return redirect(url_for("fields.field_list"), 303)


@blueprint.get("/settings/fields/new")
@requires(PERMISSION)
def new_field() -> str:
    """An empty field; `?group=` puts it into one."""
    return _page(None)


@blueprint.post("/settings/fields/new")
@requires(PERMISSION)
def add_field() -> Any:
    """Add a field. What is wrong comes back filled."""
    try:
        with current_desk().database.transaction() as session:
            key = request.form.get("key", "")
            made = operations.create_field(session, key, _sent(), actor=current_actor())
            name, key, kind = words(made.label), made.key, made.kind
    except FieldError as error:
        return _page(None, error), 422
    flash(_("Tickets have the field “%(name)s” now.", name=name), "success")
    if kind == Kind.TABLE:  # its columns are next
        return redirect(url_for("fields.field_page", key=key), 303)
    return redirect(url_for("fields.field_list"), 303)


@blueprint.get("/settings/fields/<key>")
@requires(PERMISSION)
def field_page(key: str) -> str:
    """One field."""
    return _page(key)


@blueprint.post("/settings/fields/<key>")
@requires(PERMISSION)
def save_field(key: str) -> Any:
    """Save a field, or withdraw it. 409 when somebody else changed it meanwhile."""
    table = None
    try:
        with current_desk().database.transaction() as session:
            found = _found(session, key)
            table = columns.read(session) if found.kind == Kind.TABLE else None
            if table is not None and not table.complete:
                return _page(key, table=table), 422 if table.errors else 200
            if request.form.get("version") != version_of(found):
                return _page(key, outdated=True, table=table), 409
            operations.change_field(session, found, _sent(found, table), actor=current_actor())
    except FieldError as error:
        return _page(key, error, table=table), 422
    flash(_("Saved."), "success")
    return redirect(url_for("fields.field_list"), 303)


@blueprint.post("/settings/fields/<key>/delete")
@requires(PERMISSION)
def delete_field(key: str) -> Any:
    """Take a field away in which no ticket has anything."""
    try:
        with current_desk().database.transaction() as session:
            operations.delete_field(session, _found(session, key), actor=current_actor())
    except FieldError as error:
        flash(error.words, "warning")
        return redirect(url_for("fields.field_page", key=key), 303)
    flash(_("The field is gone."), "success")
    return redirect(url_for("fields.field_list"), 303)


@blueprint.post("/settings/field-groups")
@requires(PERMISSION)
def add_group() -> Any:
    """Add a group behind the others."""
    try:
        with current_desk().database.transaction() as session:
            note = request.form.get("note", "")
            operations.create_group(session, texts("title"), note, actor=current_actor())
    except FieldError as error:
        flash(error.words, "warning")
    return redirect(url_for("fields.field_list"), 303)


@blueprint.get("/settings/field-groups/<int:number>")
@requires(PERMISSION)
def group_page(number: int) -> str:
    """One group."""
    return _group_page(number)


@blueprint.post("/settings/field-groups/<int:number>")
@requires(PERMISSION)
def save_group(number: int) -> Any:
    """Save title and note, move it (`move` is up or down), or take it away (`delete`): its fields stay."""
    actor = current_actor()
    try:
        with current_desk().database.transaction() as session:
            found = session.get(FieldGroup, number) or abort(404)
            if request.form.get("delete"):
                operations.delete_group(session, found, actor=actor)
            elif request.form.get("move"):
                keys = moved([str(one.id) for one in _groups(session)])
                operations.order_groups(session, [int(one) for one in keys])
            else:
                note = request.form.get("note", "")
                operations.change_group(session, found, texts("title"), note, actor=actor)
    except FieldError as error:
        return _group_page(number, error), 422
    return redirect(url_for("fields.field_list"), 303)


def version_of(found: Field) -> str:
    """Changes whenever something changes that the page shows."""
    stored = vars(_stored(found)) | {"columns": found.columns}
    return form_version(*stored.values())


def _found(session: Session, key: str) -> Field:
    return session.scalars(select(Field).where(Field.key == key)).one_or_none() or abort(404)


def _groups(session: Session) -> list[FieldGroup]:
    return list(session.scalars(select(FieldGroup).order_by(FieldGroup.position, FieldGroup.id)))


def _group_page(number: int, error: FieldError | None = None) -> str:
    with current_desk().reading() as session:
        found = session.get(FieldGroup, number) or abort(404)
    sent = request.method == "POST"
    return render_template(
        "fields/group.html",
        found=found,
        title=texts("title") if sent else found.title,
        note=request.form.get("note", "") if sent else found.note,
        error=error,
    )


def _sent(found: Field | None = None, table: Submission | None = None) -> FieldSettings:
    """What the page sent; the kind of a field that is there stays. A new table has the columns of a preset."""
    form = request.form
    held = form.get("held", Held.NOBODY)
    return FieldSettings(
        label=texts("label"),
        kind=found.kind if found else form.get("kind", ""),
        help=texts("help"),
        group_id=form.get("group_id", type=int),
        dictionary_id=form.get("dictionary_id", type=int),
        expression=form.get("expression", ""),
        pattern=form.get("pattern", ""),
        columns=columns.columns_in(table) if table else PRESETS.get(form.get("preset", ""), ()),
        catalogue_id=form.get("catalogue_id", type=int),
        required=form.get("required") == "1",
        held=held,
        held_ids=form.getlist("team" if held == Held.TEAMS else "person", type=int),
        in_list=form.get("in_list") == "1",
        searchable=form.get("searchable") == "1",
        types=form.getlist("types"),
        active=found is None or form.get("active") == "1",
    )


def _stored(found: Field | None) -> FieldSettings:
    if found is None:
        return FieldSettings({}, group_id=request.args.get("group", type=int))
    return FieldSettings(
        found.label, found.kind, found.help, found.group_id, found.dictionary_id, found.expression,
        found.pattern, columns_of(found), found.catalogue_id, found.required, found.held,
        found.held_ids, found.in_list, found.searchable, found.types, found.active,
    )  # fmt: skip


def _page(
    key: str | None,
    error: FieldError | None = None,
    *,
    outdated: bool = False,
    table: Submission | None = None,
) -> str:
    with current_desk().reading() as session:
        found = _found(session, key) if key is not None else None
        settings = _sent(found, table) if request.method == "POST" else _stored(found)
        dictionaries = session.scalars(select(Dictionary).order_by(Dictionary.key)).all()
        return render_template(
            "fields/field.html",
            found=found,
            key=request.form.get("key", "") if found is None else found.key,
            settings=settings,
            version=version_of(found) if found else "",
            error=error,
            outdated=outdated,
            used=found is not None and operations.has_values(session, found),
            kinds=list(KINDS.items()),
            from_dictionary=FROM_DICTIONARY,
            Kind=Kind,
            columns=columns.rendered(session, columns_of(found), table)
            if found and found.kind == Kind.TABLE
            else None,
            presets=[("products", _("Products: unit price × number = sum")), ("assets", _("Assets, parts"))],
            catalogues=[
                (one.id, words(one.title))
                for one in session.scalars(select(Catalogue).order_by(Catalogue.key))
            ],
            holders=list(HELD.items()),
            groups=[(group.id, words(group.title)) for group in _groups(session)],
            dictionaries=[(one.id, words(one.title)) for one in dictionaries],
            teams=[(team.id, team.name) for team in active_teams(session)],
            people=[(one.id, one.name) for one in people_who_can(session, "ticket.read")],
            types=[(kind.key, words(kind.name)) for kind in all_types(session)],
        )
