"""Tracking links: signed, so that nobody can guess another ticket's, and good for a limited time."""

from functools import lru_cache

from itsdangerous import BadData, URLSafeTimedSerializer

from desk.settings import Settings

SHOWN = 6  # characters of a token that a log line may hold


def tracking_token(settings: Settings, ticket_id: int) -> str:
    """The token of a ticket's tracking page; valid for `tracking_days` from now."""
    token = _serializer(settings.secret_key).dumps(ticket_id)
    return token if isinstance(token, str) else token.decode()


def tracking_url(settings: Settings, ticket_id: int) -> str:
    """The address of the ticket's tracking page, for mails and messages."""
    return f"{settings.public_url.rstrip('/')}/t/{tracking_token(settings, ticket_id)}"


def read_token(settings: Settings, token: str) -> int | None:
    """The ticket's id; None for a token that was altered, made elsewhere or has expired."""
    try:
        ticket_id = _serializer(settings.secret_key).loads(
            token, max_age=settings.tracking_days * 86400
        )
    except BadData:
        return None
    return ticket_id if isinstance(ticket_id, int) else None


def shortened(path: str) -> str:
    """The path of a request as a log may hold it: whoever reads the log cannot open the page."""
    for door in ("/t/", "/o/"):  # tracking pages, one-time links
        if path.startswith(door):
            token, slash, page = path.removeprefix(door).partition("/")
            return f"{door}{token[:SHOWN]}…{slash}{page}"
    return path


@lru_cache
def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="tracking")
