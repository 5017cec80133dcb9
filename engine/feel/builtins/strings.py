"""Functions on strings; positions and lengths count characters, not bytes (DMN 1.5 §10.3.4.3)."""

from decimal import Decimal
from typing import Any

from engine.feel import xpath_regex as regex
from engine.feel.builtins.registry import BuiltIns
from engine.feel.runtime import Run

built_ins = BuiltIns()


@built_ins.add("substring", "string: string, start position: number, length: number?")
def substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """From `start` (1 is the first, -1 the last character); null where there is none."""
    if abs(start) > len(text) or (length is not None and length < 1):
        return None
    place = int(start)
    if place == 0:
        return None
    first = place - 1 if place > 0 else len(text) + place
    if length is None:
        return text[first:]
    return text[first:] if length > len(text) else text[first : first + int(length)]


@built_ins.add("string length", "string: string")
def string_length(text: str) -> Decimal:
    return Decimal(len(text))


@built_ins.add("upper case", "string: string")
def upper_case(text: str) -> str:
    return text.upper()


@built_ins.add("lower case", "string: string")
def lower_case(text: str) -> str:
    return text.lower()


@built_ins.add("substring before", "string: string, match: string")
def substring_before(text: str, match: str) -> str:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@built_ins.add("substring after", "string: string, match: string")
def substring_after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@built_ins.add("contains", "string: string, match: string")
def contains(text: str, match: str) -> bool:
    return match in text


@built_ins.add("starts with", "string: string, match: string")
def starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@built_ins.add("ends with", "string: string, match: string")
def ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


@built_ins.add("matches", "input: string, pattern: string, flags: string?")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether the pattern is found anywhere in the text (XPath fn:matches)."""
    compiled = regex.compile_pattern(pattern, flags or "")
    return None if compiled is None else compiled.search(text, run) is not None


@built_ins.add("replace", "input: string, pattern: string, replacement: string, flags: string?")
def replace(
    run: Run, text: str, pattern: str, replacement: str, flags: str | None = None
) -> str | None:
    """All matches replaced; `$1` stands for the first group (XPath fn:replace)."""
    compiled = regex.compile_pattern(pattern, flags or "")
    return None if compiled is None else compiled.replace(text, replacement, run)


@built_ins.add("split", "string: string, delimiter: string")
def split(run: Run, text: str, delimiter: str) -> list[str] | None:
    """The delimiter is a pattern (XPath fn:tokenize)."""
    compiled = regex.compile_pattern(delimiter, "")
    return None if compiled is None else compiled.split(text, run)


@built_ins.add("string join", "list: list, delimiter: string?")
def string_join(run: Run, items: list[Any], delimiter: str | None = None) -> str | None:
    """Nulls are left out; anything else that is no string makes the result null."""
    run.spend(len(items))
    texts = [item for item in items if item is not None]
    if not all(item.__class__ is str for item in texts):
        return None
    run.check_size(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)
