"""Passwords of mail servers lie encrypted in the database: a copy of it alone opens no mailbox."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class SealBroken(Exception):
    """A password was sealed under another LANEDESK_SECRET; it has to be entered again."""


def seal(secret: str, password: str) -> str:
    """The password as it is stored; empty stays empty."""
    return _key(secret).encrypt(password.encode()).decode() if password else ""


def unseal(secret: str, sealed: str) -> str:
    """What `seal` was given. Raises SealBroken."""
    try:
        return _key(secret).decrypt(sealed).decode() if sealed else ""
    except InvalidToken as error:
        raise SealBroken from error


def _key(secret: str) -> Fernet:
    digest = hmac.new(secret.encode(), b"mailbox passwords", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
