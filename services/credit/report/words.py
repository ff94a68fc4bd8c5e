"""The report's words in one language: texts.yaml, numbers, days, and the names of places and industries."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from libs.chassis.clock import SHANGHAI
from libs.criteria.vocabulary import FACTS, SCOPES, Words
from libs.criteria.wording import value_words
from libs.finance.money import half_up, percent_text, yuan_text
from libs.finance.rates import PPM_PER_BP
from libs.registry import industries, regions
from services.credit.domain.report import Language

_TEN_THOUSAND = 10_000
_CODES = {"owner_kind": "OwnerKind", "size": "Size"}


@dataclass(frozen=True)
class Wording:
    language: Language
    table: Mapping[str, Words]

    @property
    def english(self) -> bool:
        return self.language is Language.EN

    def __call__(self, key: str, **values: object) -> str:
        text = self.of(self.table[key])
        return text.format(**values) if values else text

    def of(self, words: Words) -> str:
        return words.en if self.english else words.zh

    def either(self, zh: str, en: str) -> str:
        """One text that came in both languages; the Chinese where there is no other."""
        return en if self.english and en else zh

    def code(self, member: StrEnum) -> str:
        return self(f"{type(member).__name__}.{member.value}")

    def filters(self) -> dict[str, Callable[..., str]]:
        return {
            "code": self.code,
            "yuan": self.yuan,
            "wan": wan_number,
            "ppm": percent_text,
            "instant": instant,
            "region": region_name,
            "industry": industry_name,
            "share": percent_of,
            "party": self.party,
            "fact": self.fact,
            "scope": self.scope,
        }

    def party(self, party: str) -> str:
        """A code as it is; a person by the pseudonym under which the reader knows him."""
        kind, _, id = party.partition(":")
        return id if kind == "uscc" else self("relations.person", id=id or party)

    def fact(self, name: str) -> str:
        return self.of(FACTS[name].label)

    def scope(self, name: str) -> str:
        return self.of(SCOPES[name].label)

    def value(self, fact: str, value: str) -> str:
        """With its unit; codes that have words of their own here, in these: the vocabulary's are Chinese alone."""
        own = self.table.get(f"{_CODES.get(fact)}.{value}")
        return self.of(own or value_words(fact, value))

    def yuan(self, fen: int) -> str:
        text = yuan_text(fen).removesuffix(".00")
        return f"CNY {text}" if self.english else f"{text}元"


@cache
def wording(language: Language) -> Wording:
    text = Path(__file__).with_name("texts.yaml").read_text(encoding="utf-8")
    return Wording(language, dict(_flat("", cast("dict[str, Any]", yaml.safe_load(text)))))


def wan_number(fen: int) -> str:
    """The number of 万元 to two places, half-up."""
    return re.sub(r"\.?0+$", "", yuan_text(half_up(fen, _TEN_THOUSAND))) if fen else "0"


def percent_of(bp: int) -> str:
    return percent_text(bp * PPM_PER_BP)


def instant(at: datetime) -> str:
    """As a Chinese clock shows it, to the minute."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def region_name(code: str) -> str:
    """From the province down."""
    region = regions.region(code)
    return f"{region_name(region.parent)} {region.name}" if region.parent else region.name


def industry_name(code: str) -> str:
    return f"{code} {industries.industry(code).name}" if industries.is_industry(code) else code


def months_left(until: date, today: date) -> int:
    return (until.year - today.year) * 12 + until.month - today.month - (until.day < today.day)


def _flat(prefix: str, branch: Mapping[str, Any]) -> Iterator[tuple[str, Words]]:
    for name, value in branch.items():
        if set(value) == {"zh", "en"}:
            yield f"{prefix}{name}", Words(**value)
        else:
            yield from _flat(f"{prefix}{name}.", value)
