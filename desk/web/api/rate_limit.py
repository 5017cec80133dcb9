"""So many requests a minute for each token; counted in Redis, since many processes answer.

It protects the desk from a program gone wild and promises nobody anything: without Redis there is no limit.
"""

import time

import structlog
from flask import Flask, g, request
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from desk.application import current_desk
from desk.people.access import authenticated_by_bearer
from desk.web.breaker import Breaker

log = structlog.get_logger(__name__)
PER_MINUTE = 600


def limit(app: Flask, prefix: str) -> None:
    """Refuse what is more than `API_PER_MINUTE` requests of one token in one minute."""
    app.config.setdefault("API_PER_MINUTE", PER_MINUTE)

    breaker = Breaker()

    @app.before_request
    def count() -> None:
        redis = current_desk().redis
        if redis is None or breaker.is_open:
            return
        if not request.path.startswith(prefix + "/") or not authenticated_by_bearer():
            return
        minute = int(time.time() // 60)
        key = f"lanedesk:rate:{g.token_id}:{minute}"
        try:
            pipeline = redis.pipeline(transaction=False)
            pipeline.incr(key)
            pipeline.expire(key, 120)
            used = int(pipeline.execute()[0])
        except (RedisError, OSError) as error:
            breaker.failed()
            log.warning("rate_limit.redis_away", error=str(error))
            return
        if used > app.config["API_PER_MINUTE"]:
            raise TooManyRequests(retry_after=60 - int(time.time() % 60))
