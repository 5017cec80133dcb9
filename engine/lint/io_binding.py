"""What is bound to an operation has the types of its messages (BPMN 2.0, table 10.59)."""

from collections.abc import Iterator

from engine.bpmn.document import child, children, local, text
from engine.lint import Context, Finding, at

ID = "io-binding"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """What is offered as a service binds its data; inputDataRef and outputDataRef against the operation's messages."""
    document = context.document
    for interface in document.all("supportedInterfaceRef"):
        callable_element = interface.getparent()
        if not children(callable_element, "ioBinding"):
            yield at(
                callable_element,
                "It is offered as a service (supportedInterfaceRef), but no ioBinding ties its data to an operation.",
                "该元素通过 supportedInterfaceRef 作为服务提供，但没有用 ioBinding 将数据与操作绑定。",
            )
    for binding in document.all("ioBinding"):
        operation = document.target(binding.get("operationRef"))
        if operation is None:
            continue
        for data, message in (("inputDataRef", "inMessageRef"), ("outputDataRef", "outMessageRef")):
            element = document.target(binding.get(data))
            carried = document.target(text(child(operation, message)))
            if element is None or carried is None:
                continue
            if local(element) == ("inputSet" if data == "inputDataRef" else "outputSet"):
                continue
            if not document.equivalent(element.get("itemSubjectRef"), carried.get("itemRef")):
                yield at(
                    binding,
                    f"{data} has another type than the operation's message.",
                    f"{data} 的类型与操作的消息不一致。",
                )
