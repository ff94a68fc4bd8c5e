"""The register of scorecards. A version's content is never updated."""

from libs.chassis.register import Register, proposals_table, versions_table
from services.credit.domain.card import Card
from services.credit.domain.registry import CardProposal, check_servable
from services.credit.store.tables import metadata

scorecards = versions_table(metadata, "scorecards", Card)
scorecard_proposals = proposals_table(metadata, "scorecard_proposals", "card", "scorecards")

register: Register[Card, CardProposal] = Register(
    scorecards, scorecard_proposals, CardProposal, "card", "scorecard", "scorecards", check_servable
)
