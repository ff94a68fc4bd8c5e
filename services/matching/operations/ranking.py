"""The ranking formula, told to whoever signs in: nobody's place in a list is a secret of the platform."""

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal
from services.matching.domain.ranking import RankingFormula, published
from services.matching.domain.replay.trace import ALGORITHM
from services.matching.operations.rulebook import Rulebook


def get_ranking(_tx: ReadTx, _by: Principal, rules: Rulebook) -> RankingFormula:
    """What answers of today are ranked by."""
    return published(rules.ranking, rules.model, rules.today, rules.policy_set, ALGORITHM)
