"""Ticket types for programs."""

from typing import Any

from flask_smorest import abort
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.people.access import requires
from desk.tickets.api import blueprint
from desk.tickets.schemas import TypeChange, TypeList, TypeOrder, TypeSchema
from desk.tickets.types import (
    TypeRefused,
    TypeSettings,
    all_types,
    change_type,
    create_type,
    make_default,
    order_types,
    type_by_key,
)


@blueprint.route("/ticket-types")
@requires("ticket.read")
@blueprint.response(200, TypeList)
def list_types() -> dict[str, Any]:
    """All types in their order, withdrawn ones last."""
    with current_desk().reading() as session:
        return {"items": all_types(session)}


@blueprint.route("/ticket-types", methods=["POST"])
@requires("ticket_type.edit")
@blueprint.arguments(TypeSchema)
@blueprint.response(201, TypeSchema)
def new_type(given: dict[str, Any]) -> Any:
    """Add a type; its process must be deployed."""
    desk = current_desk()
    key = given.pop("key")
    try:
        with desk.database.transaction() as session:
            return create_type(session, desk.engine, key, TypeSettings(**given))
    except TypeRefused as refused:
        abort(422, errors={"json": {refused.field: [refused.reason]}})


@blueprint.route("/ticket-types/<key>", methods=["PUT"])
@requires("ticket_type.edit")
@blueprint.arguments(TypeChange)
@blueprint.response(200, TypeSchema)
def put_type(given: dict[str, Any], key: str) -> Any:
    """Change a type, or withdraw it. Tickets that run go on as they began."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            found = type_by_key(session, key)
            if found is None:
                raise NotFound
            return change_type(session, desk.engine, found, TypeSettings(**given))
    except TypeRefused as refused:
        abort(422, errors={"json": {refused.field: [refused.reason]}})


@blueprint.route("/ticket-types/<key>/default", methods=["POST"])
@requires("ticket_type.edit")
@blueprint.response(200, TypeSchema)
def put_default(key: str) -> Any:
    """Let new tickets begin with this type."""
    try:
        with current_desk().database.transaction() as session:
            found = type_by_key(session, key)
            if found is None:
                raise NotFound
            make_default(session, found)
            return found
    except TypeRefused as refused:
        abort(422, errors={"json": {refused.field: [refused.reason]}})


@blueprint.route("/ticket-types", methods=["PUT"])
@requires("ticket_type.edit")
@blueprint.arguments(TypeOrder)
@blueprint.response(200, TypeList)
def put_order(given: dict[str, Any]) -> dict[str, Any]:
    """Offer the types in this order."""
    with current_desk().database.transaction() as session:
        order_types(session, given["keys"])
        return {"items": all_types(session)}
