"""Enum codes of messages without their prefix: PRODUCT_KIND_WORKING_CAPITAL is WORKING_CAPITAL."""

from typing import Any

from google.protobuf.message import Message

from libs.chassis import wire

# How a state looks: well, on its way, badly, or over.
TONES = {
    **dict.fromkeys(
        (
            "MATCHED",
            "FUNDED",
            "APPROVED",
            "DISBURSED",
            "PUBLISHED",
            "CONFIRMED",
            "EFFECTIVE",
            "ACTIVE",
            "ACCEPTED",
            "OFFER_ACCEPTED",
            "CONTRACTED",
            "CLEAN",
            "CORRECTED",
        ),
        "good",
    ),
    **dict.fromkeys(
        (
            "OPEN",
            "REFERRED",
            "OPENING",
            "SUBMITTED",
            "DRAFT",
            "CHECKED",
            "SCHEDULED",
            "RESERVED",
            "NOT_KEPT",
            "APPLIED",
            "AWAITING_SCAN",
            "SHADOW",
            "DISPUTED",
            "UNSCANNED",
        ),
        "wait",
    ),
    **dict.fromkeys(("REFUSED", "DECLINED", "REJECTED", "SUSPENDED", "INFORMATION_ASKED", "INFECTED"), "bad"),
}


def code(message: Message, field: str) -> str:
    """The code of an enum field; empty where it is not set."""
    return _code(message.DESCRIPTOR.fields_by_name[field].enum_type, getattr(message, field))


def codes(message: Message, field: str) -> list[str]:
    kind = message.DESCRIPTOR.fields_by_name[field].enum_type
    return [_code(kind, number) for number in getattr(message, field)]


def enum_codes(kind: Any) -> list[str]:
    """All codes of an enum, as its descriptor orders them."""
    return [_code(kind, number) for number in kind.values_by_number if number]


def enum_number(kind: Any, name: str) -> Any:
    """The number of a code, as messages want it; None where the code is none of the enum's."""
    value = kind.values_by_name.get(wire.enum_prefix(kind) + name)
    return value.number if value else None


def _code(kind: Any, number: int) -> str:
    name: str = kind.values_by_number[number].name.removeprefix(wire.enum_prefix(kind))
    return "" if name == "UNSPECIFIED" else name
