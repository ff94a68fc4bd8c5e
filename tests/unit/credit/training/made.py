"""A made-up data set: sales and grade tell of default, one column is the outcome itself, one is of a person."""

from functools import cache

import numpy as np
import pandas as pd

from libs.chassis import codec
from services.credit.training.dictionary import Dictionary
from services.credit.training.pipeline import Fitted, fit
from services.credit.training.sample import Sample, admit

DICTIONARY = codec.load(
    Dictionary,
    {
        "id": "made",
        "version": 1,
        "zh": "虚构数据",
        "en": "Made-up firms",
        "layout": "CSV",
        "outcome": {"zh": "违约", "en": "default"},
        "outcomes": [{"column": "bad", "bad": ["1"], "good": ["0"]}],
        "period": "2020-2023",
        "origin": "made up",
        "drop_duplicates": True,
        "says": {"zh": "无", "en": "Nothing of the world."},
        "silent": {"zh": "无", "en": "All else."},
        "columns": [
            {"name": "bad", "role": "OUTCOME", "scale": "CODE", "reason": "The outcome."},
            {"name": "loan", "role": "ID"},
            {
                "name": "sales",
                "role": "INPUT",
                "zh": "销售额",
                "en": "sales",
                "special": {"-1": {"zh": "停业", "en": "closed"}},
            },
            {"name": "grade", "role": "INPUT", "scale": "CODE", "zh": "等级", "en": "grade"},
            {"name": "noise", "role": "INPUT"},
            {"name": "charged_off_on", "role": "POST_OUTCOME", "reason": "The day of default."},
            {"name": "sex", "role": "PROTECTED", "scale": "CODE", "reason": "A person.", "group": "PERSON"},
            {"name": "state", "role": "IGNORED", "scale": "CODE", "reason": "A place.", "group": "REGION"},
            {"name": "approved", "role": "IGNORED", "reason": "A time.", "group": "TIME"},
        ],
    },
)


def frame(rows: int = 600, seed: int = 7) -> pd.DataFrame:
    """Of the sales one in ten is not known, and one in ten is the special -1, who default more often."""
    dice = np.random.default_rng(seed)
    sales = dice.integers(1, 1000, rows).astype(float)
    grade = dice.choice(np.array(["A", "B", "C"], dtype=object), rows)
    draw = dice.random(rows)
    sales[draw < 0.1] = np.nan
    sales[draw > 0.9] = -1
    risk = -0.5 - np.nan_to_num(sales, nan=600) / 250 + 1.2 * (grade == "C") + 2.0 * (sales == -1)
    bad = (dice.random(rows) < 1 / (1 + np.exp(-risk))).astype(int)
    return pd.DataFrame(
        {
            "bad": bad,
            "loan": np.arange(rows),
            "sales": sales,
            "grade": grade,
            "noise": dice.random(rows),
            "charged_off_on": np.where(bad == 1, 20_000.0, np.nan),
            "sex": np.where(bad == 1, "f", "m"),
            "state": dice.choice(np.array(["64", "11"], dtype=object), rows),
            "approved": np.arange(rows) // 50 + 2000,
        }
    )


def sample() -> Sample:
    return admit(DICTIONARY, frame())


@cache
def fitted() -> Fitted:
    return fit(sample())
