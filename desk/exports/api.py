"""Exports for programs: ask here, then read `/background/{id}` until it is done."""

from typing import Any

from flask_smorest import abort

from desk.application import current_desk
from desk.background.models import BackgroundJob
from desk.background.schemas import BackgroundJobSchema
from desk.exports import operations
from desk.exports.schemas import ExportRequest
from desk.exports.wanted import CannotExport, Wanted
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("exports", description="The history as files")


@blueprint.route("/exports", methods=["POST"])
@requires("history.export")
@blueprint.arguments(ExportRequest)
@blueprint.response(202, BackgroundJobSchema)
def ask_for_export(given: dict[str, Any]) -> BackgroundJob:
    """Ask for an export. The same asked twice is the same work, unless `anew`."""
    anew = given.pop("anew")
    wanted = Wanted(**{**given, "processes": tuple(given["processes"])})
    try:
        wanted.check()
    except CannotExport as refused:
        abort(422, message=refused.words.en)
    with current_desk().database.transaction() as session:
        asked = operations.ask(session, wanted, actor=current_actor(), anew=anew)
        return session.get_one(BackgroundJob, asked.id)
