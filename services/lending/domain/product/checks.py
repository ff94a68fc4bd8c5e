"""What the terms of a product must keep. Every mistake is found, each with the JSON pointer of its field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import Kind, fact_type
from libs.finance.fees import Fee, FeeBasis, FeePayee
from libs.finance.money import BP
from libs.finance.schedule import MONTHLY, QUARTERLY
from libs.registry.loan_terms import MORTGAGED, CollateralKind, GuaranteeMode, RateBase, RateReset
from services.lending.domain.product.parts import AmountTier, ProductFlag

if TYPE_CHECKING:
    from services.lending.domain.product.terms import ProductTerms

RATE_DISCLOSURE = "PBC Announcement [2021] No. 3"
MEDIUM_LONG_MONTHS = 12  # 中长期: an original term of more than a year
# What no product of this country comes near: beyond it a number is a slip of the keyboard.
MOST_FEN = 10**15
MOST_MONTHS = 600
MOST_PPM = 1_000_000
MOST_EFFECTIVE_PPM = 2 * MOST_PPM  # 100 % a year, compounded monthly, is 161 %
LONGEST_NAME = 200
LONGEST_CODE = 64

Mistakes = Iterator[Violation]


def mistakes(terms: ProductTerms) -> Mistakes:
    """Everything that is wrong with the terms, field by field."""
    for check in _CHECKS:
        yield from check(terms)


def _within(field: str, value: int | None, low: int, high: int) -> Mistakes:
    if value is not None and not low <= value <= high:
        name = field.rpartition("/")[2]
        yield Violation(field, f"{name} is {value}.", f"Give a whole number from {low} to {high}.")


def _ordered(place: str, low_name: str, low: int, high_name: str, high: int) -> Mistakes:
    if low > high:
        why = f"{low_name} {low} is above {high_name} {high}."
        yield Violation(f"{place}/{low_name}", why, "Swap or mend the two.")


_BOUNDS = (
    ("amount_min_fen", 1, MOST_FEN),
    ("amount_max_fen", 1, MOST_FEN),
    ("term_min_months", 1, MOST_MONTHS),
    ("term_max_months", 1, MOST_MONTHS),
    ("ip_margin_months", 0, MOST_MONTHS),
    ("guarantee_cover_bp", 1, BP),
    ("receivables_cap_bp", 1, BP),
    ("decision_days", 1, 366),
    ("funding_days", 0, 366),
    ("quota_fen", 1, MOST_FEN),
)


def _bounds(terms: ProductTerms) -> Mistakes:
    yield from _ordered(
        "terms", "amount_min_fen", terms.amount_min_fen, "amount_max_fen", terms.amount_max_fen
    )
    yield from _ordered(
        "terms", "term_min_months", terms.term_min_months, "term_max_months", terms.term_max_months
    )
    for name, low, high in _BOUNDS:
        yield from _within(f"terms/{name}", getattr(terms, name), low, high)
    use = terms.drawdown_term_max_months
    if use is not None and not terms.term_min_months <= use <= terms.term_max_months:
        mend = f"Give {terms.term_min_months} to {terms.term_max_months}, as the terms of the product."
        yield Violation("terms/drawdown_term_max_months", f"One use of {use} months does not fit.", mend)


def _lists(terms: ProductTerms) -> Mistakes:
    for name in ("repayment_methods", "guarantee_modes"):
        if not getattr(terms, name):
            yield Violation(f"terms/{name}", f"{name} is empty.", "Name at least one.")
    if not terms.name.strip() or len(terms.name) > LONGEST_NAME:
        yield Violation(
            "terms/name",
            "The product has no name, or one that nobody reads to its end.",
            f"Give the name that firms will read, up to {LONGEST_NAME} characters.",
        )
    if len(terms.contact) > LONGEST_NAME:
        yield Violation(
            "terms/contact", "The contact is too long.", f"Give at most {LONGEST_NAME} characters."
        )
    yield from _named("branches", terms.branches, LONGEST_CODE)
    yield from _named("purposes_excluded", terms.purposes_excluded, LONGEST_NAME)
    yield from _named("papers", [paper.name for paper in terms.papers], LONGEST_NAME, "/name")
    yield from _named("fees", [fee.name for fee in terms.fees], LONGEST_NAME, "/name")


def _named(field: str, names: Sequence[str], longest: int, part: str = "") -> Mistakes:
    """Names that are there, can be read, and tell one thing from another."""
    for place, name in enumerate(names):
        if not name.strip() or len(name) > longest:
            mend = f"Give 1 to {longest} characters."
            yield Violation(f"terms/{field}/{place}{part}", "It is empty or too long.", mend)
        elif name in names[:place]:
            mend = "Give each a name of its own."
            yield Violation(f"terms/{field}/{place}{part}", f"{name} is there twice.", mend)


def _rate(terms: ProductTerms) -> Mistakes:
    rate, stated = terms.rate, terms.stated_rate
    yield from _ordered("terms/rate", "min_ppm", rate.min_ppm, "max_ppm", rate.max_ppm)
    for name in ("min_ppm", "max_ppm"):
        yield from _within(f"terms/rate/{name}", getattr(rate, name), -MOST_PPM, MOST_PPM)
    if rate.base is RateBase.FIXED and rate.min_ppm < 0:
        mend = "Give the annual rate in millionths."
        yield Violation("terms/rate/min_ppm", "A fixed rate is negative.", mend, RATE_DISCLOSURE)
    if rate.base is RateBase.FIXED and rate.reset is not RateReset.NONE:
        yield Violation("terms/rate/reset", "A fixed rate follows nothing.", "Give NONE, or an LPR as base.")
    if stated is not None:
        yield from _ordered("terms/stated_rate", "min_ppm", stated.min_ppm, "max_ppm", stated.max_ppm)
        for name in ("min_ppm", "max_ppm"):
            yield from _within(f"terms/stated_rate/{name}", getattr(stated, name), 0, MOST_EFFECTIVE_PPM)
    if terms.interest_months not in (MONTHLY, QUARTERLY):
        why = f"Interest every {terms.interest_months} months is not paid anywhere."
        yield Violation("terms/interest_months", why, "Give 1 (every month) or 3 (every quarter).")


def _fees(terms: ProductTerms) -> Mistakes:
    for place, fee in enumerate(terms.fees):
        yield from _within(f"terms/fees/{place}/rate_ppm", fee.rate_ppm, 0, MOST_PPM)
        yield from _within(f"terms/fees/{place}/amount_fen", fee.amount_fen, 0, MOST_FEN)
        if fee.basis is FeeBasis.APPRAISED_VALUE:
            yield from _appraised(f"terms/fees/{place}/basis", fee, terms)


_APPRAISED = (
    GuaranteeMode.MORTGAGE,
    GuaranteeMode.PLEDGE,
    GuaranteeMode.IP_PLEDGE,
    GuaranteeMode.COMBINED,
)


def _appraised(field: str, fee: Fee, terms: ProductTerms) -> Mistakes:
    if fee.payee is FeePayee.LENDER:
        why = "A lender's own fee on an appraised value leaves the loan without an annual rate to disclose."
        yield Violation(field, why, "Count it on the principal, or fix it.", RATE_DISCLOSURE)
    if not any(mode in _APPRAISED for mode in terms.guarantee_modes):
        mend = "Take a mortgage or pledge, or count the fee on the principal."
        yield Violation(field, "Nothing is appraised: the product takes no mortgage or pledge.", mend)


def _tiers(terms: ProductTerms) -> Mistakes:
    floor: int | None = None
    for place, tier in enumerate(terms.amount_tiers):
        where = f"terms/amount_tiers/{place}"
        yield from _tier_fact(where, tier, terms.amount_tiers[0].fact)
        yield from _within(
            f"{where}/amount_max_fen", tier.amount_max_fen, terms.amount_min_fen, terms.amount_max_fen
        )
        last = place == len(terms.amount_tiers) - 1
        if tier.up_to is None and not last:
            yield Violation(f"{where}/up_to", "Only the last tier is open.", "Give its upper bound.")
        elif tier.up_to is not None and floor is not None and tier.up_to <= floor:
            yield Violation(f"{where}/up_to", "The tiers do not ascend.", f"Give more than {floor}.")
        floor = tier.up_to if tier.up_to is not None else floor


def _tier_fact(where: str, tier: AmountTier, first: str) -> Mistakes:
    if tier.fact != first:
        yield Violation(f"{where}/fact", "The tiers speak of two facts.", f"Count all of them by {first}.")
        return
    try:
        kind = fact_type(tier.fact)
    except Violation as unknown:
        yield Violation(f"{where}/fact", unknown.message, unknown.mend)
        return
    if kind.kind is not Kind.INTEGER or not kind.criteria:
        yield Violation(f"{where}/fact", f"{tier.fact} is no number to count by.", "Name a fact of numbers.")


def _kinds(terms: ProductTerms) -> Mistakes:
    """What the flags promise, the terms must keep."""
    for holds, field, why, mend in _KEPT:
        if not holds(terms):
            yield Violation(f"terms/{field}", why, mend)
    for place, cap in enumerate(terms.ip_pledge_caps):
        if not 0 < cap.cap_bp <= BP:
            why = f"A cap of {cap.cap_bp} basis points is no part of the value."
            yield Violation(f"terms/ip_pledge_caps/{place}/cap_bp", why, "Give 1 to 10,000.")


def _takes(terms: ProductTerms, *modes: GuaranteeMode) -> bool:
    return any(mode in terms.guarantee_modes for mode in (*modes, GuaranteeMode.COMBINED))


def _kinds_taken(terms: ProductTerms, mortgaged: bool, mode: GuaranteeMode) -> bool:
    kinds: Sequence[CollateralKind] = terms.collateral_kinds
    return not any((kind in MORTGAGED) is mortgaged for kind in kinds) or _takes(terms, mode)


_KEPT: tuple[tuple[Callable[[ProductTerms], bool], str, str, str], ...] = (
    (
        lambda terms: GuaranteeMode.IP_PLEDGE not in terms.guarantee_modes or bool(terms.ip_pledge_caps),
        "ip_pledge_caps",
        "An IP pledge has no cap.",
        "Give a cap for each kind of right.",
    ),
    (
        lambda terms: (
            ProductFlag.IP_PLEDGE not in terms.flags or GuaranteeMode.IP_PLEDGE in terms.guarantee_modes
        ),
        "guarantee_modes",
        "An IP-pledge loan takes no IP pledge.",
        "Add IP_PLEDGE to guarantee_modes.",
    ),
    (
        lambda terms: (
            ProductFlag.MEDIUM_LONG_TERM not in terms.flags or terms.term_max_months > MEDIUM_LONG_MONTHS
        ),
        "term_max_months",
        "A medium or long-term loan runs for more than 12 months.",
        "Raise the term or drop the flag.",
    ),
    (
        lambda terms: not terms.programmes or _takes(terms, GuaranteeMode.FINANCING_GUARANTEE),
        "programmes",
        "Programmes are named but no financing guarantee is taken.",
        "Add FINANCING_GUARANTEE to guarantee_modes.",
    ),
    (
        lambda terms: terms.guarantee_cover_bp is None or _takes(terms, GuaranteeMode.FINANCING_GUARANTEE),
        "guarantee_cover_bp",
        "A cover is asked for but no financing guarantee is taken.",
        "Add FINANCING_GUARANTEE to guarantee_modes.",
    ),
    (
        lambda terms: _kinds_taken(terms, True, GuaranteeMode.MORTGAGE),
        "collateral_kinds",
        "Something is to be mortgaged but no mortgage is taken.",
        "Add MORTGAGE to guarantee_modes.",
    ),
    (
        lambda terms: _kinds_taken(terms, False, GuaranteeMode.PLEDGE),
        "collateral_kinds",
        "Something is to be pledged but no pledge is taken.",
        "Add PLEDGE to guarantee_modes.",
    ),
    (
        lambda terms: terms.receivables_cap_bp is None or _takes(terms, GuaranteeMode.PLEDGE),
        "receivables_cap_bp",
        "Receivables have a cap but no pledge is taken.",
        "Add PLEDGE to guarantee_modes.",
    ),
    (
        lambda terms: terms.quota_fen is None or terms.quota_fen >= terms.amount_min_fen,
        "quota_fen",
        "The quota is below the smallest loan.",
        "Raise the quota, or leave it out.",
    ),
)


def _pool(terms: ProductTerms) -> Mistakes:
    if terms.pool is not None:
        yield from _named("pool", [terms.pool.name], LONGEST_NAME, "/name")
        yield from _within("terms/pool/share_bp", terms.pool.share_bp, 1, BP)
        yield from _within("terms/pool/cap_fen", terms.pool.cap_fen, 1, MOST_FEN)


_CHECKS = (_lists, _bounds, _rate, _fees, _tiers, _kinds, _pool)
