"""External functions of kind Java (DMN 1.5 §10.3.2.13.3), for those methods that this table holds.

`function(x) external {java: {class: "java.lang.Math", method signature: "cos(double)"}}` names a method of Java; models
drawn elsewhere use a few of `java.lang`. There is no Java here and nothing is looked up in Python: a method that is not
in the table gives null.
"""

import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from engine.feel.calls import typed_arguments
from engine.feel.numbers import WIDE, as_text
from engine.feel.runtime import Run
from engine.feel.text import text_of
from engine.feel.types import FeelType
from engine.feel.values import Function, entry, to_feel

_SIGNATURE = re.compile(r"\s*([A-Za-z_]\w*)\s*\(([^()]*)\)\s*", re.ASCII)
_INTEGERS = {"byte": 8, "short": 16, "int": 32, "long": 64}
_BOXES = {
    "java.lang.Byte": "byte", "java.lang.Short": "short", "java.lang.Integer": "int",
    "java.lang.Long": "long", "java.lang.Float": "float", "java.lang.Double": "double",
    "java.lang.Boolean": "boolean", "java.lang.Character": "char", "java.lang.String": "String",
    "java.lang.Object": "Object", "java.math.BigDecimal": "BigDecimal",
    "java.math.BigInteger": "BigInteger",
}  # fmt: skip
MAX_WIDTH = 1000


class _NotThere(Exception):
    """The arguments do not fit, or the method has no result for them."""


def _integer(value: Any, bits: int) -> int:
    if not isinstance(value, Decimal) or value.adjusted() > 30:
        raise _NotThere
    number = int(value)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise _NotThere
    return number


def _float(value: Any) -> float:
    if not isinstance(value, Decimal):
        raise _NotThere
    return float(value)


def _single(value: Any) -> float:
    number = _float(value)
    try:
        return _narrowed(number)
    except OverflowError:
        raise _NotThere from None


def _shortest(value: float) -> float:
    """The shortest decimal that is the same number of 32 bits, as Java writes it."""
    texts = (f"{value:.{digits}g}" for digits in range(6, 10))
    return next((float(text) for text in texts if _narrowed(float(text)) == value), value)


def _narrowed(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _of(kind: type, length: int | None = None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value.__class__ is not kind or (length is not None and len(str(value)) != length):
            raise _NotThere
        return value

    return check


_ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    **{name: partial(_integer, bits=bits) for name, bits in _INTEGERS.items()},
    "double": _float,
    "float": _single,
    "boolean": _of(bool),
    "char": _of(str, 1),
    "String": _of(str),
    "BigDecimal": _of(Decimal),
    "BigInteger": lambda value: _integer(value, 200),
    "Object": lambda value: value,
}


@dataclass(frozen=True, slots=True)
class _Signature:
    method: str
    types: tuple[str, ...]
    variadic: bool


def _read(signature: str) -> _Signature | None:
    """`max(int, int)`; a last `[Ljava.lang.Object;` or `Object...` takes what is left."""
    found = _SIGNATURE.fullmatch(signature)
    if found is None:
        return None
    written = [one.strip() for one in found[2].split(",") if one.strip()]
    variadic = bool(written) and (written[-1].startswith("[L") or written[-1].endswith("..."))
    types = []
    for one in written:
        name = one.removeprefix("[L").removesuffix(";").removesuffix("...").strip()
        name = _BOXES.get(name, name)
        if name not in _ARGUMENTS:
            return None
        types.append(name)
    return _Signature(found[1], tuple(types), variadic)


def _java_round(value: float) -> int:
    return math.floor(value + 0.5)


def _format(template: str, values: list[Any]) -> str:
    """`String.format` with %s %d %f %b %c %x %n %% and their flags, width and precision."""
    left = iter(values)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, kind = found.groups()
        if kind in "n%":
            return "\n" if kind == "n" else "%"
        if int(width or 0) > MAX_WIDTH or int(precision or 0) > MAX_WIDTH:
            raise _NotThere
        value = next(left, _NotThere)
        if value is _NotThere:
            raise _NotThere
        text = _formatted(kind, value, precision, flags)
        if "-" in flags:
            return text.ljust(int(width or 0))
        return text.rjust(int(width or 0), "0" if "0" in flags else " ")

    result: list[str] = []
    rest = 0
    for found in _CONVERSION.finditer(template):
        result += (template[rest : found.start()], one(found))
        rest = found.end()
    tail = "".join(result) + template[rest:]
    if "%" in _CONVERSION.sub("", template):
        raise _NotThere
    return tail


_CONVERSION = re.compile(r"%([-0,+ ]*)(\d{1,6})?(?:\.(\d{1,6}))?([sdfbcxn%])", re.ASCII)


def _formatted(kind: str, value: Any, precision: str | None, flags: str) -> str:
    group = "," if "," in flags else ""
    if kind in "sb":
        text = "null" if value is None else text_of(value, Run())
        return text[: int(precision)] if precision else text
    if kind == "c":
        return str(_of(str, 1)(value))
    if not isinstance(value, Decimal):
        raise _NotThere
    if kind == "f":
        places = Decimal(1).scaleb(-int(precision or 6))
        text = f"{value.quantize(places, rounding=ROUND_HALF_UP, context=WIDE):{group}f}"
    else:
        # Java refuses a decimal number for %d; FEEL has no other kind, so whole ones are taken.
        whole = _integer(value, 64)
        if whole != value:
            raise _NotThere
        text = f"{whole:x}" if kind == "x" else f"{whole:{group}d}"
    return "+" + text if "+" in flags and value >= 0 else text


def _valued(value: Any) -> str:
    return "null" if value is None else str(value) if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return as_text(Decimal(value)) if value.__class__ is int else text_of(to_feel(value), Run())


_DOUBLES: dict[str, Callable[..., Any]] = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos,
    "atan": math.atan, "atan2": math.atan2, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "exp": math.exp, "expm1": math.expm1, "log": math.log, "log10": math.log10, "log1p": math.log1p,
    "sqrt": math.sqrt, "cbrt": math.cbrt, "pow": math.pow, "hypot": math.hypot, "ceil": math.ceil,
    "floor": math.floor, "rint": round, "round": _java_round, "toRadians": math.radians,
    "toDegrees": math.degrees, "signum": lambda x: math.copysign(1.0, x) if x else 0.0,
}  # fmt: skip
_METHODS: dict[str, dict[str, Callable[..., Any]]] = {
    "java.lang.Math": {**_DOUBLES, "abs": abs, "max": max, "min": min},
    "java.lang.String": {
        "valueOf": _valued,
        "format": lambda template, values: _format(template, values),
        "join": lambda delimiter, values: delimiter.join(_of(str)(value) for value in values),
    },
    "java.lang.Byte": {"parseByte": int, "valueOf": int, "toString": str},
    "java.lang.Short": {"parseShort": int, "valueOf": int, "toString": str},
    "java.lang.Integer": {"parseInt": int, "valueOf": int, "toString": str, "max": max, "min": min},
    "java.lang.Long": {"parseLong": int, "valueOf": int, "toString": str, "max": max, "min": min},
    "java.lang.Double": {"parseDouble": float, "valueOf": float, "toString": str},
    "java.lang.Float": {"parseFloat": float, "valueOf": float, "toString": str},
    "java.lang.Boolean": {"parseBoolean": lambda text: text.lower() == "true", "valueOf": _valued},
    "java.lang.Character": {
        "isDigit": str.isdigit,
        "isLetter": str.isalpha,
        "isUpperCase": str.isupper,
        "isLowerCase": str.islower,
        "toUpperCase": str.upper,
        "toLowerCase": str.lower,
    },
}

_NUMBERS = {*_INTEGERS, "float", "double"}


def external_function(
    parameters: tuple[str, ...], kinds: tuple[FeelType | None, ...], mapping: Any
) -> Function | None:
    """The function that `{java: {class:, method signature:}}` names; None where the table has no such.

    The inner context alone will do, as boxed functions of kind Java write it.
    """
    java = entry(mapping, "java", mapping) if isinstance(mapping, Mapping) else None
    if not isinstance(java, Mapping):
        return None
    owner, written = entry(java, "class"), entry(java, "method signature")
    if not isinstance(owner, str) or not isinstance(written, str) or len(written) > MAX_WIDTH:
        return None
    signature = _read(written)
    method = _METHODS.get(owner.strip(), {}).get(signature.method) if signature else None
    if signature is None or method is None:
        return None
    if owner.strip() == "java.lang.Math" and not _NUMBERS.issuperset(signature.types):
        return None
    if len(signature.types) != len(parameters) and not signature.variadic:
        return None
    chosen, called = signature, method

    def call(run: Run, at: int, *values: Any) -> Any:
        given = typed_arguments(parameters, kinds, values, run, at)
        try:
            result = None if given is None else called(*_converted(chosen, given))
        except (_NotThere, ValueError, ArithmeticError, TypeError):
            result = None
        if result is None:
            return run.warn(
                at, f"{chosen.method}() has no result here", f"{chosen.method}() 在此没有结果"
            )
        if isinstance(result, str):
            run.check_size(len(result))
        if isinstance(result, float) and "float" in chosen.types:
            result = _shortest(result)
        return to_feel(result)

    return Function("", parameters, call, tuple(kinds))


def _converted(signature: _Signature, values: list[Any]) -> list[Any]:
    """The arguments as the method's parameter types want them."""
    plain = signature.types[:-1] if signature.variadic else signature.types
    if len(values) < len(plain):
        raise _NotThere
    made = [_ARGUMENTS[kind](value) for kind, value in zip(plain, values, strict=False)]
    if signature.variadic:
        rest = values[len(plain) :]
        if len(rest) == 1 and isinstance(rest[0], list):
            rest = rest[0]
        made.append([_ARGUMENTS[signature.types[-1]](value) for value in rest])
    return made
