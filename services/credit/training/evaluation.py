"""One labelled set, judged: scorecard, challenger and a plain regression on the same folds, and a page about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.judging.page import Page
from services.credit.training.cards import card_of
from services.credit.training.found import Found
from services.credit.training.judging import (
    Judged,
    challenger_fit,
    cross_validate,
    plain_fit,
    scorecard_fit,
)
from services.credit.training.pipeline import fit
from services.credit.training.reports import add_card, add_data, add_judgement
from services.credit.training.sample import Sample
from services.credit.training.verdict import Verdict, verdicts

CARD, CHALLENGER, PLAIN = "scorecard", "challenger", "plain regression"
FITS = {CARD: scorecard_fit, CHALLENGER: challenger_fit, PLAIN: plain_fit}


@dataclass(frozen=True, slots=True)
class Evaluated:
    sample: Sample
    judged: Mapping[str, Judged]
    verdicts: tuple[Verdict, ...]
    page: Path

    def reference(self, model: str) -> str:
        told = self.sample.dictionary.reference
        if told is None or told.rows != self.sample.file_rows:
            return "–"
        return f"{told.boosting_auc if model == CHALLENGER else told.logistic_auc:.3f}"

    def plain(self) -> dict[str, Any]:
        return {
            "rows": self.sample.rows,
            "defaults": self.sample.defaults,
            "notes": self.sample.notes,
            "figures": {name: one.figures.plain() for name, one in self.judged.items()},
            "verdicts": [{"told": one.told(), "good": one.good} for one in self.verdicts],
        }


def evaluate(found: Found, folder: Path, tick: Callable[[], None] = lambda: None) -> Evaluated:
    """Writes <folder>/<set>.html."""
    sample = found.sample()
    judged = {name: cross_validate(sample, fits, tick) for name, fits in FITS.items()}
    told = verdicts(sample, *(judged[name].figures for name in (CARD, CHALLENGER, PLAIN)))
    file = folder / f"{found.name.replace('/', '-')}.html"
    _page(sample, judged, told).write(file)
    return Evaluated(sample, judged, told, file)


def _page(sample: Sample, judged: Mapping[str, Judged], told: tuple[Verdict, ...]) -> Page:
    page = Page(f"评分卡评测：{sample.dictionary.zh}", f"Evaluation: {sample.dictionary.en} ({sample.name})")
    for verdict in told:
        page.verdict(verdict.good, "达到参考水平" if verdict.good else "低于参考水平", verdict.told())
    add_judgement(page, sample, judged)
    fitted = fit(sample)
    card = card_of(fitted, sample, judged[CARD].figures, name=f"evaluation_{sample.dictionary.id}", number=1)
    add_card(page, sample, fitted, card)
    add_data(page, sample)
    return page
