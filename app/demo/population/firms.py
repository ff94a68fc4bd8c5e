"""The population: any number of firms, each depending on nothing but the seed and its own number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from app.demo.population import economy, records
from app.demo.population.economy import Firm, clamp, happens
from app.demo.population.rights import draw as draw_rights
from app.demo.population.shapes import (
    DATA_SCOPES,
    AskInput,
    ConsentInput,
    DemoFirm,
    FactInput,
    PartyInput,
    consent,
    fact,
)
from libs.finance.daycount import add_months
from libs.registry import uscc
from libs.registry.dimensions import OwnerKind
from libs.registry.regions import county_of

Choice = TypeVar("Choice")

TODAY = date(2026, 11, 22)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100
NUMBERS = len(ALPHABET) ** 5
RESERVED = 1000  # the first codes are for the firms made by hand

_AUTHORITY = {OwnerKind.ENTERPRISE: "91", OwnerKind.INDIVIDUAL_BUSINESS: "92", OwnerKind.COOPERATIVE: "93"}
_SUFFIX = {
    OwnerKind.ENTERPRISE: "有限公司",
    OwnerKind.INDIVIDUAL_BUSINESS: "经营部",
    OwnerKind.COOPERATIVE: "专业合作社",
}
_FIRST = "云岭春禾安泰新远博润启明恒信川华源盛景瑞长青立德"
_SECOND = "达丰兴和元通泽航锦宇佳诚茂康顺悦力方舟林朗越"

# How often an office's record of a firm is on file: enterprises, others.
_ON_FILE = {
    "public": (1.0, 1.0),
    "tax": (0.97, 0.88),
    "invoices": (0.95, 0.65),
    "social_insurance": (0.88, 0.40),
    "credit_record": (0.75, 0.62),
    "statements": (0.93, 0.70),
    "utilities": (0.75, 0.40),
    "customs": (0.90, 0.60),
}
# What firms agree to, and how many do.
_CONSENTS: tuple[tuple[tuple[str, ...], int], ...] = (
    (DATA_SCOPES, 72),
    (tuple(scope for scope in DATA_SCOPES if scope != "credit_record"), 13),
    (("tax", "invoices", "score"), 8),
    ((), 7),
)
_TERMS = ((6, 10), (12, 55), (24, 16), (36, 14), (60, 5))
_KINDS = (((), 70), (("WORKING_CAPITAL",), 22), (("FIXED_ASSET",), 5), (("REVOLVING_LINE",), 3))
_PURPOSES = (
    "采购原材料",
    "备货和周转",
    "支付货款和工资",
    "扩大产能",
    "购置设备",
    "新产品研发",
    "门店装修和备货",
)


def firms(count: int, seed: int, today: date = TODAY) -> Iterator[DemoFirm]:
    """`count` firms. The same seed and day give the same firms, and a longer list begins with the shorter one."""
    for number in range(count):
        yield _firm(Random(f"{seed}/{number}"), seed, number, today)


def _firm(chance: Random, seed: int, number: int, today: date) -> DemoFirm:
    firm = economy.draw(chance, number)
    known = records.draw(chance, firm)
    party = _party(chance, firm, seed, today)
    code = party["id"].removeprefix(uscc.PARTY_PREFIX)
    return DemoFirm(
        key=f"firm_{number:06d}",
        party=party,
        facts=tuple(_facts(chance, firm, known, today, date.fromisoformat(party["established_on"]))),
        ip_rights=draw_rights(chance, firm, code, today),
        consents=_consents(chance, party["id"], today),
        ask=_ask(chance, firm, party["id"]),
    )


def _party(chance: Random, firm: Firm, seed: int, today: date) -> PartyInput:
    established = add_months(today, -firm.age_months) - timedelta(days=chance.randrange(28))
    return PartyInput(
        id=uscc_for(firm.kind, firm.county, _code_number(seed, firm.number)).party,
        kind=firm.kind.value,
        name=_name(chance, firm),
        county=firm.county,
        industry=firm.sector.industry,
        established_on=established.isoformat(),
    )


def _code_number(seed: int, number: int) -> int:
    """Another part of the numbers for another seed; one to one within a seed."""
    return RESERVED + (number + seed * 1_000_003) % (NUMBERS - RESERVED)


def uscc_for(kind: OwnerKind, county: str, number: int) -> uscc.Uscc:
    """A valid code that no real firm has: organisation codes begin with digits or MA, never with DEM."""
    digits = ""
    for _ in range(5):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    organisation = f"DEM{digits}"
    return uscc.complete(_AUTHORITY[kind] + county + organisation + uscc.organisation_check(organisation))


def _name(chance: Random, firm: Firm) -> str:
    word = chance.choice(_FIRST) + chance.choice(_SECOND)
    return f"{county_of(firm.county).name}{word}{firm.sector.trade}{_SUFFIX[firm.kind]}（演示）"


def _facts(
    chance: Random, firm: Firm, known: dict[str, records.Facts], today: date, since: date
) -> Iterator[FactInput]:
    for scope, found in known.items():
        if happens(chance, _ON_FILE[scope][0 if firm.enterprise else 1]):
            yield from (fact(name, value, today, since) for name, value in found.items())


def _consents(chance: Random, party: str, today: date) -> tuple[ConsentInput, ...]:
    scopes = _weighted(chance, _CONSENTS)
    return (consent(party, scopes, today),) if scopes else ()


def _ask(chance: Random, firm: Firm, party: str) -> AskInput:
    wan = firm.revenue_fen * chance.uniform(0.06, 0.30) / records.WAN_FEN
    step = 1 if wan < 50 else 10 if wan < 500 else 50
    return AskInput(
        party=party,
        amount_fen=clamp(wan / step, 1, 5000 // step) * step * records.WAN_FEN,
        term_months=_weighted(chance, _TERMS),
        kinds=list(_weighted(chance, _KINDS)),
        purpose=chance.choice(_PURPOSES),
    )


def _weighted(chance: Random, table: tuple[tuple[Choice, int], ...]) -> Choice:
    return chance.choices([choice for choice, _ in table], [weight for _, weight in table])[0]
