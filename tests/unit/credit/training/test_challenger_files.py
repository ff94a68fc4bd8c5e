"""The challenger's file builds named types and nothing else."""

import hashlib
import io
import pickle

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from libs.criteria.violation import Violation
from services.credit.training.challenger import SMALL, TINY, challenger, dump, load
from tests.unit.credit.training.made import DICTIONARY, sample


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('a pickle ran')",))


def with_hash(content: bytes) -> tuple[bytes, str]:
    return content, hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("rows", [TINY, SMALL, SMALL + 1])
def test_a_challenger_comes_back_as_it_was(rows: int) -> None:
    held = sample()
    model = challenger(DICTIONARY, rows).fit(held.inputs, held.outcome)

    again = load(*dump(model))

    assert np.array_equal(again.predict_proba(held.inputs), model.predict_proba(held.inputs))


def test_a_pickle_and_a_joblib_file_are_refused_unopened() -> None:
    written = io.BytesIO()
    joblib.dump(Bomb(), written)

    for content in (pickle.dumps(Bomb()), written.getvalue()):
        with pytest.raises(Violation, match="no skops file"):
            load(*with_hash(content))


def test_a_file_that_is_not_the_one_that_was_hashed_is_refused() -> None:
    with pytest.raises(Violation, match="not the one that was hashed"):
        load(skops.io.dumps(DummyClassifier()), "0" * 64)


def test_a_type_outside_the_list_is_refused() -> None:
    import os

    poisoned = skops.io.dumps(Pipeline([("run", FunctionTransformer(os.system))]))

    with pytest.raises(Violation, match="system"):
        load(*with_hash(poisoned))
