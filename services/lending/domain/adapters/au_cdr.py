"""Australian Consumer Data Right, business lending (product detail). A record is one product.

Rates are decimal texts ("0.075"), amounts texts ("20000.00", "200,000", "$20,000"). `isTailored` says that the rate
is made for each customer. The format has no fields for the longest term and for what secures a loan: what its tiers
and words say of them is taken, and noted.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from services.lending.domain.adapters.adapted import Adapted, Draft, Rules, adapted
from services.lending.domain.adapters.reading import (
    at,
    below,
    fen,
    largest,
    longest_months,
    number,
    period_months,
    rate_ppm,
    securities,
    text,
)

CURRENCY = "AUD"
WHOLE = 1
_KINDS = {
    "BUSINESS_LOANS": "WORKING_CAPITAL",
    "OVERDRAFTS": "REVOLVING_LINE",
    "TRADE_FINANCE": "TRADE_FINANCE",
    "LEASES": "FINANCE_LEASE",
}
_METHODS = {"PRINCIPAL_AND_INTEREST": "EQUAL_INSTALMENT", "INTEREST_ONLY": "INTEREST_FIRST"}
_TIMINGS = {"UPFRONT": "UPFRONT", "PERIODIC": "ANNUAL", "EXIT": "AT_END"}
_EVERY = {"M": 1, "Y": 12, "Q": 3}
_NO_OFFER = ("PENALTY",)  # what is charged after a default is no price of the loan


def read(document: Any, rules: Rules) -> Iterator[Adapted]:
    """Every product of a list, of an answer of the API (`data`, `data/products`), or of one object."""
    for place, product in _products(document):
        yield adapted(place, _draft(product, rules), rules)


def _products(document: Any) -> Iterator[tuple[str, Any]]:
    where, found = "", document
    while isinstance(found, Mapping) and "productId" not in found:
        name = next((name for name in ("data", "products") if name in found), None)
        if name is None:
            break
        where, found = f"{where}/{name}", at(found, name)
    if isinstance(found, list):
        yield from ((f"{where}/{count}", one) for count, one in enumerate(cast("list[Any]", found)))
    else:
        yield where, found


def _draft(product: Any, rules: Rules) -> Draft:
    draft = Draft(external_id=text(product, "productId"))
    category = text(product, "productCategory")
    draft.terms |= {
        "name": text(product, "name"),
        "summary": text(product, "description"),
        "kind": _KINDS.get(category),
        "contact": text(product, "applicationUri")[:200],
        "channel": "ONLINE" if text(product, "applicationUri") else None,
        "repayment_methods": _methods(product, category),
        "guarantee_modes": _modes(product, draft),
    }
    if category and category not in _KINDS:
        draft.lacks(
            "kind", f"{category:.40} is no kind of loan to a firm here.", "Leave it out, or assume kind."
        )
    if not text(product, "brandName"):
        draft.note(f"no brandName; the brand is {text(product, 'brand') or 'not told'}")
    _amounts(product, rules, draft)
    _terms(product, draft)
    _rates(product, draft)
    _fees(product, rules, draft)
    draft.note(f"amounts are {CURRENCY} at {rules.fen_per_unit} fen")
    return draft


def _methods(product: Any, category: str) -> list[str]:
    told = [_METHODS.get(text(rate, "repaymentType")) for rate in below(product, "lendingRates")]
    found = sorted({method for method in told if method})
    return ["ON_DEMAND"] if category == "OVERDRAFTS" and not found else found


def _modes(product: Any, draft: Draft) -> list[str]:
    """From the words of the product: the format has no field for what secures a loan."""
    found = securities(" ".join(_words(product)))
    if any(text(one, "featureType") == "GUARANTOR" for one in below(product, "features")):
        found.append("THIRD_PARTY")
    if found:
        draft.note("guarantee_modes are read from the words of name, description, rates and features")
    return found


def _words(product: Any) -> Iterator[str]:
    yield text(product, "name")
    yield text(product, "description")
    for feature in below(product, "features"):
        yield text(feature, "additionalInfo")
    for rate in below(product, "lendingRates"):
        yield text(rate, "additionalValue")
        yield text(rate, "additionalInfo")
        yield from (text(tier, "name") for tier in below(rate, "tiers"))


def _amounts(product: Any, rules: Rules, draft: Draft) -> None:
    limits: dict[str, list[int]] = {"MIN_LIMIT": [], "MAX_LIMIT": []}
    for one in below(product, "constraints"):
        kind, amount = text(one, "constraintType"), fen(one.get("additionalValue"), rules.fen_per_unit)
        if kind in limits and amount is not None:
            limits[kind].append(amount)
        elif kind in limits:
            draft.note(f"{kind} cannot be read: {text(one, 'additionalValue')[:40]}")
    for rate in below(product, "lendingRates"):
        for tier in below(rate, "tiers"):
            if text(tier, "unitOfMeasure") == "DOLLAR":
                _tier(tier, limits, rules)
    spoken = largest(" ".join(_words(product)))
    if not limits["MAX_LIMIT"] and spoken is not None:
        limits["MAX_LIMIT"].append(fen(spoken, rules.fen_per_unit) or 0)
        draft.note("amount_max_fen is read from the words of the record")
    draft.terms["amount_min_fen"] = min(limits["MIN_LIMIT"], default=None)
    draft.terms["amount_max_fen"] = max(limits["MAX_LIMIT"], default=None)
    if not limits["MAX_LIMIT"]:
        draft.lacks("amount_max_fen", "The record has no largest amount.", "Add MAX_LIMIT, or assume it.")


def _tier(tier: Mapping[str, Any], limits: dict[str, list[int]], rules: Rules) -> None:
    """The first tier begins where the product does, the last ends there; an open one ends nowhere."""
    low, high = (fen(tier.get(name), rules.fen_per_unit) for name in ("minimumValue", "maximumValue"))
    if low:
        limits["MIN_LIMIT"].append(low)
    if high:
        limits["MAX_LIMIT"].append(high)


def _terms(product: Any, draft: Draft) -> None:
    tiers = [
        tier
        for rate in below(product, "lendingRates")
        for tier in below(rate, "tiers")
        if text(tier, "unitOfMeasure") == "MONTH"
    ]
    lows = [int(low) for tier in tiers if (low := number(tier.get("minimumValue")))]
    highs = [int(high) for tier in tiers if (high := number(tier.get("maximumValue")))]
    draft.terms["term_min_months"] = min(lows, default=None)
    highs = highs or _at_least(product, draft)
    draft.terms["term_max_months"] = max(highs, default=None)
    if not highs:
        draft.lacks("term_max_months", "The record has no longest term.", "Add tiers in MONTH, or assume it.")


def _at_least(product: Any, draft: Draft) -> list[int]:
    """Where no longest term is stated: the longest that its words name, or for which its rate can be fixed."""
    spoken = longest_months(" ".join(_words(product)))
    fixed = [period_months(rate.get("additionalValue")) for rate in below(product, "lendingRates")]
    found = [spoken] if spoken else [months for months in fixed if months]
    if found:
        draft.note(
            "term_max_months is read from the words, or from how long a rate can be fixed: at least so long"
        )
    return found


def _rates(product: Any, draft: Draft) -> None:
    offered = [one for one in below(product, "lendingRates") if text(one, "lendingRateType") not in _NO_OFFER]
    rates = [ppm for one in offered if (ppm := rate_ppm(one.get("rate"), WHOLE))]
    if any(text(one, "lendingRateType") == "VARIABLE" for one in offered):
        draft.note("the rate is variable; its present values are given")
    if rates:
        draft.terms["rate"] = {"base": "FIXED", "min_ppm": min(rates), "max_ppm": max(rates)}
        return
    tailored = at(product, "isTailored") is True
    told = "The rate is made for each customer (isTailored)." if tailored else "No rate is published."
    draft.lacks("rate", told, "Publish a range of rates, or assume rate.")


def _fees(product: Any, rules: Rules, draft: Draft) -> None:
    for fee in below(product, "fees"):
        _fee(fee, rules, draft)


def _fee(fee: Mapping[str, Any], rules: Rules, draft: Draft) -> None:
    name = text(fee, "name") or "Fee"
    timing, currency = _TIMINGS.get(text(fee, "feeType")), text(fee, "currency") or CURRENCY
    amount = fen(fee.get("amount"), rules.fen_per_unit)
    rate = rate_ppm(fee.get("balanceRate") or fee.get("transactionRate"), WHOLE)
    times = _times(fee) if timing == "ANNUAL" else 1
    if timing is None or times is None or currency != CURRENCY or (amount is None and rate is None):
        draft.note(f"fee left out, since it depends on an event, or has no sum in {CURRENCY}: {name:.80}")
        return
    plain = {"name": name, "payee": "LENDER", "timing": timing}
    if amount is not None:
        draft.fee({**plain, "basis": "FIXED", "amount_fen": amount * times})
    else:
        draft.fee({**plain, "basis": "PRINCIPAL", "rate_ppm": (rate or 0) * times})


def _times(fee: Mapping[str, Any]) -> int | None:
    """How often in a year a periodic fee falls due."""
    told = text(fee, "accrualFrequency") or text(fee, "additionalValue")
    months = _EVERY.get(told) or period_months(told)
    return 12 // months if months and 12 % months == 0 else None
