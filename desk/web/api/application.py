"""Setting the API up in the web application."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import marshmallow as ma
from flask import Flask
from flask_smorest import Api, Blueprint

from desk.web.api import documents, idempotency, rate_limit
from desk.web.problems import PROBLEM_TYPE

PREFIX = "/api/v1"
View = TypeVar("View", bound=Callable[..., Any])


class ProblemSchema(ma.Schema):
    """Problem details (RFC 9457)."""

    type = ma.fields.String(
        metadata={"description": "Kind of the problem; about:blank: see status"}
    )
    title = ma.fields.String(metadata={"description": "The problem in a few words"})
    status = ma.fields.Integer(metadata={"description": "HTTP status"})
    detail = ma.fields.String(metadata={"description": "What was wrong this time"})
    instance = ma.fields.String(metadata={"description": "The request, as our log names it"})
    errors = ma.fields.Dict(
        metadata={"description": "Per part of the request and field, what is wrong"}
    )


class DeskApi(Api):  # type: ignore[misc]
    """flask-smorest with our own errors: they are the same for all pages (desk.web.problems)."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        """Describe the errors with their own media type."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/json"


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A subject's part of the API; its addresses are below /api/v1."""

    def __init__(self, name: str, *, description: str, import_name: str | None = None) -> None:
        super().__init__(
            f"api_{name}", import_name or f"desk.{name}", url_prefix=PREFIX, description=description
        )

    if TYPE_CHECKING:  # flask-smorest has no types; these keep those of the views

        def route(self, rule: str, **options: Any) -> Callable[[View], View]: ...

        def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]: ...

        def response(
            self, status: int, schema: Any = None, **options: Any
        ) -> Callable[[View], View]: ...


def create_api(app: Flask, blueprints: Iterable[Any]) -> Api:
    """Serve these flask-smorest blueprints, their OpenAPI document and its readable page."""
    app.config.update(
        API_TITLE="Lanedesk",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,  # we serve the document ourselves, see documents.py
    )
    api = DeskApi(
        app,
        spec_kwargs={
            "info": {"description": documents.DESCRIPTION},
            "security": [{"token": []}],
        },
    )
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    rate_limit.limit(app, PREFIX)
    idempotency.honour(app, PREFIX)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    documents.serve(app, api, PREFIX)
    return api
