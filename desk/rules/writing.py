"""A rule as files: a BPMN diagram, laid out, and the decision table that it asks. reading.py is the way back."""

from collections.abc import Callable, Sequence
from functools import partial
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy.orm import Session

from desk.events import EVENTS
from desk.rules.actions import ACTIONS, parameters_of, says
from desk.rules.conditions import Asked, asked
from desk.rules.drawing import (
    BOX_H,
    BOX_W,
    CIRCLE,
    DIAMOND,
    LEFT,
    ROW,
    STEP,
    TOP,
    Body,
    Picture,
    drawing,
)
from desk.rules.fields import NONE, custom_fields
from desk.rules.rule import TIMINGS, Action, Rule
from desk.rules.table import decision_key, table

Say = Callable[[Action, str], str]  # an action's words in a language
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" \
xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:lanedesk="urn:lanedesk:bpmn:1.0" id={id} targetNamespace="urn:lanedesk:rules" exporter="Lanedesk">
"""


def write(rule: Rule, session: Session | None = None) -> dict[str, bytes]:
    """The files of a rule: `<key>.bpmn`, and `<key>.dmn` where there is something to decide.

    With a session the names of tasks call teams, people and the like by their names, and fields that the desk defines
    are asked by their kinds.
    Raises ConditionRefused, ActionRefused, KeyError for an event that is not in the catalogue.
    """
    custom = NONE if session is None else custom_fields(session)
    columns = [asked(condition, custom) for condition in rule.conditions]
    files = {f"{rule.key}.bpmn": _diagram(rule, columns, partial(says, session=session)).encode()}
    if rule.decides:
        files[f"{rule.key}.dmn"] = table(rule, columns, custom).encode()
    return files


def start_condition(rule: Rule, columns: Sequence[Asked]) -> str | None:
    """What is asked before there is an instance: all conditions, unless something is done when they do not hold."""
    own = f'macro = "{rule.key}"' if rule.kind == "macro" and rule.timing == "user" else None
    parts = [own] if own else []
    if not rule.otherwise and rule.kind != "macro":
        parts += [one.expression for one in columns[: len(rule.all)]]
        any_of = [one.expression for one in columns[len(rule.all) :]]
        if any_of:
            parts.append(f"({' or '.join(any_of)})" if len(any_of) > 1 else any_of[0])
    return " and ".join(parts) or None


# The diagram ------------------------------------------------------------------------------------------------------


def _diagram(rule: Rule, columns: Sequence[Asked], say: Say) -> str:
    picture, body = Picture(), Body()
    if rule.kind == "automation":
        _automation(rule, columns, say, picture, body)
    else:
        y = TOP + ROW // 2
        starts = _starts(rule, columns, picture, body, y)
        _decide_and_do(rule, say, picture, body, starts, LEFT + STEP, y)
    messages = _messages(rule)
    process = f'{_name_attributes(rule.title)} isExecutable="true"'
    lines = [
        _HEAD.format(id=quoteattr(f"{rule.key}_definitions")).rstrip("\n"),
        *messages,
        f"  <bpmn:process id={quoteattr(rule.key)}{process}>",
        f"    <bpmn:extensionElements>{_rule_element(rule)}{_english(rule.title_en or rule.title)}</bpmn:extensionElements>",
        *body.xml("    "),
        "  </bpmn:process>",
        *drawing(rule.key, picture),
        "</bpmn:definitions>",
    ]
    return "\n".join(lines) + "\n"


def _rule_element(rule: Rule) -> str:
    more = f' timing="{rule.timing}"' if rule.kind == "macro" else ""
    if rule.scope:
        more += f" scope={quoteattr(', '.join(rule.scope))}"
    return f'<lanedesk:rule kind="{rule.kind}"{more}/>'


def _messages(rule: Rule) -> list[str]:
    names = (
        rule.events if rule.kind == "trigger" else ("macro.run",) if rule.timing == "user" else ()
    )
    if rule.kind == "automation":
        names = ()
    return [
        f'  <bpmn:message id="m_{number}" name={quoteattr(name)}/>'
        for number, name in enumerate(names, 1)
    ]


def _starts(
    rule: Rule, columns: Sequence[Asked], picture: Picture, body: Body, y: int
) -> list[str]:
    condition = start_condition(rule, columns)
    asks = (
        f"<lanedesk:startCondition>{escape(condition)}</lanedesk:startCondition>"
        if condition
        else ""
    )
    if rule.kind == "macro" and rule.timing != "user":
        words = TIMINGS[rule.timing]
        body.add(
            "startEvent",
            "start",
            _name_attributes(words.zh),
            f"      {_extensions(_english(words.en))}",
        )
        picture.place("start", LEFT, y, CIRCLE, CIRCLE)
        return ["start"]
    if rule.kind == "macro":
        words = TIMINGS["user"]
        content = f'      {_extensions(asks + _english(words.en))}\1      <bpmn:messageEventDefinition id="start_1_d" messageRef="m_1"/>'
        body.add("startEvent", "start_1", _name_attributes(words.zh), content)
        picture.place("start_1", LEFT, y, CIRCLE, CIRCLE)
        return ["start_1"]
    ids = []
    top = y - (len(rule.events) - 1) * 90 // 2
    for number, name in enumerate(rule.events, 1):
        id, event = f"start_{number}", EVENTS[name]
        content = (
            f"      {_extensions(asks + _english(event.title.en))}\1"
            f'      <bpmn:messageEventDefinition id="{id}_d" messageRef="m_{number}"/>'
        )
        body.add("startEvent", id, _name_attributes(event.title.zh), content)
        picture.place(id, LEFT, top + (number - 1) * 90, CIRCLE, CIRCLE)
        ids.append(id)
    return ids


def _decide_and_do(
    rule: Rule, say: Say, picture: Picture, body: Body, sources: list[str], x: int, y: int
) -> tuple[int, int]:
    """The decision, the gateway, the actions; the right and the lower edge of what was drawn."""
    if rule.decides:
        content = f"      {_extensions(f'<lanedesk:decision key={quoteattr(decision_key(rule))} result={quoteattr(_RESULT)}/>' + _english('Check the conditions'))}"
        body.add("businessRuleTask", "check", _name_attributes("判断条件"), content)
        picture.place("check", x, y, BOX_W, BOX_H)
        _join(picture, body, sources, "check")
        x += STEP - 20
        body.add(
            "exclusiveGateway", "holds", f'{_name_attributes("符合？")} default="holds_to_{_first("else", rule.otherwise)}"',
            f"      {_extensions(_english('Do they hold?'))}",
        )  # fmt: skip
        picture.place("holds", x, y, DIAMOND, DIAMOND)
        picture.connect(body.flow("check", "holds"), "check", "holds")
        sources = ["holds"]
        x += STEP - 20
    right = _chain(rule, "then", rule.then, say, picture, body, sources, x, y)
    if rule.decides:
        low = _chain(rule, "else", rule.otherwise, say, picture, body, ["holds"], x, y + ROW)
        return max(right, low), y + ROW + 70
    return right, y + 70


_RESULT = "branch"


def _first(prefix: str, actions: Sequence[Action]) -> str:
    return f"{prefix}_1" if actions else f"{prefix}_end"


def _chain(
    rule: Rule,
    prefix: str,
    actions: Sequence[Action],
    say: Say,
    picture: Picture,
    body: Body,
    sources: list[str],
    x: int,
    y: int,
) -> int:
    for number, action in enumerate(actions, 1):
        id = f"{prefix}_{number}"
        body.add(
            "serviceTask",
            id,
            _name_attributes(say(action, "zh")),
            f"      {_extensions(_call(rule, action) + _english(say(action, 'en')))}",
        )
        picture.place(id, x, y, BOX_W, BOX_H)
        _join(picture, body, sources, id, branch=prefix)
        sources, x = [id], x + STEP
    end = f"{prefix}_end"
    words = ("已执行", "Done") if actions else ("不执行", "Nothing to do")
    body.add(
        "endEvent", end, _name_attributes(words[0]), f"      {_extensions(_english(words[1]))}"
    )
    picture.place(end, x - (BOX_W - CIRCLE) // 2 + 10, y, CIRCLE, CIRCLE)
    _join(picture, body, sources, end, branch=prefix)
    return x + 40


def _join(
    picture: Picture, body: Body, sources: list[str], target: str, *, branch: str = ""
) -> None:
    for source in sources:
        condition = f'{_RESULT} = "then"' if source == "holds" and branch == "then" else None
        picture.connect(body.flow(source, target, condition), source, target)


def _call(rule: Rule, action: Action) -> str:
    kind = ACTIONS[action.kind]
    given = "".join(
        f"<lanedesk:param name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in parameters_of(action, rule).items()
    )
    return f'<lanedesk:operator name={quoteattr(kind.operator)} result="done">{given}</lanedesk:operator>'


def _automation(
    rule: Rule, columns: Sequence[Asked], say: Say, picture: Picture, body: Body
) -> None:
    condition = start_condition(rule, columns) or "true"
    y = TOP + ROW
    timer = (
        '\1      <bpmn:timerEventDefinition id="start_d"><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">'
        f"R/{rule.every}</bpmn:timeCycle></bpmn:timerEventDefinition>"
    )
    body.add(
        "startEvent",
        "start",
        _name_attributes("定时"),
        f"      {_extensions(_english('Every so often'))}{timer}",
    )
    picture.place("start", LEFT, y, CIRCLE, CIRCLE)
    find = (
        f'<lanedesk:operator name="rule.due_tickets"><lanedesk:param name="rule" value={quoteattr(rule.key)}/>'
        f'<lanedesk:param name="condition" value={quoteattr(condition)}/></lanedesk:operator>'
    )
    body.add(
        "serviceTask",
        "find",
        _name_attributes("找出符合条件的工单"),
        f"      {_extensions(find + _english('Find the tickets'))}",
    )
    picture.place("find", LEFT + STEP - 10, y, BOX_W, BOX_H)
    picture.connect(body.flow("start", "find"), "start", "find")
    inner = Body()
    inner.add(
        "startEvent",
        "each",
        _name_attributes("每张工单"),
        f"      {_extensions(_english('Each ticket'))}",
    )
    left = LEFT + 2 * STEP - 80
    picture.expanded.add("tickets")
    picture.place("each", left + 50, y - ROW // 2 + 10, CIRCLE, CIRCLE)
    right, low = _decide_and_do(rule, say, picture, inner, ["each"], left + 160, y - ROW // 2 + 10)
    loop = (
        '\1      <bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements>'
        '<lanedesk:loop collection="=tickets" element="ticket_id"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>\n" + "\n".join(inner.xml("      "))
    )
    body.add(
        "subProcess",
        "tickets",
        _name_attributes("逐张处理"),
        f"      {_extensions(_english('One after the other'))}{loop}",
    )
    top = y - ROW // 2 + 10 - 80
    picture.boxes["tickets"] = (left, top, right - left, low - top)
    body.flow("find", "tickets")
    x, fy, width, height = picture.boxes["find"]
    middle = fy + height // 2
    picture.edges["find_to_tickets"] = [(x + width, middle), (left, middle)]
    body.add(
        "endEvent", "end", _name_attributes("已处理"), f"      {_extensions(_english('Done'))}"
    )
    picture.place("end", right + 70, y, CIRCLE, CIRCLE)
    body.flow("tickets", "end")
    picture.edges["tickets_to_end"] = [(right, y), (right + 70 - CIRCLE // 2, y)]


def _name_attributes(zh: str) -> str:
    return f" name={quoteattr(zh)}"


def _english(text: str) -> str:
    return f'<lanedesk:text lang="en" name={quoteattr(text)}/>'


def _extensions(content: str) -> str:
    return f"<bpmn:extensionElements>{content}</bpmn:extensionElements>"
