"""The web application: everything that all pages share, set up once, then the subjects' own pages.

Habits of a view: it opens `with current_desk().reading() as session:` to ask and
`with current_desk().database.transaction() as session:` to change something, itself, as late and as short as it can;
there is no session that belongs to a request. A transaction holds the write lock on SQLite, so nothing slow (a
password hash, a file, a mail) happens inside one. Templates are rendered after it, from detached records.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, request, session, url_for
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from desk.application import EXTENSION, Desk, current_desk
from desk.people import access
from desk.people.permissions import can, candidates_of
from desk.people.states import State, all_states
from desk.web import csrf, localisation, navigation, problems, request_id, security
from desk.web.api import create_api
from desk.web.assets import register_assets
from desk.web.live.address import events_url
from desk.web.live.position import newest_position
from desk.web.subjects import all_subjects, api_blueprints, page_blueprints


class RecordId(IntegerConverter):
    """`<int:…>` in an address: a number that no record can have (RFC 9110 §15.5.5: 404) is not asked for."""

    def __init__(self, map: Map, fixed_digits: int = 0) -> None:
        super().__init__(map, fixed_digits, max=2**63 - 1)


def create_web(
    desk: Desk,
    *,
    subjects: Iterable[str] | None = None,
    blueprints: Iterable[Blueprint] = (),
    api: Iterable[Any] = (),
) -> Flask:
    """The Flask application of the web process.

    `subjects` names the folders of desk/ whose pages and API are served, all by default. `blueprints` and `api`
    (flask-smorest) are those of the layers above: the designer's API, the connectors.
    """
    app = Flask("desk.web", static_folder=None)
    app.extensions[EXTENSION] = desk
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.converters["int"] = RecordId
    settings = desk.settings

    security.configure_cookies(app, settings)
    security.keep_sessions_alive(app)
    security.behind_proxies(app, settings)
    security.limit_bodies(app, settings)
    request_id.name_requests(app)
    security.secure_headers(app, settings)
    localisation.localise(app, settings)
    problems.explain_errors(app)
    access.guard(app)
    csrf.protect(app)
    register_assets(app)
    access.public(app.view_functions["assets"])
    _equip_templates(app, desk)
    _note_live_position(app)

    names = list(all_subjects() if subjects is None else subjects)
    for blueprint in (*page_blueprints(names), *blueprints):
        app.register_blueprint(blueprint)
    create_api(app, (*api_blueprints(names), *api))
    _serve_home(app)
    return app


def _equip_templates(app: Flask, desk: Desk) -> None:
    settings = desk.settings
    app.jinja_env.globals.update(
        csrf_token=csrf.csrf_token,
        csp_nonce=security.csp_nonce,
        current_user=access.user_proxy,
        can=lambda permission: can(access.signed_in_user(), permission),
        navigation=navigation.navigation_proxy,
        settings_tabs=navigation.settings_tabs,
        request_id=request_id.request_id,
        events_url=lambda: events_url(settings),
        select_locale=localisation.select_locale,
        person_states=_person_states,
        whole_page=_whole_page,
    )

    @app.context_processor
    def frame() -> dict[str, Any]:
        """What the layouts take; a view's own values come before these."""
        return {
            "site_name": settings.company,
            "company": {"name": settings.company, "colour": settings.brand_color},
            "languages": localisation.language_links(),
            "links": {"events": events_url(settings), "rail": _rail_address()},
            "live_topics": _own_topics(),
            "live_since": g.get("live_since", ""),
        }


def _person_states() -> Sequence[State]:
    """The states that people choose from in their menu."""
    with current_desk().reading() as session:
        return all_states(session)


def _rail_address() -> str | None:
    """Where the rail is read again when its counters change; None for guests and in tests without people."""
    return url_for("people.rail") if "people.rail" in current_app.view_functions else None


def _own_topics() -> list[str]:
    """What every page of a person follows: whatever concerns them, their teams and their roles."""
    user = access.signed_in_user()
    if user is None:
        return []
    return [*candidates_of(user), *(["incidents"] if can(user, "incident.read") else [])]


def _whole_page() -> bool:
    """Whether the answer is a page that a person gets to see; live parts read themselves again, out of a page too."""
    return "HX-Request" not in request.headers or "HX-Boosted" in request.headers


def _note_live_position(app: Flask) -> None:
    """Before a page reads anything: from here on its browser wants to hear of changes, so none falls between."""

    @app.before_request
    def note() -> None:
        shown = request.method == "GET" and _whole_page()
        if shown and request.endpoint not in (None, "assets") and "user" in session:
            with current_desk().reading() as db:
                g.live_since = str(newest_position(db))


def _serve_home(app: Flask) -> None:
    """`/` leads to the first entry of the rail, unless a subject has a page there."""
    if any(rule.rule == "/" for rule in app.url_map.iter_rules()):
        return

    @app.get("/", endpoint="home")
    @access.requires()
    def home() -> Response:
        first = next(iter(navigation.items()), None)
        return redirect(first.href if first else "/me")
