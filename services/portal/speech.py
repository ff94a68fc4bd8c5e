"""Codes, facts and rules in the words of one language, for the templates."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.protobuf.message import Message

from libs.chassis import wire
from libs.criteria.evaluate import Criterion
from libs.criteria.vocabulary import FACTS, SCOPES, Words
from libs.criteria.wording import requirement
from libs.finance.rates import PPM_PER_BP
from libs.registry.decline_reasons import decline_reasons
from rongqiao.credit.v1 import documents_pb2
from rongqiao.lending.v1 import lending_pb2 as lending
from services.portal import formatting, troubles
from services.portal.codes import code, codes
from services.portal.forms import Trouble
from services.portal.names import Names
from services.portal.wording import Wording

UNKNOWN = "UNKNOWN"  # the label of flows whose firm's size or industry nobody knows


def state_of(message: Message) -> str:
    return code(message, "status")


@dataclass(frozen=True)
class Speech:
    words: Wording
    names: Names

    @property
    def language(self) -> str:
        return self.words.language

    def filters(self) -> dict[str, Callable[..., Any]]:
        language = self.language
        return {
            "yuan": partial(formatting.yuan, language=language),
            "wan": partial(formatting.wan, language=language),
            "wan_number": formatting.wan_number,
            "count": "{:,}".format,
            "percent": formatting.percent,
            "share": formatting.share,
            "instant": formatting.instant,
            "region": formatting.region_name,
            "industry": formatting.industry_name,
            "organisation": self.names.of,
            "fact": partial(formatting.fact_label, language=language),
            "months": self.months,
            "listed": self.listed,
            "state": state_of,
            "kilobytes": formatting.kilobytes,
            "named": self.named,
        }

    def functions(self) -> dict[str, Callable[..., Any]]:
        named = (
            self.word,
            self.pick,
            self.words_of,
            self.reason_text,
            self.amount_said,
            self.reason_name,
            self.decline_name,
            self.decline_next,
            self.fact_value,
            self.scope_name,
            self.rate_words,
            self.span_words,
            self.market_words,
            self.tier_words,
            self.regions_words,
            self.industries_words,
            self.criterion_words,
            self.dimension_word,
            self.told_mistake,
            self.said,
            self.rule_words,
        )
        return {function.__name__: function for function in named}

    def months(self, count: int) -> str:
        return self.words("unit.months", count=count)

    def listed(self, texts: Iterable[str]) -> str:
        return self.words("unit.comma").join(texts)

    def word(self, message: Message, field: str) -> str:
        """An enum field in words; a list of them, listed."""
        described = message.DESCRIPTOR.fields_by_name[field]
        kind: Any = described.enum_type
        found = codes(message, field) if wire.is_repeated(described) else [code(message, field)]
        return self.listed(text for _, text in self.words_of(kind.name, filter(None, found)))

    def pick(self, message: Any, field: str) -> str:
        """A text that a service gives in both languages, as `field` and `field_en`."""
        return (self.language == "en" and getattr(message, f"{field}_en")) or getattr(message, field)

    def named(self, documents: Iterable[documents_pb2.Document]) -> list[tuple[str, str]]:
        """Documents to choose from, by kind and title."""
        return [
            (paper.id, " · ".join(filter(None, (self.word(paper, "kind"), paper.title))))
            for paper in documents
        ]

    def words_of(self, kind: str, found: Iterable[str]) -> list[tuple[str, str]]:
        """Codes of an enum, each with its word: what a choice offers."""
        return [(name, self.words.get(f"code.{kind}.{name}", name)) for name in found]

    def reason_text(self, reason: Any) -> str:
        """The sentence of a reason; of a rule that the bank keeps to itself, what it is about."""
        text = (reason.text_en if self.language == "en" else reason.text) or reason.text
        return text or self.words("plan.undisclosed", about=self.reason_name(reason.code))

    def amount_said(self, benefit: Any) -> str:
        """What a policy says of an amount."""
        return (benefit.amount_text_en if self.language == "en" else "") or benefit.amount_text

    def reason_name(self, reason: str) -> str:
        """A reason code in words: by the fact that it is about, or by the portal's own table."""
        about = next((kind.label for kind in FACTS.values() if kind.reason_code == reason), None)
        return self.words.get(f"reason.{reason}", self._in(about) if about else reason)

    def decline_name(self, reason: str) -> str:
        """What a bank, or the platform itself, refused for."""
        known = decline_reasons().get(reason)
        if known is None:
            return self.reason_name(reason)
        return known.en if self.language == "en" else known.zh

    def decline_next(self, reason: str) -> str:
        """What the service centre can do about it; empty where nothing is known."""
        known = decline_reasons().get(reason)
        if known is None:
            return ""
        return known.next_en if self.language == "en" else known.next_zh

    def fact_value(self, fact: str, value: str) -> str:
        return formatting.fact_value(fact, value, self.language)

    def scope_name(self, scope: str) -> str:
        return self._in(SCOPES[scope].label) if scope in SCOPES else scope

    def rate_words(self, rate: lending.Rate) -> str:
        base = code(rate, "base")
        if base == "FIXED":
            return self.words(
                "rate.FIXED", low=formatting.percent(rate.min_ppm), high=formatting.percent(rate.max_ppm)
            )
        low, high = rate.min_ppm // PPM_PER_BP, rate.max_ppm // PPM_PER_BP
        return self.words(f"rate.{base}", low=f"{low:+d}", high=f"{high:+d}")

    def span_words(self, rates: lending.ProductRates, which: str, basis: str = "effective_ppm") -> str:
        """From the cheapest loan under the terms to the dearest."""
        if not rates.HasField(which):  # pyright: ignore[reportArgumentType] - lender or all_in
            return self.words("products.no_rate")
        span: lending.RateSpan = getattr(rates, which)
        low, high = (formatting.percent(getattr(rate, basis)) for rate in (span.min, span.max))
        return low if low == high else self.words("products.range", low=low, high=high)

    def market_words(self, product: lending.Product) -> str:
        """The days on which the version was, is or will be on the market."""
        if product.HasField("first_marketed_on"):
            last = product.last_marketed_on or ""
            return self.words("products.range", low=product.first_marketed_on, high=last)
        if product.HasField("market_from"):
            return self.words("products.coming", day=product.market_from)
        return "—"

    def tier_words(self, tier: lending.AmountTier) -> str:
        fact = formatting.fact_label(tier.fact, self.language)
        amount = formatting.wan(tier.amount_max_fen, language=self.language)
        if not tier.HasField("up_to"):
            return self.words("products.tier_open", fact=fact, amount=amount)
        bound = self.fact_value(tier.fact, str(tier.up_to))
        return self.words("products.tier", fact=fact, bound=bound, amount=amount)

    def regions_words(self, found: Iterable[str]) -> str:
        return self.listed(formatting.region_name(region) for region in found)

    def industries_words(self, found: Iterable[str]) -> str:
        return self.listed(formatting.industry_name(industry) for industry in found)

    def criterion_words(self, criterion: lending.Criterion) -> str:
        rule = wire.from_message(Criterion, criterion)
        return rule.message if rule.message and self.language == "zh" else self._in(requirement(rule))

    def dimension_word(self, dimension: str, label: str) -> str:
        """A row or column of a table of flows."""
        if label == UNKNOWN:
            return self.words("oversight.unknown")
        match dimension:
            case "COUNTY":
                return formatting.region_name(label)
            case "INDUSTRY":
                return formatting.industry_name(label)
            case "PRODUCT_KIND":
                return self.words.get(f"code.ProductKind.{label}", label)
            case "SIZE":
                return self.words.get(f"code.Size.{label}", label)
            case _:
                return label

    def rule_words(self, rule: str) -> str:
        """A rule of disclosure control, or the policy set that all of them are of."""
        if rule.startswith("pol_"):
            return self.words("oversight.policy_set", id=rule)
        return self.words.get(f"rule.{rule}", rule)

    def told_mistake(self, mistake: lending.Mistake) -> Trouble:
        return troubles.told_row(mistake.message, mistake.mend, self.words)

    def said(self, text: str) -> str:
        return troubles.said(text, self.words)

    def _in(self, text: Words) -> str:
        return text.en if self.language == "en" else text.zh
