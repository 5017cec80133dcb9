"""`lanedesk doctor`: what this machine has, what it lacks, and how to get it."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from desk.settings import Settings, SettingsError
from lanedesk.configuration import check_settings

Grade = Literal[
    "ok", "missing", "wrong"
]  # missing: some of the desk works without; wrong: it will not run

DISK_LOW = 1024**3  # bytes
CJK_LANGUAGE = ":lang=zh-cn"
# name of the library → package of Debian and Ubuntu
PDF_LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    grade: Grade
    part: str
    words: str


def examine() -> int:
    """Print all findings; 1 when something is wrong, else 0."""
    findings = list(all_findings())
    marks = {"ok": "ok     ", "missing": "missing", "wrong": "WRONG  "}
    for finding in findings:
        print(f"{marks[finding.grade]}  {finding.part}: {finding.words}")
    wrong = [finding for finding in findings if finding.grade == "wrong"]
    print(
        f"\n{len(wrong)} of {len(findings)} must be put right"
        if wrong
        else "\nthe desk can run here"
    )
    return 1 if wrong else 0


def all_findings() -> Iterator[Finding]:
    """Every check, in the order in which one would put things right."""
    yield python_version(sys.version_info[:3])
    try:
        settings = Settings.from_environment()
        check_settings(settings)
    except SettingsError as error:
        yield Finding("wrong", "settings", str(error))
        return
    yield Finding("ok", "settings", "every variable can be used")
    checks: list[Callable[[Settings], Finding]] = [
        data_folder, disk, files, database, redis, port_web, port_events, port_mail, mailboxes, front_end, translations,
        pdf, chinese_fonts, chromium, clock,
    ]  # fmt: skip
    for check in checks:
        yield check(settings)


def python_version(version: tuple[int, ...]) -> Finding:
    """3.11 is the oldest that works."""
    words = ".".join(str(part) for part in version)
    if version < (3, 11):
        return Finding("wrong", "Python", f"{words}; 3.11 or newer is needed")
    return Finding("ok", "Python", words)


def data_folder(settings: Settings) -> Finding:
    """Whether we may write there."""
    folder = settings.data_dir.resolve()
    probe = folder / ".doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(
            "wrong",
            "data folder",
            f"{folder}: {error.strerror}; set LANEDESK_DATA to one you may write to",
        )
    return Finding("ok", "data folder", str(folder))


def disk(settings: Settings) -> Finding:
    """Free space under the data folder."""
    folder = settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GB free"
    return Finding("wrong" if free < DISK_LOW else "ok", "disk", words)


def files(settings: Settings) -> Finding:
    """Whether the bucket for files answers; without one they are in the data folder."""
    from desk.storage import S3Storage, StorageUnreachable, open_storage

    try:
        storage = open_storage(settings)
        if isinstance(storage, S3Storage):
            storage.check()
    except (ValueError, StorageUnreachable) as error:
        return Finding("wrong", "files", f"{error}; see LANEDESK_STORAGE and boto3's AWS_… variables")
    return Finding("ok", "files", settings.storage_url or "in the data folder")


def database(settings: Settings) -> Finding:
    """Whether the database answers, and whether its tables fit."""
    from engine.database import Database, DatabaseUnreachable
    from lanedesk.migrating import at_head

    try:
        opened = Database(settings.database)
        opened.check()
        up_to_date = at_head(opened)
    except DatabaseUnreachable as error:
        return Finding("wrong", "database", str(error))
    opened.dispose()
    if up_to_date:
        return Finding("ok", "database", opened.safe_url)
    return Finding(
        "missing",
        "database",
        f"{opened.safe_url} has not this version's tables; `lanedesk migrate` makes them",
    )


def redis(settings: Settings) -> Finding:
    """A Redis that is named and answers, or one that can be started."""
    from redis import Redis
    from redis.exceptions import RedisError

    from lanedesk.private_redis import RedisMissing, server_program

    if settings.redis_url:
        try:
            Redis.from_url(settings.redis_url, socket_connect_timeout=2).ping()
        except (RedisError, ValueError) as error:
            return Finding("wrong", "Redis", f"REDIS_URL does not answer: {error}")
        return Finding("ok", "Redis", "REDIS_URL answers")
    try:
        return Finding("ok", "Redis", f"`lanedesk run` starts {server_program()}")
    except RedisMissing as error:
        return Finding("wrong", "Redis", str(error))


def port_web(settings: Settings) -> Finding:
    """LANEDESK_WEB_PORT."""
    return _port("LANEDESK_WEB_PORT", settings.bind, settings.web_port, settings)


def port_events(settings: Settings) -> Finding:
    """LANEDESK_EVENTS_PORT."""
    return _port("LANEDESK_EVENTS_PORT", settings.bind, settings.events_port, settings)


def port_mail(settings: Settings) -> Finding:
    """LANEDESK_SMTP_LISTEN."""
    host, _, port = settings.smtp_listen.rpartition(":")
    if not port.isdigit():
        return Finding(
            "wrong", "port", f"LANEDESK_SMTP_LISTEN must be host:port, not {settings.smtp_listen!r}"
        )
    return _port("LANEDESK_SMTP_LISTEN", host.strip("[]"), int(port), settings)


def mailboxes(settings: Settings) -> Finding:
    """Whether each mailbox can be fetched and sent from, where that is by a server."""
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.mail.mailboxes.operations import troubles
    from connectors.mail.mailboxes.queries import only_settings, read_mailboxes
    from engine.database import Database, DatabaseUnreachable

    found = only_settings(settings)
    try:
        opened = Database(settings.database)
        with opened.reading() as session:
            found = read_mailboxes(session, settings)
        opened.dispose()
    except (DatabaseUnreachable, SQLAlchemyError):
        pass  # said above; the mailbox of the settings is looked at all the same
    said = [f"{box.address} {words}" for box in found.all for words in troubles(settings, box)]
    if said:
        return Finding("wrong", "mailboxes", "; ".join(said))
    return Finding("ok", "mailboxes", ", ".join(box.address for box in found.all))


def _port(variable: str, host: str, port: int, settings: Settings) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if (settings.data_dir / "lanedesk.pid").exists():
                return Finding("ok", "port", f"{host}:{port} is in use; a desk runs here")
            return Finding(
                "wrong", "port", f"{host}:{port}: {error.strerror}; set {variable} to a free one"
            )
    return Finding("ok", "port", f"{host}:{port} is free")


def front_end(_settings: Settings) -> Finding:
    """The built browser code."""
    if (_root() / "frontend" / "dist" / "manifest.json").exists():
        return Finding("ok", "browser code", "built")
    return Finding("wrong", "browser code", "not built; run `make setup`")


def translations(_settings: Settings) -> Finding:
    """The compiled Chinese texts."""
    if any((_root() / "desk" / "translations").glob("*/LC_MESSAGES/*.mo")):
        return Finding("ok", "translations", "built")
    return Finding(
        "missing", "translations", "not built, pages are in English only; run `make setup`"
    )


def pdf(_settings: Settings) -> Finding:
    """The system's libraries that lay out text for PDF; Python packages cannot bring them."""
    lacking = [package for name, package in PDF_LIBRARIES.items() if find_library(name) is None]
    if lacking:
        return Finding(
            "missing",
            "printing",
            f"no PDF without them; Debian: apt-get install {' '.join(lacking)}",
        )
    return Finding("ok", "printing", "pango and harfbuzz are there")


def chinese_fonts(_settings: Settings) -> Finding:
    """A font with Chinese characters, for PDFs and for browsers on this machine (pictures of pages in tests)."""
    program = shutil.which("fc-list")
    if program is None:
        return Finding(
            "missing",
            "Chinese fonts",
            "no fontconfig; Debian: apt-get install fontconfig fonts-noto-cjk",
        )
    listed = subprocess.run(
        [program, CJK_LANGUAGE, "family"], capture_output=True, text=True, check=False
    ).stdout
    if not listed.strip():
        return Finding(
            "missing",
            "Chinese fonts",
            "none; Debian: apt-get install fonts-noto-cjk (or fonts-wqy-microhei)",
        )
    return Finding("ok", "Chinese fonts", listed.splitlines()[0])


def chromium(_settings: Settings) -> Finding:
    """A browser for `make test`."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Finding("ok", "Chromium", f"{found} (for `make test`)")
    return Finding(
        "missing", "Chromium", "only `make test` needs it; Debian: apt-get install chromium"
    )


def clock(settings: Settings) -> Finding:
    """A clock that is years off breaks sessions, timers and certificates; the newest file we ship is a lower bound."""
    newest = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    if time.time() < newest - 86_400:
        return Finding(
            "wrong",
            "clock",
            f"it says {time.strftime('%Y-%m-%d')}, older than this program; set it",
        )
    return Finding(
        "ok", "clock", f"{time.strftime('%Y-%m-%d %H:%M')}, desk's zone {settings.timezone}"
    )


def _root() -> Path:
    return Path(__file__).resolve().parents[1]
