"""The list of instances, and what is done with many of them at once."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.cockpit import instances, operations, queries
from desk.cockpit.cursors import BadCursor
from desk.cockpit.filters import instances as ids_query
from desk.cockpit.pages import addresses, blueprint
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.web.localisation import words

MOST_COUNTED = 10_000


@blueprint.get("/cockpit/instances")
@requires("process.read")
def instance_list() -> str:
    """Instances by filters on records and variables, newest first."""
    user, chosen = current_user(), addresses.chosen()
    with current_desk().reading() as session:
        try:
            lines, following = instances.list_instances(
                session, user, chosen.wanted, after=request.args.get("after")
            )
        except BadCursor:
            abort(404)
        offered = addresses.choices(session)
        processes = queries.definitions(session, user)
        found = queries.count_instances(session, user, chosen.wanted, MOST_COUNTED)
    return render_template(
        "cockpit/instances.html",
        lines=lines,
        found=found,
        most=MOST_COUNTED,
        chosen=chosen.address,
        offered=offered,
        process_choices=[(one.key, words(one.name)) for one in processes],
        statuses=addresses.STATUS_NAMES,
        tones=addresses.STATUS_TONES,
        next=url_for("cockpit.instance_list", **chosen.address, after=following) if following else None,
        may_operate=can(user, "process.operate"),
    )  # fmt: skip


@blueprint.post("/cockpit/instances")
@requires("process.operate")
def act_on_many() -> Response:
    """Do one act to the ticked instances, or to all that were found, as a batch."""
    desk, user = current_desk(), current_user()
    kind = request.form.get("kind", "")
    reason = request.form.get("reason", "").strip()
    chosen = addresses.chosen(request.form)
    back = redirect(url_for("cockpit.instance_list", **chosen.address), 303)
    if kind not in operations.SIMPLE:
        abort(400)
    if not reason:
        flash(_("Say why: the reason is kept in the history."), "error")
        return back
    with desk.database.transaction() as session:
        ids: list[Any] = []
        if request.form.get("scope") == "found":
            ids = list(session.scalars(ids_query(chosen.wanted, user).limit(operations.MOST)))
        else:
            ids = _ticked()
        if not ids:
            flash(_("Tick instances in the list first, or choose all that were found."), "warning")
            return back
        batch_id = operations.act_on_many(
            session, desk, kind, {}, ids, actor=current_actor(), reason=reason
        )
    flash(ngettext("One instance is worked on.", "%(num)d instances are worked on.", len(ids)))
    return redirect(url_for("cockpit.batch_page", batch_id=batch_id), 303)


def _ticked() -> list[UUID]:
    try:
        return [UUID(text) for text in request.form.getlist("id")]
    except ValueError:
        abort(400)
