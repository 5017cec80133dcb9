"""A service task must name an operator that exists, with parameters that it takes."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "operator-call"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Known operator; known, complete parameters; literals among the choices."""
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
        if node.tag == "businessRuleTask":
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
