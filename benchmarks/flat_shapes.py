"""Four processes that never end, for `benchmarks.flat`, in shapes that invite growth."""

from dataclasses import dataclass

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:l="urn:lanedesk:bpmn:1.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' targetNamespace="benchmark"><process id="{key}" isExecutable="true">'
)
_TAIL = "</process></definitions>"


def _flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    number = f"{source}_{target}"
    return f'<sequenceFlow id="{number}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def _person(name: str, more: str = "") -> str:
    return (
        f'<userTask id="{name}"><extensionElements><l:humanTask candidates="team:1"/></extensionElements>'
        f"{more}</userTask>"
    )


def _loop(more: str = "") -> str:
    """start → person → again? → person …; the way out is there, and is never taken."""
    return "".join(
        (
            '<startEvent id="s"/>', _flow("s", "u"), _person("u", more), _flow("u", "g"),
            '<exclusiveGateway id="g" default="g_u"/>', _flow("g", "u"),
            _flow("g", "e", "enough = true"), '<endEvent id="e"/>',
        )
    )  # fmt: skip


def _in_subprocess() -> str:
    late = '<timeDuration xsi:type="tFormalExpression">P9D</timeDuration>'
    beside = (
        '<subProcess id="beside" triggeredByEvent="true"><startEvent id="said" isInterrupting="false">'
        '<messageEventDefinition messageRef="word"/></startEvent>'
        f'{_flow("said", "done")}<endEvent id="done"/></subProcess>'
    )
    return "".join(
        (
            '<startEvent id="begin"/>', _flow("begin", "sub"),
            f'<subProcess id="sub">{_loop()}{beside}</subProcess>', _flow("sub", "end"),
            '<boundaryEvent id="late" attachedToRef="sub" cancelActivity="false">'
            f"<timerEventDefinition>{late}</timerEventDefinition></boundaryEvent>",
            _flow("late", "noted"), '<endEvent id="noted"/><endEvent id="end"/>',
        )
    )  # fmt: skip


def _in_parallel_branch() -> str:
    return "".join(
        (
            '<startEvent id="begin"/>', _flow("begin", "fork"), '<parallelGateway id="fork"/>',
            _flow("fork", "u"), _flow("fork", "other"), _person("other"), _flow("other", "join"),
            _person("u"), _flow("u", "g"), '<exclusiveGateway id="g" default="g_u"/>',
            _flow("g", "u"), _flow("g", "join", "enough = true"),
            '<parallelGateway id="join"/>', _flow("join", "end"), '<endEvent id="end"/>',
        )
    )  # fmt: skip


_THREE = (
    "<multiInstanceLoopCharacteristics><extensionElements>"
    '<l:loop collection="=[1, 2, 3]" element="item"/></extensionElements></multiInstanceLoopCharacteristics>'
)
_WORD = '<message id="word" name="word"/>'


@dataclass(frozen=True)
class Shape:
    """`person` is the element whose tasks are completed again and again."""

    key: str
    words: str
    xml: bytes
    person: str = "u"


def _shape(key: str, words: str, body: str, before: str = "") -> Shape:
    head = _HEAD.format(key=key).replace("<process", f"{before}<process")
    return Shape(key, words, f"{head}{body}{_TAIL}".encode())


SHAPES = (
    _shape("loop", "a loop", _loop()),
    _shape(
        "inside",
        "a loop inside a sub-process with boundary timer and event sub-process",
        _in_subprocess(),
        _WORD,
    ),
    _shape("branch", "a loop inside a parallel branch", _in_parallel_branch()),
    _shape("many", "a loop with multi-instance", _loop(_THREE)),
)
