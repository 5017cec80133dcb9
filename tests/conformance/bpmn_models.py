"""Reads models of BETSY's layout into diagrams that Lanedesk runs.

The suite's script texts are symbols and its conditions a small Java-like dialect. Both are translated while loading,
on the XML tree and never on disk: a symbol becomes a FEEL assignment or a call of a test operator.
"""

import re

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:lanedesk:bpmn:1.0"
_EXPRESSIONS = ("conditionExpression", "condition", "loopCondition", "loopCardinality",
                "activationCondition", "completionCondition")  # fmt: skip
_CONTAINS = re.compile(r"^(\w+)\.contains\((\"[^\"]*\")\)$")
_VARIABLE = re.compile(r"^\$\{(\w+)\}$")
_FEEL_ASSIGNMENTS = {
    "CREATE_LOG_FILE": (),
    "INCREMENT_INTEGER_VARIABLE": (("integerVariable", "integerVariable + 1"),),
    "SET_STRING_DATA": (("data", '"String"'),),
}
_OPERATORS = {
    "CREATE_MARKER_FILE": ("suite.mark", {}),
    "INCREMENT_INTEGER_VARIABLE_AND_LOG": ("suite.increment", {"number": "=integerVariable"}),
    "LOG_DATA": ("suite.check_data", {"data": "=data"}),
    "THROW_ERROR": ("suite.throw", {"code": "ERR_CODE"}),
    "WAIT_TEN_SECONDS": ("suite.take_time", {"log": ""}),
    "CREATE_TIMESTAMP_LOG_1": ("suite.take_time", {"log": "1"}),
    "CREATE_TIMESTAMP_LOG_2": ("suite.take_time", {"log": "2"}),
}


def load(content: bytes) -> bytes:
    """The model with its symbols and conditions translated; what is not understood stays as it is."""
    parser = etree.XMLParser(resolve_entities=False, strip_cdata=True)
    root = etree.fromstring(content, parser)
    for name in _EXPRESSIONS:
        for element in root.iter(f"{{{BPMN}}}{name}"):
            if element.text:
                element.text = feel(element.text.strip())
    for task in [*root.iter(f"{{{BPMN}}}scriptTask"), *root.iter(f"{{{BPMN}}}globalScriptTask")]:
        script = task.find(f"{{{BPMN}}}script")
        if script is not None and script.text:
            _bind(task, script)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def symbols(content: bytes) -> set[str]:
    """All script symbols of a model: what its traces can be made of."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
    return {(e.text or "").strip() for e in root.iter(f"{{{BPMN}}}script")}


def feel(text: str) -> str:
    """A condition of the suite's dialect in FEEL."""
    if text.startswith("!"):
        return f"not({feel(text[1:])})"
    if match := _CONTAINS.match(text):
        return f"contains({match[1]}, {match[2]})"
    if match := _VARIABLE.match(text):
        return match[1]
    return text


def _bind(task: etree._Element, script: etree._Element) -> None:
    symbol = script.text.strip()
    extensions = task.find(f"{{{BPMN}}}extensionElements")
    if extensions is None:
        extensions = etree.Element(f"{{{BPMN}}}extensionElements")
        documented = task.findall(f"{{{BPMN}}}documentation")
        task.insert(len(documented), extensions)
    if symbol in _FEEL_ASSIGNMENTS:
        for name, value in _FEEL_ASSIGNMENTS[symbol]:
            etree.SubElement(extensions, f"{{{OURS}}}assign", name=name, value=value)
    elif symbol in _OPERATORS or re.fullmatch(r"SCRIPT_task\d", symbol):
        operator, parameters = _OPERATORS.get(symbol, ("suite.note", {"text": symbol}))
        call = etree.SubElement(extensions, f"{{{OURS}}}operator", name=operator)
        for name, value in parameters.items():
            etree.SubElement(call, f"{{{OURS}}}param", name=name, value=value)
        # BPMN has no global service task: ours is a global task that names an operator.
        kind = "globalTask" if task.tag.endswith("globalScriptTask") else "serviceTask"
        task.tag = f"{{{BPMN}}}{kind}"
        task.attrib.pop("scriptFormat", None)
        task.attrib.pop("scriptLanguage", None)
    else:
        return
    task.remove(script)
