"""The `lanedesk` command: one sub-command a process, and what an administrator does by hand.

Heavy imports stay inside the commands: `lanedesk --help` and `lanedesk doctor` must work on a machine where half of it
is missing.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from desk.settings import SettingsError

if TYPE_CHECKING:
    from desk.application import Desk


def main() -> None:
    """Run the command line. What a person can put right ends in one line on standard error and exit code 1."""
    from sqlalchemy.exc import OperationalError

    from engine.database import DatabaseUnreachable
    from lanedesk.private_redis import RedisMissing

    # At the end Python looks for cycles among all that is loaded, for a second a process; the system frees it at once.
    atexit.register(gc.freeze)
    try:
        commands(standalone_mode=True)
    except (SettingsError, DatabaseUnreachable, RedisMissing) as error:
        print(f"lanedesk: {error}", file=sys.stderr)
        sys.exit(1)
    except PermissionError as error:
        print(f"lanedesk: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except OperationalError as error:  # went away, is full, may not be written
        print(f"lanedesk: the database: {str(error.orig).splitlines()[0]}", file=sys.stderr)
        sys.exit(1)


@click.group(name="lanedesk", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0")
def commands() -> None:
    """Lanedesk, a service desk whose every behaviour is a diagram."""


@commands.command()
@click.option(
    "--demo/--no-demo", default=True, help="Give an empty desk people and tickets to look at."
)
def run(demo: bool) -> None:
    """Start everything: Redis, tables, first people, and all processes of the Procfile. Ctrl-C ends it."""
    from lanedesk.running import run_all

    sys.exit(run_all(demo=demo))


@commands.command()
def web() -> None:
    """The pages and the API."""
    desk = _desk("web")
    from lanedesk.app import create_app
    from lanedesk.serving import Web

    Web(desk.settings, create_app(desk)).run()


@commands.command()
def events() -> None:
    """The live events."""
    from engine.database import Database
    from lanedesk.configuration import load_settings
    from lanedesk.serving import events_command

    settings = load_settings()
    Database(settings.database).check()
    arguments = events_command(settings)
    os.execv(arguments[0], arguments)  # noqa: S606 - our own Python with our own arguments


@commands.command()
@click.option(
    "--queues",
    default="engine,mail,print",
    show_default=True,
    help="Comma-separated, first is served first.",
)
@click.option("--fork", is_flag=True, help="Do each job in a process of its own.")
def worker(queues: str, fork: bool) -> None:
    """Does what diagrams ask of the world outside."""
    desk = _desk("worker")
    if desk.redis is None:
        raise SettingsError(
            "a worker needs Redis: set REDIS_URL, or start the desk with `lanedesk run`"
        )
    from lanedesk.worker import run_worker

    run_worker(desk, [name.strip() for name in queues.split(",") if name.strip()], fork=fork)


@commands.command()
def scheduler() -> None:
    """Fires timers, and sweeps up what was left undone."""
    from lanedesk.scheduler import Scheduler

    loop = Scheduler(_desk("scheduler"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop.set())
    loop.run()


@commands.command()
def mail() -> None:
    """Takes in mail: the SMTP or LMTP listener, and IMAP polling where it is set up."""
    from connectors.mail.listener import main as listen

    listen(_desk("mail"))


@commands.command()
def migrate() -> None:
    """Bring the tables to the shape of this version."""
    from engine.database import Database
    from lanedesk.configuration import load_settings
    from lanedesk.migrating import upgrade

    database = Database(load_settings().database)
    before, after = upgrade(database)
    print(
        f"{database.safe_url}: "
        + (f"at {after} already" if before == after else f"{before or 'empty'} -> {after}")
    )


@commands.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--note", default="", help="Why, for the history.")
@click.option("--into", default="", help="Folder of the library; its root by default.")
def deploy(paths: tuple[Path, ...], note: str, into: str) -> None:
    """Keep files in the flow library and deploy them: files, or folders (one deployment for each folder)."""
    from lanedesk.deploying import deploy_paths

    sys.exit(deploy_paths(_desk_with_tables("deploy"), paths, note=note, into=into))


@commands.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--folder", default="", help="Only what is below this folder of the library.")
@click.option("--drafts", is_flag=True, help="As people are drawing it, not as last kept.")
def pull(target: Path, folder: str, drafts: bool) -> None:
    """Write the flow library's files into a folder, byte for byte."""
    from lanedesk.deploying import pull as write

    sys.exit(write(_desk_with_tables("pull"), target, folder=folder, drafts=drafts))


@commands.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def test(paths: tuple[Path, ...]) -> None:
    """Run the scenarios beside diagrams (of the library when no folder is named), on the real engine in memory."""
    from lanedesk.testing import test_paths

    sys.exit(test_paths(paths))


@commands.group()
def user() -> None:
    """People who work at the desk."""


@user.command("add")
@click.argument("login")
@click.option("--name", help="Shown to others; the login by default.")
@click.option("--email")
@click.option(
    "--role",
    "roles",
    multiple=True,
    help="administrator, implementer, supervisor, agent, auditor; repeatable.",
)
@click.option("--team", "teams", multiple=True, help="Name of a team; repeatable.")
def user_add(
    login: str, name: str | None, email: str | None, roles: tuple[str, ...], teams: tuple[str, ...]
) -> None:
    """Add a person; prints a first password, to be changed at the first login."""
    from lanedesk import people

    _say(
        people.add,
        _desk_with_tables("user"),
        login,
        name=name or login,
        email=email,
        roles=roles or ("agent",),
        teams=teams,
    )


@user.command("password")
@click.argument("login")
def user_password(login: str) -> None:
    """Give a new first password, lift a lock-out, and end all sessions of a person."""
    from lanedesk import people

    _say(people.new_password, _desk_with_tables("user"), login)


@user.command("list")
def user_list() -> None:
    """All people, one a line."""
    from lanedesk import people

    print(people.listing(_desk_with_tables("user")))


def _say(action: Callable[..., str], *arguments: Any, **keywords: Any) -> None:
    from lanedesk.people import CannotDo

    try:
        print(action(*arguments, **keywords))
    except CannotDo as error:
        raise click.ClickException(str(error)) from error


@commands.group()
def audit() -> None:
    """The history: proved, kept elsewhere, archived, and what is personal in it erased."""


@audit.command("verify")
@click.option(
    "--roots",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with root files that were kept elsewhere: the tables must agree with them.",
)
@click.option(
    "--public-key",
    type=click.Path(exists=True, path_type=Path),
    help="Ed25519 public key (PEM): roots and archives must be signed with it.",
)
@click.option(
    "--archive",
    "archives",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Verify this archive file by itself, without the database; repeatable.",
)
def audit_verify(folder: Path | None, public_key: Path | None, archives: tuple[Path, ...]) -> None:
    """Find every row that was altered, removed or inserted, and say which. Exit code 1 when there is one."""
    from lanedesk.auditing import verify_all

    sys.exit(
        verify_all(
            _desk("audit") if archives else _desk_with_tables("audit"),
            folder=folder, public_key=public_key, archives=archives,
        )
    )  # fmt: skip


@audit.command("root")
def audit_root() -> None:
    """Take a root over all chains now, beside the daily one, and print it."""
    from lanedesk.auditing import take_root

    take_root(_desk_with_tables("audit"))


@audit.command("archive")
def audit_archive() -> None:
    """Archive what is past its time by the rules, then take it out of the tables."""
    from lanedesk.auditing import archive

    archive(_desk_with_tables("audit"))


@audit.command("keep")
@click.argument("scope", required=False)
@click.option(
    "--days", type=click.IntRange(1), help="Archive rows that are older; without it: keep for ever."
)
def audit_keep(scope: str | None, days: int | None) -> None:
    """Set for how long rows stay: process, process:KEY, subject or subject:KIND. Without SCOPE: print the rules."""
    from lanedesk.auditing import keep

    _say_wrong(keep, _desk_with_tables("audit"), scope, days)


@audit.command("erase")
@click.argument("contact", type=int)
@click.option("--reason", required=True, help="Why, for the log.")
@click.confirmation_option(prompt="This cannot be taken back. Go on?")
def audit_erase(contact: int, reason: str) -> None:
    """Erase a customer's personal data for good; the chains still verify."""
    from lanedesk.auditing import erase

    erase(_desk_with_tables("audit"), contact, reason)


@audit.command("rights")
@click.argument("role")
def audit_rights(role: str) -> None:
    """Take a PostgreSQL role's right to change the history; run as the owner of the tables."""
    from lanedesk.auditing import rights

    _say_wrong(rights, _desk_with_tables("audit"), role)


def _say_wrong(action: Callable[..., None], *arguments: Any) -> None:
    try:
        action(*arguments)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@commands.command()
def doctor() -> None:
    """Say what is missing on this machine, and how to get it. Exit code 1 when something must be put right."""
    from lanedesk.doctor import examine

    sys.exit(examine())


@commands.command()
@click.argument("locale", type=click.Choice(["en", "zh_CN"]), default="en")
def settings(locale: str) -> None:
    """Print the table of settings (docs/settings.md), in Chinese with zh_CN (docs/settings.zh-CN.md)."""
    from lanedesk.settings_table import settings_table

    print(settings_table(locale), end="")


def _desk_with_tables(process: str) -> "Desk":
    """The desk, for a command that a person waits for: tables of another version are said, not stumbled over."""
    from lanedesk.migrating import at_head

    desk = _desk(process)
    if not at_head(desk.database):
        raise click.ClickException(
            "the tables are not those of this version: run `lanedesk migrate`"
        )
    return desk


def _desk(process: str) -> "Desk":
    """The desk, its database asked once: who starts a process should read at once that it cannot work."""
    from lanedesk.build import build_desk
    from lanedesk.configuration import load_settings
    from lanedesk.logs import configure_logging

    settings = load_settings()
    configure_logging(settings.log_format, process=process)
    desk = build_desk(settings)
    desk.database.check()
    desk.database.dispose()  # a worker forks; connections must not be shared
    return desk
