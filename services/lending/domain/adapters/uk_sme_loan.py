"""UK Open Banking, SME Loan 2.3: Brand -> SMELoan -> SMELoanMarketingState. A record is one marketing state.

Amounts are pounds as texts ("25000.00"), rates per cent ("8.65"), terms a number and a period. A representative APR
(RepAPR) counts fees and compounding; it is no interest rate and is not taken for one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.lending.domain.adapters.adapted import Adapted, Draft, Rules, adapted
from services.lending.domain.adapters.reading import (
    at,
    below,
    fen,
    listed,
    number,
    rate_ppm,
    records,
    securities,
    text,
)

CURRENCY = "GBP"
PER_CENT = 100
_METHODS = {
    "CapitalAndInterest": "EQUAL_INSTALMENT",
    "FixedCapitalFullyAmortising": "EQUAL_PRINCIPAL",
    "FixedCapitalWithBullet": "EQUAL_PRINCIPAL",
    "InterestOnly": "INTEREST_FIRST",
    "Bullet": "BULLET",
}
_MONTHS = {"Month": 1, "Year": 12, "Quarter": 3, "HalfYear": 6}
_TIMING = {
    "OnOpening": ("UPFRONT", 1),
    "OnClosing": ("AT_END", 1),
    "Yearly": ("ANNUAL", 1),
    "HalfYearly": ("ANNUAL", 2),
    "Quarterly": ("ANNUAL", 4),
    "Monthly": ("ANNUAL", 12),
}
_BAND = ("LoanInterest", "LoanInterestTierBandSet", "LoanInterestTierBand")
_OWNERS = {"SoleTrader": "INDIVIDUAL_BUSINESS", "Ltd": "ENTERPRISE", "LLP": "ENTERPRISE", "PLC": "ENTERPRISE"}


def read(document: Any, rules: Rules) -> Iterator[Adapted]:
    """Every marketing state of every loan; a loan or document without any is reported as one record."""
    count = 0
    for place, loan, state in _states(document):
        count += 1
        yield adapted(place, _draft(loan, state, rules), rules)
    if not count:
        draft = Draft()
        draft.lacks("name", "The document holds no SMELoan.", "Send data/Brand/SMELoan as in version 2.3.")
        yield adapted("", draft, rules)


def _states(document: Any) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    data = at(document, "data") if isinstance(document, Mapping) else document
    for d, part in enumerate(records(data)):
        for b, brand in enumerate(records(part.get("Brand"))):
            for n, loan in enumerate(records(brand.get("SMELoan"))):
                where = f"/data/{d}/Brand/{b}/SMELoan/{n}"
                states = records(loan.get("SMELoanMarketingState")) or [{}]
                for s, state in enumerate(states):
                    yield f"{where}/SMELoanMarketingState/{s}", loan, state


def _draft(loan: Mapping[str, Any], state: Mapping[str, Any], rules: Rules) -> Draft:
    draft = Draft(external_id=_number(loan, state))
    core = at(state, "CoreProduct")
    draft.terms |= {
        "name": text(loan, "Name"),
        "summary": text(core, "ProductDescription"),
        "kind": "WORKING_CAPITAL",
        "contact": text(core, "ProductURL")[:200],
        "channel": _channel(at(core, "SalesAccessChannels")),
        "repayment_methods": _methods(state, draft),
        "owner_kinds": _owners(state),
    }
    _amounts_and_terms(state, rules, draft)
    _rates(state, draft)
    _fees(state, rules, draft)
    words = " ".join([text(core, "ProductDescription"), *_notes(state)])
    draft.terms["guarantee_modes"] = securities(words)
    if draft.terms["guarantee_modes"]:
        draft.note("guarantee_modes are read from the words of the record")
    draft.lacks(
        "guarantee_modes", "SME Loan 2.3 does not say how a loan is secured.", "Assume guarantee_modes."
    )
    draft.note(f"amounts are {CURRENCY} at {rules.fen_per_unit} fen")
    return draft


def _number(loan: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    own, of_state = text(loan, "Identification"), text(state, "Identification")
    several = len(records(loan.get("SMELoanMarketingState"))) > 1 and of_state and of_state != own
    return f"{own}/{of_state}" if several else own or of_state


def _notes(state: Mapping[str, Any]) -> Iterator[str]:
    for band in below(state, *_BAND):
        for note in listed(band.get("Notes")):
            yield text(note)


def _channel(channels: Any) -> str | None:
    names = listed(channels)
    online = any(name in ("Online", "MobileBankingApp") for name in names)
    offline = any(name in ("Branch", "CallCentre", "Post", "RelationshipManager") for name in names)
    return "BOTH" if online and offline else "ONLINE" if online else "OFFLINE" if offline else None


def _methods(state: Mapping[str, Any], draft: Draft) -> list[str]:
    found: list[str] = []
    for repayment in below(state, "Repayment"):
        told = text(repayment, "RepaymentType")
        method = _METHODS.get(told)
        if method and method not in found:
            found.append(method)
        if told and not method:
            draft.note(f"RepaymentType {told:.40} has no method of ours")
    return found


def _owners(state: Mapping[str, Any]) -> list[str]:
    kinds = [text(one, "LegalStructure") for one in below(state, "Eligibility", "LegalStructureEligibility")]
    return sorted({_OWNERS[kind] for kind in kinds if kind in _OWNERS})


def _amounts_and_terms(state: Mapping[str, Any], rules: Rules, draft: Draft) -> None:
    bands = list(below(state, *_BAND))
    lows = [fen(band.get("TierValueMinimum"), rules.fen_per_unit) for band in bands]
    highs = [fen(band.get("TierValueMaximum"), rules.fen_per_unit) for band in bands]
    shorts = [_months(band, "TierValueMinTerm", "MinTermPeriod") for band in bands]
    longs = [_months(band, "TierValueMaxTerm", "MaxTermPeriod") for band in bands]
    draft.terms |= {
        "amount_min_fen": min(_there(lows), default=None),
        "amount_max_fen": max(_there(highs), default=None),
        "term_min_months": min(_there(shorts), default=None),
        "term_max_months": max(_there(longs), default=None),
    }


def _there(values: list[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def _months(band: Mapping[str, Any], count: str, period: str) -> int | None:
    many, each = number(band.get(count)), _MONTHS.get(text(band, period))
    return None if many is None or each is None else int(many * each)


def _rates(state: Mapping[str, Any], draft: Draft) -> None:
    bands = list(below(state, *_BAND))
    rates = _there([rate_ppm(band.get("LoanProviderInterestRate"), PER_CENT) for band in bands])
    if rates:
        draft.terms["rate"] = {"base": "FIXED", "min_ppm": min(rates), "max_ppm": max(rates)}
        if any(text(band, "FixedVariableInterestRateType") == "Variable" for band in bands):
            draft.note("the rate is variable; its present values are given")
        return
    apr = next((str(band["RepAPR"])[:12] for band in bands if band.get("RepAPR")), "")
    told = f"Only a representative APR ({apr} %) is given, which counts fees." if apr else "No rate is given."
    draft.lacks("rate", told, "Add LoanProviderInterestRate, or assume rate.")


def _fees(state: Mapping[str, Any], rules: Rules, draft: Draft) -> None:
    fees = [
        *below(state, *_BAND, "LoanInterestFeesCharges", "LoanInterestFeeChargeDetail"),
        *below(state, "OtherFeesCharges", "FeeChargeDetail"),
        *below(state, "Repayment", "RepaymentFeeCharges", "RepaymentFeeChargeDetail"),
    ]
    for fee in fees:
        _fee(fee, rules, draft)


def _fee(fee: Mapping[str, Any], rules: Rules, draft: Draft) -> None:
    name = text(fee, "FeeType") or "Fee"
    timing, times = _TIMING.get(text(fee, "ApplicationFrequency"), (None, 1))
    amount, rate = fen(fee.get("FeeAmount"), rules.fen_per_unit), rate_ppm(fee.get("FeeRate"), PER_CENT)
    if "Repayment" in name or "Prepayment" in name:
        timing = "EARLY_REPAYMENT"
    if timing is None or (amount is None and rate is None):
        draft.note(f"fee left out, since it has no sum or depends on an event: {name:.80}")
        return
    plain = {"name": name, "payee": "LENDER", "timing": timing}
    if amount is not None:
        draft.fee({**plain, "basis": "FIXED", "amount_fen": amount * times})
    else:
        draft.fee({**plain, "basis": "PRINCIPAL", "rate_ppm": (rate or 0) * times})
