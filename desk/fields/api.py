"""Fields and dictionaries for programs."""

from typing import Any

from flask_smorest import abort
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.fields.forms import entries_of
from desk.fields.models import Dictionary, Field
from desk.fields.operations import FieldError, FieldSettings, change_field, create_field
from desk.fields.schemas import DictionaryList, FieldChange, FieldList, FieldSchema
from desk.fields.tables import Column
from desk.fields.values import all_fields
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("ticket-fields", description="The desk's own fields of tickets")


@blueprint.route("/ticket-fields")
@requires("ticket.read")
@blueprint.response(200, FieldList)
def list_fields() -> dict[str, Any]:
    """All fields in their order, withdrawn ones too."""
    with current_desk().reading() as session:
        return {"items": all_fields(session)}


@blueprint.route("/ticket-fields", methods=["POST"])
@requires("ticket_type.edit")
@blueprint.arguments(FieldSchema)
@blueprint.response(201, FieldSchema)
def new_field(given: dict[str, Any]) -> Any:
    """Add a field; without a key one is made up."""
    key = given.pop("key")
    try:
        with current_desk().database.transaction() as session:
            made = create_field(session, key, _settings(session, given), actor=current_actor())
            session.refresh(made)
            return made
    except FieldError as error:
        abort(422, errors={"json": {error.field: [str(error)]}})


@blueprint.route("/ticket-fields/<key>", methods=["PUT"])
@requires("ticket_type.edit")
@blueprint.arguments(FieldChange)
@blueprint.response(200, FieldSchema)
def put_field(given: dict[str, Any], key: str) -> Any:
    """Change a field, or withdraw it; what tickets have stays."""
    try:
        with current_desk().database.transaction() as session:
            found = session.scalars(select(Field).where(Field.key == key)).one_or_none()
            if found is None:
                raise NotFound
            settings = _settings(session, {**given, "kind": found.kind})
            change_field(session, found, settings, actor=current_actor())
            session.refresh(found)
            return found
    except FieldError as error:
        abort(422, errors={"json": {error.field: [str(error)]}})


@blueprint.route("/dictionaries")
@requires("ticket.read")
@blueprint.response(200, DictionaryList)
def list_dictionaries() -> dict[str, Any]:
    """All dictionaries with their values, withdrawn ones too."""
    with current_desk().reading() as session:
        found = session.scalars(select(Dictionary).order_by(Dictionary.key)).all()
        return {"items": [_described(session, one) for one in found]}


def _settings(session: Session, given: dict[str, Any]) -> FieldSettings:
    named = given.pop("dictionary", {}).get("key")
    wanted = select(Dictionary.id).where(Dictionary.key == named)
    columns = [Column.from_json(one) for one in given.pop("columns")]
    return FieldSettings(**given, columns=columns, dictionary_id=session.scalar(wanted) if named else None)


def _described(session: Session, found: Dictionary) -> dict[str, Any]:
    entries = entries_of(session, found.id)
    keys = {entry.id: entry.key for entry in entries}
    return {
        "key": found.key,
        "title": found.title,
        "note": found.note,
        "entries": [
            {
                "key": entry.key,
                "parent": keys.get(entry.parent_id) if entry.parent_id else None,
                "title": entry.title,
                "note": entry.note,
                "active": entry.active,
            }
            for entry in entries
        ],
    }
