"""Made-up firms that sell and buy, and a scorecard learned from them by the platform's own training.

Its fitted pipeline is what the compiled card is measured against, and must agree with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from libs.criteria.vocabulary import fact_type
from libs.judging.figures import figures
from services.credit.domain.card import Card
from services.credit.domain.features import features
from services.credit.domain.flows import Flow, History, history
from services.credit.domain.invoices import InvoiceDirection, month_of
from services.credit.training.cards import card_of
from services.credit.training.dictionary import Column, Dictionary, Layout, Outcome, Role, Words
from services.credit.training.pipeline import Fitted, fit
from services.credit.training.sample import admit

TODAY = date(2026, 11, 22)
COVERED = date(2026, 10, 31)
FACTS = (
    "invoiced_12m_fen",
    "invoice_active_months_12m",
    "invoice_growth_bp",
    "largest_customer_share_bp",
    "refund_share_bp",
    "purchase_share_bp",
    "customers_12m",
    "suppliers_12m",
    "customer_concentration_bp",
    "sales_volatility_bp",
    "returning_customers_bp",
    "invoice_quarter_trend_bp",
)


@dataclass(frozen=True)
class Learned:
    fitted: Fitted
    card: Card
    rows: pd.DataFrame


def histories(firms: int, seed: int = 5) -> list[History]:
    random = Random(seed)
    return [_history(random) for _ in range(firms)]


def _history(random: Random) -> History:
    """Two years of a firm: thirty customers and twenty suppliers at most."""
    size, trend, steady = 10 ** random.uniform(5, 8), random.gauss(0.0, 0.02), random.uniform(0.1, 0.9)
    last, flows = month_of(COVERED), list[Flow]()
    for direction, most in ((InvoiceDirection.SALE, 30), (InvoiceDirection.PURCHASE, 20)):
        for partner in range(random.randint(3, most)):
            share = random.random() ** 2
            for month in range(last - 23, last + 1):
                if random.random() < steady:
                    gross = int(size * share * (1 + trend) ** (month - last) * random.uniform(0.5, 1.5)) + 1
                    flows.append(_flow(random, direction, month, partner, gross))
    return history(flows, COVERED)


def _flow(random: Random, direction: InvoiceDirection, month: int, partner: int, gross: int) -> Flow:
    refunds = int(gross * 0.2) if random.random() < 0.1 else 0
    return Flow(
        direction=direction,
        month=month,
        counterparty=f"{direction}{partner}",
        gross_fen=gross,
        refunds_fen=refunds,
        tax_fen=gross // 10,
        invoices=4,
        refunds=int(refunds > 0),
    )


def learned(known: Sequence[History], seed: int = 5) -> Learned:
    """As `rongqiao credit train` would make it: judged on rows that it did not see."""
    told = pd.DataFrame([features(one, TODAY) for one in known], columns=list(FACTS)).astype(float)
    rows = told.dropna().reset_index(drop=True)
    sample = admit(_dictionary(), rows.assign(defaulted=_outcome(rows, seed).astype(str)))
    seen, unseen = (sample.part(part) for part in np.split(np.arange(sample.rows), [sample.rows * 4 // 5]))
    fitted = fit(seen)
    judged = figures(unseen.outcome, fitted.default_probability(unseen.inputs))
    card = card_of(fitted, seen, judged, name="bench_card", number=1)
    return Learned(fitted, card, sample.inputs)


def _dictionary() -> Dictionary:
    said = Words(zh="基准测试", en="made up")
    outcome = Column(name="defaulted", role=Role.OUTCOME, reason="made up")
    return Dictionary(
        id="bench",
        version=1,
        zh=said.zh,
        en=said.en,
        layout=Layout.CSV,
        outcome=said,
        outcomes=(Outcome(column=outcome.name, bad=("1",), good=("0",)),),
        columns=(outcome, *map(_column, FACTS)),
        period="none",
        origin="benchmarks",
        says=said,
        silent=said,
    )


def _column(fact: str) -> Column:
    label = fact_type(fact).label
    return Column(name=fact, role=Role.INPUT, zh=label.zh, en=label.en)


def _outcome(rows: pd.DataFrame, seed: int) -> Any:
    """Defaults that depend on activity, growth and concentration, and on luck."""
    random = np.random.default_rng(seed)
    ranks = rows.rank(pct=True)
    risk = 2.0 * ranks["largest_customer_share_bp"] - 2.5 * ranks["invoice_growth_bp"]
    risk = risk - 1.5 * ranks["customers_12m"] + ranks["sales_volatility_bp"] - 0.5
    return (random.random(len(rows)) < 1 / (1 + np.exp(-risk))).astype(int).to_numpy()
