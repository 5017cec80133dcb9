"""Batches: who does what to how many instances, how far it is, and what could not be done."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.cockpit import instances, operations
from desk.cockpit.cursors import BadCursor
from desk.cockpit.pages import blueprint
from desk.people.access import current_actor, requires
from desk.web.localisation import words
from engine import batches
from engine.operators import Text

KIND_NAMES = {
    "migrate": _l("Migrate"),
    "revert": _l("Undo a migration"),
    "retry": _l("Try incidents again"),
    "retry_incident": _l("Try incidents again"),
    "resolve_incident": _l("Resolve incidents by hand"),
    "suspend": _l("Suspend"),
    "resume": _l("Let go on"),
    "cancel": _l("Cancel"),
    "move": _l("Move tokens"),
    "set_variables": _l("Set variables"),
}
FAILURES = 100  # on one page


@blueprint.get("/cockpit/batches")
@requires("process.operate")
def batch_list() -> str:
    """All batches, newest first."""
    with current_desk().reading() as session:
        try:
            page = instances.batches(session, after=request.args.get("after"))
        except BadCursor:
            abort(404)
        found = [batches.progress(session, row.id) for row in page.rows]
    return render_template(
        "cockpit/batches.html",
        batches=[one for one in found if one],
        kinds=KIND_NAMES,
        next=url_for("cockpit.batch_list", after=page.next) if page.next else None,
    )


@blueprint.get("/cockpit/batches/<uuid:batch_id>")
@requires("process.operate")
def batch_page(batch_id: UUID) -> str:
    """What a batch does to how many, how far it is, and what could not be done and why."""
    return _show("cockpit/batch.html", batch_id)


@blueprint.get("/cockpit/batches/<uuid:batch_id>/progress")
@requires("process.operate")
def batch_progress(batch_id: UUID) -> str:
    """The part of the page that changes while the batch runs."""
    return _show("cockpit/_batch.html", batch_id)


def _show(template: str, batch_id: UUID) -> str:
    with current_desk().reading() as session:
        found = _found(session, batch_id)
        after = request.args.get("after", 0, type=int)
        failed = batches.items(session, batch_id, status="failed", after=after, limit=FAILURES)
        names = instances.words_of_subjects(session, [item.subject for item in failed])
    more = len(failed) == FAILURES
    return render_template(
        template,
        batch=found,
        kinds=KIND_NAMES,
        failed=[
            {
                "name": names.get(item.subject, (str(item.subject)[:8], None)),
                "reasons": [
                    (reason.element, words(Text(reason.en, reason.zh))) for reason in item.reasons
                ],
                "at": item.at,
            }
            for item in failed
        ],
        next=url_for("cockpit.batch_page", batch_id=batch_id, after=failed[-1].position) if more else None,
    )  # fmt: skip


@blueprint.post("/cockpit/batches/<uuid:batch_id>/stop")
@requires("process.operate")
def stop_batch(batch_id: UUID) -> Response:
    """Leave undone what is not done yet."""
    desk = current_desk()
    with desk.database.transaction() as session:
        _found(session, batch_id)
        stopped = operations.stop_batch(session, desk, batch_id, actor=current_actor())
    flash(_("Stopped. What was done stays done.") if stopped else _("It had ended before."))
    return redirect(url_for("cockpit.batch_page", batch_id=batch_id), 303)


@blueprint.post("/cockpit/batches/<uuid:batch_id>/again")
@requires("process.operate")
def repeat_batch(batch_id: UUID) -> Response:
    """Do what failed or was stopped once more, as a new batch."""
    desk = current_desk()
    with desk.database.transaction() as session:
        found = _found(session, batch_id)
        left = [
            item.subject
            for status in ("failed", "stopped")
            for item in batches.items(session, batch_id, status=status, limit=operations.MOST)
        ]
        if not left or found.ended_at is None:
            abort(409)
        new_id = operations.act_on_many(
            session, desk, found.kind, found.parameters, left, actor=current_actor(),
            reason=found.reason,
        )  # fmt: skip
    return redirect(url_for("cockpit.batch_page", batch_id=new_id), 303)


def _found(session: Session, batch_id: UUID) -> Any:
    found = batches.progress(session, batch_id)
    if found is None:
        abort(404)
    return found
