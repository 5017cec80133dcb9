"""A service task must name an operator that exists, with parameters that it takes."""

from collections.abc import Iterator

from engine.bpmn.document import Element
from engine.bpmn.extensions import LANEDESK
from engine.bpmn.schedule import arm_timer
from engine.lint import Context, Finding, at
from engine.timestamps import utc_now

ID = "operator-call"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Known operator; known, complete parameters; literals among the choices; tries and back-off that can be read."""
    for element in context.document.root.iter(f"{{{LANEDESK}}}operator"):
        yield from _trying(element)
    for _, node in context.nodes():
        if node.call is None:
            if node.tag == "serviceTask":
                yield Finding(
                    node.id,
                    "The service task names no operator.",
                    "服务任务没有选择操作。",
                    node.line,
                )
            continue
        if node.call.operator not in context.bundle.operators:
            yield Finding(
                node.id,
                f"There is no operator “{node.call.operator}”.",
                f"不存在操作“{node.call.operator}”。",
                node.line,
            )
            continue
        operator = context.bundle.operators[node.call.operator]
        known = {p.name: p for p in operator.parameters}
        given = {p.target: p.value for p in node.call.parameters}
        for name, value in given.items():
            if name not in known:
                yield Finding(
                    node.id,
                    f"“{operator.name}” takes no parameter “{name}”.",
                    f"操作“{operator.name}”没有参数“{name}”。",
                    node.line,
                )
            elif (
                known[name].choices
                and not value.startswith("=")
                and value not in known[name].choices
            ):
                choices = ", ".join(known[name].choices)
                yield Finding(
                    node.id,
                    f"“{name}” is one of {choices}, not “{value}”.",
                    f"参数“{name}”只能是 {choices} 之一，不能是“{value}”。",
                    node.line,
                )
        for parameter in operator.parameters:
            if parameter.required and parameter.name not in given:
                yield Finding(
                    node.id,
                    f"“{operator.name}” needs the parameter “{parameter.name}”.",
                    f"操作“{operator.name}”缺少参数“{parameter.name}”。",
                    node.line,
                )


def _trying(element: Element) -> Iterator[Finding]:
    retries, backoff = element.get("retries"), element.get("backoff")
    if retries and not (retries.isdecimal() and int(retries)):
        yield at(
            element,
            f"“{retries}” is no number of tries: a whole number from 1 on.",
            f"“{retries}”不是有效的尝试次数，应为不小于 1 的整数。",
        )
    if backoff:
        try:
            arm_timer("duration", backoff, utc_now())
        except ValueError as error:
            yield at(element, f"The back-off: {error}.", f"重试间隔有误：{error}。")
