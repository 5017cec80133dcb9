"""Data stores: what processes share, who gave each its values, and a value set by hand."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.cockpit import instances, operations, variables
from desk.cockpit.pages import blueprint
from desk.people.access import current_actor, requires
from engine import store_acts
from engine.errors import StoreRefused

CHANGES = 50  # on one page


@blueprint.get("/cockpit/stores")
@requires("process.operate")
def store_list() -> str:
    """All data stores, by their ids."""
    with current_desk().reading() as session:
        found = store_acts.stores(session)
    return render_template("cockpit/stores.html", stores=found, short=variables.short)


@blueprint.get("/cockpit/stores/<string:key>")
@requires("process.operate")
def store_page(key: str) -> str:
    """What a data store holds, and what it was given by whom, newest first."""
    with current_desk().reading() as session:
        return _show(session, key, {})


@blueprint.post("/cockpit/stores/<string:key>")
@requires("process.operate")
def edit_store(key: str) -> Any:
    """Give it a value by hand; what cannot be read comes back with words at the field."""
    desk, reason = current_desk(), request.form.get("reason", "").strip()
    value, errors = variables.read("value", request.form.get("value", ""))
    if not reason:
        errors["reason"] = _("Say why: the reason is kept in the history.")
    if errors:
        with desk.reading() as session:
            return _show(session, key, errors), 422
    try:
        with desk.database.transaction() as session:
            operations.set_store(
                session, desk, key, value, revision=request.form.get("revision", -1, type=int),
                actor=current_actor(), reason=reason,
            )  # fmt: skip
    except StoreRefused:
        flash(_("It was changed meanwhile, or the value is too large: nothing was done."), "error")
    else:
        flash(_("The data store was changed."), "success")
    return redirect(url_for("cockpit.store_page", key=key), 303)


def _show(session: Session, key: str, errors: dict[str, str]) -> str:
    found = store_acts.store(session, key)
    if found is None:
        abort(404)
    before = request.args.get("before", type=int)
    changes = store_acts.changes(session, key, before=before, limit=CHANGES)
    writers = [change.instance_id for change in changes if change.instance_id]
    return render_template(
        "cockpit/store.html",
        store=found,
        changes=changes,
        names=instances.words_of_subjects(session, writers),
        next=url_for("cockpit.store_page", key=key, before=changes[-1].revision)
        if len(changes) == CHANGES and changes[-1].revision > 1
        else None,
        short=variables.short,
        written=variables.written,
        form=request.form,
        errors=errors,
    )
