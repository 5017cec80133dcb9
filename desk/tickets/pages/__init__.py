"""What people see of tickets: their tasks, the list, one ticket, a new one, and the files."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from desk.tickets.actions import batch_actions, ticket_actions
from desk.web.localisation import words

blueprint = Blueprint("tickets", "desk.tickets", template_folder="templates")


@blueprint.app_context_processor
def offered_actions() -> dict[str, Any]:
    """What other subjects offer for tickets, for the header of a ticket and the list."""
    return {"ticket_actions": ticket_actions, "batch_actions": batch_actions}


@blueprint.app_template_filter("in_words")
def in_words(value: Mapping[str, str] | str | None) -> str:
    """A text that carries both languages, in the reader's."""
    return words(value)


# each module adds its views to the blueprint
from desk.tickets.pages import (  # noqa: E402, F401
    batch,
    edit,
    files,
    lists,
    new,
    presence,
    relations,
    search,
    selection,
    task_mode,
    tasks,
    ticket,
    types,
)
