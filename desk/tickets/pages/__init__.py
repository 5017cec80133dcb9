"""What people see of tickets: their tasks, the list, one ticket, a new one, and the files."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g

from desk.application import current_desk
from desk.tickets.actions import batch_actions, ticket_actions
from desk.tickets.statuses import statuses
from desk.web.localisation import words

blueprint = Blueprint("tickets", "desk.tickets", template_folder="templates")


@blueprint.app_context_processor
def offered_actions() -> dict[str, Any]:
    """What other subjects offer for tickets, for the header of a ticket and the list."""
    return {
        "ticket_actions": ticket_actions,
        "batch_actions": batch_actions,
        "status_words": status_words,
    }


def status_words(key: str | None) -> str | None:
    """A status of the desk's own as the reader calls it; None for none: then the state's name is shown."""
    if not key:
        return None
    if "ticket_statuses" not in g:
        with current_desk().reading() as session:
            g.ticket_statuses = statuses(session)
    found = g.ticket_statuses.get(key)
    return words(found.title) if found else None


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
from desk.tickets.views import pages as _views  # noqa: E402, F401
