"""How we connect to Redis: it only wakes and carries, so nobody waits long for one that is away."""

from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from desk.settings import SettingsError


def connect_redis(url: str) -> "Redis | None":
    """A client that reconnects by itself; None for no address. Raises SettingsError for a wrong one.

    It gives up after seconds, where redis-py would try for ten: a person who saves a page must not feel it. (RQ
    lengthens the time limit for its own waiting.)
    """
    if not url:
        return None
    try:
        return Redis.from_url(
            url,
            socket_connect_timeout=1,
            socket_timeout=5,
            socket_keepalive=True,
            health_check_interval=30,
            retry=Retry(ConstantBackoff(0.05), 1),
        )
    except ValueError as error:
        raise SettingsError(f"REDIS_URL is not a Redis address: {error}") from error


def without_password(url: str) -> str:
    """The address as it may be shown: without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
