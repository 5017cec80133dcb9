"""The hidden key of a page that a customer sends: it shows that the page was ours, and makes sending twice harmless.

Signed instead of bound to a session: many phones open a scanned form in a window that keeps no cookies. A page that is
sent from another site is told apart by `Sec-Fetch-Site` (W3C Fetch Metadata §2.4); `Origin` is no help here, since
pages with the referrer policy `no-referrer` send it as `null`.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import Headers

from desk.settings import Settings

FIELD = "__key"  # names that begin with "__" are never a field of the form
LIFETIME = timedelta(days=7)  # shorter than the engine remembers dedupe keys


def new_page_key(settings: Settings, subject: str) -> str:
    """A key for one showing of a page. `subject` says what it is for: `form:request`, `ticket:7`."""
    key = _serializer(settings).dumps([subject, secrets.token_urlsafe(12)])
    return key if isinstance(key, str) else key.decode()


def read_page_key(settings: Settings, key: str, subject: str) -> str | None:
    """What makes this showing unique; None for a key that is not ours, not for `subject`, or too old."""
    try:
        content = _serializer(settings).loads(key, max_age=int(LIFETIME.total_seconds()))
    except BadData:
        return None
    match content:
        case [found, str(unique)] if found == subject:
            return unique
    return None


def dedupe_key(
    subject: str, unique: str, content: Mapping[str, Any], files: Iterable[str] = ()
) -> str:
    """The same for the same words from the same page, however often they are sent.

    The words are part of it: somebody may go back, change them and send again, and means that.
    `files` are the storage keys, which follow from the bytes.
    """
    said = json.dumps([content, sorted(files)], sort_keys=True, ensure_ascii=False, default=str)
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    return f"portal:{subject}:{unique}:{digest[:32]}"


def from_elsewhere(headers: Headers) -> bool:
    """Whether the browser says that another site sent this."""
    return headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="portal-page")
