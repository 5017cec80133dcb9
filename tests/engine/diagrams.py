"""A short notation for test diagrams: the body of a process in plain BPMN without prefixes and layout.

`diagram('<startEvent id="s"/> … s->a a->b[x > 1] …')`: `a->b` is a sequence flow named `a-b`, `[…]` its condition,
`a->>b` makes it the default of `a`.
"""

import re

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:l="urn:lanedesk:bpmn:1.0" targetNamespace="test">'
)
# In an executable process these are formal expressions, and say so.
_FORMAL = re.compile(
    r"<(condition|loopCondition|loopCardinality|completionCondition|activationCondition"
    r"|conditionExpression|timeDate|timeDuration|timeCycle|from|to)>"
)
_FLOW = re.compile(r"(?<![\w.])([\w.]+)->(>?)([\w.]+)(?:\[([^\]]*)\])?")


def diagram(body: str, *, key: str = "p", outside: str = "") -> bytes:
    """A BPMN file with one executable process; `outside` holds messages, signals, errors, further processes."""
    return (
        f'{HEAD}{outside}<process id="{key}" isExecutable="true">{_flows(body)}</process>'
        "</definitions>"
    ).encode()


def _flows(body: str) -> str:
    defaults: dict[str, str] = {}

    def flow(match: re.Match[str]) -> str:
        source, default, target, condition = match.groups()
        name = f"{source}-{target}"
        if default:
            defaults[source] = name
        inner = ""
        if condition:
            escaped = condition.replace("&", "&amp;").replace("<", "&lt;")
            inner = f"<conditionExpression>{escaped}</conditionExpression>"
        return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'

    text = _FORMAL.sub(r'<\1 xsi:type="tFormalExpression">', _FLOW.sub(flow, body))
    for source, name in defaults.items():
        text = re.sub(rf'(<\w+ id="{source}")', rf'\1 default="{name}"', text, count=1)
    return text


def extension(content: str) -> str:
    """Extension elements of ours."""
    return f"<extensionElements>{content}</extensionElements>"


def script(name: str, *assignments: tuple[str, str]) -> str:
    """A script task."""
    content = "".join(f'<l:assign name="{n}" value="{v}"/>' for n, v in assignments)
    return f'<scriptTask id="{name}">{extension(content)}</scriptTask>'


def service(name: str, operator: str, result: str = "", **parameters: str) -> str:
    """A service task."""
    content = "".join(f'<l:param name="{n}" value="{v}"/>' for n, v in parameters.items())
    given = f' result="{result}"' if result else ""
    return (
        f'<serviceTask id="{name}">'
        + extension(f'<l:operator name="{operator}"{given}>{content}</l:operator>')
        + "</serviceTask>"
    )


def person(name: str, *outcomes: str, **settings: str) -> str:
    """A user task."""
    given = "".join(f' {n}="{v}"' for n, v in settings.items())
    content = "".join(f'<l:outcome id="{o}" name="{o}"/>' for o in outcomes)
    return (
        f'<userTask id="{name}">'
        + extension(f"<l:humanTask{given}>{content}</l:humanTask>")
        + "</userTask>"
    )


def message(name: str, key: str = "") -> str:
    """A message of the file; its id is `m_<name>`."""
    subscription = extension(f'<l:subscription correlationKey="{key}"/>') if key else ""
    return f'<message id="m_{name}" name="{name}">{subscription}</message>'


def on_message(name: str) -> str:
    """A message event definition."""
    return f'<messageEventDefinition messageRef="m_{name}"/>'


def timer(kind: str, text: str) -> str:
    """A timer event definition; kind is Date, Duration or Cycle."""
    return f"<timerEventDefinition><time{kind}>{text}</time{kind}></timerEventDefinition>"
