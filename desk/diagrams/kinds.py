"""What gateways and events are called where they are drawn without a name."""

from typing import Final

from engine.operators import Text

KINDS: Final[dict[str, Text]] = {  # by the name of the BPMN element
    "exclusiveGateway": Text("exclusive gateway", "排他网关"),
    "parallelGateway": Text("parallel gateway", "并行网关"),
    "inclusiveGateway": Text("inclusive gateway", "包容网关"),
    "eventBasedGateway": Text("event gateway", "事件网关"),
    "complexGateway": Text("complex gateway", "复杂网关"),
    "startEvent": Text("start event", "开始事件"),
    "endEvent": Text("end event", "结束事件"),
    "boundaryEvent": Text("boundary event", "边界事件"),
    "intermediateCatchEvent": Text("catching event", "捕获事件"),
    "intermediateThrowEvent": Text("throwing event", "抛出事件"),
}
