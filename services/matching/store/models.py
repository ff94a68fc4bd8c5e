"""The register of likelihood models. A version's content is never updated; all are of one segment."""

from libs.chassis.register import Register, proposals_table, versions_table
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.domain.models import ModelProposal, check_servable
from services.matching.store.tables import metadata

SEGMENT = "likelihood"

likelihood_models = versions_table(metadata, "likelihood_models", LikelihoodModel)
likelihood_proposals = proposals_table(metadata, "likelihood_proposals", "model", "likelihood_models")

register: Register[LikelihoodModel, ModelProposal] = Register(
    likelihood_models,
    likelihood_proposals,
    ModelProposal,
    "model",
    "likelihood model",
    "likelihood-models",
    check_servable,
)
