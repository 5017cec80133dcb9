"""A participant's maximum is not below its minimum (BPMN 2.0, table 9.4)."""

from collections.abc import Iterator

from engine.lint import Context, Finding, at

ID = "participant-multiplicity"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """0 <= minimum <= maximum, maximum >= 1."""
    for multiplicity in context.document.all("participantMultiplicity"):
        least, most = int(multiplicity.get("minimum", "0")), int(multiplicity.get("maximum", "1"))
        if not 0 <= least <= most or most < 1:
            yield at(
                multiplicity,
                f"From {least} to {most} participants is no range.",
                f"参与者数量从 {least} 到 {most} 不是有效范围。",
            )
