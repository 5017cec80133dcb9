"""How two desks speak: JSON over the API, with a key of the other desk and a signature of the body.

`Lanedesk-Vendor` says who calls, in the words of the desk that is called; `Lanedesk-Signature` is made as for external
targets; `Lanedesk-Causation` names the process that caused the call. A call that is sent again has the same
`Idempotency-Key`.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from desk.notices import outbound
from desk.notices.operators import signature
from desk.vendors.models import Vendor
from engine.history import plain
from engine.operators import OperatorError

VENDOR: Final = "Lanedesk-Vendor"
SIGNATURE: Final = "Lanedesk-Signature"
CAUSATION: Final = "Lanedesk-Causation"
TAKE: Final = "/api/v1/transfers"
HEAR: Final = "/api/v1/transfers/reports"
AGAIN: Final = (408, 409, 425, 429)  # 409: the same call is still being answered


class NotTaken(Exception):
    """The other desk does not want it, or may not be asked; `str()` has its words. No further try can help."""


def post(
    vendor: Vendor,
    path: str,
    content: Mapping[str, Any],
    *,
    key: str,
    cause: UUID | None,
    private_hosts: str,
) -> dict[str, Any]:
    """Call the vendor's desk; its answer. `private_hosts` as in the settings.

    Raises NotTaken, or OperatorError where another try may succeed.
    """
    if not vendor.active:
        raise NotTaken(f"{vendor.name} was withdrawn from the vendors")
    body = orjson.dumps(plain(content))
    url = vendor.url + path
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Lanedesk",
        "Host": urlsplit(url).netloc,
        "Authorization": f"Bearer {vendor.token or ''}",
        "Idempotency-Key": key,
        VENDOR: vendor.known_as,
        SIGNATURE: signature(vendor.secret, body),
        CAUSATION: str(cause or ""),
    }
    hosts = frozenset(filter(None, private_hosts.split(",")))
    try:
        answer = outbound.call("POST", url, headers, body, private_hosts=hosts)
    except outbound.Forbidden as error:
        raise NotTaken(str(error)) from error
    except outbound.Unreachable as error:
        raise OperatorError(str(error)) from error
    return _understood(vendor, answer)


def signed(vendor: Vendor, body: bytes, given: str) -> bool:
    """Whether the signature of what came is the vendor's."""
    return hmac.compare_digest(signature(vendor.secret, body).encode(), given.encode())


def _understood(vendor: Vendor, answer: outbound.Answer) -> dict[str, Any]:
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        value = None
    if 200 <= answer.status < 300 and isinstance(value, dict):
        return value
    words = _words(value) or answer.body.decode("utf-8", "replace")[:200]
    if answer.status in AGAIN or answer.status >= 500:
        raise OperatorError(f"{vendor.name} answered {answer.status}: {words}")
    raise NotTaken(f"{vendor.name} ({answer.status}): {words}")


def _words(problem: Any) -> str:
    """The detail of problem details (RFC 9457)."""
    if not isinstance(problem, dict):
        return ""
    return str(problem.get("detail") or problem.get("title") or "")[:2000]
