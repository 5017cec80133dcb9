"""The API for programs, version 1: flask-smorest under /api/v1, problem details, bearer tokens, an OpenAPI document.

A subject's `api.py` has `blueprint = ApiBlueprint("tickets", description=…)`; routes are written like this, the
permission first, so that nobody learns from a validation error what they may not see:

    @blueprint.route("/tickets")
    @requires("ticket.read")
    @blueprint.arguments(TicketQuery, location="query")
    @blueprint.response(200, TicketPage)
    def list_tickets(query): ...
"""

from desk.web.api.application import PREFIX, ApiBlueprint, create_api
from desk.web.api.paging import PageQuery, page_of, page_schema

__all__ = ["PREFIX", "ApiBlueprint", "PageQuery", "create_api", "page_of", "page_schema"]
