"""What each side is told of a decided round: everybody the certificate, each firm its place, each bank its quotas."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.matching.domain.rounds.certificate import (
    Certificate,
    entries_of,
    lanes_of,
    resources_of,
)
from services.matching.domain.rounds.compare import figures, first_come
from services.matching.domain.rounds.market import Outcome
from services.matching.domain.rounds.orders import Built, LaneName
from services.matching.domain.rounds.round import (
    PlaceOutcome,
    Round,
    RoundCountyFigures,
    RoundPassed,
    RoundPlace,
    RoundQuotaResult,
    RoundQuotaResultList,
    RoundReport,
)
from services.matching.operations.rounds.lists import Listed


@dataclass(frozen=True, slots=True)
class Decided:
    certificate: Certificate
    places: tuple[RoundPlace, ...]
    quotas: RoundQuotaResultList
    report: RoundReport


def certificate_of(found: Round, seed: str, built: Built, outcome: Outcome) -> Certificate:
    return Certificate(
        round_id=found.id,
        rule=found.rule,
        seed=seed,
        seed_sha256=found.seed_sha256,
        edition=found.edition,
        rulebook=found.rulebook,
        resources=resources_of(built),
        lanes=lanes_of(built, outcome),
        entries=entries_of(built, outcome),
    )


class Results:
    def __init__(self, found: Round, built: Built, outcome: Outcome, lists: Sequence[Listed]) -> None:
        self.found, self.built, self.outcome = found, built, outcome
        self.lists = sorted(lists, key=lambda one: one.entry.id)
        self.number = {one.pseudonym: firm for firm, one in enumerate(built.entrants)}

    def decided(self, certificate: Certificate) -> Decided:
        places = tuple(self._place(one) for one in self.lists)
        return Decided(certificate, places, self._quotas(), self._report())

    def _place(self, listed: Listed) -> RoundPlace:
        firm = self.number[listed.entry.pseudonym]
        rank = self.outcome.held[firm]
        return RoundPlace(
            round_id=self.found.id,
            entry_id=listed.entry.id,
            pseudonym=listed.entry.pseudonym,
            outcome=self._what(firm),
            wish=None if rank is None else rank + 1,
            plan=None if rank is None else listed.plans[self._lane(firm, rank)],
            passed=tuple(self._passed(listed, firm)),
        )

    def _what(self, firm: int) -> PlaceOutcome:
        if not self.built.market.wishes[firm]:
            return PlaceOutcome.NO_PLAN
        return PlaceOutcome.NOT_PLACED if self.outcome.held[firm] is None else PlaceOutcome.PLACED

    def _passed(self, listed: Listed, firm: int) -> Iterator[RoundPassed]:
        market, rank = self.built.market, self.outcome.held[firm]
        for better in range(len(market.wishes[firm]) if rank is None else rank):
            closure = self.outcome.closures[market.wishes[firm][better]]
            if closure is None:
                raise LookupError("a lane that refused a firm has no cut-off")
            plan = listed.plans[self._lane(firm, better)]
            yield RoundPassed(
                product_id=plan.product_id,
                product_name=plan.product_name,
                bank_name=plan.bank_name,
                programme_name=plan.guarantee.programme_name if plan.guarantee else "",
                guarantor_name=plan.guarantee.guarantor_name if plan.guarantee else "",
                first_in_line=closure.standing == market.standings[firm][better],
                short_of=self.built.resources[closure.resource].kind,
            )

    def _lane(self, firm: int, rank: int) -> LaneName:
        return self.built.lanes[self.built.market.wishes[firm][rank]]

    def _placed(self) -> Iterator[tuple[Listed, LaneName]]:
        for one in self.lists:
            firm = self.number[one.entry.pseudonym]
            rank = self.outcome.held[firm]
            if rank is not None:
                yield one, self._lane(firm, rank)

    def _quotas(self) -> RoundQuotaResultList:
        of_product: dict[str, list[Listed]] = defaultdict(list)
        for one, lane in self._placed():
            of_product[lane.product].append(one)
        return RoundQuotaResultList(
            items=tuple(
                RoundQuotaResult(
                    product_id=quota.product_id,
                    bank=quota.bank,
                    places=quota.places,
                    placed=len(of_product[quota.product_id]),
                    amount_fen=_sum(of_product[quota.product_id]),
                )
                for quota in self.found.quotas
                if quota.confirmed_at is not None
            )
        )

    def _report(self) -> RoundReport:
        market = self.built.market
        arrivals = [self.number[one.entry.pseudonym] for one in self.lists]  # in the order of their entry
        first_time = [one.first_time for one in self.built.entrants]
        return RoundReport(
            round_id=self.found.id,
            entered=len(self.lists),
            without_plan=len(self.lists) - sum(1 for wishes in market.wishes if wishes),
            round=figures(market, self.outcome.held, first_time),
            first_come=figures(market, first_come(market, arrivals), first_time),
            counties=tuple(self._counties()),
        )

    def _counties(self) -> Iterator[RoundCountyFigures]:
        entered: dict[str, list[Listed]] = defaultdict(list)
        for one in self.lists:
            entered[one.firm.dimensions.county].append(one)
        placed = {one.entry.id for one, _ in self._placed()}
        for county, firms in sorted(entered.items()):
            got = [one for one in firms if one.entry.id in placed]
            yield RoundCountyFigures(
                county=county,
                entered=len(firms),
                placed=len(got),
                amount_fen=_sum(got),
                first_time_placed=sum(1 for one in got if one.firm.first_time_borrower),
            )


def _sum(firms: Sequence[Listed]) -> int:
    return sum(one.entry.asked.amount_fen for one in firms)
