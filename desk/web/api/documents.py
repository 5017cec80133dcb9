"""The OpenAPI document and a page of it for people, both made here: nothing is loaded from elsewhere."""

from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template
from markupsafe import Markup, escape

from desk.application import current_desk
from desk.people.access import requires

DESCRIPTION = """\
Programs act as a person, with a token made on that person's profile page: `Authorization: Bearer …`.
Errors are problem details (RFC 9457). Lists are read page by page with `limit` and `after`. A POST may carry an
`Idempotency-Key`: sent again within a day it is answered again, not done again."""

METHODS = ("get", "post", "put", "patch", "delete")


def serve(app: Flask, api: Any, prefix: str) -> None:
    """Add `/openapi.json` and `/docs` below `prefix`."""
    blueprint = Blueprint("api_documents", __name__, template_folder="templates", url_prefix=prefix)

    @blueprint.get("/openapi.json")
    @requires()
    def openapi() -> Response:
        """The OpenAPI 3.1 document."""
        return jsonify(api.spec.to_dict())

    @blueprint.get("/docs")
    @requires()
    def docs() -> str:
        """The document, readable."""
        spec = api.spec.to_dict()
        return render_template(
            "api/docs.html",
            info=spec["info"],
            groups=operations_by_tag(spec),
            schemas=spec.get("components", {}).get("schemas", {}),
            base=current_desk().settings.public_url.rstrip("/"),
            prefix=prefix,
        )

    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(schema_name=schema_name, marked_code=marked_code)


def operations_by_tag(spec: dict[str, Any]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The tags of the document in order, each with its operations: `method`, `path` and what the document says."""
    tags: dict[str, dict[str, Any]] = {tag["name"]: tag for tag in spec.get("tags", [])}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in tags}
    for path, item in spec.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                operation = {**item[method], "method": method.upper(), "path": path}
                operation["parameters"] = [
                    _resolved(spec, p)
                    for p in (*item.get("parameters", []), *operation.get("parameters", []))
                ]
                for tag in operation.get("tags", []):
                    found.setdefault(tag, []).append(operation)
    return [
        (tags.get(name, {"name": name}), operations)
        for name, operations in found.items()
        if operations
    ]


def schema_name(schema: dict[str, Any]) -> str:
    """How the page calls a schema: its name, `list of X`, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{schema_name(schema.get('items', {}))}]"
    if isinstance(kind, list):
        return " | ".join(kind)
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def marked_code(text: str) -> Markup:
    """The text with what stands in `backticks` as code."""
    pieces = text.split("`")
    return Markup("").join(  # noqa: S704 - what is joined is escaped
        Markup("<code>{}</code>").format(piece) if i % 2 else escape(piece)
        for i, piece in enumerate(pieces)
    )


def _resolved(spec: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    target: Any = spec
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return dict(target)
