"""Conformance: whether what happened is what was drawn, in the version of the diagram that each instance ran on.

Two questions are asked. Where did a person take an instance off its way (tokens moved or added, values edited, versions
changed, incidents closed by hand)? And, replaying what was completed on the diagram: is there an element to which no
completed element leads? Only the first can explain the second, so a step that nothing explains shows by itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.audit.names import name_in, names_of
from desk.audit.personal import revealed
from desk.cockpit.filters import InstanceFilter, instances
from desk.cockpit.models import Deviation, ProjectedInstance
from desk.insight.variants import Path, Variant, variants
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.bpmn.model import Node
from engine.operators import Text
from engine.runtime import Engine
from engine.tables import history, process_instance

SHOWN: Final = 100
KINDS: Final[dict[str, Text]] = {
    "moved": Text("Token moved", "移动了流转位置"),
    "added": Text("Token added", "新增了流转位置"),
    "edited": Text("Values edited", "修改了流程数据"),
    "retried": Text("Values edited for a retry", "重试前修改了数据"),
    "migrated": Text("Changed to another version", "迁移到其他版本"),
    "reverted": Text("Migration undone", "撤销了迁移"),
    "resolved": Text("Incident closed by hand", "手工关闭了异常"),
}


@dataclass(frozen=True)
class Deviated:
    """What somebody did to an instance: where (an element's name), whereto, who, when, why."""

    instance_id: UUID
    ticket_id: int | None
    ticket: str | None
    at: datetime
    event: str
    who: str
    element: str
    to: str
    reason: str


@dataclass(frozen=True)
class Misfit:
    """A step to which nothing that was completed before leads, and in how many instances."""

    element: str
    name: str
    count: int


@dataclass(frozen=True)
class Conformance:
    """Of `total` instances, `deviating` were taken off their way; `kinds` counts what was done to them."""

    total: int
    deviating: int
    kinds: Mapping[str, int]
    rows: Sequence[Deviated]
    misfits: Sequence[Misfit]

    @property
    def share(self) -> float | None:
        """Of instances that went as drawn; None without any."""
        return None if not self.total else 1 - self.deviating / self.total


def conformance(
    engine: Engine,
    session: Session,
    user: User,
    wanted: InstanceFilter,
    *,
    locale: str,
    found: Sequence[Variant] | None = None,
) -> Conformance:
    """The conformance of the instances that the filter finds; `found` are their variants, where they are known."""
    own = instances(wanted, user).subquery()
    total = session.scalar(
        select(func.count())
        .select_from(own)
        .join(ProjectedInstance, ProjectedInstance.instance_id == own.c.id)
    )
    of_them = Deviation.instance_id.in_(select(own.c.id))
    deviating = session.scalar(select(func.count(Deviation.instance_id.distinct())).where(of_them))
    kinds = session.execute(
        select(Deviation.event, func.count().label("number"))
        .where(of_them)
        .group_by(Deviation.event)
    )
    rows = session.execute(
        select(
            history.c.instance_id, history.c.seq, history.c.at, history.c.actor, history.c.event,
            history.c.element_id, history.c.data, process_instance.c.version_id,
            Ticket.id.label("ticket_id"), Ticket.number,
        )
        .join_from(Deviation, history,
                   (history.c.instance_id == Deviation.instance_id) & (history.c.seq == Deviation.seq))
        .join(process_instance, process_instance.c.id == history.c.instance_id)
        .outerjoin(Ticket, Ticket.instance_id == history.c.instance_id)
        .where(of_them)
        .order_by(Deviation.at.desc(), history.c.instance_id, history.c.seq.desc())
        .limit(SHOWN)
    ).all()  # fmt: skip
    return Conformance(
        total or 0,
        deviating or 0,
        {row.event: row.number for row in kinds},
        [_deviated(session, row, locale) for row in rows],
        _misfits(
            engine, session, variants(session, user, wanted) if found is None else found, locale
        ),
    )


def misfits(nodes: Mapping[str, Node], path: Path) -> list[str]:
    """The elements of a path to which no element before leads, in the order in which they came.

    Begun are also: starts, boundary events and event sub-processes (nothing leads to them in the drawing), what an
    instance of a loop does (its id carries a `#`), and elements of processes that are called.
    """
    seen: set[str] = set()
    odd: list[str] = []
    for element in path:
        node = nodes.get(element)
        sources = {flow.source for flow in node.incoming} if node is not None else set()
        if sources and not sources & seen and not _begins(nodes, sources):
            odd.append(element)
        seen.add(element.partition("#")[0])
    return odd


def _begins(nodes: Mapping[str, Node], sources: Iterable[str]) -> bool:
    """Whether a token may come from what is not completed itself: an event-based gateway, another process."""
    return any(
        source not in nodes or nodes[source].tag == "eventBasedGateway" for source in sources
    )


def _misfits(
    engine: Engine, session: Session, found: Sequence[Variant], locale: str
) -> list[Misfit]:
    counts: Counter[tuple[UUID, str]] = Counter()
    for variant in found:
        for version_id, count in variant.versions.items():
            nodes = engine.library.version(session, version_id).program.nodes
            for element in misfits(nodes, variant.elements):
                counts[version_id, element] += count
    merged: Counter[tuple[str, str]] = Counter()
    for (version_id, element), count in counts.items():
        merged[element, name_in(names_of(session, version_id), element, locale)] += count
    return [Misfit(element, name, count) for (element, name), count in merged.most_common(SHOWN)]


def _deviated(session: Session, row: Any, locale: str) -> Deviated:
    names = names_of(session, row.version_id)
    # who and why may be personal and sealed
    actor, data = (revealed(session, part, locale) for part in (row.actor, row.data))
    to = data.get("to")
    return Deviated(
        row.instance_id, row.ticket_id, row.number, row.at, row.event, str(actor.get("name") or ""),
        name_in(names, row.element_id, locale), _to(names, to, locale), str(data.get("reason") or ""),
    )  # fmt: skip


def _to(names: Any, to: Any, locale: str) -> str:
    if to is None:
        return ""
    return f"v{to}" if isinstance(to, int) else name_in(names, str(to), locale)
