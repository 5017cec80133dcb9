"""The subjects of the desk, found by their rooms: a folder with `pages.py` or `api.py` has pages or an API."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint

import desk


def all_subjects() -> list[str]:
    """The names of all subject folders, `people` first: the others build on it."""
    names = [module.name for module in pkgutil.iter_modules(desk.__path__) if module.ispkg]
    return sorted(names, key=lambda name: (name != "people", name))


def page_blueprints(names: Iterable[str]) -> Iterator[Blueprint]:
    """The `blueprint` of each subject's `pages` module."""
    return _blueprints(names, "pages")


def api_blueprints(names: Iterable[str]) -> Iterator[Any]:
    """The flask-smorest `blueprint` of each subject's `api` module."""
    return _blueprints(names, "api")


def _blueprints(names: Iterable[str], room: str) -> Iterator[Any]:
    for name in names:
        module = f"desk.{name}.{room}"
        # desk/web/api is the API's set-up, not a subject's room
        if name != "web" and importlib.util.find_spec(module) is not None:
            yield importlib.import_module(module).blueprint
