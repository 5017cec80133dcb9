"""Where a page finds the live events: behind a proxy at /events, else at the events process's own port."""

from urllib.parse import urlsplit

from flask import has_request_context, request

from desk.settings import Settings

PATH = "/events/stream"
LOOPBACK = ("127.0.0.1", "localhost")


def events_origin(settings: Settings) -> str:
    """The origin of the events process as this request's browser sees it; empty where it is the page's own.

    With LANEDESK_PROXIES > 0 the proxy in front maps /events to the events process. Without one the browser goes to
    LANEDESK_EVENTS_PORT on the same host name; the session cookie goes along, since cookies do not know ports.
    """
    if settings.trusted_proxies:
        return ""
    public = urlsplit(settings.public_url)
    host = urlsplit(f"//{request.host}").hostname if has_request_context() else public.hostname
    if host and ":" in host:
        host = f"[{host}]"
    scheme = request.scheme if has_request_context() else public.scheme
    return f"{scheme}://{host}:{settings.events_port}"


def events_url(settings: Settings) -> str:
    """The address of the event stream for this page."""
    return events_origin(settings) + PATH


def page_origins(settings: Settings) -> frozenset[str]:
    """The origins whose pages may read the stream with the reader's cookie (CORS with credentials).

    Exactly the public address; where that is the loopback, under each of its names.
    """
    public = urlsplit(settings.public_url)
    if public.hostname not in LOOPBACK:
        return frozenset({f"{public.scheme}://{public.netloc}"})
    port = f":{public.port}" if public.port else ""
    return frozenset(f"{public.scheme}://{host}{port}" for host in LOOPBACK)
