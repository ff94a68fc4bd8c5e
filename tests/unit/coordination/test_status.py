"""Whatever the banks decide in whatever order, the request's status tells the truth about its referrals."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.coordination.domain import request as rules
from services.coordination.domain.request import FinancingRequest, Referral, ReferralStatus, RequestStatus

REFERRALS = tuple(
    Referral(
        id=f"ref_{number}",
        plan=number,
        product_id=f"prd_{number}",
        product_name="首贷",
        bank="org_spring",
        status=ReferralStatus.SUBMITTED,
    )
    for number in range(3)
)
REQUEST = FinancingRequest(
    id="req_1",
    party="uscc:91640104MA75XJ0Q31",
    amount_fen=1,
    term_months=12,
    kinds=(),
    purpose="",
    status=RequestStatus.REFERRED,
    referrals=REFERRALS,
    opened_at=datetime(2026, 11, 22, tzinfo=UTC),
)
NEWS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ReferralStatus)), max_size=12)


@given(NEWS)
def test_the_status_follows_from_the_referrals(news: list[tuple[int, ReferralStatus]]) -> None:
    request = REQUEST
    for number, status in news:
        request = rules.with_referral(request, replace(request.referrals[number], status=status))

    found = {one.status for one in request.referrals}
    under_way = any(one.under_way for one in request.referrals)
    if request.status is RequestStatus.REFERRED:
        assert under_way and ReferralStatus.DISBURSED not in found
    if request.status is RequestStatus.REFUSED:
        assert not under_way and ReferralStatus.DECLINED in found
        assert ReferralStatus.LAPSED not in found
    if request.status is RequestStatus.MATCHED:
        assert not under_way and (ReferralStatus.DECLINED not in found or ReferralStatus.LAPSED in found)
    assert (ReferralStatus.DISBURSED not in found) or request.status is RequestStatus.FUNDED


@given(NEWS)
def test_a_paid_out_request_never_goes_back(news: list[tuple[int, ReferralStatus]]) -> None:
    request = rules.with_referral(REQUEST, replace(REFERRALS[0], status=ReferralStatus.DISBURSED))
    for number, status in news:
        request = rules.with_referral(request, replace(request.referrals[number], status=status))

    assert request.status is RequestStatus.FUNDED
