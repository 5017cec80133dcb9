"""Lets the desk's rules be kept in the flow library, and leads from a rule to its file in the designer."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from designer_api.deployments.operations import bring
from designer_api.files.models import DesignerFile
from designer_api.files.queries import live
from desk.rules import publishing
from engine.actors import Actor

blueprint = Blueprint("designer_rules", "designer_api.rules")


def _publish(
    session: Session,
    engine: Any,
    folder: str,
    files: Mapping[str, bytes],
    *,
    note: str,
    actor: Actor,
) -> None:
    bring(session, engine, folder, files, note=note, actor=actor)


def _editor(session: Session, key: str) -> str | None:
    """`/designer/#files/7` of the diagram with this process, None when the library has none."""
    ends = f"/{key}.bpmn"
    file = session.scalars(
        live().where(DesignerFile.path.endswith(ends, autoescape=True)).limit(1)
    ).first()
    return None if file is None else f"/designer/#files/{file.id}"


publishing.use(_publish, _editor)
