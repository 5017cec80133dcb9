"""Variants: the ways through a process that instances have really taken, with share and duration.

A variant is the sequence of completed elements, as process mining has it: exports as XES or OCEL give the same ones. It
is read from the paths that desk.cockpit.projection keeps, so no history is read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session, aliased

from desk.audit.names import name_in, names_of
from desk.cockpit.filters import InstanceFilter, instances
from desk.cockpit.models import PathStep, ProjectedInstance
from desk.cockpit.projection import path_after
from desk.people.models import User
from engine.tables import process_instance

SHOWN: Final = 100

Path = tuple[str, ...]  # ids of elements


@dataclass
class Variant:
    """One way through the process. `elements` are ids; `median` is in seconds, of the instances that have ended.

    `versions` says how many instances of which version took it, `paths` by which ids of paths.
    """

    key: UUID
    elements: Path
    count: int = 0
    share: float = 0.0
    median: float | None = None
    versions: Counter[UUID] = field(default_factory=Counter)
    paths: set[UUID] = field(default_factory=set)

    def names(self, session: Session, locale: str) -> list[str]:
        """The elements as the version that took it most often calls them, in the words of exports."""
        ((version_id, _count),) = self.versions.most_common(1)
        known = names_of(session, version_id)
        return [name_in(known, element, locale) for element in self.elements]


def variants(
    session: Session, user: User, wanted: InstanceFilter, *, collapse: bool = False
) -> list[Variant]:
    """All variants of the instances that the filter finds, the most frequent first.

    `collapse`: what is repeated at once (a step, or several as a loop) counts as taken once. Instances in which nothing
    was completed are left out.
    """
    path, version = ProjectedInstance.path_id, process_instance.c.version_id
    # One row for a path and a version, with all durations in a text: an exact median costs no row for each instance.
    took = func.aggregate_strings(cast(ProjectedInstance.took, String), ",").label("took")
    rows = session.execute(
        instances(wanted, user, path, version, func.count().label("number"), took)
        .join(ProjectedInstance, ProjectedInstance.instance_id == process_instance.c.id)
        .where(path.is_not(None))
        .group_by(path, version)
    ).all()
    known = paths(session, {row.path_id for row in rows})
    found: dict[UUID, Variant] = {}
    durations: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        elements = collapsed(known[row.path_id]) if collapse else known[row.path_id]
        key = key_of(elements)
        one = found.setdefault(key, Variant(key, elements))
        one.count += row.number
        one.versions[row.version_id] += row.number
        one.paths.add(row.path_id)
        durations[key] += map(int, row.took.split(",")) if row.took else ()
    whole = sum(row.number for row in rows)
    for one in found.values():
        one.share = one.count / whole
        one.median = median_low(durations[one.key]) / 1000 if durations[one.key] else None
    return sorted(found.values(), key=lambda one: (-one.count, one.elements))


def names_of_paths(
    session: Session, ids: Sequence[UUID]
) -> dict[UUID, Mapping[str, Sequence[str]]]:
    """The steps of paths in the words of a version that took them, by path and language (`en`, `zh`)."""
    one = (
        select(ProjectedInstance.instance_id)
        .where(ProjectedInstance.path_id == PathStep.id)
        .correlate(PathStep)
        .limit(1)
        .scalar_subquery()
    )
    taken = session.execute(
        select(PathStep.id, process_instance.c.version_id)
        .join(process_instance, process_instance.c.id == one)
        .where(PathStep.id.in_(ids))
    ).all()
    elements = paths(session, [row.id for row in taken])
    found: dict[UUID, Mapping[str, Sequence[str]]] = {}
    for row in taken:
        known = names_of(session, row.version_id)
        found[row.id] = {
            locale: named(
                [name_in(known, one, locale) for one in elements[row.id]], elements[row.id]
            )
            for locale in ("en", "zh")
        }
    return found


def named(names: Sequence[str], elements: Path) -> Sequence[str]:
    """Without elements that nobody has named, as joins often are: they tell a reader nothing."""
    said = [name for name, element in zip(names, elements, strict=True) if name != element]
    return said or names


def instances_of(
    session: Session, user: User, wanted: InstanceFilter, variant: Variant, limit: int
) -> Sequence[UUID]:
    """The newest instances that took it."""
    query = (
        instances(wanted, user)
        .join(ProjectedInstance, ProjectedInstance.instance_id == process_instance.c.id)
        .where(ProjectedInstance.path_id.in_(variant.paths))
        .order_by(process_instance.c.started_at.desc(), process_instance.c.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def paths(session: Session, ids: Iterable[UUID]) -> dict[UUID, Path]:
    """The elements of paths, by their ids."""
    steps = _steps(session, set(ids))
    found: dict[UUID, Path] = {}
    for path_id in ids:
        elements: list[str] = []
        at: UUID | None = path_id
        while at is not None:
            at, element = steps[at]
            elements.append(element)
        found[path_id] = tuple(reversed(elements))
    return found


def key_of(elements: Path) -> UUID:
    """The id of a path of these elements."""
    path: UUID | None = None
    for element in elements:
        path = path_after(path, element)
    assert path is not None
    return path


def collapsed(elements: Path) -> Path:
    """Without what is repeated at once: `a b b c` and `a b c b c` are `a b c`. Short repetitions go first."""
    kept = list(elements)
    length = 1
    while length <= len(kept) // 2:
        at = 0
        shorter = False
        while at + 2 * length <= len(kept):
            if kept[at : at + length] == kept[at + length : at + 2 * length]:
                del kept[at + length : at + 2 * length]
                shorter = True
            else:
                at += 1
        length = 1 if shorter and length > 1 else length + 1
    return tuple(kept)


def _steps(session: Session, ids: set[UUID]) -> Mapping[UUID, tuple[UUID | None, str]]:
    """These nodes of the tree of paths and all before them, by one recursive question for each 500."""
    found: dict[UUID, tuple[UUID | None, str]] = {}
    wanted = sorted(ids)
    for begin in range(0, len(wanted), 500):
        some = wanted[begin : begin + 500]
        tree: Any = (
            select(PathStep.id, PathStep.previous_id, PathStep.element_id)
            .where(PathStep.id.in_(some))
            .cte(recursive=True)
        )
        before = aliased(PathStep)
        tree = tree.union(
            select(before.id, before.previous_id, before.element_id).join(
                tree, before.id == tree.c.previous_id
            )
        )
        for row in session.execute(select(tree)):
            found[row.id] = (row.previous_id, row.element_id)
    return found
