"""Asking for an export. Who asks twice for the same is offered the same file."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from desk.audit.operations import record
from desk.background.operations import same, submit
from desk.exports.wanted import FORMATS, SOURCES, Wanted
from desk.exports.works import EXPORT
from engine.actors import Actor
from engine.operators import Text


@dataclass(frozen=True)
class Asked:
    """The background work, and whether it was asked for before."""

    id: UUID
    before: bool


def ask(session: Session, wanted: Wanted, *, actor: Actor, anew: bool = False) -> Asked:
    """Write down an export to be made; the one that is there or under way, unless `anew`.

    Side effects: background work, and an entry in the audit log for every new one. Raises CannotExport.
    """
    wanted.check()
    if not anew:
        found = same(session, wanted.fingerprint, owner_id=actor.id)
        if found is not None:
            return Asked(found.id, True)
    form, source = FORMATS[wanted.format], SOURCES[wanted.source]
    job = submit(
        session, EXPORT, wanted.as_json(), actor=actor, fingerprint=wanted.fingerprint,
        name=Text(
            f"{source.en} as {form.title.en}", f"导出{source.zh}：{form.title.zh}"
        ),
    )  # fmt: skip
    record(
        session, "export_asked", actor=actor, subject=f"background:{job}",
        new={key: value for key, value in wanted.as_json().items() if value},
    )  # fmt: skip
    return Asked(job, False)
