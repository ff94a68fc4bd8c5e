"""What matching knows of parties, as credit told it."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from services.matching.domain.firm import Profile
from services.matching.store.tables import profiles


def profile(tx: ReadTx, party: str) -> Profile:
    """What credit last told of a party; NotFound where it told nothing, or that it is gone."""
    found = tx.scalar(sa.select(profiles.c.profile).where(profiles.c.party == party))
    if found is None:
        raise not_known(party)
    return found


def not_known(party: str) -> NotFound:
    return NotFound(
        f"Nothing is known of {party}.",
        field="party",
        mend="Put the party's file first, at /v1/parties; it is here a moment later.",
    )


def put_profile(tx: WriteTx, known: Profile) -> None:
    drop_profile(tx, known.party)
    tx.execute(sa.insert(profiles).values(party=known.party, profile=known))


def drop_profile(tx: WriteTx, party: str) -> None:
    tx.execute(sa.delete(profiles).where(profiles.c.party == party))


def forget_profiles(tx: WriteTx) -> None:
    """All that events told; the answers that were given stay."""
    tx.execute(sa.delete(profiles))
