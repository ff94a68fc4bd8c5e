"""Matching's tables: what it knows of parties, and every answer that it gave."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.problems import NotFound
from services.matching.domain.firm import Profile

metadata = new_metadata()

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("profile", Document(Profile), nullable=False),
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("given_at", Instant, nullable=False),
    sa.Column("document", sa.Text, nullable=False),  # the answer as it was given, JSON
    sa.Index("ix_matches_party_id", "party", "id"),
)


def profile(tx: ReadTx, party: str) -> Profile:
    """What credit last told of a party; NotFound where it told nothing, or that it is gone."""
    found = tx.scalar(sa.select(profiles.c.profile).where(profiles.c.party == party))
    if found is None:
        raise NotFound(
            f"Nothing is known of {party}.",
            field="party",
            mend="Put the party's file first, at /v1/parties; it is here a moment later.",
        )
    return found


def put_profile(tx: WriteTx, known: Profile) -> None:
    drop_profile(tx, known.party)
    tx.execute(sa.insert(profiles).values(party=known.party, profile=known))


def drop_profile(tx: WriteTx, party: str) -> None:
    tx.execute(sa.delete(profiles).where(profiles.c.party == party))


def forget_profiles(tx: WriteTx) -> None:
    """All that events told; the answers that were given stay."""
    tx.execute(sa.delete(profiles))


def insert_match(tx: WriteTx, match_id: str, party: str, document: str) -> None:
    row = {"id": match_id, "party": party, "as_of": tx.today, "given_at": tx.now, "document": document}
    tx.execute(sa.insert(matches).values(row))


def match_document(tx: ReadTx, match_id: str) -> tuple[str, str]:
    """The party of a match and the answer as it was given."""
    found = tx.row(sa.select(matches.c.party, matches.c.document).where(matches.c.id == match_id))
    if found is None:
        raise NotFound(f"There is no match {match_id}.", field="match_id")
    return found.party, found.document
