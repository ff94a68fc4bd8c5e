"""What is asked of the index: a firm, its request and the rules of the day as one query."""

from collections.abc import Sequence

from libs.registry.loan_terms import ProductKind
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm
from services.matching.domain.likelihood import firm_logit
from services.matching.domain.pledge import pledge
from services.matching.domain.waiver import Waiver
from services.matching.index.layout import FACT_BIT
from services.matching.index.query import Query
from services.matching.index.settings import PledgeRule
from services.matching.operations.options import Need
from services.matching.operations.rulebook import Rulebook

# What is lent at all: a letter of guarantee answers another need, and only who asks for one is shown any.
LENDING = tuple(kind for kind in ProductKind if kind is not ProductKind.LETTER_OF_GUARANTEE)


def need_of(catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest) -> Need:
    covers = catalogue.covers(firm, request.amount_fen, request.term_months, rules.today)
    waivers = catalogue.waivers_of(firm, rules.today)
    return Need(request, firm, rules, covers, firm_logit(rules.model, firm.facts), waivers)


def query_of(catalogue: Catalogue, need: Need) -> Query:
    request, firm, rules = need.request, need.firm, need.rules

    def reaches(rule: PledgeRule) -> bool:
        caps, margin = rule
        carried = pledge(dict(caps), firm.rights, rules.today, request.term_months + margin)
        return carried.lends_fen >= request.amount_fen

    return Query(
        facts=firm.facts,
        county=firm.dimensions.county,
        industry=firm.industry,
        owner_kind=firm.dimensions.owner_kind,
        size=firm.dimensions.size,
        first_time=firm.first_time_borrower,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        kinds=request.kinds or LENDING,
        base_ppm=rules.base_ppm,
        model=rules.model,
        ranking=rules.ranking,
        reaches=reaches if firm.rights else None,
        fees=catalogue.fees_under(need.covers),
        real=firm.real,
        waived=_waived(need.waivers),
    )


def _waived(waivers: Sequence[Waiver]) -> dict[str, int]:
    """By product the bits of the facts; of one that only a newer release knows, nothing."""
    found: dict[str, int] = {}
    for waiver in waivers:
        bit = FACT_BIT.get(waiver.fact)
        if bit is not None:
            found[waiver.product_id] = found.get(waiver.product_id, 0) | 1 << bit
    return found
