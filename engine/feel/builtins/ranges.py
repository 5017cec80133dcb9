"""How points and ranges lie to each other (DMN 1.5 §10.3.4.6, table 78; the relations of Allen and HL7)."""

from typing import Any

from engine.feel import syntax
from engine.feel.builtins import conversion
from engine.feel.builtins.registry import BuiltIns
from engine.feel.compare import compare, in_range, order_keys
from engine.feel.errors import FeelSyntaxError
from engine.feel.names import KnownNames
from engine.feel.operators import negate
from engine.feel.parser import Parser
from engine.feel.runtime import Run
from engine.feel.values import Range

built_ins = BuiltIns()
_ENDPOINT_FUNCTIONS = frozenset({"date", "time", "date and time", "duration"})
_POINTS = "point1: point, point2: point"
_RANGES = "range1: range, range2: range"


def _all(*answers: bool | None) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _either(*answers: bool | None) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _bounded(*ranges: Range) -> bool:
    return all(span.start is not None and span.end is not None for span in ranges)


@built_ins.add("before", _POINTS)
def point_before_point(run: Run, a: Any, b: Any) -> bool | None:
    return compare("<", a, b, run)


@built_ins.add("before", "point: point, range: range")
def point_before_range(run: Run, point: Any, span: Range) -> bool | None:
    return _apart(run, point, True, span.start, span.start_included)


@built_ins.add("before", "range: range, point: point")
def range_before_point(run: Run, span: Range, point: Any) -> bool | None:
    return _apart(run, span.end, span.end_included, point, True)


@built_ins.add("before", _RANGES)
def range_before_range(run: Run, a: Range, b: Range) -> bool | None:
    return _apart(run, a.end, a.end_included, b.start, b.start_included)


def _apart(run: Run, end: Any, end_in: bool, start: Any, start_in: bool) -> bool | None:
    """Whether what ends at `end` is over before what starts at `start` begins."""
    return compare("<" if end_in and start_in else "<=", end, start, run)


@built_ins.add("after", _POINTS)
def point_after_point(run: Run, a: Any, b: Any) -> bool | None:
    return compare(">", a, b, run)


@built_ins.add("after", "point: point, range: range")
def point_after_range(run: Run, point: Any, span: Range) -> bool | None:
    return range_before_point(run, span, point)


@built_ins.add("after", "range: range, point: point")
def range_after_point(run: Run, span: Range, point: Any) -> bool | None:
    return point_before_range(run, point, span)


@built_ins.add("after", _RANGES)
def range_after_range(run: Run, a: Range, b: Range) -> bool | None:
    return range_before_range(run, b, a)


@built_ins.add("meets", _RANGES)
def meets(run: Run, a: Range, b: Range) -> bool | None:
    return _all(a.end_included and b.start_included, compare("=", a.end, b.start, run))


@built_ins.add("met by", _RANGES)
def met_by(run: Run, a: Range, b: Range) -> bool | None:
    return meets(run, b, a)


@built_ins.add("overlaps", _RANGES)
def overlaps(run: Run, a: Range, b: Range) -> bool | None:
    """They share a point."""
    if not _bounded(a, b):
        return None
    return _all(
        compare("<=" if a.start_included and b.end_included else "<", a.start, b.end, run),
        compare("<=" if b.start_included and a.end_included else "<", b.start, a.end, run),
    )


@built_ins.add("overlaps before", _RANGES)
def overlaps_before(run: Run, a: Range, b: Range) -> bool | None:
    """`a` begins first, and ends inside `b` or with it."""
    starts_first = _either(
        compare("<", a.start, b.start, run),
        _all(compare("=", a.start, b.start, run), a.start_included and not b.start_included),
    )
    shares = _either(
        compare(">", a.end, b.start, run),
        _all(compare("=", a.end, b.start, run), a.end_included and b.start_included),
    )
    ends_first = _either(
        compare("<", a.end, b.end, run),
        _all(compare("=", a.end, b.end, run), not a.end_included or b.end_included),
    )
    return _all(starts_first, shares, ends_first)


@built_ins.add("overlaps after", _RANGES)
def overlaps_after(run: Run, a: Range, b: Range) -> bool | None:
    return overlaps_before(run, b, a)


@built_ins.add("finishes", "point: point, range: range")
def point_finishes(run: Run, point: Any, span: Range) -> bool | None:
    return _all(span.end_included, compare("=", span.end, point, run))


@built_ins.add("finishes", _RANGES)
def finishes(run: Run, a: Range, b: Range) -> bool | None:
    """They end together and `a` begins no earlier."""
    return _all(
        a.end_included == b.end_included,
        compare("=", a.end, b.end, run),
        _begins_within(run, a, b),
    )


def _begins_within(run: Run, inner: Range, outer: Range) -> bool | None:
    return _either(
        compare(">", inner.start, outer.start, run),
        _all(
            compare("=", inner.start, outer.start, run),
            not inner.start_included or outer.start_included,
        ),
    )


def _ends_within(run: Run, inner: Range, outer: Range) -> bool | None:
    return _either(
        compare("<", inner.end, outer.end, run),
        _all(compare("=", inner.end, outer.end, run), not inner.end_included or outer.end_included),
    )


@built_ins.add("finished by", "range: range, point: point")
def finished_by_point(run: Run, span: Range, point: Any) -> bool | None:
    return point_finishes(run, point, span)


@built_ins.add("finished by", _RANGES)
def finished_by(run: Run, a: Range, b: Range) -> bool | None:
    return finishes(run, b, a)


@built_ins.add("includes", "range: range, point: point")
def includes_point(run: Run, span: Range, point: Any) -> bool | None:
    return in_range(point, span, run)


@built_ins.add("includes", _RANGES)
def includes(run: Run, a: Range, b: Range) -> bool | None:
    return _all(_begins_within(run, b, a), _ends_within(run, b, a))


@built_ins.add("during", "point: point, range: range")
def point_during(run: Run, point: Any, span: Range) -> bool | None:
    return in_range(point, span, run)


@built_ins.add("during", _RANGES)
def during(run: Run, a: Range, b: Range) -> bool | None:
    return includes(run, b, a)


@built_ins.add("starts", "point: point, range: range")
def point_starts(run: Run, point: Any, span: Range) -> bool | None:
    return _all(span.start_included, compare("=", span.start, point, run))


@built_ins.add("starts", _RANGES)
def starts(run: Run, a: Range, b: Range) -> bool | None:
    """They begin together and `a` ends no later."""
    return _all(
        a.start_included == b.start_included,
        compare("=", a.start, b.start, run),
        _ends_within(run, a, b),
    )


@built_ins.add("started by", "range: range, point: point")
def started_by_point(run: Run, span: Range, point: Any) -> bool | None:
    return point_starts(run, point, span)


@built_ins.add("started by", _RANGES)
def started_by(run: Run, a: Range, b: Range) -> bool | None:
    return starts(run, b, a)


@built_ins.add("coincides", _POINTS)
def points_coincide(run: Run, a: Any, b: Any) -> bool | None:
    return compare("=", a, b, run)


@built_ins.add("coincides", _RANGES)
def coincides(run: Run, a: Range, b: Range) -> bool | None:
    return _all(
        a.start_included == b.start_included,
        a.end_included == b.end_included,
        compare("=", a.start, b.start, run),
        compare("=", a.end, b.end, run),
    )


# --- range("[1..10)") (§10.3.4.1, rule 69) ---------------------------------------------------------


@built_ins.add("range", "from: string")
def range_from_text(run: Run, text: str) -> Range | None:
    """A range from its text: ends are numbers, strings, dates and the like; an open end is left out."""
    text = text.strip()
    if len(text) < 4 or text[0] not in "[(]" or text[-1] not in "])[" or ".." not in text:
        return None
    try:
        parts = _Endpoints(text[1:-1], _NAMES).ends()
    except FeelSyntaxError:
        return None
    if parts is None:
        return None
    start, end = (None if part is None else _endpoint(run, part) for part in parts)
    included = text[0] == "[", text[-1] == "]"
    for part, value, closed in zip(parts, (start, end), included, strict=True):
        if (value is None) is not (part is None) or (value is None and closed):
            return None
    if start is None and end is None:
        return None
    if start is not None and end is not None:
        keys = order_keys(start, end)
        if keys is None or keys[0] > keys[1]:
            return None
    return Range(start, end, *included)


_NAMES = KnownNames(_ENDPOINT_FUNCTIONS)


class _Endpoints(Parser):
    """`start..end`, either of which may be missing."""

    def ends(self) -> tuple[syntax.Node | None, syntax.Node | None] | None:
        start = None if self.at_op("..") else self.expression()
        self.take("..")
        end = None if not self.token.text else self.expression()
        return None if self.token.text else (start, end)


def _endpoint(run: Run, node: syntax.Node) -> Any:
    """The value of a literal, or of `date("...")` and its like; None for anything else."""
    if isinstance(node, syntax.Literal) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, syntax.Negation):
        return negate(_endpoint(run, node.operand))
    if not isinstance(node, syntax.Call) or not isinstance(node.function, syntax.Name):
        return None
    arguments = [one.value for one in node.arguments if isinstance(one, syntax.Literal)]
    name = node.function.name
    if name not in _ENDPOINT_FUNCTIONS or len(arguments) != len(node.arguments):
        return None
    invoke = conversion.built_ins.functions[name].invoke
    return None if invoke is None else invoke(arguments, node.names, run, 0)
