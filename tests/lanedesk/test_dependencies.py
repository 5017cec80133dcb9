"""Every dependency is declared, pinned, and explained; no lock says where packages come from."""

import ast
import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"engine", "desk", "connectors", "designer_api", "printing", "lanedesk"}
BROUGHT_BY = {"click": "flask", "jinja2": "flask", "werkzeug": "flask", "itsdangerous": "flask"} | {
    "markupsafe": "flask",
    "babel": "flask-babel",
    "botocore": "boto3",
}


def declared(name: str) -> set[str]:
    """The packages that a requirements.in asks for."""
    lines = (ROOT / name).read_text().splitlines()
    return {
        found.group(1) for line in lines if (found := re.match(r"([a-z0-9-]+)(\[\w+])?==", line))
    }


def imported() -> set[str]:
    """The top-level names that our packages import, the standard library and ourselves left out."""
    names = set()
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return names - OURS - set(sys.stdlib_module_names)


def test_what_is_imported_is_declared() -> None:
    known = packages_distributions()
    wanted = {name.lower().replace("_", "-") for module in imported() for name in known[module]}
    assert {BROUGHT_BY.get(name, name) for name in wanted} <= declared("requirements.in")


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_each_dependency_is_explained(name: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = {word for row in re.findall(r"^\| ([^|]+) \|", page, re.M) for word in row.split(", ")}
    assert declared(name) - rows == set()


def test_each_package_of_the_browser_is_explained() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = {word for row in re.findall(r"^\| ([^|]+) \|", page, re.M) for word in row.split(", ")}
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    assert {*package["dependencies"], *package["devDependencies"]} - rows == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_pins_all_with_hashes_and_names_no_place(name: str) -> None:
    lock = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", lock, flags=re.M).strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock


def test_the_lock_of_the_browser_names_no_place() -> None:
    assert "resolved" not in (ROOT / "frontend" / "package-lock.json").read_text()
