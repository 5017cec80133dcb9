"""What a multi-instance activity reports fits its behaviour (BPMN 2.0, table 10.30)."""

from collections.abc import Iterator

from engine.bpmn.document import child, children, text
from engine.lint import Context, Finding, at

ID = "loop-behavior"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Complex behaviour has definitions and others have none; a condition can be true or false."""
    for loop in context.document.all("multiInstanceLoopCharacteristics"):
        definitions = children(loop, "complexBehaviorDefinition")
        behavior = loop.get("behavior", "All")
        if bool(definitions) != (behavior == "Complex"):
            yield at(
                loop,
                f"Behaviour {behavior} and complex behaviour definitions do not go together.",
                f'behavior="{behavior}" 与复杂行为定义不匹配。',
            )
        for definition in definitions:
            condition = text(child(definition, "condition"))
            if condition.lstrip("=").strip()[:1] in _LITERAL:
                yield at(
                    definition,
                    f"The condition “{condition}” is neither true nor false.",
                    f"条件“{condition}”的结果不是真或假。",
                )


_LITERAL = tuple('0123456789"-[{') + ("",)
