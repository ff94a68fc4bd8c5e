"""The one table of topics. A topic that is not here does not exist: brokers do not create topics by themselves.

Beside them lending makes one for each bank that asks for its notices there (services/lending/carriers.py).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message on the topic is.

    STATE: all of the subject as it is now; the log may drop a message that a later one of its subject replaced.
    FACT: something that happened; the log keeps every message for ever, unless the topic says how long.
    """

    STATE = "STATE"
    FACT = "FACT"


@dataclass(frozen=True, slots=True)
class Topic:
    """`partitions` is fixed for the life of a topic: another number would break the order of a subject. `keep_days`:
    of facts that others write and that are kept where they arrive; None: for ever."""

    name: str
    kind: Kind
    partitions: int
    owner: str
    keep_days: int | None = None

    @property
    def source(self) -> str:
        """The CloudEvents source of every event on this topic."""
        return f"/services/{self.owner}"


# Partitions bound how many replicas share the work: few for what an institution changes by hand.
_FEW, _MANY = 3, 6

LENDING_PRODUCT = Topic("rongqiao.lending.product.v1", Kind.STATE, _FEW, "lending")
LENDING_APPLICATION = Topic("rongqiao.lending.application.v1", Kind.FACT, _MANY, "lending")
LENDING_LOAN = Topic("rongqiao.lending.loan.v1", Kind.FACT, _MANY, "lending")
LENDING_LOAN_STATE = Topic("rongqiao.lending.loanstate.v1", Kind.FACT, _MANY, "lending")
LENDING_REPAYMENT = Topic("rongqiao.lending.repayment.v1", Kind.FACT, _MANY, "lending")
LENDING_PLEDGE = Topic("rongqiao.lending.pledge.v1", Kind.FACT, _MANY, "lending")
LENDING_RETURN = Topic("rongqiao.lending.return.v1", Kind.FACT, _FEW, "lending")
LENDING_WAIVER = Topic("rongqiao.lending.waiver.v1", Kind.STATE, _FEW, "lending")
GUARANTEE_PROGRAMME = Topic("rongqiao.guarantee.programme.v1", Kind.STATE, _FEW, "guarantee")
GUARANTEE_HEADROOM = Topic("rongqiao.guarantee.headroom.v1", Kind.STATE, _FEW, "guarantee")
GUARANTEE_GUARANTEE = Topic("rongqiao.guarantee.guarantee.v1", Kind.FACT, _MANY, "guarantee")
GUARANTEE_CLAIM = Topic("rongqiao.guarantee.claim.v1", Kind.FACT, _MANY, "guarantee")
GUARANTEE_RECOVERY = Topic("rongqiao.guarantee.recovery.v1", Kind.FACT, _MANY, "guarantee")
GUARANTEE_RED_LINE = Topic("rongqiao.guarantee.redline.v1", Kind.FACT, _FEW, "guarantee")
CREDIT_PARTY = Topic("rongqiao.credit.party.v1", Kind.STATE, _MANY, "credit")
CREDIT_CONSENT = Topic("rongqiao.credit.consent.v1", Kind.FACT, _MANY, "credit")
CREDIT_DELIVERY = Topic("rongqiao.credit.delivery.v1", Kind.FACT, _MANY, "credit", keep_days=30)
CREDIT_SCORE = Topic("rongqiao.credit.score.v1", Kind.FACT, _MANY, "credit")
CREDIT_REPAIR = Topic("rongqiao.credit.repair.v1", Kind.FACT, _FEW, "credit")
MATCHING_RECOMMENDATION = Topic("rongqiao.matching.recommendation.v1", Kind.FACT, _MANY, "matching")
MATCHING_WANTED = Topic("rongqiao.matching.wanted.v1", Kind.FACT, _MANY, "matching", keep_days=30)
MATCHING_ANSWERED = Topic("rongqiao.matching.answered.v1", Kind.FACT, _MANY, "matching", keep_days=30)
COORDINATION_REQUEST = Topic("rongqiao.coordination.request.v1", Kind.FACT, _MANY, "coordination")
IDENTITY_ORGANISATION = Topic("rongqiao.identity.organisation.v1", Kind.STATE, _FEW, "identity")

TOPICS = (
    LENDING_PRODUCT,
    LENDING_APPLICATION,
    LENDING_LOAN,
    LENDING_LOAN_STATE,
    LENDING_REPAYMENT,
    LENDING_PLEDGE,
    LENDING_RETURN,
    LENDING_WAIVER,
    GUARANTEE_PROGRAMME,
    GUARANTEE_HEADROOM,
    GUARANTEE_GUARANTEE,
    GUARANTEE_CLAIM,
    GUARANTEE_RECOVERY,
    GUARANTEE_RED_LINE,
    CREDIT_PARTY,
    CREDIT_CONSENT,
    CREDIT_DELIVERY,
    CREDIT_SCORE,
    CREDIT_REPAIR,
    MATCHING_RECOMMENDATION,
    MATCHING_WANTED,
    MATCHING_ANSWERED,
    COORDINATION_REQUEST,
    IDENTITY_ORGANISATION,
)
