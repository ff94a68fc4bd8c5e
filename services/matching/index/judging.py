"""One product before many firms: which rules each fails and which cannot be judged, as masks by layout."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import numpy as np
from numpy.typing import NDArray

from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index.columns import SOFT, Price
from services.matching.index.layout import GUARANTEE, Bit
from services.matching.index.population import Population
from services.matching.index.population_market import columns_of
from services.matching.index.population_planes import plan
from services.matching.index.population_security import securities
from services.matching.index.query import EVERY_FACT, Param
from services.matching.index.sweep import Conditions
from services.matching.index.sweep_kernels import NUMBER, classify

Int64s = NDArray[np.int64]

_UNKNOWN_BIT = {
    NUMBER + Param.ROW_REGION_UNKNOWN: Bit.REGION,
    NUMBER + Param.ROW_INDUSTRY_UNKNOWN: Bit.INDUSTRY,
    NUMBER + Param.ROW_TIER_UNKNOWN: Bit.AMOUNT_TIER,
}


def judged(population: Population, product: pb.Product, conditions: Conditions) -> tuple[Int64s, Int64s]:
    """FAIL and UNKNOWN mask of each firm. GUARANTEE, or IP_PLEDGE where no guarantee would do, fails where the loan
    cannot be secured in any way that it takes."""
    columns = columns_of([product], conditions.model)
    secured = securities(population, columns.settings, conditions.guarantees, conditions.today)
    planned = plan(population, columns, secured, columns.active[: columns.count])
    rows = np.zeros((len(population), len(planned.into)), np.int32)
    places = np.arange(len(population))
    classify(planned.values, planned.known, planned.dimensions, planned.thresholds, places, rows)
    fails = planned.fails[:, 0]
    fail = np.full(len(population), 0 if columns.active[0] else 1 << Bit.OFF_MARKET, np.int64)
    unknown = (EVERY_FACT & ~population.known) | np.where(population.size == 0, 1 << Bit.SIZE, 0)
    unknown &= columns.prices[0, Price.ASKED]
    lacking = _lacking(int(columns.settings.table[columns.prices[0, Price.SETTING], 0]))
    for bit, column in zip(planned.bits, rows.T, strict=True):
        if bit < SOFT:
            fail |= fails[column].astype(np.int64) << (lacking if bit == Bit.GUARANTEE else bit)
        elif bit in _UNKNOWN_BIT:
            unknown |= fails[column].astype(np.int64) << _UNKNOWN_BIT[bit]
    return fail, unknown


def _lacking(taken: int) -> int:
    """What a firm lacks for whom the loan cannot be secured."""
    return Bit.GUARANTEE if taken & GUARANTEE else Bit.IP_PLEDGE
