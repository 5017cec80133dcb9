"""Just enough of RTF to read a mail body out of winmail.dat: decompress, and keep the words."""

import re
import struct

from connectors.mail.parsing.charsets import clean_text, decode

# [MS-OXRTFCP] §2.1.2.1: the dictionary that every stream begins with.
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([\r\n]+)|([^\\{}\r\n]+)"
)
_HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer listtable listoverridetable "
    b"generator themedata datastore xmlnstbl latentstyles mhtmltag".split()
)
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n",
           b"emdash": "\u2014", b"endash": "\u2013", b"lquote": "\u2018", b"rquote": "\u2019",
           b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022"}  # fmt: skip


def decompress_rtf(data: bytes, max_size: int) -> bytes:
    """The RTF of a PR_RTF_COMPRESSED value; raises ValueError when it is none."""
    if len(data) < 16:
        raise ValueError("compressed RTF is cut off")
    _, raw_size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[16 : 16 + min(raw_size, max_size)]
    if kind != _COMPRESSED:
        raise ValueError("no compressed RTF")
    window = bytearray(_DICTIONARY.ljust(4096, b"\x00"))
    write = len(_DICTIONARY)
    out = bytearray()
    limit = min(raw_size, max_size)
    position = 16
    while position < len(data) and len(out) < limit:
        control = data[position]
        position += 1
        for bit in range(8):
            if control >> bit & 1:
                if position + 2 > len(data):
                    return bytes(out)
                pair = data[position] << 8 | data[position + 1]
                position += 2
                offset, length = pair >> 4, (pair & 15) + 2
                if offset == write:
                    return bytes(out[:limit])
                for step in range(length):
                    byte = window[(offset + step) % 4096]
                    out.append(byte)
                    window[write] = byte
                    write = (write + 1) % 4096
            else:
                if position >= len(data):
                    return bytes(out)
                byte = data[position]
                position += 1
                out.append(byte)
                window[write] = byte
                write = (write + 1) % 4096
    return bytes(out[:limit])


def rtf_to_text(rtf: bytes) -> str:
    """The words of `rtf`, paragraphs as lines. Linear; unknown control words are passed over."""
    out: list[str] = []
    held = bytearray()
    codepage = "cp1252"
    # Per open group: is it hidden, and how many fallback characters follow a \u.
    stack: list[tuple[bool, int]] = []
    hidden, fallback, to_skip = False, 1, 0
    # \htmlrtf … \htmlrtf0 wraps what only RTF readers should see ([MS-OXRTFEX]).
    htmlrtf = False
    is_html = b"\\fromhtml" in rtf[:1000]

    def release() -> None:
        if held:
            out.append(decode(bytes(held), codepage)[0])
            held.clear()

    for match in _TOKEN.finditer(rtf):
        word, number, hexadecimal, symbol, brace, _, plain = match.groups()
        if brace == b"{":
            stack.append((hidden, fallback))
        elif brace == b"}":
            if stack:
                hidden, fallback = stack.pop()
        elif word is not None:
            if word == b"htmlrtf":
                htmlrtf = number != b"0"
            elif word == b"ansicpg" and number:
                codepage = f"cp{int(number)}"
            elif word in _HIDDEN:
                hidden = True
            elif word == b"uc" and number:
                fallback = max(0, min(int(number), 16))
            elif hidden or (is_html and htmlrtf):
                continue
            elif word == b"u" and number:
                release()
                out.append(chr(int(number) & 0xFFFF))
                to_skip = fallback
            elif word in _BREAKS:
                release()
                out.append(_BREAKS[word])
        elif symbol == b"*":
            hidden = True
        elif hidden or (is_html and htmlrtf):
            continue
        elif hexadecimal is not None:
            if to_skip:
                to_skip -= 1
            else:
                held.append(int(hexadecimal, 16))
        elif symbol is not None:
            if symbol in (b"\\", b"{", b"}"):
                held += symbol
            elif symbol == b"~":
                held += b" "
        elif plain is not None:
            if to_skip:
                plain, to_skip = plain[to_skip:], max(0, to_skip - len(plain))
            held += plain
    release()
    joined = "".join(out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return clean_text(joined).strip()
