"""Eligibility: the rules about firm, loan, guarantor and tiers that a proposal must keep, whatever room there is."""

from collections.abc import Callable, Collection

from libs.finance.money import yuan_text
from libs.registry.dimensions import OwnerKind
from services.guarantee.domain.admission import AdmissionStatus
from services.guarantee.domain.guarantor import Tier
from services.guarantee.domain.limits import Chain
from services.guarantee.domain.programme import Status
from services.guarantee.domain.proposal import Proposal, RuleBreach
from services.guarantee.domain.terms import PROVINCIAL

COVERAGE = "《关于健全支持中小企业发展制度的实施意见》（十三）"
ADMISSION = "再担保机构准入名单"
REGISTER = "register of guarantors"


def ineligible(chain: Chain, proposal: Proposal) -> tuple[RuleBreach, ...]:
    """The rules about firm, loan and guarantor that the proposal misses."""
    found = (check(chain, proposal) for check in _CHECKS)
    return tuple(breach for breach in found if breach is not None)


def _of_programme(chain: Chain, figure: str, found: str, allowed: str) -> RuleBreach:
    source = chain.programme.source_of(figure)
    return RuleBreach(rule=source.parameter, figure=found, limit=allowed, source=source.source)


def _loan_limit(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    limit_fen = chain.programme.loan_limit_fen
    if proposal.amount_fen <= limit_fen:
        return None
    found, allowed = f"{yuan_text(proposal.amount_fen)} yuan", f"{yuan_text(limit_fen)} yuan"
    return _of_programme(chain, "loan_limit_fen", found, allowed)


def _longest_term(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    longest = chain.programme.term_max_months
    if proposal.term_months <= longest:
        return None
    return _of_programme(chain, "term_max_months", f"{proposal.term_months} months", f"{longest} months")


def _shortest_term(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    shortest = chain.programme.term_min_months
    if proposal.term_months >= shortest:
        return None
    return _of_programme(
        chain, "term_min_months", f"{proposal.term_months} months", f"at least {shortest} months"
    )


def _product_kind(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    kinds, kind = chain.programme.product_kinds, proposal.product_kind
    if not kinds or kind is None or kind in kinds:
        return None
    return _of_programme(chain, "product_kinds", kind, ", ".join(kinds))


def _owner_kind(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    kinds, kind = chain.programme.owner_kinds, proposal.dimensions.owner_kind
    if not kinds or kind in kinds:
        return None
    return _of_programme(chain, "borrowers", kind, ", ".join(kinds))


def _size(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    """Sizes bind enterprises whose size can be judged: the official rule leaves some industries out."""
    sizes, size = chain.programme.sizes, proposal.dimensions.size
    if (
        proposal.dimensions.owner_kind is not OwnerKind.ENTERPRISE
        or size is None
        or not sizes
        or size in sizes
    ):
        return None
    return _of_programme(chain, "borrowers", size, ", ".join(sizes))


def _labels(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    wanted = chain.programme.labels
    if not wanted or set(wanted) & set(proposal.labels):
        return None
    return _of_programme(chain, "labels", _listed(proposal.labels), f"one of {', '.join(wanted)}")


def _labels_excluded(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    better = [label for label in proposal.labels if label in chain.programme.labels_excluded]
    if not better:
        return None
    return _of_programme(
        chain, "labels", ", ".join(better), "a firm takes the highest tier that it belongs to"
    )


def _coverage(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    county, counties = proposal.dimensions.county, chain.guarantor.counties
    if county in counties:
        return None
    return RuleBreach(rule="guarantor.counties", figure=county, limit=_listed(counties), source=COVERAGE)


def _partnership(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    banks = chain.guarantor.banks
    if not banks or proposal.bank in banks:
        return None
    source = "partnership agreements of the guarantor"
    return RuleBreach(
        rule="guarantor.banks", figure=proposal.bank, limit="banks with a partnership", source=source
    )


def _standing(chain: Chain, _proposal: Proposal) -> RuleBreach | None:
    guarantor = chain.guarantor
    if guarantor.status is Status.ACTIVE and guarantor.tier is Tier.LOCAL:
        return None
    found = f"{guarantor.tier} {guarantor.status}"
    return RuleBreach(rule="guarantor.status", figure=found, limit="LOCAL ACTIVE", source=REGISTER)


def _admission(chain: Chain, _proposal: Proposal) -> RuleBreach | None:
    """Where the province bears a share, it takes only what comes from guarantors on its list."""
    if not chain.programme.share_bp(PROVINCIAL):
        return None
    found = chain.admission
    if found is not None and found.status is AdmissionStatus.ADMITTED:
        return None
    figure = "not on the list" if found is None else f"suspended: {found.reason}"
    return RuleBreach(
        rule="guarantor.admission", figure=figure, limit=AdmissionStatus.ADMITTED, source=ADMISSION
    )


def _tiers(chain: Chain, _proposal: Proposal) -> RuleBreach | None:
    """Each share above the guarantor's needs somebody to bear it."""
    upper = [share.party for share in chain.programme.shares[1:-1] if share.bp]
    missing = [role for role in upper if role not in chain.tiers]
    if not missing:
        return None
    allowed = f"one active organisation of {' and of '.join(missing)}"
    return RuleBreach(
        rule="guarantor.tier", figure=f"none of {', '.join(missing)}", limit=allowed, source=REGISTER
    )


def _listed(texts: Collection[str]) -> str:
    return ", ".join(texts) or "none"


_CHECKS: tuple[Callable[[Chain, Proposal], RuleBreach | None], ...] = (
    _standing,
    _tiers,
    _admission,
    _coverage,
    _partnership,
    _owner_kind,
    _size,
    _labels,
    _labels_excluded,
    _loan_limit,
    _product_kind,
    _shortest_term,
    _longest_term,
)
