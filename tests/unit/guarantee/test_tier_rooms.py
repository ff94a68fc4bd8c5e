"""The room that each party of the chain has left, beside the one number that counts."""

from dataclasses import replace

from libs.chassis.database import Database
from services.guarantee.domain.admission import AdmissionStatus
from services.guarantee.domain.guarantor import ProgrammeRoom, TierRoom
from services.guarantee.operations import guarantors
from tests.unit.guarantee.chain import HELAN, MILLION, OPERATOR, YUAN, admit, reserve, wish


def rooms(database: Database) -> dict[str, ProgrammeRoom]:
    with database.read() as tx:
        headroom = guarantors.get_headroom(tx, OPERATOR, HELAN.id)
    return {room.programme: room for room in headroom.programmes}


def left(room: ProgrammeRoom) -> dict[str, int | None]:
    return {tier.party: tier.room_fen for tier in room.tiers}


def test_the_one_number_is_the_smallest_room_of_the_parties(database: Database) -> None:
    reserve(database, wish())

    found = rooms(database)

    assert found
    for room in found.values():
        assert room.room_fen == min(tier.room_fen for tier in room.tiers if tier.room_fen is not None)


def test_a_loan_takes_of_every_party_what_its_limit_counts(database: Database) -> None:
    before = left(rooms(database)["ordinary"])

    reserve(database, wish())

    after = left(rooms(database)["ordinary"])
    taken = {party: (before[party] or 0) - (after[party] or 0) for party in before}
    assert taken == {
        "national": 3 * MILLION,
        "provincial": 3 * MILLION,
        "local": 2 * MILLION + 250_000 * YUAN,  # 2.4 million of liability count as 1.8, of 0.8 a yuan lent
        "programme": 3 * MILLION,
    }


def test_a_party_that_takes_no_part_has_no_room(database: Database) -> None:
    admit(database, HELAN.id, status=AdmissionStatus.SUSPENDED, reason="未按月报送")

    room = rooms(database)["ordinary"]

    tiers = {tier.party: tier for tier in room.tiers}
    assert tiers["provincial"] == TierRoom(party="provincial", rule="CREDIT_LINE", room_fen=0)
    assert room.room_fen == 0
    assert (tiers["programme"].room_fen or 0) > 0


def test_a_guarantor_without_assets_has_no_room_of_its_own(database: Database) -> None:
    poor = replace(HELAN, net_assets_fen=0)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, poor.id, poor))

    room = rooms(database)["ordinary"]

    assert (left(room)["local"], room.room_fen) == (0, 0)
