"""Compensation (BPMN 2.0, 10.7 and 13.5.5): completed activities are undone, the latest first.

What could be undone is kept by the scope it was done in (`remember` in base.py), only in diagrams that can throw
compensation, and only until it was undone or its scope is over. Compensating never looks at the history.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.bpmn.kinds.base import TokenSpec, run_later
from engine.bpmn.model import Node, Trigger
from engine.bpmn.tokens import DiagramError, Scope, Token

if TYPE_CHECKING:
    from engine.bpmn.program import Program, ScopeSpec

Entries = list[list[Any]]


class Compensator(TokenSpec):
    """Undoes one entry after the other in the scope where it stands; then lets go on who asked for it."""

    def __init__(self, scope_spec: "ScopeSpec") -> None:
        model = scope_spec.model
        node = Node(model.id, "compensation", model.name, 0)
        super().__init__(scope_spec, node, f"{scope_spec.name}#compensation")

    def execute(self, token: Token) -> bool | None:
        """Open the scope of the next entry: a handler begins, a sub-process has its own entries undone."""
        instance, program = token.scope.instance, self._wf_spec.program
        while token.internal_data["todo"]:
            _, path, local, inner = token.internal_data["todo"].pop()
            if path not in program.scope_at:
                raise DiagramError(self.node.id, f"what was done at {path} has no place here")
            spec = program.scope_at[path]
            scope = instance.open_scope(spec, token)
            scope.local.update(local)
            if inner is None:
                for handler in spec.model.nodes:
                    spec.spec_of(handler).arrive(scope, None)
            elif spec.undoer is not None:
                scope.facts["done"] = inner
                spec.undoer.open(scope, {})
            else:
                undo(scope, inner)
            return None
        return True

    def scope_completed(self, token: Token, scope: Scope) -> None:
        """One entry is undone; what undid it is not remembered."""
        run_later(token)

    def removed(self, token: Token) -> None:
        """Handlers end with what runs them."""
        for scope in token.scope.instance.scopes_of(token):
            token.scope.instance.close_scope(scope)

    def left(self, token: Token) -> None:
        """Not an element of the diagram: its history is its handlers'."""

    def leave(self, token: Token) -> None:
        """Whoever threw the compensation goes on; a transaction that was cancelled is left by its edge."""
        asked = token.internal_data.get("for")
        if asked is not None:
            thrower = token.scope.instance.token(UUID(bytes=asked))
            if thrower is not None:
                _undone(thrower)
        elif token.internal_data.get("cancelled"):
            host = token.scope.host
            assert host is not None
            host.task_spec.cancelled(host)


def undo(scope: Scope, entries: Entries) -> Token:
    """Begin to undo entries, the last one first."""
    token = scope.place(scope.spec.compensator)
    token.internal_data["todo"] = entries
    return token


def compensate(thrower: Token, trigger: Trigger) -> None:
    """Undo the named activity, or all of the scope; `undoing` counts what the thrower has to wait for."""
    scope = _context(thrower, trigger)
    done: Entries = scope.facts.get("done", [])
    entries = [e for e in done if trigger.activity in (None, e[0])]
    if not entries:
        return
    rest = [e for e in done if e not in entries]
    if rest:
        scope.facts["done"] = rest
    else:
        del scope.facts["done"]
    token = undo(scope, entries)
    if trigger.wait:
        token.internal_data["for"] = thrower.id.bytes
        facts = thrower.internal_data
        facts["undoing"] = facts.get("undoing", 0) + 1


def cancel_transaction(token: Token) -> None:
    """A cancel end event: everything in the transaction stops, what was completed is undone (10.3.5.1, 13.5.5)."""
    scope: Scope | None = token.scope
    while scope is not None and (
        scope.host is None or scope.host.task_spec.node.tag != "transaction"
    ):
        scope = scope.outer
    if scope is None:
        raise DiagramError(token.task_spec.node.id, "cancels, but stands in no transaction")
    entries = _all_done(scope)
    scope.facts.pop("done", None)
    scope.clear()
    undo(scope, entries).internal_data["cancelled"] = True


def _context(thrower: Token, trigger: Trigger) -> Scope:
    """The scope whose activities are meant: the thrower's; from an event sub-process, the one around it (10.5.5).

    A named activity is looked for outwards.
    """
    scope = thrower.scope
    while scope.spec.model.triggered_by_event and scope.outer is not None:
        if trigger.activity in scope.spec.model.nodes:
            break
        scope = scope.outer
    if trigger.activity is not None:
        around: Scope | None = scope
        while around is not None and trigger.activity not in around.spec.model.nodes:
            around = around.outer
        scope = around or scope
    return scope


def _all_done(scope: Scope) -> Entries:
    """What was completed in a scope, with what was completed in sub-processes that still run."""
    entries: Entries = list(scope.facts.get("done", []))
    for host in scope.tasks.values():
        for inner in scope.instance.scopes_of(host):
            done = _all_done(inner)
            if done:
                entries.append([host.task_spec.node.id, inner.spec.path, dict(inner.local), done])
    return entries


def moved(entries: Entries, mapping: Mapping[str, str], program: "Program") -> Entries:
    """The entries for another version of the diagram, elements renamed; what has no place there is forgotten."""
    found: Entries = []
    for activity, path, local, inner in entries:
        parts = (part.partition("#") for part in path.split("/"))
        renamed = "/".join(mapping.get(name, name) + mark + kind for name, mark, kind in parts)
        if renamed in program.scope_at:
            inside = None if inner is None else moved(inner, mapping, program)
            found.append([mapping.get(activity, activity), renamed, local, inside])
    return found


def _undone(thrower: Token) -> None:
    facts = thrower.internal_data
    facts["undoing"] -= 1
    if not facts["undoing"]:
        thrower.complete()
