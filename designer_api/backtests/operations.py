"""Backtests: what really happened in the last days, played again with a draft.

A process is played twice, on the version it ran and on the draft, so that what a replay cannot know (records as they
were then) tells against neither. An instance whose own version does not go the way that its history says is left out
and counted. A decision is asked again with what it was asked with, and must first give what it gave.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from designer_api.backtests.asked import asked_with, decision_model
from designer_api.backtests.differences import (
    Difference,
    Words,
    decided_otherwise,
    differences,
    numbered_rules,
)
from designer_api.backtests.replay import (
    NotReplayable,
    Played,
    Recorded,
    begun_with,
    play,
    recorded,
)
from designer_api.files.contents import decision_words
from designer_api.runs.neighbours import calendars_of, called_bundles
from desk.audit.personal import revealed
from desk.tickets.models import Ticket
from engine.bundles import decision_ids, read_decisions
from engine.dmn import DecisionModel
from engine.history import plain
from engine.sandbox import Sandbox
from engine.tables import deployed_resource, history, process_instance, process_version

PAGE = 500  # lines of the history read at once
MOST_SHOWN = 500  # instances in the table; all are counted

Progress = Callable[[int, int], None]


class NoSuchDecision(LookupError):
    """The draft holds no decision of that key; `words` say so."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no decision {key!r} is in these files")
        self.words = {
            "en": f"No decision “{key}” is in these files.",
            "zh": f"这些文件中没有决策“{key}”。",
        }


class Tally:
    """What comes out, as designer_api.backtests.schemas.BacktestResult has it. `decisions` are their names by id."""

    def __init__(self, decisions: Mapping[str, Words]) -> None:
        self.decisions = decisions
        self.replayed = self.same = self.different = self.skipped = 0
        self.elements: Counter[str] = Counter()
        self.rules: dict[tuple[str, str], tuple[list[int], list[int | None]]] = {}
        self.items: list[dict[str, Any]] = []

    def count_rules(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """How often each rule matched then, and with the draft."""
        for side, explanation in enumerate((before, after)):
            for decision, rule, number in numbered_rules(explanation):
                counts, numbers = self.rules.setdefault((decision, rule), ([0, 0], [None, None]))
                counts[side] += 1
                numbers[side] = number

    def add(
        self, instance: Any, at: datetime, found: list[Difference], names: dict[str, Any]
    ) -> None:
        """An instance (a row with its id and business key) that was played, and how it differs."""
        self.replayed += 1
        if not found:
            self.same += 1
            return
        self.different += 1
        for one in found:
            self.elements[one.element] += 1
            if len(self.items) < MOST_SHOWN:
                self.items.append(
                    {
                        "instance": str(instance.id),
                        "business_key": instance.business_key,
                        "at": at.isoformat(),
                        "kind": one.kind,
                        "element": one.element,
                        "name": names.get(one.element) or {"en": one.element, "zh": one.element},
                        "old": plain(one.old),
                        "new": plain(one.new),
                        "words": one.words(names),
                    }
                )

    def as_json(self) -> dict[str, Any]:
        """The result for storing."""
        return {
            "replayed": self.replayed,
            "same": self.same,
            "different": self.different,
            "skipped": self.skipped,
            "elements": dict(self.elements),
            "items": self.items,
            "rules": [
                {
                    "decision": decision,
                    "name": self.decisions.get(decision) or {"en": decision, "zh": decision},
                    "rule": rule,
                    "old_number": numbers[0],
                    "new_number": numbers[1],
                    "before": counts[0],
                    "after": counts[1],
                }
                for (decision, rule), (counts, numbers) in sorted(self.rules.items())
                if counts[0] != counts[1]
            ],
        }


def of_process(
    session: Session,
    engine: Any,
    files: Mapping[str, bytes],
    process: str,
    *,
    since: datetime,
    limit: int,
    progress: Progress,
) -> dict[str, Any]:
    """Play the newest instances of a process that began since then. Raises DeployRefused when the draft cannot run."""
    tally = Tally(_decision_names(files))
    names: dict[str, dict[str, str]] = {}
    boxes: dict[UUID, Sandbox] = {}
    rows = _instances(session, process, since, limit)
    draft = _sandbox(session, engine, files)
    try:
        for number, row in enumerate(rows, 1):
            progress(number - 1, len(rows))
            try:
                real = recorded(_history(session, row.id))
            except NotReplayable:
                tally.skipped += 1
                continue
            if row.version_id not in boxes:
                boxes[row.version_id] = _sandbox(session, engine, _bundle(session, row.version_id))
            before = play(boxes[row.version_id], process, real)
            if not _went_so(before, real):
                tally.skipped += 1
                continue
            after = play(draft, process, real)
            names = names or _names(boxes[row.version_id]) | _names(draft)
            _count(tally, before, after)
            tally.add(row, row.started_at, differences(before, after), names)
        progress(len(rows), len(rows))
    finally:
        for box in (draft, *boxes.values()):
            box.close()
    return _with_tickets(session, tally.as_json())


def of_decision(
    session: Session,
    engine: Any,
    files: Mapping[str, bytes],
    key: str,
    *,
    since: datetime,
    limit: int,
    progress: Progress,
) -> dict[str, Any]:
    """Ask a decision again as it was asked since then. Raises NoSuchDecision when the draft does not hold it."""
    models = _models(files)
    draft = next((m for m in models.values() if key in decision_ids(m)), None)
    if draft is None:
        raise NoSuchDecision(key)
    names = _decision_names(files)
    tally = Tally(names)
    host = engine.host(session)
    rows = list(_decided(session, key, since, limit))
    for number, row in enumerate(rows, 1):
        progress(number - 1, len(rows))
        told = revealed(session, row.data)
        old = decision_model(session, engine, row, key)
        given = asked_with(session, row, told, old) if old is not None else None
        if old is None or given is None:
            tally.skipped += 1
            continue
        setting = {"clock": _clock(engine, row.at), "host": host}
        again = old.decide(key, given, **setting).explanation.as_json()
        if decided_otherwise(key, told, again):
            tally.skipped += 1
            continue
        new = draft.decide(key, given, **setting).explanation.as_json()
        tally.count_rules(told, new)
        tally.add(row, row.at, decided_otherwise(key, told, new), names)
    progress(len(rows), len(rows))
    return _with_tickets(session, tally.as_json())


def since(engine: Any, days: int) -> datetime:
    """The moment so many days ago."""
    moment: datetime = engine.clock() - timedelta(days=days)
    return moment


def _clock(engine: Any, at: datetime) -> Callable[[], datetime]:
    return lambda: at.astimezone(engine.zone)


def _went_so(before: Played, real: Recorded) -> bool:
    """Whether the instance's own version went the way that its history says, in whatever order branches took."""
    return before.error is None and Counter(before.path) == Counter(real.path)


def _count(tally: Tally, before: Played, after: Played) -> None:
    for index in range(max(len(before.decisions), len(after.decisions))):
        old = before.decisions[index][1] if index < len(before.decisions) else {}
        new = after.decisions[index][1] if index < len(after.decisions) else {}
        tally.count_rules(old, new)


def _models(files: Mapping[str, bytes]) -> Mapping[str, DecisionModel]:
    models, _ = read_decisions({n: c for n, c in files.items() if n.endswith(".dmn")})
    return models


def _decision_names(files: Mapping[str, bytes]) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for path in _models(files):
        found |= decision_words(files[path])
    return found


def _sandbox(session: Session, engine: Any, files: Mapping[str, bytes]) -> Sandbox:
    bundle = {n: c for n, c in files.items() if not n.endswith(".scenario.yaml")}
    loaders = {
        name: (lambda _s, data, loader=loader: loader(session, data))
        for name, loader in engine.records.items()
    }
    return Sandbox(
        bundle,
        engine.operators,
        before=called_bundles(session, bundle),
        loaders=loaders,
        zone=str(engine.zone),
        calendars=calendars_of(session, engine),
    )


def _instances(session: Session, process: str, since: datetime, limit: int) -> list[Any]:
    return list(
        session.execute(
            select(
                process_instance.c.id,
                process_instance.c.version_id,
                process_instance.c.business_key,
                process_instance.c.started_at,
            )
            .join(process_version, process_version.c.id == process_instance.c.version_id)
            .where(process_version.c.key == process, process_instance.c.started_at >= since)
            .order_by(process_instance.c.started_at.desc(), process_instance.c.id)
            .limit(limit)
        )
    )


def _decided(session: Session, key: str, since: datetime, limit: int) -> Iterator[Any]:
    """The newest lines of the history in which the decision was asked, with their instance."""
    query = (
        select(
            history.c.instance_id.label("id"),
            history.c.seq,
            history.c.at,
            history.c.element_id,
            history.c.data,
            process_instance.c.business_key,
            process_instance.c.version_id,
        )
        .join(process_instance, process_instance.c.id == history.c.instance_id)
        .where(history.c.event == "decided", history.c.at >= since)
        .order_by(history.c.at.desc(), history.c.instance_id, history.c.seq)
    )
    found = seen = 0
    while rows := session.execute(query.limit(PAGE).offset(seen)).all():
        seen += len(rows)
        for row in rows:
            if key in row.data.get("decisions", {}):
                yield row
                found += 1
                if found == limit:
                    return


def _history(session: Session, instance_id: UUID) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            history.c.event, history.c.element_id, history.c.token_id, history.c.at, history.c.data
        )
        .where(history.c.instance_id == instance_id)
        .order_by(history.c.seq)
    )
    return [{**row._mapping, "data": revealed(session, row.data)} for row in rows]


def _bundle(session: Session, version_id: UUID) -> dict[str, bytes]:
    rows = session.execute(
        select(deployed_resource.c.name, deployed_resource.c.content)
        .join(process_version, process_version.c.deployment_id == deployed_resource.c.deployment_id)
        .where(process_version.c.id == version_id)
    )
    return {row.name: bytes(row.content) for row in rows}


def _names(box: Sandbox) -> dict[str, dict[str, str]]:
    return {
        node.id: dict(node.name)
        for version in box.engine.library.loaded()
        for node in version.program.nodes.values()
    }


def _with_tickets(session: Session, result: dict[str, Any]) -> dict[str, Any]:
    """The tickets of the instances that differ: whose life they are, or with whose id they began."""
    ids = {UUID(item["instance"]) for item in result["items"]}
    began = session.execute(
        select(history.c.instance_id, history.c.data).where(
            history.c.instance_id.in_(ids), history.c.event == "started"
        )
    )
    named = {row.instance_id: begun_with(row.data).get("ticket_id") for row in began}
    tickets = session.execute(
        select(Ticket.id, Ticket.number, Ticket.instance_id).where(
            Ticket.instance_id.in_(ids)
            | Ticket.id.in_({one for one in named.values() if isinstance(one, int)})
        )
    ).all()
    own = {ticket.instance_id: ticket for ticket in tickets}
    by_id = {ticket.id: ticket for ticket in tickets}
    for item in result["items"]:
        instance = UUID(item["instance"])
        ticket = own.get(instance) or by_id.get(named.get(instance))
        item["ticket_id"] = ticket.id if ticket else None
        item["ticket_number"] = ticket.number if ticket else None
    return result
