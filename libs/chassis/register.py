"""A register of versions that two people bring into force: its two tables, and what is done with them.

The shapes differ by service; whose versions these are is told to `Register` once. Who may do it is `Role.OPERATOR`.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, InFlight, Invalid, NotFound
from libs.chassis.rows import from_row, insert_if_absent, to_row
from libs.registry import promotion
from libs.registry.promotion import (
    Key,
    NewVersionProposal,
    Registered,
    VersionAction,
    VersionDecision,
    VersionState,
    VersionVerdict,
)

D = TypeVar("D")
P = TypeVar("P", bound=promotion.Proposal)


def versions_table(metadata: sa.MetaData, name: str, document: type[Any]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("segment", sa.String(60), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        # CANDIDATE, SHADOW, RETIRED; in force: see the proposals
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("content", Document(document), nullable=False),
        sa.Column("uploaded_by", sa.String(80), nullable=False),
        sa.Column("uploaded_at", Instant, nullable=False),
    )


def proposals_table(metadata: sa.MetaData, name: str, subject: str, versions: str) -> sa.Table:
    """`subject`: the field in which a proposal names the id of its version."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column(subject, sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.String(80), nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("decided_at", Instant),
        sa.ForeignKeyConstraint([subject, "version"], [f"{versions}.id", f"{versions}.version"]),
        sa.Index(f"ix_{name}_{subject}_version", subject, "version"),
    )


class Register(Generic[D, P]):
    """`noun` in words, `collection` where it is uploaded, `check` raises Violation for what cannot be served."""

    def __init__(
        self,
        versions: sa.Table,
        proposals: sa.Table,
        proposal: type[P],
        subject: str,
        noun: str,
        collection: str,
        check: Callable[[D], None],
    ) -> None:
        self._versions, self._proposals, self._proposal = versions, proposals, proposal
        self._subject, self._noun, self._collection, self._check = subject, noun, collection, check
        of_version = (proposals.c[subject] == versions.c.id) & (proposals.c.version == versions.c.version)
        approved = proposals.c.decision == VersionDecision.APPROVED.value
        today = sa.bindparam("today", type_=sa.Date())
        columns = (versions.c.id, versions.c.version, versions.c.segment, versions.c.sha256, versions.c.stage)
        self._registered = sa.select(*columns)
        # Written out once: everything that is served asks them.
        told = (column.label(f"proposal_{column.name}") for column in proposals.columns)
        joined = self._registered.add_columns(*told).join(proposals, of_version)
        self._agreed = joined.where(approved, proposals.c.effective_on <= today)
        self._next_day = sa.select(sa.func.min(proposals.c.effective_on)).where(
            approved, proposals.c.effective_on > today
        )
        self._shadows = self._registered.where(versions.c.stage == VersionState.SHADOW.value)

    # What is there.

    def registered(self, tx: ReadTx) -> list[Registered]:
        """Every version, without its content."""
        rows = tx.rows(self._registered.order_by(self._versions.c.id, self._versions.c.version))
        return [_registered(row) for row in rows]

    def in_force(self, tx: ReadTx, day: date | None = None) -> list[Registered]:
        """Of each segment the version that is in force on a day; None: today."""
        on = day or tx.today
        rows = tx.execute(self._agreed, {"today": on}).all()
        agreed = [self._told(row) for row in rows]
        return list(promotion.in_force([_registered(row) for row in rows], agreed, on).values())

    def next_day(self, tx: ReadTx) -> date | None:
        """The first day after today of which two people have agreed on something."""
        return tx.execute(self._next_day, {"today": tx.today}).scalar()

    def shadows(self, tx: ReadTx) -> list[Registered]:
        """The versions that were put in the shadow, but for those that have come into force since."""
        serving = self.in_force(tx)
        return [one for one in map(_registered, tx.execute(self._shadows)) if one not in serving]

    def find(self, tx: ReadTx, key: Key) -> Registered | None:
        row = tx.row(self._registered.where(*self._is(key)))
        return None if row is None else _registered(row)

    def content(self, tx: ReadTx, key: Key) -> D:
        """NotFound."""
        found: D | None = tx.scalar(sa.select(self._versions.c.content).where(*self._is(key)))
        if found is None:
            raise self._unknown(key)
        return found

    def upload(self, tx: ReadTx, key: Key) -> sa.Row[Any]:
        """The hash of a version that is there, and who brought it when."""
        table = self._versions.c
        told = sa.select(table.sha256, table.uploaded_by, table.uploaded_at)
        return tx.rows(told.where(*self._is(key)))[0]

    def proposals(self, tx: ReadTx, key: Key | None = None) -> list[P]:
        query = sa.select(self._proposals).order_by(self._proposals.c.id)
        if key is not None:
            table = self._proposals.c
            query = query.where(table[self._subject] == key[0], table.version == key[1])
        return [from_row(self._proposal, row) for row in tx.rows(query)]

    def state(self, tx: ReadTx, key: Key) -> VersionState:
        """NotFound."""
        found = self.find(tx, key)
        if found is None:
            raise self._unknown(key)
        return promotion.state_of(found, self.registered(tx), self.proposals(tx), tx.today)

    # What is done.

    def add(self, tx: WriteTx, by: Principal, key: Key, segment: str, sha256: str, content: D) -> None:
        """Keep a version for ever. The same content again changes nothing; other content under its number is
        refused."""
        by.require(Role.OPERATOR)
        self._lock(tx)
        known, name = self.find(tx, key), f"{key[0]}/{key[1]}"
        if known is None and not self._insert(tx, by, key, segment, sha256, content):
            raise InFlight(f"{name} is being stored just now.", mend="Ask again.")
        if known is not None and known.sha256 != sha256:
            field = f"{self._noun}/version"
            raise Conflict(
                f"{name} is there with other content.", field=field, mend="Give it the next version."
            )

    def stage(self, tx: WriteTx, by: Principal, key: Key, stage: VersionState) -> None:
        """Into the shadow, or no candidate any more; what is in force, or agreed to be soon, is retired by two."""
        by.require(Role.OPERATOR)
        self._lock(tx)
        state = self.state(tx, key)
        if state is VersionState.ACTIVE:
            raise Conflict(f"The version is {state}.", field="version", mend="Propose to retire it.")
        if stage is VersionState.SHADOW:
            self._check(self.content(tx, key))
        else:
            self._check_nothing_awaits(tx, key)
        tx.execute(sa.update(self._versions).where(*self._is(key)).values(stage=stage.value))

    def propose(self, tx: WriteTx, by: Principal, key: Key, new: NewVersionProposal) -> None:
        """Ask a second person to bring a version into force, or out of it. An earlier version: going back."""
        by.require(Role.OPERATOR)
        self._lock(tx)
        self._check_possible(tx, key, new.action, new.effective_on)
        if any(one.decision is VersionDecision.OPEN for one in self.proposals(tx, key)):
            raise Conflict("A proposal is open.", field="version", mend="Decide it first.")
        tx.execute(sa.insert(self._proposals).values(to_row(self._proposed(tx, by, key, new))))

    def decide(self, tx: WriteTx, by: Principal, key: Key, proposal_id: str, verdict: VersionVerdict) -> P:
        """A second person agrees; anybody may reject, also who proposed. The proposal as it was."""
        by.require(Role.OPERATOR)
        self._lock(tx)
        proposal = self._open_proposal(tx, key, proposal_id)
        if verdict.approve:
            if by.subject == proposal.proposed_by:
                raise Forbidden(
                    "Who proposed does not decide.",
                    field="proposal_id",
                    mend="Ask a second operator to approve.",
                )
            self._check_possible(tx, key, proposal.action, proposal.effective_on)
        decision = VersionDecision.APPROVED if verdict.approve else VersionDecision.REJECTED
        decided = {"decision": decision.value, "decided_by": by.subject, "decided_at": tx.now}
        tx.execute(sa.update(self._proposals).where(self._proposals.c.id == proposal_id).values(decided))
        return proposal

    # How.

    def _lock(self, tx: WriteTx) -> None:
        """Let nobody else change the register until the end: its versions decide together what is in force."""
        tx.lock_rows(sa.select(self._versions.c.id).order_by(self._versions.c.id, self._versions.c.version))

    def _insert(self, tx: WriteTx, by: Principal, key: Key, segment: str, sha256: str, content: D) -> bool:
        """False where somebody has just added it, or another of its number."""
        row = {
            "id": key[0],
            "version": key[1],
            "segment": segment,
            "sha256": sha256,
            "stage": VersionState.CANDIDATE.value,
            "content": content,
            "uploaded_by": by.subject,
            "uploaded_at": tx.now,
        }
        return insert_if_absent(tx, self._versions, row)

    def _open_proposal(self, tx: ReadTx, key: Key, proposal_id: str) -> P:
        row = tx.row(sa.select(self._proposals).where(self._proposals.c.id == proposal_id))
        if row is None:
            raise NotFound(f"There is no proposal {proposal_id}.", field="proposal_id")
        proposal = from_row(self._proposal, row)
        if proposal.key != key:
            raise NotFound(f"{proposal_id} is of another {self._noun}.", field="proposal_id")
        if proposal.decision is not VersionDecision.OPEN:
            raise Conflict(f"It is {proposal.decision} already.", field="proposal_id", mend="Propose anew.")
        return proposal

    def _proposed(self, tx: WriteTx, by: Principal, key: Key, new: NewVersionProposal) -> P:
        told = {
            "id": tx.new_id("prp"),
            self._subject: key[0],
            "version": key[1],
            "action": new.action,
            "effective_on": new.effective_on,
            "reason": new.reason.strip(),
            "proposed_by": by.subject,
            "proposed_at": tx.now,
        }
        return self._proposal(**told)

    def _check_possible(self, tx: ReadTx, key: Key, action: VersionAction, day: date) -> None:
        state = self.state(tx, key)
        self._check(self.content(tx, key))
        if (action is VersionAction.RETIRE) != (state is VersionState.ACTIVE):
            raise Conflict(
                f"The version is {state}.",
                field="action",
                mend="Promote what is not in force; propose to retire only what is.",
            )
        if day < tx.today:
            raise Invalid(f"{day} is over.", field="effective_on", mend="Give a day from today on.")

    def _check_nothing_awaits(self, tx: ReadTx, key: Key) -> None:
        """Retired by one person, it must not come into force later by what was proposed before."""
        for one in self.proposals(tx, key):
            if one.decision is VersionDecision.OPEN:
                raise Conflict("A proposal is open.", field="version", mend="Decide it first.")
            if one.decision is VersionDecision.APPROVED and one.effective_on > tx.today:
                raise Conflict(
                    f"It is agreed that the version comes into force on {one.effective_on}.",
                    field="version",
                    mend="Propose on that day to retire it.",
                )

    def _told(self, row: sa.Row[Any]) -> P:
        names = [field.name for field in fields(cast(Any, self._proposal))]
        return codec.load(self._proposal, {name: getattr(row, f"proposal_{name}") for name in names})

    def _is(self, key: Key) -> Sequence[sa.ColumnElement[bool]]:
        return self._versions.c.id == key[0], self._versions.c.version == key[1]

    def _unknown(self, key: Key) -> NotFound:
        return NotFound(
            f"There is no {self._noun} {key[0]}/{key[1]}.",
            field="version",
            mend=f"Upload it: POST /v1/{self._collection}.",
        )


def _registered(row: sa.Row[Any]) -> Registered:
    return Registered((row.id, row.version), row.segment, row.sha256, VersionState(row.stage))
