"""The form as the customer filled it, as it was asked: labels and choices in the reader's language, files by name."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields.values import ticket_fields
from desk.forms import Form, FormSchemaError
from desk.tickets.models import Ticket
from desk.tickets.steps import form_options
from engine.runtime import Engine
from engine.tables import process_instance


def form_answers(session: Session, ticket: Ticket) -> tuple[Markup | None, list[tuple[str, str]]]:
    """The form that the ticket's version of the diagram has, filled; and answers that it does not ask for.

    The second are under their names in the data: a program may send what no form knows. What the ticket
    has in a field is shown there.
    """
    form = _form(session, current_desk().engine, ticket)
    known = form.keys if form else frozenset()
    kept = known | {field.key for field in ticket_fields(session, ticket.type)}
    rest = [
        (name, _text(value))
        for name, value in ticket.form_data.items()
        if name not in kept and value not in (None, "", [], {})
    ]
    if form is None or not any(name in known for name in ticket.form_data):
        return None, rest
    html = form.render(
        {name: value for name, value in ticket.form_data.items() if name in known},
        locale=str(get_locale()),
        options=form_options(session, form),
        id_prefix="answers",
        readonly=True,
        zone=ZoneInfo(current_desk().settings.timezone),
    )
    return html, rest


def labelled_answers(
    session: Session, engine: Engine, ticket: Ticket, *, locale: str
) -> dict[str, tuple[str, str]]:
    """What was filled in, as plain text: name in the data → label as it was asked, and the answer."""
    form = _form(session, engine, ticket)
    return {
        name: ((form.label(name, locale) if form else None) or name, _text(value))
        for name, value in ticket.form_data.items()
        if value not in (None, "", [], {})
    }


def _form(session: Session, engine: Engine, ticket: Ticket) -> Form | None:
    if not ticket.form_key:
        return None
    library = engine.library
    version_id = session.scalar(
        select(process_instance.c.version_id).where(process_instance.c.id == ticket.instance_id)
    )
    if version_id is None:
        return None
    schema = library.form(session, library.version(session, version_id), ticket.form_key)
    try:
        return Form.from_schema(schema) if schema else None
    except FormSchemaError:
        return None  # a form of an older desk: its answers are shown plainly


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return str(value.get("name") or ", ".join(f"{k}: {_text(v)}" for k, v in value.items()))
    return str(value)
