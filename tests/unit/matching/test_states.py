"""What arrives by event: products come and go, headroom moves, consents end, parties leave."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.eventing import topics
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.identity.v1 import identity_pb2 as identity
from rongqiao.lending.v1 import lending_pb2 as lending
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import FIRST_LOAN, PARTY


def plans(house: House) -> dict[str, dict[str, object]]:
    return {plan["product_id"]: plan for plan in house.sme.post("/v1/matches", BODY).json()["plans"]}


def test_a_new_version_takes_the_place_of_the_old(house: House) -> None:
    newer = lending.Product()
    newer.CopyFrom(FIRST_LOAN)
    newer.version, newer.terms.name = 2, "首贷新版"
    house.show(topics.LENDING_PRODUCT, newer.id, newer)
    shown = plans(house)[newer.id]
    assert (shown["product_version"], shown["product_name"]) == (2, "首贷新版")


def test_a_withdrawn_product_is_gone_and_may_come_back(house: House) -> None:
    gone = lending.Product(id=FIRST_LOAN.id, status=lending.PRODUCT_STATUS_WITHDRAWN)
    house.show(topics.LENDING_PRODUCT, gone.id, gone)
    assert list(plans(house)) == ["prd_covered"]
    house.show(topics.LENDING_PRODUCT, FIRST_LOAN.id, FIRST_LOAN)
    assert set(plans(house)) == {"prd_first", "prd_covered"}


@pytest.mark.parametrize("status", [lending.PRODUCT_STATUS_SUSPENDED, lending.PRODUCT_STATUS_SCHEDULED])
def test_a_product_that_is_not_on_sale_just_now_is_not_shown(house: House, status: Any) -> None:
    waiting = lending.Product()
    waiting.CopyFrom(FIRST_LOAN)
    waiting.status = status
    house.show(topics.LENDING_PRODUCT, waiting.id, waiting)
    assert list(plans(house)) == ["prd_covered"]


def test_a_product_of_a_sandbox_is_never_shown(house: House) -> None:
    trial = lending.Product()
    trial.CopyFrom(FIRST_LOAN)
    trial.sandbox = True
    house.show(topics.LENDING_PRODUCT, trial.id, trial)
    assert list(plans(house)) == ["prd_covered"]


def test_a_product_whose_rules_cannot_be_read_is_off_the_market(house: House) -> None:
    strange = lending.Product()
    strange.CopyFrom(FIRST_LOAN)
    strange.terms.criteria.add(fact="shoe_size", operator=lending.OPERATOR_GE, values=["40"])
    with pytest.raises(Exception, match="shoe_size"):
        house.show(topics.LENDING_PRODUCT, strange.id, strange)
    assert list(plans(house)) == ["prd_covered"]


def test_a_guarantor_without_room_takes_the_guaranteed_plan_away(house: House) -> None:
    full = guarantee.Headroom(
        guarantor="org_cover",
        name="兴庆融资担保",
        counties=["640104"],
        status=guarantee.STATUS_ACTIVE,
        programmes=[guarantee.ProgrammeRoom(programme="ordinary", room_fen=-1)],
    )
    house.show(topics.GUARANTEE_HEADROOM, "org_cover", full)
    assert list(plans(house)) == ["prd_first"]


def test_a_programme_that_ended_covers_nothing(house: House) -> None:
    ended = guarantee.Programme(
        id="ordinary",
        scheme="ordinary",
        name="普通融资担保业务",
        effective="2021-03-30",
        shares=[guarantee.Share(party="bank", bp=2_000), guarantee.Share(party="local", bp=8_000)],
        fee_rate_ppm=10_000,
        status=guarantee.STATUS_WITHDRAWN,
    )
    house.show(topics.GUARANTEE_PROGRAMME, "ordinary", ended)
    assert list(plans(house)) == ["prd_first"]


@pytest.mark.parametrize(
    "terms",
    [
        {"term_min_months": 13},
        {"product_kinds": [lending.PRODUCT_KIND_FIXED_ASSET]},
        {"status": guarantee.STATUS_SUSPENDED},
    ],
    ids=["longer terms only", "another kind of loan only", "suspended"],
)
def test_what_a_programme_says_of_terms_kinds_and_standing_is_heard(
    house: House, terms: dict[str, Any]
) -> None:
    shares = [guarantee.Share(party="bank", bp=2_000), guarantee.Share(party="local", bp=8_000)]
    plain = {"id": "ordinary", "scheme": "ordinary", "name": "普通", "effective": "2021-03-30"}
    said = plain | {"shares": shares, "fee_rate_ppm": 10_000, "status": guarantee.STATUS_ACTIVE}
    house.show(topics.GUARANTEE_PROGRAMME, "ordinary", guarantee.Programme(**(said | terms)))
    assert list(plans(house)) == ["prd_first"]


def test_a_bank_is_called_by_its_newest_name(house: House) -> None:
    named = identity.Organisation(id="org_east", kind=identity.ORGANISATION_KIND_BANK, name="东桥银行")
    house.show(topics.IDENTITY_ORGANISATION, named.id, named)
    assert plans(house)["prd_first"]["bank_name"] == "东桥银行"


def test_an_item_is_not_used_after_its_consent_ends(house: House) -> None:
    def missing() -> object:
        return plans(house)["prd_first"]["missing"]

    assert missing() == []
    house.database.clock.instant = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # type: ignore[attr-defined]
    assert missing() == []
    house.database.clock.instant = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # type: ignore[attr-defined]
    house.tell(house.summary(dimensions=first_time(house)))
    assert missing() == ["企业信用报告"]


def first_time(house: House) -> object:
    known = house.summary().dimensions
    known.first_time_borrower = True
    return known


@pytest.mark.parametrize("recipient", ["", "org_east"])
def test_a_consent_to_somebody_else_opens_nothing_here(house: House, recipient: str) -> None:
    house.tell(house.summary(recipient=recipient, dimensions=first_time(house)))
    assert plans(house)["prd_first"]["missing"] == ["企业信用报告"]


def test_a_party_that_withdrew_is_forgotten(house: House) -> None:
    house.tell(credit.PartySummary(party=PARTY, status=credit.PARTY_STATUS_WITHDRAWN))
    assert house.sme.post("/v1/matches", BODY).status_code == 404
