"""Who may ask what: the table, how it is read, and how it is written anew from the code.

A line is: who · method · address · whose. Who: letters of roles (A administrator, I implementer, S supervisor, a G for
agents, a U for auditors) or `public`. Whose: `team` where the record belongs to a ticket of a team, `own` where it is
one person's, nothing where it is the desk's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from desk.people.access import access_of
from desk.people.permissions import permissions_of

TABLE = Path(__file__).with_name("table.txt")
OF_TEAM = {"ticket_id", "task_id", "message_id", "attachment_id", "incident_id", "instance_id"}
OF_PERSON = {"job_id", "notice_id", "token_id", "task_run_id", "view_id"}


@dataclass(frozen=True)
class Entry:
    """A line of the table with its rule."""

    rule: Rule
    method: str
    who: str
    of: str

    @property
    def path(self) -> str:
        """The address as the code writes it."""
        return self.rule.rule

    def __repr__(self) -> str:
        return f"{self.method} {self.path} ({self.who})"


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """All rules with their methods, but for those that Flask adds by itself."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def read_table() -> dict[tuple[str, str], tuple[str, str]]:
    """(method, address) → (who, whose)."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        who, method, rule, *of = line.split()
        found[method, rule] = (who, of[0] if of else "")
    return found


def write_table(app: Flask) -> None:
    """What the code does now. Read the difference before it is kept: it is what the tests then hold."""
    from tests.desk.roles.world import ROLES

    lines = []
    for rule, method in routes(app):
        needed = access_of(app.view_functions[rule.endpoint], method)
        who = "public"
        if needed is not None and needed != "public":
            who = "".join(x for x, role in ROLES.items() if set(needed) <= permissions_of([role]))
        arguments = set(rule.arguments)
        of = "own" if arguments & OF_PERSON else "team" if arguments & OF_TEAM else ""
        of = of if who != "public" else ""
        lines.append((rule.rule, method, f"{who:<6} {method:<6} {rule.rule:<80} {of}".rstrip()))
    TABLE.write_text("".join(f"{line}\n" for *_key, line in sorted(lines)), encoding="utf-8")


def main() -> None:
    """Write the table."""
    from tempfile import TemporaryDirectory

    from desk.settings import Settings
    from lanedesk.app import create_app
    from lanedesk.build import build_desk

    with TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url=f"sqlite:///{folder}/x.db",
            secret_key="long enough for a table",
        )
        write_table(create_app(build_desk(settings)))


if __name__ == "__main__":
    main()
