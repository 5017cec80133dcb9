"""`make test`: everything that CI checks, in order, and what was left out by name.

    python -m tests            lint, types, imports, texts; the suite on SQLite, then on PostgreSQL
    python -m tests --lint     the first four only

More words are handed to pytest: `python -m tests -k mail`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lanedesk.doctor import PDF_LIBRARIES, chinese_fonts, chromium, pdf
from tests.fixtures import chromium as chromium_for_tests
from tests.fixtures.postgresql import PostgresqlMissing, programs

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["engine", "desk", "connectors", "designer_api", "printing", "lanedesk", "wsgi.py"]
PARTS = {
    chromium: ["chromium"],
    pdf: list(PDF_LIBRARIES.values()),
    chinese_fonts: ["fontconfig", "fonts-wqy-microhei"],
}

QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

LINT = {
    "ruff": ["-m", "ruff", "check", "."],
    "mypy": ["-m", "mypy", *PACKAGES],
    "import-linter": [
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ],
    "texts in both languages": ["-m", "desk.translations.build"],
}
PYTEST = ["-m", "pytest", "-n", "3", "--dist", "loadgroup", "-o", "console_output_style=classic"]


def main(arguments: list[str]) -> int:
    """Run the steps; 0 when all went well. A failed step does not keep the later ones from running."""
    failed = lint()
    if "--lint" in arguments:
        return report(failed)
    install_missing_parts()
    for database in databases():
        command = [*PYTEST, *arguments]
        if not step(f"tests on {database}", command, {"LANEDESK_TEST_DATABASE": database}):
            failed.append(f"tests on {database}")
    return report(failed)


def lint() -> list[str]:
    """Run the checks of the sources at the same time, tell their words in order; the names of those that failed."""
    running = {
        name: subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for name, command in LINT.items()
    }
    for name, process in running.items():
        said, _ = process.communicate()
        print(f"--- {name}\n{said.decode(errors='replace')}", end="", flush=True)
    return [name for name, process in running.items() if process.returncode]


def step(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> bool:
    """Run our Python with these words; whether it went well."""
    print(f"--- {name}", flush=True)
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**os.environ, **(environment or {})}, check=False
    )
    return done.returncode == 0


def report(failed: list[str]) -> int:
    """Name what failed. When nothing did, the last line stays pytest's."""
    if failed:
        print(f"FAILED: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def databases() -> list[str]:
    """Where the suite runs; says so when PostgreSQL is left out (never in CI)."""
    try:
        programs()
    except PostgresqlMissing as error:
        if not os.environ.get("CI"):
            print(f"NOT RUN: the suite on PostgreSQL: {error}")
            return ["sqlite"]
    return ["sqlite", "postgresql"]


def install_missing_parts() -> None:
    """Fetch Chromium, what PDFs need and a Chinese font with apt where they are missing and we may; else say how to."""
    from desk.settings import Settings

    wanted = [
        name for part, names in PARTS.items() if part(Settings()).grade != "ok" for name in names
    ]
    if not wanted and shutil.which(chromium_for_tests.SHELL):
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        if wanted:
            print(
                f"NOT INSTALLED (needs apt-get and root): {' '.join(wanted)}; tests that need them are left out"
            )
        return
    subprocess.run(["apt-get", "update", "-qq"], env=QUIET, check=False)
    if wanted:
        apt_install(*wanted)
    if not shutil.which(chromium_for_tests.SHELL):
        apt_install(chromium_for_tests.SHELL)  # where it is not to be had, the whole browser does


def apt_install(*names: str) -> None:
    """Install packages of the system; what could not be had is missed by those who need it."""
    print(f"--- apt-get install {' '.join(names)}", flush=True)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    subprocess.run(
        command, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
