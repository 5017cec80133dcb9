"""What people see of their background work: a list to find it again, its progress, its file."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from desk.application import current_desk
from desk.audit.operations import record
from desk.background import operations, queries
from desk.background.kinds import KINDS
from desk.background.models import DONE, BackgroundJob
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.storage import FileMissing

blueprint = Blueprint("background", __name__, template_folder="templates")


@blueprint.get("/background")
@requires()
def index() -> str:
    """All that this person asked for, newest first."""
    with current_desk().reading() as session:
        jobs = queries.of_person(session, current_user().id)
    return render_template("background/index.html", jobs=jobs)


@blueprint.get("/background/<uuid:job_id>")
@requires()
def show(job_id: UUID) -> str:
    """One piece of work with its progress."""
    return render_template("background/show.html", job=own_job(job_id))


@blueprint.get("/background/<uuid:job_id>/progress")
@requires()
def progress(job_id: UUID) -> str:
    """The fragment that keeps itself up to date."""
    return render_template("background/_progress.html", job=own_job(job_id))


@blueprint.get("/background/<uuid:job_id>/file")
@requires()
def file(job_id: UUID) -> Response:
    """The result, as a download; the permission of its kind must still be held."""
    return file_of(own_job(job_id))


@blueprint.post("/background/<uuid:job_id>/cancel")
@requires()
def cancel(job_id: UUID) -> BaseResponse:
    """Stop it."""
    return _change(job_id, operations.cancel)


@blueprint.post("/background/<uuid:job_id>/again")
@requires()
def again(job_id: UUID) -> BaseResponse:
    """Try once more what failed or was cancelled."""
    return _change(job_id, operations.again)


def file_of(job: BackgroundJob) -> Response:
    """The answer that carries the result. Side effect: a line in the audit log."""
    permission = KINDS[job.kind].permission if job.kind in KINDS else None
    if permission is not None and not can(current_user(), permission):
        abort(403)
    if job.status != DONE or job.file_key is None:
        abort(404)
    desk = current_desk()
    try:
        stream = desk.storage.open(job.file_key)
    except FileMissing:
        abort(404, _("The file has been deleted meanwhile. Ask for it again."))
    with desk.database.transaction() as session:
        record(
            session, "downloaded", actor=current_actor(), subject=f"background:{job.id}",
            new={"kind": job.kind, "file": job.file_key, "size": job.file_size},
        )  # fmt: skip
    response = send_file(
        stream, mimetype=job.file_type, as_attachment=True, download_name=job.file_name
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _change(job_id: UUID, change: Any) -> BaseResponse:
    own_job(job_id)
    desk = current_desk()
    with desk.database.transaction() as session:
        job = session.get_one(BackgroundJob, job_id)
        change(session, job)
        actor = current_actor()
        desk.live.publish(session, actor.reference, "background.changed", {"id": str(job_id)})
    return redirect(url_for("background.show", job_id=job_id), 303)


def own_job(job_id: UUID) -> BackgroundJob:
    """Work is shown to who asked for it; to all others it is not there."""
    with current_desk().reading() as session:
        job = queries.find(session, job_id)
    if job is None or job.owner_id != current_user().id:
        abort(404)
    return job
