"""Scripts are FEEL assignments: program text in a diagram is not run."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "script-language"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Script tasks hold assignments, and nothing else."""
    for _, node in context.nodes():
        if node.tag != "scriptTask":
            continue
        if node.script:
            yield Finding(
                node.id,
                "Program text is not run; write the script as a list of FEEL assignments.",
                "不执行程序代码，请将脚本写成 FEEL 赋值列表。",
                node.line,
            )
        for assignment in node.assignments:
            if not assignment.target or not assignment.value:
                yield Finding(
                    node.id,
                    "An assignment needs a name and an expression.",
                    "赋值需要变量名和表达式。",
                    node.line,
                )
