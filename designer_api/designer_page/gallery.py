"""Bundles to start from: the folders of bpmn_library/gallery, each with diagrams, forms, decisions and scenarios."""

from functools import lru_cache
from pathlib import Path
from typing import Final, TypedDict

import yaml

FOLDER: Final = Path(__file__).resolve().parents[2] / "bpmn_library" / "gallery"
KINDS: Final = (".bpmn", ".dmn", ".form", ".scenario.yaml")


class Template(TypedDict):
    """What the gallery shows of a bundle, and its files by name."""

    name: str
    title: dict[str, str]
    help: dict[str, str]
    files: dict[str, str]


@lru_cache(maxsize=1)
def templates() -> list[Template]:
    """All bundles in the order of gallery.yaml; none where the library has no gallery."""
    index = FOLDER / "gallery.yaml"
    if not index.is_file():
        return []
    return [
        Template(
            name=entry["name"],
            title=entry["title"],
            help=entry["help"],
            files={
                path.name: path.read_text("utf-8")
                for path in sorted((FOLDER / entry["name"]).iterdir())
                if path.name.endswith(KINDS)
            },
        )
        for entry in yaml.safe_load(index.read_text("utf-8"))
    ]
