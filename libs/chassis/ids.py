"""Ids `<prefix>_<UUIDv7 in Crockford base32>`: sortable by birth, safe to read aloud."""

from collections.abc import Callable
from uuid import UUID

from uuid6 import uuid7

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = 26  # 128 bits in groups of five

Ids = Callable[[str], str]


def crockford(value: UUID) -> str:
    number = value.int
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))


def new_id(prefix: str) -> str:
    return f"{prefix}_{crockford(uuid7())}"
