"""A running or ended process on its diagram: where its tokens stand, the path that it took, what failed."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.diagrams.path import passed_flows
from desk.diagrams.picture import picture
from engine import inspection
from engine.history import PASSES
from engine.runtime import Engine
from engine.tables import history, incident


def instance_picture(
    session: Session, engine: Engine, instance_id: UUID, *, locale: str, theme: str = "light"
) -> str:
    """The diagram of the version that the instance runs, as SVG with its marks.

    Raises desk.diagrams.drawing.NoDrawing and DrawingTooLarge, InstanceGone.
    """
    xml = inspection.diagram(session, instance_id)
    active = inspection.progress(engine, session, instance_id)["active"]
    rows = session.execute(
        select(history.c.element_id, history.c.data)
        .where(
            history.c.instance_id == instance_id,
            history.c.event.in_(PASSES),
            history.c.element_id.is_not(None),
        )
        .order_by(history.c.seq)
    )
    done = [(str(row.element_id), row.data.get("flows")) for row in rows]
    failed = session.scalars(
        select(incident.c.element_id).where(
            incident.c.instance_id == instance_id,
            incident.c.resolved_at.is_(None),
            incident.c.element_id.is_not(None),
        )
    )
    return picture(
        xml,
        locale=locale,
        tokens=active,
        passed={*(element for element, _ in done), *passed_flows(xml, done, active)},
        failed=[str(element) for element in failed],
        theme=theme,
    )
