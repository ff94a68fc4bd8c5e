"""Products in full, the whole life of applications and loans, pledges, returns, the bank's own house.

What is there is carried over: an approved application waits for its firm now, a disbursed one is drawn in full.
"""

import json
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "lending_0002"
down_revision = "lending_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branches",
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("counties", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bank", "code", name=op.f("pk_branches")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("firm_key", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_table(
        "feeds",
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bank", name=op.f("pk_feeds")),
    )
    op.create_table(
        "first_drawdowns",
        sa.Column("firm_key", sa.String(length=40), nullable=False),
        sa.Column("loan_id", sa.String(length=40), nullable=True),
        sa.Column("drawn_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("firm_key", name=op.f("pk_first_drawdowns")),
    )
    op.create_table(
        "notices",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
        sa.UniqueConstraint("bank", "position", name=op.f("uq_notices_bank_position")),
        sa.UniqueConstraint("id", name=op.f("uq_notices_id")),
    )
    op.create_index(
        "ix_notices_unnumbered",
        "notices",
        ["number"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "product_quotas",
        sa.Column("product_id", sa.String(length=40), nullable=False),
        sa.Column("taken_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("taken_fen >= 0", name=op.f("ck_product_quotas_taken")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_quotas")),
    )
    op.create_table(
        "product_reports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reporter_role", sa.String(length=30), nullable=False),
        sa.Column("reporter", sa.String(length=80), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_reports")),
    )
    op.create_index(op.f("ix_product_reports_bank"), "product_reports", ["bank"], unique=False)
    op.create_index(op.f("ix_product_reports_reporter"), "product_reports", ["reporter"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("rows_here", sa.Integer(), nullable=False),
        sa.Column("rows_there", sa.Integer(), nullable=False),
        sa.Column("difference_count", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=80), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index("ix_reconciliations_bank_date", "reconciliations", ["bank", "date"], unique=False)
    op.create_table(
        "returns",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("blocking", sa.Integer(), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        sa.Column("loaded_by", sa.String(length=80), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("bank", "period", "version", name=op.f("uq_returns_bank_period_version")),
    )
    op.create_index("ix_returns_bank_id", "returns", ["bank", "id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("branches", sa.Text(), nullable=False),
        sa.Column("counties", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("takes_new", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bank", "account", name=op.f("pk_staff")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("topic", sa.String(length=120), nullable=True),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index("ix_webhooks_bank", "webhooks", ["bank"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("notice", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_deliveries_notice_notices")),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_webhooks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook", "position", name=op.f("uq_deliveries_webhook_position")),
    )
    op.create_index("ix_deliveries_ended_at", "deliveries", ["status", "ended_at"], unique=False)
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["webhook", "position"],
        unique=False,
        sqlite_where=sa.text("status = 'PENDING'"),
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.create_index("ix_deliveries_webhook_id", "deliveries", ["webhook", "id"], unique=False)
    op.create_index(
        "ix_deliveries_webhook_subject", "deliveries", ["webhook", "subject", "position"], unique=False
    )
    op.create_table(
        "return_differences",
        sa.Column("return_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("explained_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_return_differences_return_id_returns")
        ),
        sa.PrimaryKeyConstraint("return_id", "number", name=op.f("pk_return_differences")),
    )
    op.create_table(
        "return_rows",
        sa.Column("return_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("firm_key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("industry_division", sa.String(length=2), nullable=False),
        sa.Column("size", sa.String(length=10), nullable=True),
        sa.Column("owner_kind", sa.String(length=30), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_line_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("first_loan", sa.Boolean(), nullable=False),
        sa.Column("unsecured", sa.Boolean(), nullable=False),
        sa.Column("medium_long", sa.Boolean(), nullable=False),
        sa.Column("loan_class", sa.String(length=20), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=False),
        sa.Column("inclusive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_return_rows_return_id_returns")),
        sa.PrimaryKeyConstraint("return_id", "number", name=op.f("pk_return_rows")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("from_branch", sa.String(length=40), nullable=True),
        sa.Column("from_manager", sa.String(length=80), nullable=True),
        sa.Column("branch", sa.String(length=40), nullable=True),
        sa.Column("manager", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_assignments_application_id_applications")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index("ix_assignments_application_id", "assignments", ["application_id"], unique=False)
    op.create_table(
        "first_loan_findings",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("report_on", sa.Date(), nullable=False),
        sa.Column("report_number", sa.String(length=64), nullable=False),
        sa.Column("history", sa.String(length=40), nullable=False),
        sa.Column("consent_id", sa.String(length=40), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("attested_by", sa.String(length=80), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_first_loan_findings_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_first_loan_findings")),
    )
    op.create_table(
        "pledges",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=160), nullable=False),
        sa.Column("right_key", sa.String(length=300), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("co_owned", sa.Boolean(), nullable=False),
        sa.Column("co_owners_consent", sa.Boolean(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("receivable", sa.Text(), nullable=True),
        sa.Column("valuation", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("cap_bp", sa.Integer(), nullable=False),
        sa.Column("lendable_fen", sa.BigInteger(), nullable=False),
        sa.Column("margin_months", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("debt_ends_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("contract", sa.Text(), nullable=True),
        sa.Column("registration", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("told_due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_pledges_application_id_applications")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledges")),
    )
    op.create_index(op.f("ix_pledges_application_id"), "pledges", ["application_id"], unique=False)
    op.create_index("ix_pledges_bank_id", "pledges", ["bank", "id"], unique=False)
    op.create_index(
        "uq_pledges_live_right",
        "pledges",
        ["right_key"],
        unique=True,
        sqlite_where=sa.text("status IN ('PROPOSED', 'CONTRACTED', 'REGISTERED')"),
        postgresql_where=sa.text("status IN ('PROPOSED', 'CONTRACTED', 'REGISTERED')"),
    )
    op.create_table(
        "quota_uses",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_quota_uses_application_id_applications")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product_quotas.product_id"],
            name=op.f("fk_quota_uses_product_id_product_quotas"),
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_quota_uses")),
    )
    op.create_table(
        "loan_claims",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("loan_id", sa.String(length=40), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_claims_loan_id_loans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_claims")),
    )
    op.create_index(op.f("ix_loan_claims_loan_id"), "loan_claims", ["loan_id"], unique=False)
    op.create_table(
        "loan_plans",
        sa.Column("loan_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("rate_ppm", sa.BigInteger(), nullable=False),
        sa.Column("dues", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_plans_loan_id_loans")),
        sa.PrimaryKeyConstraint("loan_id", "version", name=op.f("pk_loan_plans")),
    )
    op.add_column("applications", sa.Column("branch", sa.String(length=40), nullable=True))
    op.add_column("applications", sa.Column("manager", sa.String(length=80), nullable=True))
    op.add_column("applications", sa.Column("decision_due_on", sa.Date(), nullable=True))
    op.add_column(
        "applications", sa.Column("overdue", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("applications", sa.Column("offer_valid_until", sa.Date(), nullable=True))
    op.add_column("applications", sa.Column("information", sa.Text(), nullable=True))
    op.add_column("applications", sa.Column("contracts", sa.Text(), nullable=True))
    op.add_column("applications", sa.Column("renewal", sa.Text(), nullable=True))
    op.add_column(
        "applications", sa.Column("similar", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("applications", sa.Column("drawn_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "applications", sa.Column("sandbox", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("applications", sa.Column("timeline", sa.Text(), server_default="[]", nullable=False))
    op.create_index(
        "ix_applications_of_manager",
        "applications",
        ["bank", "manager", "status"],
        unique=False,
        sqlite_where=sa.text("manager IS NOT NULL"),
        postgresql_where=sa.text("manager IS NOT NULL"),
    )
    op.create_index("ix_applications_request_id", "applications", ["request_id"], unique=False)
    op.create_index("ix_applications_status", "applications", ["status", "decision_due_on"], unique=False)
    op.add_column("loans", sa.Column("request_id", sa.String(length=40), nullable=True))
    op.add_column("loans", sa.Column("branch", sa.String(length=40), nullable=True))
    op.add_column(
        "loans", sa.Column("rate_base", sa.String(length=20), server_default="FIXED", nullable=False)
    )
    op.add_column("loans", sa.Column("spread_bp", sa.Integer(), nullable=True))
    op.add_column("loans", sa.Column("priced_on", sa.Date(), nullable=True))
    op.add_column("loans", sa.Column("reprices_on", sa.Date(), nullable=True))
    op.add_column("loans", sa.Column("repayment_method", sa.String(length=40), nullable=True))
    op.add_column("loans", sa.Column("matures_on", sa.Date(), nullable=True))
    op.add_column("loans", sa.Column("extended_from", sa.Date(), nullable=True))
    op.add_column(
        "loans", sa.Column("interest_paid_fen", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("loans", sa.Column("claim_paid_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("loans", sa.Column("written_off_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("loans", sa.Column("recovered_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("loans", sa.Column("status", sa.String(length=20), server_default="ACTIVE", nullable=False))
    op.add_column(
        "loans", sa.Column("loan_class", sa.String(length=20), server_default="NORMAL", nullable=False)
    )
    op.add_column("loans", sa.Column("next_due_on", sa.Date(), nullable=True))
    op.add_column("loans", sa.Column("past_due_since", sa.Date(), nullable=True))
    op.add_column("loans", sa.Column("renews", sa.String(length=40), nullable=True))
    op.add_column("loans", sa.Column("renewed_by", sa.String(length=40), nullable=True))
    op.add_column("loans", sa.Column("first_loan", sa.String(length=20), nullable=True))
    op.add_column("loans", sa.Column("inclusive", sa.Text(), nullable=True))
    op.add_column("loans", sa.Column("sandbox", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("loans") as table:
        table.drop_constraint(op.f("uq_loans_application_id"), type_="unique")
    op.create_index("ix_loans_application_id", "loans", ["application_id"], unique=False)
    op.create_index("ix_loans_bank_id", "loans", ["bank", "id"], unique=False)
    op.create_index("ix_loans_next_due_on", "loans", ["status", "next_due_on"], unique=False)
    op.create_index("ix_loans_party_id", "loans", ["party", "id"], unique=False)
    op.create_index("ix_loans_reprices_on", "loans", ["reprices_on"], unique=False)
    op.add_column("products", sa.Column("checked_by", sa.String(length=80), nullable=True))
    op.add_column("products", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("products", sa.Column("market_from", sa.Date(), nullable=True))
    op.add_column("products", sa.Column("market_until", sa.Date(), nullable=True))
    op.add_column("products", sa.Column("first_marketed_on", sa.Date(), nullable=True))
    op.add_column("products", sa.Column("last_marketed_on", sa.Date(), nullable=True))
    op.add_column("products", sa.Column("sandbox", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_products_due", "products", ["status", "market_from"], unique=False)
    op.add_column(
        "repayments", sa.Column("kind", sa.String(length=20), server_default="INSTALMENT", nullable=False)
    )
    op.add_column("repayments", sa.Column("fee_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("repayments", sa.Column("expected_interest_fen", sa.BigInteger(), nullable=True))
    op.add_column("repayments", sa.Column("expected_fee_fen", sa.BigInteger(), nullable=True))
    _carry_over()


_INTEREST = sa.text("SELECT loan_id, SUM(interest_fen) FROM repayments GROUP BY loan_id")
_SHANGHAI = timezone(timedelta(hours=8))


def _carry_over() -> None:
    connection, metadata = op.get_bind(), sa.MetaData()
    metadata.reflect(connection, only=["products", "applications", "loans"])
    products, applications, loans = (metadata.tables[name] for name in ("products", "applications", "loans"))
    for row in connection.execute(sa.select(products).where(products.c.published_at.is_not(None))).all():
        this = (products.c.id == row.id) & (products.c.version == row.version)
        connection.execute(sa.update(products).where(this).values(_marketed(row)))
    paid = dict(connection.execute(_INTEREST).all())
    lent = {row.application_id: row for row in connection.execute(sa.select(loans)).all()}
    for row in connection.execute(sa.select(applications)).all():
        this = applications.c.id == row.id
        loan = lent.get(row.id)
        connection.execute(sa.update(applications).where(this).values(_lived(row, loan)))
        if loan is not None:
            connection.execute(sa.update(loans).where(loans.c.id == loan.id).values(_drawn(row, loan, paid)))


def _marketed(product: Any) -> dict[str, Any]:
    """Whoever published a version had checked it. Until when a withdrawn one was offered was not kept."""
    return {
        "checked_by": product.published_by,
        "checked_at": product.published_at,
        "first_marketed_on": _at(product.published_at).astimezone(_SHANGHAI).date(),
    }


def _lived(application: Any, loan: Any) -> dict[str, Any]:
    """The steps that were recorded, and what was drawn. Its decision was promised for no day."""
    steps = [{"status": "SUBMITTED", "at": _at(application.submitted_at).isoformat()}]
    decision = json.loads(application.decision) if application.decision else None
    if decision is not None:
        status = "APPROVED" if decision["approved"] else "DECLINED"
        steps.append({"status": status, "at": decision["decided_at"]})
    return {"timeline": json.dumps(steps), "drawn_fen": loan.amount_fen if loan is not None else 0}


def _drawn(application: Any, loan: Any, paid: dict[str, int]) -> dict[str, Any]:
    return {
        "interest_paid_fen": paid.get(loan.id, 0),
        "request_id": application.request_id,
        "repayment_method": application.repayment_method,
        "priced_on": loan.disbursed_on,
        "matures_on": _months_later(loan.disbursed_on, loan.term_months),
        "status": "ACTIVE" if loan.outstanding_fen else "SETTLED",
    }


def _at(instant: datetime | str) -> datetime:
    """SQLite keeps an instant as text, in UTC without saying so."""
    told = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def _months_later(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
