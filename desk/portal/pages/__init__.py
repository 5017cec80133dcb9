"""What customers see without an account, and where the desk looks after its form links."""

from flask import Blueprint

blueprint = Blueprint("portal", "desk.portal", template_folder="templates")

# each module adds its views to the blueprint
from desk.portal.pages import door, forms, links, once, once_links, tracking  # noqa: E402, F401
