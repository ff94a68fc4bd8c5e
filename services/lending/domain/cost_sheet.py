"""From a question to its sheet: pure, given the terms of the product (or none)."""

from collections.abc import Sequence
from datetime import date

from libs.criteria.violation import Violation
from libs.finance.cost import DISCLOSURE, CostItem, CostSheet, Extras, sheet_of_plan
from libs.finance.dated import Use, interest_of, sheet_of_uses
from libs.finance.daycount import add_months
from libs.finance.fees import Fee
from libs.finance.schedule import MONTHLY, RepaymentMethod, schedule
from libs.registry.loan_terms import ProductKind, RateBase
from libs.registry.lpr import LprTenor, lpr_on
from services.lending.domain import cost_words as words
from services.lending.domain.cost import (
    CostQuestion,
    ExpectedSubsidy,
    Label,
    LoanCost,
    Payment,
    PricedAt,
    QuotedRate,
    SheetItem,
)
from services.lending.domain.product import Product, ProductTerms

PRIVATE_LENDING_MULTIPLE = 4  # of the one-year LPR: Supreme People's Court, Fa Shi [2020] No. 17


def cost_of(asked: CostQuestion, product: Product | None, today: date) -> LoanCost:
    """The sheet; Violation for what the product does not offer, or what has no annual rate."""
    terms = product.terms if product else None
    if terms is not None:
        _check_fit(asked, terms)
    priced_at, rate_ppm = _priced(asked, terms, asked.pricing_date or today)
    drawn_on = asked.drawn_on or priced_at.pricing_date
    method = asked.method or (RepaymentMethod.ON_DEMAND if asked.uses else _terms(terms).repayment_methods[0])
    due, sheet = _counted(asked, terms, method, rate_ppm, drawn_on)
    items = [_item(one, drawn_on) for one in sheet.items]
    return LoanCost(
        product_id=product.id if product else None,
        product_version=product.version if product else None,
        product_name=product.terms.name if product else None,
        amount_fen=asked.amount_fen,
        months=asked.months,
        method=method,
        rate_ppm=rate_ppm,
        priced_at=priced_at,
        drawn_on=drawn_on,
        schedule=due,
        items=tuple(items),
        not_counted=tuple(_item(one, drawn_on) for one in sheet.not_counted),
        interest_fen=sheet.items[0].amount_fen,
        total_fen=sheet.total_fen,
        lender=sheet.lender,
        all_in=sheet.all_in,
        simple_ppm=sheet.simple_ppm,
        subsidies=_subsidies(asked, sheet, drawn_on),
        subsidy_fen=sheet.subsidy_fen,
        total_after_subsidy_fen=sheet.total_fen - sheet.subsidy_fen,
        after_subsidy=sheet.after_subsidy,
        private_lending_cap_ppm=_private_cap(priced_at.pricing_date),
        labels=tuple(Label(field=field, zh=text.zh, en=text.en) for field, text in words.FIGURES.items()),
        source=DISCLOSURE,
    )


def _terms(terms: ProductTerms | None) -> ProductTerms:
    """Where the question left something to the product, there is one: the question was checked for it."""
    assert terms is not None
    return terms


def _check_fit(asked: CostQuestion, terms: ProductTerms) -> None:
    if terms.kind is ProductKind.LETTER_OF_GUARANTEE:
        raise Violation("product_id", "A letter of guarantee lends nothing.", "Ask the bank for its fee.")
    limits = (
        ("amount_fen", asked.amount_fen, terms.amount_min_fen, terms.amount_max_fen),
        ("months", asked.months, terms.term_min_months, terms.term_max_months),
    )
    for name, value, low, high in limits:
        if not low <= value <= high:
            raise Violation(
                name, f"{value} is outside the product's {low} to {high}.", f"Give {low} to {high}."
            )
    ways = terms.repayment_methods
    if asked.method is not None and asked.method not in ways:
        raise Violation("method", f"The product has no {asked.method}.", f"One of: {', '.join(ways)}.")
    if asked.uses and RepaymentMethod.ON_DEMAND not in ways:
        raise Violation("uses", "The product is no line to draw on demand.", "Leave the uses out.")
    rate = asked.rate
    if rate is not None and (rate.base is not terms.rate.base or not _offered(rate, terms)):
        offered = f"{terms.rate.base} from {terms.rate.min_ppm} to {terms.rate.max_ppm} ppm"
        raise Violation("rate", "The product has no such rate.", f"It offers {offered}.")


def _offered(rate: QuotedRate, terms: ProductTerms) -> bool:
    return terms.rate.min_ppm <= rate.ppm <= terms.rate.max_ppm


def _priced(asked: CostQuestion, terms: ProductTerms | None, on: date) -> tuple[PricedAt, int]:
    """The rate with how it came about; Violation before the first LPR and for a rate below zero."""
    if asked.rate is None:
        offered = _terms(terms).rate
        base, ppm = offered.base, offered.max_ppm
    else:
        base, ppm = asked.rate.base, asked.rate.ppm
    if base is RateBase.FIXED:
        priced = PricedAt(base=base, ppm=ppm, pricing_date=on)
    else:
        lpr = lpr_on(LprTenor(base), on)
        priced = PricedAt(
            base=base,
            ppm=ppm,
            pricing_date=on,
            lpr_ppm=lpr.rate_ppm,
            published_on=lpr.published_on,
            stale=lpr.stale,
        )
    if priced.lpr_ppm + ppm < 0:
        raise Violation("rate/ppm", f"A spread of {ppm} makes the rate negative.", "Raise the spread.")
    return priced, priced.lpr_ppm + ppm


def _counted(
    asked: CostQuestion, terms: ProductTerms | None, method: RepaymentMethod, rate_ppm: int, drawn_on: date
) -> tuple[tuple[Payment, ...], CostSheet]:
    extras = Extras(
        fees=_fees(asked, terms),
        subsidies=asked.subsidies,
        appraised_fen=asked.appraised_fen,
        taken=asked.fees_taken,
    )
    uses = asked.uses or _lump_sum(asked, method, drawn_on)
    if uses:
        starts = min(use.drawn_on for use in uses)
        return _by_days(uses, rate_ppm), sheet_of_uses(
            uses, rate_ppm, asked.amount_fen, starts, asked.months, extras
        )
    rhythm = asked.interest_months or (terms.interest_months if terms else MONTHLY)
    plan = schedule(
        asked.amount_fen, rate_ppm, asked.months, method, interest_months=rhythm, parts=asked.parts
    )
    due = tuple(
        Payment(
            month=one.number,
            due_on=add_months(drawn_on, one.number),
            principal_fen=one.principal_fen,
            interest_fen=one.interest_fen,
            payment_fen=one.payment_fen,
            balance_fen=one.balance_fen,
        )
        for one in plan
    )
    return due, sheet_of_plan(plan, asked.amount_fen, asked.months, extras)


def _fees(asked: CostQuestion, terms: ProductTerms | None) -> tuple[Fee, ...]:
    fees = (*(terms.fees if terms else ()), *asked.fees)
    names = [fee.name for fee in fees]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise Violation("fees", f"{twice} is there twice.", "Give each fee a name of its own.")
    unknown = sorted(set(asked.fees_taken) - set(names))
    if unknown:
        raise Violation(
            "fees_taken", f"There is no fee {unknown[0]}.", f"Known: {', '.join(names) or 'none'}."
        )
    return fees


def _lump_sum(asked: CostQuestion, method: RepaymentMethod, drawn_on: date) -> tuple[Use, ...]:
    """A loan repaid in one sum has days once its drawdown has a date."""
    if method is not RepaymentMethod.BULLET or asked.drawn_on is None:
        return ()
    return (
        Use(drawn_on=drawn_on, repaid_on=add_months(drawn_on, asked.months), amount_fen=asked.amount_fen),
    )


def _by_days(uses: Sequence[Use], rate_ppm: int) -> tuple[Payment, ...]:
    """Each use with its own repayment; the balance is what is still out on that day."""
    found = list[Payment]()
    for use in sorted(uses, key=lambda use: use.repaid_on):
        interest_fen = interest_of(use, rate_ppm)
        first = min(one.drawn_on for one in uses)
        found.append(
            Payment(
                month=_months_between(first, use.repaid_on),
                due_on=use.repaid_on,
                principal_fen=use.amount_fen,
                interest_fen=interest_fen,
                payment_fen=use.amount_fen + interest_fen,
                balance_fen=sum(
                    one.amount_fen for one in uses if one.drawn_on <= use.repaid_on < one.repaid_on
                ),
            )
        )
    return tuple(found)


def _months_between(first: date, last: date) -> int:
    """Whole months begun."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if add_months(first, months) >= last else months + 1


def _item(item: CostItem, drawn_on: date) -> SheetItem:
    text = words.of_item(item)
    return SheetItem(
        name=item.name,
        payee=item.payee,
        payer=item.payer,
        basis=item.basis,
        timing=item.timing,
        mandatory=item.mandatory,
        times=item.times,
        first_on=add_months(drawn_on, item.first_month),
        last_on=add_months(drawn_on, item.last_month),
        amount_fen=item.amount_fen,
        label_zh=text.zh,
        label_en=text.en,
    )


def _subsidies(asked: CostQuestion, sheet: CostSheet, drawn_on: date) -> tuple[ExpectedSubsidy, ...]:
    return tuple(
        ExpectedSubsidy(
            name=one.name,
            payer=one.payer,
            amount_fen=amount_fen,
            expected_on=add_months(drawn_on, asked.months if one.month is None else one.month),
            status=one.status,
            label_zh=words.STATUS[one.status].zh,
            label_en=words.STATUS[one.status].en,
        )
        for one, amount_fen in zip(asked.subsidies, sheet.subsidies_fen, strict=True)
    )


def _private_cap(on: date) -> int | None:
    try:
        return PRIVATE_LENDING_MULTIPLE * lpr_on(LprTenor.LPR_1Y, on).rate_ppm
    except Violation:  # a fixed rate priced before there was an LPR
        return None
