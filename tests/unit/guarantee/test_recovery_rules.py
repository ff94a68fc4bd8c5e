"""How a recovery is divided, whatever comes in, and that it comes undone the same way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.split import split
from services.guarantee.domain.claim import Claim, ClaimStatus, Notice, Part
from services.guarantee.domain.recovery import (
    NewRecovery,
    distributed,
    recovered,
    unrecovered,
)
from services.guarantee.domain.terms import RecoveryRank
from tests.support.services import NOON
from tests.unit.guarantee.chain import TODAY, house_rules

SHARES = next(one for one in house_rules().programmes if one.id == "ordinary").shares


@pytest.mark.parametrize(
    ("change", "field"),
    [({"gross_fen": 0}, "gross_fen"), ({"costs_fen": -1}, "costs_fen"), ({"reference": ""}, "reference")],
)
def test_a_wrong_receipt_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    right: dict[str, object] = {"reference": "R1", "gross_fen": 1, "received_on": TODAY}

    with pytest.raises(Violation) as refused:
        NewRecovery(**(right | change))  # type: ignore[arg-type]

    assert refused.value.field == field


def claim_on(parts: dict[str, int]) -> Claim:
    """A claim with nothing in it but who bears what."""
    total_fen = sum(parts.values())
    return Claim(
        id="clm_1",
        loan_id="loan_1",
        notice_number="1",
        guarantee_id="gua_1",
        bank="org_bank",
        guarantor="org_local",
        notice=Notice(loan_id="loan_1", notice_number="1", noticed_on=TODAY, principal_fen=total_fen),
        noticed_at=NOON,
        noticed_on=TODAY,
        claimed_fen=total_fen,
        covered_fen=total_fen - parts["bank"],
        cap="",
        cap_use_fen=0,
        status=ClaimStatus.SETTLED,
        payer="org_local",
        review_by=TODAY,
        parts=tuple(Part(party=party, organisation=party, bears_fen=fen) for party, fen in parts.items()),
        policy_set="",
    )


RECEIPTS = st.lists(st.tuples(st.integers(1, 2_000), st.integers(0, 500)), min_size=1, max_size=8)


@given(st.integers(1, 5_000), RECEIPTS, st.sampled_from(RecoveryRank))
def test_however_it_comes_in_nobody_gets_more_than_it_bore_and_no_fen_is_lost(
    loss_fen: int, receipts: list[tuple[int, int]], rank: RecoveryRank
) -> None:
    claim, history = claim_on(split(loss_fen, SHARES)), list[Claim]()
    found = []
    for number, (gross_fen, costs_fen) in enumerate(receipts):
        new = NewRecovery(reference=str(number), gross_fen=gross_fen, costs_fen=costs_fen, received_on=TODAY)
        history.append(claim)
        found.append(distributed(claim, new, rank, f"rec_{number}", "org_local"))
        claim = recovered(claim, found[-1])
        assert all(0 <= part.received_fen <= part.bears_fen for part in claim.parts)

    given_fen = sum(part.received_fen for part in claim.parts)
    gross, costs = (sum(one[index] for one in receipts) for index in (0, 1))
    assert given_fen + claim.surplus_fen == gross - costs + claim.costs_carried_fen
    for before, recovery in zip(reversed(history), reversed(found), strict=True):
        claim = unrecovered(claim, recovery)
        assert claim == before
