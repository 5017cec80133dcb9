"""Small mails, made for the tests that use them."""


def mail(body: bytes | str = "Hello", **headers: str | bytes) -> bytes:
    """A mail with From, To, Subject and Date unless `headers` (x_y is X-Y) say otherwise."""
    fields: dict[str, str | bytes] = {
        "from": "Li Lei <li@example.com>",
        "to": "desk@example.org",
        "subject": "A question",
        "date": "Tue, 02 Jan 2024 10:11:12 +0800",
        "message_id": "<one@example.com>",
    }
    fields.update(headers)
    lines = [
        name.replace("_", "-").title().encode() + b": " + _bytes(value)
        for name, value in fields.items()
        if value
    ]
    return b"\r\n".join([*lines, b"", _bytes(body)])


def multipart(
    kind: str, *parts: bytes, boundary: str = "frontier", **headers: str | bytes
) -> bytes:
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    body += b"--" + boundary.encode() + b"--\r\n"
    headers.setdefault("content_type", f'multipart/{kind}; boundary="{boundary}"')
    return mail(body, **headers)


def part(
    content: bytes | str, content_type: str = "text/plain; charset=utf-8", *more: str
) -> bytes:
    lines = [f"Content-Type: {content_type}", *more]
    return b"\r\n".join([*(line.encode("utf-8", "surrogateescape") for line in lines), b"",
                         _bytes(content)])  # fmt: skip


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
