"""What can be done with layouts: change, restore, add, withdraw. Each is a version and a line of the log."""

import re
from typing import Final, Literal

from sqlalchemy.orm import Session

from desk.audit.operations import record
from engine.actors import Actor
from printing import log  # noqa: F401 - declares the actions
from printing.kinds import KINDS, shipped
from printing.models import PrintLayout, PrintLayoutVersion
from printing.queries import SHIPPED, Layout, layout_by_key, row_of, versions

LONGEST: Final = 200_000  # characters of a layout
_KEY: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")

Reason = Literal["key", "taken", "name", "kind", "long", "meanwhile"]


class LayoutRefused(ValueError):
    """A layout cannot be kept like that. `field` and `reason` say what is wrong."""

    def __init__(self, field: str, reason: Reason) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def change_layout(
    session: Session, layout: Layout, source: str, *, seen: int, note: str, actor: Actor
) -> int:
    """Keep a new version of a layout and use it; its number.

    `seen` is the version that was edited. Side effects: rows of print_layout and print_layout_version, a line of the
    log. The same source again changes nothing. Raises LayoutRefused.
    """
    if len(source) > LONGEST:
        raise LayoutRefused("source", "long")
    row = row_of(session, layout.key)
    if row is not None:
        session.refresh(row, with_for_update=True)
    if seen != (row.version if row else SHIPPED):
        raise LayoutRefused("source", "meanwhile")
    if source == layout.source:
        return layout.version
    if row is None:
        row = PrintLayout(key=layout.key, kind=layout.kind.key, name=layout.name, version=SHIPPED)
        session.add(row)
        session.flush()
    _keep(session, row, source, note=note, actor=actor)
    return row.version


def restore(
    session: Session, layout: Layout, version: int, *, seen: int, note: str, actor: Actor
) -> int:
    """Use what an earlier version was (0: what ships) as a new version. Raises LookupError, LayoutRefused."""
    if version == SHIPPED:
        source = shipped(layout.kind.key)
    else:
        found = [v.source for v in versions(session, layout.key) if v.version == version]
        if not found:
            raise LookupError(f"layout {layout.key!r} has no version {version}")
        source = found[0]
    return change_layout(session, layout, source, seen=seen, note=note, actor=actor)


def add_layout(
    session: Session, *, key: str, kind: str, name: dict[str, str], actor: Actor
) -> PrintLayout:
    """A further layout of a kind, beginning as the one that ships. Raises LayoutRefused."""
    if kind not in KINDS:
        raise LayoutRefused("kind", "kind")
    if not _KEY.fullmatch(key):
        raise LayoutRefused("key", "key")
    if layout_by_key(session, key) is not None:
        raise LayoutRefused("key", "taken")
    said = {language: " ".join(text.split())[:120] for language, text in name.items()}
    if not any(said.values()):
        raise LayoutRefused("name_zh", "name")
    row = PrintLayout(key=key, kind=kind, name=said, version=SHIPPED)
    session.add(row)
    session.flush()
    _keep(session, row, shipped(kind), note="", actor=actor)
    return row


def set_active(session: Session, row: PrintLayout, *, active: bool, actor: Actor) -> None:
    """Withdraw an added layout, or offer it again. Side effects: a line of the log."""
    if row.active == active:
        return
    row.active = active
    record(
        session, "layout_changed", actor=actor, subject=f"layout:{row.key}",
        old={"active": not active}, new={"active": active},
    )  # fmt: skip


def _keep(session: Session, row: PrintLayout, source: str, *, note: str, actor: Actor) -> None:
    old, row.version = row.version, row.version + 1
    session.add(
        PrintLayoutVersion(
            layout_id=row.id,
            version=row.version,
            source=source,
            note=" ".join(note.split())[:400],
            by=actor.as_json(),
        )
    )
    session.flush()
    record(
        session, "layout_changed", actor=actor, subject=f"layout:{row.key}",
        old={"version": old}, new={"version": row.version, "note": note[:400]},
    )  # fmt: skip
