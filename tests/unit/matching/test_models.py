"""The register of likelihood models, and the one that answers."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.chassis.clock import SettableClock
from libs.chassis.principal import Role
from libs.criteria.violation import Violation
from libs.registry.size import Size
from services.matching.domain.decision import Decision
from services.matching.domain.features import Features, Security
from services.matching.domain.likelihood import LikelihoodModel, ScorePoint, Weight
from services.matching.domain.models import check_servable
from services.matching.modelfile import LARGEST, read_model_file, write_model
from services.matching.operations.rulebook import rulebook
from services.matching.store import decisions
from tests.support.services import Client
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import POLICIES, TODAY

COLD = rulebook(POLICIES, TODAY).model
LEARNED = LikelihoodModel(
    coefficients=replace(COLD.coefficients, id="learned", version=1, score_point=0),
    banks=(Weight(subject="org_east", logit=-2_500, decisions=90),),
    products=(Weight(subject="prd_first", logit=-1_000, decisions=40),),
    score=(ScorePoint(score=500, logit=-1_500), ScorePoint(score=700, logit=1_500)),
    explore_ppm=2_000,
    explore_half=20,
)
NEXT = replace(LEARNED, coefficients=replace(LEARNED.coefficients, version=2))
PROMOTE = {"action": "PROMOTE", "effective_on": TODAY.isoformat(), "reason": "在之后的决定上更准"}


def operator(house: House, subject: str = "acc_1") -> Client:
    house.desk.models.every = 0.0
    return house.client(Role.OPERATOR, "org_platform", subject)


def upload(house: House, model: LikelihoodModel = LEARNED) -> Any:
    return operator(house).post("/v1/likelihood-models", json.loads(write_model(model)))


def promote(house: House, version: int = 1, **changed: str) -> Any:
    path = f"/v1/likelihood-models/learned/{version}/proposals"
    told = operator(house).post(path, PROMOTE | changed).json()
    number = told["proposals"][-1]["id"]
    return operator(house, "acc_2").post(f"{path}/{number}/decide", {"approve": True})


def in_force(house: House, on: date = TODAY) -> str:
    told = operator(house).get("/v1/likelihood-models/in-force", on=on.isoformat()).json()
    return f"{told['id']} v{told['version']}"


def answer(house: House) -> Any:
    return house.sme.post("/v1/matches", BODY).json()


def test_at_a_cold_start_the_policies_answer(house: House) -> None:
    assert in_force(house) == "cold-start v1"
    assert answer(house)["model"] == "cold-start v1"


def test_what_two_operators_promoted_answers_from_its_day_on_and_is_named_by_answers(house: House) -> None:
    before = answer(house)

    uploaded, agreed = upload(house), promote(house)
    after = answer(house)

    assert (uploaded.status_code, agreed.json()["state"]) == (201, "ACTIVE")
    assert after["model"] == "learned v1"
    first = {plan["product_id"]: plan["likelihood_ppm"] for plan in before["plans"]}
    later = {plan["product_id"]: plan["likelihood_ppm"] for plan in after["plans"]}
    assert later["prd_first"] < first["prd_first"]


def test_who_proposed_does_not_decide(house: House) -> None:
    upload(house)
    told = operator(house).post("/v1/likelihood-models/learned/1/proposals", PROMOTE).json()
    path = f"/v1/likelihood-models/learned/1/proposals/{told['proposals'][0]['id']}/decide"

    refused = operator(house).post(path, {"approve": True})

    assert refused.status_code == 403
    assert in_force(house) == "cold-start v1"


def test_a_promotion_counts_from_its_day(house: House) -> None:
    upload(house)
    day = TODAY + timedelta(days=3)
    promote(house, effective_on=day.isoformat())

    assert in_force(house) == "cold-start v1"
    assert in_force(house, day) == "learned v1"
    clock = house.database.clock
    assert isinstance(clock, SettableClock)
    clock.instant += timedelta(days=3)
    assert answer(house)["model"] == "learned v1"


def test_going_back_is_promoting_the_earlier_version_and_retiring_the_last_leads_to_the_cold_start(
    house: House,
) -> None:
    for model in (LEARNED, NEXT):
        upload(house, model)
        promote(house, model.coefficients.version)
    assert in_force(house) == "learned v2"

    promote(house, 1)
    assert in_force(house) == "learned v1"

    promote(house, 1, action="RETIRE")
    assert in_force(house) == "cold-start v1"
    assert answer(house)["model"] == "cold-start v1"


def test_the_file_comes_out_as_it_went_in_and_other_content_under_its_number_is_refused(house: House) -> None:
    upload(house)

    file = operator(house).get("/v1/likelihood-models/learned/1/file")
    again = upload(house)
    other = upload(house, replace(LEARNED, explore_ppm=1_000))

    assert read_model_file(file.content) == LEARNED
    assert (again.status_code, other.status_code) == (201, 409)


def broken(**changed: Any) -> bytes:
    plain = json.loads(write_model(LEARNED))
    plain["model"] |= changed
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x95pickled.",
        b"{}",
        broken(owner_gender=1),
        broken(coefficients=json.loads(write_model(LEARNED))["model"]["coefficients"] | {"county_64": 5}),
        broken(explore_ppm=1.5),
        write_model(LEARNED).replace(b'"explore_ppm":2000', b'"explore_ppm":NaN'),
        write_model(LEARNED).replace(b'"explore_ppm":2000', b'"explore_ppm":2001'),
        write_model(LEARNED).replace(b'"version":1', b'"version":1,"version":1'),
        b"[" * 100_000,
        b" " * (LARGEST + 1),
    ],
)
def test_what_is_no_model_file_is_refused(content: bytes) -> None:
    with pytest.raises(Violation):
        read_model_file(content)


def test_a_refused_file_names_its_field_at_the_door_and_is_not_kept(house: House) -> None:
    refused = operator(house).post("/v1/likelihood-models", json.loads(broken(owner_gender=1)))

    assert (refused.status_code, refused.json()["field"]) == (422, "model/model/owner_gender")
    assert len(operator(house).get("/v1/likelihood-models").json()["items"]) == 1


def of(**changed: int | str) -> LikelihoodModel:
    return replace(LEARNED, coefficients=replace(LEARNED.coefficients, **changed))


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (of(soft_fail=1), "model/coefficients/soft_fail"),
        (of(unknown=1), "model/coefficients/unknown"),
        (of(age_year=-1), "model/coefficients/age_year"),
        (of(score_point=-1), "model/coefficients/score_point"),
        (of(intercept=50_000), "model/coefficients/intercept"),
        (of(id="Ä"), "model/coefficients/id"),
    ],
)
def test_a_model_that_must_not_serve_is_refused_by_its_field(model: LikelihoodModel, field: str) -> None:
    with pytest.raises(Violation) as refused:
        check_servable(model)

    assert refused.value.field == field


def test_policy_bounds_exploration_and_keeps_the_name_of_the_cold_start(house: House) -> None:
    for model, field in (
        (replace(LEARNED, explore_ppm=90_000), "model/explore_ppm"),
        (replace(LEARNED, explore_half=9_000), "model/explore_ppm"),
        (of(id="cold-start"), "model/coefficients/id"),
    ):
        refused = upload(house, model)

        assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_only_operators_bring_models_and_only_regulators_see_them_too(house: House) -> None:
    file = json.loads(write_model(LEARNED))
    for role in (one for one in Role if one is not Role.OPERATOR):
        client = house.client(role, "org_east")

        assert client.post("/v1/likelihood-models", file).status_code == 403
        seen = client.get("/v1/likelihood-models").status_code
        assert seen == (200 if role is Role.REGULATOR else 403)


def decided(number: int, on: date, approved: bool) -> Decision:
    features = Features(score=640, years=3, soft=0, unknown=0, security=Security.UNSECURED)
    return Decision(
        application=f"app_{on}_{number}",
        product="prd_first",
        bank="org_east",
        applied_on=on,
        decided_on=on,
        approved=approved,
        number=1,
        said_ppm=875_000,
        features=features,
        county="640104",
        size=Size.SMALL,
        first_time=False,
    )


def test_a_shadow_is_compared_by_month_on_what_came_after_it_and_small_months_are_hidden(
    house: House,
) -> None:
    upload(house)
    operator(house).post("/v1/likelihood-models/learned/1/shadow")
    days = [(TODAY, 20), (date(2026, 12, 3), 20), (date(2027, 1, 4), 5)]
    with house.database.write() as tx:
        for day, rows in days:
            for number in range(rows):
                decisions.open_decision(tx, decided(number, day, approved=number % 4 == 0))

    told = operator(house).get("/v1/likelihood-models/learned/1/comparison").json()["months"]

    assert [month["month"] for month in told] == ["2026-12", "2027-01"]
    assert (told[0]["decisions"], told[0]["approved_ppm"], told[0]["said_ppm"]) == (20, 250_000, 875_000)
    assert told[0]["would_brier_ppm"] < told[0]["said_brier_ppm"]
    assert told[1].get("decisions") is None
