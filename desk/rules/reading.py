"""A rule read back from its diagram and table: so that the form and the designer are two views of one thing.

What the form could not have written it does not understand; it then says so, and points to the designer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from desk.rules import actions, conditions
from desk.rules.fields import NONE, Custom
from desk.rules.rule import KINDS, TIMINGS, Action, Condition, Rule
from desk.rules.writing import start_condition
from engine.bpmn.document import BPMN
from engine.bpmn.extensions import extension
from engine.bpmn.model import Node, ProcessModel, ScopeModel
from engine.bpmn.reading import read_definitions
from engine.operators import Text

_DMN = "{*}"
_CYCLE = re.compile(r"R/(P\w+)")
_ARTEFACTS = (
    "textAnnotation",
    "documentation",
    "group",
    "dataObject",
    "dataObjectReference",
    "laneSet",
    "collaboration",
)


class Outgrown(Exception):
    """The diagram says more than the form can show; `words` say what."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True)
class Marked:
    """What a diagram says of itself: that it is a rule, and which."""

    kind: str
    title: str
    title_en: str
    timing: str
    scope: tuple[str, ...]


def marked(content: bytes, key: str) -> Marked | None:
    """Whether the process is a rule; None when it is any other diagram."""
    if b":rule" not in content:
        return None
    definitions = read_definitions(content, validate=False)
    model = definitions.processes.get(key)
    element = None if definitions.document is None else definitions.document.by_id.get(key)
    found = None if element is None else extension(element, "rule")
    if model is None or found is None or found.get("kind") not in KINDS:
        return None
    scope = tuple(part.strip() for part in (found.get("scope") or "").split(",") if part.strip())
    timing = found.get("timing") or ""
    return Marked(
        found.get("kind"), model.title["zh"], model.title["en"],
        timing if timing in TIMINGS else "", scope,
    )  # fmt: skip


def read(files: Mapping[str, bytes], key: str, custom: Custom = NONE) -> tuple[Rule, bool]:
    """The rule of these files, and whether its start event asks what its table says. Raises Outgrown."""
    for content in (c for name, c in files.items() if name.endswith(".bpmn")):
        definitions = read_definitions(content, validate=False)
        model = definitions.processes.get(key)
        says = marked(content, key)
        if model is None or says is None:
            continue
        _plain(
            definitions.document.root if definitions.document else None, len(definitions.processes)
        )
        rule = Rule(
            says.kind, key, says.title, says.title_en if says.title_en != says.title else "",  # type: ignore[arg-type]
            timing=says.timing or "user", scope=says.scope,  # type: ignore[arg-type]
        )  # fmt: skip
        tables = {name: c for name, c in files.items() if name.endswith(".dmn")}
        return _Reader(rule, model, tables, custom).rule()
    raise Outgrown(Text("No process of this key is in the diagram.", "图中没有该标识的流程。"))


class _Reader:
    """Follows the flows and ticks off what it has understood."""

    def __init__(
        self, rule: Rule, model: ProcessModel, tables: Mapping[str, bytes], custom: Custom
    ) -> None:
        self.known, self.model, self.tables, self.custom = rule, model, tables, custom
        self.seen: set[str] = set()

    def rule(self) -> tuple[Rule, bool]:
        """All of it."""
        scope = self.model.scope
        if self.known.kind == "automation":
            rule, gate = self._automation(scope)
        else:
            starts = sorted(
                (n for n in scope.nodes.values() if n.tag == "startEvent"), key=lambda n: n.line
            )
            rule, gate = self._started(scope, starts)
        if self.seen != {node.id for _, node in scope.walk()}:
            raise Outgrown(
                Text(
                    "There is more in the diagram than the form can show.",
                    "图中有表单无法显示的内容。",
                )
            )
        return rule, gate

    def _started(self, scope: ScopeModel, starts: list[Node]) -> tuple[Rule, bool]:
        if not starts:
            raise Outgrown(Text("There is no start event.", "没有开始事件。"))
        gates, targets, events = set(), set(), []
        for node in starts:
            self.seen.add(node.id)
            if len(node.triggers) > 1 or len(node.outgoing) != 1 or node.outgoing[0].condition:
                raise Outgrown(_more(node))
            trigger = node.triggers[0] if node.triggers else None
            if trigger is not None and trigger.kind != "message":
                raise Outgrown(_more(node))
            if trigger is not None and trigger.name:
                events.append(trigger.name)
            gates.add((node.start_condition or "").removeprefix("=").strip())
            targets.add(node.outgoing[0].target)
        if len(targets) != 1 or len(gates) != 1:
            raise Outgrown(
                Text("The start events lead to different steps.", "各开始事件通向不同的步骤。")
            )
        rule = replace(self.known, events=tuple(events) if self.known.kind == "trigger" else ())
        rule = self._branches(scope, scope.nodes[targets.pop()], rule)
        wanted = start_condition(rule, self._asked(rule)) or ""
        return rule, _tight(gates.pop()) == _tight(wanted)

    def _automation(self, scope: ScopeModel) -> tuple[Rule, bool]:
        start = next((n for n in scope.nodes.values() if n.tag == "startEvent"), None)
        cycle = (
            _CYCLE.fullmatch(str(start.trigger.expression).removeprefix("=").strip('"'))
            if start and start.triggers
            else None
        )
        if start is None or cycle is None:
            raise Outgrown(Text("It does not start every so often.", "开始事件不是周期定时。"))
        find = self._next(scope, start)
        each = self._next(scope, find) if find else None
        end = self._next(scope, each) if each else None
        if (
            find is None or find.call is None or find.call.operator != "rule.due_tickets"
            or each is None or each.scope is None or each.loop is None or each.loop.element != "ticket_id"
            or end is None or end.tag != "endEvent" or end.triggers or end.outgoing
        ):  # fmt: skip
            raise Outgrown(
                Text("The steps around the tickets are others.", "处理工单的外层步骤与表单不同。")
            )
        self.seen |= {start.id, find.id, each.id, end.id}
        inner = next((n for n in each.scope.nodes.values() if n.tag == "startEvent"), None)
        if inner is None or inner.triggers or len(inner.outgoing) != 1:
            raise Outgrown(_more(each))
        self.seen.add(inner.id)
        rule = replace(self.known, every=cycle[1])
        rule = self._branches(each.scope, each.scope.nodes[inner.outgoing[0].target], rule)
        given = {p.target: p.value for p in find.call.parameters}
        wanted = start_condition(rule, self._asked(rule)) or "true"
        return rule, _tight(given.get("condition", "")) == _tight(wanted) and given.get(
            "rule"
        ) == rule.key

    def _asked(self, rule: Rule) -> list[conditions.Asked]:
        return [conditions.asked(condition, self.custom) for condition in rule.conditions]

    def _branches(self, scope: ScopeModel, node: Node, rule: Rule) -> Rule:
        if node.tag != "businessRuleTask":
            return replace(rule, then=self._chain(scope, node))
        gateway = self._next(scope, node)
        if (
            node.decision is None
            or gateway is None
            or gateway.tag != "exclusiveGateway"
            or len(gateway.outgoing) != 2
        ):
            raise Outgrown(_more(node))
        self.seen |= {node.id, gateway.id}
        then = [
            f
            for f in gateway.outgoing
            if _tight(f.condition or "") == f'{node.decision.result}="then"'
        ]
        other = [f for f in gateway.outgoing if f.id == gateway.default_flow]
        if len(then) != 1 or len(other) != 1:
            raise Outgrown(_more(gateway))
        all_, any_ = self._conditions(node.decision.key)
        return replace(
            rule, all=all_, any=any_,
            then=self._chain(scope, scope.nodes[then[0].target]),
            otherwise=self._chain(scope, scope.nodes[other[0].target]),
        )  # fmt: skip

    def _chain(self, scope: ScopeModel, node: Node) -> tuple[Action, ...]:
        found: list[Action] = []
        while node.tag == "serviceTask":
            self.seen.add(node.id)
            call = node.call
            action = (
                actions.read(
                    call.operator, {p.target: p.value for p in call.parameters}, self.known.kind
                )
                if call is not None
                else None
            )
            following = self._next(scope, node)
            if action is None or following is None or node.loop or node.boundary or node.outputs:
                raise Outgrown(_more(node))
            found.append(action)
            node = following
        if node.tag != "endEvent" or node.triggers:
            raise Outgrown(_more(node))
        self.seen.add(node.id)
        return tuple(found)

    def _next(self, scope: ScopeModel, node: Node) -> Node | None:
        """Where the only way on leads."""
        if len(node.outgoing) != 1 or node.outgoing[0].condition:
            return None
        return scope.nodes[node.outgoing[0].target]

    def _conditions(self, key: str) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
        for content in self.tables.values():
            root = etree.fromstring(
                content, etree.XMLParser(resolve_entities=False, no_network=True)
            )
            for decision in root.iterfind(f"{_DMN}decision"):
                if decision.get("id") == key:
                    return _table(decision, self.custom)
        raise Outgrown(Text("The decision table is elsewhere.", "决策表不在此处。"))


def _table(decision: Any, custom: Custom) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    table = decision.find(f"{_DMN}decisionTable")
    strange = Outgrown(Text("The decision table has another form.", "决策表的形式与表单不同。"))
    if (
        table is None
        or table.get("hitPolicy", "UNIQUE") != "FIRST"
        or decision.find(f"{_DMN}informationRequirement") is not None
    ):
        raise strange
    columns = [_text(e) for e in table.iterfind(f"{_DMN}input/{_DMN}inputExpression")]
    rules = list(table.iterfind(f"{_DMN}rule"))
    rows = [[_text(c) or "-" for c in rule.iterfind(f"{_DMN}inputEntry")] for rule in rules]
    says = [_text(rule.find(f"{_DMN}outputEntry")) for rule in rules]
    if (
        len(rows) < 2
        or says != ['"then"'] * (len(rows) - 1) + ['"else"']
        or any(c != "-" for c in rows[-1])
    ):
        raise strange
    rows = rows[:-1]
    fixed = [n for n in range(len(columns)) if len({row[n] for row in rows}) == 1]
    loose = [n for n in range(len(columns)) if n not in fixed]
    for row in rows:
        if loose and sum(row[n] != "-" for n in loose) != 1:
            raise strange
    if any(sum(row[n] != "-" for row in rows) != 1 for n in loose) or (not loose and len(rows) > 1):
        raise strange
    all_ = [_condition(columns[n], rows[0][n], custom) for n in fixed]
    any_ = [
        _condition(columns[n], next(r[n] for r in rows if r[n] != "-"), custom) for n in loose
    ]
    return tuple(all_), tuple(any_)


def _condition(column: str, cell: str, custom: Custom) -> Condition:
    found = conditions.read(column, cell, custom)
    if found is None:
        raise Outgrown(
            Text(
                f"The form has no such condition: {column} {cell}",
                f"表单中没有这样的条件：{column} {cell}",
            )
        )
    return found


def _plain(root: Any, processes: int) -> None:
    if root is None or processes != 1:
        raise Outgrown(Text("There is more than one process in the file.", "文件中有多个流程。"))
    for name in _ARTEFACTS:
        if root.find(f".//{{{BPMN}}}{name}") is not None:
            raise Outgrown(
                Text(
                    "There are notes, lanes or data in the diagram that the form cannot keep.",
                    "图中有表单无法保留的注释、泳道或数据。",
                )
            )


def _more(node: Node) -> Text:
    return Text(
        f"“{node.name['en']}” does more than the form can show.",
        f"“{node.name['zh']}”的设置超出了表单的范围。",
    )


def _text(element: Any) -> str:
    found = None if element is None else element.find(f"{_DMN}text")
    return "" if found is None else (found.text or "").strip()


def _tight(text: str) -> str:
    return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda found: found[1] or "", text)
