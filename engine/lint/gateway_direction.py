"""A gateway's direction says how many flows it has (BPMN 2.0, table 8.47)."""

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.document import GATEWAYS, unprefixed
from engine.lint import Context, Finding, at

ID = "gateway-direction"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A gateway parts or joins; converging, diverging and mixed ones have the flows they claim."""
    document = context.document
    arriving = Counter(unprefixed(f.get("targetRef", "")) for f in document.all("sequenceFlow"))
    leaving = Counter(unprefixed(f.get("sourceRef", "")) for f in document.all("sequenceFlow"))
    for gateway in document.all(*GATEWAYS):
        come, go = arriving[gateway.get("id")], leaving[gateway.get("id")]
        starts = gateway.get("instantiate") == "true"
        direction = gateway.get("gatewayDirection", "Unspecified")
        if come < 2 and go < 2 and not starts:
            yield at(
                gateway,
                "A gateway needs several flows in or several flows out.",
                "网关必须有多条流入或多条流出的连线。",
            )
        elif (direction in ("Diverging", "Mixed") and go < 2) or (
            direction == "Converging" and go > 1
        ):
            yield at(
                gateway,
                f"The gateway is said to be {direction}, but {go} flows leave it.",
                f"网关方向为 {direction}，但有 {go} 条流出连线。",
            )
        elif (direction in ("Converging", "Mixed") and come < 2) or (
            direction == "Diverging" and come > 1
        ):
            yield at(
                gateway,
                f"The gateway is said to be {direction}, but {come} flows lead into it.",
                f"网关方向为 {direction}，但有 {come} 条流入连线。",
            )
