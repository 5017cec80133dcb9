"""What other subjects offer on the ticket page and for ticked tickets, such as printing.

They register here, so that the tickets need not know them.
"""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from desk.people.access import signed_in_user
from desk.people.permissions import can


@dataclass(frozen=True)
class Action:
    """A button. `label` is lazy gettext; `endpoint` answers GET: with `ticket_id`, or with `?id=` for each of many.

    It is shown to those who hold `permission`.
    """

    key: str
    label: Any
    endpoint: str
    icon: str
    permission: str
    order: int = 50


_single: dict[str, Action] = {}
_batch: dict[str, Action] = {}


def register(action: Action) -> None:
    """Offer it on the page of a ticket; called when a pages module is imported."""
    _single[action.key] = action


def register_for_many(action: Action) -> None:
    """Offer it for the tickets that were ticked or found in the list."""
    _batch[action.key] = action


def ticket_actions(ticket_id: int) -> list[dict[str, str]]:
    """What the reader is offered for a ticket: label, icon, href."""
    return [
        {
            "label": str(action.label),
            "icon": action.icon,
            "href": url_for(action.endpoint, ticket_id=ticket_id),
        }
        for action in _offered(_single)
    ]


def batch_actions() -> list[dict[str, str]]:
    """What the reader is offered for many tickets: label, icon, href."""
    return [
        {"label": str(action.label), "icon": action.icon, "href": url_for(action.endpoint)}
        for action in _offered(_batch)
    ]


def _offered(actions: dict[str, Action]) -> list[Action]:
    user = signed_in_user()
    return [
        action
        for action in sorted(actions.values(), key=lambda a: (a.order, a.key))
        if action.endpoint in current_app.view_functions and can(user, action.permission)
    ]
