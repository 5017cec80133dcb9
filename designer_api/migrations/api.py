"""The migrate wizard: a map, a dry run, a bulk run with progress, the way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from designer_api.migrations import operations
from designer_api.migrations.operations import (
    NoSuchBatch,
    NoSuchVersion,
    NothingToMove,
    NotTheSameProcess,
)
from designer_api.migrations.schemas import (
    MigrationBatchSchema,
    MigrationCheck,
    MigrationCheckIn,
    MigrationDraft,
    MigrationDraftIn,
    MigrationIn,
    RevertIn,
)
from designer_api.refusals import missing, refuse
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint

blueprint = ApiBlueprint("designer_migrations", description="Moving instances to another version")


@contextmanager
def answered() -> Iterator[None]:
    """What cannot be done, in words."""
    try:
        yield
    except (NoSuchVersion, NoSuchBatch) as error:
        missing(str(error))
    except NotTheSameProcess:
        refuse(
            422,
            "both must be different versions of one process",
            words={
                "en": "Both must be different versions of one process.",
                "zh": "必须是同一流程的两个不同版本。",
            },
        )
    except NothingToMove:
        refuse(
            409,
            "no instance is left to move",
            words={"en": "No instance is left to move.", "zh": "没有可迁移的实例。"},
        )


@blueprint.route("/designer/migrations/draft", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(MigrationDraftIn)
@blueprint.response(200, MigrationDraft)
def draft(values: dict[str, Any]) -> dict[str, Any]:
    """A proposed map of elements, and where tokens stand. Nothing is kept."""
    desk = current_desk()
    with answered(), desk.reading() as session:
        return operations.draft(session, desk.engine, values["source"], values["target"])


@blueprint.route("/designer/migrations/check", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(MigrationCheckIn)
@blueprint.response(200, MigrationCheck)
def check(values: dict[str, Any]) -> dict[str, Any]:
    """Which instances could not move with this map, and why. Nothing is moved."""
    desk = current_desk()
    with answered(), desk.reading() as session:
        return operations.check(
            session,
            desk.engine,
            values["source"],
            values["target"],
            values["mapping"],
            values["instances"],
            values["limit"],
        )


@blueprint.route("/designer/migrations", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(MigrationIn)
@blueprint.response(202, MigrationBatchSchema)
def migrate(values: dict[str, Any]) -> dict[str, Any]:
    """Have workers move them; look at the progress under the id that is answered."""
    desk, actor = current_desk(), current_actor()
    with answered(), desk.database.transaction() as session:
        batch_id = operations.migrate(
            session,
            desk.engine,
            values["source"],
            values["target"],
            values["mapping"],
            values["instances"],
            actor=actor,
            reason=values["reason"],
        )
        return operations.progress(session, batch_id)


@blueprint.route("/designer/migrations/<uuid:batch_id>")
@requires("process.operate")
@blueprint.response(200, MigrationBatchSchema)
def get_migration(batch_id: UUID) -> dict[str, Any]:
    """How far a migration is, and which instances stayed and why."""
    with answered(), current_desk().reading() as session:
        return operations.progress(session, batch_id)


@blueprint.route("/designer/migrations/<uuid:batch_id>/revert", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(RevertIn)
@blueprint.response(202, MigrationBatchSchema)
def revert(values: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Take back what was moved, where the instance has not gone on since."""
    desk, actor = current_desk(), current_actor()
    with answered(), desk.database.transaction() as session:
        back = operations.revert(
            session, desk.engine, batch_id, actor=actor, reason=values["reason"]
        )
        return operations.progress(session, back)
