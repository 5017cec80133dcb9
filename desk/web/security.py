"""Cookies, response headers and the content security policy: what a browser may do with our pages."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, g, request, session
from werkzeug.middleware.proxy_fix import ProxyFix

from desk.settings import Settings
from desk.web.live.address import events_origin
from engine.timestamps import utc_now

SESSION_IDLE = timedelta(hours=12)
SESSION_RENEWED_EVERY = timedelta(minutes=10)
FILES_PER_REQUEST = 4


def is_https(settings: Settings) -> bool:
    """Whether people reach this desk over TLS."""
    return urlsplit(settings.public_url).scheme == "https"


def configure_cookies(app: Flask, settings: Settings) -> None:
    """The signed session cookie, the same for the web and the events process.

    `__Host-` (RFC 6265bis §4.1.3.2) ties the cookie to this host, and exists over TLS only.
    """
    if len(settings.secret_key) < 16:
        raise ValueError("settings.secret_key must have 16 characters or more")
    secure = is_https(settings)
    app.secret_key = settings.secret_key
    app.config.update(
        SESSION_COOKIE_NAME="__Host-lanedesk" if secure else "lanedesk",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SESSION_IDLE,
        # not with every answer: files may be kept by caches that others share (see keep_sessions_alive)
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def keep_sessions_alive(app: Flask) -> None:
    """Renew the cookie of somebody who works, now and then, so that only idle sessions end."""

    @app.before_request
    def renew() -> None:
        if request.endpoint in (None, "assets") or "user" not in session:
            return
        now = int(utc_now().timestamp())
        if now - session.get("seen", 0) > SESSION_RENEWED_EVERY.total_seconds():
            session["seen"] = now


def behind_proxies(app: Flask, settings: Settings) -> None:
    """Believe X-Forwarded-For and -Proto of exactly as many proxies as the settings name; of none, by default.

    Not -Host and -Port: a proxy that does not set them hands on what a stranger wrote. LANEDESK_URL says who we are.
    """
    count = settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def limit_bodies(app: Flask, settings: Settings) -> None:
    """A form may carry a few files of the allowed size; each file is checked by `check_upload`."""
    app.config["MAX_CONTENT_LENGTH"] = (
        (FILES_PER_REQUEST * settings.upload_limit_mb + 1) * 1024 * 1024
    )
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 1000


def csp_nonce() -> str:
    """The word that lets this answer's own inline script and style run, and no other."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def secure_headers(app: Flask, settings: Settings) -> None:
    """Add the security headers to every answer; a view may set its own policy for its own answer first."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _policy(settings))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if is_https(settings):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in headers:
            # not `no-store`: going back must find the page where it was left
            response.cache_control.private = True
            response.cache_control.no_cache = True
        return response


def _policy(settings: Settings) -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' {nonce}",
        "style-src": f"'self' {nonce}",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' {events_origin(settings)}".strip(),
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
