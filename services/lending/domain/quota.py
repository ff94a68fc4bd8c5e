"""A product's quota: all that a bank approves under it together."""

from libs.criteria.violation import Violation


def check_quota(quota_fen: int, taken_fen: int, amount_fen: int) -> None:
    left = max(0, quota_fen - taken_fen)
    if amount_fen > left:
        raise Violation(
            "amount_fen",
            f"Of the product's quota {left} fen are left.",
            "Approve at most so much, publish a version with a larger quota, or decline for QUOTA_USED_UP.",
        )
