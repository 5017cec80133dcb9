"""Setting the API up in the web application."""

from collections.abc import Callable, Iterable
from threading import RLock
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
    """flask-smorest with our own errors: they are the same for all pages (desk.web.problems).

    Its document is written when it is first asked for: that takes as long as the rest of the application's start.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._undocumented: list[Blueprint] = []
        self._documenting = RLock()
        super().__init__(app, **options)

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Serve it, and note it for the document."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undocumented.append(blueprint)

    @property
    def spec(self) -> Any:
        """The OpenAPI document of all blueprints (apispec)."""
        with self._documenting:
            while self._undocumented:
                blueprint = self._undocumented.pop(0)
                blueprint.register_views_in_doc(
                    self, self._app, self._spec, name=blueprint.name, parameters=None
                )
                self._spec.tag({"name": blueprint.name, "description": blueprint.description})
        return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        self._spec = spec

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
