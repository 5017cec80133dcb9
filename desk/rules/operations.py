"""What can be done with rules: save, switch on and off, put into order, delete. The diagram is what counts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.audit import actions as audited
from desk.people.log import record
from desk.rules.actions import ActionRefused, parameters_of
from desk.rules.conditions import ConditionRefused, asked
from desk.rules.fields import custom_fields
from desk.rules.models import RuleRow
from desk.rules.publishing import FOLDERS, publish
from desk.rules.reading import Marked, marked
from desk.rules.rule import Rule
from desk.rules.writing import write
from engine import deploying
from engine.actors import Actor
from engine.deploying import Deployment
from engine.errors import UnknownProcess
from engine.operators import Text
from engine.runtime import Engine
from engine.tables import deployed_resource, process_version

_LETTERS = re.compile(r"[^a-z0-9]+")
MOST = 40  # conditions, or actions, of one rule

audited.declare(
    {
        "rule_saved": Text("Saved a rule", "保存规则"),
        "rule_switched": Text("Switched a rule on or off", "启用或停用规则"),
        "rule_moved": Text("Changed the order of rules", "调整规则顺序"),
        "rule_deleted": Text("Deleted a rule", "删除规则"),
    }
)


class RuleRefused(Exception):
    """A rule cannot be kept as it is; `problems` say where (`title`, `all-2`, `then-1` …) and why."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__("; ".join(words.en for words in problems.values()))
        self.problems = dict(problems)


def check(session: Session, rule: Rule) -> Rule:
    """The rule as it is kept, with a key. Raises RuleRefused with all that is wrong."""
    problems: dict[str, Text] = {}
    custom = custom_fields(session)
    if not rule.title.strip():
        problems["title"] = Text("Give the rule a title.", "请填写标题。")
    elif _taken(session, rule):
        problems["title"] = Text("There is a rule with this title already.", "已有同名规则。")
    if rule.kind == "trigger" and not rule.events:
        problems["events"] = Text("Choose at least one event.", "请至少选择一个事件。")
    for name in ("all", "any"):
        for number, condition in enumerate(getattr(rule, name), 1):
            try:
                asked(condition, custom)
            except ConditionRefused as refused:
                problems[f"{name}-{number}"] = refused.words
    for name in ("then", "otherwise"):
        for number, action in enumerate(getattr(rule, name), 1):
            try:
                parameters_of(action, rule)
            except ActionRefused as refused:
                problems[f"{name}-{number}"] = refused.words
    if not rule.then:
        problems["then"] = Text("Choose at least one action.", "请至少选择一项操作。")
    if rule.otherwise and not rule.decides:
        problems["otherwise"] = Text("“Else” needs a condition.", "“否则”需要先设置条件。")
    if rule.otherwise and rule.kind == "automation":
        problems["otherwise"] = Text("An automation has no “else”.", "自动化任务没有“否则”。")
    if max(len(rule.conditions), len(rule.then), len(rule.otherwise)) > MOST:
        problems["title"] = Text(
            f"At most {MOST} lines of a kind, please.", f"每类最多 {MOST} 行。"
        )
    if problems:
        raise RuleRefused(problems)
    if len(rule.any) == 1:  # one of one is all of it
        rule = replace(rule, all=(*rule.all, *rule.any), any=())
    return rule if rule.key else replace(rule, key=_new_key(session, rule))


def save(session: Session, engine: Engine, rule: Rule, *, actor: Actor) -> Rule:
    """Write the rule's diagram and table and put them into effect. Returns the rule as kept, with its key.

    Side effects: a deployment, the rule's place in the list (the last one, when it is new), a line of the log.
    Raises RuleRefused, DeployRefused.
    """
    kept = check(session, rule)
    folder = f"{FOLDERS[kept.kind]}/{kept.key}"
    publish(session, engine, folder, write(kept, session), note=kept.title, actor=actor)
    record(
        session, "rule_saved", actor=actor, subject=f"rule:{kept.key}",
        new={"name": kept.title, "key": kept.key},
    )  # fmt: skip
    return kept


def noted(session: Session, engine: Engine, deployment: Deployment) -> None:
    """A deployment has happened, from wherever: rules among its processes take their place in the list."""
    for key in deployment.created:
        version_id = deployment.versions[key]
        files = files_of(session, version_id)
        found = next(
            (m for name, c in files.items() if name.endswith(".bpmn") and (m := marked(c, key))),
            None,
        )
        row = row_of(session, key)
        if found is None:
            if row is not None:
                row.deleted = True  # it is a diagram of its own now
            continue
        if row is None:
            row = RuleRow(key=key, kind=found.kind, position=_last(session, found.kind) + 1)
            session.add(row)
        _describe(row, found, version_id)
    session.flush()


def _describe(row: RuleRow, found: Marked, version_id: UUID) -> None:
    row.kind, row.version_id = found.kind, version_id
    row.title, row.title_en = found.title[:200], found.title_en[:200]
    row.timing, row.scope = found.timing, ", ".join(found.scope)[:400]
    row.active, row.deleted = True, False


def switch(session: Session, engine: Engine, key: str, *, active: bool, actor: Actor) -> None:
    """Let a rule act, or not. What has begun goes on. Raises LookupError."""
    row = _existing(session, key)
    if row.active == active:
        return
    if active:
        engine.deploy(session, files_of(session, row.version_id), actor=actor, note=row.title)
    else:
        withdraw(session, engine, key)
        row.active = False
    record(
        session, "rule_switched", actor=actor, subject=f"rule:{key}",
        new={"name": row.title, "active": active},
    )  # fmt: skip


def delete(session: Session, engine: Engine, key: str, *, actor: Actor) -> None:
    """Take a rule out of the list; its diagrams and its history stay. Raises LookupError."""
    row = _existing(session, key)
    if row.active:
        withdraw(session, engine, key)
    row.active, row.deleted = False, True
    record(
        session, "rule_deleted", actor=actor, subject=f"rule:{key}",
        old={"name": row.title}, new={},
    )  # fmt: skip


def withdraw(session: Session, engine: Engine, key: str) -> None:
    """Nothing starts the rule's process any more; when nothing does already, all is well."""
    try:
        deploying.withdraw(engine, session, key)
    except UnknownProcess:
        return


def move(session: Session, engine: Engine, key: str, *, up: bool, actor: Actor) -> None:
    """One place up or down among the rules of its kind. Raises LookupError."""
    row = _existing(session, key)
    rows = rules(session, row.kind)
    place = rows.index(row)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for position, one in enumerate(rows, 1):
        one.position = position
    engine.starts.changed(session)
    record(
        session, "rule_moved", actor=actor, subject=f"rule:{key}",
        new={"name": row.title, "number": rows.index(row) + 1},
    )  # fmt: skip


# Asking ---------------------------------------------------------------------------------------------------------------


def rules(session: Session, kind: str) -> list[RuleRow]:
    """The rules of a kind, in their order."""
    return list(
        session.scalars(
            select(RuleRow)
            .where(RuleRow.kind == kind, RuleRow.deleted.is_(False))
            .order_by(RuleRow.position, RuleRow.id)
        )
    )


def row_of(session: Session, key: str) -> RuleRow | None:
    """A rule's line in the list, also of one that was deleted."""
    return session.scalars(select(RuleRow).where(RuleRow.key == key)).one_or_none()


def positions(session: Session) -> dict[str, int]:
    """The order in which one event starts rules: by process key."""
    rows = session.execute(select(RuleRow.key, RuleRow.position))
    return {row.key: row.position for row in rows}


def files_of(session: Session, version_id: UUID) -> dict[str, bytes]:
    """The diagram and the tables that were deployed with a version."""
    version = session.execute(
        select(process_version.c.deployment_id, process_version.c.resource).where(
            process_version.c.id == version_id
        )
    ).one()
    resources = session.execute(
        select(deployed_resource.c.name, deployed_resource.c.content).where(
            deployed_resource.c.deployment_id == version.deployment_id
        )
    )
    return {name: bytes(content) for name, content in resources}


def _existing(session: Session, key: str) -> RuleRow:
    row = row_of(session, key)
    if row is None or row.deleted:
        raise LookupError(key)
    return row


def _last(session: Session, kind: str) -> int:
    return session.scalar(select(func.max(RuleRow.position)).where(RuleRow.kind == kind)) or 0


def _taken(session: Session, rule: Rule) -> bool:
    others: Sequence[Any] = session.scalars(
        select(RuleRow.key).where(
            RuleRow.kind == rule.kind,
            RuleRow.title == rule.title.strip(),
            RuleRow.deleted.is_(False),
        )
    ).all()
    return any(key != rule.key for key in others)


def _new_key(session: Session, rule: Rule) -> str:
    """`trigger-vip-first` of an English title, else `trigger-12`."""
    words = _LETTERS.sub("-", (rule.title_en or rule.title).lower()).strip("-")[:60]
    base = f"{rule.kind}-{words}" if words else f"{rule.kind}-1"
    number, key = 1, base
    while _exists(session, key):
        number += 1
        key = f"{base}-{number}" if words else f"{rule.kind}-{number}"
    return key


def _exists(session: Session, key: str) -> bool:
    known = select(process_version.c.id).where(process_version.c.key == key).limit(1)
    return session.execute(known).first() is not None
