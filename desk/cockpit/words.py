"""The history of an instance in words: one sentence a row."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from desk.cockpit.variables import short
from desk.diagrams.kinds import KINDS
from desk.web.localisation import words
from engine.bpmn.program import Program


def sentence(event: str, element: str | None, data: Mapping[str, Any], program: Program) -> str:
    """What a row of the history says has happened, without who and when."""
    step = _said(element, program)
    said: dict[str, Callable[[], str]] = {
        "started": lambda: _("started in version %(n)s", n=data.get("version", "?")),
        "completed": lambda: _("passed “%(step)s”", step=step),
        "submitted": lambda: _with(
            _("finished “%(step)s”", step=step), _outcome(element, program, data.get("outcome"))
        ),
        "claimed": lambda: _("took “%(step)s”", step=step),
        "released": lambda: _("gave “%(step)s” back", step=step),
        "fired": lambda: _("the time of “%(step)s” had come", step=step),
        "received": lambda: _(
            "“%(step)s” got %(event)s", step=step, event=data.get("message") or data.get("signal")
        ),
        "thrown": lambda: _(
            "“%(step)s” sent %(event)s", step=step, event=data.get("message") or data.get("signal")
        ),
        "decided": lambda: _("“%(step)s” decided", step=step),
        "cancelled": lambda: _("“%(step)s” was taken back", step=step) if step else _("cancelled it"),
        "suspended": lambda: _("suspended it"),
        "resumed": lambda: _("let it go on"),
        "edited": lambda: _("changed variables"),
        "variables": lambda: _("variables changed"),
        "moved": lambda: _(
            "moved the token from “%(step)s” to “%(to)s”",
            step=step, to=_said(data.get("to"), program),
        ),
        "added": lambda: _("put a token at “%(step)s”", step=step),
        "migrated": lambda: _(
            "migrated it from version %(old)s to %(new)s", old=data.get("from"), new=data.get("to")
        ),
        "reverted": lambda: _("undid the migration"),
        "retried": lambda: _("tried “%(step)s” again", step=step or "?"),
        "resolved": lambda: _("resolved an incident at “%(step)s” by hand", step=step or "?"),
        "ended": lambda: _("the process ended at “%(step)s”", step=step) if step else _("the process ended"),
        "failed": lambda: _(
            "the process ended in the error %(code)s at “%(step)s”", step=step, code=data.get("error")
        ),
    }  # fmt: skip
    return said[event]() if event in said else event


def changed(data: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Variables that the row has set: name, new value, old value where the row knows it."""
    before = data.get("before", {})
    return [
        (name, short(value, 120), short(before[name], 120) if name in before else None)
        for name, value in data.get("set", {}).items()
    ]


def name_of(element: str | None, program: Program) -> str:
    """The words of an element as drawn, else its id; a listener is named as its event."""
    if not element:
        return ""
    plain = element.partition("#")[0]
    node = program.nodes.get(plain)
    return (words(node.name) if node else "") or plain


def _said(element: str | None, program: Program) -> str:
    """The element in a sentence: a gateway or event without a name by its kind."""
    node = program.nodes.get((element or "").partition("#")[0])
    if node and node.tag in KINDS and set(node.name.values()) <= {node.id}:
        return words(KINDS[node.tag])
    return name_of(element, program)


def _outcome(element: str | None, program: Program, outcome: str | None) -> str:
    node = program.nodes.get(element or "")
    if outcome is None or node is None or node.human is None:
        return outcome or ""
    label = next((o.label for o in node.human.outcomes if o.id == outcome), None)
    return words(label) if label else outcome


def _with(text: str, more: str) -> str:
    return f"{text}: {more}" if more else text
