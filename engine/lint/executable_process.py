"""A file that is deployed must hold something that can run."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "executable-process"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """At least one process is marked executable."""
    if not context.executable:
        first = next(iter(context.definitions.processes.values()), None)
        yield Finding(
            first.key if first else "definitions",
            "No process is marked as executable.",
            "没有任何流程被标记为可执行。",
            first.line if first else 0,
        )
