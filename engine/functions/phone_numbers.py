"""Phone numbers in the one form in which they are stored and compared, and in the form in which they may be shown."""

import re
import unicodedata

HOME_COUNTRY = "86"
_LONGEST = 60  # characters, with spaces, brackets and an extension

_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|#|,)\s*(\d{1,6})\s*$", re.IGNORECASE)
_MOBILE = re.compile(r"^1[3-9]\d{9}$", re.ASCII)
_SERVICE_LINE = re.compile(r"^[48]00\d{7}$", re.ASCII)


def normal_number(raw: str, country: str = HOME_COUNTRY) -> str | None:
    """A phone number as `+` and digits (E.164) where its country is known, else as dialled; None when it is none.

    `+86 138 0013 8000`, `0086138…`, `0138…` and `138…` are the same number; so are `021-8888 1234` and
    `+86 21 8888 1234`. An extension stays, as `#801`: behind one switchboard sit many people. Short numbers
    (10086, an extension of the house) and local numbers without an area code are kept as dialled.
    """
    if len(raw) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", raw).strip()
    extension = ""
    if (found := _EXTENSION.search(text)) and len(re.sub(r"\D", "", text[: found.start()])) >= 7:
        extension, text = f"#{found[1]}", text[: found.start()]
    if re.search(r"[^0-9\s()+./·\-–—]", text):
        return None
    digits = re.sub(r"\D", "", text)
    national = digits.lstrip("0")
    if not 3 <= len(digits) <= 18 or not national:
        return None
    if text.startswith(("+", "(+")):
        return _international(digits, country) + extension
    if digits.startswith("00"):
        return _international(digits[2:], country) + extension
    if digits.startswith(country) and len(digits) > 11:
        return _international(digits, country) + extension
    if country == HOME_COUNTRY and (_MOBILE.match(national) or _SERVICE_LINE.match(national)):
        return f"+{country}{national}{extension}"
    if digits.startswith("0") and len(national) >= 9:
        return f"+{country}{national}{extension}"
    return digits + extension


def _international(digits: str, country: str) -> str:
    if digits.startswith(country):
        # "+86 (0)21 …": the trunk zero is dialled inside the country only
        digits = country + digits[len(country) :].lstrip("0")
    return f"+{digits}"


def masked_number(raw: str) -> str:
    """Stars in place of the middle digits: 138****8000, +86138****8000; short numbers keep their last two."""
    number, hash_sign, extension = raw.strip().partition("#")
    places = [index for index, character in enumerate(number) if character.isdecimal()]
    shown = 4 if len(places) >= 7 else 2
    hidden = places[max(len(places) - shown - 4, 0) : max(len(places) - shown, 0)]
    masked = "".join("*" if index in hidden else c for index, c in enumerate(number))
    return masked + hash_sign + extension
