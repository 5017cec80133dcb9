"""Message ids and dates: the structured fields that threading and lists depend on."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from connectors.mail.parsing.headers import Headers, decode_words

_BRACKETED = re.compile(r"<([^<>]{1,998})>")
# Looked for at the beginning of a word only: from each of its letters it would cost the square of its length.
_BARE_ID = re.compile(r"(?<![^\s<>,;\"()])[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_ISO_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
    r"(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_ZONE_GLUED = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)\s*(?:GMT|UTC|UT)?\s*([+-]\d{2}):?(\d{2})\b")
_CLOCK_DOTS = re.compile(r"\b(\d{1,2})\.(\d{2})\.(\d{2})\b")
_COMMENT = re.compile(r"\([^()]*\)")
_SPACED_COLON = re.compile(r"(?<!\s)\s*:\s*")
_WHITE = re.compile(r"\s+")
# Beyond these, a clock was never set or the field is a joke.
_EARLIEST, _LATEST = 1900, 2100


def message_ids(headers: Headers, name: str) -> tuple[str, ...]:
    """All ids of all fields called `name`, in their order, without brackets and repetitions.

    Blanks inside brackets come from folding and are taken out. Ids without brackets are read
    only where a value has none in brackets.
    """
    found: dict[str, None] = {}
    for value in headers.all_raw(name):
        single = Headers(((name, value),), headers.hint).tokens(name)
        if "=?" in single:
            single = decode_words(single)
        bracketed = _BRACKETED.findall(single)
        for raw in bracketed or _BARE_ID.findall(single):
            if "(" in raw and " " in raw:
                raw = _COMMENT.sub("", raw)  # RFC 5322 §4.5.4: comments inside an id
            identifier = _WHITE.sub("", raw).strip("<>")
            if identifier:
                found.setdefault(identifier[:998])
    return tuple(found)


def message_id(headers: Headers) -> str | None:
    """The mail's own id; a value that is no id by the standard still names the mail."""
    ids = message_ids(headers, "message-id")
    if ids:
        return ids[0]
    value = _WHITE.sub("", headers.tokens("message-id")).strip("<>")
    return value[:998] or None


def mail_date(headers: Headers) -> tuple[datetime | None, bool]:
    """When the mail was written, and whether that was estimated from the way it took."""
    for value in headers.all_raw("date"):
        date = parse_date(Headers((("date", value),), headers.hint).text("date"))
        if date is not None:
            return date, False
    for name in ("received", "delivery-date", "x-received", "resent-date", "x-originalarrivaltime"):
        for value in headers.all_raw(name):
            text = Headers(((name, value),), headers.hint).tokens(name)
            date = parse_date(text.rpartition(";")[2] if ";" in text else text)
            if date is not None:
                return date, True
    return None, False


def parse_date(text: str) -> datetime | None:
    """A date of RFC 5322 §3.3, of its obsolete forms, or of ISO 8601; aware, or None.

    A date without a zone is taken as UTC.
    """
    text = text.strip()[:200]
    if not text:
        return None
    candidates = [text]
    if _ZONE_GLUED.search(text):
        candidates.insert(0, _ZONE_GLUED.sub(r"\1 \2\3", text))
    if "(" in text or " :" in text:
        candidates.append(_SPACED_COLON.sub(":", _COMMENT.sub(" ", text)))
    if _CLOCK_DOTS.search(text):
        candidates.append(_CLOCK_DOTS.sub(r"\1:\2:\3", text))
    iso = _ISO_DATE.search(text)
    if iso is not None and (iso.start() < 6 or text[iso.start() - 1] == " "):
        date = _from_iso(iso)
        if date is not None:
            return date
    for candidate in candidates:
        date = _from_rfc(candidate)
        if date is not None:
            return date
    return None


def _from_rfc(text: str) -> datetime | None:
    try:
        parts = parsedate_tz(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if parts is None:
        return None
    year, month, day, hour, minute, second = parts[:6]
    offset = parts[9] or 0
    if abs(offset) >= 24 * 3600:
        offset = 0
    if year < 100:
        year += 2000 if year < 69 else 1900
    return _checked(year, month, day, hour, minute, second, offset)


def _from_iso(match: re.Match[str]) -> datetime | None:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    zone = match[7]
    offset = 0
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * 60 * (-1 if zone[0] == "-" else 1)
    return _checked(
        year, month, day, int(match[4] or 0), int(match[5] or 0), int(match[6] or 0), offset
    )


def _checked(
    year: int, month: int, day: int, hour: int, minute: int, second: int, offset: int
) -> datetime | None:
    if not _EARLIEST <= year < _LATEST:
        return None
    leap = second == 60
    try:
        zone = timezone(timedelta(seconds=offset)) if offset else UTC
        date = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=zone)
        date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return date + timedelta(seconds=1) if leap else date
