"""The manual in the reader's language, and which of its pages is about the place where somebody is."""

from typing import Any, Final

from flask import Blueprint, abort, render_template, request, url_for

from desk.help import manual
from desk.people.access import requires
from desk.web.localisation import select_locale

blueprint = Blueprint("help", "desk.help", template_folder="templates", url_prefix="/help")

# The page of the manual about a part of the desk: the longest beginning of an address counts.
ABOUT: Final = {
    "/tickets": "tickets",
    "/tickets/print": "printing",
    "/tasks": "tickets",
    "/search": "tickets",
    "/surveys": "tickets",
    "/knowledge": "tickets",
    "/settings/people": "start",
    "/settings/forms": "start",
    "/settings/ticket-types": "tickets",
    "/settings/calendars": "sla",
    "/settings/agents": "assignment",
    "/settings/rota": "assignment",
    "/settings/teams": "assignment",
    "/settings/layouts": "printing",
    "/settings/targets": "triggers",
    "/settings/vendors": "vendors",
    "/rules": "triggers",
    "/flows": "designer",
    "/designer": "designer",
    "/insight": "insight",
    "/cockpit": "cockpit",
    "/incidents": "cockpit",
    "/audit": "audit",
    "/exports": "audit",
    "/background": "audit",
    "/mail/raw": "mail",
    "/me/shifts": "assignment",
}


@blueprint.get("/")
@requires()
def index() -> str:
    """What there is to read, by who reads it."""
    return _shown("")


@blueprint.get("/<path:name>")
@requires()
def page(name: str) -> str:
    """One page of the manual."""
    return _shown(name)


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """`help_address`: where the reader's menu leads, to the page about where they are."""
    path = request.path
    fitting = [start for start in ABOUT if path == start or path.startswith(f"{start}/")]
    return {"help_address": address(ABOUT[max(fitting, key=len)] if fitting else "")}


def address(name: str) -> str:
    """Where a page of the manual is read."""
    return url_for("help.page", name=name) if name else url_for("help.index")


def _shown(name: str) -> str:
    found = manual.page(name, select_locale(), address)
    if found is None:
        abort(404)
    return render_template("help/page.html", name=name, page=found)
