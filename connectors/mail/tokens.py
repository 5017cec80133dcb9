"""Reply tokens: how an answer finds its ticket although its subject was changed and its headers were lost.

The token is `<ticket id in base 36>-<80 bits of HMAC-SHA-256>`, lower case, so that it survives in the local part of
an address and in a Message-ID. Whoever holds it may add words to that one ticket; it opens no page.
"""

import base64
import hmac
import re
from collections.abc import Iterable

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNED = r"([0-9a-z]{1,13})-([a-z2-7]{16})"
_PLUS = re.compile(rf"\+{_SIGNED}$", re.IGNORECASE)
_IN_ID = re.compile(rf"^<?{_SIGNED}\.[0-9a-f]+@", re.IGNORECASE)


def make_token(secret: str, ticket_id: int) -> str:
    """The ticket's reply token."""
    return f"{_base36(ticket_id)}-{_signature(secret, ticket_id)}"


def reply_address(secret: str, desk_address: str, ticket_id: int) -> str:
    """`desk+<token>@domain` for the desk's address `desk@domain` (sub-addressing, RFC 5233)."""
    local, _, domain = desk_address.rpartition("@")
    return f"{local}+{make_token(secret, ticket_id)}@{domain}"


def outgoing_message_id(secret: str, domain: str, ticket_id: int, unique: str) -> str:
    """A Message-ID that carries the token, so that References alone lead back to the ticket.

    `unique` is the job's idempotency key: the id stays the same over its tries, so that a receiver, and we, can
    recognise a mail that was sent twice.
    """
    digest = hmac.new(secret.encode(), f"mail-id {unique}".encode(), "sha256").hexdigest()[:24]
    return f"<{make_token(secret, ticket_id)}.{digest}@{domain}>"


def ticket_of_addresses(secret: str, addresses: Iterable[str]) -> int | None:
    """The ticket of the first address with a genuine token behind a plus."""
    for address in addresses:
        found = _PLUS.search(address.rpartition("@")[0])
        if found and (ticket_id := _verified(secret, found)) is not None:
            return ticket_id
    return None


def ticket_of_ids(secret: str, message_ids: Iterable[str]) -> int | None:
    """The ticket of the first Message-ID that is genuinely one of ours."""
    for message_id in message_ids:
        found = _IN_ID.match(message_id)
        if found and (ticket_id := _verified(secret, found)) is not None:
            return ticket_id
    return None


def _verified(secret: str, found: re.Match[str]) -> int | None:
    ticket_id = int(found[1], 36)
    genuine = hmac.compare_digest(_signature(secret, ticket_id), found[2].lower())
    return ticket_id if genuine else None


def _signature(secret: str, ticket_id: int) -> str:
    digest = hmac.new(secret.encode(), f"reply {ticket_id}".encode(), "sha256").digest()
    return base64.b32encode(digest[:10]).decode().lower()


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
