"""What if, and what to change: asked of an imagined firm, within a number of questions a day; nothing of it is kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal
from libs.chassis.problems import NotFound, TooMany
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import NAMED, Match, MatchRequest
from services.matching.domain.changes.counterfactual import Changes
from services.matching.domain.changes.whatif import (
    ChangesAnswer,
    ChangesRequest,
    PlanChange,
    PlanSketch,
    WhatIf,
    WhatIfRequest,
    sketch,
)
from services.matching.domain.firm import Firm
from services.matching.operations.access import shown
from services.matching.operations.changes import counterfactuals
from services.matching.operations.recommend import recommend
from services.matching.operations.records import Asked, firm_of
from services.matching.operations.rulebook import Rulebook
from services.matching.store import what_ifs

LIMIT = "matching.what_ifs_a_day"


@dataclass(frozen=True, slots=True)
class Admitted:
    """One question that may be asked: by whom, of which firm, and how many are left today."""

    by: Principal
    firm: Firm
    left: int


def admit(tx: WriteTx, by: Principal, request: MatchRequest, most: int) -> Admitted:
    """Count the question; TooMany, which counts nothing, when `most` were asked today."""
    firm = firm_of(tx, Asked(by, request, None))
    asked = what_ifs.count(tx, request.party)
    if asked > most:
        raise TooMany(
            f"{most} questions of this kind were asked for {request.party} today.", mend=_opens(tx.today)
        )
    return Admitted(by, firm, most - asked)


def _opens(today: date) -> str:
    return f"Ask again on {(today + timedelta(days=1)).isoformat()}, from 00:00 in Asia/Shanghai."


def what_if(catalogue: Catalogue, rules: Rulebook, admitted: Admitted, request: WhatIfRequest) -> WhatIf:
    """The answer of this moment for the imagined firm, held against the one for the real firm."""
    firm = admitted.firm
    with catalogue.reading():
        real = recommend(catalogue, rules, firm, request.asked, "")
        imagined = recommend(catalogue, rules, request.imagine(firm), request.imagined, "")
    return shown(admitted.by, _held_against(real, imagined, rules.today, admitted.left))


def _held_against(real: Match, imagined: Match, today: date, left: int) -> WhatIf:
    before, after = _by_product(real), _by_product(imagined)
    both = [PlanChange(before=before[one], after=after[one]) for one in after if one in before]
    return WhatIf(
        party=real.party,
        as_of=today,
        products_eligible_before=real.products_eligible,
        products_eligible_after=imagined.products_eligible,
        gained=tuple(after[one] for one in after if one not in before),
        lost=tuple(before[one] for one in before if one not in after),
        changed=tuple(one for one in both if one.before != one.after),
        same=sum(one.before == one.after for one in both),
        changes=imagined.changes,
        left_today=left,
    )


def _by_product(match: Match) -> dict[str, PlanSketch]:
    """In the order of the plans."""
    return {plan.product_id: sketch(plan) for plan in match.plans}


def changes_for(
    catalogue: Catalogue, rules: Rulebook, admitted: Admitted, request: ChangesRequest
) -> ChangesAnswer:
    """The smallest ways over the market, or every least way to one product."""
    with catalogue.reading():
        if request.product_id:
            found = _of_product(catalogue, rules, admitted.firm, request)
        else:
            families = [one for one in request.families if one in NAMED]
            found = counterfactuals.changes(catalogue, rules, admitted.firm, request.asked, families)
    answer = ChangesAnswer(party=request.party, as_of=rules.today, changes=found, left_today=admitted.left)
    return shown(admitted.by, answer)


def _of_product(catalogue: Catalogue, rules: Rulebook, firm: Firm, request: ChangesRequest) -> Changes:
    slot = catalogue.index.slot(request.product_id)
    if slot is None:
        raise NotFound(f"There is no product {request.product_id} on the market.", field="product_id")
    return counterfactuals.changes_of_product(catalogue, rules, firm, request.asked, slot)
