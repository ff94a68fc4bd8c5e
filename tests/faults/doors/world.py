"""Lending with something in most of its states, and the ids under which the paths of its API find them."""

from dataclasses import dataclass, replace

from services.lending.domain.house import BranchTerms, StaffTerms
from services.lending.domain.pledge import NewPledge
from services.lending.operations import house as places
from services.lending.operations import pledges, products
from tests.access.house import House
from tests.support.lending import FIRM, new_product
from tests.unit.lending.desk import (
    APPROVAL,
    COORDINATION,
    MANAGER,
    OFFICER,
    OWNER,
    PAID_OUT,
    THEIR_MANAGER,
    Desk,
)
from tests.unit.lending.pledging import REGISTERED, invention, pledge_product
from tests.unit.lending.pledging import SIGNED as PLEDGED
from tests.unit.lending.returning import Returner, new_return

PEOPLE = (OFFICER, MANAGER, OFFICER, MANAGER, OWNER, COORDINATION, THEIR_MANAGER)  # the bank's own most often


@dataclass(frozen=True)
class World:
    """`ids`: by the name of a path's parameter."""

    ids: dict[str, tuple[str, ...]]


def furnish(house: House) -> World:
    """Put a thing in each of its states into the house's lending."""
    desk = Desk(house.service("lending").database)
    loans, drawn = _loans(desk)
    pledged, offered = _pledges(desk)
    ids = {
        "product_id": _products(desk),
        "application_id": (*_applications(desk), *drawn, *offered),
        "loan_id": loans,
        "pledge_id": pledged,
        "code": _branches(desk),
        "account": (_placed(desk),),
        "number": ("1", "2"),
        "return_id": _returns(desk),
    }
    return World(ids)


def _products(desk: Desk) -> tuple[str, ...]:
    """A draft, a checked one, one on the market, a suspended and a withdrawn one."""
    found = [desk.registered(new_product(f"W-{place}")).id for place in range(5)]
    desk.act(products.check_product, MANAGER, found[1])
    for product_id in found[2:]:
        desk.act(products.publish_product, MANAGER, product_id)
    desk.act(products.suspend_product, MANAGER, found[3])
    desk.act(products.withdraw_product, MANAGER, found[4])
    return tuple(found)


def _applications(desk: Desk) -> tuple[str, ...]:
    """One in each state up to signed contracts, and one of each end."""
    product = desk.published(new_product("W-A"))
    opened = [desk.opened(product, request_id=f"req_w{place}") for place in range(8)]
    desk.accepted(opened[1])
    desk.asked(desk.accepted(opened[2]))
    desk.approved(opened[3])
    desk.offer_accepted(desk.approved(opened[4]))
    desk.contracted(opened[5])
    desk.declined(opened[6], "INSUFFICIENT_CASH_FLOW")
    desk.withdrawn(opened[7])
    return tuple(one.id for one in opened)


def _loans(desk: Desk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Three loans with their applications: one drawn in part, one in full, one repaid."""
    product = desk.published(new_product("W-L"))
    contracted = [desk.contracted(desk.opened(product, request_id=f"req_l{place}")) for place in range(3)]
    amounts = (APPROVAL.amount_fen // 2, None, None)
    lent = [
        desk.disbursed(application, replace(PAID_OUT, external_id=f"W-L{place}", amount_fen=amounts[place]))
        for place, application in enumerate(contracted)
    ]
    return tuple(loan.id for loan in lent), tuple(application.id for application in contracted)


def _pledges(desk: Desk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A pledge that is proposed, one that is signed, one that is registered, with their applications."""
    product = desk.published(pledge_product("W-P"))
    opened = [
        desk.opened(product, request_id=f"req_p{place}", ip_rights=(f"R-{place}",), programme=None)
        for place in range(3)
    ]
    found = [
        desk.act(pledges.propose_pledge, OFFICER, _right(place, invention(application)))
        for place, application in enumerate(opened)
    ]
    for pledge in found[1:]:
        desk.act(pledges.sign_pledge, OFFICER, pledge.id, PLEDGED)
    desk.act(pledges.register_pledge, OFFICER, found[2].id, REGISTERED)
    return tuple(pledge.id for pledge in found), tuple(one.id for one in opened)


def _right(place: int, new: NewPledge) -> NewPledge:
    return replace(new, number=f"ZL20151010203{place}.X", owner=FIRM)


def _returns(desk: Desk) -> tuple[str, ...]:
    """One that waits with differences of both sorts, one that counts, and one that was replaced."""
    bank = Returner(desk)
    accepted = bank.accepted(new_return(period="2026-09"))
    found = [bank.loaded(new_return(households=households, written_off_fen=1)) for households in (4, 5)]
    return (accepted.id, *[one.id for one in found])


def _branches(desk: Desk) -> tuple[str, ...]:
    for code in ("B1", "B2"):
        desk.act(places.put_branch, MANAGER, code, BranchTerms(name=f"{code}支行", counties=("640104",)))
    return "B1", "B2"


def _placed(desk: Desk) -> str:
    terms = StaffTerms(branches=("B1", "B2"), counties=("640104",), takes_new=True)
    return desk.act(places.put_staff, MANAGER, "acc_clerk", terms).account
