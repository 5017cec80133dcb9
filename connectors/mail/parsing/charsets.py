"""Bytes to text, when the declared character set is right, wrong, unknown or missing.

The ladder: byte order mark, ISO-2022 escapes, the declared set, UTF-8, then whichever of GB18030,
the Cyrillic sets and Windows-1252 gives the most plausible text. Every step is linear.
"""

import codecs
import re
from collections.abc import Callable
from functools import lru_cache

# Names met in the wild, mapped to the Python codec that reads what senders mean by them: the
# Windows superset where one exists, as browsers do (WHATWG Encoding Standard §4.2).
_ALIASES = {
    "ascii": "ascii",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "x-ansi": "cp1252",
    "ansi": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "csgb2312": "gb18030",
    "euc-cn": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "chinesesimplified": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "iso-ir-149": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "iso-2022-jp-2004": "iso2022_jp_2004",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode": "utf-16",
}
# Codecs of Python that are no character sets, or that a mail must not reach.
_NOT_TEXT = frozenset(
    {"base64", "bz2", "hex", "quopri", "rot13", "rot_13", "uu", "zlib", "idna", "punycode",
     "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "unicode_internal"}
)  # fmt: skip
_SINGLE_BYTE_WESTERN = frozenset({"ascii", "cp1252", "cp1254", "iso8859-15", "iso8859-2", "cp1250"})
_MULTI_BYTE = frozenset({"gb18030", "big5hkscs", "cp949", "cp932", "euc_jp", "utf-16", "utf-32"})
_UTF8_TRIPLE = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ISO_2022 = (
    (re.compile(rb"\x1b(?:\$[@B]|\(J|\$\(D)"), "iso2022_jp_ext"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Lead bytes of the characters in daily use.
_BIG5_COMMON = frozenset(bytes([lead]) for lead in range(0xA4, 0xC7))
_HANGUL = frozenset(bytes([lead]) for lead in range(0xB0, 0xC9))
_WESTERN_SIGNS = frozenset("€‚„…‘’“”•–—™ ©®°«»§·¿¡£´²³½¼")
_CYRILLIC_SIGNS = frozenset("ёЁ«»—–№…“”їєіҐґ\xa0")
_CAPITAL_INSIDE = re.compile("[а-яё](?=[А-ЯЁ])")
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")
_MIXED = re.compile(r"(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])", re.IGNORECASE)
# Everything that must not reach a page or a PostgreSQL text column: C0 but tab and newline, DEL,
# lone surrogates, non-characters.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAMPLE = 3_000


@lru_cache(maxsize=512)
def codec_for(label: str | None) -> str | None:
    """The Python codec for a charset label of a mail, or None when the label names none."""
    if not label or len(label) > 60:
        return None
    name = label.strip().strip("\"'<>;, ").lower().replace(" ", "-")
    name = name.split("*", 1)[0]  # RFC 2231 §5: charset*language
    name = _ALIASES.get(name.replace("_", "-"), _ALIASES.get(name, name))
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        match = re.fullmatch(r"(?:x-)?(?:windows|win|cp|ms|ibm)[-_]?(\d{3,4})", name)
        if match is None:
            return None
        try:
            info = codecs.lookup("cp" + match.group(1))
        except LookupError:
            return None
    if info.name in _NOT_TEXT or not getattr(info, "_is_text_encoding", True):
        return None
    return info.name if name not in _ALIASES.values() else name


def decode(data: bytes, declared: str | None = None, hint: str | None = None) -> tuple[str, str]:
    """Text of `data` and the codec that read it; never raises and never drops a byte unread.

    `declared` is the label the part or word itself carries; `hint` a set that the rest of the
    mail uses, believed before sniffing but after UTF-8.
    """
    codec = codec_for(declared)
    if data[:1] in (b"\xef", b"\xff", b"\xfe", b"\x00"):
        for mark, marked in _BOMS:
            if data.startswith(mark):
                text = _try(data, marked)
                if text is not None:
                    return text, marked
    if data.isascii():
        return _decode_seven_bit(data, codec)
    if codec is not None:
        text = _try(data, codec)
        if text is not None and _declared_holds(data, codec):
            return text, codec
        if codec == "utf-8" or (text is None and codec not in _SINGLE_BYTE_WESTERN):
            return _mend(data, codec)
    text = _try(data, "utf-8")
    hinted = codec_for(hint)
    if text is not None:
        return _undo_transcoding(text, codec or hinted), "utf-8"
    if hinted is not None and hinted not in _SINGLE_BYTE_WESTERN:
        text = _try(data, hinted)
        if text is not None:
            return text, hinted
    return _sniff(data)


def clean_text(text: str) -> str:
    """`text` with line ends as \\n and without what no page and no database column takes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x0c" in text or "\x0b" in text:
        text = text.replace("\x0c", "\n").replace("\x0b", "\n")
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))


def _decode_seven_bit(data: bytes, codec: str | None) -> tuple[str, str]:
    if b"\x1b" in data:
        for pattern, escaped in _ISO_2022:
            if pattern.search(data):
                text = _try(data, escaped)
                if text is None and escaped == "iso2022_jp_ext":
                    text = _read_jis(data)
                return (text, escaped) if text is not None else _mend(data, escaped)
    if codec in ("utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32") and (
        codec in ("utf-7", "hz") or b"\x00" in data
    ):
        text = _try(data, codec)
        if text is not None:
            return text, codec
    if codec is None and b"\x00" in data:
        # Text of two bytes a letter, undeclared: every other byte is NUL.
        for start, wide in ((0, "utf-16-be"), (1, "utf-16-le")):
            if len(data) >= 4 and not any(data[start:400:2]):
                text = _try(data, wide)
                if text is not None:
                    return text, wide
    return data.decode("ascii"), "ascii"


def _read_jis(data: bytes) -> str:
    """ISO-2022-JP with the characters of Windows (① ㈱) that the standard has not.

    The two bytes of each JIS X 0208 character are turned into Shift JIS, which cp932 reads.
    """
    out: list[str] = []
    mode = b"(B"
    for piece in re.split(rb"\x1b(\$\([A-Z]|\$[@AB]|\([A-Z])", data):
        if re.fullmatch(rb"\$\([A-Z]|\$[@AB]|\([A-Z]", piece):
            mode = piece
        elif mode == b"(I":
            out.append(bytes(b | 0x80 for b in piece).decode("cp932", "replace"))
        elif mode.startswith(b"$"):
            shifted = bytearray()
            for row, cell in zip(piece[::2], piece[1::2], strict=False):
                lead = ((row - 0x21) >> 1) + 0x81
                trail = cell + (0x1F if cell < 0x60 else 0x20) if row & 1 else cell + 0x7E
                shifted += bytes([(lead + 0x40 if lead > 0x9F else lead) & 0xFF, trail & 0xFF])
            out.append(shifted.decode("cp932", "replace"))
        else:
            out.append(piece.decode("ascii", "replace"))
    return "".join(out)


def _declared_holds(data: bytes, codec: str) -> bool:
    """Whether the declared set is believable for data that it decodes.

    A western single-byte set decodes anything, so UTF-8 and GB18030 labelled as ISO-8859-1 (or as
    ASCII) are told by their shape: valid UTF-8 sequences do not happen by chance.
    """
    if codec == "utf-8":
        return True
    if _try(data, "utf-8") is not None:
        # In a set of two bytes a character, only several three-byte sequences are no chance.
        return codec in _MULTI_BYTE and len(_UTF8_TRIPLE.findall(_cut(data))) < 2
    return codec not in _SINGLE_BYTE_WESTERN or not _looks_chinese(data)


def _looks_chinese(data: bytes) -> bool:
    """Raw GB18030: high bytes in pairs, most of them of GB 2312's everyday characters."""
    sample = _cut(data)
    runs = _HIGH_RUN.findall(sample)
    pairs = common = 0
    if runs and len(sample) < len(data) and sample.endswith(runs[-1]):
        runs[-1] = runs[-1][: len(runs[-1]) & ~1]  # the cut may have halved the last character
    for run in runs:
        if len(run) % 2:
            return False
        for i in range(0, len(run), 2):
            lead, trail = run[i], run[i + 1]
            if trail < 0xA1 or lead < 0xA1:
                continue
            pairs += 1
            # Rows 16-55: level 1 hanzi; row 1 and 3: punctuation, full-width forms.
            if 0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3):
                common += 1
    total = sum(map(len, runs)) // 2
    return total >= 2 and pairs >= 0.8 * total and common >= 0.75 * total and bool(runs)


def _sniff(data: bytes) -> tuple[str, str]:
    """The most plausible reading of undeclared 8-bit text that is not UTF-8."""
    if _looks_chinese(data):
        text = _try(data, "gb18030")
        if text is not None:
            return text, "gb18030"
    sample = _cut(data)
    whole_is_sampled = len(sample) == len(data)
    best_codec, best_score = "cp1252", -1.0
    for codec in _READINGS:
        try:
            # Incremental: the cut may have halved the last character.
            reading = codecs.getincrementaldecoder(codec)().decode(sample, whole_is_sampled)
        except UnicodeDecodeError:
            if codec != "cp1252":
                continue
            reading = sample.decode("cp1252", "replace")
        score = _plausibility(reading, codec)
        if score > best_score:
            best_codec, best_score = codec, score
    whole = _try(data, best_codec)
    return (whole, best_codec) if whole is not None else _mend(data, best_codec)


def _likely_western(char: str) -> float:
    return 1.0 if char.isalpha() and char < "\u0180" or char in _WESTERN_SIGNS else 0.0


def _likely_chinese(char: str) -> float:
    encoded = char.encode("gb18030")
    if len(encoded) != 2:
        return 0.0
    # GB 2312 level 1; its rows 1 and 3 are punctuation and full-width forms.
    return float(0xB0 <= encoded[0] <= 0xD7 or (encoded[0] in (0xA1, 0xA3) and encoded[1] >= 0xA1))


def _likely_traditional(char: str) -> float:
    encoded = char.encode("big5hkscs", "ignore")
    return 0.9 if encoded[:1] in _BIG5_COMMON or "\uff00" <= char <= "\uff5e" else 0.0


def _likely_korean(char: str) -> float:
    encoded = char.encode("cp949", "ignore")
    return 0.97 if encoded[:1] in _HANGUL and encoded[1:] >= b"\xa1" else 0.0


def _likely_japanese(char: str) -> float:
    # Only kana tell Japanese from chance; half-width kana are chance.
    return 0.98 if "\u3040" <= char <= "\u30ff" or char in "\u3001\u3002" else 0.0


def _likely_russian(char: str) -> float:
    return 1.0 if "\u0410" <= char <= "\u044f" or char in _CYRILLIC_SIGNS else 0.0


# In the order in which they are tried; of equals the first wins.
_READINGS: dict[str, Callable[[str], float]] = {
    "cp1252": _likely_western,
    "gb18030": _likely_chinese,
    "cp1251": _likely_russian,
    "koi8-r": _likely_russian,
    "cp932": _likely_japanese,
    "big5hkscs": _likely_traditional,
    "cp949": _likely_korean,
}


def _plausibility(text: str, codec: str) -> float:
    """Share of the non-ASCII characters that belong where `codec` would put them, 0 to 1."""
    foreign = [char for char in text if char > "\x7f"]
    likely = _READINGS.get(codec)
    if not foreign or likely is None:
        return 0.0
    share = sum(map(likely, foreign)) / len(foreign)
    if codec == "cp1252":
        share *= 1.0 - 0.9 * min(1.0, _odd_neighbours(text) / len(foreign))
    elif likely is _likely_russian:
        # Read in the other Cyrillic set, words have capitals inside. And Cyrillic words have no
        # Latin letters in them; western words have few others.
        share -= (len(_CAPITAL_INSIDE.findall(text)) + 0.8 * len(_MIXED.findall(text))) / len(
            foreign
        )
    return share


def _odd_neighbours(text: str) -> int:
    """How many western letters stand side by side in a way that western words do not have."""
    odd = 0
    for match in _FOREIGN_RUN.finditer(text):
        run = match.group(0)
        if len(run) == 1:
            continue
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        in_word = (before.isalpha() or after.isalpha()) and run.islower() and len(run) == 2
        odd += 0 if in_word else len(run) - 1
    return odd


def _mend(data: bytes, codec: str) -> tuple[str, str]:
    """A reading of data that breaks the rules of its own set: the broken bytes as U+FFFD.

    When a good part is broken the label is a lie, and another reading is the better guess.
    """
    if codec == "cp1252":
        # Five code points of Windows-1252 are unassigned; ISO-8859-1 has C1 controls there.
        return data.decode("latin-1"), "latin-1"
    other = _try(data, "utf-8")
    if other is not None:
        return _undo_transcoding(other, codec), "utf-8"
    text = data.decode(codec, "replace")
    high = sum(map(len, _HIGH_RUN.findall(data)))
    return (text, codec) if text.count("\ufffd") * 3 <= max(high, 1) else _sniff(data)


def _undo_transcoding(text: str, codec: str | None) -> str:
    """Text that a gateway turned from "ISO-8859-1" into UTF-8 although it was `codec`, undone.

    Such text has symbols and controls of Latin-1 all over, and no other character.
    """
    if codec not in _MULTI_BYTE:
        return text
    foreign = [char for char in text[:_SAMPLE] if char > "\x7f"]
    if (
        len(foreign) < 4
        or max(foreign) > "\xff"
        or sum(map(str.isalpha, foreign)) > len(foreign) * 0.7
    ):
        return text
    try:
        undone = text.encode("latin-1").decode(codec)
    except UnicodeError:
        return text
    return undone if _plausibility(undone[:_SAMPLE], codec) > 0.6 else text


def _cut(data: bytes) -> bytes:
    """A sample around the first foreign bytes, cut so that no character is halved."""
    if len(data) <= _SAMPLE:
        return data
    first = _HIGH_RUN.search(data)
    # Before the first foreign byte stand only ASCII ones, so the sample begins between characters.
    start = max(0, first.start() - 50) if first is not None else 0
    end = min(len(data), start + _SAMPLE)
    while end > start + 1 and data[end - 1] > 0x7F and end > start + _SAMPLE - 200:
        end -= 1
    return data[start:end]


def _try(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, OverflowError):
        return None
