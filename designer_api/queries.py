"""What is asked of deployed processes."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.tables import (
    deployed_resource,
    deployment,
    process_instance,
    process_version,
)


def processes(session: Session) -> list[Any]:
    """The latest version of every process with how many instances of it run, by key."""
    running = (
        select(func.count())
        .select_from(process_instance)
        .join(of_any := process_version.alias(), of_any.c.id == process_instance.c.version_id)
        .where(of_any.c.key == process_version.c.key, process_instance.c.status == "active")
        .scalar_subquery()
    )
    return list(
        session.execute(
            select(process_version, running.label("running"))
            .where(process_version.c.latest)
            .order_by(process_version.c.key)
        )
    )


def versions(session: Session, key: str) -> list[Any]:
    """All versions of a process, newest first, with who deployed them, why, and how many instances run on each."""
    running = (
        select(func.count())
        .where(
            process_instance.c.version_id == process_version.c.id,
            process_instance.c.status == "active",
        )
        .scalar_subquery()
    )
    return list(
        session.execute(
            select(process_version, deployment.c.actor, deployment.c.note, running.label("running"))
            .join(deployment, deployment.c.id == process_version.c.deployment_id)
            .where(process_version.c.key == key)
            .order_by(process_version.c.version.desc())
        )
    )


def diagram(session: Session, version_id: UUID) -> bytes | None:
    """The BPMN file of a version, byte for byte as it was deployed."""
    return session.scalar(
        select(deployed_resource.c.content)
        .join(
            process_version,
            (process_version.c.deployment_id == deployed_resource.c.deployment_id)
            & (process_version.c.resource == deployed_resource.c.name),
        )
        .where(process_version.c.id == version_id)
    )
