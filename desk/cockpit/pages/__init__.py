"""The pages of the cockpit: definitions, the heat of a diagram, instances, one instance, batches, data stores."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from desk.web import navigation

blueprint = Blueprint("cockpit", "desk.cockpit", template_folder="templates")

navigation.register(
    navigation.Entry(
        "cockpit", _l("Cockpit"), "cockpit.index", "activity", "process.read", order=75
    )
)

# each module adds its views to the blueprint
from desk.cockpit.pages import (  # noqa: E402, F401
    acts,
    batches,
    definitions,
    instance,
    lists,
    stores,
)
