"""`lanedesk run`: everything a desk needs, on one machine, until Ctrl-C."""

import fcntl
import json
import logging
import os
import re
import shlex
import shutil
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from redis.exceptions import RedisError

from desk.settings import Settings
from lanedesk.build import build_desk
from lanedesk.configuration import load_settings
from lanedesk.first_start import Welcome, first_start
from lanedesk.logs import configure_logging
from lanedesk.migrating import upgrade
from lanedesk.private_redis import PrivateRedis
from lanedesk.redis_client import connect_redis, without_password
from lanedesk.serving import MEMORY
from lanedesk.supervisor import Supervisor, read_procfile

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60


class CannotStart(Exception):
    """`str()` says in one line what stands in the way."""


def run_all(*, demo: bool = True) -> int:
    """Prepare, start, look after, end. Returns the exit code. `demo`: what an empty desk is filled with.

    Raises SettingsError, DatabaseUnreachable or RedisMissing before anything was started.
    """
    settings = load_settings()
    # What is made at the first start is told in two lines here, and line by line in the audit log.
    configure_logging(settings.log_format, process="lanedesk", level=logging.WARNING)
    try:
        with only_one(settings.data_dir):
            check_ports(settings)
            check_redis()
            return _run(settings, demo=demo)
    except CannotStart as error:
        print(f"lanedesk: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # Ctrl-C before the supervisor took over; Redis is tied to us


def _run(settings: Settings, *, demo: bool) -> int:
    redis = None
    if not os.environ.get("REDIS_URL"):
        redis = PrivateRedis(settings.data_dir)
        redis.start()
        settings = replace(settings, redis_url=redis.url)
    try:
        desk = build_desk(settings)
        upgrade(desk.database)
        welcome = first_start(desk, demo=demo, say=lambda line: print(line, flush=True))
        desk.database.dispose()
        announcement = Announcement(settings, welcome)

        def each_second() -> None:
            if redis:
                redis.revive()
            announcement.look(supervisor.say)

        supervisor = Supervisor(
            own_commands(read_procfile(ROOT / "Procfile")),
            child_environment(settings),
            each_second=each_second,
        )
        supervisor.catch_signals()
        supervisor.start()
        return supervisor.run()
    finally:
        drop_counters(settings.data_dir)
        if redis:
            redis.stop()


def own_commands(procfile: Mapping[str, str]) -> dict[str, str]:
    """The Procfile's commands, with our own Python for `lanedesk`, whatever stands on the PATH."""
    ours = f"{shlex.quote(sys.executable)} -m lanedesk "
    return {
        name: re.sub(r"^lanedesk ", lambda _: ours, command) for name, command in procfile.items()
    }


def child_environment(settings: Settings) -> dict[str, str]:
    """What the processes are told: our own environment, completed with what was found or made here."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "LANEDESK_DATA": str(settings.data_dir.resolve()),
        "REDIS_URL": settings.redis_url,
        "PROMETHEUS_MULTIPROC_DIR": str(new_counters(settings.data_dir)),
    }


def new_counters(data_dir: Path) -> Path:
    """A new folder for the counters of all processes: in memory, where `data_dir`/metrics leads to it.

    They are written through a memory map, and on a full disk that kills the process that does it (SIGBUS). Those of
    earlier processes are thrown away: Prometheus takes a restart for what it is.
    """
    drop_counters(data_dir)
    folder = data_dir.resolve() / "metrics"
    if MEMORY.is_dir():
        folder.symlink_to(tempfile.mkdtemp(prefix="lanedesk-", dir=MEMORY))
    else:
        folder.mkdir()
    return folder


def drop_counters(data_dir: Path) -> None:
    """Remove the folder of new_counters, and what leads to it."""
    folder = data_dir.resolve() / "metrics"
    shutil.rmtree(folder.resolve(), ignore_errors=True)
    folder.unlink(missing_ok=True)


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir`/lanedesk.pid for the time of the run. Raises CannotStart when another run holds it.

    The lock is the file lock, not the file: what a killed run left behind stops nobody.
    """
    path = data_dir / "lanedesk.pid"
    file: IO[str] = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise CannotStart(
            f"a desk runs in {data_dir} already (process {file.read().strip()})"
        ) from None
    try:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def check_ports(settings: Settings) -> None:
    """Raises CannotStart when a port we are about to use is taken or not ours."""
    mail_host, _, mail_port = settings.smtp_listen.rpartition(":")
    wanted = [
        ("LANEDESK_WEB_PORT", settings.bind, settings.web_port),
        ("LANEDESK_EVENTS_PORT", settings.bind, settings.events_port),
        ("LANEDESK_SMTP_LISTEN", mail_host.strip("[]"), int(mail_port or 0)),
    ]
    for variable, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CannotStart(
                    f"cannot listen on {host}:{port} ({error.strerror}); set {variable} to a free one"
                ) from error


def check_redis() -> None:
    """Raises CannotStart when REDIS_URL names one that does not answer, SettingsError when it names none."""
    url = os.environ.get("REDIS_URL", "")
    client = connect_redis(url)
    if client is None:
        return
    try:
        client.ping()
    except RedisError as error:
        raise CannotStart(
            f"REDIS_URL {without_password(url)} does not answer as a Redis ({error}); "
            "start it, or leave REDIS_URL out: then a private one is started"
        ) from error
    finally:
        client.close()


class Announcement:
    """Says where the desk is, once it is ready; or after a minute, why it is not."""

    def __init__(self, settings: Settings, welcome: Welcome) -> None:
        self.settings, self.welcome = settings, welcome
        self.deadline = time.monotonic() + READY_SECONDS
        self.made = False

    def look(self, say: Callable[[str], None]) -> None:
        """Ask /readyz, and `say` it once."""
        if self.made:
            return
        reasons = not_ready(self.settings)
        if reasons and time.monotonic() < self.deadline:
            return
        self.made = True
        if reasons:
            say(
                f"Lanedesk is at {self.settings.public_url}, but not all of it works: {'; '.join(reasons)}"
            )
        else:
            say(f"Lanedesk is ready: {self.settings.public_url}")
        for line in self.welcome.lines(self.settings):
            say(line)


def not_ready(settings: Settings) -> list[str]:
    """What /readyz of the web process complains about; empty when all is well."""
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::", "") else settings.bind  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.web_port}/readyz", timeout=1):
            return []
    except urllib.error.HTTPError as error:
        try:
            parts = json.load(error)["parts"]
        except (ValueError, KeyError):
            return [f"the web process answers {error.code}"]
        return [f"{name}: {reason}" for name, reason in parts.items() if reason != "ok"]
    except OSError as error:
        return [f"the web process does not answer ({error})"]
