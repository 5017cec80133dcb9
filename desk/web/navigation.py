"""The left rail: subjects say where they can be found, the reader sees what their role may use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from desk.application import current_desk
from desk.people.access import signed_in_user
from desk.people.models import User
from desk.people.permissions import can


@dataclass(frozen=True)
class Entry:
    """One place in the rail. `label` is lazy gettext; `count` gives the small number, 0 for none.

    `also` names further paths whose pages belong to it, beside those below its own.
    """

    key: str
    label: Any
    endpoint: str
    icon: str
    permission: str | None = None
    count: Callable[[Session, User], int] | None = None
    order: int = 50
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """An entry as the rail shows it to one reader."""

    key: str
    label: str
    href: str
    icon: str
    count: int
    active: bool


_entries: dict[str, Entry] = {}


def register(entry: Entry) -> None:
    """Add an entry; called by a subject's pages module when it is imported. The key is unique."""
    if _entries.get(entry.key, entry).endpoint != entry.endpoint:
        raise ValueError(f"the rail already has an entry {entry.key!r}")
    _entries[entry.key] = entry


@dataclass(frozen=True)
class SettingsTab:
    """One page of the settings; subjects register theirs, so that none has to know the others."""

    key: str
    label: Any
    endpoint: str
    permission: str
    order: int = 50


_settings: dict[str, SettingsTab] = {}


def register_setting(tab: SettingsTab) -> None:
    """Add a page to the settings; called by a subject's pages module when it is imported."""
    _settings[tab.key] = tab


def settings_tabs() -> list[dict[str, str]]:
    """The pages of the settings that the reader may see, for `ui.tabs`."""
    user = signed_in_user()
    return [
        {"key": tab.key, "label": str(tab.label), "href": url_for(tab.endpoint)}
        for tab in sorted(_settings.values(), key=lambda t: t.order)
        if tab.endpoint in current_app.view_functions and can(user, tab.permission)
    ]


def items() -> list[Item]:
    """What the reader of this page sees, in order; the counts are asked once a request, in one session."""
    if "navigation" not in g:
        user = signed_in_user()
        g.navigation = [] if user is None else _for_user(user)
    return list(g.navigation)


# `navigation` of the templates
navigation_proxy = LocalProxy(items)


def _for_user(user: User) -> list[Item]:
    shown = [
        entry
        for entry in sorted(_entries.values(), key=lambda e: (e.order, e.key))
        if entry.endpoint in current_app.view_functions
        and (entry.permission is None or can(user, entry.permission))
    ]
    with current_desk().reading() as session:
        return [_item(entry, entry.count(session, user) if entry.count else 0) for entry in shown]


def _item(entry: Entry, count: int) -> Item:
    href = url_for(entry.endpoint)
    here = any(
        request.path == path or request.path.startswith(f"{path}/") for path in (href, *entry.also)
    )
    return Item(entry.key, str(entry.label), href, entry.icon, count, here)
