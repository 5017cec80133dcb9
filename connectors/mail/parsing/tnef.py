"""winmail.dat: the parts that Outlook wraps in TNEF ([MS-OXTNEF]), unwrapped within bounds.

Reads what a help desk needs: attachments with their long names, embedded messages, and the body
as text, HTML or compressed RTF ([MS-OXRTFCP]). Anything out of order ends in `TnefUnreadable`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mail.parsing.charsets import clean_text, decode
from connectors.mail.parsing.rtf import decompress_rtf, rtf_to_text

_SIGNATURE = 0x223E9F78
_ATT_BODY = 0x800C
_ATT_ATTACH_DATA = 0x800F
_ATT_ATTACH_TITLE = 0x8010
_ATT_ATTACH_REND_DATA = 0x9002
_ATT_MAPI_PROPS = 0x9003
_ATT_ATTACHMENT = 0x9005
_ATT_OEM_CODEPAGE = 0x9007
_LEVEL_ATTACHMENT = 2

_PR_BODY = 0x1000
_PR_RTF_COMPRESSED = 0x1009
_PR_BODY_HTML = 0x1013
_PR_INTERNET_CPID = 0x3FDE
_PR_ATTACH_DATA = 0x3701
_PR_ATTACH_LONG_FILENAME = 0x3707
_PR_ATTACH_FILENAME = 0x3704
_PR_ATTACH_MIME_TAG = 0x370E
_PR_ATTACH_CONTENT_ID = 0x3712
_PR_DISPLAY_NAME = 0x3001

# [MS-OXCDATA] §2.11.1: bytes of the fixed types, each padded to four.
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8,
          0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip
_VARIABLE = frozenset({0x001E, 0x001F, 0x0102, 0x000D})
_MULTIPLE = 0x1000
_NAMED = 0x8000
_MAX_PROPERTIES = 5_000
_MAX_DEPTH = 4


class TnefUnreadable(Exception):
    """The stream is no TNEF, is cut off, or exceeds a bound."""


@dataclass(slots=True)
class TnefFile:
    filename: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    text: str = ""
    html: str = ""
    files: list[TnefFile] = field(default_factory=list)


def read_tnef(data: bytes, *, max_files: int, max_text: int, depth: int = 0) -> Tnef:
    """The body and the files of a TNEF stream. Raises `TnefUnreadable`."""
    try:
        return _read(data, max_files, max_text, depth)
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise TnefUnreadable(str(error)) from error


def _read(data: bytes, max_files: int, max_text: int, depth: int) -> Tnef:
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise TnefUnreadable("no TNEF signature")
    if depth > _MAX_DEPTH:
        raise TnefUnreadable("nested too deeply")
    result = Tnef()
    codepage = "cp1252"
    current: TnefFile | None = None
    for level, attribute, value in _attributes(data):
        if attribute == _ATT_OEM_CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _ATT_BODY and not result.text:
            result.text = _text(value, codepage)[:max_text]
        elif attribute == _ATT_MAPI_PROPS and level != _LEVEL_ATTACHMENT:
            _read_body(value, codepage, result, max_text)
        elif attribute == _ATT_ATTACH_REND_DATA:
            if len(result.files) >= max_files:
                raise TnefUnreadable("too many attachments")
            current = TnefFile()
            result.files.append(current)
        elif current is None:
            continue
        elif attribute == _ATT_ATTACH_TITLE:
            current.filename = current.filename or _text(value, codepage)
        elif attribute == _ATT_ATTACH_DATA:
            current.content = value
        elif attribute == _ATT_ATTACHMENT:
            _read_file(value, codepage, current, result, (max_files, max_text, depth))
    result.files = [file for file in result.files if file.content or file.filename]
    return result


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    position, end = 6, len(data)
    while position + 9 <= end:
        level, attribute, _kind, length = struct.unpack_from("<BHHI", data, position)
        position += 9
        if length > end - position:
            raise TnefUnreadable("an attribute is cut off")
        yield level, attribute, data[position : position + length]
        position += length + 2  # the checksum is not worth refusing a mail for


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(id, type, first value) of a MAPI property list ([MS-OXTNEF] §2.1.3.4)."""
    (count,) = struct.unpack_from("<I", data)
    position = 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        kind, identifier = struct.unpack_from("<HH", data, position)
        position += 4
        if identifier >= _NAMED:
            position += 16
            (name_kind,) = struct.unpack_from("<I", data, position)
            position += 4
            (size,) = struct.unpack_from("<I", data, position)
            position += 4
            if name_kind == 1:
                position += size + (-size % 4)
        values = 1
        multiple = bool(kind & _MULTIPLE)
        kind &= ~_MULTIPLE
        if multiple or kind in _VARIABLE:
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
        first = b""
        for index in range(values):
            if kind in _VARIABLE:
                (size,) = struct.unpack_from("<I", data, position)
                position += 4
                padded = size + (-size % 4)
            elif kind in _FIXED:
                size = padded = _FIXED[kind]
            else:
                raise TnefUnreadable(f"unknown property type {kind:#x}")
            if position + size > len(data):
                raise TnefUnreadable("a property is cut off")
            if index == 0:
                first = data[position : position + size]
            position += padded
        yield identifier, kind, first


def _read_body(value: bytes, codepage: str, result: Tnef, max_text: int) -> None:
    rtf = b""
    internet = codepage
    for identifier, kind, content in _properties(value):
        if identifier == _PR_INTERNET_CPID and len(content) >= 4:
            number = struct.unpack_from("<I", content)[0]
            internet = "utf-8" if number == 65001 else f"cp{number}"
        elif identifier == _PR_BODY and content:
            result.text = _property_text(kind, content, codepage)[:max_text] or result.text
        elif identifier == _PR_BODY_HTML and content:
            result.html = _property_text(kind, content, internet)[:max_text]
        elif identifier == _PR_RTF_COMPRESSED:
            rtf = content
    if rtf and not result.text and not result.html:
        result.text = rtf_to_text(decompress_rtf(rtf, max_text * 4))[:max_text]


def _read_file(
    value: bytes, codepage: str, file: TnefFile, result: Tnef, bounds: tuple[int, int, int]
) -> None:
    for identifier, kind, content in _properties(value):
        if identifier in (_PR_ATTACH_LONG_FILENAME, _PR_ATTACH_FILENAME, _PR_DISPLAY_NAME):
            text = _property_text(kind, content, codepage)
            if text and (identifier == _PR_ATTACH_LONG_FILENAME or not file.filename):
                file.filename = text
        elif identifier == _PR_ATTACH_MIME_TAG:
            file.content_type = _property_text(kind, content, codepage).lower()
        elif identifier == _PR_ATTACH_CONTENT_ID:
            file.content_id = _property_text(kind, content, codepage).strip("<>")
        elif identifier == _PR_ATTACH_DATA and not file.content:
            # Objects begin with a 16-byte interface id; an embedded message is TNEF again.
            if kind == 0x000D and content[16:20] == struct.pack("<I", _SIGNATURE):
                max_files, max_text, depth = bounds
                room = max_files - len(result.files)
                inner = read_tnef(
                    content[16:], max_files=max(room, 0), max_text=max_text, depth=depth + 1
                )
                body = inner.html or inner.text
                file.content = body.encode()
                file.content_type = "text/html" if inner.html else "text/plain"
                file.filename = (file.filename or "message") + (".html" if inner.html else ".txt")
                result.files.extend(inner.files)
            else:
                file.content = content[16:] if kind == 0x000D else content


def _property_text(kind: int, content: bytes, codepage: str) -> str:
    return _text(content, "utf-16-le" if kind == 0x001F else codepage)


def _text(value: bytes, codepage: str) -> str:
    if codepage == "utf-16-le":
        text = value.decode("utf-16-le", "replace")
    else:
        text = decode(value.rstrip(b"\x00"), codepage)[0]
    return clean_text(text.rstrip("\x00"))
