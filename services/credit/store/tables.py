"""The tables. What was said of a party is only ever added to: registrations, facts and rights have no updates."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant, Sealed
from libs.chassis.database import new_metadata
from services.credit.domain.party import Valuation

metadata = new_metadata()

PARTY = sa.String(80)

parties = sa.Table(
    "parties",
    metadata,
    sa.Column("id", PARTY, primary_key=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the registration that counts
    sa.Column("opened_at", Instant, nullable=False),
)

registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", Encrypted, nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("industry", sa.String(8), nullable=False),
    sa.Column("established_on", sa.Date),
    sa.Column("changed_on", sa.Date),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("fact", sa.String(60), nullable=False),
    sa.Column("value", sa.String(40), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("observed_on", sa.Date, nullable=False),
    sa.Column("confidence", sa.String(10)),  # none: that of the source
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Index("ix_facts_party_fact", "party", "fact", "observed_on"),
)

ip_rights = sa.Table(
    "ip_rights",
    metadata,
    sa.Column("record", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
    sa.Column("appraised_fen", sa.BigInteger),
    sa.Column("encumbered", sa.Boolean, nullable=False),
    sa.Column("filed_on", sa.Date),
    sa.Column("registered_on", sa.Date),
    sa.Column("pledgee", Encrypted),
    sa.Column("pledge_number", sa.String(100)),
    sa.Column("pledged_on", sa.Date),
    sa.Column("valuations", Sealed(tuple[Valuation, ...])),  # none: from before they were kept
    sa.Column("observed_on", sa.Date),  # none: the day of recording
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Index("ix_ip_rights_party_id", "party", "id"),
)

# The number alone is not unique: without its code a printed number comes again after years.
invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("direction", sa.String(10), primary_key=True),
    sa.Column("number", sa.String(64), primary_key=True),
    sa.Column("issued_on", sa.Date, primary_key=True),
    sa.Column("month", sa.Integer, nullable=False),  # domain.invoices.month_of
    sa.Column("counterparty", sa.String(32), nullable=False),  # pseudonym
    sa.Column("net_fen", sa.BigInteger, nullable=False),
    sa.Column("tax_fen", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("voided_at", Instant),  # when we learned that it is void
)

# The sums of invoices that features are made of (domain/flows.py); counted again whenever a delivery is complete.
invoice_flows = sa.Table(
    "invoice_flows",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("direction", sa.String(10), primary_key=True),
    sa.Column("month", sa.Integer, primary_key=True),
    sa.Column("counterparty", sa.String(32), primary_key=True),
    sa.Column("gross_fen", sa.BigInteger, nullable=False),
    sa.Column("refunds_fen", sa.BigInteger, nullable=False),
    sa.Column("tax_fen", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("invoices", sa.Integer, nullable=False),
    sa.Column("refunds", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("voids", sa.Integer, nullable=False, server_default=sa.text("0")),
)

# What a delivery brought of one party's invoices.
invoice_deliveries = sa.Table(
    "invoice_deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("delivery", sa.String(40)),  # none: from before deliveries were kept
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("covers_until", sa.Date),  # none: it broke off
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    # When its rows were in the flows; none: it is on its way, or broke off.
    sa.Column("counted_at", Instant),
    sa.Index("ix_invoice_deliveries_party", "party"),
    sa.Index("ix_invoice_deliveries_delivery_party", "delivery", "party", unique=True),
    sa.Index(
        "ix_invoice_deliveries_open",
        "opened_at",
        sqlite_where=sa.text("counted_at IS NULL"),
        postgresql_where=sa.text("counted_at IS NULL"),
    ),
)

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("signer", Encrypted, nullable=False),
    sa.Column("authority", sa.String(40)),  # this, the method and the version: none before they were asked
    sa.Column("authority_reference", Encrypted),
    sa.Column("scopes", Document(tuple[str, ...]), nullable=False),
    sa.Column("documents", Document(tuple[str, ...]), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("recipient", sa.String(80), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("method", sa.String(40)),
    sa.Column("text_version", sa.String(40), nullable=False),
    sa.Column("text_hash", sa.String(64), nullable=False),
    sa.Column("separate", sa.Boolean, nullable=False),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("revocation_reason", Encrypted),
    sa.Index("ix_consents_party", "party"),
)

# Every look of somebody else into a file, with the consents under which it happened.
reads = sa.Table(
    "reads",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("reader", sa.String(80), nullable=False),
    sa.Column("account", sa.String(80), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
    sa.Column("scopes", Document(tuple[str, ...]), nullable=False),
    sa.Column("consents", Document(tuple[str, ...]), nullable=False),
    sa.Column("read_at", Instant, nullable=False),
    sa.Column("reason", Encrypted),  # why what is stopped was looked at
    sa.Index("ix_reads_party_id", "party", "id"),
)

# What was last told of each party, and when it must be told anew.
summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("due_on", sa.Date),  # the first day on which it changes by itself
    sa.Column("digest", sa.String(64)),
    sa.Index("ix_summaries_stale", "party", sqlite_where=sa.text("stale"), postgresql_where=sa.text("stale")),
    sa.Index("ix_summaries_due_on", "due_on"),
)
