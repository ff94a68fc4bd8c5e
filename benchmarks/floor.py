"""The physical limit: how fast this machine reads 24 bit planes and joins them, and nothing else."""

from collections.abc import Callable
from time import perf_counter
from typing import cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

PLANES = 24
_ROUNDS = 200

Words = NDArray[np.uint64]


def _joined(words: Words, out: Words, rounds: int) -> None:
    for _ in range(rounds):
        for first in range(0, PLANES, 4):
            for word in range(words.shape[1]):
                pair = words[first, word] | words[first + 1, word]
                out[word] |= pair | words[first + 2, word] | words[first + 3, word]


_compiled = cast(Callable[[Words, Words, int], None], njit(nogil=True, error_model="numpy")(_joined))


def floor_us(products: int) -> tuple[float, float]:
    """Microseconds for the eligible set of one firm, and the gigabytes a second that this is; the best of ten."""
    words = np.random.default_rng(1).integers(0, 2**63, (PLANES, -(-products // 64)), np.uint64)
    out = np.zeros(words.shape[1], np.uint64)
    _compiled(words, out, 1)
    best = min(_timed(words, out) for _ in range(10))
    return round(best * 1e6, 2), round(words.nbytes / best / 1e9, 1)


def _timed(words: Words, out: Words) -> float:
    began = perf_counter()
    _compiled(words, out, _ROUNDS)
    return (perf_counter() - began) / _ROUNDS
