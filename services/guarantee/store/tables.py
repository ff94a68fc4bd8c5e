"""The tables of guarantee."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import new_metadata
from libs.finance.split import Share
from libs.registry.dimensions import Dimensions
from services.guarantee.domain.batch_list import BatchRow
from services.guarantee.domain.claim import Notice, Part
from services.guarantee.domain.ledger import Head
from services.guarantee.domain.procedure import StepRecord
from services.guarantee.domain.quote import ShareAmount
from services.guarantee.domain.recovery import Portion

metadata = new_metadata()

guarantors = sa.Table(
    "guarantors",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("net_assets_fen", sa.BigInteger, nullable=False),
    sa.Column("investments_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reserves_fen", sa.BigInteger),
    sa.Column("opening_liability_fen", sa.BigInteger, nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("seat", sa.String(6)),
    sa.Column("branches", Document(tuple[str, ...]), nullable=False, server_default="[]"),
    sa.Column("banks", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("mainly_small", sa.Boolean, nullable=False),
)

# Every rulebook that was ever in use, by the policy set it was read from; the one with the highest number is in use.
# `digest` is the document's SHA-256. `lines_effective`: since when the red lines are in force by which exposures are
# weighed.
rulebooks = sa.Table(
    "rulebooks",
    metadata,
    sa.Column("policy_set", sa.String(40), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64)),
    sa.Column("loaded_at", Instant, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("lines_effective", sa.Date),
)

# `held_fen` is what counts against the limit, `returned_fen` the part of it that comes from returns and not from the
# platform. A limit is exceeded only where it fell later, or where a return said so.
limits = sa.Table(
    "limits",
    metadata,
    sa.Column("key", sa.String(240), primary_key=True),
    sa.Column("rule", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("limit_fen", sa.BigInteger, nullable=False),
    sa.Column("held_fen", sa.BigInteger, nullable=False),
    sa.Column("returned_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("held_fen >= 0 AND returned_fen >= 0 AND returned_fen <= held_fen", name="held"),
    sa.Index("ix_limits_rule_owner", "rule", "owner"),
)

# What one guarantor stands for of one borrower, unweighted: all but the bank's part, the platform's and returned.
# `kind` is the class whose weight applies; the weight depends on the whole balance, so no single guarantee has one.
exposures = sa.Table(
    "exposures",
    metadata,
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), primary_key=True),
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("platform_fen", sa.BigInteger, nullable=False),
    sa.Column("returned_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("platform_fen >= 0 AND returned_fen >= 0", name="balances"),
)

# What each guarantee takes of each limit; what comes from returns is in no hold.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("holder", sa.String(100), primary_key=True),
    sa.Column("limit_key", sa.String(240), sa.ForeignKey("limits.key"), primary_key=True),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount_fen > 0", name="amount"),
)

guarantees = sa.Table(
    "guarantees",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), nullable=False, unique=True),
    sa.Column("loan_id", sa.String(80)),
    sa.Column("programme", sa.String(80), nullable=False),
    sa.Column("programme_effective", sa.Date, nullable=False),
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("undrawn_fen", sa.BigInteger, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("in_parts", sa.Boolean, nullable=False),
    sa.Column("renews", sa.String(40), sa.ForeignKey("guarantees.id")),
    sa.Column("renewed_by", sa.String(40)),
    sa.Column("shares", Document(tuple[ShareAmount, ...]), nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reserved_until", sa.Date, nullable=False),
    sa.Column("confirmed_by", sa.String(80)),
    sa.Column("effective_on", sa.Date),
    sa.Column("dimensions", Document(Dimensions), nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Column("note", sa.Text),
    sa.CheckConstraint(
        "outstanding_fen >= 0 AND undrawn_fen >= 0 AND outstanding_fen + undrawn_fen <= amount_fen",
        name="outstanding",
    ),
    sa.Index("ix_guarantees_guarantor_id", "guarantor", "id"),
    sa.Index("ix_guarantees_bank_id", "bank", "id"),
    sa.Index("ix_guarantees_party_id", "party", "id"),
    sa.Index(
        "ix_guarantees_reserved_until",
        "reserved_until",
        postgresql_where=sa.text("undrawn_fen > 0"),
        sqlite_where=sa.text("undrawn_fen > 0"),
    ),
)

# One loan paid out under a guarantee. `shares` are the contract's, from its filing on for good.
drawdowns = sa.Table(
    "drawdowns",
    metadata,
    sa.Column("loan_id", sa.String(80), primary_key=True),
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("shares", Document(tuple[Share, ...]), nullable=False),
    sa.Column("programme_effective", sa.Date, nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("drawn_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("listed_on", sa.Date),
    sa.Column("filed_on", sa.Date),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("note", sa.Text),
    sa.UniqueConstraint("guarantee_id", "number"),
    sa.Index(
        "ix_drawdowns_listed_on",
        "listed_on",
        postgresql_where=sa.text("status = 'LISTED'"),
        sqlite_where=sa.text("status = 'LISTED'"),
    ),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="outstanding"),
)

# A drawdown before each tier above the direct guarantor; `layer` is the party of the shares.
filings = sa.Table(
    "filings",
    metadata,
    sa.Column("loan_id", sa.String(80), sa.ForeignKey("drawdowns.loan_id"), primary_key=True),
    sa.Column("layer", sa.String(20), primary_key=True),
    sa.Column("organisation", sa.String(80), nullable=False),
    sa.Column("via", sa.String(20)),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("due_by", sa.Date, nullable=False),
    sa.Column("cure_by", sa.Date, nullable=False),
    sa.Column("submitted_on", sa.Date),
    sa.Column("decided_on", sa.Date),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("number", sa.String(80)),
    sa.Column("covers_until", sa.Date),
    sa.Column("reason", sa.Text),
    sa.Index("ix_filings_organisation_status", "organisation", "status"),
    sa.Index("ix_filings_organisation_decided_on", "organisation", "decided_on"),
    sa.Index("ix_filings_status_cure_by", "status", "cure_by"),
)

# What was done on the way to a guarantor's yes, and after; rows are only ever added.
procedure_steps = sa.Table(
    "procedure_steps",
    metadata,
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("record", Document(StepRecord), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# A bank's list of loans for batch business, and what became of each row.
batch_lists = sa.Table(
    "batch_lists",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("programme", sa.String(80), nullable=False),
    sa.Column("guarantor", sa.String(80), nullable=False),
    sa.Column("listed_by", sa.String(80), nullable=False),
    sa.Column("listed_at", Instant, nullable=False),
    sa.Column("rows", Document(tuple[BatchRow, ...]), nullable=False),
    sa.Index("ix_batch_lists_bank_id", "bank", "id"),
)

# Every movement in the book of a guarantor, in its order; `hash` is over the entry and the hash before it.
ledger_entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("book", sa.String(80), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("loan_id", sa.String(80)),
    sa.Column("reference", sa.String(160), nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Column("postings", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("ix_ledger_entries_reference", "reference"),
    sa.Index("ix_ledger_entries_book_recorded_at", "book", "recorded_at"),
)

# The last entry of each book; its row is locked by whoever writes the next.
ledger_heads = sa.Table(
    "ledger_heads",
    metadata,
    sa.Column("book", sa.String(80), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

# The sum of the postings of an account with a counterparty (`other`), debits positive.
ledger_balances = sa.Table(
    "ledger_balances",
    metadata,
    sa.Column("book", sa.String(80), primary_key=True),
    sa.Column("account", sa.String(30), primary_key=True),
    sa.Column("other", sa.String(80), primary_key=True),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
)

# The heads of all books at the close of a day, under one hash with the root before it.
ledger_roots = sa.Table(
    "ledger_roots",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("heads", Document(tuple[Head, ...]), nullable=False),
    sa.Column("root", sa.String(64), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
)

# What one party owes another, from the moment that it is owed.
dues = sa.Table(
    "dues",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("debtor", sa.String(80), nullable=False),
    sa.Column("creditor", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("guarantor", sa.String(80), nullable=False),
    sa.Column("loan_id", sa.String(80), nullable=False),
    sa.Column("reference", sa.String(120), nullable=False),
    sa.Column("arisen_on", sa.Date, nullable=False),
    sa.Column("due_by", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("paid_on", sa.Date),
    sa.Column("payment_reference", sa.String(80)),
    sa.Column("disputed_by", sa.String(80)),
    sa.Column("dispute", sa.Text),
    sa.Column("note", sa.Text),
    sa.CheckConstraint("amount_fen > 0", name="amount"),
    sa.Index("ix_dues_debtor_status", "debtor", "status"),
    sa.Index("ix_dues_creditor_status", "creditor", "status"),
    sa.Index("ix_dues_reference", "reference"),
)

# A bank's call on a guarantee. `parts` is who bears what of it, `received` what each got back by recovery.
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(80), sa.ForeignKey("drawdowns.loan_id"), nullable=False),
    sa.Column("notice_number", sa.String(80), nullable=False),
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("guarantor", sa.String(80), nullable=False),
    sa.Column("notice", Document(Notice), nullable=False),
    sa.Column("noticed_at", Instant, nullable=False),
    sa.Column("noticed_on", sa.Date, nullable=False),
    sa.Column("claimed_fen", sa.BigInteger, nullable=False),
    sa.Column("covered_fen", sa.BigInteger, nullable=False),
    sa.Column("cap", sa.String(200), nullable=False),
    sa.Column("cap_use_fen", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("payer", sa.String(80), nullable=False),
    sa.Column("review_by", sa.Date, nullable=False),
    sa.Column("pay_by", sa.Date),
    sa.Column("released_on", sa.Date),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("grounds", Document(tuple[str, ...]), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("parts", Document(tuple[Part, ...]), nullable=False),
    sa.Column("cut_fen", sa.BigInteger, nullable=False),
    sa.Column("pending_fen", sa.BigInteger, nullable=False),
    sa.Column("costs_carried_fen", sa.BigInteger, nullable=False),
    sa.Column("surplus_fen", sa.BigInteger, nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.UniqueConstraint("loan_id", "notice_number"),
    sa.Index("ix_claims_cap_noticed_at", "cap", "noticed_at"),
    sa.Index("ix_claims_guarantor_id", "guarantor", "id"),
    sa.Index("ix_claims_bank_id", "bank", "id"),
)

# Money that came back from a borrower or its pledge, and who was given what of it.
recoveries = sa.Table(
    "recoveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("claim_id", sa.String(40), sa.ForeignKey("claims.id"), nullable=False),
    sa.Column("reference", sa.String(80), nullable=False),
    sa.Column("gross_fen", sa.BigInteger, nullable=False),
    sa.Column("costs_fen", sa.BigInteger, nullable=False),
    sa.Column("net_fen", sa.BigInteger, nullable=False),
    sa.Column("costs_carried_fen", sa.BigInteger, nullable=False),
    sa.Column("surplus_fen", sa.BigInteger, nullable=False),
    sa.Column("parts", Document(tuple[Portion, ...]), nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Column("lead", sa.String(80), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("note", sa.Text),
    sa.UniqueConstraint("claim_id", "reference"),
)

# That a side agreed to a month's statement with another, and to which figures.
statement_agreements = sa.Table(
    "statement_agreements",
    metadata,
    sa.Column("book", sa.String(80), primary_key=True),
    sa.Column("counterparty", sa.String(80), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("closing_fen", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("agreed_by", sa.String(80), nullable=False),
    sa.Column("agreed_at", Instant, nullable=False),
)

# What the cap of a bucket is measured by: what was released in its period.
caps = sa.Table(
    "caps",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("programme", sa.String(80), nullable=False),
    sa.Column("bank", sa.String(80)),
    sa.Column("period", sa.Integer, nullable=False),
    sa.Column("released_fen", sa.BigInteger, nullable=False),
    sa.Column("released_fen_days", sa.BigInteger, nullable=False),
    sa.Column("settled_on", sa.Date),
)

# The recognitions of firms, of which credit tells what is public. A firm without any has no row.
recognitions = sa.Table(
    "recognitions",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("labels", Document(tuple[str, ...]), nullable=False),
)

# What is left of loans whose repayment was heard of before their disbursement: the topics keep no order between them.
repayments_ahead = sa.Table(
    "repayments_ahead",
    metadata,
    sa.Column("loan_id", sa.String(80), primary_key=True),
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
)

# What each state topic says of a subject: only a change is published.
published_states = sa.Table(
    "published_states",
    metadata,
    sa.Column("topic", sa.String(80), primary_key=True),
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
