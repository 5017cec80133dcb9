"""The pages of insight: dashboards, one figure by any field, the tickets behind it, variants and conformance."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from desk.web import navigation

blueprint = Blueprint("insight", "desk.insight", template_folder="templates")

navigation.register(
    navigation.Entry(
        "insight", _l("Insight"), "insight.index", "chart-bar", "ticket.read", order=58
    )
)

# each module adds its views to the blueprint
from desk.insight.pages import dashboards, editing, explore, processes  # noqa: E402, F401
