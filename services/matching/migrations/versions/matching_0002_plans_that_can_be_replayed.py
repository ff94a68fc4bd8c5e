"""Everything that an answer is made from, so that it can be made again; batches, decisions of banks and the likelihood
models learned from them, rounds, studies.

Answers given before stay readable; they cannot be replayed, because nobody kept what they were made from.
"""

import sqlalchemy as sa
from alembic import op

revision = "matching_0002"
down_revision = "matching_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_features",
        sa.Column("match_id", sa.String(length=40), nullable=False),
        sa.Column("firm_key", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("features", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_answer_features")),
    )
    op.create_index("ix_answer_features_firm_key", "answer_features", ["firm_key", "given_at"], unique=False)
    op.create_index("ix_answer_features_given_at", "answer_features", ["given_at"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("on_error", sa.String(length=10), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("territory", sa.String(length=12), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index("ix_batches_closed_at", "batches", ["closed_at"], unique=False)
    op.create_index("ix_batches_organisation_id", "batches", ["organisation", "id"], unique=False)
    op.create_index(
        "ix_batches_running",
        "batches",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'RUNNING' AND waiting > 0"),
        postgresql_where=sa.text("state = 'RUNNING' AND waiting > 0"),
    )
    op.create_index(
        "uq_batches_sender_reference",
        "batches",
        ["sender", "reference"],
        unique=True,
        sqlite_where=sa.text("source = 'TOPIC'"),
        postgresql_where=sa.text("source = 'TOPIC'"),
    )
    op.create_table(
        "decisions",
        sa.Column("application", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=40), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said_ppm", sa.Integer(), nullable=False),
        sa.Column("features", sa.Text(), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("size", sa.String(length=10), nullable=True),
        sa.Column("first_time", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("application", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_decided_on", "decisions", ["decided_on"], unique=False)
    op.create_table(
        "editions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("added", sa.LargeBinary(), nullable=False),
        sa.Column("removed", sa.LargeBinary(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
    )
    op.create_index("ix_editions_checkpoint", "editions", ["checkpoint"], unique=False)
    op.create_index("ix_editions_recorded_at", "editions", ["recorded_at"], unique=False)
    op.create_table(
        "likelihood_models",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=80), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_likelihood_models")),
        sa.UniqueConstraint("sha256", name=op.f("uq_likelihood_models_sha256")),
    )
    op.create_table(
        "market_states",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_market_states")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    op.create_index("ix_rounds_status_closes_on", "rounds", ["status", "closes_on"], unique=False)
    op.create_table(
        "rulebooks",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulebooks")),
    )
    op.create_index("ix_rulebooks_day_id", "rulebooks", ["day", "id"], unique=False)
    op.create_table(
        "studies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("territory", sa.String(length=12), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
    )
    op.create_index("ix_studies_state_asked_at", "studies", ["state", "asked_at"], unique=False)
    op.create_table(
        "traces",
        sa.Column("match_id", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("rulebook", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("algorithm", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_traces")),
    )
    op.create_index("ix_traces_edition", "traces", ["edition"], unique=False)
    op.create_index("ix_traces_rulebook_match_id", "traces", ["rulebook", "match_id"], unique=False)
    op.create_table(
        "what_ifs",
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("party", "day", name=op.f("pk_what_ifs")),
    )
    op.create_table(
        "batch_rows",
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("repeats", sa.BigInteger(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_batch_rows_batch_batches")),
        sa.PrimaryKeyConstraint("batch", "number", name=op.f("pk_batch_rows")),
    )
    op.create_index("ix_batch_rows_batch_row", "batch_rows", ["batch", "row"], unique=False)
    op.create_index(
        "ix_batch_rows_waiting",
        "batch_rows",
        ["batch", "number"],
        unique=False,
        sqlite_where=sa.text("state = 'WAITING'"),
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_table(
        "likelihood_proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
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
            ["model", "version"],
            ["likelihood_models.id", "likelihood_models.version"],
            name=op.f("fk_likelihood_proposals_model_likelihood_models"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likelihood_proposals")),
    )
    op.create_index(
        "ix_likelihood_proposals_model_version", "likelihood_proposals", ["model", "version"], unique=False
    )
    op.create_table(
        "round_entries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("round", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("county", sa.String(length=12), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name=op.f("fk_round_entries_round_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_entries")),
    )
    op.create_index("ix_round_entries_party_id", "round_entries", ["party", "id"], unique=False)
    op.create_index("ix_round_entries_round_id", "round_entries", ["round", "id"], unique=False)
    op.create_table(
        "round_results",
        sa.Column("round", sa.String(length=40), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("quotas", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name=op.f("fk_round_results_round_rounds")),
        sa.PrimaryKeyConstraint("round", name=op.f("pk_round_results")),
    )
    op.create_table(
        "round_places",
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry"], ["round_entries.id"], name=op.f("fk_round_places_entry_round_entries")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_round_places")),
    )
