"""What implementers see of deployed diagrams: the list, a diagram with its versions, where tokens stand."""

from uuid import UUID

from flask import Blueprint, Response, abort, render_template
from flask_babel import lazy_gettext as _l

from designer_api import queries
from desk.application import current_desk
from desk.people.access import requires
from desk.web import navigation
from desk.web.localisation import select_locale
from engine.bpmn.language import in_language

blueprint = Blueprint("flows", __name__, template_folder="templates")

navigation.register(
    navigation.Entry("flows", _l("Flows"), "flows.index", "sitemap", "process.read", order=70)
)


@blueprint.get("/flows")
@requires("process.read")
def index() -> str:
    """All deployed processes."""
    with current_desk().reading() as session:
        return render_template("flows/index.html", processes=queries.processes(session))


@blueprint.get("/flows/<string:key>")
@requires("process.read")
def show(key: str) -> str:
    """One process: its newest diagram and all its versions."""
    with current_desk().reading() as session:
        versions = queries.versions(session, key)
    if not versions:
        abort(404)
    return render_template("flows/show.html", versions=versions, latest=versions[0])


@blueprint.get("/flows/versions/<uuid:version_id>.bpmn")
@requires("process.read")
def diagram(version_id: UUID) -> Response:
    """The diagram of a version for looking at, in the reader's language."""
    content = _diagram(version_id)
    return Response(in_language(content, select_locale()[:2]), mimetype="application/xml")


@blueprint.get("/flows/versions/<uuid:version_id>/download")
@requires("process.read")
def download(version_id: UUID) -> Response:
    """The BPMN file, byte for byte as it was deployed."""
    return Response(_diagram(version_id), mimetype="application/xml")


def _diagram(version_id: UUID) -> bytes:
    with current_desk().reading() as session:
        content = queries.diagram(session, version_id)
    if content is None:
        abort(404)
    return content


@blueprint.get("/flows/versions/<uuid:version_id>.json")
@requires("process.read")
def state(version_id: UUID) -> dict[str, list[str]]:
    """A diagram without tokens, in the form that the viewer reads."""
    return {"active": [], "done": [], "failed": []}
