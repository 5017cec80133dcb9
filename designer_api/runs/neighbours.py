"""What a bundle needs that is not in it: the deployed bundles of processes that it calls, the desk's calendars."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.reading import UnreadableDiagram, read_definitions
from engine.functions import WorkingCalendar
from engine.tables import deployed_decision, deployed_resource, process_version

MOST = 20  # bundles that are deployed before


def called_bundles(session: Session, bundle: Mapping[str, bytes]) -> list[dict[str, bytes]]:
    """The bundles, as deployed last, of processes and `latest` decisions that `bundle` and they name; called first."""
    found: list[dict[str, bytes]] = []
    own, wanted = _names(bundle)
    seen = set(own)
    while wanted and len(found) < MOST:
        key = wanted.pop()
        if key in seen:
            continue
        seen.add(key)
        other = _deployed(session, key)
        if other is None:
            continue
        offered, needed = _names(other)
        if offered & own:
            continue  # what is being tried takes the place of what is deployed
        seen |= offered
        wanted |= needed - seen
        found.insert(0, other)
    return found


def calendars_of(session: Session, engine: Any) -> Callable[[Any, str], WorkingCalendar | None]:
    """The desk's calendars for an engine on another database."""
    host = engine.host(session)
    return lambda _session, name: host.calendar(name)


def _names(bundle: Mapping[str, bytes]) -> tuple[set[str], set[str]]:
    """The processes of a bundle, and what its diagrams call."""
    own: set[str] = set()
    called: set[str] = set()
    for name, content in bundle.items():
        if not name.endswith(".bpmn"):
            continue
        try:
            definitions = read_definitions(content, validate=False)
        except UnreadableDiagram:
            continue  # deploying it says what is wrong
        for process in definitions.processes.values():
            own.add(process.key)
            for _, node in process.scope.walk():
                if node.called_element:
                    called.add(node.called_element)
                if node.decision is not None and node.decision.binding == "latest":
                    called.add(node.decision.key)
    return own, called - own


def _deployed(session: Session, key: str) -> dict[str, bytes] | None:
    deployment_id = session.scalar(
        select(process_version.c.deployment_id).where(
            process_version.c.key == key, process_version.c.latest
        )
    )
    if deployment_id is None:
        deployment_id = session.scalar(
            select(deployed_decision.c.deployment_id)
            .where(deployed_decision.c.key == key)
            .order_by(deployed_decision.c.at.desc())
            .limit(1)
        )
    if deployment_id is None:
        return None
    rows = session.execute(
        select(deployed_resource.c.name, deployed_resource.c.content).where(
            deployed_resource.c.deployment_id == deployment_id
        )
    )
    return {row.name: bytes(row.content) for row in rows}
