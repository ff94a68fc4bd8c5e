"""Whole fen, and the named ways to round to them.

Money is an integer of fen, a rate an integer of millionths (`_ppm`, 4.35 % = 43_500), a share an integer of basis
points (`_bp`). Every division goes through a named rounding: the name is the rule.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from libs.criteria.violation import Violation

FEN_PER_YUAN = 100
PPM = 1_000_000
BP = 10_000


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, a half away from zero: what contracts call 四舍五入."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def floor(numerator: int, denominator: int) -> int:
    """The quotient rounded down: for parts that must never exceed their share, like "not more than 80 %"."""
    return numerator // denominator


def ceiling(numerator: int, denominator: int) -> int:
    """The quotient rounded up: for what counts against a limit, so that the limit holds to the fen."""
    return -(-numerator // denominator)


def nearest_multiple(count: int, base: int) -> int:
    """`count` rounded half-up to a multiple of `base`: published counts are rounded to base 5."""
    return half_up(count, base) * base


def share_of(amount_fen: int, share_bp: int) -> int:
    """A share of an amount, half-up to the fen."""
    return half_up(amount_fen * share_bp, BP)


def percent_text(rate_ppm: int, places: int = 2) -> str:
    """A rate for people, half-up: 58_412 is "5.84%". Labels such as "APR" are the caller's."""
    step = Decimal(1).scaleb(-places)
    return f"{(Decimal(rate_ppm) / PPM * 100).quantize(step, ROUND_HALF_UP)}%"


def yuan_text(amount_fen: int) -> str:
    """An amount for people, in yuan with thousands: 123_456_789 is "1,234,567.89"."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{fen:02}"


def fen_of_yuan(text: str, field: str = "amount") -> int:
    """Fen of an amount in yuan as people write it ("1,234,567.89"); fractions of a fen are refused, never rounded."""
    try:
        fen = Decimal(text.strip().replace(",", "")) * FEN_PER_YUAN
    except InvalidOperation:
        raise Violation(
            field, f"{text!r} is not an amount in yuan.", 'Write digits, like "1234567.89".'
        ) from None
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise Violation(field, f"{text!r} is not a whole number of fen.", "Give at most two decimals.")
    return int(fen)
