"""Background work for programs: how far it is, and its file."""

from uuid import UUID

from flask import Response

from desk.application import current_desk
from desk.background import operations
from desk.background.models import BackgroundJob
from desk.background.pages import file_of
from desk.background.pages import own_job as own
from desk.background.schemas import BackgroundJobSchema
from desk.people.access import requires
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("background_jobs", description="Long work: progress and results")


@blueprint.route("/background/<uuid:job_id>")
@requires()
@blueprint.response(200, BackgroundJobSchema)
def get_job(job_id: UUID) -> BackgroundJob:
    """How far it is."""
    return own(job_id)


@blueprint.route("/background/<uuid:job_id>/file")
@requires()
@blueprint.response(200, content_type="application/octet-stream")
def get_file(job_id: UUID) -> Response:
    """The result; 404 while there is none."""
    return file_of(own(job_id))


@blueprint.route("/background/<uuid:job_id>", methods=["DELETE"])
@requires()
@blueprint.response(204)
def cancel_job(job_id: UUID) -> None:
    """Stop it."""
    own(job_id)
    with current_desk().database.transaction() as session:
        operations.cancel(session, session.get_one(BackgroundJob, job_id))
