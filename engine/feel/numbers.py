"""Decimal arithmetic as FEEL wants it: 34 digits, half-even (DMN 1.5 §10.3.2.3.1, IEEE 754-2008).

Every function returns None where FEEL says null (overflow, division by zero, no real result).
"""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

DIGITS = 34
# One shared context: its methods are called directly, so the thread's own context is never touched.
CONTEXT = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
# Rounding to a scale may need more digits than 34 while it is under way.
WIDE = Context(prec=7000, Emin=-999999, Emax=999999, traps=[InvalidOperation, Overflow])
MAX_SCALE = 6176

ZERO = Decimal(0)
ONE = Decimal(1)
ROUNDINGS = {
    "even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "half up": ROUND_HALF_UP,
    "half down": ROUND_HALF_DOWN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
}


def parse_number(text: str) -> Decimal | None:
    """A number from its FEEL or XML Schema text, rounded to 34 digits; None when out of range."""
    try:
        value = CONTEXT.create_decimal(text)
    except DecimalException:
        return None
    return value if value.is_finite() else None


def from_int(value: int) -> Decimal | None:
    """An integer as a FEEL number. Integers too long for the exponent range give None."""
    if -(10**34) < value < 10**34:
        return Decimal(value)
    if value.bit_length() > 20500:
        return None
    try:
        return CONTEXT.create_decimal(value)
    except DecimalException:
        return None


def power(base: Decimal, exponent: Decimal) -> Decimal | None:
    """base ** exponent; 0 ** 0 is 1, as in IEEE 754."""
    if not base and not exponent:
        return ONE
    try:
        return CONTEXT.power(base, exponent)
    except DecimalException:
        return None


def round_to(value: Decimal, scale: int, rounding: str) -> Decimal | None:
    """Round to `scale` digits after the point (negative: before it)."""
    if abs(scale) > MAX_SCALE:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= scale and scale > 0:
        return value
    try:
        rounded = value.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=WIDE)
        return CONTEXT.plus(rounded)
    except DecimalException:
        return None


def as_text(value: Decimal) -> str:
    """The shortest plain text of a number: no exponent, no trailing zeros after the point."""
    if value == value.to_integral_value():
        if value.adjusted() > 400:
            return str(CONTEXT.normalize(value))
        return str(int(value))
    if value.adjusted() < -400:
        return str(CONTEXT.normalize(value))
    return format(value, "f").rstrip("0").rstrip(".")
