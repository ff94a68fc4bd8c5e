"""The register of likelihood models: uploaded by an operator, run in the shadow, brought into force by two.

The cold start of the policies is in force wherever nothing else is.
"""

from datetime import date
from itertools import groupby

from libs.chassis import codec
from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Invalid
from libs.policy import PolicySet
from libs.registry.promotion import Key, NewVersionProposal, VersionState, VersionVerdict
from services.matching.domain.decision import Decision
from services.matching.domain.learning import Exploration, Learning
from services.matching.domain.likelihood import LikelihoodModel, likelihood_ppm, model_logit
from services.matching.domain.models import (
    ModelComparison,
    ModelFile,
    ModelList,
    ModelMonth,
    ModelVersion,
    check_servable,
)
from services.matching.modelfile import model_sha256, write_model
from services.matching.operations.rulebook import EXPLORATION, LEARNING, rulebook
from services.matching.store import decisions
from services.matching.store.models import SEGMENT, register

SUPERVISORS = (Role.OPERATOR, Role.REGULATOR)
_MOST_KEPT = 16
_PPM = 1_000_000
_kept: dict[str, LikelihoodModel] = {}  # by hash: what it stands for never changes


def cold_start(policies: PolicySet, day: date) -> LikelihoodModel:
    return rulebook(policies, day).model


def model_on(tx: ReadTx, day: date) -> LikelihoodModel:
    """The model in force on a day."""
    found = register.in_force(tx, day)
    if not found:
        return cold_start(tx.policies, day)
    (one,) = found
    known = _kept.get(one.sha256)
    if known is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        known = _kept[one.sha256] = register.content(tx, one.key)
    return known


def register_model(tx: WriteTx, by: Principal, model: LikelihoodModel) -> ModelVersion:
    """Keep a version for ever. The same content again changes nothing; other content under its number is refused."""
    by.require(Role.OPERATOR)
    check_servable(model)
    _check_bounds(tx, model)
    key = _key(model)
    register.add(tx, by, key, SEGMENT, model_sha256(model), model)
    return _version(tx, key)


def list_models(tx: ReadTx, by: Principal) -> ModelList:
    """The cold start, then every version that was ever uploaded."""
    by.require(*SUPERVISORS)
    versions = [_version(tx, one.key) for one in register.registered(tx)]
    return ModelList(items=(_cold(tx, tx.today), *versions))


def get_model(tx: ReadTx, by: Principal, model_id: str, version: int) -> ModelVersion:
    by.require(*SUPERVISORS)
    cold = _cold(tx, tx.today)
    return cold if (cold.id, cold.version) == (model_id, version) else _version(tx, (model_id, version))


def model_in_force(tx: ReadTx, by: Principal, on: date | None) -> ModelVersion:
    """Of a day; None: today."""
    by.require(*SUPERVISORS)
    day = on or tx.today
    found = register.in_force(tx, day)
    return _version(tx, found[0].key) if found else _cold(tx, day)


def get_model_file(tx: ReadTx, by: Principal, model_id: str, version: int) -> ModelFile:
    """The version as its canonical file."""
    by.require(*SUPERVISORS)
    model = cold_start(tx.policies, tx.today)
    if _key(model) != (model_id, version):
        model = register.content(tx, (model_id, version))
    return ModelFile(content=write_model(model).decode())


def put_in_shadow(tx: WriteTx, by: Principal, model_id: str, version: int) -> ModelVersion:
    """From now on it is compared with what is said."""
    register.stage(tx, by, (model_id, version), VersionState.SHADOW)
    return _version(tx, (model_id, version))


def retire_model(tx: WriteTx, by: Principal, model_id: str, version: int) -> ModelVersion:
    """It is no candidate any more; what is in force, or agreed to be soon, is retired by two people."""
    register.stage(tx, by, (model_id, version), VersionState.RETIRED)
    return _version(tx, (model_id, version))


def propose_model(
    tx: WriteTx, by: Principal, model_id: str, version: int, new: NewVersionProposal
) -> ModelVersion:
    """Ask a second person to bring a version into force, or out of it. An earlier version: going back."""
    by.require(Role.OPERATOR)
    _check_bounds(tx, register.content(tx, (model_id, version)))
    register.propose(tx, by, (model_id, version), new)
    return _version(tx, (model_id, version))


def decide_model(
    tx: WriteTx, by: Principal, model_id: str, version: int, proposal_id: str, verdict: VersionVerdict
) -> ModelVersion:
    """A second person agrees; anybody may reject, also who proposed."""
    register.decide(tx, by, (model_id, version), proposal_id, verdict)
    return _version(tx, (model_id, version))


def compare_model(tx: ReadTx, by: Principal, model_id: str, version: int) -> ModelComparison:
    """What the version would have said of the applications made since it was uploaded, beside what was said: sums of
    months, never one application."""
    by.require(*SUPERVISORS)
    model, upload = register.content(tx, (model_id, version)), register.upload(tx, (model_id, version))
    least = codec.load(Learning, tx.policies.record_on(LEARNING, tx.today)).smallest_group
    later = [one for one in decisions.decided(tx) if one.applied_on > business_date(upload.uploaded_at)]
    months = groupby(later, key=lambda one: f"{one.decided_on:%Y-%m}")
    return ModelComparison(
        id=model_id,
        version=version,
        months=tuple(_month(model, month, list(told), least) for month, told in months),
    )


def _month(model: LikelihoodModel, month: str, told: list[Decision], least: int) -> ModelMonth:
    if len(told) < least:
        return ModelMonth(month=month)
    outcomes = [_PPM if one.approved else 0 for one in told]
    would = [likelihood_ppm(model_logit(model, one.features, one.bank, one.product)) for one in told]
    said = [one.said_ppm for one in told]
    return ModelMonth(
        month=month,
        decisions=len(told),
        approved_ppm=_mean(outcomes),
        said_ppm=_mean(said),
        would_say_ppm=_mean(would),
        said_brier_ppm=_brier(said, outcomes),
        would_brier_ppm=_brier(would, outcomes),
    )


def _mean(told: list[int]) -> int:
    return sum(told) // len(told)


def _brier(told: list[int], outcomes: list[int]) -> int:
    return sum((one - other) ** 2 for one, other in zip(told, outcomes, strict=True)) // len(told) // _PPM


def _check_bounds(tx: ReadTx, model: LikelihoodModel) -> None:
    """Exploration is bounded by policy, whatever a file says; and the name of the cold start is taken."""
    most = codec.load(Exploration, tx.policies.record_on(EXPLORATION, tx.today))
    if not 0 <= model.explore_ppm <= most.explore_ppm or model.explore_half > most.explore_half:
        raise Invalid(
            f"The model explores more than {most.explore_ppm} ppm, or longer than {most.explore_half} decisions.",
            field="model/explore_ppm",
            mend=f"Train it under {EXPLORATION}.",
        )
    if model.coefficients.id == cold_start(tx.policies, tx.today).coefficients.id:
        raise Invalid(
            "The cold start comes with the policies.", field="model/coefficients/id", mend="Rename it."
        )


def _key(model: LikelihoodModel) -> Key:
    return model.coefficients.id, model.coefficients.version


def _version(tx: ReadTx, key: Key) -> ModelVersion:
    model, row, state = register.content(tx, key), register.upload(tx, key), register.state(tx, key)
    return ModelVersion(
        id=key[0],
        version=key[1],
        state=state,
        sha256=row.sha256,
        decisions=_learned_from(model),
        banks=len(model.banks),
        products=len(model.products),
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        proposals=tuple(register.proposals(tx, key)),
    )


def _cold(tx: ReadTx, day: date) -> ModelVersion:
    model = cold_start(tx.policies, day)
    return ModelVersion(
        id=model.coefficients.id,
        version=model.coefficients.version,
        state=VersionState.ACTIVE,
        sha256=model_sha256(model),
        decisions=0,
        banks=0,
        products=0,
    )


def _learned_from(model: LikelihoodModel) -> int:
    return sum(weight.decisions for weight in model.banks)
