"""Macros at work on a page: asked on the server, obeyed by the page [000 §5.1.6.3].

A macro's diagram is rehearsed, not run: what its `form.*` operators would do becomes what the page shows. A macro that
an agent chooses, or that a submit has set off, is also run for whatever else it does (fields, notices).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import candidates_of
from desk.rules.models import RuleRow
from engine.actors import Actor
from engine.rehearsal import rehearse
from engine.runtime import Engine

TALK = "replies"
NO_TICKET = 0  # what a macro on the page of a new ticket works on: its actions are for when there is one
MOST_FORM = 8_000  # bytes
_PAGE = {"place": "step", "mode": "normal", "call": None, "last_result": None, "copied": "no"}


@dataclass
class Effects:
    """What the page shows. `values` fill fields; `messages` block a submit; `touched` are fields it would change."""

    values: dict[str, Any] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    read_only: set[str] = field(default_factory=set)
    view_only: bool = False
    messages: list[str] = field(default_factory=list)
    hidden_macros: set[str] = field(default_factory=set)
    dial: str | None = None
    touched: set[str] = field(default_factory=set)  # also those that are filled already
    ran: list[str] = field(default_factory=list)  # keys of macros that do more than change the page

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return {
            "values": self.values, "hidden": sorted(self.hidden), "read_only": sorted(self.read_only),
            "view_only": self.view_only, "messages": self.messages,
            "hidden_macros": sorted(self.hidden_macros), "dial": self.dial,
        }  # fmt: skip

    @property
    def takes_away(self) -> bool:
        """Whether something of the page is not its reader's to say."""
        return bool(self.hidden or self.read_only or self.view_only)


def macros_for(session: Session, user: User, timing: str) -> list[RuleRow]:
    """The macros of a timing that are meant for this person, in their order."""
    rows = session.scalars(
        select(RuleRow)
        .where(
            RuleRow.kind == "macro", RuleRow.active, RuleRow.deleted.is_(False),
            RuleRow.timing == timing,
        )
        .order_by(RuleRow.position, RuleRow.id)
    ).all()  # fmt: skip
    mine = set(candidates_of(user))
    return [
        row for row in rows if not row.scope or mine & {s.strip() for s in row.scope.split(",")}
    ]


def apply(
    session: Session,
    engine: Engine,
    user: User,
    timing: str,
    *,
    ticket_id: int | None,
    form: Mapping[str, Any],
    page: Mapping[str, Any] | None = None,
    into: Effects | None = None,
    only: str | None = None,
) -> Effects:
    """What the macros of this moment do to the page, one after the other; each sees what those before it filled in.

    `form` is what the page holds, `page` says where (`place`, `step`, `outcome`, `changed` …). Nothing is written. A
    page of a new ticket has no `ticket_id`. Raises DiagramError of a macro that cannot go on.
    """
    effects = into or Effects()
    shown = dict(form)
    for row in macros_for(session, user, timing):
        if only is not None and row.key != only:
            continue
        version = engine.library.version(session, row.version_id)
        data = {
            "ticket_id": ticket_id or NO_TICKET, "macro": row.key, "form": dict(shown),
            "page": {**_PAGE, **(page or {})},
        }  # fmt: skip
        start = next(node.id for node in version.program.root.model.starts)
        found = rehearse(engine, session, version.program, data, start=start, version=version)
        acts = False
        for effect in found.effects:
            if effect.operator.startswith("form."):
                _obey(effects, effect.operator.removeprefix("form."), effect.parameters, shown)
            else:
                acts = True
        if acts:
            effects.ran.append(row.key)
    return effects


def has_use(effects: Effects, fields: Collection[str]) -> bool:
    """Whether a macro with these effects does anything at all on a page with these fields."""
    more = effects.ran or effects.messages or effects.view_only or effects.hidden_macros
    return bool(more or effects.dial is not None or effects.touched & {TALK, *fields})


def _obey(effects: Effects, what: str, given: Mapping[str, Any], shown: dict[str, Any]) -> None:
    if what in ("set_value", "hide", "show", "read_only"):
        effects.touched.add(given["key"])
    match what:
        case "set_value":
            if given.get("only_if_empty") and shown.get(given["key"]) not in (None, "", []):
                return
            effects.values[given["key"]] = shown[given["key"]] = given["value"]
        case "hide":
            effects.hidden.add(given["key"])
        case "show":
            effects.hidden.discard(given["key"])
        case "read_only":
            effects.read_only.add(given["key"])
        case "view_only":
            effects.view_only = True
        case "block":
            effects.messages.append(given["text"])
        case "hide_macro":
            effects.hidden_macros.add(given["key"])
        case "dial":
            effects.dial = given.get("number") or ""


def shaped(schema: Mapping[str, Any], effects: Effects) -> dict[str, Any]:
    """A form's schema without the fields that are hidden, and read only where they, or the page, are."""
    return {**schema, "components": _components(schema.get("components", ()), effects)}


def _components(components: Sequence[Any], effects: Effects) -> list[Any]:
    kept = []
    for one in components:
        if not isinstance(one, Mapping) or one.get("key") in effects.hidden and one.get("key"):
            continue
        found = dict(one)
        if "components" in found:
            found["components"] = _components(found["components"], effects)
        if "key" in found and (effects.view_only or found["key"] in effects.read_only):
            found["readonly"] = True
        kept.append(found)
    return kept


def run(
    session: Session,
    engine: Engine,
    keys: Sequence[str],
    *,
    ticket_id: int,
    actor: Actor,
    page: Mapping[str, Any],
    form: Mapping[str, Any] | None = None,
) -> list[UUID]:
    """Do what macros do besides the page; the instances. `page` and `form` are where they were set off, as in `apply`.

    Raises DiagramError, OperatorError.
    """
    started = []
    for key in keys:
        version = engine.library.latest(session, key)
        start = next(node.id for node in version.program.root.model.starts)
        data = {"ticket_id": ticket_id, "macro": key, "form": _small(form or {}), "page": dict(page)}
        started.append(engine.begin(session, version, data, actor=actor, start=start))
    return started


def _small(form: Mapping[str, Any]) -> dict[str, Any]:
    """What a process may hold of a page: its short values, up to MOST_FORM bytes in all."""
    kept: dict[str, Any] = {}
    left = MOST_FORM
    for key, value in form.items():
        left -= len(f"{key}{value}".encode())
        if left < 0:
            break
        kept[key] = value
    return kept


def with_form(task: Any, effects: Effects) -> Any:
    """The open task as the page shall show it: form shaped, values filled in."""
    if task.form is None:
        return task
    return replace(task, form=shaped(task.form, effects), data={**task.data, **effects.values})
