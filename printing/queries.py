"""Which layouts there are: those that ship, as they were changed, and those that were added."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from printing.kinds import KINDS, Kind, shipped
from printing.models import PrintLayout, PrintLayoutVersion

SHIPPED = 0  # the version of a layout that nobody changed


@dataclass(frozen=True)
class Layout:
    """A layout as it is in use. `version` 0: as shipped."""

    key: str
    kind: Kind
    name: dict[str, str]
    source: str
    version: int
    active: bool

    @property
    def own(self) -> bool:
        """Whether somebody added it; those that ship cannot be withdrawn."""
        return self.key not in KINDS


def layouts(session: Session, *, withdrawn: bool = False) -> list[Layout]:
    """All layouts that may be used, those that ship first; with `withdrawn` all."""
    rows = session.execute(
        select(PrintLayout, PrintLayoutVersion.source)
        .join(
            PrintLayoutVersion,
            (PrintLayoutVersion.layout_id == PrintLayout.id)
            & (PrintLayoutVersion.version == PrintLayout.version),
            isouter=True,
        )
        .order_by(PrintLayout.id)
    ).all()
    changed = {row.PrintLayout.key: _layout(*row) for row in rows if row.PrintLayout.kind in KINDS}
    found = [
        changed.pop(key) if key in changed else _as_shipped(kind) for key, kind in KINDS.items()
    ]
    return found + [one for one in changed.values() if one.active or withdrawn]


def layout_by_key(session: Session, key: str) -> Layout | None:
    """The layout with this key, withdrawn ones too; None if there is none."""
    return next((one for one in layouts(session, withdrawn=True) if one.key == key), None)


def _layout(row: PrintLayout, source: str | None) -> Layout:
    kind = KINDS[row.kind]
    text = shipped(kind.key) if source is None else source
    return Layout(row.key, kind, row.name, text, row.version, row.active)


def _as_shipped(kind: Kind) -> Layout:
    name = {"zh": kind.name.zh, "en": kind.name.en}
    return Layout(kind.key, kind, name, shipped(kind.key), SHIPPED, True)


def row_of(session: Session, key: str) -> PrintLayout | None:
    """The row of a layout that was changed or added."""
    return session.scalars(select(PrintLayout).where(PrintLayout.key == key)).one_or_none()


def versions(session: Session, key: str) -> Sequence[PrintLayoutVersion]:
    """What the layout was, newest first; what ships is not among them."""
    return session.scalars(
        select(PrintLayoutVersion)
        .join(PrintLayout, PrintLayout.id == PrintLayoutVersion.layout_id)
        .where(PrintLayout.key == key)
        .order_by(PrintLayoutVersion.version.desc())
    ).all()


def source_of(session: Session, key: str, version: int) -> str | None:
    """The source of one version (0: as shipped); None if there is none."""
    found = layout_by_key(session, key)
    if found is None:
        return None
    if version == SHIPPED:
        return shipped(found.kind.key)
    return next((v.source for v in versions(session, key) if v.version == version), None)
