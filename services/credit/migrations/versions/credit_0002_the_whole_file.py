"""Everything else that a file holds: consents in full, mandates, records, series, documents, deliveries, scores and
their cards, repairs, disputes, reports.

What is there is carried over. Of a consent that was given before, nobody wrote down by what right it was signed: that
stays empty. Months of invoices are counted again, with their void ones, and every summary is told anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "credit_0002"
down_revision = "credit_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=True),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("covers_until", sa.Date(), nullable=True),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_organisation_id", "deliveries", ["organisation", "id"], unique=False)
    op.create_index("ix_deliveries_reference", "deliveries", ["reference"], unique=False)
    op.create_index(
        "ix_deliveries_running",
        "deliveries",
        ["moved_at"],
        unique=False,
        sqlite_where=sa.text("state = 'RUNNING'"),
        postgresql_where=sa.text("state = 'RUNNING'"),
    )
    op.create_table(
        "document_contents",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_document_contents")),
    )
    op.create_index(
        "ix_document_contents_unsettled",
        "document_contents",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'KEPT'"),
        postgresql_where=sa.text("state <> 'KEPT'"),
    )
    op.create_table(
        "inspection_draws",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("territory", sa.String(length=6), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("list_hash", sa.String(length=64), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_draws")),
    )
    op.create_table(
        "legal_bases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_bases")),
    )
    op.create_table(
        "loan_outcomes",
        sa.Column("loan_id", sa.String(length=40), nullable=False),
        sa.Column("firm_key", sa.String(length=40), nullable=False),
        sa.Column("disbursed_on", sa.Date(), nullable=False),
        sa.Column("past_due_since", sa.Date(), nullable=True),
        sa.Column("past_due_90_on", sa.Date(), nullable=True),
        sa.Column("classed_on", sa.Date(), nullable=True),
        sa.Column("claimed_on", sa.Date(), nullable=True),
        sa.Column("written_off_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("loan_id", name=op.f("pk_loan_outcomes")),
    )
    op.create_index("ix_loan_outcomes_firm_key", "loan_outcomes", ["firm_key"], unique=False)
    op.create_table(
        "readers",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readers")),
    )
    op.create_table(
        "scorecards",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=80), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_scorecards")),
        sa.UniqueConstraint("sha256", name=op.f("uq_scorecards_sha256")),
    )
    op.create_table(
        "control_edges",
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("other", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_control_edges_party_parties")),
        sa.PrimaryKeyConstraint("party", "other", name=op.f("pk_control_edges")),
    )
    op.create_index("ix_control_edges_other", "control_edges", ["other"], unique=False)
    op.create_table(
        "delivery_spans",
        sa.Column("delivery", sa.String(length=40), nullable=False),
        sa.Column("from_row", sa.BigInteger(), nullable=False),
        sa.Column("to_row", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("mend", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery"], ["deliveries.id"], name=op.f("fk_delivery_spans_delivery_deliveries")
        ),
        sa.PrimaryKeyConstraint("delivery", "from_row", name=op.f("pk_delivery_spans")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_documents_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_party"), "documents", ["party"], unique=False)
    op.create_index(
        "uq_documents_series",
        "documents",
        ["series"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "fact_stops",
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("fact", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_fact_stops_party_parties")),
        sa.PrimaryKeyConstraint(
            "party", "fact", "source", "observed_on", "value", name=op.f("pk_fact_stops")
        ),
    )
    op.create_table(
        "mandates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("agent", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_mandates_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
    )
    op.create_index("ix_mandates_agent_id", "mandates", ["agent", "id"], unique=False)
    op.create_index("ix_mandates_party_agent", "mandates", ["party", "agent"], unique=False)
    op.create_table(
        "monthly_figures",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_monthly_figures_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_figures")),
    )
    op.create_index(
        "ix_monthly_figures_party_series", "monthly_figures", ["party", "series", "month"], unique=False
    )
    op.create_table(
        "party_features",
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_party_features_party_parties")),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_party_features")),
    )
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_records_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("party", "kind", "reference", name="uq_records_party_kind_reference"),
    )
    op.create_table(
        "relation_sayings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_relation_sayings_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relation_sayings")),
    )
    op.create_index("ix_relation_sayings_party", "relation_sayings", ["party", "recorded_at"], unique=False)
    op.create_table(
        "repair_notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_repair_notices_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_notices")),
    )
    op.create_index("ix_repair_notices_reader_id", "repair_notices", ["reader", "id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("reader_name", sa.String(length=400), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consents", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_reports_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_party_id", "reports", ["party", "id"], unique=False)
    op.create_table(
        "risk_class_looks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_risk_class_looks_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_class_looks")),
    )
    op.create_index(op.f("ix_risk_class_looks_party"), "risk_class_looks", ["party"], unique=False)
    op.create_table(
        "risk_classes",
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("risk_class", sa.String(length=1), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("classed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_risk_classes_party_parties")),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_risk_classes")),
    )
    op.create_table(
        "scorecard_proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("card", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["card", "version"],
            ["scorecards.id", "scorecards.version"],
            name=op.f("fk_scorecard_proposals_card_scorecards"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_proposals")),
    )
    op.create_index(
        "ix_scorecard_proposals_card_version", "scorecard_proposals", ["card", "version"], unique=False
    )
    op.create_table(
        "scores",
        sa.Column("score_id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=True),
        sa.Column("card", sa.String(length=80), nullable=False),
        sa.Column("card_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("pd_ppm", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("made_of_key", sa.String(length=64), nullable=False),
        sa.Column("consents", sa.Text(), nullable=False),
        sa.Column("policy_set", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_scores_party_parties")),
        sa.PrimaryKeyConstraint("score_id", name=op.f("pk_scores")),
        sa.UniqueConstraint(
            "party", "reader", "role", "card_sha256", "as_of", "made_of_key", name="uq_scores_once_a_day"
        ),
    )
    op.create_index("ix_scores_party_score_id", "scores", ["party", "score_id"], unique=False)
    op.create_table(
        "stops",
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_stops_party_parties")),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_stops")),
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=160), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=True),
        sa.Column("fact", sa.Text(), nullable=True),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_disputes_party_parties")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_disputes_record_id_records")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_party_id", "disputes", ["party", "id"], unique=False)
    op.create_index(
        "uq_disputes_party_item_open",
        "disputes",
        ["party", "item"],
        unique=True,
        sqlite_where=sa.text("status = 'OPEN'"),
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_table(
        "document_versions",
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("covers_from", sa.Date(), nullable=True),
        sa.Column("covers_until", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("content", sa.String(length=40), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(length=80), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.id"], name=op.f("fk_document_versions_document_documents")
        ),
        sa.PrimaryKeyConstraint("document", "version", name=op.f("pk_document_versions")),
    )
    op.create_index(
        "ix_document_versions_uploaded_at",
        "document_versions",
        ["uploaded_at"],
        unique=False,
        sqlite_where=sa.text("content IS NOT NULL"),
        postgresql_where=sa.text("content IS NOT NULL"),
    )
    op.create_index(
        "ix_document_versions_waiting",
        "document_versions",
        ["tried_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('AWAITING_SCAN', 'UNSCANNED')"),
        postgresql_where=sa.text("state IN ('AWAITING_SCAN', 'UNSCANNED')"),
    )
    op.create_table(
        "record_sayings",
        sa.Column("saying", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("severity", sa.String(length=20), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("balance_fen", sa.BigInteger(), nullable=True),
        sa.Column("institution", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.id"], name=op.f("fk_record_sayings_record_records")),
        sa.PrimaryKeyConstraint("saying", name=op.f("pk_record_sayings")),
    )
    op.create_index("ix_record_sayings_record", "record_sayings", ["record", "recorded_at"], unique=False)
    op.create_table(
        "repairs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("commitment_hash", sa.String(length=64), nullable=False),
        sa.Column("corrected_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("applied_by", sa.String(length=80), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_repairs_party_parties")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_repairs_record_id_records")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    op.create_index("ix_repairs_party_id", "repairs", ["party", "id"], unique=False)
    op.create_index(
        "uq_repairs_record_open",
        "repairs",
        ["record_id"],
        unique=True,
        sqlite_where=sa.text("status = 'APPLIED'"),
        postgresql_where=sa.text("status = 'APPLIED'"),
    )
    op.add_column("consents", sa.Column("authority", sa.String(length=40), nullable=True))
    op.add_column("consents", sa.Column("authority_reference", sa.Text(), nullable=True))
    op.add_column("consents", sa.Column("documents", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("consents", sa.Column("method", sa.String(length=40), nullable=True))
    op.add_column(
        "consents", sa.Column("text_version", sa.String(length=40), nullable=False, server_default="")
    )
    op.add_column("consents", sa.Column("separate", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("consents", sa.Column("revocation_reason", sa.Text(), nullable=True))
    op.add_column("facts", sa.Column("confidence", sa.String(length=10), nullable=True))
    op.add_column("invoice_deliveries", sa.Column("delivery", sa.String(length=40), nullable=True))
    op.create_index(
        "ix_invoice_deliveries_delivery_party", "invoice_deliveries", ["delivery", "party"], unique=True
    )
    op.add_column(
        "invoice_flows", sa.Column("tax_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "invoice_flows", sa.Column("refunds", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "invoice_flows", sa.Column("voids", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("ip_rights", sa.Column("filed_on", sa.Date(), nullable=True))
    op.add_column("ip_rights", sa.Column("registered_on", sa.Date(), nullable=True))
    op.add_column("ip_rights", sa.Column("pledgee", sa.Text(), nullable=True))
    op.add_column("ip_rights", sa.Column("pledge_number", sa.String(length=100), nullable=True))
    op.add_column("ip_rights", sa.Column("pledged_on", sa.Date(), nullable=True))
    op.add_column("ip_rights", sa.Column("valuations", sa.Text(), nullable=True))
    op.add_column("ip_rights", sa.Column("observed_on", sa.Date(), nullable=True))
    with op.batch_alter_table("ip_rights") as batch:
        batch.alter_column("appraised_fen", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("reads", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("registrations", sa.Column("changed_on", sa.Date(), nullable=True))
    _count_months_anew()
    op.execute("UPDATE summaries SET stale = true")


def _count_months_anew() -> None:
    """Flows did not say yet how many invoices are void; uploads that broke off cover no day."""
    valid = "voided_at IS NULL"
    sums = {
        "gross_fen": f"CASE WHEN {valid} AND net_fen > 0 THEN net_fen ELSE 0 END",
        "refunds_fen": f"CASE WHEN {valid} AND net_fen < 0 THEN -net_fen ELSE 0 END",
        "tax_fen": f"CASE WHEN {valid} THEN tax_fen ELSE 0 END",
        "invoices": f"CASE WHEN {valid} THEN 1 ELSE 0 END",
        "refunds": f"CASE WHEN {valid} AND net_fen < 0 THEN 1 ELSE 0 END",
        "voids": f"CASE WHEN {valid} THEN 0 ELSE 1 END",
    }
    keys = "party, direction, month, counterparty"
    selected = ", ".join(f"CAST(SUM({one}) AS BIGINT)" for one in sums.values())
    op.execute("DELETE FROM invoice_flows")
    op.execute(
        f"INSERT INTO invoice_flows ({keys}, {', '.join(sums)}) "
        f"SELECT {keys}, {selected} FROM invoices GROUP BY {keys}"
    )
    op.execute(
        "UPDATE invoice_deliveries SET covers_until = NULL, counted_at = opened_at WHERE counted_at IS NULL"
    )
