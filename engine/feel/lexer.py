"""FEEL text to tokens (DMN 1.5 §10.3.1.2, rules 21 to 41).

Names with spaces are not put together here: that needs the names in scope, and is the parser's.
"""

import re
from typing import NamedTuple

from engine.feel.errors import FeelSyntaxError

NAME, NUMBER, STRING, AT, OP, OTHER, END = "name", "number", "string", "at", "op", "other", "end"

# Rules 28 and 29 of the grammar; digits and combining marks may follow but not begin a name. The full-width
# punctuation that the grammar's ranges hold is left out: it is a slip of the input method, not a name.
_START = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3004-\u3007\u3012\u3013\u3020-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE"
    r"\uFF10-\uFF19\uFF21-\uFF3A\uFF3F\uFF41-\uFF5A\uFF66-\uFFFD"
    r"\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F\u2040"
_SPACE = r"[\s\u0085\u00A0\u1680\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]+"
_TOKEN = re.compile(
    rf"(?P<space>{_SPACE}|//[^\n\r]*|/\*.*?\*/)"
    rf"|(?P<name>[{_START}][{_PART}]*)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r'|(?P<at>@"(?:[^"\\]|\\.)*")'
    r"|(?P<op>\*\*|\.\.|->|!=|<=|>=|[()\[\]{},:.+\-*/<>=])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """All tokens of `text`, the last of kind END. Raises FeelSyntaxError for an open string."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "space":
            continue
        if kind == "other" and found.group() == '"':
            line, column = position(text, found.start())
            raise FeelSyntaxError(
                line, column, '"', "this text is not closed by a quote", "这段文字缺少右引号"
            )
        tokens.append(Token(kind or OTHER, found.group(), found.start(), found.end()))
    tokens.append(Token(END, "", len(text), len(text)))
    return tokens


def position(text: str, offset: int) -> tuple[int, int]:
    """(line, column) of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def unescape(quoted: str) -> str:
    """The value of a string literal with its quotes. An escape FEEL does not know stays as written."""
    body = quoted[1:-1]
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_unescape_one, body)
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _unescape_one(found: re.Match[str]) -> str:
    escape = found[1]
    if len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code <= 0x10FFFF else found[0]
    return _SIMPLE.get(escape, found[0])


def name_parts(name: str) -> tuple[str, ...]:
    """A name as the texts of its tokens, so that `a - b` and `a-b` are the same name."""
    return tuple(found.group() for found in _TOKEN.finditer(name) if found.lastgroup != "space")
