"""Pages of printing: one ticket, many tickets, and the layouts in the settings."""

from flask import Blueprint

blueprint = Blueprint("printing", "printing", template_folder="templates")

# each module adds its views to the blueprint
from printing.pages import batch, layouts, ticket  # noqa: E402, F401
