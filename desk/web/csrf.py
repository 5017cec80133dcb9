"""Forged requests are refused: whoever changes something must show a token that only our pages could give them.

The secret lives in the signed session cookie; a page carries it in the field `csrf_token` or, for htmx, in the header
`X-CSRF-Token`. It is masked anew each time, so that compressed pages do not leak it (BREACH).
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, request, session
from werkzeug.exceptions import BadRequest

from desk.people.access import authenticated_by_bearer, signed_in_user

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FIELD = "csrf_token"
HEADERS = ("X-CSRF-Token", "X-CSRFToken")
EXEMPT = "_csrf_exempt"
SIZE = 32  # bytes

View = TypeVar("View", bound=Callable[..., Any])


class CsrfFailed(BadRequest):
    """The request does not carry the token of its session."""

    description = "The CSRF token is missing or does not belong to this session."


def csrf_exempt(view: View) -> View:
    """Mark a view that other programs post to and that proves its caller in another way (a signature, a token)."""
    setattr(view, EXEMPT, True)
    return view


def csrf_token() -> str:
    """A token for a form of this page, good as long as the session."""
    secret = session.get("csrf")
    if not isinstance(secret, str):
        secret = session["csrf"] = secrets.token_hex(SIZE)
    mask = secrets.token_bytes(SIZE)
    return base64.urlsafe_b64encode(mask + _xor(mask, bytes.fromhex(secret))).decode()


def protect(app: Flask) -> None:
    """Check every request that may change something, before its view runs."""

    @app.before_request
    def check() -> None:
        if request.method in SAFE_METHODS or request.endpoint is None:
            return
        if (
            getattr(app.view_functions[request.endpoint], EXEMPT, False)
            or authenticated_by_bearer()
        ):
            return
        if request.path.startswith("/api/") and signed_in_user() is None:
            return  # nobody's authority to abuse; the view answers 401
        if not _valid(_sent()):
            raise CsrfFailed


def _sent() -> str:
    for header in HEADERS:
        if header in request.headers:
            return request.headers[header]
    return request.form.get(FIELD, "")


def _valid(token: str) -> bool:
    secret = session.get("csrf")
    if not isinstance(secret, str):
        return False
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    if len(raw) != 2 * SIZE:
        return False
    return hmac.compare_digest(_xor(raw[:SIZE], raw[SIZE:]), bytes.fromhex(secret))


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
