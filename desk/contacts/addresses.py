"""Mail addresses and phone numbers in the one form in which they are stored and compared."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import idna

from engine.functions.phone_numbers import HOME_COUNTRY, normal_number

AddressKind = Literal["mail", "phone"]

MAIL_LENGTH = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

# Addresses at these domains say nothing about the company somebody works for.
FREE_MAIL_DOMAINS = frozenset(
    {
        "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com",
        "vip.126.com", "yeah.net", "188.com", "sina.com", "sina.cn", "vip.sina.com",
        "sohu.com", "tom.com", "21cn.com", "aliyun.com", "139.com", "189.cn", "wo.cn",
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk",
        "hotmail.fr", "hotmail.de", "live.com", "live.cn", "msn.com", "yahoo.com", "yahoo.cn",
        "yahoo.com.cn", "yahoo.co.jp", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com",
        "icloud.com", "me.com", "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net",
        "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com", "mail.ru",
        "yandex.ru", "yandex.com", "proton.me", "protonmail.com", "tutanota.com", "tuta.com",
        "zoho.com", "fastmail.com", "naver.com", "daum.net", "hanmail.net", "orange.fr",
        "free.fr", "laposte.net", "libero.it", "hey.com",
    }
)  # fmt: skip

_LOCAL_PART = re.compile(r'^[^\s@<>()\[\],;:\\"]+$|^"[^"\r\n]+"$')
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_SERVICE_LINE = re.compile(r"^[48]00\d{7}$")


class InvalidAddress(ValueError):
    """Not a mail address or phone number; `str()` repeats what was given."""


def normal_mail(raw: str) -> str:
    """A mail address in lower case with its domain in IDNA A-labels (RFC 5891).

    Full-width characters, as Chinese input methods leave them, are folded. Raises InvalidAddress.
    """
    text = unicodedata.normalize("NFKC", raw).strip().removeprefix("mailto:").strip("<>")
    local, at, domain = text.rpartition("@")
    domain = domain.rstrip(".")
    if not at or not _LOCAL_PART.match(local) or not domain or len(local) > 64:
        raise InvalidAddress(raw)
    try:
        ascii_domain = _ascii_domain(domain)
    except ValueError as error:
        raise InvalidAddress(raw) from error
    address = f"{local.lower()}@{ascii_domain}"
    if len(address) > MAIL_LENGTH:
        raise InvalidAddress(raw)
    return address


@lru_cache(maxsize=1000)
def _ascii_domain(domain: str) -> str:
    """In IDNA A-labels. Raises ValueError."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        ascii_domain = domain.lower()
        # Some real hosts carry an underscore or two hyphens, which IDNA refuses.
        if not re.fullmatch(r"[a-z0-9_.-]+", ascii_domain) or ".." in ascii_domain:
            raise
        return ascii_domain


def normal_phone(raw: str, *, country: str = HOME_COUNTRY) -> str:
    """A phone number as `+` and digits (E.164) where its country is known, else as dialled.

    `+86 138 0013 8000`, `0086138…`, `0138…` and `138…` are the same number; so are
    `021-8888 1234` and `+86 21 8888 1234`. An extension stays, as `#801`: behind one switchboard
    sit many people. Short numbers (10086, an extension of the house) and local numbers without an
    area code are kept as dialled. Raises InvalidAddress when there are too few or too many digits.
    """
    number = normal_number(raw, country)
    if number is None:
        raise InvalidAddress(raw)
    return number


def normal(kind: AddressKind, raw: str) -> str:
    """`raw` in the stored form of its kind. Raises InvalidAddress."""
    return normal_mail(raw) if kind == "mail" else normal_phone(raw)


def shown_phone(value: str) -> str:
    """A stored phone number as people at home read it: `138 0013 8000`, `+49 30 1234567`."""
    number, hash_sign, extension = value.partition("#")
    home = number.removeprefix(f"+{HOME_COUNTRY}")
    if home != number and _MOBILE.match(home):
        number = f"{home[:3]} {home[3:7]} {home[7:]}"
    elif home != number and _SERVICE_LINE.match(home):
        number = f"{home[:3]}-{home[3:6]}-{home[6:]}"
    elif home != number:
        number = f"0{home}"
    return f"{number}{hash_sign}{extension}"


def company_domains(mail: str) -> list[str]:
    """Domains by which a company may be known, the longest first; none for free mail providers.

    `a@mail.acme.com.cn` → `mail.acme.com.cn`, `acme.com.cn`, `com.cn`: a company is only ever found
    by a domain that somebody entered for it, so a public suffix does no harm.
    """
    domain = mail.rpartition("@")[2]
    if domain in FREE_MAIL_DOMAINS:
        return []
    labels = domain.split(".")
    return [".".join(labels[i:]) for i in range(max(len(labels) - 1, 1))]
