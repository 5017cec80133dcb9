"""What people see: their notices, and in the settings the systems outside that diagrams may call."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.notices.models import Target
from desk.notices.operations import (
    METHODS,
    TargetRefused,
    mark_read,
    notices_of,
    prune,
    save_target,
    unread,
)
from desk.people.access import current_actor, current_user, requires, signed_in_user
from desk.web import navigation
from desk.web.localisation import words

blueprint = Blueprint("notices", "desk.notices", template_folder="templates")
PAGE = 50
IN_THE_BELL = 15
FIELDS = ("title", "key", "url", "method", "answer", "login", "password", "body", "active")

navigation.register_setting(
    navigation.SettingsTab(
        "targets", _l("External targets"), "notices.targets", "settings.edit", 60
    )
)


@blueprint.app_context_processor
def count_unread() -> dict[str, Any]:
    """The number at the bell."""
    user = signed_in_user()
    if user is None:
        return {}
    with current_desk().reading() as session:
        return {"notices_count": unread(session, user.id)}


@blueprint.get("/notices")
@requires()
def index() -> str:
    """All notices to this person, newest first."""
    before = request.args.get("before", type=int)
    with current_desk().reading() as session:
        found = notices_of(session, current_user().id, before=before, limit=PAGE + 1)
    return render_template(
        "notices/index.html", notices=found[:PAGE],
        next_href=url_for("notices.index", before=found[PAGE - 1].id) if len(found) > PAGE else None,
    )  # fmt: skip


@blueprint.get("/notices/bell")
@requires()
def bell() -> str:
    """What the bell shows."""
    with current_desk().reading() as session:
        found = notices_of(session, current_user().id, limit=IN_THE_BELL)
    return render_template("notices/bell.html", notices=found)


@blueprint.post("/notices/read")
@requires()
def read_all() -> Response:
    """All of them have been seen."""
    user = current_user()
    with current_desk().database.transaction() as session:
        mark_read(session, user.id)
        prune(session, user.id)
    return redirect(url_for("notices.index"), 303)


@blueprint.get("/notices/<int:notice_id>")
@requires()
def follow(notice_id: int) -> Response:
    """Go where a notice leads; it has been read then."""
    user = current_user()
    with current_desk().database.transaction() as session:
        found = notices_of(session, user.id, before=notice_id + 1, limit=1)
        if not found or found[0].id != notice_id:
            abort(404)
        mark_read(session, user.id, notice_id)
    return redirect(found[0].href or url_for("notices.index"), 303)


@blueprint.get("/settings/targets")
@requires("settings.edit")
def targets() -> str:
    """The systems outside."""
    with current_desk().reading() as session:
        found = list(session.scalars(select(Target).order_by(Target.title)))
    return render_template("notices/targets.html", targets=found)


@blueprint.route("/settings/targets/new", methods=["GET", "POST"])
@requires("settings.edit")
def new_target() -> Any:
    """Add one."""
    return _edit(None)


@blueprint.route("/settings/targets/<int:target_id>", methods=["GET", "POST"])
@requires("settings.edit")
def target(target_id: int) -> Any:
    """Look at one and change it."""
    return _edit(target_id)


def _edit(target_id: int | None) -> Any:
    desk = current_desk()
    with desk.reading() as session:
        found = session.get(Target, target_id) if target_id is not None else None
    if target_id is not None and found is None:
        abort(404)
    errors: dict[str, str] = {}
    values = {name: str(getattr(found, name, None) or "") for name in FIELDS}
    values["active"] = "1" if found is None or found.active else ""
    values["password"] = ""
    if request.method == "POST":
        values = {name: request.form.get(name, "") for name in FIELDS}
        try:
            with desk.database.transaction() as session:
                kept = session.get(Target, target_id) if target_id is not None else None
                saved = save_target(session, kept, values, actor=current_actor())
            flash(_("Saved."), "success")
            return redirect(url_for("notices.target", target_id=saved.id), 303)
        except TargetRefused as refused:
            errors = {refused.field: words(refused.words)}
    html = render_template(
        "notices/target.html",
        target=found,
        values=values,
        errors=errors,
        method_choices=[(method, method) for method in METHODS],
    )
    return html, 422 if errors else 200
