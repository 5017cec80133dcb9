"""What runs is a private process (BPMN 2.0, table 10.1)."""

from collections.abc import Iterator

from engine.lint import Context, Finding, at

ID = "public-process"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """No public process is executable."""
    for process in context.document.all("process"):
        if process.get("processType") == "Public" and process.get("isExecutable") == "true":
            yield at(
                process,
                "A public process shows what others see; it cannot be executable.",
                "公共流程仅供对外展示，不能标记为可执行。",
            )
