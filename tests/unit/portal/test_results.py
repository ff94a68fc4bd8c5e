from hypothesis import given
from hypothesis import strategies as st

from libs.finance.money import BP
from rongqiao.coordination.v1 import coordination_pb2 as coordination
from rongqiao.matching.v1 import matching_pb2 as matching
from services.portal.results import result_of, segments
from tests.unit.portal import samples


def test_the_three_families_are_always_answered_in_their_order() -> None:
    request = samples.request()
    del request.match.families[:]
    answers = result_of(request).answers
    assert [answer.family.family for answer in answers] == [
        matching.FAMILY_FIRST_LOAN,
        matching.FAMILY_IP_PLEDGE,
        matching.FAMILY_GUARANTEE,
    ]


def test_a_family_shows_its_best_plan() -> None:
    request = samples.request()
    request.match.families[2].plans[:] = [3, 2]
    best = result_of(request).answers[2].best
    assert best is not None and best.number == 2


def test_a_plan_that_was_applied_for_cannot_be_applied_for_again() -> None:
    request = samples.request(coordination.REQUEST_STATUS_REFERRED)
    request.referrals.append(samples.referral(2, coordination.REFERRAL_STATUS_SUBMITTED))
    assert [card.can_apply for card in result_of(request).cards] == [True, False, True]


def test_nothing_can_be_applied_for_once_the_need_is_met() -> None:
    request = samples.request(coordination.REQUEST_STATUS_FUNDED)
    result = result_of(request)
    assert not any(card.can_apply for card in result.cards)
    assert not result.withdrawable


def test_reasons_are_sorted_by_their_outcome() -> None:
    card = result_of(samples.request()).cards[0]
    assert (card.passed, card.failed, card.unknown) == ((samples.PASSED,), (), (samples.UNKNOWN,))


@given(
    st.lists(st.integers(min_value=0, max_value=BP), min_size=1, max_size=6).filter(
        lambda parts: sum(parts) > 0
    )
)
def test_segments_stand_side_by_side_without_a_gap(parts: list[int]) -> None:
    drawn = segments([samples.share(f"party{at}", bp, bp) for at, bp in enumerate(parts)])
    assert sum(segment.bp for segment in drawn) == sum(parts)
    assert all(segment.width > 0 for segment in drawn)
    ends = [segment.start + segment.width for segment in drawn[:-1]]
    assert [segment.start for segment in drawn[1:]] == [round(end, 2) for end in ends]
