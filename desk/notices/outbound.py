"""Calling other systems over HTTP: only where an administrator allows it, never to private addresses by default.

The name is resolved once and the connection goes to the address that was checked, so that a name which answers
differently the second time gains nothing. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT = 10.0  # seconds
ANSWER_LIMIT = 64 * 1024  # bytes

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
CARRIES_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/96", "::/96")))

Resolver = Callable[[str, int], list[str]]


class Forbidden(Exception):
    """The address may not be called; says why."""


class Unreachable(Exception):
    """Nobody answered; a later try may reach it."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def call(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    private_hosts: frozenset[str] = frozenset(),
    resolve: Resolver | None = None,
) -> Answer:
    """Send one request. Hosts in `private_hosts` may have private addresses. Raises Forbidden, Unreachable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:  # "http://[", a port above 65535
        raise Forbidden(f"{url!r:.200} is no web address") from error
    secure = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host:
        raise Forbidden(f"{url!r:.200} is no web address")
    port = port or (443 if secure else 80)
    address = _checked(host, port, host in private_hosts, resolve or _resolve)
    connection = _connection(host, address, port, secure)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body or None, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(ANSWER_LIMIT))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{host}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def _checked(host: str, port: int, private_allowed: bool, resolve: Resolver) -> str:
    try:
        addresses = resolve(host, port)
    except OSError as error:
        raise Unreachable(f"{host}: {error}") from error
    if not addresses:
        raise Unreachable(f"{host} has no address")
    if not private_allowed:
        for address in addresses:
            seen = _led_to(ipaddress.ip_address(address.partition("%")[0]))
            if not seen.is_global or seen.is_multicast:
                raise Forbidden(f"{host} is a private address ({address})")
    return addresses[0]


def _led_to(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one carries (RFC 4291 §2.5.5, RFC 3056 §2, RFC 6052 §2.1), else the address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if any(address in network for network in CARRIES_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _connection(host: str, address: str, port: int, secure: bool) -> http.client.HTTPConnection:
    """A connection to the checked address that still speaks, and proves itself, as the host."""
    if not secure:
        plain = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        plain._create_connection = lambda *_args, **_more: socket.create_connection(  # type: ignore[attr-defined]
            (address, port), TIMEOUT
        )
        return plain
    tls = http.client.HTTPSConnection(
        host, port, timeout=TIMEOUT, context=ssl.create_default_context()
    )
    tls._create_connection = lambda *_args, **_more: socket.create_connection(  # type: ignore[attr-defined]
        (address, port), TIMEOUT
    )
    return tls
