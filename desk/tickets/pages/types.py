"""Settings: ticket types, each with its process, form, numbers, rights and print layout."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.people.access import requires
from desk.people.pages.versions import form_version
from desk.people.permissions import ROLES
from desk.tickets.models import TicketType
from desk.tickets.pages import blueprint
from desk.tickets.trail import PRIORITIES
from desk.tickets.types import (
    TypeRefused,
    TypeSettings,
    all_types,
    change_type,
    create_type,
    make_default,
    order_types,
    type_by_key,
)
from desk.web import navigation
from desk.web.localisation import words
from engine.tables import deployed_resource, process_version

PERMISSION = "ticket_type.edit"

navigation.register_setting(
    navigation.SettingsTab("types", _l("Ticket types"), "tickets.type_list", PERMISSION, 25)
)


@blueprint.get("/settings/ticket-types")
@requires(PERMISSION)
def type_list() -> str:
    """All types in their order, withdrawn ones last."""
    with current_desk().reading() as session:
        types = all_types(session)
        processes = dict(_processes(session))
    return render_template("tickets/types.html", types=types, processes=processes)


@blueprint.post("/settings/ticket-types")
@requires(PERMISSION)
def save_order() -> Any:
    """Keep the types in the order of `key`; `move` (up or down, and a key) changes places with the next one before."""
    keys = request.form.getlist("key")
    way, _space, moved = request.form.get("move", "").partition(" ")
    if moved in keys:
        here = keys.index(moved)
        there = min(max(here + (-1 if way == "up" else 1), 0), len(keys) - 1)
        keys[here], keys[there] = keys[there], keys[here]
    with current_desk().database.transaction() as session:
        order_types(session, keys)
    return redirect(url_for("tickets.type_list"), 303)


@blueprint.post("/settings/ticket-types/<key>/default")
@requires(PERMISSION)
def save_default(key: str) -> Any:
    """Let new tickets begin with this type."""
    try:
        with current_desk().database.transaction() as session:
            found = type_by_key(session, key) or abort(404)
            make_default(session, found)
            name = words(found.name)
    except TypeRefused as refused:
        flash(_refused_words(refused), "warning")
    else:
        flash(_("New tickets begin with the type “%(name)s” now.", name=name), "success")
    return redirect(url_for("tickets.type_list"), 303)


@blueprint.get("/settings/ticket-types/new")
@requires(PERMISSION)
def new_type() -> str:
    """An empty type."""
    return _page(None)


@blueprint.post("/settings/ticket-types/new")
@requires(PERMISSION)
def add_type() -> Any:
    """Add a type. What is wrong comes back filled."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            key = request.form.get("key", "").strip().lower()
            create_type(session, desk.engine, key, _settings())
    except TypeRefused as refused:
        return _page(None, refused), 422
    flash(_("The type can be chosen for new tickets now."), "success")
    return redirect(url_for("tickets.type_list"), 303)


@blueprint.get("/settings/ticket-types/<key>")
@requires(PERMISSION)
def type_page(key: str) -> str:
    """One type."""
    return _page(key)


@blueprint.post("/settings/ticket-types/<key>")
@requires(PERMISSION)
def save_type(key: str) -> Any:
    """Save a type, or withdraw it. 409 when somebody else changed it meanwhile."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            found = type_by_key(session, key) or abort(404)
            if request.form.get("version") != version_of(found):
                return _page(key, outdated=True), 409
            change_type(session, desk.engine, found, _settings())
    except TypeRefused as refused:
        return _page(key, refused), 422
    flash(_("Saved."), "success")
    return redirect(url_for("tickets.type_list"), 303)


def version_of(found: TicketType) -> str:
    """Changes whenever something changes that the page shows."""
    return form_version(
        found.name,
        found.help,
        found.process_key,
        found.form_key,
        found.prefix,
        found.create_roles,
        found.read_roles,
        found.priority,
        found.print_layout,
        found.survey,
        found.active,
        found.asks_fields,
    )


def _settings() -> TypeSettings:
    form = request.form
    process, _space, form_key = form.get("process", "").partition(" ")
    return TypeSettings(
        {"zh": form.get("name_zh", "").strip(), "en": form.get("name_en", "").strip()},
        process,
        {"zh": form.get("help_zh", "").strip(), "en": form.get("help_en", "").strip()},
        form_key or None,
        form.get("prefix", "").strip().upper() or "WN",
        tuple(form.getlist("create_roles")),
        tuple(form.getlist("read_roles")),
        form.get("priority", "normal"),
        form.get("print_layout", "").strip()[:64] or None,
        form.get("survey") == "1",
        form.get("active") == "1",
        form.get("asks_fields") == "1",
    )


def _page(key: str | None, refused: TypeRefused | None = None, *, outdated: bool = False) -> str:
    with current_desk().reading() as session:
        found = type_by_key(session, key) if key else None
        if key and found is None:
            abort(404)
        sent = request.method == "POST"
        settings = _settings() if sent else _stored(found)
        return render_template(
            "tickets/type.html",
            found=found,
            key=request.form.get("key", "") if sent else key or "",
            settings=settings,
            version=version_of(found) if found else "",
            error=(refused.field, _refused_words(refused)) if refused else None,
            outdated=outdated,
            offered=_offered(session),
            roles=[(role.key, words(role.name)) for role in ROLES.values()],
            priorities=list(PRIORITIES.items()),
        )


def _stored(found: TicketType | None) -> TypeSettings:
    if found is None:
        return TypeSettings({}, "", {})
    return TypeSettings(
        found.name,
        found.process_key,
        found.help,
        found.form_key,
        found.prefix,
        found.create_roles,
        found.read_roles,
        found.priority,
        found.print_layout,
        found.survey,
        found.active,
        found.asks_fields,
    )


def _processes(session: Session) -> list[tuple[str, str]]:
    """Deployed processes: key and name."""
    rows = session.execute(
        select(process_version.c.key, process_version.c.name)
        .where(process_version.c.latest.is_(True))
        .order_by(process_version.c.key)
    )
    return [(row.key, words(row.name)) for row in rows]


def _offered(session: Session) -> list[tuple[str, str]]:
    """Processes with each of their forms, and without one: `key form`, and words."""
    rows = session.execute(
        select(
            process_version.c.key, process_version.c.name, deployed_resource.c.name.label("form")
        )
        .outerjoin(
            deployed_resource,
            (deployed_resource.c.deployment_id == process_version.c.deployment_id)
            & (deployed_resource.c.kind == "form"),
        )
        .where(process_version.c.latest.is_(True))
        .order_by(process_version.c.key, deployed_resource.c.name)
    ).all()
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(row.key, words(row.name))
        if row.form:
            form = row.form.rpartition("/")[2].removesuffix(".form")
            found[f"{row.key} {form}"] = f"{words(row.name)} · {form}"
    return list(found.items())


def _refused_words(refused: TypeRefused) -> str:
    return {
        "key": _("Small letters, digits and hyphens, please."),
        "taken": _("There is a type with this key."),
        "name": _("Give it a name."),
        "process": _("This process is not deployed."),
        "prefix": _("1 to 6 letters; numbers of the general type always begin with WN."),
        "roles": _("Choose roles of the list."),
        "priority": _("Choose one of the list."),
        "default": _("New tickets begin with this type. Make another one the default first."),
        "withdrawn": _("This type was withdrawn."),
    }[refused.reason]
