"""What people see of people: signing in, their own profile, and the settings of people and teams."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from desk.people.log import actor_name, as_words
from desk.web.localisation import select_locale

blueprint = Blueprint("people", "desk.people", template_folder="templates")


@blueprint.app_template_filter("log_values")
def log_values(values: Mapping[str, Any]) -> str:
    """The old or new values of a log row, in the reader's language."""
    return as_words(values, select_locale())


@blueprint.app_template_filter("actor_name")
def show_actor(actor: Mapping[str, Any]) -> str:
    """Who a log row says it was, in the reader's language."""
    return actor_name(actor, select_locale())


# each module adds its views to the blueprint
from desk.people.pages import agents, people, profile, rota, session, teams  # noqa: E402, F401
