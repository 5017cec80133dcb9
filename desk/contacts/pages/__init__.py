"""What people see of customers: the lists, a person, a company."""

from flask import Blueprint

from desk.contacts.addresses import shown_phone

blueprint = Blueprint("contacts", "desk.contacts", template_folder="templates")

blueprint.add_app_template_filter(shown_phone, "phone")

# each module adds its views to the blueprint
from desk.contacts.pages import companies, people  # noqa: E402, F401
