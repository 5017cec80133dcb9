"""How a rule's files go live. Alone, the desk deploys them; with a flow library they are kept there too, so that the
designer opens the same files. The layer above registers itself here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy.orm import Session

from desk.rules.rule import Kind
from engine.actors import Actor

FOLDERS: Mapping[Kind, str] = {
    "trigger": "triggers",
    "automation": "automations",
    "macro": "macros",
}


class Publisher(Protocol):
    """Keeps and deploys the files of one folder. Raises DeployRefused."""

    def __call__(
        self, session: Session, engine: Any, folder: str, files: Mapping[str, bytes], *,
        note: str, actor: Actor,
    ) -> None: ...  # fmt: skip


def _deploy(
    session: Session,
    engine: Any,
    folder: str,
    files: Mapping[str, bytes],
    *,
    note: str,
    actor: Actor,
) -> None:
    engine.deploy(session, files, actor=actor, note=note)


_publisher: Publisher = _deploy


def _no_editor(_session: Session, _key: str) -> str | None:
    return None


_editor: Callable[[Session, str], str | None] = _no_editor


def use(publisher: Publisher, editor: Callable[[Session, str], str | None]) -> None:
    """Let rules be published so; `editor(session, process key)` is the address at which a diagram is drawn."""
    global _publisher, _editor
    _publisher, _editor = publisher, editor


def publish(
    session: Session,
    engine: Any,
    folder: str,
    files: Mapping[str, bytes],
    *,
    note: str,
    actor: Actor,
) -> None:
    """Put a rule's files into effect. Raises DeployRefused."""
    _publisher(session, engine, folder, files, note=note, actor=actor)


def editor_address(session: Session, key: str) -> str | None:
    """Where the diagram can be drawn; None when there is no designer."""
    return _editor(session, key)
