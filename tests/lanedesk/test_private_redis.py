"""The Redis that comes along: closed to others, found by us, back after a crash."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from lanedesk import private_redis
from lanedesk.private_redis import PrivateRedis, RedisMissing, running_url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateRedis]:
    made = PrivateRedis(tmp_path)
    made.start()
    yield made
    made.stop()


def test_nobody_gets_in_without_the_password(server: PrivateRedis) -> None:
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host="127.0.0.1", port=port).get("anything")


def test_only_the_owner_can_read_the_password(server: PrivateRedis) -> None:
    for path in (server.config, server.url_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_other_commands_find_it_while_it_runs(server: PrivateRedis, tmp_path: Path) -> None:
    assert running_url(tmp_path) == server.url
    server.stop()
    assert running_url(tmp_path) is None


def test_an_address_left_by_a_killed_desk_is_not_believed(
    server: PrivateRedis, tmp_path: Path
) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    assert server.url_file.exists()
    assert running_url(tmp_path) is None


def test_it_comes_back_with_what_it_held(server: PrivateRedis) -> None:
    client = redis.Redis.from_url(server.url)
    client.set("kept", "yes")
    client.wait(0, 0)
    assert server.process is not None
    server.process.terminate()
    server.process.wait()
    server.revive()
    assert redis.Redis.from_url(server.url).get("kept") == b"yes"


def test_its_words_go_to_a_file(server: PrivateRedis) -> None:
    assert "Ready to accept connections" in server.log_file.read_text()


def test_without_any_redis_it_is_said_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setattr(private_redis, "find_spec", lambda _name: None)
    with pytest.raises(RedisMissing, match="REDIS_URL"):
        PrivateRedis(tmp_path)
