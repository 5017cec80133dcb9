"""`--kill`: all parts of a running engine die again and again under load; then everything must be there, once.

PostgreSQL syncs to disk as in production and is restarted with `immediate`; Redis, workers, scheduler and producers get
SIGKILL, or hang until their leases are over and then go on as if nothing had been. Everything runs on loopback or a
socket, in a temporary folder, and ends with this process.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psycopg

from engine.actors import SYSTEM
from engine.database import Database
from lanedesk.models import metadata
from lanedesk.private_redis import PrivateRedis
from lanedesk.tied import tied
from tests.faults import parts
from tests.faults.judging import judge, moved, quiet
from tests.fixtures.postgresql import PostgresqlServer

DURABLE = ("shared_buffers=64MB", "max_wal_size=1GB")  # fsync and synchronous_commit stay on
STUCK_SECONDS = 120  # without a step or a finished job: what was begun will not come to its end
QUIET_SECONDS = 1200  # for what was begun to come to an end, however busy the machine
BACK_SECONDS = 60
HANG_SECONDS = parts.LEASE.total_seconds() + 3


@dataclass
class Part:
    """One of our processes, started again whenever it is found dead."""

    words: tuple[str, ...]
    process: "subprocess.Popen[bytes] | None" = None
    hangs_until: float = 0.0

    def hang(self) -> None:
        """Stand still for longer than a lease."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        self.hangs_until = time.monotonic() + HANG_SECONDS

    def wake(self) -> None:
        """Go on where it stood still."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.hangs_until = 0.0

    def kill(self) -> None:
        """End it at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.hangs_until = 0.0


@dataclass
class Stage:
    """All that runs."""

    folder: Path
    server: PostgresqlServer
    redis: PrivateRedis
    url: str
    parts: list[Part] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def logs(self) -> list[Path]:
        """What the producers wrote down."""
        return sorted(self.folder.glob("producer-*.log"))

    def revive(self) -> None:
        """Start whatever is dead, and let go on what stood still for long enough."""
        self.redis.revive()
        for part in self.parts:
            if part.process is None or part.process.poll() is not None:
                part.process = self._start(part)
            elif 0 < part.hangs_until < time.monotonic():
                part.wake()

    def _start(self, part: Part) -> "subprocess.Popen[bytes]":
        environment = {
            **{n: v for n, v in os.environ.items() if not n.startswith("LANEDESK_")},
            "LANEDESK_DATA": str(self.folder),
            "DATABASE_URL": self.url,
            "REDIS_URL": self.redis.url,
        }
        with (self.folder / f"{part.words[0]}.out").open("ab") as output:
            return subprocess.Popen(
                tied([sys.executable, "-m", "tests.faults.parts", *part.words]),
                cwd=Path(__file__).parents[2],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill_something(self, chance: random.Random) -> None:
        """One of them, at once."""
        victim: int | str = chance.choice(["postgresql", "redis", *range(len(self.parts))])
        if victim == "postgresql":
            self.restart_postgresql()
        elif victim == "redis":
            assert self.redis.process is not None
            self.redis.process.kill()
            self.redis.process.wait()
        else:
            part = self.parts[int(victim)]
            if hangs := chance.random() < 0.2:
                part.hang()
            else:
                part.kill()
            victim = "hung " * hangs + part.words[0]
        self.kills[victim] += 1

    def restart_postgresql(self) -> None:
        """SIGQUIT is its `immediate`: no checkpoint, recovery at the start."""
        old = self.server.process
        assert old is not None
        old.send_signal(signal.SIGQUIT)
        old.wait(30)
        with self.server.log_file.open("ab") as output:
            self.server.process = subprocess.Popen(
                old.args,
                stdout=output,
                stderr=output,
                cwd=self.server.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            try:
                psycopg.connect(self.server.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def finished(self, database: Database) -> bool:
        """Whether all that was intended came to its end."""
        for log in self.logs:
            lines = set(parts.read_log(log))
            if any(
                ("answered", number) not in lines for word, number in lines if word == "intended"
            ):
                return False
        return quiet(database)

    def settle(self, database: Database) -> None:
        """Wait until all came to its end, or nothing moves any more."""
        deadline = time.monotonic() + QUIET_SECONDS
        moved_at, last = time.monotonic(), (0, 0)
        while not self.finished(database) and time.monotonic() < deadline:
            self.revive()
            if (now := moved(database)) != last:
                moved_at, last = time.monotonic(), now
            elif time.monotonic() - moved_at > STUCK_SECONDS:
                return
            time.sleep(0.5)

    def stop(self) -> None:
        """End our own processes."""
        for part in self.parts:
            if part.process is not None and part.process.poll() is None:
                part.kill()
        self.parts.clear()

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.redis.stop()
        self.server.stop()


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything prepared and started."""
    with tempfile.TemporaryDirectory(prefix="lanedesk-kill-") as name:
        folder = Path(name)
        with patch("tests.fixtures.postgresql.FAST", DURABLE):
            server = PostgresqlServer()
        redis = PrivateRedis(folder)
        redis.start()
        found = Stage(folder, server, redis, server.create_database("faults"))
        try:
            _deploy(found.url)
            found.parts = [
                Part(("worker",)), Part(("worker",)), Part(("scheduler",)),
                Part(("producer", str(folder / "producer-1.log"), "1")),
                Part(("producer", str(folder / "producer-2.log"), "2")),
            ]  # fmt: skip
            found.revive()
            yield found
        finally:
            found.close()


def _deploy(url: str) -> None:
    with patch.dict(os.environ, {"DATABASE_URL": url}):
        desk = parts.desk()
    metadata.create_all(desk.database.engine)
    parts.effect_metadata.create_all(desk.database.engine)
    with desk.database.transaction() as session:
        desk.engine.deploy(session, parts.diagrams(), actor=SYSTEM)
    desk.database.dispose()


def run(seconds: int, seed: int) -> bool:
    """Whether all promises held; prints what did not, and the figure last."""
    chance = random.Random(seed)
    with stage() as found:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.3, 3))
            found.kill_something(chance)
            time.sleep(chance.uniform(0, 1))
            found.revive()
        parts.closing(found.folder).touch()
        database = Database(found.url)
        found.settle(database)
        found.stop()
        verdict = judge(database, found.logs)
        database.dispose()
        for line in verdict.wrong[:50]:
            print(line)
        killed = ", ".join(f"{name} {count}" for name, count in sorted(found.kills.items()))
    print(f"{sum(found.kills.values())} kills in {seconds} s ({killed}): {verdict}", flush=True)
    return not verdict.wrong
