"""The MIME tree of a mail (RFC 2046 §5.1), as slices of the raw bytes.

Own splitting instead of the stdlib's: parts keep their exact bytes (signatures, forwarded mails),
depth and number of parts are bounded before work is done, and a boundary that is missing or
wrongly declared is looked for in the body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from connectors.mail.parsing.headers import (
    Headers,
    looks_like_headers,
    parameters,
    skip_envelope_lines,
    split_headers,
)
from connectors.mail.parsing.transfer import decode_transfer, normalise_encoding
from connectors.mail.parsing.values import Limits

_SNIFFED_BOUNDARY = re.compile(
    rb"(?m)^--([^\s][^\r\n]{0,200}?)[ \t]*\r?\n(?=(?:[!-9;-~]{1,40}:[^\r\n]*\r?\n|[ \t]*\r?\n))"
)
_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,126}/[a-z0-9][\w!#$&^.+-]{0,126}")
_DEFAULT_TYPES = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}


@dataclass(slots=True)
class Budget:
    """What is left of the bounds while one mail is read; `defects` collects what was met."""

    limits: Limits
    parts: int = 0
    decoded: int = 0
    defects: dict[str, None] = field(default_factory=dict)

    def note(self, words: str) -> None:
        self.defects.setdefault(words)

    def take_part(self) -> bool:
        self.parts += 1
        if self.parts > self.limits.parts:
            self.note("too many parts")
            return False
        return True


@dataclass(eq=False)
class Part:
    """One node: its headers, where its body lies in `data`, and its parts if it is multipart."""

    data: bytes
    start: int
    body_start: int
    end: int
    headers: Headers
    content_type: str = "text/plain"
    type_parameters: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)
    is_whole: bool = False

    @property
    def body(self) -> bytes:
        return self.data[self.body_start : self.end]

    @property
    def raw(self) -> bytes:
        return self.data[self.start : self.end]

    @cached_property
    def disposition(self) -> tuple[str, dict[str, str]]:
        """`attachment`, `inline` or empty, and the parameters; the first valid field counts."""
        parsed = [
            parameters(value, self.headers.hint)
            for value in self.headers.all_raw("content-disposition")
        ]
        for kind, values in parsed:
            if kind in ("attachment", "inline"):
                return kind, values
        return ("", parsed[0][1]) if parsed else ("", {})

    @property
    def encoding(self) -> str:
        return self.headers.tokens("content-transfer-encoding")

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))


def parse_structure(data: bytes, budget: Budget) -> Part:
    """The tree of the whole mail. Never raises; `budget` is charged."""
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
        budget.note("line ends are CR only")
    start = skip_envelope_lines(data)
    if not looks_like_headers(data, start):
        # No header at all: a text that somebody piped into the mailbox.
        return Part(data, start, start, len(data), Headers())
    part = _read_part(data, start, len(data), budget, 0, "text/plain")
    part.is_whole = True
    return part


def parse_nested(part: Part, budget: Budget) -> Part:
    """The tree of a message/rfc822 part's content, encoded or not."""
    data = part.body
    if normalise_encoding(part.encoding) != "identity":
        data = decode_transfer(data, part.encoding)[0]
    return parse_structure(data, budget)


def _read_part(
    data: bytes, start: int, end: int, budget: Budget, depth: int, default_type: str
) -> Part:
    limits = budget.limits
    headers, body_start = _headers_of_part(data, start, end, limits, is_root=depth == 0)
    if headers.cut:
        budget.note("header longer than the bound")
    content_type, values = _content_type(headers, default_type, data, body_start, end)
    part = Part(data, start, body_start, end, headers, content_type, values)
    if not content_type.startswith("multipart/"):
        return part
    if depth >= limits.depth:
        budget.note("nested too deeply")
        part.content_type = "application/octet-stream"
        return part
    slices = _split_multipart(data, body_start, end, values.get("boundary", ""), budget)
    child_type = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
    for child_start, child_end in slices:
        if not budget.take_part():
            rest = Part(data, child_start, child_start, end, Headers(), "application/octet-stream")
            part.children.append(rest)
            break
        part.children.append(
            _read_part(data, child_start, child_end, budget, depth + 1, child_type)
        )
    if not part.children:
        budget.note("multipart without parts")
        part.content_type = "text/plain"
    return part


def _headers_of_part(
    data: bytes, start: int, end: int, limits: Limits, *, is_root: bool
) -> tuple[Headers, int]:
    if not is_root and not _begins_with_field(data, start, end):
        # RFC 2046 §5.1: a part may have no header, and then begins with a blank line.
        return Headers(), _after_blank_line(data, start, end)
    return split_headers(
        data, start, end, max_block=limits.header_block, max_value=limits.header_value
    )


def _begins_with_field(data: bytes, start: int, end: int) -> bool:
    return re.compile(rb"[!-9;-~]{1,76}[ \t]*:").match(data, start, end) is not None


def _after_blank_line(data: bytes, start: int, end: int) -> int:
    match = re.compile(rb"[ \t]*(?:\r\n|\n|\r)").match(data, start, end)
    return match.end() if match is not None else start


def _content_type(
    headers: Headers, default: str, data: bytes, body_start: int, end: int
) -> tuple[str, dict[str, str]]:
    """The type to believe. Of several fields, a multipart whose boundary is there wins."""
    parsed = [parameters(value, headers.hint) for value in headers.all_raw("content-type")]
    if not parsed:
        return default, {}
    for name, values in parsed:
        marker = b"--" + values.get("boundary", "").encode("utf-8", "replace")
        is_multipart = len(parsed) > 1 and name.startswith("multipart/") and len(marker) > 2
        if is_multipart and data.find(marker, body_start, end) >= 0:
            return name, values
    for name, values in parsed:
        match = _TYPE.match(name)
        if match is not None:
            return match.group(0), values
        if name in _DEFAULT_TYPES:
            return _DEFAULT_TYPES[name], values
    return default, parsed[0][1]


def _split_multipart(
    data: bytes, start: int, end: int, boundary: str, budget: Budget
) -> list[tuple[int, int]]:
    """The slices between the boundary lines; a missing closing line ends at the parent's end."""
    if boundary:
        slices = _slices(data, start, end, boundary.encode("utf-8", "surrogateescape"))
        if not slices and boundary != boundary.strip():
            slices = _slices(data, start, end, boundary.strip().encode("utf-8", "replace"))
        if slices:
            return slices
    sniffed = _SNIFFED_BOUNDARY.search(data, start, end)
    if sniffed is None:
        return []
    budget.note("boundary not as declared")
    return _slices(data, start, end, sniffed.group(1))


def _slices(data: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    marker = b"--" + boundary
    tail = re.compile(rb"(--)?[ \t]*(?:\r\r\n|\r\n|\n|\r|\Z)")
    slices: list[tuple[int, int]] = []
    opened: int | None = None
    position = start
    while True:
        found = data.find(marker, position, end)
        if found < 0:
            break
        position = found + len(marker)
        if found > start and data[found - 1] not in b"\r\n":
            continue
        match = tail.match(data, position, end)
        if match is None:
            continue
        if opened is not None:
            slices.append((opened, _before_line_end(data, opened, found)))
        position = match.end()
        opened = None if match.group(1) else position
        if match.group(1) and data.find(marker, position, end) < 0:
            break
    if opened is not None and opened < end:
        slices.append((opened, end))
    return slices


def _before_line_end(data: bytes, start: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1)."""
    if end > start and data[end - 1 : end] == b"\n":
        end -= 1
    if end > start and data[end - 1 : end] == b"\r":
        end -= 1
    return end
