"""Text without a layout engine: how wide it is about, where it may break, and how it fits a box.

Widths are about those of Arial, in units of the font size; an East Asian wide character is one.
Breaking follows the spirit of UAX #14: between CJK characters, after spaces and hyphens, never before closing
punctuation or after opening punctuation.
"""

import unicodedata
from functools import lru_cache

LEADING = 1.25  # line height in units of the font size
LONGEST = 400  # characters of one label that are drawn
_NOT_AT_START = set("，。、；：？！）】》」』〉〕…—％,.;:?!)]}%")  # noqa: RUF001
_NOT_AT_END = set("（【《「『〈〔([{")  # noqa: RUF001
_NARROW = set("iljtfrI.,:;'|!()[]{}-")
_WIDE = set("mwMW@%")


def cleaned(text: str) -> str:
    """The text on one line, without characters that XML forbids or that turn the direction of reading."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or _is_shown(c))
    joined = " ".join("".join(kept).split())
    return joined if len(joined) <= LONGEST else f"{joined[: LONGEST - 1]}…"


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    # Cf holds the marks that reverse text, and the joiner that some emoji need
    return category not in ("Cc", "Cs", "Cn", "Cf") or character == "\u200d"


@lru_cache(maxsize=4096)
def _advance(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.0
    if character in _NARROW:
        return 0.32
    if character in _WIDE:
        return 0.9
    if character == " ":
        return 0.28
    if character.isupper():
        return 0.69
    return 0.54


def width(text: str, size: float) -> float:
    """About how wide the text is in this font size."""
    return size * sum(map(_advance, text))


def wrapped(text: str, size: float, limit: float) -> list[str]:
    """The text in lines of at most `limit`; a piece that is longer by itself is cut where the line ends."""
    lines: list[str] = []
    current = ""
    for piece in _pieces(cleaned(text)):
        if not current or width((current + piece).rstrip(), size) <= limit:
            current += piece
        else:
            lines.append(current.rstrip())
            current = piece
        while width(current.rstrip(), size) > limit:
            head, rest = _cut(current, size, limit)
            if not rest:
                break
            lines.append(head)
            current = rest
    if current.strip():
        lines.append(current.rstrip())
    return lines


def _cut(text: str, size: float, limit: float) -> tuple[str, str]:
    """As much of the text as fits, at least one character; marks stay with what they are set on."""
    used = 0.0
    for index, character in enumerate(text):
        used += size * _advance(character)
        if index and used > limit and _advance(character):
            return text[:index], text[index:]
    return text, ""


def _pieces(text: str) -> list[str]:
    """The parts between which a line may end."""
    pieces: list[str] = []
    for character in text:
        if pieces and not _may_break(pieces[-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _may_break(before: str, character: str) -> bool:
    last = before[-1]
    if character == " " or character in _NOT_AT_START or last in _NOT_AT_END:
        return False
    if not _advance(character) or last == "\u200d":
        return False
    if last in " -/":
        return True
    return _is_ideograph(last) or _is_ideograph(character)


def _is_ideograph(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def fitted(
    text: str, box_width: float, box_height: float, sizes: tuple[float, ...]
) -> tuple[float, list[str]]:
    """(font size, lines): the largest size with which all is in the box, else the smallest with the end cut off."""
    size, lines = sizes[-1], [""]
    for size in sizes:
        lines = wrapped(text, size, box_width)
        if len(lines) * size * LEADING <= box_height:
            return size, lines
    most = max(1, int(box_height // (size * LEADING)))
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = shortened(f"{lines[-1]}…", size, box_width)
    return size, lines


def shortened(text: str, size: float, limit: float) -> str:
    """The text, or its beginning and an ellipsis when it is wider than `limit`."""
    if width(text, size) <= limit:
        return text
    while text and width(f"{text}…", size) > limit:
        text = text[:-1]
    return f"{text.rstrip('…')}…"
