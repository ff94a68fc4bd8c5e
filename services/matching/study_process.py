"""The process that computes a study: `python -m services.matching.study_process`; order and firms on standard input.

Only what disclosure lets out leaves it: lines of progress, and last the result, or why there is none, as JSON.
"""

import pickle
import sys
from collections.abc import Callable, Iterator
from typing import IO, cast

import numpy as np

from libs.chassis import codec
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.firm import Profile, firm_on, may_find, opens_anything
from services.matching.domain.studies.disclosure import DisclosureRules
from services.matching.domain.studies.study import NewExperiment, NewReach, StudyRules
from services.matching.index.population import Need, Population, PopulationBuilder
from services.matching.operations.studies.experiments import experiment
from services.matching.operations.studies.reaches import Asked, reach
from services.matching.operations.studies.studies import REACH
from services.matching.operations.studies.worlds import World, changed, world_of
from services.matching.study_order import Batch, StudyOrder

PROGRESS, RESULT, FAILURE = "progress ", "result ", "failure "


def main() -> None:
    # what stands on this pipe was written by the service itself
    order = cast(StudyOrder, pickle.load(sys.stdin.buffer))
    _say(answer(order, batches(sys.stdin.buffer), lambda progress: _say(f"{PROGRESS}{progress}")))


def batches(pipe: IO[bytes]) -> Iterator[Batch]:
    while batch := cast("Batch | None", pickle.load(pipe)):
        yield batch


def answer(order: StudyOrder, firms: Iterator[Batch], tell: Callable[[int], None]) -> str:
    """The result, or why there is none, as one line."""
    try:
        return RESULT + _result(order, firms, tell)
    except (Violation, Problem) as refused:
        return FAILURE + str(refused).replace("\n", " ")


def _result(order: StudyOrder, firms: Iterator[Batch], tell: Callable[[int], None]) -> str:
    today = order.rules.today
    rules = codec.load(StudyRules, order.policies.record_on("matching.studies", today))
    disclosure = codec.load(DisclosureRules, order.policies.record_on("matching.disclosure", today))
    world = _world(order)
    if order.kind == REACH:
        question = codec.from_json(NewReach, order.question)
        people, findable = _people(order, question, rules, firms)
        asked = Asked(question, order.organisation, np.array(findable, np.bool_))
        return codec.to_json(reach(people, world, asked, disclosure)).decode()
    wanted = codec.from_json(NewExperiment, order.question)
    after = changed(world, wanted.changes)
    people, _ = _people(order, wanted, rules, firms)
    return codec.to_json(experiment(people, world, after, rules, disclosure, tell)).decode()


def _world(order: StudyOrder) -> World:
    products = (pb.Product.FromString(data) for data in order.products)
    return world_of(order.policies, order.rules, products, order.programmes, order.headrooms)


def _people(
    order: StudyOrder, asked: NewExperiment | NewReach, rules: StudyRules, firms: Iterator[Batch]
) -> tuple[Population, list[bool]]:
    """The firms of the territory; for a reach those of which a consent opens anything, and who agreed to be found."""
    builder, findable, today = PopulationBuilder(), list[bool](), order.rules.today
    for batch in firms:
        for text, record_key in batch:
            profile = codec.from_json(Profile, text)
            if not _belongs(profile, order):
                continue
            firm = firm_on(profile, today)
            builder.add(firm, _need(asked, rules, firm.dimensions.size), record_key)
            findable.append(may_find(profile, order.organisation, today))
    return builder.build(), findable


def _belongs(profile: Profile, order: StudyOrder) -> bool:
    if profile.dimensions is None:
        return False
    if order.kind == REACH:
        return opens_anything(profile, order.rules.today)
    return profile.dimensions.county.startswith(order.territory)


def _need(asked: NewExperiment | NewReach, rules: StudyRules, size: str | None) -> Need:
    standard = rules.need_of(size)
    return Need(
        amount_fen=asked.amount_fen or standard.amount_fen,
        term_months=asked.term_months or standard.term_months,
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
