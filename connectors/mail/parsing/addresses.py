"""Address lists (RFC 5322 §3.4) as people and mailers really write them.

A hand-written scanner, since the stdlib's strict reading answers a list that has one odd entry
with nothing at all. Every address of the header comes back; groups are opened; comments become
names where no other name is given. One pass over the text.
"""

import re
from collections.abc import Iterator

from connectors.mail.parsing.charsets import clean_text
from connectors.mail.parsing.headers import Headers, decode_words
from connectors.mail.parsing.values import Address

# These are looked for at the beginning of a word, or of blanks, only: from each letter of it they would cost the
# square of its length.
_BARE = re.compile(r"(?<![^\s<>()\[\]\"',;:\\])[^\s<>()\[\]\"',;:\\]+@[^\s<>()\[\]\"',;:\\]+")
_SPACES = re.compile(r"\s+")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACED_AT = re.compile(r"(?<!\s)\s*@\s*")
_SPACED_DOT = re.compile(r"(?<!\s)\s+\.\s+")
_AFTER_QUOTED_LOCAL = re.compile(r"@[^\s,;<>]+")
_WORD_END = re.compile(r"[,;:<(\"]")


def address_list(headers: Headers, name: str, limit: int) -> tuple[Address, ...]:
    """The mailboxes of all fields called `name`, in order, without repetitions."""
    found: dict[tuple[str, str], Address] = {}
    for value in headers.all_raw(name):
        if not value.strip():
            continue
        single = Headers(((name, value),), headers.hint)
        for address in parse_addresses(single.tokens(name), headers.hint):
            found.setdefault((address.name, address.key), address)
            if len(found) >= limit:
                return tuple(found.values())
    return tuple(found.values())


def parse_addresses(text: str, hint: str | None = None) -> list[Address]:
    """The mailboxes of one unfolded header value whose encoded words are still encoded."""
    result: list[Address] = []
    surname = ""
    for phrase, route, comment in _mailboxes(text):
        if route is None and "@" not in phrase and not comment:
            # "Doe, John <john@example.org>": a comma that wanted quotes cut the name in two.
            result.extend(_addresses_of(surname, None, "", hint))
            surname = phrase if phrase.strip() else ""
            continue
        if surname and route is not None and "@" in route and phrase.strip():
            phrase = f"{surname.strip()}, {phrase.strip()}"
        else:
            result.extend(_addresses_of(surname, None, "", hint))
        surname = ""
        result.extend(_addresses_of(phrase, route, comment, hint))
    result.extend(_addresses_of(surname, None, "", hint))
    return result


def _addresses_of(
    phrase: str, route: str | None, comment: str, hint: str | None
) -> Iterator[Address]:
    if route is not None:
        address = _tidy_address(route)
        name = _tidy_name(phrase, hint) or _tidy_name(comment, hint)
        if not address and "@" in phrase:
            yield from _addresses_of(phrase, None, comment, hint)
        elif address or name:
            yield Address("" if name == address else name, address)
        return
    decoded = phrase if "@" in phrase else decode_words(phrase, hint)
    bare = _BARE.findall(decoded)
    if "@" in decoded and (not bare or " . " in decoded):
        # RFC 5322 §4.4 let blanks stand around the dots and the at sign.
        decoded = _SPACED_DOT.sub(".", _SPACED_AT.sub("@", decoded))
        bare = _BARE.findall(decoded)
    if bare:
        # Several addresses with blanks between them, or a name before an address unbracketed.
        rest = _SPACES.sub(" ", _BARE.sub(" ", decoded)).strip()
        for index, address in enumerate(bare):
            name = rest if index == 0 and len(bare) == 1 else ""
            name = _tidy_name(name, hint) or _tidy_name(comment, hint)
            yield Address(name, _tidy_address(address))
    else:
        name = _tidy_name(decoded, hint)
        if name:
            local = _SPACES.sub("", decoded).strip("\"'")
            is_local = bool(re.fullmatch(r"[\w.+-]+", decoded.strip())) and not comment
            yield Address("", local) if is_local else Address(name, "")


def _mailboxes(text: str) -> Iterator[tuple[str, str | None, str]]:
    """(phrase, what stood in angle brackets or None, comment) per entry; groups are opened."""
    phrase: list[str] = []
    route: str | None = None
    comments: list[str] = []
    position, length = 0, len(text)
    quotes_end = angles_end = False
    while position < length:
        char = text[position]
        if char == '"' and not quotes_end:
            close = _closing_quote(text, position + 1)
            if close < 0:
                quotes_end = True
                position += 1
                continue
            phrase.append(_unescape(text[position + 1 : close]))
            position = close + 1
            if text[position : position + 1] == "@":
                # A quoted local part: "john doe"@example.org
                match = _AFTER_QUOTED_LOCAL.match(text, position)
                if match is not None:
                    phrase[-1] = f'"{phrase[-1]}"' + match.group(0)
                    if route is None and " " in phrase[-1]:
                        route = phrase.pop()
                    position = match.end()
            continue
        if char == "(":
            close, comment = _comment(text, position)
            comments.append(comment)
            position = close
            continue
        if char == "<" and not angles_end:
            close = _closing_angle(text, position)
            if close < 0:
                angles_end = True
                route = text[position + 1 :].split(",", 1)[0]
                position += 1 + len(route)
                continue
            inner = text[position + 1 : close]
            again = inner.rfind("<")
            if again >= 0:
                phrase.append(inner[:again])
                inner = inner[again + 1 :]
            if route is None or not route.strip() or ("@" not in route and "@" in inner):
                if route:
                    phrase.append(route)
                route = inner
            else:
                yield "".join(phrase), route, " ".join(comments)
                phrase, comments, route = [], [], inner
            position = close + 1
            continue
        if char in ",;":
            yield "".join(phrase), route, " ".join(comments)
            phrase, comments, route = [], [], None
        elif char == ":" and route is None and "@" not in "".join(phrase[-40:]):
            # The name of a group, or a label such as "mailto:".
            phrase, comments = [], []
        elif char not in ">":
            match = _WORD_END.search(text, position + 1)
            end = match.start() if match is not None else length
            if char in '"(<:':
                end = position + 1
            phrase.append(text[position:end].replace(">", " "))
            position = end
            continue
        position += 1
    yield "".join(phrase), route, " ".join(comments)


def _closing_quote(text: str, position: int) -> int:
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text[position] == '"':
            return position
        position += 1
    return -1


def _closing_angle(text: str, position: int) -> int:
    """The `>` of an address; those inside comments do not count when there is one behind."""
    close = text.find(">", position)
    opened = text.find("(", position, close) if close >= 0 else -1
    if opened >= 0:
        after = text.find(">", _comment(text, opened)[0])
        close = after if after >= 0 else close
    return close


def _comment(text: str, position: int) -> tuple[int, str]:
    """The offset behind a comment that may hold comments and quoted pairs, and its words."""
    depth, index = 0, position
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return index + 1, _unescape(text[position + 1 : index])
        index += 1
    return len(text), text[position + 1 :]


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    position = 0
    while (opened := text.find("(", position)) >= 0:
        pieces.append(text[position:opened])
        position = _comment(text, opened)[0]
    return "".join(pieces) + text[position:]


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _tidy_address(text: str) -> str:
    text = clean_text(text).strip()
    if text.lower().startswith("mailto:"):
        text = text[7:]
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]  # RFC 5322 §4.4: an obsolete source route
    if '"' not in text:
        text = _SPACES.sub("", _without_comments(text) if "(" in text else text)
        if text.endswith(";") and ":" in text:
            text = ""  # an empty group that somebody put into angle brackets
    return _BIDI.sub("", text).strip("<>,;'")[:320]


def _tidy_name(text: str, hint: str | None) -> str:
    text = _BIDI.sub("", clean_text(decode_words(text, hint)))
    text = _SPACES.sub(" ", text).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text[:500]
