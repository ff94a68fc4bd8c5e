"""Red lines: how every guarantor stands before each, for itself and for those above; and word of every change."""

from collections.abc import Iterator, Sequence

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.finance.money import PPM
from services.guarantee import messages
from services.guarantee.domain import measures
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.exposure import Usage
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.limits import Rule, admission_key, leverage_key, line_source, provincial_line
from services.guarantee.domain.measures import Level, Measure, RedLine, RedLineList, RedLineOverview
from services.guarantee.domain.programme import Programme, Status
from services.guarantee.operations import caps, standing
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import parties as party_store
from services.guarantee.store import red_lines as line_store
from services.guarantee.store import rules as rule_store
from services.guarantee.store.red_lines import Key

_WATCHERS = (Role.REGUARANTOR, Role.REGULATOR, Role.OPERATOR)
_QUIET = {Level.OK, Level.UNKNOWN}
Change = tuple[Key, RedLine, Level]


def get_red_lines(tx: ReadTx, by: Principal, guarantor_id: str) -> RedLineList:
    """A guarantor before each red line: for itself, and for those who watch over all."""
    by.require(*GUARANTOR, *_WATCHERS)
    if by.role in GUARANTOR:
        by.require_organisation(guarantor_id)
    guarantor = guarantor_store.get(tx, guarantor_id)
    return _list(tx, guarantor, [*_own(tx, guarantor), *_shared(tx)])


def list_red_lines(tx: ReadTx, by: Principal, by_bank: bool = False) -> RedLineOverview:
    """Every local guarantor; or every guarantor with every bank that it works with."""
    by.require(*_WATCHERS)
    guarantors = _local(tx)
    if by_bank:
        return RedLineOverview(items=tuple(_at_banks(tx, guarantors)))
    shared = _shared(tx)
    return RedLineOverview(items=tuple(_list(tx, one, [*_own(tx, one), *shared]) for one in guarantors))


def are_said(tx: ReadTx) -> bool:
    """Whether every level is as it was last said."""
    return rule_store.rulebook_if_any(tx) is None or not _changed(tx)


def say(tx: WriteTx, by: Principal) -> None:
    """Say every level that changed. From now on a breach stands against what would make it worse."""
    by.require(Role.SERVICE)
    for key, line, before in _changed(tx):
        line_store.note(tx, key, line.level)
        subject = key.guarantor or key.programme or "province"
        told = messages.red_line_changed(key, line, before, tx.today, rule_store.policy_set(tx))
        emit(tx, topics.GUARANTEE_RED_LINE, subject, told)


def _changed(tx: ReadTx) -> list[Change]:
    """Levels that are otherwise than they were last said. While nothing is near a line, nothing is said."""
    said = line_store.levels(tx)
    found = [("", line) for line in _shared(tx)]
    found += [(one.id, line) for one in _local(tx) for line in _own(tx, one)]
    keyed = [(Key(whose, line.measure, line.programme or "", line.bank or ""), line) for whose, line in found]
    before = [(key, line, Level(said.get(key, Level.OK))) for key, line in keyed]
    return [
        (key, line, old)
        for key, line, old in before
        if old is not line.level and not {old, line.level} <= _QUIET
    ]


def _local(tx: ReadTx) -> list[Guarantor]:
    return [one for one in guarantor_store.all_of_them(tx) if one.tier is Tier.LOCAL]


def _list(tx: ReadTx, guarantor: Guarantor, items: Sequence[RedLine], bank: str | None = None) -> RedLineList:
    return RedLineList(
        guarantor=guarantor.id,
        name=guarantor.name,
        bank=bank,
        day=tx.today,
        policy_set=rule_store.policy_set(tx),
        items=tuple(items),
    )


def _own(tx: ReadTx, guarantor: Guarantor) -> list[RedLine]:
    """The measures of the guarantor's own figures."""
    lines = rule_store.lines(tx)
    keys = (leverage_key(guarantor.id), admission_key(guarantor.id))
    used = limit_store.usages(tx, keys)
    liability = used.get(keys[0], Usage())
    book = exposure_store.portfolios(tx, lines.up_to_500_fen, [guarantor.id]).get(guarantor.id, Portfolio())
    fees_fen = line_store.fee_income(tx, guarantor.id, tx.today.year)
    required = measures.required_reserves(lines, fees_fen, liability.held_fen, 0)
    largest, group = (
        limit_store.largest(tx, rule, guarantor.id) for rule in (Rule.CONCENTRATION, Rule.GROUP)
    )
    return [
        measures.leverage(guarantor, lines, liability),
        measures.concentration(guarantor, lines, largest, of_group=False),
        measures.concentration(guarantor, lines, group, of_group=True),
        *_credit_line(tx, guarantor, used.get(keys[1], Usage())),
        *measures.composition(lines, book),
        *(measures.higher_multiple(lines, book) if guarantor.mainly_small else ()),
        measures.reserves(lines, required, guarantor.reserves_fen),
    ]


def _credit_line(tx: ReadTx, guarantor: Guarantor, usage: Usage) -> Iterator[RedLine]:
    admission = party_store.admission(tx, guarantor.id)
    if admission is not None:
        lines, source = rule_store.lines(tx), line_source(admission)
        yield measures.most(Measure.CREDIT_LINE, usage, admission.credit_line_fen, PPM, lines, source)


def _shared(tx: ReadTx) -> list[RedLine]:
    """The measures of all guarantors together."""
    lines = rule_store.lines(tx)
    line = provincial_line(lines, tx.today)
    usage = limit_store.usages(tx, [line.key]).get(line.key, Usage())
    source = lines.source_of("provincial_line_fen")
    return [
        measures.most(Measure.PROVINCIAL_LINE, usage, line.limit_fen, PPM, lines, source),
        *(
            found
            for programme in rule_store.rulebook(tx).programmes_on(tx.today)
            if programme.status is Status.ACTIVE
            for found in _claims(tx, programme)
        ),
    ]


def _claims(tx: ReadTx, programme: Programme) -> Iterator[RedLine]:
    """Each bucket of the programme's cap in which anything counts this year."""
    lines, rule = rule_store.lines(tx), programme.source_of("claim_cap_bp")
    for bank in standing.banks_of(tx, programme):
        found, returned_fen = caps.standing(tx, programme, bank, tx.today)
        yield measures.claim_ratio(found, returned_fen, lines, rule)


def _at_banks(tx: ReadTx, guarantors: Sequence[Guarantor]) -> Iterator[RedLineList]:
    """By the loans of each bank: what they consist of, and the claims under caps that are a bank's own."""
    lines = rule_store.lines(tx)
    names = {one.id: one for one in guarantors}
    of_caps = [line for line in _shared(tx) if line.bank is not None]
    for (guarantor_id, bank), book in sorted(line_store.by_bank(tx, lines.up_to_500_fen).items()):
        of_bank = [line for line in of_caps if line.bank == bank]
        yield _list(tx, names[guarantor_id], [*measures.composition(lines, book), *of_bank], bank)
