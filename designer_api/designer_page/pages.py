"""The designer: the page in which implementers draw, try, test, deploy, compare and migrate.

The page is a frame; its script (frontend/designer/) draws it and speaks with /api/v1/designer.
"""

from flask import Blueprint, render_template, url_for
from flask_babel import lazy_gettext as _l

from designer_api.designer_page import gallery
from desk.people.access import requires, signed_in_user
from desk.people.permissions import can
from desk.web import navigation
from desk.web.localisation import select_locale

blueprint = Blueprint("designer", __name__, template_folder="templates", url_prefix="/designer")

navigation.register(
    navigation.Entry(
        "designer", _l("Designer"), "designer.index", "vector-bezier-2", "process.design", order=71
    )
)


@blueprint.get("/")
@requires("process.design")
def index() -> str:
    """The page. `#files/7` in its address opens a file."""
    return render_template("designer/index.html", settings=_settings())


@blueprint.get("/gallery")
@requires("process.design")
def show_gallery() -> dict[str, list[gallery.Template]]:
    """Bundles to start from: [{name, title, help, files: {file name: content}}]."""
    return {"items": gallery.templates()}


def _settings() -> dict[str, object]:
    user = signed_in_user()
    return {
        "locale": select_locale(),
        "me": user.name if user else "",
        "mayDeploy": can(user, "process.deploy"),
        "mayMigrate": can(user, "process.operate"),
        "gallery": url_for("designer.show_gallery"),
    }
