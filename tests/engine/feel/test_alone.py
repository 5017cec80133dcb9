"""The library stands alone: what it imports is the standard library and itself."""

import ast
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[3] / "engine"


def imported(file: Path) -> set[str]:
    """The modules a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("feel", ("engine.feel",)), ("dmn", ("engine.feel", "engine.dmn", "lxml"))],
)
def test_what_is_imported(folder: str, allowed: tuple[str, ...]) -> None:
    files = list((ENGINE / folder).rglob("*.py"))
    assert files
    for file in files:
        foreign = {
            name
            for name in imported(file)
            if name.partition(".")[0] not in sys.stdlib_module_names
            and not any(name == one or name.startswith(one + ".") for one in allowed)
        }
        assert not foreign, file
