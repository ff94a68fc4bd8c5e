"""What the offices would have on record about a firm: facts of the vocabulary, by the scope of consent that opens them.

Every function draws one office's facts. They hang together through the firm's health and scale, and through the tax
grade, which later records look at: whoever pays no tax rarely pays anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

from app.demo.population.economy import Firm, age_score, clamp, happens, logistic

Facts = dict[str, int | bool | str]

WAN_FEN = 1_000_000  # 1万元
YEAR_MONTHS = 12
HIGHER_RISK_GRADES = ("C", "D")

# By tax grade: the odds of trouble elsewhere.
_TAX_ARREARS = {"C": 0.12, "D": 0.45}
_INSURANCE_ARREARS = {"C": 0.15, "D": 0.40}
_DEFAULTER = {"C": 0.04, "D": 0.25}
_ABNORMAL = {"C": 0.06, "D": 0.20}
_VIOLATION = {"C": 0.01, "D": 0.07}
_PAST_DUE = {"C": 0.10, "D": 0.35}


def tax(chance: Random, firm: Firm) -> Facts:
    grade = _tax_grade(chance, firm)
    paid = firm.revenue_fen * firm.sector.tax_bp / 10_000 * (1.0 if firm.enterprise else 0.4)
    return {
        "tax_grade": grade,
        "tax_paid_12m_fen": _yuan(paid * chance.lognormvariate(0.1 * firm.health, 0.3)),
        "tax_arrears": happens(chance, _TAX_ARREARS.get(grade, 0.006)),
    }


def _tax_grade(chance: Random, firm: Firm) -> str:
    """A from 90 points, B from 70, M for new firms that reach 70; below, C, or D for the worst and for offenders."""
    points = 79 + 7 * firm.health + 2 * firm.scale + min(firm.age_months, 120) / 40 + chance.gauss(0, 4)
    if points < 70:
        return "D" if happens(chance, 0.7 if points < 62 else 0.06) else "C"
    if firm.age_months < YEAR_MONTHS or (firm.age_months < 3 * YEAR_MONTHS and happens(chance, 0.35)):
        return "M"
    return "A" if points >= 90 else "B"


def invoices(chance: Random, firm: Firm) -> Facts:
    invoiced = firm.revenue_fen * chance.uniform(0.7, 1.02) * (1.0 if firm.enterprise else 0.6)
    facts: Facts = {
        "invoiced_12m_fen": _yuan(invoiced),
        "invoice_active_months_12m": _active_months(chance, firm),
        "largest_customer_share_bp": clamp(9000 * chance.betavariate(2, 4) - 500 * firm.scale, 300, 10_000),
        "refund_share_bp": clamp(250 * chance.lognormvariate(-0.35 * firm.health, 0.8), 0, 6000),
    }
    if firm.age_months >= 2 * YEAR_MONTHS:
        facts["invoice_growth_bp"] = clamp(300 + 1100 * firm.health + 1400 * chance.gauss(), -9000, 30_000)
    return facts


def _active_months(chance: Random, firm: Firm) -> int:
    most = min(YEAR_MONTHS, firm.age_months)
    steady = logistic(1.8 + 0.5 * firm.health + 0.4 * firm.scale + (0.6 if firm.enterprise else -0.6))
    return sum(happens(chance, steady) for _ in range(most))


def social_insurance(chance: Random, firm: Firm, tax_grade: str) -> Facts:
    insured = chance.uniform(0.5, 1.0) if firm.enterprise else chance.uniform(0.0, 0.4)
    return {
        "social_insurance_heads": round(firm.employees * insured),
        "social_insurance_arrears": happens(chance, _INSURANCE_ARREARS.get(tax_grade, 0.01)),
    }


def credit_record(chance: Random, firm: Firm, tax_grade: str) -> Facts:
    leaning = 0.35 + 0.8 * firm.scale + 0.5 * age_score(firm.age_months) + 0.2 * firm.health
    record = happens(chance, logistic(leaning))
    overdue = _PAST_DUE.get(tax_grade, 0.012 * math.exp(-0.6 * firm.health))
    return {
        "bank_loan_record": record,
        "past_due_now": record and happens(chance, min(0.5, overdue)),
        "lending_banks": _lending_banks(chance, firm) if record else 0,
    }


def _lending_banks(chance: Random, firm: Firm) -> int:
    """Mostly one; none where the last loan is repaid."""
    if happens(chance, 0.15):
        return 0
    more = 0.35 * math.exp(0.5 * firm.scale)
    return 1 + _poisson(chance, min(more, 4.0))


def statements(chance: Random, firm: Firm) -> Facts:
    assets = firm.revenue_fen * firm.sector.assets_ratio_bp / 10_000 * chance.lognormvariate(0, 0.35)
    return {
        "revenue_year_fen": firm.revenue_fen,
        "assets_total_fen": _yuan(assets),
        "debt_ratio_bp": clamp(5300 - 700 * firm.health + 1100 * chance.gauss(), 400, 9900),
        "operating_margin_bp": clamp(
            firm.sector.margin_bp + 300 * firm.health + 250 * chance.gauss(), -4000, 6000
        ),
        "employees": firm.employees,
        "receivables_fen": _yuan(firm.revenue_fen * chance.betavariate(1.6, 7)),
    }


def utilities(chance: Random, firm: Firm) -> Facts:
    if not firm.sector.metered or firm.age_months < 2 * YEAR_MONTHS:
        return {}
    return {"electricity_trend_bp": clamp(250 + 800 * firm.health + 900 * chance.gauss(), -8000, 20_000)}


def customs(chance: Random, firm: Firm) -> Facts:
    exports = firm.enterprise and happens(chance, firm.sector.export_bp / 10_000 * math.exp(0.4 * firm.scale))
    return {"export_12m_fen": _yuan(firm.revenue_fen * chance.betavariate(1.5, 4)) if exports else 0}


def public(chance: Random, firm: Firm, tax_grade: str) -> Facts:
    trouble = math.exp(-0.5 * firm.health + 0.2 * firm.scale)
    facts: Facts = {
        "judgment_defaulter": happens(chance, _DEFAULTER.get(tax_grade, 0.003)),
        "abnormal_list": happens(chance, _ABNORMAL.get(tax_grade, 0.008)),
        "serious_violation": happens(chance, _VIOLATION.get(tax_grade, 0.0008)),
        "court_cases_24m": _poisson(chance, min(3.0, 0.18 * trouble)),
        "penalties_24m": _poisson(chance, min(2.0, 0.12 * trouble)),
        "procurement_contract_fen": _procurement(chance, firm),
    }
    if firm.sector.metered:
        facts["environment_grade"] = _environment_grade(chance, firm)
    return facts | _labels(chance, firm)


def _procurement(chance: Random, firm: Firm) -> int:
    wins = firm.enterprise and happens(chance, 0.06)
    return _yuan(firm.revenue_fen * chance.uniform(0.05, 0.5)) if wins else 0


def _environment_grade(chance: Random, firm: Firm) -> str:
    level = firm.health + 0.8 * chance.gauss()
    limits = ((0.9, "GREEN"), (-0.9, "BLUE"), (-2.1, "YELLOW"), (-2.9, "RED"))
    return next((grade for limit, grade in limits if level > limit), "BLACK")


def _labels(chance: Random, firm: Firm) -> Facts:
    """Recognitions go to firms that do research and have reached some size; each builds on the one before."""
    grown = firm.research and firm.age_months >= YEAR_MONTHS
    technology = grown and firm.employees <= 500 and happens(chance, 0.65)
    high_tech = grown and firm.revenue_fen >= 300 * WAN_FEN and happens(chance, 0.4)
    srdi = (
        grown
        and firm.age_months >= 2 * YEAR_MONTHS
        and firm.revenue_fen >= 800 * WAN_FEN
        and happens(chance, 0.9 * logistic(firm.health + 0.4))
    )
    return {
        "technology_sme": technology,
        "high_tech": high_tech,
        "innovative_sme": srdi or ((technology or high_tech) and happens(chance, 0.35)),
        "srdi": srdi,
        "little_giant": srdi and firm.revenue_fen >= 3000 * WAN_FEN and happens(chance, 0.25),
    }


# The records that look at the tax grade, and those that do not.
BY_GRADE: Mapping[str, Callable[[Random, Firm, str], Facts]] = {
    "public": public,
    "social_insurance": social_insurance,
    "credit_record": credit_record,
}
PLAIN: Mapping[str, Callable[[Random, Firm], Facts]] = {
    "invoices": invoices,
    "statements": statements,
    "utilities": utilities,
    "customs": customs,
}


def draw(chance: Random, firm: Firm) -> dict[str, Facts]:
    """All records of a firm, by scope."""
    taxes = tax(chance, firm)
    grade = str(taxes["tax_grade"])
    found = {"tax": taxes}
    found |= {scope: record(chance, firm, grade) for scope, record in BY_GRADE.items()}
    return found | {scope: record(chance, firm) for scope, record in PLAIN.items()}


def _yuan(fen: float) -> int:
    return round(fen / 100) * 100


def _poisson(chance: Random, mean: float) -> int:
    """Knuth's way: fine for the small means here."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
