"""What products are worth to classes of firms: at most, to order a sweep, and exactly, as a table to look up."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.likelihood import STEP, WIDEST
from services.matching.index.columns import Columns
from services.matching.index.population import classes
from services.matching.index.population_security import Securities, distinct
from services.matching.index.query import CURVE_TABLE, NO_VALUE, Param
from services.matching.index.settings import NO_GUARANTEE
from services.matching.index.worth_kernels import DIRECT, bounds, levels

_TABLES = 48  # of what products are worth, at most; beyond, it is worked out each time
_, _first, _bands = np.unique(CURVE_TABLE, return_index=True, return_inverse=True)
BANDS = _bands.astype(np.uint8)  # by place in the curve
_LOGITS = _first * STEP - WIDEST  # one of each band of likelihoods

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Floats = NDArray[np.float64]


def cheapest_of(fees: Int64s) -> Int64s:
    """Under each guarantee rule the lowest fee of any class of firms; negative where none has a guarantee."""
    none = np.iinfo(np.int64).max
    lowest = np.where(fees < 0, none, fees).min(axis=0, initial=none)
    return np.where(lowest == none, NO_GUARANTEE, lowest)


def bounds_of(
    columns: Columns, cheapest: Int64s, numbers: Int64s, end: Int64s, live: NDArray[np.bool_]
) -> Floats:
    """The most that each product can be worth to firms of a class."""
    logit, term, amount = end.tolist()
    own = numbers.copy()
    own[Param.TERM], own[Param.AMOUNT] = term, amount
    worth = np.zeros(columns.count, np.float64)
    bounds(columns.prices, columns.settings.table, cheapest, own, CURVE_TABLE, logit, worth)
    return np.maximum(np.where(live, worth, float(NO_VALUE)), float(NO_VALUE))


def levels_of(columns: Columns, numbers: Int64s, terms: Int64s, secured: Securities) -> tuple[Int64s, Int32s]:
    """The class of each firm by term and fees of guarantees, and by class what products are worth to it: a table
    each without and with a guarantee. One class of unknown worths where there would be too many."""
    by_fees, fees = distinct(np.arange(len(secured.fees)), secured.fees)
    of_firm, first = classes((terms, by_fees[secured.of_firm]))
    shape = columns.count, 2 * len(_LOGITS)
    if len(first) > _TABLES:
        of_firm, tables = np.zeros_like(of_firm), [np.full(shape, DIRECT, np.int32)]
    else:
        tables = [np.empty(shape, np.int32) for _ in first]
        for place, table in zip(first, tables, strict=True):
            own = numbers.copy()
            own[Param.TERM] = terms[place]
            levels(
                columns.prices,
                columns.settings.table,
                own,
                CURVE_TABLE,
                fees[by_fees[secured.of_firm[place]]],
                _LOGITS,
                table,
            )
    return of_firm, np.array(tables, np.int32).reshape(len(tables), *shape)


def from_word_on(worth: Floats) -> Int64s:
    """The most that any product in a word of planes, or after it, can be worth."""
    padded = np.full(-(-len(worth) // 64) * 64, float(NO_VALUE))
    padded[: len(worth)] = worth
    by_word = padded.reshape(-1, 64).max(axis=1)
    return np.ceil(np.maximum.accumulate(by_word[::-1])[::-1]).astype(np.int64)
