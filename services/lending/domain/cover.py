"""The guarantee of an application: what its news means, and when its room must be given back."""

from dataclasses import replace

from libs.criteria.violation import Violation
from libs.registry.loan_terms import ProductKind
from services.lending.domain.application import Application, ApplicationStatus, Cover

_ORDER = {cover: place for place, cover in enumerate(Cover)}
_READY = (Cover.NOT_NEEDED, Cover.CONFIRMED)


def covered(
    application: Application, cover: Cover, guarantee_id: str | None, note: str | None = None
) -> Application:
    """The application with news of its guarantee. News that is older than what is known changes nothing.

    A note alone is news: a loan was drawn that the guarantee does not cover.
    """
    if _ORDER[cover] == _ORDER[application.cover] and note is not None:
        return replace(application, cover_note=note)
    if _ORDER[cover] <= _ORDER[application.cover]:
        return application
    return replace(
        application,
        cover=cover,
        guarantee_id=guarantee_id or application.guarantee_id,
        cover_note=note or application.cover_note,
    )


def holds_guarantee(application: Application) -> bool:
    """Whether room at a guarantor is, or may be, reserved and must be given back when the application ends."""
    return application.cover in (Cover.RESERVING, Cover.RESERVED, Cover.CONFIRMED)


def is_in_parts(application: Application) -> bool:
    """Whether the loan is paid out in several drawdowns, so that its guarantee covers each of them."""
    decision = application.decision
    told = decision is not None and (decision.revolving or decision.in_parts)
    return told or application.product_kind is ProductKind.REVOLVING_LINE


def check_cover(application: Application) -> None:
    """Before money is paid out. After the first drawdown the guarantee is in effect."""
    drawn = application.status is ApplicationStatus.DISBURSED
    if application.cover in _READY or (drawn and application.cover is Cover.EFFECTIVE):
        return
    raise Violation(
        "cover",
        f"The guarantee of this loan is {application.cover}, not CONFIRMED.",
        "Wait for the guarantor's confirmation, or withdraw the application.",
    )
