"""The legal gate: an operator records on what basis lenders are given scores; before and after it they are not."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import LegalGateClosed, NotFound
from services.credit.domain import gate as rules
from services.credit.domain.gate import BasisKind, LegalBasis, LegalGate, NewLegalBasis
from services.credit.store import gate


def put_basis(tx: WriteTx, by: Principal, kind: BasisKind, new: NewLegalBasis) -> LegalGate:
    """Record a legal basis; one of the same kind ends with it."""
    by.require(Role.OPERATOR)
    gate.end_bases(tx, kind)
    gate.add_basis(
        tx,
        LegalBasis(
            id=tx.new_id("lgb"),
            kind=kind,
            document=new.document.strip(),
            number=new.number.strip(),
            valid_from=new.valid_from,
            valid_until=new.valid_until,
            note=new.note,
            recorded_by=by.subject,
            recorded_at=tx.now,
        ),
    )
    return _gate(tx)


def revoke_basis(tx: WriteTx, by: Principal, kind: BasisKind) -> LegalGate:
    """From now on this basis opens nothing."""
    by.require(Role.OPERATOR)
    if not gate.end_bases(tx, kind):
        raise NotFound(f"No basis {kind} holds.", field="kind", mend="See GET /v1/legal-bases.")
    return _gate(tx)


def get_gate(tx: ReadTx, by: Principal) -> LegalGate:
    """Open to every account: on what basis a score is given is nobody's secret."""
    return _gate(tx)


def current_basis(tx: ReadTx) -> LegalBasis | None:
    return rules.basis_on(gate.bases_on(tx), tx.today)


def require_gate_open(tx: ReadTx) -> LegalBasis:
    """The basis on which a lender may be given a score today; LegalGateClosed where none holds."""
    basis = current_basis(tx)
    if basis is None:
        raise LegalGateClosed(
            f"{rules.CLOSED.zh} {rules.CLOSED.en}",
            field="legal_basis",
            mend="The platform's operator records one: PUT /v1/legal-bases/{kind}.",
            source=rules.SOURCE,
        )
    return basis


def _gate(tx: ReadTx) -> LegalGate:
    bases = gate.all_bases(tx)
    basis = rules.basis_on(bases, tx.today)
    words = rules.words(basis)
    return LegalGate(open=basis is not None, words=words.zh, words_en=words.en, items=bases)
