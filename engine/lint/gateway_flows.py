"""A gateway whose flows do not say which way to go leaves a token standing."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "gateway-flows"
SEVERITY = "error"

_UNCONDITIONAL = ("parallelGateway", "eventBasedGateway")


def check(context: Context) -> Iterator[Finding]:
    """Conditions where they decide, none where they would be ignored."""
    for _, node in context.nodes():
        conditional = [f for f in node.outgoing if f.condition is not None]
        if node.tag in _UNCONDITIONAL and conditional:
            yield Finding(
                node.id,
                "The conditions on this gateway's flows would be ignored; use an exclusive or inclusive gateway.",
                "此网关不判断连线条件，请改用排他网关或包容网关。",
                node.line,
            )
        if node.tag == "exclusiveGateway" and len(node.outgoing) > 1:
            for flow in node.outgoing:
                if flow.condition is None and flow.id != node.default_flow:
                    yield Finding(
                        flow.id,
                        "Give this flow a condition or make it the default.",
                        "请为此连线设置条件，或将其设为默认连线。",
                        node.line,
                    )
