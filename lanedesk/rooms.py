"""Finds the rooms of every subject folder by their names: `models`, `operators`, `pages`, `api`.

A subject that is added needs no line here; that its folder has the room is what makes it part of the desk. Only the
rooms that are asked for are imported: a worker needs no pages.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Blueprint

ROOT = Path(__file__).resolve().parents[1]
DOORS = ("connectors", "desk", "designer_api", "printing")


@cache
def rooms(*names: str) -> tuple[ModuleType, ...]:
    """All modules of our packages that are called one of `names`, imported, in the order of their paths."""
    found = set()
    for door in DOORS:
        for name in names:
            for path in (ROOT / door).rglob(f"{name}.py"):
                found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for path in (ROOT / door).rglob(f"{name}/__init__.py"):
                found.add(".".join(path.parent.relative_to(ROOT).parts))
    return tuple(import_module(name) for name in sorted(found))


def door_blueprints() -> tuple[list[Blueprint], list[Any]]:
    """The pages (Flask) and the APIs (flask-smorest) of the layers above the desk."""
    doors = [module for module in rooms("pages", "api") if not module.__name__.startswith("desk.")]
    pages = [module.blueprint for module in doors if module.__name__.endswith(".pages")]
    return pages, [module.blueprint for module in doors if module.__name__.endswith(".api")]
